//! What a file of codes comes to.

use super::notice::Notice;
use super::refusal::Malformed;
use kami_core::import::ImportCards;

/// What a file holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parsed {
    /// The cards, each with the number of its line.
    pub cards: ImportCards,
    /// The lines that say no card, and why: at most [`MAX_MALFORMED`](super::bounds::MAX_MALFORMED).
    pub malformed: Vec<Malformed>,
    /// What was taken for granted or passed over.
    pub notices: Vec<Notice>,
}
