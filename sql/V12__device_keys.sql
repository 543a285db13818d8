-- Keys of devices: whose signature a seat's requests have to bear. A row counts while its machine has a seat of the card;
-- whoever is given a seat brings a key of his own, or none, which replaces what is there.

CREATE TABLE IF NOT EXISTS device_keys (
    card_id BIGINT UNSIGNED NOT NULL,
    machine_code VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    -- SHA-256 of the public key as a JWK (RFC 7638), in base64url.
    thumbprint CHAR(43) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    bound_at DATETIME NOT NULL,
    -- Of the numbers that its answers tell: the last that came back, the one before it, the one that is told next, and when the
    -- last first came back.
    sequence INT UNSIGNED NOT NULL DEFAULT 0,
    previous INT UNSIGNED NULL,
    following INT UNSIGNED NOT NULL DEFAULT 0,
    sequence_at DATETIME NULL,
    -- In how many minutes another number came, so that the key is on two machines, and when one last did.
    copies INT UNSIGNED NOT NULL DEFAULT 0,
    copied_at DATETIME NULL,
    PRIMARY KEY (card_id, machine_code),
    KEY idx_copied_at (copied_at)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;
