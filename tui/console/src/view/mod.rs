//! The panels, one function each, and the brushes that they and the overlays use.

pub(crate) mod bar;
pub(crate) mod counts;
pub(crate) mod empty;
pub(crate) mod filter_line;
pub(crate) mod header;
pub(crate) mod hints;
pub(crate) mod notice;
pub(crate) mod paint;
pub(crate) mod table;
