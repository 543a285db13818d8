//! Which cards an act or a survey is for.

use kami_core::filter::Filter;

/// Which cards an act is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selection {
    /// These ones.
    Ids(Vec<u64>),
    /// All that a filter lets through when the act begins, if it still does when their turn comes.
    Filter(Filter),
    /// The same among the cards up to a number: whatever is made after it was read is left alone.
    UpTo {
        /// What lets cards through.
        filter: Filter,
        /// The greatest number, as [`Store::newest_card`](crate::Store::newest_card) read it.
        newest: u64,
    },
}
