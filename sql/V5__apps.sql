-- Apps: each card belongs to one, and everything there was before to the one that is called default. Beside it stands what a
-- card can be given from here on: how many machines may use it, how many points it has, a last moment that no activation
-- outlasts, and where it departs from the policy of its app.
--
-- Every statement may run again. The columns are added at the end, which both servers do without copying the table, so
-- that ten million cards are in use meanwhile; the index, which takes them a minute, is a statement of its own.

-- app: programs of older versions write none.
-- seen_at, lease_until: of the machine in machine_code. A lease of NULL lasts as long as the card.
SET @change = (
    SELECT IF(COUNT(*) > 0, 'DO 0', '
        ALTER TABLE cards
            ADD COLUMN app VARCHAR(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL DEFAULT ''default'',
            ADD COLUMN seats SMALLINT UNSIGNED NOT NULL DEFAULT 1,
            ADD COLUMN points INT UNSIGNED NULL,
            ADD COLUMN valid_until DATETIME NULL,
            ADD COLUMN policy VARCHAR(255) NULL,
            ADD COLUMN seen_at DATETIME NULL,
            ADD COLUMN lease_until DATETIME NULL')
    FROM information_schema.columns
    WHERE table_schema = DATABASE() AND table_name = 'cards' AND column_name = 'app'
);

PREPARE change_cards FROM @change;

EXECUTE change_cards;

DEALLOCATE PREPARE change_cards;

SET @change = (
    SELECT IF(COUNT(*) > 0, 'DO 0', 'ALTER TABLE cards ADD INDEX idx_app_status (app, status)')
    FROM information_schema.statistics
    WHERE table_schema = DATABASE() AND table_name = 'cards' AND index_name = 'idx_app_status'
);

PREPARE change_cards FROM @change;

EXECUTE change_cards;

DEALLOCATE PREPARE change_cards;

-- What a batch made its cards with; NULL where the cards of an import differ.
SET @change = (
    SELECT IF(COUNT(*) > 0, 'DO 0', '
        ALTER TABLE batches
            ADD COLUMN app VARCHAR(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL DEFAULT ''default'',
            ADD COLUMN seats SMALLINT UNSIGNED NULL DEFAULT 1,
            ADD COLUMN points INT UNSIGNED NULL,
            ADD COLUMN valid_until DATETIME NULL,
            ADD COLUMN policy VARCHAR(255) NULL')
    FROM information_schema.columns
    WHERE table_schema = DATABASE() AND table_name = 'batches' AND column_name = 'app'
);

PREPARE change_batches FROM @change;

EXECUTE change_batches;

DEALLOCATE PREPARE change_batches;

-- subject: what an act changed that is no card, such as the name of an app.
SET @change = (
    SELECT IF(COUNT(*) > 0, 'DO 0', 'ALTER TABLE acts ADD COLUMN subject VARCHAR(128) NULL')
    FROM information_schema.columns
    WHERE table_schema = DATABASE() AND table_name = 'acts' AND column_name = 'subject'
);

PREPARE change_acts FROM @change;

EXECUTE change_acts;

DEALLOCATE PREPARE change_acts;

SET @change = (
    SELECT IF(COUNT(*) > 0, 'DO 0', 'ALTER TABLE operator_log ADD COLUMN subject VARCHAR(128) NULL')
    FROM information_schema.columns
    WHERE table_schema = DATABASE() AND table_name = 'operator_log' AND column_name = 'subject'
);

PREPARE change_operator_log FROM @change;

EXECUTE change_operator_log;

DEALLOCATE PREPARE change_operator_log;

CREATE TABLE IF NOT EXISTS apps (
    name VARCHAR(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    title VARCHAR(64) NOT NULL DEFAULT '',
    -- What its machines may do, in the words of a policy; empty for what all may do by default.
    policy VARCHAR(255) NOT NULL DEFAULT '',
    -- Versions of the seller's program: the newest, and the lowest that is let in.
    latest VARCHAR(32) NULL,
    minimum VARCHAR(32) NULL,
    url VARCHAR(512) NULL,
    notice VARCHAR(1000) NULL,
    -- A JSON array of objects: name, value, and whether it is public.
    named_values JSON NULL,
    -- Since when no cards are made for it any more.
    archived_at DATETIME NULL,
    created_at DATETIME NOT NULL,
    PRIMARY KEY (name)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

INSERT IGNORE INTO apps (name, created_at) VALUES ('default', UTC_TIMESTAMP());

-- One row: how often any of the apps was changed. Whoever keeps a copy of them sees by it whether that still is true.
CREATE TABLE IF NOT EXISTS policy_revision (
    id TINYINT UNSIGNED NOT NULL DEFAULT 1,
    revision BIGINT UNSIGNED NOT NULL DEFAULT 0,
    PRIMARY KEY (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

INSERT IGNORE INTO policy_revision (id, revision) VALUES (1, 0);

-- The machines that use a card besides the one that stands in its row: none of a card for one.
CREATE TABLE IF NOT EXISTS card_seats (
    card_id BIGINT UNSIGNED NOT NULL,
    machine_code VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    bound_at DATETIME NOT NULL,
    seen_at DATETIME NOT NULL,
    lease_until DATETIME NULL,
    PRIMARY KEY (card_id, machine_code),
    KEY idx_machine_code (machine_code)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;
