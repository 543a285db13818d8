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

-- routine: begin_leases
-- Lets the leases of seats that machines were given begin now, where such are leased: a JSON array of objects with id, the
-- card's, and machine. The words are those of kami_core::policy::PolicyPart, of which the first holds.
CREATE PROCEDURE begin_leases(IN given JSON)
MODIFIES SQL DATA SQL SECURITY DEFINER
BEGIN
    DECLARE leases JSON;
    SELECT COALESCE(JSON_ARRAYAGG(JSON_OBJECT('id', leased.id, 'machine', leased.machine, 'seconds', leased.seconds)), '[]')
    INTO leases
    FROM (
            SELECT seat.id, seat.machine, SUBSTRING_INDEX(SUBSTRING_INDEX(SUBSTRING_INDEX(
                    CONCAT(' ', COALESCE(cards.policy, ''), ' ', apps.policy, ' lease=off '),
                    ' lease=', 2), ' lease=', -1), ' ', 1) AS seconds
            FROM JSON_TABLE(given, '$[*]' COLUMNS (
                    id BIGINT UNSIGNED PATH '$.id' ERROR ON ERROR,
                    machine VARCHAR(128) PATH '$.machine' ERROR ON ERROR)) AS seat
                STRAIGHT_JOIN cards FORCE INDEX (PRIMARY) ON cards.id = seat.id
                JOIN apps ON apps.name = cards.app
        ) AS leased
    WHERE leased.seconds REGEXP '^[0-9]{1,7}$';
    UPDATE JSON_TABLE(leases, '$[*]' COLUMNS (
            id BIGINT UNSIGNED PATH '$.id' ERROR ON ERROR,
            machine VARCHAR(128) PATH '$.machine' ERROR ON ERROR,
            seconds INT UNSIGNED PATH '$.seconds' ERROR ON ERROR)) AS leased
        STRAIGHT_JOIN cards FORCE INDEX (PRIMARY) ON cards.id = leased.id
    SET cards.seen_at = UTC_TIMESTAMP(), cards.lease_until = UTC_TIMESTAMP() + INTERVAL leased.seconds SECOND,
        cards.updated_at = cards.updated_at
    WHERE CAST(cards.machine_code AS BINARY) = CAST(leased.machine AS BINARY);
    UPDATE JSON_TABLE(leases, '$[*]' COLUMNS (
            id BIGINT UNSIGNED PATH '$.id' ERROR ON ERROR,
            machine VARCHAR(128) PATH '$.machine' ERROR ON ERROR,
            seconds INT UNSIGNED PATH '$.seconds' ERROR ON ERROR)) AS leased
        STRAIGHT_JOIN card_seats ON card_seats.card_id = leased.id
            AND CAST(card_seats.machine_code AS BINARY) = CAST(leased.machine AS BINARY)
    SET card_seats.seen_at = UTC_TIMESTAMP(),
        card_seats.lease_until = UTC_TIMESTAMP() + INTERVAL leased.seconds SECOND;
END

-- routine: change_cards_2
-- The same with apps and what else a card has since there are apps. A lease was its machine's and ends with it, and who
-- frees a card of its machine frees it of all. Of a card that is for fewer machines from now on, those that were seen
-- last keep a seat. A change may also name further machines whose seats are freed, and such as are given one as far as
-- there is room; the log has them as machines: before the act those that lost a seat, after it those that got one. Where
-- seats are leased, who gets one has it for as long as one lease.
CREATE PROCEDURE change_cards_2(IN own_act BIGINT UNSIGNED, IN changes JSON)
MODIFIES SQL DATA SQL SECURITY DEFINER
BEGIN
    DECLARE freed, seated, bound JSON DEFAULT '[]';
    DECLARE has_moves BOOLEAN;
    CALL must_own_act(own_act);
    IF (SELECT COUNT(*) <> COUNT(DISTINCT id)
        FROM JSON_TABLE(changes, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$.id' ERROR ON ERROR)) AS changed)
    THEN
        SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'a card is changed once';
    END IF;
    -- Cards for one machine, which most are, do not pay for the others. In an IF it would lock the gaps between the seats
    -- of others' cards, for which nobody could take a seat then.
    SELECT JSON_EXTRACT(changes, '$[*].seated[0]') IS NOT NULL
        OR EXISTS (
            SELECT 1
            FROM JSON_TABLE(changes, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$.id' ERROR ON ERROR)) AS changed
                STRAIGHT_JOIN card_seats ON card_seats.card_id = changed.id)
    INTO has_moves;
    IF has_moves THEN
        -- MariaDB cuts an array of more bytes off.
        SET SESSION group_concat_max_len = 16777216;
        SELECT COALESCE(JSON_ARRAYAGG(JSON_OBJECT('id', ranked.id, 'machine', ranked.machine)), '[]') INTO freed
        FROM (
                SELECT card_seats.card_id AS id, card_seats.machine_code AS machine, changed.seats,
                    changed.first_machine IS NULL AND cards.machine_code IS NOT NULL AS are_all,
                    named.id IS NOT NULL
                        OR CAST(changed.first_machine AS BINARY) <=> CAST(card_seats.machine_code AS BINARY) AS is_it,
                    ROW_NUMBER() OVER (PARTITION BY card_seats.card_id,
                            named.id IS NOT NULL
                                OR CAST(changed.first_machine AS BINARY) <=> CAST(card_seats.machine_code AS BINARY)
                        ORDER BY COALESCE(card_seats.lease_until < UTC_TIMESTAMP(), FALSE), card_seats.seen_at DESC,
                            card_seats.bound_at DESC, card_seats.machine_code) AS place
                FROM JSON_TABLE(changes, '$[*]' COLUMNS (
                        id BIGINT UNSIGNED PATH '$.id' ERROR ON ERROR,
                        first_machine VARCHAR(128) PATH '$.machine_code' NULL ON EMPTY ERROR ON ERROR,
                        seats SMALLINT UNSIGNED PATH '$.seats' DEFAULT '1' ON EMPTY ERROR ON ERROR)) AS changed
                    STRAIGHT_JOIN cards FORCE INDEX (PRIMARY) ON cards.id = changed.id
                    STRAIGHT_JOIN card_seats ON card_seats.card_id = cards.id
                    LEFT JOIN JSON_TABLE(changes, '$[*]' COLUMNS (
                        id BIGINT UNSIGNED PATH '$.id' ERROR ON ERROR,
                        NESTED PATH '$.freed[*]' COLUMNS (machine VARCHAR(128) PATH '$' ERROR ON ERROR))) AS named
                        ON named.id = cards.id
                            AND CAST(named.machine AS BINARY) = CAST(card_seats.machine_code AS BINARY)
            ) AS ranked
        WHERE ranked.are_all OR ranked.is_it OR ranked.place >= ranked.seats;
        SELECT COALESCE(JSON_ARRAYAGG(JSON_OBJECT('id', given.id, 'machine', given.machine)), '[]') INTO seated
        FROM (
                SELECT changed.id, changed.machine, changed.seats,
                    ROW_NUMBER() OVER (PARTITION BY changed.id ORDER BY changed.place) AS place,
                    (SELECT COUNT(*) FROM card_seats WHERE card_seats.card_id = changed.id) AS taken
                FROM JSON_TABLE(changes, '$[*]' COLUMNS (
                        id BIGINT UNSIGNED PATH '$.id' ERROR ON ERROR,
                        first_machine VARCHAR(128) PATH '$.machine_code' NULL ON EMPTY ERROR ON ERROR,
                        seats SMALLINT UNSIGNED PATH '$.seats' DEFAULT '1' ON EMPTY ERROR ON ERROR,
                        NESTED PATH '$.seated[*]' COLUMNS (
                            place FOR ORDINALITY,
                            machine VARCHAR(128) PATH '$' ERROR ON ERROR))) AS changed
                WHERE CAST(changed.machine AS BINARY) <> CAST(changed.first_machine AS BINARY)
                    AND NOT EXISTS (
                        SELECT 1 FROM card_seats
                        WHERE card_seats.card_id = changed.id
                            AND card_seats.machine_code = CONVERT(changed.machine USING utf8mb4) COLLATE utf8mb4_bin)
            ) AS given
        WHERE given.place + given.taken < given.seats;
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
                'expire_at', DATE_FORMAT(cards.expire_at, '%Y-%m-%d %H:%i:%s'),
                'app', cards.app,
                'seats', cards.seats,
                'points', cards.points,
                'valid_until', DATE_FORMAT(cards.valid_until, '%Y-%m-%d %H:%i:%s'),
                'policy', cards.policy,
                'machines', JSON_EXTRACT(were_freed.machines, '$')),
            IF(were_freed.id IS NULL, '$.machines', '$.same'),
            IF(CAST(cards.prefix AS BINARY) <=> CAST(changed.prefix AS BINARY), '$.prefix', '$.same'),
            IF(CAST(cards.full_code AS BINARY) <=> CAST(changed.full_code AS BINARY), '$.full_code', '$.same'),
            IF(CAST(LOWER(cards.status) AS BINARY) <=> CAST(LOWER(changed.status) AS BINARY), '$.status', '$.same'),
            IF(cards.duration_seconds <=> changed.duration_seconds, '$.duration_seconds', '$.same'),
            IF(CAST(cards.machine_code AS BINARY) <=> CAST(changed.machine_code AS BINARY), '$.machine_code', '$.same'),
            IF(CAST(cards.note AS BINARY) <=> CAST(changed.note AS BINARY), '$.note', '$.same'),
            IF(cards.used_at <=> changed.used_at, '$.used_at', '$.same'),
            IF(cards.expire_at <=> changed.expire_at, '$.expire_at', '$.same'),
            IF(CAST(cards.app AS BINARY) <=> CAST(COALESCE(changed.app, cards.app) AS BINARY), '$.app', '$.same'),
            IF(cards.seats <=> changed.seats, '$.seats', '$.same'),
            IF(cards.points <=> changed.points, '$.points', '$.same'),
            IF(cards.valid_until <=> changed.valid_until, '$.valid_until', '$.same'),
            IF(CAST(cards.policy AS BINARY) <=> CAST(changed.policy AS BINARY), '$.policy', '$.same')),
        JSON_REMOVE(JSON_OBJECT(
                'prefix', changed.prefix,
                'full_code', changed.full_code,
                'status', LOWER(changed.status),
                'duration_seconds', changed.duration_seconds,
                'machine_code', changed.machine_code,
                'note', changed.note,
                'used_at', DATE_FORMAT(changed.used_at, '%Y-%m-%d %H:%i:%s'),
                'expire_at', DATE_FORMAT(changed.expire_at, '%Y-%m-%d %H:%i:%s'),
                'app', COALESCE(changed.app, cards.app),
                'seats', changed.seats,
                'points', changed.points,
                'valid_until', DATE_FORMAT(changed.valid_until, '%Y-%m-%d %H:%i:%s'),
                'policy', changed.policy,
                'machines', JSON_EXTRACT(are_seated.machines, '$')),
            IF(are_seated.id IS NULL, '$.machines', '$.same'),
            IF(CAST(cards.prefix AS BINARY) <=> CAST(changed.prefix AS BINARY), '$.prefix', '$.same'),
            IF(CAST(cards.full_code AS BINARY) <=> CAST(changed.full_code AS BINARY), '$.full_code', '$.same'),
            IF(CAST(LOWER(cards.status) AS BINARY) <=> CAST(LOWER(changed.status) AS BINARY), '$.status', '$.same'),
            IF(cards.duration_seconds <=> changed.duration_seconds, '$.duration_seconds', '$.same'),
            IF(CAST(cards.machine_code AS BINARY) <=> CAST(changed.machine_code AS BINARY), '$.machine_code', '$.same'),
            IF(CAST(cards.note AS BINARY) <=> CAST(changed.note AS BINARY), '$.note', '$.same'),
            IF(cards.used_at <=> changed.used_at, '$.used_at', '$.same'),
            IF(cards.expire_at <=> changed.expire_at, '$.expire_at', '$.same'),
            IF(CAST(cards.app AS BINARY) <=> CAST(COALESCE(changed.app, cards.app) AS BINARY), '$.app', '$.same'),
            IF(cards.seats <=> changed.seats, '$.seats', '$.same'),
            IF(cards.points <=> changed.points, '$.points', '$.same'),
            IF(cards.valid_until <=> changed.valid_until, '$.valid_until', '$.same'),
            IF(CAST(cards.policy AS BINARY) <=> CAST(changed.policy AS BINARY), '$.policy', '$.same'))
    FROM JSON_TABLE(changes, '$[*]' COLUMNS (
            id BIGINT UNSIGNED PATH '$.id' ERROR ON ERROR,
            prefix VARCHAR(16) PATH '$.prefix' ERROR ON ERROR,
            full_code VARCHAR(128) PATH '$.full_code' ERROR ON ERROR,
            status VARCHAR(16) PATH '$.status' ERROR ON ERROR,
            duration_seconds BIGINT UNSIGNED PATH '$.duration_seconds' NULL ON EMPTY ERROR ON ERROR,
            machine_code VARCHAR(128) PATH '$.machine_code' NULL ON EMPTY ERROR ON ERROR,
            note VARCHAR(255) PATH '$.note' NULL ON EMPTY ERROR ON ERROR,
            used_at DATETIME PATH '$.used_at' NULL ON EMPTY ERROR ON ERROR,
            expire_at DATETIME PATH '$.expire_at' NULL ON EMPTY ERROR ON ERROR,
            app VARCHAR(32) PATH '$.app' NULL ON EMPTY ERROR ON ERROR,
            seats SMALLINT UNSIGNED PATH '$.seats' DEFAULT '1' ON EMPTY ERROR ON ERROR,
            points INT UNSIGNED PATH '$.points' NULL ON EMPTY ERROR ON ERROR,
            valid_until DATETIME PATH '$.valid_until' NULL ON EMPTY ERROR ON ERROR,
            policy VARCHAR(255) PATH '$.policy' NULL ON EMPTY ERROR ON ERROR)) AS changed
        STRAIGHT_JOIN cards FORCE INDEX (PRIMARY) ON cards.id = changed.id
        JOIN acts ON acts.id = own_act
        LEFT JOIN (
            SELECT each_one.id, JSON_ARRAYAGG(each_one.machine) AS machines
            FROM JSON_TABLE(freed, '$[*]' COLUMNS (
                id BIGINT UNSIGNED PATH '$.id' ERROR ON ERROR,
                machine VARCHAR(128) PATH '$.machine' ERROR ON ERROR)) AS each_one
            GROUP BY each_one.id
        ) AS were_freed ON were_freed.id = cards.id
        LEFT JOIN (
            SELECT each_one.id, JSON_ARRAYAGG(each_one.machine) AS machines
            FROM JSON_TABLE(seated, '$[*]' COLUMNS (
                id BIGINT UNSIGNED PATH '$.id' ERROR ON ERROR,
                machine VARCHAR(128) PATH '$.machine' ERROR ON ERROR)) AS each_one
            GROUP BY each_one.id
        ) AS are_seated ON are_seated.id = cards.id;
    UPDATE acts SET card_count = card_count + ROW_COUNT() WHERE id = own_act;
    SELECT COALESCE(JSON_ARRAYAGG(JSON_OBJECT('id', changed.id, 'machine', changed.machine_code)), '[]') INTO bound
    FROM JSON_TABLE(changes, '$[*]' COLUMNS (
            id BIGINT UNSIGNED PATH '$.id' ERROR ON ERROR,
            machine_code VARCHAR(128) PATH '$.machine_code' NULL ON EMPTY ERROR ON ERROR)) AS changed
        STRAIGHT_JOIN cards FORCE INDEX (PRIMARY) ON cards.id = changed.id
        LEFT JOIN card_seats ON card_seats.card_id = cards.id
            AND CAST(card_seats.machine_code AS BINARY) = CAST(changed.machine_code AS BINARY)
    WHERE changed.machine_code IS NOT NULL AND card_seats.card_id IS NULL
        AND NOT (CAST(cards.machine_code AS BINARY) <=> CAST(changed.machine_code AS BINARY));
    UPDATE JSON_TABLE(changes, '$[*]' COLUMNS (
            id BIGINT UNSIGNED PATH '$.id' ERROR ON ERROR,
            machine_code VARCHAR(128) PATH '$.machine_code' NULL ON EMPTY ERROR ON ERROR)) AS changed
        STRAIGHT_JOIN cards FORCE INDEX (PRIMARY) ON cards.id = changed.id
        LEFT JOIN card_seats ON card_seats.card_id = cards.id
            AND CAST(card_seats.machine_code AS BINARY) = CAST(changed.machine_code AS BINARY)
    SET cards.seen_at = card_seats.seen_at, cards.lease_until = card_seats.lease_until
    WHERE (cards.seen_at IS NOT NULL OR card_seats.card_id IS NOT NULL)
        AND NOT (CAST(cards.machine_code AS BINARY) <=> CAST(changed.machine_code AS BINARY));
    DELETE card_seats FROM JSON_TABLE(freed, '$[*]' COLUMNS (
            id BIGINT UNSIGNED PATH '$.id' ERROR ON ERROR,
            machine VARCHAR(128) PATH '$.machine' ERROR ON ERROR)) AS gone
        STRAIGHT_JOIN card_seats ON card_seats.card_id = gone.id
            AND CAST(card_seats.machine_code AS BINARY) = CAST(gone.machine AS BINARY);
    INSERT INTO card_seats (card_id, machine_code, bound_at, seen_at)
    SELECT given.id, given.machine, UTC_TIMESTAMP(), UTC_TIMESTAMP()
    FROM JSON_TABLE(seated, '$[*]' COLUMNS (
        id BIGINT UNSIGNED PATH '$.id' ERROR ON ERROR,
        machine VARCHAR(128) PATH '$.machine' ERROR ON ERROR)) AS given;
    UPDATE JSON_TABLE(changes, '$[*]' COLUMNS (
            id BIGINT UNSIGNED PATH '$.id' ERROR ON ERROR,
            prefix VARCHAR(16) PATH '$.prefix' ERROR ON ERROR,
            full_code VARCHAR(128) PATH '$.full_code' ERROR ON ERROR,
            status VARCHAR(16) PATH '$.status' ERROR ON ERROR,
            duration_seconds BIGINT UNSIGNED PATH '$.duration_seconds' NULL ON EMPTY ERROR ON ERROR,
            machine_code VARCHAR(128) PATH '$.machine_code' NULL ON EMPTY ERROR ON ERROR,
            note VARCHAR(255) PATH '$.note' NULL ON EMPTY ERROR ON ERROR,
            used_at DATETIME PATH '$.used_at' NULL ON EMPTY ERROR ON ERROR,
            expire_at DATETIME PATH '$.expire_at' NULL ON EMPTY ERROR ON ERROR,
            app VARCHAR(32) PATH '$.app' NULL ON EMPTY ERROR ON ERROR,
            seats SMALLINT UNSIGNED PATH '$.seats' DEFAULT '1' ON EMPTY ERROR ON ERROR,
            points INT UNSIGNED PATH '$.points' NULL ON EMPTY ERROR ON ERROR,
            valid_until DATETIME PATH '$.valid_until' NULL ON EMPTY ERROR ON ERROR,
            policy VARCHAR(255) PATH '$.policy' NULL ON EMPTY ERROR ON ERROR)) AS changed
        STRAIGHT_JOIN cards FORCE INDEX (PRIMARY) ON cards.id = changed.id
    SET cards.prefix = changed.prefix, cards.full_code = changed.full_code, cards.status = changed.status,
        cards.duration_seconds = changed.duration_seconds, cards.machine_code = changed.machine_code,
        cards.note = changed.note, cards.used_at = changed.used_at, cards.expire_at = changed.expire_at,
        cards.app = COALESCE(changed.app, cards.app), cards.seats = changed.seats, cards.points = changed.points,
        cards.valid_until = changed.valid_until, cards.policy = changed.policy, cards.updated_at = UTC_TIMESTAMP();
    CALL begin_leases(bound);
    CALL begin_leases(seated);
END

-- routine: delete_cards_2
-- The same with apps and what else a card has since there are apps. Its seats go with it: one that comes back gives them
-- to those who ask.
CREATE PROCEDURE delete_cards_2(IN own_act BIGINT UNSIGNED, IN ids JSON)
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
            'expire_at', DATE_FORMAT(cards.expire_at, '%Y-%m-%d %H:%i:%s'),
            'app', cards.app,
            'seats', cards.seats,
            'points', cards.points,
            'valid_until', DATE_FORMAT(cards.valid_until, '%Y-%m-%d %H:%i:%s'),
            'policy', cards.policy)
    FROM (
            SELECT DISTINCT id
            FROM JSON_TABLE(ids, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$' ERROR ON ERROR)) AS given
        ) AS deleted
        STRAIGHT_JOIN cards ON cards.id = deleted.id
        JOIN acts ON acts.id = own_act;
    UPDATE acts SET card_count = card_count + ROW_COUNT() WHERE id = own_act;
    DELETE card_seats FROM JSON_TABLE(ids, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$' ERROR ON ERROR)) AS given
        STRAIGHT_JOIN card_seats ON card_seats.card_id = given.id;
    DELETE point_uses FROM JSON_TABLE(ids, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$' ERROR ON ERROR)) AS given
        STRAIGHT_JOIN point_uses ON point_uses.card_id = given.id;
    DELETE cards FROM (
            SELECT DISTINCT id
            FROM JSON_TABLE(ids, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$' ERROR ON ERROR)) AS given
        ) AS deleted
        STRAIGHT_JOIN cards ON cards.id = deleted.id;
END

-- routine: restore_cards_2
-- The same with apps and what else a card has since there are apps; what was deleted before there were is of the default
-- one. Each comes back to an app that there is, which stays until the act is done.
CREATE PROCEDURE restore_cards_2(IN own_act BIGINT UNSIGNED, IN ids JSON)
MODIFIES SQL DATA SQL SECURITY DEFINER
BEGIN
    DECLARE named_apps, their_apps BIGINT UNSIGNED;
    DECLARE bound JSON;
    CALL must_own_act(own_act);
    SELECT COUNT(*), COUNT(apps.name) INTO named_apps, their_apps
    FROM (
            SELECT DISTINCT COALESCE(JSON_UNQUOTE(JSON_EXTRACT(kept.values_before, '$.app')), 'default') AS name
            FROM JSON_TABLE(ids, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$' ERROR ON ERROR)) AS given
                STRAIGHT_JOIN operator_log AS kept ON kept.id = given.id
                JOIN acts ON acts.id = own_act AND acts.undoes = kept.act_id
            WHERE kept.values_after IS NULL
        ) AS named
        LEFT JOIN apps FORCE INDEX (PRIMARY)
            ON apps.name = CONVERT(named.name USING utf8mb4) COLLATE utf8mb4_bin
    LOCK IN SHARE MODE;
    IF named_apps <> their_apps THEN
        SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'an app of the cards is none';
    END IF;
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
        used_at, expire_at, app, seats, points, valid_until, policy, updated_at)
    SELECT kept.card_id, card.prefix, card.code, card.full_code, card.status, card.duration_seconds, card.machine_code,
        card.batch_id, card.note, card.created_at, card.used_at, card.expire_at,
        COALESCE(card.app, 'default'), card.seats, card.points, card.valid_until, card.policy, UTC_TIMESTAMP()
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
            expire_at DATETIME PATH '$.expire_at' NULL ON EMPTY ERROR ON ERROR,
            app VARCHAR(32) PATH '$.app' NULL ON EMPTY ERROR ON ERROR,
            seats SMALLINT UNSIGNED PATH '$.seats' DEFAULT '1' ON EMPTY ERROR ON ERROR,
            points INT UNSIGNED PATH '$.points' NULL ON EMPTY ERROR ON ERROR,
            valid_until DATETIME PATH '$.valid_until' NULL ON EMPTY ERROR ON ERROR,
            policy VARCHAR(255) PATH '$.policy' NULL ON EMPTY ERROR ON ERROR)) AS card
    WHERE kept.values_after IS NULL;
    SELECT COALESCE(JSON_ARRAYAGG(JSON_OBJECT('id', cards.id, 'machine', cards.machine_code)), '[]') INTO bound
    FROM (
            SELECT DISTINCT id
            FROM JSON_TABLE(ids, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$' ERROR ON ERROR)) AS given
        ) AS deletion
        STRAIGHT_JOIN operator_log AS kept ON kept.id = deletion.id
        JOIN acts ON acts.id = own_act AND acts.undoes = kept.act_id
        JOIN cards ON cards.id = kept.card_id
    WHERE kept.values_after IS NULL AND cards.machine_code IS NOT NULL;
    CALL begin_leases(bound);
END

-- routine: make_batch_2
-- The same with what cards have since there are apps: a JSON object.
CREATE PROCEDURE make_batch_2(IN own_act BIGINT UNSIGNED, IN its_values JSON, IN made_at DATETIME)
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
    INSERT INTO batches (origin, prefix, card_count, code_length, duration_seconds, note, operator, account, created_at,
        app, seats, points, valid_until, policy)
    SELECT batch.origin, batch.prefix, batch.card_count, batch.code_length, batch.duration_seconds, batch.note,
        acts.operator, acts.account, made_at, batch.app, batch.seats, batch.points, batch.valid_until, batch.policy
    FROM JSON_TABLE(its_values, '$' COLUMNS (
            origin VARCHAR(16) PATH '$.origin' ERROR ON ERROR,
            prefix VARCHAR(16) PATH '$.prefix' NULL ON EMPTY ERROR ON ERROR,
            card_count INT UNSIGNED PATH '$.card_count' ERROR ON ERROR,
            code_length TINYINT UNSIGNED PATH '$.code_length' NULL ON EMPTY ERROR ON ERROR,
            duration_seconds BIGINT UNSIGNED PATH '$.duration_seconds' NULL ON EMPTY ERROR ON ERROR,
            note VARCHAR(255) PATH '$.note' NULL ON EMPTY ERROR ON ERROR,
            app VARCHAR(32) PATH '$.app' NULL ON EMPTY ERROR ON ERROR,
            seats SMALLINT UNSIGNED PATH '$.seats' NULL ON EMPTY ERROR ON ERROR,
            points INT UNSIGNED PATH '$.points' NULL ON EMPTY ERROR ON ERROR,
            valid_until DATETIME PATH '$.valid_until' NULL ON EMPTY ERROR ON ERROR,
            policy VARCHAR(255) PATH '$.policy' NULL ON EMPTY ERROR ON ERROR)) AS batch
        JOIN acts ON acts.id = own_act;
    SET made = LAST_INSERT_ID();
    UPDATE acts SET batch_id = made WHERE id = own_act;
    INSERT INTO operator_log (act_id, act, operator, account, batch_id, values_after)
    SELECT acts.id, acts.act, acts.operator, acts.account, batches.id, JSON_OBJECT(
            'prefix', batches.prefix,
            'card_count', batches.card_count,
            'code_length', batches.code_length,
            'duration_seconds', batches.duration_seconds,
            'note', batches.note,
            'app', batches.app,
            'seats', batches.seats,
            'points', batches.points,
            'valid_until', DATE_FORMAT(batches.valid_until, '%Y-%m-%d %H:%i:%s'),
            'policy', batches.policy)
    FROM acts JOIN batches ON batches.id = acts.batch_id
    WHERE acts.id = own_act;
    SELECT made;
END

-- routine: add_cards_2
-- The same with apps and what else a card has since there are apps. Each card is of an app that there is and that is not
-- archived, and that stays so until the act is done.
CREATE PROCEDURE add_cards_2(IN own_act BIGINT UNSIGNED, IN added JSON)
MODIFIES SQL DATA SQL SECURITY DEFINER
BEGIN
    DECLARE open_apps BIGINT UNSIGNED;
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
    SELECT COUNT(apps.name) INTO open_apps
    FROM (
            SELECT DISTINCT COALESCE(app, 'default') AS name
            FROM JSON_TABLE(added, '$[*]' COLUMNS (
                app VARCHAR(32) PATH '$.app' NULL ON EMPTY ERROR ON ERROR)) AS card
        ) AS named
        STRAIGHT_JOIN apps FORCE INDEX (PRIMARY)
            ON apps.name = CONVERT(named.name USING utf8mb4) COLLATE utf8mb4_bin
    WHERE apps.archived_at IS NULL
    LOCK IN SHARE MODE;
    IF open_apps <> (
            SELECT COUNT(DISTINCT CAST(COALESCE(app, 'default') AS BINARY))
            FROM JSON_TABLE(added, '$[*]' COLUMNS (
                app VARCHAR(32) PATH '$.app' NULL ON EMPTY ERROR ON ERROR)) AS card
        )
    THEN
        SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'an app of the cards is none, or archived';
    END IF;
    INSERT INTO cards (prefix, code, full_code, duration_seconds, note, app, seats, points, valid_until, expire_at, policy,
        batch_id, created_at, updated_at)
    SELECT card.prefix, card.code, card.full_code, card.duration_seconds, card.note, COALESCE(card.app, 'default'),
        card.seats, card.points, card.valid_until, card.valid_until, card.policy, batches.id, batches.created_at,
        batches.created_at
    FROM JSON_TABLE(added, '$[*]' COLUMNS (
            prefix VARCHAR(16) PATH '$.prefix' ERROR ON ERROR,
            code VARCHAR(64) PATH '$.code' ERROR ON ERROR,
            full_code VARCHAR(128) PATH '$.full_code' ERROR ON ERROR,
            duration_seconds BIGINT UNSIGNED PATH '$.duration_seconds' NULL ON EMPTY ERROR ON ERROR,
            note VARCHAR(255) PATH '$.note' NULL ON EMPTY ERROR ON ERROR,
            app VARCHAR(32) PATH '$.app' NULL ON EMPTY ERROR ON ERROR,
            seats SMALLINT UNSIGNED PATH '$.seats' DEFAULT '1' ON EMPTY ERROR ON ERROR,
            points INT UNSIGNED PATH '$.points' NULL ON EMPTY ERROR ON ERROR,
            valid_until DATETIME PATH '$.valid_until' NULL ON EMPTY ERROR ON ERROR,
            policy VARCHAR(255) PATH '$.policy' NULL ON EMPTY ERROR ON ERROR)) AS card
        STRAIGHT_JOIN acts ON acts.id = own_act
        JOIN batches ON batches.id = acts.batch_id;
END

-- routine: hold_app
-- An app as it is, which nobody else changes until the end of the transaction.
CREATE PROCEDURE hold_app(IN held_app VARCHAR(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin)
MODIFIES SQL DATA SQL SECURITY DEFINER
SELECT name, title, latest, minimum, url, notice, CAST(named_values AS CHAR), archived_at, created_at, policy
FROM apps WHERE name = held_app FOR UPDATE

-- routine: save_app
-- Gives an app other values, a JSON object, makes it where there is none, or removes it where they are NULL, and logs what
-- it was and is. One that has cards is not removed, and so is not the one that is called default. An act that undoes
-- another is done with it.
CREATE PROCEDURE save_app(
    IN own_act BIGINT UNSIGNED,
    IN saved_app VARCHAR(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    IN its_values JSON
)
MODIFIES SQL DATA SQL SECURITY DEFINER
BEGIN
    CALL must_own_act(own_act);
    UPDATE policy_revision SET revision = revision + 1 WHERE id = 1;
    INSERT INTO operator_log (act_id, act, operator, account, subject, values_before, values_after)
    SELECT acts.id, acts.act, acts.operator, acts.account, saved_app,
        IF(apps.name IS NULL, NULL, JSON_MERGE_PATCH('{}', JSON_OBJECT(
            'title', apps.title,
            'policy', apps.policy,
            'latest', apps.latest,
            'minimum', apps.minimum,
            'url', apps.url,
            'notice', apps.notice,
            'values', JSON_EXTRACT(COALESCE(apps.named_values, '[]'), '$'),
            'archived', IF(apps.archived_at IS NULL, NULL, 1)))),
        its_values
    FROM acts LEFT JOIN apps ON apps.name = saved_app
    WHERE acts.id = own_act;
    UPDATE acts SET subject = saved_app WHERE id = own_act;
    IF its_values IS NULL THEN
        IF saved_app = 'default' OR EXISTS (SELECT 1 FROM cards WHERE app = saved_app) THEN
            SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'the app is needed';
        END IF;
        DELETE FROM apps WHERE name = saved_app;
    ELSE
        INSERT INTO apps (name, title, policy, latest, minimum, url, notice, named_values, archived_at, created_at)
        SELECT saved_app, saved.title, saved.policy, saved.latest, saved.minimum, saved.url, saved.notice,
            JSON_EXTRACT(its_values, '$.values'), IF(saved.archived, UTC_TIMESTAMP(), NULL), UTC_TIMESTAMP()
        FROM JSON_TABLE(its_values, '$' COLUMNS (
                title VARCHAR(64) PATH '$.title' ERROR ON ERROR,
                policy VARCHAR(255) PATH '$.policy' ERROR ON ERROR,
                latest VARCHAR(32) PATH '$.latest' NULL ON EMPTY ERROR ON ERROR,
                minimum VARCHAR(32) PATH '$.minimum' NULL ON EMPTY ERROR ON ERROR,
                url VARCHAR(512) PATH '$.url' NULL ON EMPTY ERROR ON ERROR,
                notice VARCHAR(1000) PATH '$.notice' NULL ON EMPTY ERROR ON ERROR,
                archived TINYINT PATH '$.archived' NULL ON EMPTY ERROR ON ERROR)) AS saved
        ON DUPLICATE KEY UPDATE title = saved.title, policy = saved.policy, latest = saved.latest,
            minimum = saved.minimum, url = saved.url, notice = saved.notice, named_values = VALUES(named_values),
            archived_at = IF(saved.archived, COALESCE(apps.archived_at, UTC_TIMESTAMP()), NULL);
    END IF;
    UPDATE acts AS own STRAIGHT_JOIN acts AS undone ON undone.id = own.undoes SET undone.undone_by = own.id
    WHERE own.id = own_act AND undone.undone_by IS NULL;
END

-- routine: read_policy
-- For how many seconds a card leases its seats, none where it does not, and whether of a full one a machine gives way: what
-- the card says itself comes before what its app says. The words are those of kami_core::policy::PolicyPart.
CREATE PROCEDURE read_policy(IN card BIGINT UNSIGNED, OUT lease_seconds INT UNSIGNED, OUT evicts BOOLEAN)
READS SQL DATA SQL SECURITY DEFINER
BEGIN
    DECLARE words VARCHAR(600) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    DECLARE lease VARCHAR(600) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    SELECT CONCAT(' ', COALESCE(cards.policy, ''), ' ', apps.policy, ' ') INTO words
    FROM cards JOIN apps ON apps.name = cards.app
    WHERE cards.id = card;
    SET lease = IF(LOCATE(' lease=', words) > 0,
        SUBSTRING_INDEX(SUBSTRING(words, LOCATE(' lease=', words) + 7), ' ', 1), 'off');
    SET lease_seconds = IF(lease REGEXP '^[0-9]{1,7}$', CAST(lease AS UNSIGNED), NULL);
    SET evicts = COALESCE(SUBSTRING(words, LOCATE(' when-full=', words) + 11, 7) = 'oldest ', FALSE)
        AND LOCATE(' when-full=', words) > 0;
END

-- routine: activate_card_2
-- The first use of a card by its policy, and up to its last moment if it has one.
CREATE PROCEDURE activate_card_2(
    IN card BIGINT UNSIGNED,
    IN machine VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    IN moment DATETIME,
    IN seconds INT UNSIGNED
)
MODIFIES SQL DATA SQL SECURITY DEFINER
BEGIN
    DECLARE lease_seconds INT UNSIGNED;
    DECLARE evicts BOOLEAN;
    CALL read_policy(card, lease_seconds, evicts);
    UPDATE cards SET status = 'ACTIVE', machine_code = machine, used_at = moment, seen_at = UTC_TIMESTAMP(),
        lease_until = UTC_TIMESTAMP() + INTERVAL lease_seconds SECOND, updated_at = UTC_TIMESTAMP(),
        expire_at = LEAST(COALESCE(moment + INTERVAL duration_seconds SECOND, valid_until),
            COALESCE(valid_until, moment + INTERVAL duration_seconds SECOND))
    WHERE id = card AND status = 'UNUSED' AND duration_seconds <=> seconds AND machine <> ''
        AND (valid_until IS NULL OR valid_until >= UTC_TIMESTAMP())
        AND moment BETWEEN UTC_TIMESTAMP() - INTERVAL 10 SECOND AND UTC_TIMESTAMP() + INTERVAL 10 SECOND;
    SELECT ROW_COUNT() > 0;
END

-- routine: renew_seat
-- Makes the lease of a machine that has a seat what the policy says from now on, and returns whether it has one.
CREATE PROCEDURE renew_seat(
    IN card BIGINT UNSIGNED,
    IN machine VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
)
MODIFIES SQL DATA SQL SECURITY DEFINER
BEGIN
    DECLARE lease_seconds INT UNSIGNED;
    DECLARE evicts BOOLEAN;
    DECLARE renewed BIGINT;
    CALL read_policy(card, lease_seconds, evicts);
    UPDATE cards SET seen_at = UTC_TIMESTAMP(), lease_until = UTC_TIMESTAMP() + INTERVAL lease_seconds SECOND,
        updated_at = updated_at
    WHERE id = card AND machine_code = machine AND status = 'ACTIVE';
    SET renewed = ROW_COUNT();
    IF renewed = 0 THEN
        UPDATE card_seats SET seen_at = UTC_TIMESTAMP(),
            lease_until = UTC_TIMESTAMP() + INTERVAL lease_seconds SECOND
        WHERE card_id = card AND machine_code = machine;
        SET renewed = ROW_COUNT();
    END IF;
    SELECT renewed > 0;
END

-- routine: take_seat
-- Gives a machine a seat of an active card: its own, a free one or, where the policy says so, the one whose machine was
-- seen the longest ago. A seat is free by the time that it is asked for. Returns whether the machine has one now, nothing
-- where the card is not to be used. Whom others leave no seat waits for nobody and locks nothing.
--
-- The lock on the card is the only one that takers wait for. Seats are read without one, in the state that is there once
-- the card is locked: a lock on rows that are not there is on the gap between others', and takers of other cards would
-- wait for each other at it.
CREATE PROCEDURE take_seat(
    IN card BIGINT UNSIGNED,
    IN machine VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
)
MODIFIES SQL DATA SQL SECURITY DEFINER
BEGIN
    DECLARE lease_seconds INT UNSIGNED;
    DECLARE evicts, usable, has_seat, is_first_free BOOLEAN;
    DECLARE seat_count, taken, ended BIGINT;
    DECLARE first_machine, oldest VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    DECLARE first_seen, oldest_seen DATETIME;
    DECLARE EXIT HANDLER FOR SQLEXCEPTION
    BEGIN
        ROLLBACK;
        RESIGNAL;
    END;
    CALL read_policy(card, lease_seconds, evicts);
    SELECT status = 'ACTIVE', seats,
        COALESCE(machine_code <> machine AND (lease_until IS NULL OR lease_until >= UTC_TIMESTAMP()), FALSE) + (
            SELECT COUNT(*) FROM card_seats
            WHERE card_seats.card_id = card AND card_seats.machine_code <> machine
                AND (card_seats.lease_until IS NULL OR card_seats.lease_until >= UTC_TIMESTAMP()))
    INTO usable, seat_count, taken
    FROM cards WHERE id = card;
    IF usable AND (taken < seat_count OR evicts) AND machine <> '' THEN
        START TRANSACTION;
        -- Of a card that is gone by then nothing is found, and this stays.
        SET usable = NULL;
        SELECT status = 'ACTIVE' AND (expire_at IS NULL OR expire_at >= UTC_TIMESTAMP()), seats, machine_code,
            machine_code IS NULL OR COALESCE(lease_until < UTC_TIMESTAMP(), FALSE),
            COALESCE(seen_at, used_at, created_at)
        INTO usable, seat_count, first_machine, is_first_free, first_seen
        FROM cards WHERE id = card FOR UPDATE;
        SELECT first_machine <=> machine OR COALESCE(SUM(machine_code = machine), 0) > 0,
            COALESCE(SUM(machine_code <> machine), 0),
            COALESCE(SUM(machine_code <> machine AND lease_until < UTC_TIMESTAMP()), 0)
        INTO has_seat, taken, ended
        FROM card_seats WHERE card_id = card;
        IF ended > 0 THEN
            DELETE FROM card_seats
            WHERE card_id = card AND lease_until < UTC_TIMESTAMP() AND machine_code <> machine;
            SET taken = taken - ROW_COUNT();
        END IF;
        IF usable AND NOT has_seat THEN
            IF NOT is_first_free AND taken >= seat_count - 1 AND evicts THEN
                SELECT machine_code, seen_at INTO oldest, oldest_seen
                FROM card_seats WHERE card_id = card ORDER BY seen_at, bound_at, machine_code LIMIT 1;
                IF oldest IS NULL OR first_seen <= oldest_seen THEN
                    SET is_first_free = TRUE;
                ELSE
                    DELETE FROM card_seats WHERE card_id = card AND machine_code = oldest;
                    SET taken = taken - 1;
                END IF;
            END IF;
            IF is_first_free THEN
                UPDATE cards SET machine_code = machine, seen_at = UTC_TIMESTAMP(),
                    lease_until = UTC_TIMESTAMP() + INTERVAL lease_seconds SECOND, updated_at = UTC_TIMESTAMP()
                WHERE id = card;
                SET has_seat = TRUE;
            ELSEIF taken < seat_count - 1 THEN
                INSERT INTO card_seats (card_id, machine_code, bound_at, seen_at, lease_until)
                VALUES (card, machine, UTC_TIMESTAMP(), UTC_TIMESTAMP(),
                    UTC_TIMESTAMP() + INTERVAL lease_seconds SECOND);
                SET has_seat = TRUE;
            END IF;
        END IF;
        COMMIT;
        SELECT IF(usable, has_seat, NULL);
    ELSE
        SELECT IF(usable, FALSE, NULL);
    END IF;
END

-- routine: release_seat
-- Takes a leased seat from the machine that has it, and returns whether it had one. The first seat of a card is free only
-- when all are: of the others, the machine that was seen last moves into it.
CREATE PROCEDURE release_seat(
    IN card BIGINT UNSIGNED,
    IN machine VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
)
MODIFIES SQL DATA SQL SECURITY DEFINER
BEGIN
    DECLARE is_first BOOLEAN;
    DECLARE released BIGINT DEFAULT 0;
    DECLARE next_machine VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    DECLARE next_seen, next_lease DATETIME;
    DECLARE EXIT HANDLER FOR SQLEXCEPTION
    BEGIN
        ROLLBACK;
        RESIGNAL;
    END;
    START TRANSACTION;
    SELECT machine_code = machine AND lease_until IS NOT NULL INTO is_first
    FROM cards WHERE id = card AND status = 'ACTIVE' FOR UPDATE;
    IF is_first THEN
        SELECT machine_code, seen_at, lease_until INTO next_machine, next_seen, next_lease
        FROM card_seats WHERE card_id = card ORDER BY seen_at DESC, bound_at DESC, machine_code LIMIT 1;
        IF next_machine IS NOT NULL THEN
            DELETE FROM card_seats WHERE card_id = card AND machine_code = next_machine;
        END IF;
        UPDATE cards SET machine_code = next_machine, seen_at = next_seen, lease_until = next_lease,
            updated_at = UTC_TIMESTAMP()
        WHERE id = card;
        SET released = 1;
    ELSE
        DELETE FROM card_seats WHERE card_id = card AND machine_code = machine AND lease_until IS NOT NULL;
        SET released = ROW_COUNT();
    END IF;
    COMMIT;
    SELECT released > 0;
END

-- routine: expire_cards_2
-- The same of cards that nobody has used up to the last moment that they were given.
CREATE PROCEDURE expire_cards_2(IN ids JSON)
MODIFIES SQL DATA SQL SECURITY DEFINER
UPDATE JSON_TABLE(ids, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$' ERROR ON ERROR)) AS overdue
STRAIGHT_JOIN cards ON cards.id = overdue.id
SET cards.status = 'EXPIRED', cards.updated_at = UTC_TIMESTAMP()
WHERE cards.expire_at < UTC_TIMESTAMP()
    AND (cards.status = 'ACTIVE' OR cards.status = 'UNUSED' AND cards.valid_until IS NOT NULL)

-- routine: take_points
-- Takes points from an active card for a machine that has a seat of it, once for each request, and returns what came of it
-- and the points that are left: TAKEN, also where the same was taken by that request before, with what was left then;
-- OTHER where that request took something else; SHORT where there are too few, and none are taken; LOST where the card is
-- not to be used by that machine.
CREATE PROCEDURE take_points(
    IN card BIGINT UNSIGNED,
    IN machine VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    IN wanted INT UNSIGNED,
    IN request VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
)
MODIFIES SQL DATA SQL SECURITY DEFINER
BEGIN
    DECLARE usable, is_first BOOLEAN;
    DECLARE has, taken, was_left INT UNSIGNED;
    DECLARE EXIT HANDLER FOR SQLEXCEPTION
    BEGIN
        ROLLBACK;
        RESIGNAL;
    END;
    START TRANSACTION;
    SELECT status = 'ACTIVE' AND (expire_at IS NULL OR expire_at >= UTC_TIMESTAMP()), machine_code <=> machine,
        COALESCE(points, 0)
    INTO usable, is_first, has
    FROM cards WHERE id = card FOR UPDATE;
    -- Nothing else is read before the card is locked, so that who repeats a request, and waited for the card behind it, finds
    -- what it did.
    SELECT usable AND (
            is_first
            OR EXISTS (SELECT 1 FROM card_seats WHERE card_id = card AND card_seats.machine_code = machine))
    INTO usable;
    SELECT amount, balance INTO taken, was_left FROM point_uses WHERE card_id = card AND request_id = request;
    IF usable AND taken IS NULL AND wanted > 0 AND has >= wanted THEN
        UPDATE cards SET points = has - wanted, updated_at = UTC_TIMESTAMP() WHERE id = card;
        INSERT INTO point_uses (card_id, request_id, amount, balance, machine_code, used_at)
        VALUES (card, request, wanted, has - wanted, machine, UTC_TIMESTAMP());
        COMMIT;
        SELECT 'TAKEN', has - wanted;
    ELSE
        COMMIT;
        SELECT CASE
                WHEN usable IS NULL OR NOT usable THEN 'LOST'
                WHEN taken = wanted THEN 'TAKEN'
                WHEN taken IS NOT NULL THEN 'OTHER'
                ELSE 'SHORT'
            END, COALESCE(was_left, has, 0);
    END IF;
END

-- routine: forget_point_uses
-- Removes up to so many of the requests that took points more than two days ago, the oldest first.
CREATE PROCEDURE forget_point_uses(IN most INT UNSIGNED)
MODIFIES SQL DATA SQL SECURITY DEFINER
BEGIN
    DELETE FROM point_uses WHERE used_at < UTC_TIMESTAMP() - INTERVAL 2 DAY ORDER BY used_at LIMIT most;
    SELECT ROW_COUNT();
END

-- routine: save_preset
-- Gives a preset of an app other values, a JSON object, makes it where there is none, or removes it where they are NULL,
-- and logs what it was and is. An app has at most 100. An act that undoes another is done with it.
CREATE PROCEDURE save_preset(
    IN own_act BIGINT UNSIGNED,
    IN its_app VARCHAR(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    IN its_name VARCHAR(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    IN its_values JSON
)
MODIFIES SQL DATA SQL SECURITY DEFINER
BEGIN
    DECLARE held, siblings BIGINT UNSIGNED;
    CALL must_own_act(own_act);
    SELECT COUNT(*) INTO held FROM apps WHERE name = its_app FOR UPDATE;
    IF held = 0 AND its_values IS NOT NULL THEN
        SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'the app is none';
    END IF;
    INSERT INTO operator_log (act_id, act, operator, account, subject, values_before, values_after)
    SELECT acts.id, acts.act, acts.operator, acts.account, CONCAT(its_app, '/', its_name),
        IF(presets.name IS NULL, NULL, JSON_MERGE_PATCH('{}', JSON_OBJECT(
            'prefix', presets.prefix,
            'duration_seconds', presets.duration_seconds,
            'valid_until', DATE_FORMAT(presets.valid_until, '%Y-%m-%d %H:%i:%s'),
            'points', presets.points,
            'seats', presets.seats,
            'price', presets.price,
            'currency', presets.currency,
            'recharge', IF(presets.recharge, 1, NULL)))),
        its_values
    FROM acts LEFT JOIN presets ON presets.app = its_app AND presets.name = its_name
    WHERE acts.id = own_act;
    UPDATE acts SET subject = CONCAT(its_app, '/', its_name) WHERE id = own_act;
    IF its_values IS NULL THEN
        DELETE FROM presets WHERE app = its_app AND name = its_name;
    ELSE
        INSERT INTO presets (app, name, prefix, duration_seconds, valid_until, points, seats, price, currency, recharge)
        SELECT its_app, its_name, saved.prefix, saved.duration_seconds, saved.valid_until, saved.points, saved.seats,
            saved.price, saved.currency, COALESCE(saved.recharge, 0)
        FROM JSON_TABLE(its_values, '$' COLUMNS (
                prefix VARCHAR(16) PATH '$.prefix' ERROR ON ERROR,
                duration_seconds BIGINT UNSIGNED PATH '$.duration_seconds' NULL ON EMPTY ERROR ON ERROR,
                valid_until DATETIME PATH '$.valid_until' NULL ON EMPTY ERROR ON ERROR,
                points INT UNSIGNED PATH '$.points' NULL ON EMPTY ERROR ON ERROR,
                seats SMALLINT UNSIGNED PATH '$.seats' DEFAULT '1' ON EMPTY ERROR ON ERROR,
                price BIGINT UNSIGNED PATH '$.price' NULL ON EMPTY ERROR ON ERROR,
                currency CHAR(3) PATH '$.currency' NULL ON EMPTY ERROR ON ERROR,
                recharge TINYINT PATH '$.recharge' NULL ON EMPTY ERROR ON ERROR)) AS saved
        ON DUPLICATE KEY UPDATE prefix = saved.prefix, duration_seconds = saved.duration_seconds,
            valid_until = saved.valid_until, points = saved.points, seats = saved.seats, price = saved.price,
            currency = saved.currency, recharge = VALUES(recharge);
        SELECT COUNT(*) INTO siblings FROM presets WHERE app = its_app;
        IF siblings > 100 THEN
            SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'the app has 100 presets already';
        END IF;
    END IF;
    UPDATE acts AS own STRAIGHT_JOIN acts AS undone ON undone.id = own.undoes SET undone.undone_by = own.id
    WHERE own.id = own_act AND undone.undone_by IS NULL;
END

-- routine: make_batch_3
-- Opens a batch as make_batch_2 does, by a preset: what that is called, costs and allows now.
CREATE PROCEDURE make_batch_3(IN own_act BIGINT UNSIGNED, IN its_values JSON, IN made_at DATETIME)
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
    INSERT INTO batches (origin, prefix, card_count, code_length, duration_seconds, note, operator, account, created_at,
        app, seats, points, valid_until, policy, preset, price, currency, recharge)
    SELECT batch.origin, batch.prefix, batch.card_count, batch.code_length, batch.duration_seconds, batch.note,
        acts.operator, acts.account, made_at, batch.app, batch.seats, batch.points, batch.valid_until, batch.policy,
        batch.preset, batch.price, batch.currency, batch.recharge
    FROM JSON_TABLE(its_values, '$' COLUMNS (
            origin VARCHAR(16) PATH '$.origin' ERROR ON ERROR,
            prefix VARCHAR(16) PATH '$.prefix' NULL ON EMPTY ERROR ON ERROR,
            card_count INT UNSIGNED PATH '$.card_count' ERROR ON ERROR,
            code_length TINYINT UNSIGNED PATH '$.code_length' NULL ON EMPTY ERROR ON ERROR,
            duration_seconds BIGINT UNSIGNED PATH '$.duration_seconds' NULL ON EMPTY ERROR ON ERROR,
            note VARCHAR(255) PATH '$.note' NULL ON EMPTY ERROR ON ERROR,
            app VARCHAR(32) PATH '$.app' NULL ON EMPTY ERROR ON ERROR,
            seats SMALLINT UNSIGNED PATH '$.seats' NULL ON EMPTY ERROR ON ERROR,
            points INT UNSIGNED PATH '$.points' NULL ON EMPTY ERROR ON ERROR,
            valid_until DATETIME PATH '$.valid_until' NULL ON EMPTY ERROR ON ERROR,
            policy VARCHAR(255) PATH '$.policy' NULL ON EMPTY ERROR ON ERROR,
            preset VARCHAR(32) PATH '$.preset' NULL ON EMPTY ERROR ON ERROR,
            price BIGINT UNSIGNED PATH '$.price' NULL ON EMPTY ERROR ON ERROR,
            currency CHAR(3) PATH '$.currency' NULL ON EMPTY ERROR ON ERROR,
            recharge TINYINT PATH '$.recharge' NULL ON EMPTY ERROR ON ERROR)) AS batch
        JOIN acts ON acts.id = own_act;
    SET made = LAST_INSERT_ID();
    UPDATE acts SET batch_id = made WHERE id = own_act;
    INSERT INTO operator_log (act_id, act, operator, account, batch_id, values_after)
    SELECT acts.id, acts.act, acts.operator, acts.account, batches.id, JSON_OBJECT(
            'prefix', batches.prefix,
            'card_count', batches.card_count,
            'code_length', batches.code_length,
            'duration_seconds', batches.duration_seconds,
            'note', batches.note,
            'app', batches.app,
            'seats', batches.seats,
            'points', batches.points,
            'valid_until', DATE_FORMAT(batches.valid_until, '%Y-%m-%d %H:%i:%s'),
            'policy', batches.policy,
            'preset', batches.preset,
            'price', batches.price,
            'currency', batches.currency,
            'recharge', batches.recharge)
    FROM acts JOIN batches ON batches.id = acts.batch_id
    WHERE acts.id = own_act;
    SELECT made;
END

-- routine: hold_blocks
-- Lets nobody else change blocks, or apps, until the end of the transaction.
CREATE PROCEDURE hold_blocks()
MODIFIES SQL DATA SQL SECURITY DEFINER
SELECT blocks FROM policy_revision WHERE id = 1 FOR UPDATE

-- routine: save_blocks
-- Keeps machines and networks out, a JSON array of objects with app, kind, target, reason and until, of which the last two
-- replace what was said of one that is kept out already; logs what has become different. There are no more of them than
-- kami_core::block::MAX_BLOCKS, which every program of the function remembers.
CREATE PROCEDURE save_blocks(IN own_act BIGINT UNSIGNED, IN saved JSON)
MODIFIES SQL DATA SQL SECURITY DEFINER
BEGIN
    DECLARE there_are BIGINT UNSIGNED;
    DECLARE its_subject VARCHAR(128) CHARACTER SET utf8mb4;
    CALL must_own_act(own_act);
    IF (SELECT COUNT(*) <> COUNT(DISTINCT CAST(block.app AS BINARY), CAST(block.kind AS BINARY),
                CAST(block.target AS BINARY))
        FROM JSON_TABLE(saved, '$[*]' COLUMNS (
            app VARCHAR(32) PATH '$.app' ERROR ON ERROR,
            kind VARCHAR(8) PATH '$.kind' ERROR ON ERROR,
            target VARCHAR(128) PATH '$.target' ERROR ON ERROR)) AS block)
    THEN
        SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'a block is saved once';
    END IF;
    UPDATE policy_revision SET revision = revision + 1, blocks = blocks + 1 WHERE id = 1;
    INSERT INTO operator_log (act_id, act, operator, account, subject, values_before, values_after)
    SELECT acts.id, acts.act, acts.operator, acts.account, LEFT(CONCAT(LOWER(block.kind), ' ', block.target), 128),
        IF(blocks.id IS NULL, NULL, JSON_MERGE_PATCH('{}', JSON_OBJECT(
            'app', blocks.app,
            'kind', blocks.kind,
            'target', blocks.target,
            'reason', blocks.reason,
            'until', DATE_FORMAT(blocks.`until`, '%Y-%m-%d %H:%i:%s')))),
        JSON_MERGE_PATCH('{}', JSON_OBJECT(
            'app', block.app,
            'kind', block.kind,
            'target', block.target,
            'reason', block.reason,
            'until', DATE_FORMAT(block.ends, '%Y-%m-%d %H:%i:%s')))
    FROM JSON_TABLE(saved, '$[*]' COLUMNS (
            app VARCHAR(32) PATH '$.app' ERROR ON ERROR,
            kind VARCHAR(8) PATH '$.kind' ERROR ON ERROR,
            target VARCHAR(128) PATH '$.target' ERROR ON ERROR,
            reason VARCHAR(255) PATH '$.reason' NULL ON EMPTY ERROR ON ERROR,
            ends DATETIME PATH '$.until' NULL ON EMPTY ERROR ON ERROR)) AS block
        STRAIGHT_JOIN acts ON acts.id = own_act
        LEFT JOIN blocks ON blocks.app = CONVERT(block.app USING utf8mb4) COLLATE utf8mb4_bin
            AND blocks.kind = CONVERT(block.kind USING utf8mb4) COLLATE utf8mb4_bin
            AND blocks.target = CONVERT(block.target USING utf8mb4) COLLATE utf8mb4_bin
    WHERE blocks.id IS NULL OR NOT (CAST(blocks.reason AS BINARY) <=> CAST(block.reason AS BINARY)
        AND blocks.`until` <=> block.ends);
    UPDATE acts SET card_count = card_count + ROW_COUNT() WHERE id = own_act;
    SELECT IF(card_count > 1, CONCAT(card_count, ' blocks'),
        (SELECT MIN(operator_log.subject) FROM operator_log WHERE operator_log.act_id = own_act))
    INTO its_subject
    FROM acts WHERE id = own_act;
    UPDATE acts SET subject = its_subject WHERE id = own_act;
    INSERT INTO blocks (app, kind, target, reason, `until`, created_at)
    SELECT block.app, block.kind, block.target, block.reason, block.ends, UTC_TIMESTAMP()
    FROM JSON_TABLE(saved, '$[*]' COLUMNS (
            app VARCHAR(32) PATH '$.app' ERROR ON ERROR,
            kind VARCHAR(8) PATH '$.kind' ERROR ON ERROR,
            target VARCHAR(128) PATH '$.target' ERROR ON ERROR,
            reason VARCHAR(255) PATH '$.reason' NULL ON EMPTY ERROR ON ERROR,
            ends DATETIME PATH '$.until' NULL ON EMPTY ERROR ON ERROR)) AS block
    ON DUPLICATE KEY UPDATE reason = VALUES(reason), `until` = VALUES(`until`);
    SELECT COUNT(*) INTO there_are FROM blocks;
    IF there_are > 100000 THEN
        SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'there are too many blocks';
    END IF;
END

-- routine: remove_blocks
-- Lets machines and networks in again, a JSON array of objects with app, kind and target, and logs what was said of them.
CREATE PROCEDURE remove_blocks(IN own_act BIGINT UNSIGNED, IN removed JSON)
MODIFIES SQL DATA SQL SECURITY DEFINER
BEGIN
    DECLARE its_subject VARCHAR(128) CHARACTER SET utf8mb4;
    CALL must_own_act(own_act);
    UPDATE policy_revision SET revision = revision + 1, blocks = blocks + 1 WHERE id = 1;
    INSERT INTO operator_log (act_id, act, operator, account, subject, values_before)
    SELECT acts.id, acts.act, acts.operator, acts.account, LEFT(CONCAT(LOWER(blocks.kind), ' ', blocks.target), 128),
        JSON_MERGE_PATCH('{}', JSON_OBJECT(
            'app', blocks.app,
            'kind', blocks.kind,
            'target', blocks.target,
            'reason', blocks.reason,
            'until', DATE_FORMAT(blocks.`until`, '%Y-%m-%d %H:%i:%s')))
    FROM (
            SELECT DISTINCT CONVERT(given.app USING utf8mb4) COLLATE utf8mb4_bin AS app,
                CONVERT(given.kind USING utf8mb4) COLLATE utf8mb4_bin AS kind,
                CONVERT(given.target USING utf8mb4) COLLATE utf8mb4_bin AS target
            FROM JSON_TABLE(removed, '$[*]' COLUMNS (
                app VARCHAR(32) PATH '$.app' ERROR ON ERROR,
                kind VARCHAR(8) PATH '$.kind' ERROR ON ERROR,
                target VARCHAR(128) PATH '$.target' ERROR ON ERROR)) AS given
        ) AS block
        STRAIGHT_JOIN blocks ON blocks.app = block.app AND blocks.kind = block.kind AND blocks.target = block.target
        JOIN acts ON acts.id = own_act;
    UPDATE acts SET card_count = card_count + ROW_COUNT() WHERE id = own_act;
    SELECT IF(card_count > 1, CONCAT(card_count, ' blocks'),
        (SELECT MIN(operator_log.subject) FROM operator_log WHERE operator_log.act_id = own_act))
    INTO its_subject
    FROM acts WHERE id = own_act;
    UPDATE acts SET subject = its_subject WHERE id = own_act;
    DELETE blocks FROM JSON_TABLE(removed, '$[*]' COLUMNS (
            app VARCHAR(32) PATH '$.app' ERROR ON ERROR,
            kind VARCHAR(8) PATH '$.kind' ERROR ON ERROR,
            target VARCHAR(128) PATH '$.target' ERROR ON ERROR)) AS given
        STRAIGHT_JOIN blocks ON blocks.app = CONVERT(given.app USING utf8mb4) COLLATE utf8mb4_bin
            AND blocks.kind = CONVERT(given.kind USING utf8mb4) COLLATE utf8mb4_bin
            AND blocks.target = CONVERT(given.target USING utf8mb4) COLLATE utf8mb4_bin;
END

-- routine: recharge_card
-- Burns one card, which nobody has used and whose preset allows it, to top another up, as kami_core::recharge decides, and
-- returns what came of it with the other's end and points: TOPPED, also where it was done before; LOST where the cards are not
-- of one app any more, or gone; otherwise why it is refused, and nothing is changed.
--
-- Both cards are locked before anything is read, in the order of their numbers, so that two that are topped up with each other
-- do not wait for each other. What is burnt keeps no points: it may be topped up itself.
CREATE PROCEDURE recharge_card(IN topped BIGINT UNSIGNED, IN burnt BIGINT UNSIGNED)
MODIFIES SQL DATA SQL SECURITY DEFINER
BEGIN
    DECLARE locked, done_before BIGINT DEFAULT 0;
    DECLARE moment, its_end, its_last, its_begin, its_new_end, other_last, other_used DATETIME;
    DECLARE its_status, other_status VARCHAR(16) CHARACTER SET utf8mb4;
    DECLARE its_app, other_app VARCHAR(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    DECLARE its_points, other_points, other_seconds INT UNSIGNED;
    DECLARE its_new_points, added_seconds BIGINT;
    DECLARE other_batch BIGINT UNSIGNED;
    DECLARE was_used, is_over, is_bound, is_allowed, lasts_longer BOOLEAN DEFAULT FALSE;
    DECLARE outcome VARCHAR(16) CHARACTER SET utf8mb4;
    DECLARE EXIT HANDLER FOR SQLEXCEPTION
    BEGIN
        ROLLBACK;
        RESIGNAL;
    END;
    START TRANSACTION;
    SELECT COUNT(*) INTO locked FROM cards FORCE INDEX (PRIMARY) WHERE id IN (topped, burnt) FOR UPDATE;
    SET moment = UTC_TIMESTAMP();
    SELECT app, status, used_at IS NOT NULL OR valid_until IS NULL, expire_at, valid_until, points
    INTO its_app, its_status, was_used, its_end, its_last, its_points
    FROM cards WHERE id = topped FOR UPDATE;
    SELECT app, status, machine_code IS NOT NULL, used_at, duration_seconds, valid_until, points, batch_id
    INTO other_app, other_status, is_bound, other_used, other_seconds, other_last, other_points, other_batch
    FROM cards WHERE id = burnt FOR UPDATE;
    SELECT COUNT(*) INTO done_before FROM customer_log
    WHERE card_id = burnt AND act = 'BURN' AND done_at = other_used AND other_card_id = topped
        AND other_status = 'EXPIRED' AND NOT is_bound;
    SELECT COALESCE(presets.recharge, batches.recharge, 0) INTO is_allowed
    FROM batches LEFT JOIN presets ON presets.app = other_app AND presets.name = batches.preset
    WHERE batches.id = other_batch;
    SET is_over = its_status = 'EXPIRED' OR COALESCE(its_end < moment, FALSE);
    SET its_begin = IF(is_over, moment, its_end);
    SET added_seconds = TIMESTAMPDIFF(SECOND, moment,
        LEAST(COALESCE(moment + INTERVAL other_seconds SECOND, other_last),
            COALESCE(other_last, moment + INTERVAL other_seconds SECOND)));
    SET outcome = CASE
        WHEN topped = burnt THEN 'ITSELF'
        WHEN locked < 2 OR its_app <> other_app THEN 'LOST'
        WHEN done_before > 0 THEN 'TOPPED'
        WHEN other_status <> 'UNUSED' OR COALESCE(other_last < moment, FALSE) THEN 'USED'
        WHEN its_status = 'DISABLED' THEN 'DISABLED'
        WHEN its_status = 'UNUSED' OR its_status = 'EXPIRED' AND NOT was_used THEN 'UNUSED'
        WHEN TIMESTAMPDIFF(SECOND, its_begin, '9999-12-31 23:59:59') < added_seconds THEN 'TOO_LONG'
    END;
    IF outcome IS NULL THEN
        SET its_new_end = its_begin + INTERVAL added_seconds SECOND;
        SET its_new_end = LEAST(its_new_end, COALESCE(its_last, its_new_end));
        SET lasts_longer = COALESCE(its_new_end > its_begin, FALSE);
        SET its_new_end = IF(lasts_longer, its_new_end, its_end);
        SET its_new_points = IF(other_points > 0, CAST(COALESCE(its_points, 0) AS SIGNED) + other_points, its_points);
        SET outcome = CASE
            WHEN its_new_points > 1000000000 AND other_points > 0 THEN 'TOO_MANY'
            WHEN NOT lasts_longer AND (is_over OR COALESCE(other_points, 0) = 0) THEN 'POINTLESS'
            WHEN NOT is_allowed THEN 'NOT_ALLOWED'
        END;
    END IF;
    IF outcome IS NULL THEN
        -- Of columns, as MariaDB takes the number in a variable for a text.
        INSERT INTO customer_log (card_id, act, done_at, other_card_id, values_before, values_after)
        SELECT cards.id, 'RECHARGE', moment, burnt,
            JSON_REMOVE(JSON_OBJECT(
                    'status', LOWER(cards.status),
                    'expire_at', DATE_FORMAT(cards.expire_at, '%Y-%m-%d %H:%i:%s'),
                    'points', cards.points),
                IF(its_status = 'ACTIVE', '$.status', '$.same'),
                IF(lasts_longer, '$.same', '$.expire_at'),
                IF(other_points > 0, '$.same', '$.points')),
            JSON_REMOVE(JSON_OBJECT(
                    'status', 'active',
                    'expire_at', DATE_FORMAT(its_new_end, '%Y-%m-%d %H:%i:%s'),
                    'points', COALESCE(cards.points, 0) + COALESCE(other_points, 0)),
                IF(its_status = 'ACTIVE', '$.status', '$.same'),
                IF(lasts_longer, '$.same', '$.expire_at'),
                IF(other_points > 0, '$.same', '$.points'))
        FROM cards WHERE cards.id = topped;
        INSERT INTO customer_log (card_id, act, done_at, other_card_id, values_before, values_after)
        SELECT cards.id, 'BURN', moment, topped,
            JSON_REMOVE(JSON_OBJECT(
                    'status', 'unused',
                    'used_at', DATE_FORMAT(cards.used_at, '%Y-%m-%d %H:%i:%s'),
                    'expire_at', DATE_FORMAT(cards.expire_at, '%Y-%m-%d %H:%i:%s'),
                    'points', cards.points),
                IF(other_points > 0, '$.same', '$.points')),
            JSON_REMOVE(JSON_OBJECT(
                    'status', 'expired',
                    'used_at', DATE_FORMAT(moment, '%Y-%m-%d %H:%i:%s'),
                    'expire_at', DATE_FORMAT(moment, '%Y-%m-%d %H:%i:%s'),
                    'points', 0),
                IF(other_points > 0, '$.same', '$.points'))
        FROM cards WHERE cards.id = burnt;
        UPDATE cards SET status = 'ACTIVE', expire_at = its_new_end, points = its_new_points, updated_at = moment
        WHERE id = topped;
        UPDATE cards SET status = 'EXPIRED', used_at = moment, expire_at = moment, points = IF(points > 0, 0, points),
            updated_at = moment
        WHERE id = burnt;
        SET outcome = 'TOPPED', its_end = its_new_end, its_points = its_new_points;
    END IF;
    COMMIT;
    SELECT outcome, its_end, its_points;
END

-- routine: start_trial
-- Begins the trial of an app for a machine, once ever, where the app's policy offers one, and returns what came of it, with
-- the code of its card, the end, the points that are left, and the moment: NEW; ON where it began before and goes on; OVER
-- where its time or its points are over, or an operator ended it or gave it to another; NONE where there is none. The word of the policy is that of
-- kami_core::trial.
--
-- The card is made first, and the row of the trial is what requests that come at once win or lose: who loses makes no card,
-- and reads what the winner made with a lock, since MariaDB tells of a row that there is one a moment before it is in any
-- state that is read without.
CREATE PROCEDURE start_trial(
    IN its_app VARCHAR(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    IN machine VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
)
MODIFIES SQL DATA SQL SECURITY DEFINER
BEGIN
    DECLARE words, offer VARCHAR(300) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    DECLARE seconds, uses INT UNSIGNED;
    DECLARE card BIGINT UNSIGNED;
    DECLARE is_new BOOLEAN DEFAULT FALSE;
    DECLARE begun DATETIME;
    DECLARE drawn VARBINARY(16);
    DECLARE its_code VARCHAR(16) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT '';
    DECLARE its_full_code VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;
    DECLARE its_status VARCHAR(16) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;
    DECLARE its_end DATETIME;
    DECLARE its_points, its_seats INT UNSIGNED;
    DECLARE now_of VARCHAR(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    DECLARE now_on VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    DECLARE EXIT HANDLER FOR SQLEXCEPTION
    BEGIN
        ROLLBACK;
        RESIGNAL;
    END;
    SELECT trials.card_id, cards.full_code, cards.status, cards.expire_at, cards.points, cards.seats, cards.app,
        cards.machine_code
    INTO card, its_full_code, its_status, its_end, its_points, its_seats, now_of, now_on
    FROM trials LEFT JOIN cards ON cards.id = trials.card_id
    WHERE trials.app = its_app AND trials.machine_code = machine;
    IF card IS NULL AND machine <> '' THEN
        SELECT CONCAT(' ', policy, ' ') INTO words FROM apps WHERE name = its_app AND archived_at IS NULL;
    END IF;
    IF LOCATE(' trial=', words) > 0 THEN
        START TRANSACTION;
        -- The app stays what it is until there is the card. Of one that is gone by then nothing is found.
        SET words = '';
        SELECT CONCAT(' ', policy, ' ') INTO words
        FROM apps WHERE name = its_app AND archived_at IS NULL LOCK IN SHARE MODE;
        SET offer = IF(LOCATE(' trial=', words) > 0,
            SUBSTRING_INDEX(SUBSTRING(words, LOCATE(' trial=', words) + 7), ' ', 1), '');
        SET seconds = IF(offer REGEXP '^[0-9]{1,8}$', CAST(offer AS UNSIGNED), NULL);
        SET uses = IF(offer REGEXP '^[0-9]{1,10}p$',
            LEAST(CAST(SUBSTRING_INDEX(offer, 'p', 1) AS UNSIGNED), 1000000001), NULL);
        IF seconds BETWEEN 60 AND 31536000 OR uses BETWEEN 1 AND 1000000000 THEN
            SET begun = UTC_TIMESTAMP(), drawn = RANDOM_BYTES(16);
            WHILE CHAR_LENGTH(its_code) < 16 DO
                SET its_code = CONCAT(its_code, SUBSTRING('23456789ABCDEFGHJKLMNPQRSTUVWXYZ',
                    1 + ASCII(SUBSTRING(drawn, CHAR_LENGTH(its_code) + 1, 1)) MOD 32, 1));
            END WHILE;
            SET its_full_code = CONCAT('TRIAL-', its_code), its_status = 'ACTIVE', its_points = uses,
                its_end = begun + INTERVAL seconds SECOND;
            INSERT INTO cards (prefix, code, full_code, status, duration_seconds, machine_code, app, points, used_at,
                expire_at, created_at, updated_at)
            VALUES ('TRIAL', its_code, its_full_code, its_status, seconds, machine, its_app, its_points, begun, its_end,
                begun, begun);
            SET card = LAST_INSERT_ID();
            INSERT IGNORE INTO trials (app, machine_code, card_id, started_at) VALUES (its_app, machine, card, begun);
            SET is_new = ROW_COUNT() > 0;
        END IF;
        IF is_new THEN
            INSERT INTO customer_log (card_id, act, done_at, machine_code) VALUES (card, 'TRIAL', begun, machine);
            COMMIT;
        ELSE
            ROLLBACK;
            SET card = NULL;
            SELECT trials.card_id, cards.full_code, cards.status, cards.expire_at, cards.points, cards.seats, cards.app,
                cards.machine_code
            INTO card, its_full_code, its_status, its_end, its_points, its_seats, now_of, now_on
            FROM trials LEFT JOIN cards ON cards.id = trials.card_id
            WHERE trials.app = its_app AND trials.machine_code = machine
            LOCK IN SHARE MODE;
        END IF;
    END IF;
    SELECT CASE
            WHEN card IS NULL THEN 'NONE'
            WHEN is_new THEN 'NEW'
            WHEN its_status IS NULL OR its_status IN ('EXPIRED', 'DISABLED') OR its_end < UTC_TIMESTAMP()
                OR its_points = 0 AND its_end IS NULL OR now_of <> its_app OR now_on <> machine AND its_seats = 1 THEN 'OVER'
            ELSE 'ON'
        END, its_full_code, its_end, its_points, UTC_TIMESTAMP();
END

-- routine: read_unbinding
-- What the policy of a card says of unbinding, where NULL is none: from which machines, how many seconds one is after the
-- other, which are those of kami_core::unbind where it says none, how many there are in 30 days, and what one costs. The words are those of kami_core::policy::PolicyPart, of which
-- the first holds.
CREATE PROCEDURE read_unbinding(
    IN card BIGINT UNSIGNED,
    OUT allowed VARCHAR(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    OUT cooldown INT UNSIGNED,
    OUT most INT UNSIGNED,
    OUT cost_seconds INT UNSIGNED,
    OUT cost_points INT UNSIGNED
)
READS SQL DATA SQL SECURITY DEFINER
BEGIN
    DECLARE words, pause, times, cost VARCHAR(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    SELECT CONCAT(' ', COALESCE(cards.policy, ''), ' ', apps.policy,
        ' unbind=off unbind-cooldown=off unbind-limit=off unbind-cost=off ')
    INTO words
    FROM cards JOIN apps ON apps.name = cards.app
    WHERE cards.id = card;
    SET allowed = SUBSTRING_INDEX(SUBSTRING_INDEX(SUBSTRING_INDEX(words,
        ' unbind=', 2), ' unbind=', -1), ' ', 1);
    SET pause = SUBSTRING_INDEX(SUBSTRING_INDEX(SUBSTRING_INDEX(words,
        ' unbind-cooldown=', 2), ' unbind-cooldown=', -1), ' ', 1);
    SET times = SUBSTRING_INDEX(SUBSTRING_INDEX(SUBSTRING_INDEX(words,
        ' unbind-limit=', 2), ' unbind-limit=', -1), ' ', 1);
    SET cost = SUBSTRING_INDEX(SUBSTRING_INDEX(SUBSTRING_INDEX(words,
        ' unbind-cost=', 2), ' unbind-cost=', -1), ' ', 1);
    SET most = IF(times REGEXP '^[0-9]{1,4}$', CAST(times AS UNSIGNED), NULL);
    SET cooldown = IF(pause REGEXP '^[0-9]{1,7}$', CAST(pause AS UNSIGNED),
        IF(allowed = 'anyone' AND most IS NULL, 86400, 60));
    SET cost_seconds = IF(cost REGEXP '^[0-9]{1,8}s$',
        CAST(TRIM(TRAILING 's' FROM cost) AS UNSIGNED), NULL);
    SET cost_points = IF(cost REGEXP '^(1000000000|[0-9]{1,9})p$',
        CAST(TRIM(TRAILING 'p' FROM cost) AS UNSIGNED), NULL);
END

-- routine: read_wait
-- For how many seconds a machine gets no seat of a card that it gave one up of, which is an hour at the most where another
-- machine gave it up as lost; NULL for none.
CREATE PROCEDURE read_wait(
    IN card BIGINT UNSIGNED,
    IN machine VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    OUT waits INT UNSIGNED
)
READS SQL DATA SQL SECURITY DEFINER
BEGIN
    DECLARE allowed VARCHAR(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    DECLARE cooldown, most, cost_seconds, cost_points INT UNSIGNED;
    DECLARE seconds BIGINT;
    CALL read_unbinding(card, allowed, cooldown, most, cost_seconds, cost_points);
    SELECT MAX(TIMESTAMPDIFF(SECOND, UTC_TIMESTAMP(),
            done_at + INTERVAL IF(act = 'UNBIND_LOST', LEAST(cooldown, 3600), cooldown) SECOND))
    INTO seconds
    FROM customer_log
    WHERE card_id = card AND act IN ('UNBIND', 'UNBIND_LOST') AND machine_code = machine
        AND done_at > UTC_TIMESTAMP() - INTERVAL cooldown SECOND;
    SET waits = IF(seconds > 0, seconds, NULL);
END

-- routine: bind_card_2
-- The next machine of an active card that was freed of its one, and that has not run out. One that gave the card up gets it
-- no more for as long as the cooldown lasts: then it returns, beside whether the card is bound, for how many seconds.
CREATE PROCEDURE bind_card_2(
    IN card BIGINT UNSIGNED,
    IN machine VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    IN ends DATETIME
)
MODIFIES SQL DATA SQL SECURITY DEFINER
BEGIN
    DECLARE is_free BOOLEAN DEFAULT FALSE;
    DECLARE waits INT UNSIGNED;
    DECLARE EXIT HANDLER FOR SQLEXCEPTION
    BEGIN
        ROLLBACK;
        RESIGNAL;
    END;
    START TRANSACTION;
    SELECT status = 'ACTIVE' AND machine_code IS NULL AND expire_at <=> ends AND machine <> '' INTO is_free
    FROM cards WHERE id = card FOR UPDATE;
    IF is_free THEN
        CALL read_wait(card, machine, waits);
        IF waits IS NULL THEN
            UPDATE cards SET machine_code = machine, seen_at = UTC_TIMESTAMP(), updated_at = UTC_TIMESTAMP()
            WHERE id = card;
        END IF;
    END IF;
    COMMIT;
    SELECT COALESCE(is_free, FALSE) AND waits IS NULL, waits;
END

-- routine: take_seat_2
-- Gives a machine a seat as take_seat does, but one that gave a seat of the card up gets none for as long as the cooldown
-- lasts: then it also returns for how many seconds.
--
-- The lock on the card is the only one that takers wait for. Seats are read without one, in the state that is there once
-- the card is locked: a lock on rows that are not there is on the gap between others', and takers of other cards would
-- wait for each other at it.
CREATE PROCEDURE take_seat_2(
    IN card BIGINT UNSIGNED,
    IN machine VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
)
MODIFIES SQL DATA SQL SECURITY DEFINER
BEGIN
    DECLARE lease_seconds INT UNSIGNED;
    DECLARE evicts, usable, has_seat, is_first_free BOOLEAN;
    DECLARE waits INT UNSIGNED;
    DECLARE seat_count, taken, ended BIGINT;
    DECLARE first_machine, oldest VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    DECLARE first_seen, oldest_seen DATETIME;
    DECLARE EXIT HANDLER FOR SQLEXCEPTION
    BEGIN
        ROLLBACK;
        RESIGNAL;
    END;
    CALL read_policy(card, lease_seconds, evicts);
    SELECT status = 'ACTIVE', seats,
        COALESCE(machine_code <> machine AND (lease_until IS NULL OR lease_until >= UTC_TIMESTAMP()), FALSE) + (
            SELECT COUNT(*) FROM card_seats
            WHERE card_seats.card_id = card AND card_seats.machine_code <> machine
                AND (card_seats.lease_until IS NULL OR card_seats.lease_until >= UTC_TIMESTAMP()))
    INTO usable, seat_count, taken
    FROM cards WHERE id = card;
    IF usable AND (taken < seat_count OR evicts) AND machine <> '' THEN
        START TRANSACTION;
        -- Of a card that is gone by then nothing is found, and this stays.
        SET usable = NULL;
        SELECT status = 'ACTIVE' AND (expire_at IS NULL OR expire_at >= UTC_TIMESTAMP()), seats, machine_code,
            machine_code IS NULL OR COALESCE(lease_until < UTC_TIMESTAMP(), FALSE),
            COALESCE(seen_at, used_at, created_at)
        INTO usable, seat_count, first_machine, is_first_free, first_seen
        FROM cards WHERE id = card FOR UPDATE;
        SELECT first_machine <=> machine OR COALESCE(SUM(machine_code = machine), 0) > 0,
            COALESCE(SUM(machine_code <> machine), 0),
            COALESCE(SUM(machine_code <> machine AND lease_until < UTC_TIMESTAMP()), 0)
        INTO has_seat, taken, ended
        FROM card_seats WHERE card_id = card;
        IF ended > 0 THEN
            DELETE FROM card_seats
            WHERE card_id = card AND lease_until < UTC_TIMESTAMP() AND machine_code <> machine;
            SET taken = taken - ROW_COUNT();
        END IF;
        IF usable AND NOT has_seat THEN
            CALL read_wait(card, machine, waits);
        END IF;
        IF usable AND NOT has_seat AND waits IS NULL THEN
            IF NOT is_first_free AND taken >= seat_count - 1 AND evicts THEN
                SELECT machine_code, seen_at INTO oldest, oldest_seen
                FROM card_seats WHERE card_id = card ORDER BY seen_at, bound_at, machine_code LIMIT 1;
                IF oldest IS NULL OR first_seen <= oldest_seen THEN
                    SET is_first_free = TRUE;
                ELSE
                    DELETE FROM card_seats WHERE card_id = card AND machine_code = oldest;
                    SET taken = taken - 1;
                END IF;
            END IF;
            IF is_first_free THEN
                UPDATE cards SET machine_code = machine, seen_at = UTC_TIMESTAMP(),
                    lease_until = UTC_TIMESTAMP() + INTERVAL lease_seconds SECOND, updated_at = UTC_TIMESTAMP()
                WHERE id = card;
                SET has_seat = TRUE;
            ELSEIF taken < seat_count - 1 THEN
                INSERT INTO card_seats (card_id, machine_code, bound_at, seen_at, lease_until)
                VALUES (card, machine, UTC_TIMESTAMP(), UTC_TIMESTAMP(),
                    UTC_TIMESTAMP() + INTERVAL lease_seconds SECOND);
                SET has_seat = TRUE;
            END IF;
        END IF;
        COMMIT;
        SELECT IF(usable, has_seat, NULL), waits;
    ELSE
        SELECT IF(usable, FALSE, NULL), waits;
    END IF;
END

-- routine: unbind_seat
-- Gives up a seat of a card as its policy allows: that of the machine that asks, or, where anyone may, of one that is lost,
-- the one that was seen longest ago. That is paid for and logged as UNBIND, or as UNBIND_LOST, which counts twice. A trial
-- that was never topped up stays with its machine. The rules are those of kami_core::unbind.
--
-- Returns what came of it: UNBOUND; NOTHING where there is nothing to give up; NOT_ALLOWED, OTHERS, COOLING_DOWN,
-- TOO_EXPENSIVE, DISABLED or EXPIRED where it is refused; GONE where there is no such card. Beside it stand whether the
-- machine has a seat or gave one up, nothing where that made no difference or a lost one was freed, the seconds to wait, how
-- many remain, what was paid in seconds and in points, the end of the card and its points.
CREATE PROCEDURE unbind_seat(
    IN card BIGINT UNSIGNED,
    IN machine VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
)
MODIFIES SQL DATA SQL SECURITY DEFINER
BEGIN
    DECLARE allowed VARCHAR(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    DECLARE outcome VARCHAR(16) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    DECLARE standing VARCHAR(16) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT 'GONE';
    DECLARE first_machine, next_machine, oldest, leaving VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    DECLARE cooldown, most, cost_seconds, cost_points, had_points INT UNSIGNED;
    DECLARE seat_count, further, taken, used, counts, waits BIGINT;
    DECLARE is_first, is_taken, has_seat, gave_up, is_trial, is_told_apart BOOLEAN DEFAULT FALSE;
    DECLARE moment, ends, unused_until, cooled_down, has_room DATETIME;
    DECLARE first_seen, first_lease, oldest_seen, next_seen, next_lease DATETIME;
    DECLARE EXIT HANDLER FOR SQLEXCEPTION
    BEGIN
        ROLLBACK;
        RESIGNAL;
    END;
    START TRANSACTION;
    -- Nothing else is read before the card is locked, so that who waited for it finds what was done meanwhile.
    SELECT status, machine_code, COALESCE(seen_at, used_at, created_at), lease_until, expire_at, valid_until, points,
        seats
    INTO standing, first_machine, first_seen, first_lease, ends, unused_until, had_points, seat_count
    FROM cards WHERE id = card FOR UPDATE;
    SET moment = UTC_TIMESTAMP();
    CALL read_unbinding(card, allowed, cooldown, most, cost_seconds, cost_points);
    SET is_first = COALESCE(first_machine = machine, FALSE);
    SET is_taken = first_machine IS NOT NULL AND (first_lease IS NULL OR first_lease >= moment);
    SELECT COUNT(*), COALESCE(SUM(lease_until IS NULL OR lease_until >= moment), 0) + is_taken,
        COALESCE(SUM(machine_code = machine), 0) > 0 OR is_first
    INTO further, taken, has_seat
    FROM card_seats WHERE card_id = card;
    SET counts = IF(has_seat, 1, 2);
    SELECT COALESCE(SUM(IF(done_at > moment - INTERVAL 30 DAY, IF(act = 'UNBIND_LOST', 2, 1), 0)), 0),
        MAX(done_at) + INTERVAL cooldown SECOND,
        COALESCE(SUM(act = 'UNBIND' AND machine_code = machine
            AND done_at > moment - INTERVAL GREATEST(cooldown, 3600) SECOND), 0) > 0
    INTO used, cooled_down, gave_up
    FROM customer_log WHERE card_id = card AND act IN ('UNBIND', 'UNBIND_LOST');
    SELECT COALESCE(SUM(act = 'TRIAL') > 0 AND SUM(act = 'RECHARGE') = 0, FALSE) INTO is_trial
    FROM customer_log WHERE card_id = card AND act IN ('TRIAL', 'RECHARGE');
    SELECT MIN(done_at) + INTERVAL 30 DAY INTO has_room
    FROM (
            SELECT done_at, SUM(IF(act = 'UNBIND_LOST', 2, 1)) OVER (
                    ORDER BY done_at DESC, id DESC ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
                ) - IF(act = 'UNBIND_LOST', 2, 1) AS newer
            FROM customer_log
            WHERE card_id = card AND act IN ('UNBIND', 'UNBIND_LOST') AND done_at > moment - INTERVAL 30 DAY
        ) AS given_up
    WHERE used + counts > most AND newer + counts <= most;
    SET waits = TIMESTAMPDIFF(SECOND, moment, GREATEST(COALESCE(cooled_down, moment), COALESCE(has_room, moment)));
    SET outcome = CASE
        WHEN standing IN ('GONE', 'DISABLED', 'EXPIRED') THEN standing
        WHEN standing = 'UNUSED' THEN IF(unused_until < moment, 'EXPIRED', 'NOTHING')
        WHEN ends < moment THEN 'EXPIRED'
        WHEN first_machine IS NULL AND further = 0 THEN 'NOTHING'
        WHEN is_trial OR allowed IS NULL OR allowed NOT IN ('machine', 'anyone') THEN 'NOT_ALLOWED'
    END;
    SET is_told_apart = outcome IS NULL;
    SET outcome = COALESCE(outcome, CASE
        WHEN NOT has_seat AND gave_up THEN 'NOTHING'
        WHEN NOT has_seat AND (allowed = 'machine' OR COALESCE(machine, '') = '') THEN 'OTHERS'
        WHEN NOT has_seat AND taken < seat_count THEN 'NOTHING'
        WHEN counts > most THEN 'NOT_ALLOWED'
        WHEN waits > 0 THEN 'COOLING_DOWN'
        ELSE 'UNBOUND'
    END);
    -- What a card does not have is not taken off it.
    SET cost_seconds = IF(ends IS NULL, NULL, cost_seconds * counts);
    SET cost_points = IF(had_points IS NULL, NULL, cost_points * counts);
    IF outcome = 'UNBOUND' AND (ends - INTERVAL cost_seconds SECOND <= moment OR had_points < cost_points) THEN
        SET outcome = 'TOO_EXPENSIVE';
    END IF;
    IF outcome = 'UNBOUND' THEN
        SET leaving = machine;
        IF NOT has_seat THEN
            SELECT machine_code, seen_at INTO oldest, oldest_seen
            FROM card_seats WHERE card_id = card ORDER BY seen_at, bound_at, machine_code LIMIT 1;
            SET is_first = first_machine IS NOT NULL AND (oldest IS NULL OR first_seen <= oldest_seen);
            SET leaving = IF(is_first, first_machine, oldest);
        END IF;
        IF is_first THEN
            SELECT machine_code, seen_at, lease_until INTO next_machine, next_seen, next_lease
            FROM card_seats WHERE card_id = card ORDER BY seen_at DESC, bound_at DESC, machine_code LIMIT 1;
        END IF;
        INSERT INTO customer_log (card_id, act, done_at, machine_code, values_before, values_after)
        SELECT cards.id, IF(has_seat, 'UNBIND', 'UNBIND_LOST'), moment, leaving,
            JSON_REMOVE(JSON_OBJECT(
                    'machine_code', cards.machine_code,
                    'machines', JSON_ARRAY(leaving),
                    'expire_at', DATE_FORMAT(cards.expire_at, '%Y-%m-%d %H:%i:%s'),
                    'points', cards.points),
                IF(is_first, '$.machines', '$.machine_code'),
                IF(cost_seconds IS NULL, '$.expire_at', '$.same'),
                IF(cost_points IS NULL, '$.points', '$.same')),
            JSON_REMOVE(JSON_OBJECT(
                    'machine_code', next_machine,
                    'expire_at', DATE_FORMAT(cards.expire_at - INTERVAL cost_seconds SECOND, '%Y-%m-%d %H:%i:%s'),
                    'points', cards.points - cost_points),
                IF(is_first, '$.same', '$.machine_code'),
                IF(cost_seconds IS NULL, '$.expire_at', '$.same'),
                IF(cost_points IS NULL, '$.points', '$.same'))
        FROM cards WHERE cards.id = card;
        SET used = used + counts;
        SET ends = IF(cost_seconds IS NULL, ends, ends - INTERVAL cost_seconds SECOND);
        SET had_points = IF(cost_points IS NULL, had_points, had_points - cost_points);
        IF NOT is_first OR next_machine IS NOT NULL THEN
            DELETE FROM card_seats WHERE card_id = card AND machine_code = IF(is_first, next_machine, leaving);
        END IF;
        UPDATE cards SET expire_at = ends, points = had_points, updated_at = UTC_TIMESTAMP(),
            seen_at = IF(is_first, next_seen, seen_at), lease_until = IF(is_first, next_lease, lease_until),
            machine_code = IF(is_first, next_machine, machine_code)
        WHERE id = card;
    ELSE
        SET cost_seconds = NULL, cost_points = NULL;
    END IF;
    COMMIT;
    SELECT outcome, IF(is_told_apart AND (has_seat OR outcome <> 'UNBOUND'), has_seat OR gave_up, NULL),
        IF(outcome = 'COOLING_DOWN', waits, NULL), GREATEST(CAST(most AS SIGNED) - used, 0), cost_seconds, cost_points,
        ends, had_points;
END

-- routine: save_preset_2
-- Saves a preset as save_preset does, but none whose values the table would hold otherwise than the log: MariaDB takes a text
-- that is no number for nought, and a number that is too large for the largest.
CREATE PROCEDURE save_preset_2(
    IN own_act BIGINT UNSIGNED,
    IN its_app VARCHAR(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    IN its_name VARCHAR(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    IN its_values JSON
)
MODIFIES SQL DATA SQL SECURITY DEFINER
BEGIN
    DECLARE held, siblings BIGINT UNSIGNED;
    CALL must_own_act(own_act);
    IF its_values IS NOT NULL AND NOT COALESCE((
            SELECT JSON_CONTAINS(JSON_OBJECT(
                    'prefix', saved.prefix,
                    'duration_seconds', saved.duration_seconds,
                    'valid_until', DATE_FORMAT(saved.valid_until, '%Y-%m-%d %H:%i:%s'),
                    'points', saved.points,
                    'seats', saved.seats,
                    'price', saved.price,
                    'currency', saved.currency,
                    'recharge', saved.recharge), its_values)
            FROM JSON_TABLE(its_values, '$' COLUMNS (
                prefix VARCHAR(16) PATH '$.prefix' ERROR ON ERROR,
                duration_seconds INT UNSIGNED PATH '$.duration_seconds' NULL ON EMPTY ERROR ON ERROR,
                valid_until DATETIME PATH '$.valid_until' NULL ON EMPTY ERROR ON ERROR,
                points INT UNSIGNED PATH '$.points' NULL ON EMPTY ERROR ON ERROR,
                seats SMALLINT UNSIGNED PATH '$.seats' NULL ON EMPTY ERROR ON ERROR,
                price BIGINT UNSIGNED PATH '$.price' NULL ON EMPTY ERROR ON ERROR,
                currency CHAR(3) PATH '$.currency' NULL ON EMPTY ERROR ON ERROR,
                recharge TINYINT PATH '$.recharge' NULL ON EMPTY ERROR ON ERROR)) AS saved), FALSE)
    THEN
        SIGNAL SQLSTATE '22023' SET MESSAGE_TEXT = 'the preset has a value that cannot be';
    END IF;
    SELECT COUNT(*) INTO held FROM apps WHERE name = its_app FOR UPDATE;
    IF held = 0 AND its_values IS NOT NULL THEN
        SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'the app is none';
    END IF;
    INSERT INTO operator_log (act_id, act, operator, account, subject, values_before, values_after)
    SELECT acts.id, acts.act, acts.operator, acts.account, CONCAT(its_app, '/', its_name),
        IF(presets.name IS NULL, NULL, JSON_MERGE_PATCH('{}', JSON_OBJECT(
            'prefix', presets.prefix,
            'duration_seconds', presets.duration_seconds,
            'valid_until', DATE_FORMAT(presets.valid_until, '%Y-%m-%d %H:%i:%s'),
            'points', presets.points,
            'seats', presets.seats,
            'price', presets.price,
            'currency', presets.currency,
            'recharge', IF(presets.recharge, 1, NULL)))),
        its_values
    FROM acts LEFT JOIN presets ON presets.app = its_app AND presets.name = its_name
    WHERE acts.id = own_act;
    UPDATE acts SET subject = CONCAT(its_app, '/', its_name) WHERE id = own_act;
    IF its_values IS NULL THEN
        DELETE FROM presets WHERE app = its_app AND name = its_name;
    ELSE
        INSERT INTO presets (app, name, prefix, duration_seconds, valid_until, points, seats, price, currency, recharge)
        SELECT its_app, its_name, saved.prefix, saved.duration_seconds, saved.valid_until, saved.points, saved.seats,
            saved.price, saved.currency, COALESCE(saved.recharge, 0)
        FROM JSON_TABLE(its_values, '$' COLUMNS (
                prefix VARCHAR(16) PATH '$.prefix' ERROR ON ERROR,
                duration_seconds BIGINT UNSIGNED PATH '$.duration_seconds' NULL ON EMPTY ERROR ON ERROR,
                valid_until DATETIME PATH '$.valid_until' NULL ON EMPTY ERROR ON ERROR,
                points INT UNSIGNED PATH '$.points' NULL ON EMPTY ERROR ON ERROR,
                seats SMALLINT UNSIGNED PATH '$.seats' DEFAULT '1' ON EMPTY ERROR ON ERROR,
                price BIGINT UNSIGNED PATH '$.price' NULL ON EMPTY ERROR ON ERROR,
                currency CHAR(3) PATH '$.currency' NULL ON EMPTY ERROR ON ERROR,
                recharge TINYINT PATH '$.recharge' NULL ON EMPTY ERROR ON ERROR)) AS saved
        ON DUPLICATE KEY UPDATE prefix = saved.prefix, duration_seconds = saved.duration_seconds,
            valid_until = saved.valid_until, points = saved.points, seats = saved.seats, price = saved.price,
            currency = saved.currency, recharge = VALUES(recharge);
        SELECT COUNT(*) INTO siblings FROM presets WHERE app = its_app;
        IF siblings > 100 THEN
            SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'the app has 100 presets already';
        END IF;
    END IF;
    UPDATE acts AS own STRAIGHT_JOIN acts AS undone ON undone.id = own.undoes SET undone.undone_by = own.id
    WHERE own.id = own_act AND undone.undone_by IS NULL;
END

-- routine: start_trial_2
-- Begins the trial of an app for a machine as start_trial does, with a card that says itself that its seat stays that machine's:
-- by no lease of its app, and by no rule for full cards, does it come to another.
CREATE PROCEDURE start_trial_2(
    IN its_app VARCHAR(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    IN machine VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
)
MODIFIES SQL DATA SQL SECURITY DEFINER
BEGIN
    DECLARE words, offer VARCHAR(300) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    DECLARE seconds, uses INT UNSIGNED;
    DECLARE card BIGINT UNSIGNED;
    DECLARE is_new BOOLEAN DEFAULT FALSE;
    DECLARE begun DATETIME;
    DECLARE drawn VARBINARY(16);
    DECLARE its_code VARCHAR(16) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT '';
    DECLARE its_full_code VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;
    DECLARE its_status VARCHAR(16) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;
    DECLARE its_end DATETIME;
    DECLARE its_points, its_seats INT UNSIGNED;
    DECLARE now_of VARCHAR(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    DECLARE now_on VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    DECLARE EXIT HANDLER FOR SQLEXCEPTION
    BEGIN
        ROLLBACK;
        RESIGNAL;
    END;
    SELECT trials.card_id, cards.full_code, cards.status, cards.expire_at, cards.points, cards.seats, cards.app,
        cards.machine_code
    INTO card, its_full_code, its_status, its_end, its_points, its_seats, now_of, now_on
    FROM trials LEFT JOIN cards ON cards.id = trials.card_id
    WHERE trials.app = its_app AND trials.machine_code = machine;
    IF card IS NULL AND machine <> '' THEN
        SELECT CONCAT(' ', policy, ' ') INTO words FROM apps WHERE name = its_app AND archived_at IS NULL;
    END IF;
    IF LOCATE(' trial=', words) > 0 THEN
        START TRANSACTION;
        -- The app stays what it is until there is the card. Of one that is gone by then nothing is found.
        SET words = '';
        SELECT CONCAT(' ', policy, ' ') INTO words
        FROM apps WHERE name = its_app AND archived_at IS NULL LOCK IN SHARE MODE;
        SET offer = IF(LOCATE(' trial=', words) > 0,
            SUBSTRING_INDEX(SUBSTRING(words, LOCATE(' trial=', words) + 7), ' ', 1), '');
        SET seconds = IF(offer REGEXP '^[0-9]{1,8}$', CAST(offer AS UNSIGNED), NULL);
        SET uses = IF(offer REGEXP '^[0-9]{1,10}p$',
            LEAST(CAST(SUBSTRING_INDEX(offer, 'p', 1) AS UNSIGNED), 1000000001), NULL);
        IF seconds BETWEEN 60 AND 31536000 OR uses BETWEEN 1 AND 1000000000 THEN
            SET begun = UTC_TIMESTAMP(), drawn = RANDOM_BYTES(16);
            WHILE CHAR_LENGTH(its_code) < 16 DO
                SET its_code = CONCAT(its_code, SUBSTRING('23456789ABCDEFGHJKLMNPQRSTUVWXYZ',
                    1 + ASCII(SUBSTRING(drawn, CHAR_LENGTH(its_code) + 1, 1)) MOD 32, 1));
            END WHILE;
            SET its_full_code = CONCAT('TRIAL-', its_code), its_status = 'ACTIVE', its_points = uses,
                its_end = begun + INTERVAL seconds SECOND;
            INSERT INTO cards (prefix, code, full_code, status, duration_seconds, machine_code, app, points, used_at,
                expire_at, policy, created_at, updated_at)
            VALUES ('TRIAL', its_code, its_full_code, its_status, seconds, machine, its_app, its_points, begun, its_end,
                'lease=off when-full=refuse', begun, begun);
            SET card = LAST_INSERT_ID();
            INSERT IGNORE INTO trials (app, machine_code, card_id, started_at) VALUES (its_app, machine, card, begun);
            SET is_new = ROW_COUNT() > 0;
        END IF;
        IF is_new THEN
            INSERT INTO customer_log (card_id, act, done_at, machine_code) VALUES (card, 'TRIAL', begun, machine);
            COMMIT;
        ELSE
            ROLLBACK;
            SET card = NULL;
            SELECT trials.card_id, cards.full_code, cards.status, cards.expire_at, cards.points, cards.seats, cards.app,
                cards.machine_code
            INTO card, its_full_code, its_status, its_end, its_points, its_seats, now_of, now_on
            FROM trials LEFT JOIN cards ON cards.id = trials.card_id
            WHERE trials.app = its_app AND trials.machine_code = machine
            LOCK IN SHARE MODE;
        END IF;
    END IF;
    SELECT CASE
            WHEN card IS NULL THEN 'NONE'
            WHEN is_new THEN 'NEW'
            WHEN its_status IS NULL OR its_status IN ('EXPIRED', 'DISABLED') OR its_end < UTC_TIMESTAMP()
                OR its_points = 0 AND its_end IS NULL OR now_of <> its_app OR now_on <> machine AND its_seats = 1 THEN 'OVER'
            ELSE 'ON'
        END, its_full_code, its_end, its_points, UTC_TIMESTAMP();
END

-- routine: unbind_seat_2
-- Gives up a seat of a card as unbind_seat does, and returns the same; but a trial stays with its machine also where it was
-- topped up and each of its top-ups was taken back.
CREATE PROCEDURE unbind_seat_2(
    IN card BIGINT UNSIGNED,
    IN machine VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
)
MODIFIES SQL DATA SQL SECURITY DEFINER
BEGIN
    DECLARE allowed VARCHAR(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    DECLARE outcome VARCHAR(16) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    DECLARE standing VARCHAR(16) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT 'GONE';
    DECLARE first_machine, next_machine, oldest, leaving VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    DECLARE cooldown, most, cost_seconds, cost_points, had_points INT UNSIGNED;
    DECLARE seat_count, further, taken, used, counts, waits BIGINT;
    DECLARE is_first, is_taken, has_seat, gave_up, is_trial, is_told_apart BOOLEAN DEFAULT FALSE;
    DECLARE moment, ends, unused_until, cooled_down, has_room DATETIME;
    DECLARE first_seen, first_lease, oldest_seen, next_seen, next_lease DATETIME;
    DECLARE EXIT HANDLER FOR SQLEXCEPTION
    BEGIN
        ROLLBACK;
        RESIGNAL;
    END;
    START TRANSACTION;
    -- Nothing else is read before the card is locked, so that who waited for it finds what was done meanwhile.
    SELECT status, machine_code, COALESCE(seen_at, used_at, created_at), lease_until, expire_at, valid_until, points,
        seats
    INTO standing, first_machine, first_seen, first_lease, ends, unused_until, had_points, seat_count
    FROM cards WHERE id = card FOR UPDATE;
    SET moment = UTC_TIMESTAMP();
    CALL read_unbinding(card, allowed, cooldown, most, cost_seconds, cost_points);
    SET is_first = COALESCE(first_machine = machine, FALSE);
    SET is_taken = first_machine IS NOT NULL AND (first_lease IS NULL OR first_lease >= moment);
    SELECT COUNT(*), COALESCE(SUM(lease_until IS NULL OR lease_until >= moment), 0) + is_taken,
        COALESCE(SUM(machine_code = machine), 0) > 0 OR is_first
    INTO further, taken, has_seat
    FROM card_seats WHERE card_id = card;
    SET counts = IF(has_seat, 1, 2);
    SELECT COALESCE(SUM(IF(done_at > moment - INTERVAL 30 DAY, IF(act = 'UNBIND_LOST', 2, 1), 0)), 0),
        MAX(done_at) + INTERVAL cooldown SECOND,
        COALESCE(SUM(act = 'UNBIND' AND machine_code = machine
            AND done_at > moment - INTERVAL GREATEST(cooldown, 3600) SECOND), 0) > 0
    INTO used, cooled_down, gave_up
    FROM customer_log WHERE card_id = card AND act IN ('UNBIND', 'UNBIND_LOST');
    -- What a top-up has burnt is so since then, until that is taken back; of a card that is gone the log tells.
    SELECT COALESCE(SUM(done.act = 'TRIAL') > 0 AND SUM(done.act = 'RECHARGE' AND IF(burnt.id IS NOT NULL,
            burnt.used_at <=> done.done_at,
            NOT EXISTS (
                SELECT 1 FROM operator_log AS entry INNER JOIN acts ON acts.id = entry.act_id
                WHERE entry.card_id = done.other_card_id AND entry.act = 'recharge_undo'
                    AND entry.done_at >= done.done_at AND acts.undone_by IS NULL
            ))) = 0, FALSE) INTO is_trial
    FROM customer_log AS done LEFT JOIN cards AS burnt ON burnt.id = done.other_card_id
    WHERE done.card_id = card AND done.act IN ('TRIAL', 'RECHARGE');
    SELECT MIN(done_at) + INTERVAL 30 DAY INTO has_room
    FROM (
            SELECT done_at, SUM(IF(act = 'UNBIND_LOST', 2, 1)) OVER (
                    ORDER BY done_at DESC, id DESC ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
                ) - IF(act = 'UNBIND_LOST', 2, 1) AS newer
            FROM customer_log
            WHERE card_id = card AND act IN ('UNBIND', 'UNBIND_LOST') AND done_at > moment - INTERVAL 30 DAY
        ) AS given_up
    WHERE used + counts > most AND newer + counts <= most;
    SET waits = TIMESTAMPDIFF(SECOND, moment, GREATEST(COALESCE(cooled_down, moment), COALESCE(has_room, moment)));
    SET outcome = CASE
        WHEN standing IN ('GONE', 'DISABLED', 'EXPIRED') THEN standing
        WHEN standing = 'UNUSED' THEN IF(unused_until < moment, 'EXPIRED', 'NOTHING')
        WHEN ends < moment THEN 'EXPIRED'
        WHEN first_machine IS NULL AND further = 0 THEN 'NOTHING'
        WHEN is_trial OR allowed IS NULL OR allowed NOT IN ('machine', 'anyone') THEN 'NOT_ALLOWED'
    END;
    SET is_told_apart = outcome IS NULL;
    SET outcome = COALESCE(outcome, CASE
        WHEN NOT has_seat AND gave_up THEN 'NOTHING'
        WHEN NOT has_seat AND (allowed = 'machine' OR COALESCE(machine, '') = '') THEN 'OTHERS'
        WHEN NOT has_seat AND taken < seat_count THEN 'NOTHING'
        WHEN counts > most THEN 'NOT_ALLOWED'
        WHEN waits > 0 THEN 'COOLING_DOWN'
        ELSE 'UNBOUND'
    END);
    -- What a card does not have is not taken off it.
    SET cost_seconds = IF(ends IS NULL, NULL, cost_seconds * counts);
    SET cost_points = IF(had_points IS NULL, NULL, cost_points * counts);
    IF outcome = 'UNBOUND' AND (ends - INTERVAL cost_seconds SECOND <= moment OR had_points < cost_points) THEN
        SET outcome = 'TOO_EXPENSIVE';
    END IF;
    IF outcome = 'UNBOUND' THEN
        SET leaving = machine;
        IF NOT has_seat THEN
            SELECT machine_code, seen_at INTO oldest, oldest_seen
            FROM card_seats WHERE card_id = card ORDER BY seen_at, bound_at, machine_code LIMIT 1;
            SET is_first = first_machine IS NOT NULL AND (oldest IS NULL OR first_seen <= oldest_seen);
            SET leaving = IF(is_first, first_machine, oldest);
        END IF;
        IF is_first THEN
            SELECT machine_code, seen_at, lease_until INTO next_machine, next_seen, next_lease
            FROM card_seats WHERE card_id = card ORDER BY seen_at DESC, bound_at DESC, machine_code LIMIT 1;
        END IF;
        INSERT INTO customer_log (card_id, act, done_at, machine_code, values_before, values_after)
        SELECT cards.id, IF(has_seat, 'UNBIND', 'UNBIND_LOST'), moment, leaving,
            JSON_REMOVE(JSON_OBJECT(
                    'machine_code', cards.machine_code,
                    'machines', JSON_ARRAY(leaving),
                    'expire_at', DATE_FORMAT(cards.expire_at, '%Y-%m-%d %H:%i:%s'),
                    'points', cards.points),
                IF(is_first, '$.machines', '$.machine_code'),
                IF(cost_seconds IS NULL, '$.expire_at', '$.same'),
                IF(cost_points IS NULL, '$.points', '$.same')),
            JSON_REMOVE(JSON_OBJECT(
                    'machine_code', next_machine,
                    'expire_at', DATE_FORMAT(cards.expire_at - INTERVAL cost_seconds SECOND, '%Y-%m-%d %H:%i:%s'),
                    'points', cards.points - cost_points),
                IF(is_first, '$.same', '$.machine_code'),
                IF(cost_seconds IS NULL, '$.expire_at', '$.same'),
                IF(cost_points IS NULL, '$.points', '$.same'))
        FROM cards WHERE cards.id = card;
        SET used = used + counts;
        SET ends = IF(cost_seconds IS NULL, ends, ends - INTERVAL cost_seconds SECOND);
        SET had_points = IF(cost_points IS NULL, had_points, had_points - cost_points);
        IF NOT is_first OR next_machine IS NOT NULL THEN
            DELETE FROM card_seats WHERE card_id = card AND machine_code = IF(is_first, next_machine, leaving);
        END IF;
        UPDATE cards SET expire_at = ends, points = had_points, updated_at = UTC_TIMESTAMP(),
            seen_at = IF(is_first, next_seen, seen_at), lease_until = IF(is_first, next_lease, lease_until),
            machine_code = IF(is_first, next_machine, machine_code)
        WHERE id = card;
    ELSE
        SET cost_seconds = NULL, cost_points = NULL;
    END IF;
    COMMIT;
    SELECT outcome, IF(is_told_apart AND (has_seat OR outcome <> 'UNBOUND'), has_seat OR gave_up, NULL),
        IF(outcome = 'COOLING_DOWN', waits, NULL), GREATEST(CAST(most AS SIGNED) - used, 0), cost_seconds, cost_points,
        ends, had_points;
END

-- routine: read_point_use
-- Tells a machine that repeats what it took, whatever became of the card since, how many points were left then: no row where
-- it took nothing, or another number, or that is two days ago. Locks nothing.
CREATE PROCEDURE read_point_use(
    IN card BIGINT UNSIGNED,
    IN machine VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    IN wanted INT UNSIGNED,
    IN request VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
)
READS SQL DATA SQL SECURITY DEFINER
BEGIN
    SELECT balance FROM point_uses
    WHERE card_id = card AND request_id = request AND machine_code = machine AND amount = wanted
        AND used_at >= UTC_TIMESTAMP() - INTERVAL 2 DAY;
END

-- routine: delete_cards_3
-- Deletes cards as delete_cards_2 does; but what requests took of their points is kept as long as that of any card, so that one
-- that comes back and is asked by the same request again tells what was taken.
CREATE PROCEDURE delete_cards_3(IN own_act BIGINT UNSIGNED, IN ids JSON)
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
            'expire_at', DATE_FORMAT(cards.expire_at, '%Y-%m-%d %H:%i:%s'),
            'app', cards.app,
            'seats', cards.seats,
            'points', cards.points,
            'valid_until', DATE_FORMAT(cards.valid_until, '%Y-%m-%d %H:%i:%s'),
            'policy', cards.policy)
    FROM (
            SELECT DISTINCT id
            FROM JSON_TABLE(ids, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$' ERROR ON ERROR)) AS given
        ) AS deleted
        STRAIGHT_JOIN cards ON cards.id = deleted.id
        JOIN acts ON acts.id = own_act;
    UPDATE acts SET card_count = card_count + ROW_COUNT() WHERE id = own_act;
    DELETE card_seats FROM JSON_TABLE(ids, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$' ERROR ON ERROR)) AS given
        STRAIGHT_JOIN card_seats ON card_seats.card_id = given.id;
    DELETE cards FROM (
            SELECT DISTINCT id
            FROM JSON_TABLE(ids, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$' ERROR ON ERROR)) AS given
        ) AS deleted
        STRAIGHT_JOIN cards ON cards.id = deleted.id;
END

-- routine: note_mismatches
-- Counts in this hour that machines asked for cards whose seats others have: a JSON array of [card, machine, requests], the
-- machine by its digest. Of a card 32 machines an hour are told apart, so that nobody fills the table by inventing some.
--
-- Rows are written in the order of the primary key, so that instances that write at once wait for each other, without
-- deadlock. Cards, and what there is by then, are read without a lock: an INSERT ... SELECT would lock the cards.
CREATE PROCEDURE note_mismatches(IN noted JSON)
MODIFIES SQL DATA SQL SECURITY DEFINER
BEGIN
    DECLARE noted_card, noted_machine, noted_requests BIGINT UNSIGNED;
    DECLARE machines, known BIGINT;
    DECLARE this_hour DATETIME DEFAULT DATE_FORMAT(UTC_TIMESTAMP(), '%Y-%m-%d %H:00:00');
    DECLARE is_done BOOLEAN DEFAULT FALSE;
    DECLARE given CURSOR FOR
        SELECT cards.id, asked.machine, LEAST(SUM(asked.requests), 4294967295)
        FROM JSON_TABLE(noted, '$[*]' COLUMNS (
                card BIGINT UNSIGNED PATH '$[0]' ERROR ON ERROR,
                machine BIGINT UNSIGNED PATH '$[1]' ERROR ON ERROR,
                requests INT UNSIGNED PATH '$[2]' ERROR ON ERROR)) AS asked
            STRAIGHT_JOIN cards ON cards.id = asked.card
        GROUP BY cards.id, asked.machine
        ORDER BY cards.id, asked.machine;
    DECLARE CONTINUE HANDLER FOR NOT FOUND SET is_done = TRUE;
    DECLARE EXIT HANDLER FOR SQLEXCEPTION
    BEGIN
        ROLLBACK;
        RESIGNAL;
    END;
    START TRANSACTION;
    OPEN given;
    counting: LOOP
        FETCH given INTO noted_card, noted_machine, noted_requests;
        IF is_done THEN
            LEAVE counting;
        END IF;
        SELECT COUNT(*), COALESCE(SUM(mismatches.machine = noted_machine), 0) INTO machines, known
        FROM mismatches WHERE card_id = noted_card AND mismatches.hour = this_hour;
        IF known > 0 OR machines < 32 THEN
            INSERT INTO mismatches (card_id, hour, machine, requests)
            VALUES (noted_card, this_hour, noted_machine, noted_requests)
            ON DUPLICATE KEY UPDATE requests = LEAST(requests + noted_requests, 4294967295);
        END IF;
    END LOOP;
    CLOSE given;
    COMMIT;
END

-- routine: forget_mismatches
-- Removes up to so many of the counts of machines without a seat that are a day old, the oldest first.
CREATE PROCEDURE forget_mismatches(IN most INT UNSIGNED)
MODIFIES SQL DATA SQL SECURITY DEFINER
BEGIN
    DELETE FROM mismatches WHERE hour <= UTC_TIMESTAMP() - INTERVAL 24 HOUR ORDER BY hour LIMIT most;
    SELECT ROW_COUNT();
END

-- routine: keep_device_key
-- Keeps the key of the device that is given a seat, and the number that it shows; of a device that has none, that it has none.
-- A key that was kept for that machine before is over.
CREATE PROCEDURE keep_device_key(
    IN card BIGINT UNSIGNED,
    IN machine VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    IN shown CHAR(43) CHARACTER SET ascii COLLATE ascii_bin,
    IN number INT UNSIGNED,
    IN next_number INT UNSIGNED
)
MODIFIES SQL DATA SQL SECURITY DEFINER
BEGIN
    IF shown NOT REGEXP '^[A-Za-z0-9_-]{43}$' THEN
        SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'not a thumbprint';
    END IF;
    IF shown IS NULL THEN
        DELETE FROM device_keys WHERE card_id = card AND machine_code = machine;
    ELSE
        INSERT INTO device_keys (card_id, machine_code, thumbprint, bound_at, sequence, following)
        VALUES (card, machine, shown, UTC_TIMESTAMP(), number, next_number)
        ON DUPLICATE KEY UPDATE thumbprint = shown, bound_at = UTC_TIMESTAMP(), sequence = number, previous = NULL,
            following = next_number, sequence_at = NULL, copies = 0, copied_at = NULL;
    END IF;
END

-- routine: forget_device_keys
-- Removes the keys of machines that have no seat of a card any more.
CREATE PROCEDURE forget_device_keys(IN card BIGINT UNSIGNED)
MODIFIES SQL DATA SQL SECURITY DEFINER
BEGIN
    DECLARE is_one_left BOOLEAN;
    -- Found without a lock: a DELETE would lock the gaps in which others' keys are to stand.
    SELECT EXISTS (
        SELECT 1
        FROM device_keys
            LEFT JOIN cards ON cards.id = device_keys.card_id AND cards.machine_code = device_keys.machine_code
            LEFT JOIN card_seats
                ON card_seats.card_id = device_keys.card_id AND card_seats.machine_code = device_keys.machine_code
        WHERE device_keys.card_id = card AND cards.id IS NULL AND card_seats.card_id IS NULL)
    INTO is_one_left;
    IF is_one_left THEN
        DELETE device_keys
        FROM device_keys
            LEFT JOIN cards ON cards.id = device_keys.card_id AND cards.machine_code = device_keys.machine_code
            LEFT JOIN card_seats
                ON card_seats.card_id = device_keys.card_id AND card_seats.machine_code = device_keys.machine_code
        WHERE device_keys.card_id = card AND cards.id IS NULL AND card_seats.card_id IS NULL;
    END IF;
END

-- routine: activate_card_3
-- The first use of a card as activate_card_2 has it, by a device with that key, or without one.
CREATE PROCEDURE activate_card_3(
    IN card BIGINT UNSIGNED,
    IN machine VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    IN moment DATETIME,
    IN seconds INT UNSIGNED,
    IN shown CHAR(43) CHARACTER SET ascii COLLATE ascii_bin,
    IN number INT UNSIGNED,
    IN next_number INT UNSIGNED
)
MODIFIES SQL DATA SQL SECURITY DEFINER
BEGIN
    DECLARE lease_seconds INT UNSIGNED;
    DECLARE evicts BOOLEAN;
    DECLARE activated BIGINT;
    DECLARE EXIT HANDLER FOR SQLEXCEPTION
    BEGIN
        ROLLBACK;
        RESIGNAL;
    END;
    CALL read_policy(card, lease_seconds, evicts);
    START TRANSACTION;
    UPDATE cards SET status = 'ACTIVE', machine_code = machine, used_at = moment, seen_at = UTC_TIMESTAMP(),
        lease_until = UTC_TIMESTAMP() + INTERVAL lease_seconds SECOND, updated_at = UTC_TIMESTAMP(),
        expire_at = LEAST(COALESCE(moment + INTERVAL duration_seconds SECOND, valid_until),
            COALESCE(valid_until, moment + INTERVAL duration_seconds SECOND))
    WHERE id = card AND status = 'UNUSED' AND duration_seconds <=> seconds AND machine <> ''
        AND (valid_until IS NULL OR valid_until >= UTC_TIMESTAMP())
        AND moment BETWEEN UTC_TIMESTAMP() - INTERVAL 10 SECOND AND UTC_TIMESTAMP() + INTERVAL 10 SECOND;
    SET activated = ROW_COUNT();
    IF activated > 0 THEN
        CALL keep_device_key(card, machine, shown, number, next_number);
    END IF;
    COMMIT;
    SELECT activated > 0;
END

-- routine: bind_card_3
-- The next machine of an active card as bind_card_2 has it, by a device with that key, or without one.
CREATE PROCEDURE bind_card_3(
    IN card BIGINT UNSIGNED,
    IN machine VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    IN ends DATETIME,
    IN shown CHAR(43) CHARACTER SET ascii COLLATE ascii_bin,
    IN number INT UNSIGNED,
    IN next_number INT UNSIGNED
)
MODIFIES SQL DATA SQL SECURITY DEFINER
BEGIN
    DECLARE is_free BOOLEAN DEFAULT FALSE;
    DECLARE waits INT UNSIGNED;
    DECLARE EXIT HANDLER FOR SQLEXCEPTION
    BEGIN
        ROLLBACK;
        RESIGNAL;
    END;
    START TRANSACTION;
    SELECT status = 'ACTIVE' AND machine_code IS NULL AND expire_at <=> ends AND machine <> '' INTO is_free
    FROM cards WHERE id = card FOR UPDATE;
    IF is_free THEN
        CALL read_wait(card, machine, waits);
        IF waits IS NULL THEN
            UPDATE cards SET machine_code = machine, seen_at = UTC_TIMESTAMP(), updated_at = UTC_TIMESTAMP()
            WHERE id = card;
            CALL keep_device_key(card, machine, shown, number, next_number);
        END IF;
    END IF;
    COMMIT;
    SELECT COALESCE(is_free, FALSE) AND waits IS NULL, waits;
END

-- routine: take_seat_3
-- Gives a machine a seat as take_seat_2 does, by a device with that key, or without one. One that has a seat by then is given
-- nothing, so that it is judged by the key of that seat.
--
-- The lock on the card is the only one that takers wait for. Seats are read without one, in the state that is there once
-- the card is locked: a lock on rows that are not there is on the gap between others', and takers of other cards would
-- wait for each other at it.
CREATE PROCEDURE take_seat_3(
    IN card BIGINT UNSIGNED,
    IN machine VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    IN shown CHAR(43) CHARACTER SET ascii COLLATE ascii_bin,
    IN number INT UNSIGNED,
    IN next_number INT UNSIGNED
)
MODIFIES SQL DATA SQL SECURITY DEFINER
BEGIN
    DECLARE lease_seconds INT UNSIGNED;
    DECLARE evicts, usable, has_seat, had_seat, is_first_free BOOLEAN;
    DECLARE waits INT UNSIGNED;
    DECLARE seat_count, taken, ended BIGINT;
    DECLARE first_machine, oldest VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    DECLARE first_seen, oldest_seen DATETIME;
    DECLARE EXIT HANDLER FOR SQLEXCEPTION
    BEGIN
        ROLLBACK;
        RESIGNAL;
    END;
    CALL read_policy(card, lease_seconds, evicts);
    SELECT status = 'ACTIVE', seats,
        COALESCE(machine_code <> machine AND (lease_until IS NULL OR lease_until >= UTC_TIMESTAMP()), FALSE) + (
            SELECT COUNT(*) FROM card_seats
            WHERE card_seats.card_id = card AND card_seats.machine_code <> machine
                AND (card_seats.lease_until IS NULL OR card_seats.lease_until >= UTC_TIMESTAMP()))
    INTO usable, seat_count, taken
    FROM cards WHERE id = card;
    IF usable AND (taken < seat_count OR evicts) AND machine <> '' THEN
        START TRANSACTION;
        -- Of a card that is gone by then nothing is found, and this stays.
        SET usable = NULL;
        SELECT status = 'ACTIVE' AND (expire_at IS NULL OR expire_at >= UTC_TIMESTAMP()), seats, machine_code,
            machine_code IS NULL OR COALESCE(lease_until < UTC_TIMESTAMP(), FALSE),
            COALESCE(seen_at, used_at, created_at)
        INTO usable, seat_count, first_machine, is_first_free, first_seen
        FROM cards WHERE id = card FOR UPDATE;
        SELECT first_machine <=> machine OR COALESCE(SUM(machine_code = machine), 0) > 0,
            COALESCE(SUM(machine_code <> machine), 0),
            COALESCE(SUM(machine_code <> machine AND lease_until < UTC_TIMESTAMP()), 0)
        INTO had_seat, taken, ended
        FROM card_seats WHERE card_id = card;
        IF ended > 0 THEN
            DELETE FROM card_seats
            WHERE card_id = card AND lease_until < UTC_TIMESTAMP() AND machine_code <> machine;
            SET taken = taken - ROW_COUNT();
        END IF;
        SET has_seat = FALSE;
        IF usable AND NOT had_seat THEN
            CALL read_wait(card, machine, waits);
        END IF;
        IF usable AND NOT had_seat AND waits IS NULL THEN
            IF NOT is_first_free AND taken >= seat_count - 1 AND evicts THEN
                SELECT machine_code, seen_at INTO oldest, oldest_seen
                FROM card_seats WHERE card_id = card ORDER BY seen_at, bound_at, machine_code LIMIT 1;
                IF oldest IS NULL OR first_seen <= oldest_seen THEN
                    SET is_first_free = TRUE;
                ELSE
                    DELETE FROM card_seats WHERE card_id = card AND machine_code = oldest;
                    SET taken = taken - 1;
                END IF;
            END IF;
            IF is_first_free THEN
                UPDATE cards SET machine_code = machine, seen_at = UTC_TIMESTAMP(),
                    lease_until = UTC_TIMESTAMP() + INTERVAL lease_seconds SECOND, updated_at = UTC_TIMESTAMP()
                WHERE id = card;
                SET has_seat = TRUE;
            ELSEIF taken < seat_count - 1 THEN
                INSERT INTO card_seats (card_id, machine_code, bound_at, seen_at, lease_until)
                VALUES (card, machine, UTC_TIMESTAMP(), UTC_TIMESTAMP(),
                    UTC_TIMESTAMP() + INTERVAL lease_seconds SECOND);
                SET has_seat = TRUE;
            END IF;
            IF has_seat THEN
                -- Of the machines that gave way.
                CALL forget_device_keys(card);
                CALL keep_device_key(card, machine, shown, number, next_number);
            END IF;
        END IF;
        COMMIT;
        SELECT IF(usable AND NOT had_seat, has_seat, NULL), waits;
    ELSE
        SELECT IF(usable, FALSE, NULL), waits;
    END IF;
END

-- routine: take_device_key
-- Keeps the key of a device whose machine has a seat that has no key yet, and returns whether it is that seat's now.
CREATE PROCEDURE take_device_key(
    IN card BIGINT UNSIGNED,
    IN machine VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    IN shown CHAR(43) CHARACTER SET ascii COLLATE ascii_bin,
    IN number INT UNSIGNED,
    IN next_number INT UNSIGNED
)
MODIFIES SQL DATA SQL SECURITY DEFINER
BEGIN
    DECLARE has_seat, is_first BOOLEAN DEFAULT FALSE;
    DECLARE kept CHAR(43) CHARACTER SET ascii COLLATE ascii_bin;
    DECLARE EXIT HANDLER FOR SQLEXCEPTION
    BEGIN
        ROLLBACK;
        RESIGNAL;
    END;
    START TRANSACTION;
    SELECT status = 'ACTIVE', machine_code <=> machine INTO has_seat, is_first
    FROM cards WHERE id = card FOR UPDATE;
    -- Nothing else is read before the card is locked, so that who waited for it sees the key that was kept meanwhile.
    SELECT has_seat AND (
            is_first
            OR EXISTS (SELECT 1 FROM card_seats WHERE card_id = card AND card_seats.machine_code = machine))
    INTO has_seat;
    SELECT thumbprint INTO kept FROM device_keys WHERE card_id = card AND machine_code = machine;
    IF has_seat AND kept IS NULL THEN
        CALL keep_device_key(card, machine, shown, number, next_number);
        SET kept = shown;
    END IF;
    COMMIT;
    SELECT COALESCE(has_seat AND kept = shown, FALSE);
END

-- routine: note_sequence
-- Writes down that the number that was told came back from a device, and which is told next; returns whether it was that one.
CREATE PROCEDURE note_sequence(
    IN card BIGINT UNSIGNED,
    IN machine VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    IN shown CHAR(43) CHARACTER SET ascii COLLATE ascii_bin,
    IN number INT UNSIGNED,
    IN next_number INT UNSIGNED
)
MODIFIES SQL DATA SQL SECURITY DEFINER
BEGIN
    UPDATE device_keys SET previous = sequence, sequence = number, following = next_number, sequence_at = UTC_TIMESTAMP()
    WHERE card_id = card AND machine_code = machine AND thumbprint = shown AND following = number;
    SELECT ROW_COUNT() > 0;
END

-- routine: note_copy
-- Counts, once a minute at the most, that another number than was told came from a device, so that its key is on two machines,
-- and has that in the card's history once a day at the most.
CREATE PROCEDURE note_copy(
    IN card BIGINT UNSIGNED,
    IN machine VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    IN shown CHAR(43) CHARACTER SET ascii COLLATE ascii_bin
)
MODIFIES SQL DATA SQL SECURITY DEFINER
BEGIN
    DECLARE EXIT HANDLER FOR SQLEXCEPTION
    BEGIN
        ROLLBACK;
        RESIGNAL;
    END;
    START TRANSACTION;
    UPDATE device_keys SET copies = LEAST(copies + 1, 4294967294), copied_at = UTC_TIMESTAMP()
    WHERE card_id = card AND machine_code = machine AND thumbprint = shown
        AND (copied_at IS NULL OR copied_at < UTC_TIMESTAMP() - INTERVAL 1 MINUTE);
    IF ROW_COUNT() > 0 AND NOT EXISTS (
        SELECT 1 FROM customer_log
        WHERE card_id = card AND act = 'COPY' AND done_at > UTC_TIMESTAMP() - INTERVAL 1 DAY)
    THEN
        INSERT INTO customer_log (card_id, act, done_at, machine_code)
        VALUES (card, 'COPY', UTC_TIMESTAMP(), machine);
    END IF;
    COMMIT;
END

-- routine: clear_device_keys
-- Removes the keys of machines that have no seat of these cards, a JSON array of ids, any more. That few cards have a key is
-- found out without a lock: a DELETE would lock the gaps in which others' keys are to stand.
CREATE PROCEDURE clear_device_keys(IN own_act BIGINT UNSIGNED, IN ids JSON)
MODIFIES SQL DATA SQL SECURITY DEFINER
BEGIN
    DECLARE has_keys BOOLEAN;
    CALL must_own_act(own_act);
    SELECT EXISTS (
        SELECT 1
        FROM JSON_TABLE(ids, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$' ERROR ON ERROR)) AS given
            STRAIGHT_JOIN device_keys ON device_keys.card_id = given.id)
    INTO has_keys;
    IF has_keys THEN
        DELETE device_keys
        FROM JSON_TABLE(ids, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$' ERROR ON ERROR)) AS given
            STRAIGHT_JOIN device_keys ON device_keys.card_id = given.id
            LEFT JOIN cards ON cards.id = given.id AND cards.machine_code = device_keys.machine_code
            LEFT JOIN card_seats
                ON card_seats.card_id = given.id AND card_seats.machine_code = device_keys.machine_code
        WHERE cards.id IS NULL AND card_seats.card_id IS NULL;
    END IF;
END

-- routine: certify_card
-- Gives a machine that is never online a seat of a card, for as long as the card lasts, and keeps that a licence file was made
-- for it until then, by that key: what is judged is what a validation judges, but nobody gives way to it and nobody waits. The
-- caller says the policy of the card from then on, by which no seat passes on by itself: who is never online renews no lease.
-- Returns what came of it, with the end of the card: CERTIFIED; GONE, DISABLED, EXPIRED, BLOCKED, SEATS_FULL, OVER where that
-- moment has come, or TOO_LONG where it is behind the end, and then nothing is changed.
--
-- Nothing else is read before the card is locked, so that who waited for it finds what was done meanwhile.
CREATE PROCEDURE certify_card(
    IN own_act BIGINT UNSIGNED,
    IN card BIGINT UNSIGNED,
    IN machine VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    IN device CHAR(43) CHARACTER SET ascii COLLATE ascii_bin,
    IN signer CHAR(43) CHARACTER SET ascii COLLATE ascii_bin,
    IN its_policy VARCHAR(255) CHARACTER SET utf8mb4,
    IN ends DATETIME
)
MODIFIES SQL DATA SQL SECURITY DEFINER
BEGIN
    DECLARE standing VARCHAR(16) CHARACTER SET utf8mb4 DEFAULT 'GONE';
    DECLARE outcome VARCHAR(16) CHARACTER SET utf8mb4;
    DECLARE its_app VARCHAR(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    DECLARE first_machine VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    DECLARE first_lease, moment, its_end, its_last DATETIME;
    DECLARE seconds INT UNSIGNED;
    DECLARE seat_count, taken BIGINT;
    DECLARE is_further, is_first_free, takes_first, is_kept_out BOOLEAN DEFAULT FALSE;
    SELECT status, app, machine_code, lease_until, seats, duration_seconds, expire_at, valid_until
    INTO standing, its_app, first_machine, first_lease, seat_count, seconds, its_end, its_last
    FROM cards WHERE id = card FOR UPDATE;
    CALL must_own_act(own_act);
    SET moment = UTC_TIMESTAMP();
    IF standing = 'UNUSED' THEN
        SET its_end = moment + INTERVAL seconds SECOND;
        SET its_end = LEAST(COALESCE(its_end, its_last), COALESCE(its_last, its_end));
    END IF;
    SELECT COALESCE(SUM(machine_code = machine), 0) > 0,
        COALESCE(SUM(machine_code <> machine AND (lease_until IS NULL OR lease_until >= moment)), 0)
    INTO is_further, taken
    FROM card_seats WHERE card_id = card;
    SELECT COUNT(*) > 0 INTO is_kept_out
    FROM blocks
    WHERE kind = 'MACHINE' AND target = machine AND app IN ('', its_app) AND (`until` IS NULL OR `until` >= moment);
    SET is_first_free = first_machine IS NULL OR COALESCE(first_lease < moment, FALSE);
    SET takes_first = is_first_free AND NOT is_further AND NOT first_machine <=> machine;
    SET outcome = CASE
        WHEN standing IN ('GONE', 'DISABLED', 'EXPIRED') THEN standing
        WHEN its_end < moment THEN 'EXPIRED'
        WHEN is_kept_out THEN 'BLOCKED'
        WHEN ends <= moment THEN 'OVER'
        WHEN its_end IS NOT NULL AND COALESCE(ends > its_end, TRUE) THEN 'TOO_LONG'
        WHEN NOT (is_first_free OR first_machine = machine OR is_further OR taken < seat_count - 1) THEN 'SEATS_FULL'
        ELSE 'CERTIFIED'
    END;
    IF machine = '' THEN
        SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'a machine has a code';
    END IF;
    IF outcome = 'CERTIFIED' THEN
        INSERT INTO operator_log (act_id, act, operator, account, card_id, batch_id, full_code, values_before,
            values_after)
        SELECT acts.id, acts.act, acts.operator, acts.account, cards.id, cards.batch_id, cards.full_code,
            JSON_REMOVE(JSON_OBJECT(
                    'status', LOWER(cards.status),
                    'used_at', DATE_FORMAT(cards.used_at, '%Y-%m-%d %H:%i:%s'),
                    'expire_at', DATE_FORMAT(cards.expire_at, '%Y-%m-%d %H:%i:%s'),
                    'machine_code', cards.machine_code,
                    'policy', cards.policy),
                IF(standing = 'UNUSED', '$.same', '$.status'),
                IF(standing = 'UNUSED', '$.same', '$.used_at'),
                IF(cards.expire_at <=> its_end, '$.expire_at', '$.same'),
                IF(takes_first, '$.same', '$.machine_code'),
                IF(CAST(cards.policy AS BINARY) <=> CAST(its_policy AS BINARY), '$.policy', '$.same')),
            JSON_REMOVE(JSON_OBJECT(
                    'status', 'active',
                    'used_at', DATE_FORMAT(moment, '%Y-%m-%d %H:%i:%s'),
                    'expire_at', DATE_FORMAT(its_end, '%Y-%m-%d %H:%i:%s'),
                    'machine_code', machine,
                    'machines', JSON_ARRAY(machine),
                    'policy', its_policy,
                    'licence_machine', machine,
                    'licence_until', DATE_FORMAT(ends, '%Y-%m-%d %H:%i:%s')),
                IF(standing = 'UNUSED', '$.same', '$.status'),
                IF(standing = 'UNUSED', '$.same', '$.used_at'),
                IF(cards.expire_at <=> its_end, '$.expire_at', '$.same'),
                IF(takes_first, '$.same', '$.machine_code'),
                IF(takes_first OR is_further OR first_machine <=> machine, '$.machines', '$.same'),
                IF(CAST(cards.policy AS BINARY) <=> CAST(its_policy AS BINARY), '$.policy', '$.same'))
        FROM acts JOIN cards ON cards.id = card
        WHERE acts.id = own_act;
        UPDATE acts SET card_count = card_count + ROW_COUNT() WHERE id = own_act;
        IF device IS NOT NULL THEN
            INSERT INTO device_keys (card_id, machine_code, thumbprint, bound_at) VALUES (card, machine, device, moment)
            ON DUPLICATE KEY UPDATE sequence = IF(thumbprint = device, sequence, 0),
                sequence_at = IF(thumbprint = device, sequence_at, NULL), copies = IF(thumbprint = device, copies, 0),
                copied_at = IF(thumbprint = device, copied_at, NULL), bound_at = IF(thumbprint = device, bound_at, moment),
                thumbprint = device;
        ELSEIF NOT (is_further OR first_machine <=> machine) THEN
            -- Whoever had such a seat before has it no more.
            DELETE FROM device_keys WHERE card_id = card AND machine_code = machine;
        END IF;
        IF is_further THEN
            UPDATE card_seats SET lease_until = NULL WHERE card_id = card AND machine_code = machine;
        ELSEIF NOT (takes_first OR first_machine <=> machine) THEN
            DELETE FROM card_seats WHERE card_id = card AND lease_until < moment;
            INSERT INTO card_seats (card_id, machine_code, bound_at, seen_at) VALUES (card, machine, moment, moment);
        END IF;
        UPDATE cards SET status = 'ACTIVE', used_at = IF(standing = 'UNUSED', moment, used_at), expire_at = its_end,
            seen_at = IF(takes_first, moment, seen_at),
            lease_until = IF(takes_first OR first_machine <=> machine, NULL, lease_until),
            machine_code = IF(takes_first, machine, machine_code), policy = its_policy, updated_at = moment
        WHERE id = card;
        INSERT INTO licences (card_id, machine_code, thumbprint, kid, `until`, certified_at, act_id)
        VALUES (card, machine, device, signer, ends, moment, own_act);
    END IF;
    SELECT outcome, its_end;
END
