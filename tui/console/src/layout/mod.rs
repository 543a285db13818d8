//! Where everything stands on the screen: what is drawn there and what a click finds there agree by it.

pub(crate) mod areas;
pub(crate) mod filter_line;
pub(crate) mod frames;
pub(crate) mod hints;
pub(crate) mod text;
