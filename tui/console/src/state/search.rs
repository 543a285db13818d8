//! How far a search has come that looks through all cards.

use kami_store::SearchCursor;

/// How far a search has come.
#[derive(Clone, Debug)]
pub struct Progress {
    /// How many cards were looked through.
    pub done: u64,
    /// How many there are to look through.
    pub total: u64,
    /// Where it goes on; at the end there is nothing.
    pub next: Option<SearchCursor>,
}

impl Progress {
    /// The part that is done, in per cent.
    pub fn percent(&self) -> u64 {
        (self.done * 100).checked_div(self.total).unwrap_or(100).min(100)
    }
}
