//! The console of kami. The binary only wires: everything it does is here.

pub mod causes;
pub mod cells;
pub mod command;
pub mod console;
pub mod export;
pub mod fault;
mod head;
pub mod moment;
pub mod notice;
pub mod odds;
pub mod paths;
pub mod period;
pub mod settings;
pub mod size;
pub mod touch;
pub mod upload;
pub mod words;

rust_i18n::i18n!("locales", fallback = "en");
