-- Points: what was taken from cards, once for each request, so that one that is repeated is answered as it was before. Rows
-- are kept for two days; the expiry job removes them.

CREATE TABLE IF NOT EXISTS point_uses (
    card_id BIGINT UNSIGNED NOT NULL,
    request_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    amount INT UNSIGNED NOT NULL,
    balance INT UNSIGNED NOT NULL,
    machine_code VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    used_at DATETIME NOT NULL,
    PRIMARY KEY (card_id, request_id),
    KEY idx_used_at (used_at)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;
