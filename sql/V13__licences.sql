-- Licence files, by which an app starts on a machine that is never online: to whom one was given. A row is never changed and never
-- removed, whatever becomes of its card: the file that left goes on, and a card that is brought back is brought back under its number.

CREATE TABLE IF NOT EXISTS licences (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
    card_id BIGINT UNSIGNED NOT NULL,
    machine_code VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    -- SHA-256 of the key of the device that it is for, as device_keys has it; NULL for any.
    thumbprint CHAR(43) CHARACTER SET ascii COLLATE ascii_bin NULL,
    -- The thumbprint of the key that signed it.
    kid CHAR(43) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    -- The moment at which it is over; NULL never.
    `until` DATETIME NULL,
    certified_at DATETIME NOT NULL,
    act_id BIGINT UNSIGNED NOT NULL,
    PRIMARY KEY (id),
    KEY idx_card_id (card_id, machine_code)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;
