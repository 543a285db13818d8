//! The detail of the card under the cursor.

use crate::input::place::Place;
use crate::state::overlay::Overlay;

/// The detail of the card under the cursor, over the table.
#[derive(Clone, Copy, Debug, Default)]
pub struct Detail {
    /// How many lines of it are scrolled away.
    pub scroll: usize,
}

impl Overlay for Detail {
    fn place(&self) -> Place {
        Place::Detail
    }
}
