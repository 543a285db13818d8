-- Presets: the kinds of card that a seller sells of an app, each with what its cards are and cost. What a batch was made by it
-- keeps itself, so that another price changes nothing about the cards that there are.

CREATE TABLE IF NOT EXISTS presets (
    app VARCHAR(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    name VARCHAR(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    prefix VARCHAR(16) NOT NULL,
    -- NULL never expires.
    duration_seconds INT UNSIGNED NULL,
    valid_until DATETIME NULL,
    points INT UNSIGNED NULL,
    seats SMALLINT UNSIGNED NOT NULL DEFAULT 1,
    -- In the smallest units of the currency, which ISO 4217 calls so.
    price BIGINT UNSIGNED NULL,
    currency CHAR(3) NULL,
    -- Whether its cards top others up.
    recharge TINYINT NOT NULL DEFAULT 0,
    PRIMARY KEY (app, name)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

-- Batches of programs that know no presets have none.
SET @change = (
    SELECT IF(COUNT(*) > 0, 'DO 0', '
        ALTER TABLE batches
            ADD COLUMN preset VARCHAR(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
            ADD COLUMN price BIGINT UNSIGNED NULL,
            ADD COLUMN currency CHAR(3) NULL,
            ADD COLUMN recharge TINYINT NULL')
    FROM information_schema.columns
    WHERE table_schema = DATABASE() AND table_name = 'batches' AND column_name = 'preset'
);

PREPARE change_batches FROM @change;

EXECUTE change_batches;

DEALLOCATE PREPARE change_batches;
