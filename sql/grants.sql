-- What each role may do, and no more. `kami grants --for ROLE NAME` prints a role's part of this file with names and
-- password put in; the console and `kami doctor` read here what an act needs. It is not run as it stands.
--
-- {account} is NAME@HOST, {database} the database. Rights are on tables and routines by name, so that run `kami migrate`
-- first, and this again after it for each account when a new version brings what a role needs.
--
-- After `-- formerly:` stands what older versions gave a role beyond that: `kami grants --narrow` takes it back.

-- role: viewer
-- Looks at cards, batches, statistics and the log, and changes nothing.
GRANT SELECT ON {database}.`cards` TO {account};
GRANT SELECT ON {database}.`batches` TO {account};
GRANT SELECT ON {database}.`acts` TO {account};
GRANT SELECT ON {database}.`operator_log` TO {account};
GRANT SELECT ON {database}.`apps` TO {account};
GRANT SELECT ON {database}.`card_seats` TO {account};
GRANT SELECT ON {database}.`customer_log` TO {account};
GRANT SELECT ON {database}.`presets` TO {account};
GRANT SELECT ON {database}.`blocks` TO {account};
GRANT SELECT ON {database}.`mismatches` TO {account};
GRANT SELECT ON {database}.`device_keys` TO {account};
GRANT SELECT ON {database}.`licences` TO {account};
GRANT SELECT ON {database}.`refinery_schema_history` TO {account};

-- role: operator
-- Does everything that the console offers, and nothing of it without its row of the log: an act begins with a row in
-- acts, to which the server adds account and time, and the routines do the rest. What stands in log, acts and batches
-- stays as it is. To change the day of a card's last change is of no use but to lock it, for which MySQL wants a right.
GRANT SELECT, UPDATE (`updated_at`) ON {database}.`cards` TO {account};
GRANT SELECT ON {database}.`batches` TO {account};
GRANT SELECT, INSERT (`act`, `operator`, `undoes`) ON {database}.`acts` TO {account};
GRANT SELECT ON {database}.`operator_log` TO {account};
GRANT SELECT ON {database}.`apps` TO {account};
GRANT SELECT ON {database}.`card_seats` TO {account};
GRANT SELECT ON {database}.`customer_log` TO {account};
GRANT SELECT ON {database}.`presets` TO {account};
GRANT SELECT ON {database}.`blocks` TO {account};
GRANT SELECT ON {database}.`mismatches` TO {account};
GRANT SELECT ON {database}.`device_keys` TO {account};
GRANT SELECT ON {database}.`licences` TO {account};
GRANT SELECT ON {database}.`refinery_schema_history` TO {account};
GRANT EXECUTE ON PROCEDURE {database}.`change_cards_2` TO {account};
GRANT EXECUTE ON PROCEDURE {database}.`restore_cards_2` TO {account};
GRANT EXECUTE ON PROCEDURE {database}.`make_batch_2` TO {account};
GRANT EXECUTE ON PROCEDURE {database}.`add_cards_2` TO {account};
GRANT EXECUTE ON PROCEDURE {database}.`hold_act` TO {account};
GRANT EXECUTE ON PROCEDURE {database}.`close_act` TO {account};
GRANT EXECUTE ON PROCEDURE {database}.`hold_app` TO {account};
GRANT EXECUTE ON PROCEDURE {database}.`save_app` TO {account};
GRANT EXECUTE ON PROCEDURE {database}.`save_preset_2` TO {account};
GRANT EXECUTE ON PROCEDURE {database}.`make_batch_3` TO {account};
GRANT EXECUTE ON PROCEDURE {database}.`hold_blocks` TO {account};
GRANT EXECUTE ON PROCEDURE {database}.`save_blocks` TO {account};
GRANT EXECUTE ON PROCEDURE {database}.`remove_blocks` TO {account};
GRANT EXECUTE ON PROCEDURE {database}.`delete_cards_3` TO {account};
GRANT EXECUTE ON PROCEDURE {database}.`clear_device_keys` TO {account};
GRANT EXECUTE ON PROCEDURE {database}.`certify_card` TO {account};

-- formerly: operator
GRANT INSERT, DELETE, UPDATE (`prefix`, `full_code`, `status`, `duration_seconds`, `machine_code`, `note`, `used_at`,
    `expire_at`) ON {database}.`cards` TO {account};
GRANT INSERT ON {database}.`batches` TO {account};
GRANT INSERT, UPDATE (`card_count`, `undone_by`) ON {database}.`acts` TO {account};
GRANT INSERT ON {database}.`operator_log` TO {account};
GRANT EXECUTE ON PROCEDURE {database}.`change_cards` TO {account};
GRANT EXECUTE ON PROCEDURE {database}.`delete_cards` TO {account};
GRANT EXECUTE ON PROCEDURE {database}.`restore_cards` TO {account};
GRANT EXECUTE ON PROCEDURE {database}.`make_batch` TO {account};
GRANT EXECUTE ON PROCEDURE {database}.`add_cards` TO {account};
GRANT EXECUTE ON PROCEDURE {database}.`save_preset` TO {account};
GRANT EXECUTE ON PROCEDURE {database}.`delete_cards_2` TO {account};

-- role: admin
-- An operator who also upgrades the schema (all of migrate), and removes what the log has kept for long enough. Whoever
-- changes tables can go round everything here: it is for few. Accounts are not made with it: CREATE USER is a right on
-- the whole server, with which one could take over every account there is.
GRANT DELETE ON {database}.`acts` TO {account};
GRANT DELETE ON {database}.`operator_log` TO {account};

-- role: function
-- The API: reads cards, apps and who is kept out, though not why; activates, binds, unbinds and expires cards that are to be.
-- A card it makes none but that of a machine's one trial, where an operator lets an app offer it.
-- It counts which cards machines ask for in vain, and reads nothing of that.
GRANT SELECT ON {database}.`cards` TO {account};
GRANT SELECT ON {database}.`apps` TO {account};
GRANT SELECT ON {database}.`policy_revision` TO {account};
GRANT SELECT ON {database}.`card_seats` TO {account};
GRANT SELECT (`app`, `kind`, `target`, `until`) ON {database}.`blocks` TO {account};
GRANT SELECT ON {database}.`device_keys` TO {account};
GRANT EXECUTE ON PROCEDURE {database}.`activate_card` TO {account};
GRANT EXECUTE ON PROCEDURE {database}.`bind_card` TO {account};
GRANT EXECUTE ON PROCEDURE {database}.`activate_card_2` TO {account};
GRANT EXECUTE ON PROCEDURE {database}.`renew_seat` TO {account};
GRANT EXECUTE ON PROCEDURE {database}.`take_seat` TO {account};
GRANT EXECUTE ON PROCEDURE {database}.`release_seat` TO {account};
GRANT EXECUTE ON PROCEDURE {database}.`take_points` TO {account};
GRANT EXECUTE ON PROCEDURE {database}.`recharge_card` TO {account};
GRANT EXECUTE ON PROCEDURE {database}.`start_trial` TO {account};
GRANT EXECUTE ON PROCEDURE {database}.`bind_card_2` TO {account};
GRANT EXECUTE ON PROCEDURE {database}.`take_seat_2` TO {account};
GRANT EXECUTE ON PROCEDURE {database}.`unbind_seat` TO {account};
GRANT EXECUTE ON PROCEDURE {database}.`start_trial_2` TO {account};
GRANT EXECUTE ON PROCEDURE {database}.`unbind_seat_2` TO {account};
GRANT EXECUTE ON PROCEDURE {database}.`read_point_use` TO {account};
GRANT EXECUTE ON PROCEDURE {database}.`note_mismatches` TO {account};
GRANT EXECUTE ON PROCEDURE {database}.`activate_card_3` TO {account};
GRANT EXECUTE ON PROCEDURE {database}.`bind_card_3` TO {account};
GRANT EXECUTE ON PROCEDURE {database}.`take_seat_3` TO {account};
GRANT EXECUTE ON PROCEDURE {database}.`take_device_key` TO {account};
GRANT EXECUTE ON PROCEDURE {database}.`note_sequence` TO {account};
GRANT EXECUTE ON PROCEDURE {database}.`note_copy` TO {account};
GRANT EXECUTE ON PROCEDURE {database}.`forget_device_keys` TO {account};
GRANT EXECUTE ON PROCEDURE {database}.`expire_cards` TO {account};
GRANT EXECUTE ON PROCEDURE {database}.`expire_cards_2` TO {account};

-- formerly: function
GRANT UPDATE (`status`, `machine_code`, `used_at`, `expire_at`, `updated_at`) ON {database}.`cards` TO {account};

-- role: expire
-- The expiry job: sees which cards are overdue, and marks these.
GRANT SELECT (`id`, `status`, `expire_at`) ON {database}.`cards` TO {account};
GRANT EXECUTE ON PROCEDURE {database}.`expire_cards` TO {account};
GRANT EXECUTE ON PROCEDURE {database}.`expire_cards_2` TO {account};
GRANT EXECUTE ON PROCEDURE {database}.`forget_point_uses` TO {account};
GRANT EXECUTE ON PROCEDURE {database}.`forget_mismatches` TO {account};

-- formerly: expire
GRANT UPDATE (`status`, `updated_at`) ON {database}.`cards` TO {account};

-- role: migrate
-- Makes the database and changes its tables and routines, in no other database. The routines work with its rights: what
-- they write, it may write. CREATE beside a right on a table lets it be given before there is such a table.
GRANT SELECT, INSERT, CREATE, ALTER, INDEX, CREATE ROUTINE, EXECUTE ON {database}.* TO {account};
GRANT CREATE, UPDATE, DELETE ON {database}.`cards` TO {account};
GRANT CREATE, UPDATE ON {database}.`acts` TO {account};
GRANT CREATE, UPDATE, DELETE ON {database}.`apps` TO {account};
GRANT CREATE, UPDATE ON {database}.`policy_revision` TO {account};
GRANT CREATE, UPDATE, DELETE ON {database}.`card_seats` TO {account};
GRANT CREATE, DELETE ON {database}.`point_uses` TO {account};
GRANT CREATE ON {database}.`customer_log` TO {account};
GRANT CREATE, UPDATE, DELETE ON {database}.`presets` TO {account};
GRANT CREATE, UPDATE, DELETE ON {database}.`blocks` TO {account};
GRANT CREATE, UPDATE ON {database}.`trials` TO {account};
GRANT CREATE, UPDATE, DELETE ON {database}.`mismatches` TO {account};
GRANT CREATE, UPDATE, DELETE ON {database}.`device_keys` TO {account};
