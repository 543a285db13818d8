//! What changes the model: the table, its filters and marks, the settings, and what is kept.

pub(crate) mod apps;
pub(crate) mod batch;
pub(crate) mod codes;
pub(crate) mod columns;
pub(crate) mod copy;
pub(crate) mod counts;
pub(crate) mod filters;
pub(crate) mod keep;
pub(crate) mod marks;
pub(crate) mod presets;
pub(crate) mod quit;
pub(crate) mod schema;
pub(crate) mod settings;
pub(crate) mod start;
pub(crate) mod table;
pub(crate) mod target;
pub(crate) mod views;
