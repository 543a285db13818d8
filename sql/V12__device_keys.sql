-- Keys of devices: whose signature a seat's requests have to bear. A row counts while its machine has a seat of the card;
-- whoever is given a seat brings a key of his own, or none, which replaces what is there.

CREATE TABLE IF NOT EXISTS device_keys (
    card_id BIGINT UNSIGNED NOT NULL,
    machine_code VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    -- SHA-256 of the public key as a JWK (RFC 7638), in base64url.
    thumbprint CHAR(43) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    bound_at DATETIME NOT NULL,
    -- The last number that came back of those that its answers tell one after the other, and when it first did.
    sequence INT UNSIGNED NOT NULL DEFAULT 0,
    sequence_at DATETIME NULL,
    -- In how many minutes an older number came, so that the key is on two machines, and when it last did.
    copies INT UNSIGNED NOT NULL DEFAULT 0,
    copied_at DATETIME NULL,
    PRIMARY KEY (card_id, machine_code)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;
