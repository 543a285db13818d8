//! Cards in files: what goes out to sellers and spreadsheets, and what comes in.

use std::fmt;

use crate::card::mask;
use crate::duration::CardDuration;
use crate::operator::Note;
use crate::prefix::Prefix;

/// A card that is to be imported.
#[derive(Clone, PartialEq, Eq)]
pub struct ImportCard {
    /// The prefix of its code.
    pub prefix: Prefix,
    /// The code behind the prefix.
    pub code: String,
    /// How long it lasts from its activation.
    pub duration: CardDuration,
    /// What is written down about it.
    pub note: Option<Note>,
}

impl ImportCard {
    /// The code that the customer types.
    pub fn full_code(&self) -> String {
        format!("{}-{}", self.prefix, self.code)
    }
}

/// Shows no more of the code than a log line may hold.
impl fmt::Debug for ImportCard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ImportCard")
            .field("full_code", &mask(&self.full_code()))
            .field("duration", &self.duration)
            .finish_non_exhaustive()
    }
}
