//! Reading a file of codes from the disk or from standard input, up to a size.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use thiserror::Error;

use crate::paths::expand;

/// The most bytes of a file of codes: twice what a million cards with their notes need.
pub const MAX_BYTES: u64 = 64 * 1024 * 1024;

/// Why a file of codes cannot be read.
#[derive(Debug, Error)]
pub enum UploadError {
    /// It has more than [`MAX_BYTES`].
    #[error("it has more than {} MB", MAX_BYTES / 1024 / 1024)]
    TooLarge,
    /// It is no UTF-8.
    #[error("it is not UTF-8 text")]
    NotText,
    /// The system refuses.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// The text of a file, where `~/` is the home.
pub fn read_file(path: &Path) -> Result<String, UploadError> {
    read(File::open(expand(path))?)
}

/// The text of any source.
pub fn read(source: impl Read) -> Result<String, UploadError> {
    let mut bytes = Vec::new();
    source.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(UploadError::TooLarge);
    }
    String::from_utf8(bytes).map_err(|_| UploadError::NotText)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_read_up_to_the_limit() {
        assert_eq!(read(&b"VIP-A\n"[..]).unwrap(), "VIP-A\n");
        assert!(matches!(read(&b"VIP-\xff"[..]), Err(UploadError::NotText)));
        assert!(matches!(read(io::repeat(b'A')), Err(UploadError::TooLarge)));
        let full = io::repeat(b'A').take(MAX_BYTES);
        assert_eq!(read(full).unwrap().len() as u64, MAX_BYTES);
        assert!(matches!(read_file(Path::new("/nowhere/codes.txt")), Err(UploadError::Io(_))));
    }
}
