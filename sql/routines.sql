-- What accounts do to cards where a GRANT on a table would let them do more. A GRANT knows columns and no rows: who may
-- set a status at all may set any card to any. Each routine does one thing to the rows that allow it, with the rights
-- of the account that migrated; a role gets EXECUTE on those that it needs, and no right on the rows themselves.
--
-- `kami migrate` makes those that are missing, so that a dump needs none. One that has been released is never changed:
-- a server that drops one forgets who may execute it. What has to be different gets another name.
--
-- An act of an operator begins with a row in acts, to which the server adds the account. Every routine that writes for
-- an act wants it to be of the very account that calls: CURRENT_USER() is here who made the routine, and USER() who
-- logged in. What stands in the log is what the rows say, before and after, and nothing that the caller says; it is
-- written first, so that nothing is changed without it, wherever a caller breaks off who opened no transaction.

-- routine: activate_card
-- The first use of a card that is what the caller judged it by. How long it lasts, the card says; when it begins may be
-- the few seconds ago at which it was read.
CREATE PROCEDURE activate_card(
    IN card BIGINT UNSIGNED,
    IN machine VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    IN moment DATETIME,
    IN seconds INT UNSIGNED
)
MODIFIES SQL DATA SQL SECURITY DEFINER
UPDATE cards SET status = 'ACTIVE', machine_code = machine, used_at = moment,
    expire_at = moment + INTERVAL duration_seconds SECOND, updated_at = UTC_TIMESTAMP()
WHERE id = card AND status = 'UNUSED' AND duration_seconds <=> seconds AND machine <> ''
    AND moment BETWEEN UTC_TIMESTAMP() - INTERVAL 10 SECOND AND UTC_TIMESTAMP() + INTERVAL 10 SECOND

-- routine: bind_card
-- The next machine of an active card that an operator freed, and that has not run out.
CREATE PROCEDURE bind_card(
    IN card BIGINT UNSIGNED,
    IN machine VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    IN ends DATETIME
)
MODIFIES SQL DATA SQL SECURITY DEFINER
UPDATE cards SET machine_code = machine, updated_at = UTC_TIMESTAMP()
WHERE id = card AND status = 'ACTIVE' AND machine_code IS NULL AND expire_at <=> ends AND machine <> ''

-- routine: expire_cards
-- Marks those of the cards, a JSON array of ids, whose time is over.
CREATE PROCEDURE expire_cards(IN ids JSON)
MODIFIES SQL DATA SQL SECURITY DEFINER
UPDATE JSON_TABLE(ids, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$' ERROR ON ERROR)) AS overdue
STRAIGHT_JOIN cards ON cards.id = overdue.id
SET cards.status = 'EXPIRED', cards.updated_at = UTC_TIMESTAMP()
WHERE cards.status = 'ACTIVE' AND cards.expire_at < UTC_TIMESTAMP()

-- routine: must_own_act
-- Refuses an act of another account than the one that logged in: accounts are told apart by their names, as USER() has
-- the address where CURRENT_USER() had the hosts.
CREATE PROCEDURE must_own_act(IN own_act BIGINT UNSIGNED)
READS SQL DATA SQL SECURITY DEFINER
BEGIN
    DECLARE owner VARCHAR(384) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    DECLARE login VARCHAR(384) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT USER();
    SET owner = (SELECT account FROM acts WHERE id = own_act);
    SET owner = LEFT(owner, CHAR_LENGTH(owner) - LOCATE('@', REVERSE(owner)));
    SET login = LEFT(login, CHAR_LENGTH(login) - LOCATE('@', REVERSE(login)));
    IF owner IS NULL OR owner <> login THEN
        SIGNAL SQLSTATE '42000' SET MESSAGE_TEXT = 'the act is not of this account', MYSQL_ERRNO = 1370;
    END IF;
END

-- routine: change_cards
-- Gives cards other values, and logs of each what has become different. A value that is left out is NULL: of a JSON
-- null the two servers think differently.
CREATE PROCEDURE change_cards(IN own_act BIGINT UNSIGNED, IN changes JSON)
MODIFIES SQL DATA SQL SECURITY DEFINER
BEGIN
    CALL must_own_act(own_act);
    IF (SELECT COUNT(*) <> COUNT(DISTINCT id)
        FROM JSON_TABLE(changes, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$.id' ERROR ON ERROR)) AS changed)
    THEN
        SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'a card is changed once';
    END IF;
    INSERT INTO operator_log (act_id, act, operator, account, card_id, batch_id, full_code, values_before,
        values_after)
    SELECT acts.id, acts.act, acts.operator, acts.account, cards.id, cards.batch_id, cards.full_code,
        JSON_REMOVE(JSON_OBJECT(
                'prefix', cards.prefix,
                'full_code', cards.full_code,
                'status', LOWER(cards.status),
                'duration_seconds', cards.duration_seconds,
                'machine_code', cards.machine_code,
                'note', cards.note,
                'used_at', DATE_FORMAT(cards.used_at, '%Y-%m-%d %H:%i:%s'),
                'expire_at', DATE_FORMAT(cards.expire_at, '%Y-%m-%d %H:%i:%s')),
            IF(CAST(cards.prefix AS BINARY) <=> CAST(changed.prefix AS BINARY), '$.prefix', '$.same'),
            IF(CAST(cards.full_code AS BINARY) <=> CAST(changed.full_code AS BINARY), '$.full_code', '$.same'),
            IF(CAST(LOWER(cards.status) AS BINARY) <=> CAST(LOWER(changed.status) AS BINARY), '$.status', '$.same'),
            IF(cards.duration_seconds <=> changed.duration_seconds, '$.duration_seconds', '$.same'),
            IF(CAST(cards.machine_code AS BINARY) <=> CAST(changed.machine_code AS BINARY), '$.machine_code', '$.same'),
            IF(CAST(cards.note AS BINARY) <=> CAST(changed.note AS BINARY), '$.note', '$.same'),
            IF(cards.used_at <=> changed.used_at, '$.used_at', '$.same'),
            IF(cards.expire_at <=> changed.expire_at, '$.expire_at', '$.same')),
        JSON_REMOVE(JSON_OBJECT(
                'prefix', changed.prefix,
                'full_code', changed.full_code,
                'status', LOWER(changed.status),
                'duration_seconds', changed.duration_seconds,
                'machine_code', changed.machine_code,
                'note', changed.note,
                'used_at', DATE_FORMAT(changed.used_at, '%Y-%m-%d %H:%i:%s'),
                'expire_at', DATE_FORMAT(changed.expire_at, '%Y-%m-%d %H:%i:%s')),
            IF(CAST(cards.prefix AS BINARY) <=> CAST(changed.prefix AS BINARY), '$.prefix', '$.same'),
            IF(CAST(cards.full_code AS BINARY) <=> CAST(changed.full_code AS BINARY), '$.full_code', '$.same'),
            IF(CAST(LOWER(cards.status) AS BINARY) <=> CAST(LOWER(changed.status) AS BINARY), '$.status', '$.same'),
            IF(cards.duration_seconds <=> changed.duration_seconds, '$.duration_seconds', '$.same'),
            IF(CAST(cards.machine_code AS BINARY) <=> CAST(changed.machine_code AS BINARY), '$.machine_code', '$.same'),
            IF(CAST(cards.note AS BINARY) <=> CAST(changed.note AS BINARY), '$.note', '$.same'),
            IF(cards.used_at <=> changed.used_at, '$.used_at', '$.same'),
            IF(cards.expire_at <=> changed.expire_at, '$.expire_at', '$.same'))
    FROM JSON_TABLE(changes, '$[*]' COLUMNS (
            id BIGINT UNSIGNED PATH '$.id' ERROR ON ERROR,
            prefix VARCHAR(16) PATH '$.prefix' ERROR ON ERROR,
            full_code VARCHAR(128) PATH '$.full_code' ERROR ON ERROR,
            status VARCHAR(16) PATH '$.status' ERROR ON ERROR,
            duration_seconds BIGINT UNSIGNED PATH '$.duration_seconds' NULL ON EMPTY ERROR ON ERROR,
            machine_code VARCHAR(128) PATH '$.machine_code' NULL ON EMPTY ERROR ON ERROR,
            note VARCHAR(255) PATH '$.note' NULL ON EMPTY ERROR ON ERROR,
            used_at DATETIME PATH '$.used_at' NULL ON EMPTY ERROR ON ERROR,
            expire_at DATETIME PATH '$.expire_at' NULL ON EMPTY ERROR ON ERROR)) AS changed
        STRAIGHT_JOIN cards ON cards.id = changed.id
        JOIN acts ON acts.id = own_act;
    UPDATE acts SET card_count = card_count + ROW_COUNT() WHERE id = own_act;
    UPDATE JSON_TABLE(changes, '$[*]' COLUMNS (
            id BIGINT UNSIGNED PATH '$.id' ERROR ON ERROR,
            prefix VARCHAR(16) PATH '$.prefix' ERROR ON ERROR,
            full_code VARCHAR(128) PATH '$.full_code' ERROR ON ERROR,
            status VARCHAR(16) PATH '$.status' ERROR ON ERROR,
            duration_seconds BIGINT UNSIGNED PATH '$.duration_seconds' NULL ON EMPTY ERROR ON ERROR,
            machine_code VARCHAR(128) PATH '$.machine_code' NULL ON EMPTY ERROR ON ERROR,
            note VARCHAR(255) PATH '$.note' NULL ON EMPTY ERROR ON ERROR,
            used_at DATETIME PATH '$.used_at' NULL ON EMPTY ERROR ON ERROR,
            expire_at DATETIME PATH '$.expire_at' NULL ON EMPTY ERROR ON ERROR)) AS changed
        STRAIGHT_JOIN cards ON cards.id = changed.id
    SET cards.prefix = changed.prefix, cards.full_code = changed.full_code, cards.status = changed.status,
        cards.duration_seconds = changed.duration_seconds, cards.machine_code = changed.machine_code,
        cards.note = changed.note, cards.used_at = changed.used_at, cards.expire_at = changed.expire_at,
        cards.updated_at = UTC_TIMESTAMP();
END

-- routine: delete_cards
-- Deletes cards, a JSON array of ids, and logs all that is needed to bring them back.
CREATE PROCEDURE delete_cards(IN own_act BIGINT UNSIGNED, IN ids JSON)
MODIFIES SQL DATA SQL SECURITY DEFINER
BEGIN
    CALL must_own_act(own_act);
    INSERT INTO operator_log (act_id, act, operator, account, card_id, batch_id, full_code, values_before)
    SELECT acts.id, acts.act, acts.operator, acts.account, cards.id, cards.batch_id, cards.full_code, JSON_OBJECT(
            'prefix', cards.prefix,
            'code', cards.code,
            'full_code', cards.full_code,
            'status', LOWER(cards.status),
            'duration_seconds', cards.duration_seconds,
            'machine_code', cards.machine_code,
            'batch_id', cards.batch_id,
            'note', cards.note,
            'created_at', DATE_FORMAT(cards.created_at, '%Y-%m-%d %H:%i:%s'),
            'used_at', DATE_FORMAT(cards.used_at, '%Y-%m-%d %H:%i:%s'),
            'expire_at', DATE_FORMAT(cards.expire_at, '%Y-%m-%d %H:%i:%s'))
    FROM (
            SELECT DISTINCT id
            FROM JSON_TABLE(ids, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$' ERROR ON ERROR)) AS given
        ) AS deleted
        STRAIGHT_JOIN cards ON cards.id = deleted.id
        JOIN acts ON acts.id = own_act;
    UPDATE acts SET card_count = card_count + ROW_COUNT() WHERE id = own_act;
    DELETE cards FROM (
            SELECT DISTINCT id
            FROM JSON_TABLE(ids, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$' ERROR ON ERROR)) AS given
        ) AS deleted
        STRAIGHT_JOIN cards ON cards.id = deleted.id;
END

-- routine: restore_cards
-- Brings deleted cards back as the log kept them: a JSON array of ids of its rows, of the act that this one undoes.
CREATE PROCEDURE restore_cards(IN own_act BIGINT UNSIGNED, IN ids JSON)
MODIFIES SQL DATA SQL SECURITY DEFINER
BEGIN
    CALL must_own_act(own_act);
    INSERT INTO operator_log (act_id, act, operator, account, card_id, batch_id, full_code, values_after)
    SELECT acts.id, acts.act, acts.operator, acts.account, kept.card_id, kept.batch_id, kept.full_code,
        kept.values_before
    FROM (
            SELECT DISTINCT id
            FROM JSON_TABLE(ids, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$' ERROR ON ERROR)) AS given
        ) AS deletion
        STRAIGHT_JOIN operator_log AS kept ON kept.id = deletion.id
        JOIN acts ON acts.id = own_act AND acts.undoes = kept.act_id
    WHERE kept.values_after IS NULL;
    UPDATE acts SET card_count = card_count + ROW_COUNT() WHERE id = own_act;
    INSERT INTO cards (id, prefix, code, full_code, status, duration_seconds, machine_code, batch_id, note, created_at,
        used_at, expire_at, updated_at)
    SELECT kept.card_id, card.prefix, card.code, card.full_code, card.status, card.duration_seconds, card.machine_code,
        card.batch_id, card.note, card.created_at, card.used_at, card.expire_at, UTC_TIMESTAMP()
    FROM (
            SELECT DISTINCT id
            FROM JSON_TABLE(ids, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$' ERROR ON ERROR)) AS given
        ) AS deletion
        STRAIGHT_JOIN operator_log AS kept ON kept.id = deletion.id
        JOIN acts ON acts.id = own_act AND acts.undoes = kept.act_id
        JOIN JSON_TABLE(JSON_MERGE_PATCH('{}', kept.values_before), '$' COLUMNS (
            prefix VARCHAR(16) PATH '$.prefix' ERROR ON ERROR,
            code VARCHAR(64) PATH '$.code' ERROR ON ERROR,
            full_code VARCHAR(128) PATH '$.full_code' ERROR ON ERROR,
            status VARCHAR(16) PATH '$.status' ERROR ON ERROR,
            duration_seconds BIGINT UNSIGNED PATH '$.duration_seconds' NULL ON EMPTY ERROR ON ERROR,
            machine_code VARCHAR(128) PATH '$.machine_code' NULL ON EMPTY ERROR ON ERROR,
            batch_id BIGINT UNSIGNED PATH '$.batch_id' NULL ON EMPTY ERROR ON ERROR,
            note VARCHAR(255) PATH '$.note' NULL ON EMPTY ERROR ON ERROR,
            created_at DATETIME PATH '$.created_at' ERROR ON ERROR,
            used_at DATETIME PATH '$.used_at' NULL ON EMPTY ERROR ON ERROR,
            expire_at DATETIME PATH '$.expire_at' NULL ON EMPTY ERROR ON ERROR)) AS card
    WHERE kept.values_after IS NULL;
END

-- routine: make_batch
-- Opens the one batch that an act makes, logs it, and returns its number.
CREATE PROCEDURE make_batch(
    IN own_act BIGINT UNSIGNED,
    IN its_origin VARCHAR(16) CHARACTER SET utf8mb4,
    IN its_prefix VARCHAR(16) CHARACTER SET utf8mb4,
    IN its_count INT UNSIGNED,
    IN its_length TINYINT UNSIGNED,
    IN its_seconds INT UNSIGNED,
    IN its_note VARCHAR(255) CHARACTER SET utf8mb4,
    IN made_at DATETIME
)
MODIFIES SQL DATA SQL SECURITY DEFINER
BEGIN
    DECLARE made BIGINT UNSIGNED;
    CALL must_own_act(own_act);
    IF (SELECT batch_id IS NOT NULL OR card_count > 0 OR undoes IS NOT NULL FROM acts WHERE id = own_act) THEN
        SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'the act has done something else already';
    END IF;
    IF made_at NOT BETWEEN UTC_TIMESTAMP() - INTERVAL 10 SECOND AND UTC_TIMESTAMP() + INTERVAL 10 SECOND THEN
        SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'a batch is made now';
    END IF;
    INSERT INTO batches (origin, prefix, card_count, code_length, duration_seconds, note, operator, account, created_at)
    SELECT its_origin, its_prefix, its_count, its_length, its_seconds, its_note, operator, account, made_at
    FROM acts WHERE id = own_act;
    SET made = LAST_INSERT_ID();
    UPDATE acts SET batch_id = made WHERE id = own_act;
    INSERT INTO operator_log (act_id, act, operator, account, batch_id, values_after)
    SELECT acts.id, acts.act, acts.operator, acts.account, batches.id, JSON_OBJECT(
            'prefix', batches.prefix,
            'card_count', batches.card_count,
            'code_length', batches.code_length,
            'duration_seconds', batches.duration_seconds,
            'note', batches.note)
    FROM acts JOIN batches ON batches.id = acts.batch_id
    WHERE acts.id = own_act;
    SELECT made;
END

-- routine: add_cards
-- Adds unused cards to the batch of an act, no more than the batch has: a JSON array of objects. Where a code is taken,
-- none of them is added, and others may be tried.
CREATE PROCEDURE add_cards(IN own_act BIGINT UNSIGNED, IN added JSON)
MODIFIES SQL DATA SQL SECURITY DEFINER
BEGIN
    DECLARE EXIT HANDLER FOR 1062
    BEGIN
        UPDATE acts SET card_count = card_count - JSON_LENGTH(added) WHERE id = own_act;
        RESIGNAL;
    END;
    CALL must_own_act(own_act);
    UPDATE acts STRAIGHT_JOIN batches ON batches.id = acts.batch_id
    SET acts.card_count = acts.card_count + JSON_LENGTH(added)
    WHERE acts.id = own_act AND acts.card_count + JSON_LENGTH(added) <= batches.card_count
        AND JSON_TYPE(added) = 'ARRAY';
    IF ROW_COUNT() <> 1 THEN
        SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'the batch has its cards already';
    END IF;
    INSERT INTO cards (prefix, code, full_code, duration_seconds, note, batch_id, created_at, updated_at)
    SELECT card.prefix, card.code, card.full_code, card.duration_seconds, card.note, batches.id, batches.created_at,
        batches.created_at
    FROM JSON_TABLE(added, '$[*]' COLUMNS (
            prefix VARCHAR(16) PATH '$.prefix' ERROR ON ERROR,
            code VARCHAR(64) PATH '$.code' ERROR ON ERROR,
            full_code VARCHAR(128) PATH '$.full_code' ERROR ON ERROR,
            duration_seconds BIGINT UNSIGNED PATH '$.duration_seconds' NULL ON EMPTY ERROR ON ERROR,
            note VARCHAR(255) PATH '$.note' NULL ON EMPTY ERROR ON ERROR)) AS card
        STRAIGHT_JOIN acts ON acts.id = own_act
        JOIN batches ON batches.id = acts.batch_id;
END

-- routine: hold_act
-- What has undone an act, which nobody else may do until the end of the transaction.
CREATE PROCEDURE hold_act(IN held_act BIGINT UNSIGNED)
MODIFIES SQL DATA SQL SECURITY DEFINER
SELECT undone_by FROM acts WHERE id = held_act FOR UPDATE

-- routine: close_act
-- Marks an act as undone by the one that undoes it and has changed a card.
CREATE PROCEDURE close_act(IN own_act BIGINT UNSIGNED)
MODIFIES SQL DATA SQL SECURITY DEFINER
BEGIN
    CALL must_own_act(own_act);
    UPDATE acts AS own STRAIGHT_JOIN acts AS undone ON undone.id = own.undoes SET undone.undone_by = own.id
    WHERE own.id = own_act AND own.card_count > 0 AND undone.undone_by IS NULL;
END
