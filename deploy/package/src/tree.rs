//! A folder in which a package is laid out.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use anyhow::Context as _;

/// The folder that stands for the root, or for the top of the tarball; the folders in it are made as they are needed.
#[derive(Debug)]
pub(crate) struct Tree {
    root: PathBuf,
}

impl Tree {
    /// The tree whose root is this folder.
    pub(crate) fn new(root: &Path) -> Self {
        Self { root: root.to_owned() }
    }

    /// A file of text that all may read.
    pub(crate) fn text(&self, path: &str, text: impl AsRef<[u8]>) -> anyhow::Result<()> {
        self.write(path, text.as_ref(), 0o644)
    }

    /// A script that all may run.
    pub(crate) fn script(&self, path: &str, text: &str) -> anyhow::Result<()> {
        self.write(path, text.as_bytes(), 0o755)
    }

    /// A copy of a file that all may read.
    pub(crate) fn copy(&self, path: &str, from: &Path) -> anyhow::Result<()> {
        self.write(path, &read(from)?, 0o644)
    }

    /// A copy of a program, or the link to another beside it that it is.
    pub(crate) fn program(&self, path: &str, from: &Path) -> anyhow::Result<()> {
        match fs::read_link(from) {
            Ok(program) => {
                let path = self.path(path)?;
                symlink(program, &path).with_context(|| path.display().to_string())
            }
            Err(_) => self.write(path, &read(from)?, 0o755),
        }
    }

    /// How much its files take in kibibytes, as Debian counts: each file rounded up, each folder as one.
    pub(crate) fn kibibytes(&self) -> anyhow::Result<u64> {
        kibibytes(&self.root)
    }

    /// Where a file comes to lie, in a folder that is there then.
    fn path(&self, path: &str) -> anyhow::Result<PathBuf> {
        let path = self.root.join(path);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
        }
        Ok(path)
    }

    fn write(&self, path: &str, bytes: &[u8], mode: u32) -> anyhow::Result<()> {
        let path = self.path(path)?;
        let said = || path.display().to_string();
        fs::write(&path, bytes).with_context(said)?;
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).with_context(said)
    }
}

fn kibibytes(folder: &Path) -> anyhow::Result<u64> {
    let mut sum = 1;
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let entry = entry?;
        sum += if entry.file_type()?.is_dir() {
            kibibytes(&entry.path())?
        } else {
            entry.metadata()?.len().div_ceil(1024)
        };
    }
    Ok(sum)
}

fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    fs::read(path).with_context(|| path.display().to_string())
}
