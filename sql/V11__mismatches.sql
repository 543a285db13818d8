-- Machines that a card was refused to since others have its seats: how often within each hour, for a day.

CREATE TABLE IF NOT EXISTS mismatches (
    card_id BIGINT UNSIGNED NOT NULL,
    -- The full hour that it counts.
    hour DATETIME NOT NULL,
    -- The machine: the beginning of a digest of the card's number and the machine's code.
    machine BIGINT UNSIGNED NOT NULL,
    requests INT UNSIGNED NOT NULL,
    PRIMARY KEY (card_id, hour, machine),
    KEY idx_hour (hour)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;
