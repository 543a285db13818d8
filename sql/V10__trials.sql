-- Trials: which machine has tried which app, once ever. A row is never changed and never removed, whatever becomes of the card.

CREATE TABLE IF NOT EXISTS trials (
    app VARCHAR(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    machine_code VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    card_id BIGINT UNSIGNED NOT NULL,
    started_at DATETIME NOT NULL,
    PRIMARY KEY (app, machine_code)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;
