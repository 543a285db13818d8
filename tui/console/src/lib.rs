//! The console: a pure core in the middle, the terminal and the database at its two ends.

pub mod act;
pub mod backend;
pub mod burst;
pub mod cards;
pub mod clipboard;
pub mod field;
pub mod form;
pub mod fuzzy;
pub mod import;
pub mod key;
pub mod keymap;
mod line;
pub mod log_list;
pub mod message;
pub mod model;
pub mod order;
pub mod overlay;
mod password;
pub mod picker;
pub mod pointer;
pub mod query;
pub mod refusal;
mod run;
pub mod search;
pub mod session;
pub mod settings;
pub mod statistics;
pub mod suits;
pub mod terminal;
pub mod theme;
pub mod unready;
pub mod update;
pub mod view;
mod worker;

pub use self::password::ask_password;
pub use self::run::run;
