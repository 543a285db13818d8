//! What the console knows.

pub mod apps;
pub mod cards;
pub mod clipboard;
pub mod import;
pub mod log_query;
pub mod message;
pub mod model;
pub mod order;
pub mod overlay;
pub mod presets;
pub mod query;
pub mod refusal;
pub mod search;
pub mod session;
pub mod settings;
pub mod statistics;
pub mod suits;
pub mod theme;
pub mod unready;
