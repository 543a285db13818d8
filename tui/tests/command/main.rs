//! The subcommands as their users run them: arguments in, standard output, standard error and exit code out.

#![expect(clippy::unwrap_used, reason = "in a test the panic is the report")]

mod acts;
mod apps;
mod block;
mod certify;
mod copied_keys;
mod export;
mod fixtures;
mod gate;
mod generate;
mod import;
mod import_memory;
mod keys;
mod kinds;
mod languages;
mod list;
mod migrate;
mod outages;
mod presets;
mod reports;
mod roles;
mod seats;
mod servers;
mod shared;
mod ssh;
mod terminal;
mod unbind;
mod unrecharge;
