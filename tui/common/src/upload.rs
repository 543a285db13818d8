//! Opening a file of codes, from the disk or from standard input.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use crate::paths::expand;

/// The file, where `~/` is the home and `-` is standard input.
pub fn open(path: &Path) -> io::Result<Box<dyn Read>> {
    if path == Path::new("-") {
        return Ok(Box::new(io::stdin().lock()));
    }
    open_file(path)
}

/// The file, where `~/` is the home.
pub fn open_file(path: &Path) -> io::Result<Box<dyn Read>> {
    Ok(Box::new(File::open(expand(path))?))
}
