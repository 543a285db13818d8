//! How far something with many cards has come, told on its way.

use std::ops::ControlFlow;

/// How far an act on many cards has come.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ActProgress {
    /// How many cards were looked at.
    pub looked_at: u64,
    /// How many of them were changed.
    pub done: u64,
    /// How much of the way is behind it, 0 to 1.
    pub share: f64,
}

/// Hears how far an act has come, and says whether to go on.
pub type OnProgress<'a> = &'a (dyn Fn(ActProgress) -> ControlFlow<()> + Send + Sync);

/// The part of the way that is behind, 0 to 1.
#[expect(clippy::cast_precision_loss, reason = "a share is shown in whole percents")]
pub(crate) fn share(behind: u64, all: u64) -> f64 {
    if all == 0 { 1.0 } else { behind as f64 / all as f64 }
}
