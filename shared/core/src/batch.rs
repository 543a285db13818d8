//! What bounds a batch.

/// The most cards of one batch.
pub const MAX_BATCH: u32 = 1_000_000;
