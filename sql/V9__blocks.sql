-- Who is kept out: machines, and networks that clients come from.

CREATE TABLE IF NOT EXISTS blocks (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
    -- Empty for all apps.
    app VARCHAR(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL DEFAULT '',
    -- MACHINE or NETWORK.
    kind VARCHAR(8) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    -- The code of the machine, or the network such as 203.0.113.0/24, its host bits zero.
    target VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    -- For operators alone.
    reason VARCHAR(255) NULL,
    -- The last second in which it is in force; NULL for ever.
    `until` DATETIME NULL,
    created_at DATETIME NOT NULL,
    PRIMARY KEY (id),
    UNIQUE KEY idx_app_kind_target (app, kind, target)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

-- How often any of them was changed, each of which counts as a change of the apps too: whoever keeps a copy of both does
-- not read them anew for an app that was changed. At the end, which no server copies the table for.
SET @change = (
    SELECT IF(COUNT(*) > 0, 'DO 0', 'ALTER TABLE policy_revision ADD COLUMN blocks BIGINT UNSIGNED NOT NULL DEFAULT 0')
    FROM information_schema.columns
    WHERE table_schema = DATABASE() AND table_name = 'policy_revision' AND column_name = 'blocks'
);

PREPARE change_policy_revision FROM @change;

EXECUTE change_policy_revision;

DEALLOCATE PREPARE change_policy_revision;
