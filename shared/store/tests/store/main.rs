//! The store against real servers.

#![expect(clippy::unwrap_used, reason = "in a test the panic is the report")]

mod acts;
mod any_table;
mod apps;
mod batches;
mod blocks;
mod card_history;
mod character_sets;
mod commits;
mod conflicts;
mod copied_keys;
mod expiry;
mod failures;
mod flask_table;
mod hang_ups;
mod inspection;
mod licences;
mod limits;
mod listing;
mod listing_seats;
mod migrations;
mod mismatches;
mod password;
mod points;
mod presets;
mod recharge;
mod round_trips;
mod rows_read;
mod seat_acts;
mod seats;
mod server_settings;
mod spellings;
mod statistics;
mod surveys;
mod table_forms;
mod takeover;
mod tls;
mod trials;
mod unbind;
mod unbind_model;
mod unreadable;
mod validation;

use kami_core::card::{CardCode, MachineCode};

fn code(text: &str) -> CardCode {
    CardCode::parse(text).unwrap()
}

fn machine(text: &str) -> MachineCode {
    MachineCode::parse(text).unwrap()
}
