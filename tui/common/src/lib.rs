//! What the console and the command line share: the words, the settings, and what is done with files.

pub mod block_import;
pub mod causes;
pub mod cells;
pub mod column;
pub mod export;
pub mod fault;
pub mod key_file;
pub mod moment;
pub mod notice;
pub mod odds;
pub mod paths;
pub mod period;
pub mod reason;
pub mod saved_view;
pub mod schema;
pub mod search_in;
pub mod settings;
pub mod shade;
pub mod shown;
pub mod size;
pub mod touch;
pub mod upload;
pub mod words;

rust_i18n::i18n!("locales", fallback = "en");
