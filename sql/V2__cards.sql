-- From the Flask service's table to ours. Every statement may run again, so that a migration cut off half way is
-- simply resumed; the change of the table itself is one statement, which the server does whole or not at all.
--
-- The statuses keep their capitals and every new column has a default, so that the Flask service can go on
-- working on the same table until it is switched off.

-- '' is what a server that is not strict stored for a word that is no status.
UPDATE cards SET status = 'UNUSED', updated_at = updated_at WHERE status IS NULL OR status = '';

UPDATE cards SET created_at = COALESCE(used_at, updated_at, UTC_TIMESTAMP()), updated_at = updated_at
WHERE created_at IS NULL OR created_at < '1000-01-01';

-- duration_seconds: NULL never expires. The default, 3 hours, is what every card of the Flask service lasts.
-- utf8mb4_bin: machine codes are told apart by case.
-- Indexes: each serves a query that a table of ten million cards could not answer without it; idx_full_code
-- doubled the unique key, and the new pairs do the work of idx_prefix and idx_expire_at.
SET @change = (
    SELECT IF(COUNT(*) > 0, 'DO 0', '
        ALTER TABLE cards
            MODIFY id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
            MODIFY machine_code VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
            MODIFY status ENUM(''UNUSED'', ''ACTIVE'', ''EXPIRED'', ''DISABLED'') NOT NULL DEFAULT ''UNUSED'',
            MODIFY created_at DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,
            ADD COLUMN duration_seconds INT UNSIGNED NULL DEFAULT 10800 AFTER status,
            ADD COLUMN batch_id BIGINT UNSIGNED NULL AFTER duration_seconds,
            ADD COLUMN note VARCHAR(255) NULL AFTER batch_id,
            DROP INDEX idx_full_code,
            DROP INDEX idx_prefix,
            DROP INDEX idx_expire_at,
            ADD INDEX idx_prefix_status (prefix, status),
            ADD INDEX idx_status_expire_at (status, expire_at),
            ADD INDEX idx_batch_id (batch_id),
            ADD INDEX idx_used_at (used_at),
            ADD INDEX idx_created_at (created_at)')
    FROM information_schema.columns
    WHERE table_schema = DATABASE() AND table_name = 'cards' AND column_name = 'duration_seconds'
);

PREPARE change_cards FROM @change;

EXECUTE change_cards;

DEALLOCATE PREPARE change_cards;
