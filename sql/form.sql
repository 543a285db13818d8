-- The form that a table has to be in, whoever made it: what `kami migrate` brings a table to that a Flask installation, a
-- dump or an administrator left in another one, and what `kami doctor` compares with. It is no migration and says nothing
-- new: a test holds it against what the migrations make. One column or index a line; nothing runs as it stands. What has
-- SINCE behind it a migration adds to a table that there is: the one of that number.

-- table: cards
id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT
prefix VARCHAR(16) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NOT NULL
code VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NOT NULL
full_code VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NOT NULL
used_at DATETIME NULL
expire_at DATETIME NULL
machine_code VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL
status ENUM('UNUSED','ACTIVE','EXPIRED','DISABLED') CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NOT NULL DEFAULT 'UNUSED'
duration_seconds INT UNSIGNED NULL DEFAULT 10800 AFTER status SINCE 2
batch_id BIGINT UNSIGNED NULL AFTER duration_seconds SINCE 2
note VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NULL AFTER batch_id SINCE 2
created_at DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP
updated_at DATETIME NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP
app VARCHAR(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL DEFAULT 'default' SINCE 5
seats SMALLINT UNSIGNED NOT NULL DEFAULT 1 SINCE 5
points INT UNSIGNED NULL SINCE 5
valid_until DATETIME NULL SINCE 5
policy VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NULL SINCE 5
seen_at DATETIME NULL SINCE 5
lease_until DATETIME NULL SINCE 5
PRIMARY KEY (id)
UNIQUE KEY full_code (full_code)
KEY idx_status (status)
KEY idx_machine_code (machine_code)
KEY idx_prefix_status (prefix, status)
KEY idx_status_expire_at (status, expire_at)
KEY idx_batch_id (batch_id)
KEY idx_used_at (used_at)
KEY idx_created_at (created_at)
KEY idx_app_status (app, status) SINCE 5
RETIRED KEY idx_full_code (full_code)
RETIRED KEY idx_prefix (prefix)
RETIRED KEY idx_expire_at (expire_at)

-- table: batches
id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT
origin ENUM('GENERATED','IMPORTED') CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NOT NULL DEFAULT 'GENERATED'
prefix VARCHAR(16) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NULL
card_count INT UNSIGNED NOT NULL
code_length TINYINT UNSIGNED NULL
duration_seconds INT UNSIGNED NULL DEFAULT 10800
note VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NULL
operator VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NOT NULL
created_at DATETIME NOT NULL
account VARCHAR(384) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NULL DEFAULT (CURRENT_USER()) SINCE 4
app VARCHAR(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL DEFAULT 'default' SINCE 5
seats SMALLINT UNSIGNED NULL DEFAULT 1 SINCE 5
points INT UNSIGNED NULL SINCE 5
valid_until DATETIME NULL SINCE 5
policy VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NULL SINCE 5
preset VARCHAR(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL SINCE 8
price BIGINT UNSIGNED NULL SINCE 8
currency CHAR(3) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NULL SINCE 8
recharge TINYINT NULL SINCE 8
PRIMARY KEY (id)

-- table: acts
id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT
act VARCHAR(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NOT NULL
operator VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NOT NULL
done_at DATETIME NOT NULL DEFAULT (UTC_TIMESTAMP())
card_count BIGINT UNSIGNED NOT NULL DEFAULT 0
batch_id BIGINT UNSIGNED NULL
undoes BIGINT UNSIGNED NULL
undone_by BIGINT UNSIGNED NULL
account VARCHAR(384) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NULL DEFAULT (CURRENT_USER()) SINCE 4
subject VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NULL SINCE 5
PRIMARY KEY (id)
KEY idx_operator (operator)

-- table: operator_log
id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT
act_id BIGINT UNSIGNED NOT NULL
act VARCHAR(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NOT NULL
operator VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NOT NULL
done_at DATETIME NOT NULL DEFAULT (UTC_TIMESTAMP())
card_id BIGINT UNSIGNED NULL
batch_id BIGINT UNSIGNED NULL
full_code VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NULL
account VARCHAR(384) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NULL DEFAULT (CURRENT_USER()) SINCE 4
subject VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NULL SINCE 5
PRIMARY KEY (id)
KEY idx_act_id (act_id)
KEY idx_card_id (card_id)
KEY idx_full_code (full_code)
KEY idx_operator (operator)
KEY idx_act (act)

-- table: apps
name VARCHAR(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL
title VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NOT NULL DEFAULT ''
policy VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NOT NULL DEFAULT ''
latest VARCHAR(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NULL
minimum VARCHAR(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NULL
url VARCHAR(512) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NULL
notice VARCHAR(1000) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NULL
archived_at DATETIME NULL
created_at DATETIME NOT NULL
PRIMARY KEY (name)

-- table: policy_revision
id TINYINT UNSIGNED NOT NULL DEFAULT 1
revision BIGINT UNSIGNED NOT NULL DEFAULT 0
blocks BIGINT UNSIGNED NOT NULL DEFAULT 0 SINCE 9
PRIMARY KEY (id)

-- table: card_seats
card_id BIGINT UNSIGNED NOT NULL
machine_code VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL
bound_at DATETIME NOT NULL
seen_at DATETIME NOT NULL
lease_until DATETIME NULL
PRIMARY KEY (card_id, machine_code)
KEY idx_machine_code (machine_code)

-- table: point_uses
card_id BIGINT UNSIGNED NOT NULL
request_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL
amount INT UNSIGNED NOT NULL
balance INT UNSIGNED NOT NULL
machine_code VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL
used_at DATETIME NOT NULL
PRIMARY KEY (card_id, request_id)
KEY idx_used_at (used_at)

-- table: customer_log
id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT
card_id BIGINT UNSIGNED NOT NULL
act VARCHAR(16) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NOT NULL
done_at DATETIME NOT NULL
machine_code VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL
other_card_id BIGINT UNSIGNED NULL
PRIMARY KEY (id)
KEY idx_card_id (card_id, act, done_at)

-- table: presets
app VARCHAR(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL
name VARCHAR(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL
prefix VARCHAR(16) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NOT NULL
duration_seconds INT UNSIGNED NULL
valid_until DATETIME NULL
points INT UNSIGNED NULL
seats SMALLINT UNSIGNED NOT NULL DEFAULT 1
price BIGINT UNSIGNED NULL
currency CHAR(3) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NULL
recharge TINYINT NOT NULL DEFAULT 0
PRIMARY KEY (app, name)

-- table: blocks
id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT
app VARCHAR(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL DEFAULT ''
kind VARCHAR(8) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL
target VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL
reason VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NULL
until DATETIME NULL
created_at DATETIME NOT NULL
PRIMARY KEY (id)
UNIQUE KEY idx_app_kind_target (app, kind, target)

-- table: trials
app VARCHAR(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL
machine_code VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL
card_id BIGINT UNSIGNED NOT NULL
started_at DATETIME NOT NULL
PRIMARY KEY (app, machine_code)

-- table: mismatches
card_id BIGINT UNSIGNED NOT NULL
hour DATETIME NOT NULL
machine BIGINT UNSIGNED NOT NULL
requests INT UNSIGNED NOT NULL
PRIMARY KEY (card_id, hour, machine)
KEY idx_hour (hour)

-- table: device_keys
card_id BIGINT UNSIGNED NOT NULL
machine_code VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL
thumbprint CHAR(43) CHARACTER SET ascii COLLATE ascii_bin NOT NULL
bound_at DATETIME NOT NULL
sequence INT UNSIGNED NOT NULL DEFAULT 0
previous INT UNSIGNED NULL
following INT UNSIGNED NOT NULL DEFAULT 0
sequence_at DATETIME NULL
copies INT UNSIGNED NOT NULL DEFAULT 0
copied_at DATETIME NULL
PRIMARY KEY (card_id, machine_code)
KEY idx_copied_at (copied_at)

-- table: licences
id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT
card_id BIGINT UNSIGNED NOT NULL
machine_code VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL
thumbprint CHAR(43) CHARACTER SET ascii COLLATE ascii_bin NULL
kid CHAR(43) CHARACTER SET ascii COLLATE ascii_bin NOT NULL
until DATETIME NULL
certified_at DATETIME NOT NULL
act_id BIGINT UNSIGNED NOT NULL
PRIMARY KEY (id)
KEY idx_card_id (card_id, machine_code)

-- table: refinery_schema_history
