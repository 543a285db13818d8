-- Who did it, as the server knows them: the account that was logged in, beside the name that its operator gave. The
-- server itself fills the column in, and no role's INSERT reaches it. NULL is what was done before there was the column.
--
-- Every statement may run again. The column comes first and its default after it: with both at once, the rows that are
-- there would all get the name of the account that migrates.
SET @change = (
    SELECT IF(COUNT(*) > 0, 'DO 0', 'ALTER TABLE acts ADD COLUMN account VARCHAR(384) NULL')
    FROM information_schema.columns
    WHERE table_schema = DATABASE() AND table_name = 'acts' AND column_name = 'account'
);

PREPARE change_acts FROM @change;

EXECUTE change_acts;

DEALLOCATE PREPARE change_acts;

SET @change = (
    SELECT IF(COUNT(*) > 0, 'DO 0', 'ALTER TABLE operator_log ADD COLUMN account VARCHAR(384) NULL')
    FROM information_schema.columns
    WHERE table_schema = DATABASE() AND table_name = 'operator_log' AND column_name = 'account'
);

PREPARE change_operator_log FROM @change;

EXECUTE change_operator_log;

DEALLOCATE PREPARE change_operator_log;

SET @change = (
    SELECT IF(COUNT(*) > 0, 'DO 0', 'ALTER TABLE batches ADD COLUMN account VARCHAR(384) NULL')
    FROM information_schema.columns
    WHERE table_schema = DATABASE() AND table_name = 'batches' AND column_name = 'account'
);

PREPARE change_batches FROM @change;

EXECUTE change_batches;

DEALLOCATE PREPARE change_batches;

-- done_at too, so that nobody dates an act back; and an act begins with no card.
ALTER TABLE acts
    ALTER COLUMN account SET DEFAULT (CURRENT_USER()),
    ALTER COLUMN card_count SET DEFAULT 0,
    ALTER COLUMN done_at SET DEFAULT (UTC_TIMESTAMP());

ALTER TABLE operator_log
    ALTER COLUMN account SET DEFAULT (CURRENT_USER()),
    ALTER COLUMN done_at SET DEFAULT (UTC_TIMESTAMP());

ALTER TABLE batches ALTER COLUMN account SET DEFAULT (CURRENT_USER());
