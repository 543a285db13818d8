-- What customers did to cards by themselves: moved one to another machine, topped one up, began a trial. It is written by the
-- routines that do it, as operator_log is by those of operators, and never changed.

CREATE TABLE IF NOT EXISTS customer_log (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
    card_id BIGINT UNSIGNED NOT NULL,
    -- UNBIND, RECHARGE, BURN (of the card that topped another up), TRIAL.
    act VARCHAR(16) NOT NULL,
    done_at DATETIME NOT NULL,
    -- The machine that lost its seat, or began the trial.
    machine_code VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
    -- Of two cards the other one.
    other_card_id BIGINT UNSIGNED NULL,
    -- The columns of the card that it changed, as operator_log has them.
    values_before JSON NULL,
    values_after JSON NULL,
    PRIMARY KEY (id),
    KEY idx_card_id (card_id, act, done_at)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;
