//! Where a licence goes: a new file, or standard output.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use kami_common::paths::expand;
use kami_common::words::Language;

use super::super::failure::Failure;
use super::super::keys::unwritten;

/// A new file, which is there before its card is touched, and goes again where it is not written.
///
/// Others may read it, as any file of its user: it is made to be carried away, and of use on one machine alone.
pub(super) struct Place {
    path: PathBuf,
    file: File,
    is_written: bool,
}

impl Place {
    /// Makes the file; one that is there stays what it is.
    pub(super) fn make(language: Language, path: &Path) -> Result<Self, Failure> {
        let path = expand(path);
        let made = OpenOptions::new().write(true).create_new(true).open(&path);
        let file = made.map_err(|error| unwritten(language, &path, &error))?;
        Ok(Self { path, file, is_written: false })
    }

    /// Its name.
    pub(super) fn shown(&self) -> String {
        self.path.display().to_string()
    }

    /// Writes all of it.
    pub(super) fn write(&mut self, text: &str) -> io::Result<()> {
        self.file.write_all(text.as_bytes())?;
        self.file.sync_all()?;
        self.is_written = true;
        Ok(())
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if !self.is_written {
            drop(fs::remove_file(&self.path));
        }
    }
}
