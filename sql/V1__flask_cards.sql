-- The table exactly as the Flask service made it, so that an existing installation and a new one start alike.
CREATE TABLE IF NOT EXISTS cards (
    id INT NOT NULL AUTO_INCREMENT,
    prefix VARCHAR(16) NOT NULL,
    code VARCHAR(64) NOT NULL,
    full_code VARCHAR(128) NOT NULL,
    used_at DATETIME NULL,
    expire_at DATETIME NULL,
    machine_code VARCHAR(128) NULL,
    status ENUM('UNUSED', 'ACTIVE', 'EXPIRED') DEFAULT 'UNUSED',
    created_at DATETIME DEFAULT CURRENT_TIMESTAMP,
    updated_at DATETIME DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
    PRIMARY KEY (id),
    UNIQUE KEY full_code (full_code),
    KEY idx_full_code (full_code),
    KEY idx_status (status),
    KEY idx_prefix (prefix),
    KEY idx_machine_code (machine_code),
    KEY idx_expire_at (expire_at)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;
