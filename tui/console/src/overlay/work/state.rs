//! The progress of what is being done to cards.

use crate::input::place::Place;
use crate::state::overlay::Overlay;

/// The progress of the model's work, which alone knows how far it is.
#[derive(Clone, Copy, Debug)]
pub struct Progress;

impl Overlay for Progress {
    fn place(&self) -> Place {
        Place::Work
    }
}
