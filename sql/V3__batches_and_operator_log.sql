-- One row for each generated or imported batch: who made how many cards of which kind, and when (UTC).
CREATE TABLE IF NOT EXISTS batches (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
    origin ENUM('GENERATED', 'IMPORTED') NOT NULL DEFAULT 'GENERATED',
    -- Prefix, length and duration are NULL where the cards of an import differ; a duration of NULL never expires.
    prefix VARCHAR(16) NULL,
    card_count INT UNSIGNED NOT NULL,
    code_length TINYINT UNSIGNED NULL,
    duration_seconds INT UNSIGNED NULL DEFAULT 10800,
    note VARCHAR(255) NULL,
    operator VARCHAR(128) NOT NULL,
    created_at DATETIME NOT NULL,
    PRIMARY KEY (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

-- One row for each act of an operator, however many cards it changed: it gives the log's rows their act_id, and lets
-- the last acts be listed and undone without reading a million rows of the log.
CREATE TABLE IF NOT EXISTS acts (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
    act VARCHAR(32) NOT NULL,
    operator VARCHAR(128) NOT NULL,
    done_at DATETIME NOT NULL,
    -- How many cards it has changed so far: an act on many cards is done in steps, each with its rows of the log.
    card_count BIGINT UNSIGNED NOT NULL,
    batch_id BIGINT UNSIGNED NULL,
    -- The act that this one takes back, and the one that took this one back.
    undoes BIGINT UNSIGNED NULL,
    undone_by BIGINT UNSIGNED NULL,
    PRIMARY KEY (id),
    KEY idx_operator (operator)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

-- What operators did, one row for each card that an act changed, written in the transaction of the act itself.
-- An act on a whole batch (generate, import) is one row without a card. Rows are only ever added.
CREATE TABLE IF NOT EXISTS operator_log (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
    -- The rows of one act share its number, so that it is undone as one.
    act_id BIGINT UNSIGNED NOT NULL,
    act VARCHAR(32) NOT NULL,
    operator VARCHAR(128) NOT NULL,
    done_at DATETIME NOT NULL,
    card_id BIGINT UNSIGNED NULL,
    batch_id BIGINT UNSIGNED NULL,
    -- The code at the time of the act: the card may be renamed or deleted later.
    full_code VARCHAR(128) NULL,
    -- The changed columns as JSON objects; NULL where there was no card before or is none after.
    values_before JSON NULL,
    values_after JSON NULL,
    PRIMARY KEY (id),
    KEY idx_act_id (act_id),
    KEY idx_card_id (card_id),
    KEY idx_full_code (full_code),
    KEY idx_operator (operator),
    KEY idx_act (act)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;
