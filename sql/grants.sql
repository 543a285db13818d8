-- What each role may do, and no more. `kami grants --for ROLE NAME` prints a role's part of this file with names and
-- password put in; the console and `kami doctor` read here what an act needs. It is not run as it stands.
--
-- {account} is NAME@HOST, {database} the database. Rights are on tables by name, so that run `kami migrate` first, and
-- this again after it for each account when a new version brings a table or column that a role needs.

-- role: viewer
-- Looks at cards, batches, statistics and the log, and changes nothing.
GRANT SELECT ON {database}.`cards` TO {account};
GRANT SELECT ON {database}.`batches` TO {account};
GRANT SELECT ON {database}.`acts` TO {account};
GRANT SELECT ON {database}.`operator_log` TO {account};
GRANT SELECT ON {database}.`refinery_schema_history` TO {account};

-- role: operator
-- Does everything that the console offers. What stands in the log and in a batch stays as it is; of an act only how
-- many cards it has changed so far, and what undid it, are written later. A card keeps its id, batch and birth. Which
-- account it was and when an act was done, the server writes down: no INSERT reaches these columns.
GRANT SELECT, INSERT, DELETE, UPDATE (`prefix`, `full_code`, `status`, `duration_seconds`, `machine_code`, `note`,
    `used_at`, `expire_at`, `updated_at`) ON {database}.`cards` TO {account};
GRANT SELECT, INSERT (`origin`, `prefix`, `card_count`, `code_length`, `duration_seconds`, `note`, `operator`,
    `created_at`) ON {database}.`batches` TO {account};
GRANT SELECT, INSERT (`act`, `operator`, `card_count`, `batch_id`, `undoes`), UPDATE (`card_count`, `undone_by`)
    ON {database}.`acts` TO {account};
GRANT SELECT, INSERT (`act_id`, `act`, `operator`, `card_id`, `batch_id`, `full_code`, `values_before`,
    `values_after`) ON {database}.`operator_log` TO {account};
GRANT SELECT ON {database}.`refinery_schema_history` TO {account};

-- role: admin
-- An operator who also upgrades the schema (all of migrate), and removes what the log has kept for long enough: it can
-- be made shorter, and no row of it can be changed. Accounts are not made with it: CREATE USER is a right on the whole
-- server, with which one could take over every account there is.
GRANT DELETE ON {database}.`acts` TO {account};
GRANT DELETE ON {database}.`operator_log` TO {account};

-- role: function
-- The API: reads cards, and writes what an activation and the end of a card's time change.
GRANT SELECT, UPDATE (`status`, `machine_code`, `used_at`, `expire_at`, `updated_at`) ON {database}.`cards` TO {account};

-- role: expire
-- The expiry job: sees which cards are overdue, and marks them.
GRANT SELECT (`id`, `status`, `expire_at`), UPDATE (`status`, `updated_at`) ON {database}.`cards` TO {account};

-- role: migrate
-- Makes the database and changes its tables, in no other database. Rows are changed only in cards, where a migration
-- fills in what the Flask service left open; CREATE beside it lets the right be given before there is such a table.
GRANT SELECT, INSERT, CREATE, ALTER, INDEX ON {database}.* TO {account};
GRANT CREATE, UPDATE ON {database}.`cards` TO {account};
