//! The console as its operator meets it: keys in, screens out.

#![expect(clippy::unwrap_used, reason = "in a test the panic is the report")]

mod acts;
mod apps;
mod block_files;
mod blocks;
mod bursts;
mod contrast;
mod copied_keys;
mod copies;
mod ends;
mod fixtures;
mod gate;
mod imports;
mod journey;
mod kinds;
mod licences;
mod locales;
mod log;
mod pictures;
mod preferences;
mod presets;
mod pseudo_terminal;
mod rules;
mod screens;
mod seats;
mod shared;
mod strict;
mod suits;
mod tmux;
mod truth;
mod undo;
mod unready;
mod unrecharge;
mod update;
mod wire;
mod worth;
