//! How much of a source that nobody vouches for is taken in.

/// The most bytes of a file of codes: twice what a million cards with their notes need.
pub const MAX_BYTES: u64 = 64 * 1024 * 1024;

/// The most lines that say no card before a file counts as no file of codes.
pub const MAX_MALFORMED: usize = 10_000;

/// The most characters of a code: the width of its column.
pub(super) const MAX_CODE: usize = 64;
