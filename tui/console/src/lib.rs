//! The console: a pure core in the middle, the terminal and the database at its two ends.

pub mod input;
pub mod shell;
pub mod state;
pub mod update;
pub mod view;

pub use self::shell::{ask_password, run};
