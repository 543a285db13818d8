//! The console: a pure core in the middle, the terminal and the database at its two ends.

pub mod input;
mod layout;
pub mod overlay;
pub mod shell;
pub mod state;
pub mod turn;
mod update;
mod view;
#[cfg(test)]
mod widths;

pub use self::shell::{ask_password, run};
