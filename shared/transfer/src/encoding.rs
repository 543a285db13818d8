//! How the characters of a file may be written.

/// How the characters of a file are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// What nearly everybody writes.
    Utf8,
    /// What Excel calls Unicode text.
    Utf16,
    /// What Chinese Windows writes, GBK and GB2312 among it.
    Gb18030,
}
