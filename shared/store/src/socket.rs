//! Whether a Unix socket is the server's: nobody else can have put one at its path.
//!
//! Who may write to a directory may put a socket of his own there while the server is down, and is then told the
//! password. Who connects learns only afterwards, if at all, who is at the other end; but as long as no stranger can
//! put anything on the way to the path, there is no need to.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::fs::Metadata;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path, PathBuf};

use thiserror::Error;

/// A socket that may be a stranger's.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "{}, which belongs to the user {owner}, may be a stranger's, since others may write to its directory: have the server make its socket in a directory of its own",
    .entry.display()
)]
pub struct UntrustedSocket {
    /// What may be a stranger's: the socket, or a directory or a link on the way to it.
    pub entry: PathBuf,
    /// The number of the user whom it belongs to.
    pub owner: u32,
}

/// Why a socket is not connected to.
#[derive(Debug, Error)]
pub(crate) enum SocketError {
    /// It may be a stranger's.
    #[error(transparent)]
    Untrusted(#[from] UntrustedSocket),
    /// It is not there, or cannot be reached.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// As many links as Linux follows on the way to a file.
const MAX_LINKS: usize = 40;

/// The bits of a directory's mode by which group and others may write to it.
const WRITABLE: u32 = 0o022;

/// The bit by which they may add to it, but neither rename nor remove what is another's.
const STICKY: u32 = 0o1000;

/// The number of the user whom the socket at a path belongs to.
pub fn owner(path: &Path) -> io::Result<u32> {
    Ok(std::fs::metadata(path)?.uid())
}

/// Goes along a path, links included, and looks whether a stranger can have put anything there.
pub(crate) fn verify(path: &Path) -> Result<(), SocketError> {
    let myself = rustix::process::geteuid().as_raw();
    let mut reached = PathBuf::from("/");
    let mut directory = std::fs::symlink_metadata(&reached)?;
    let mut ahead = names(&std::path::absolute(path)?);
    let mut links = 0;
    while let Some(name) = ahead.pop_front() {
        if name == ".." {
            reached.pop();
            directory = std::fs::symlink_metadata(&reached)?;
            continue;
        }
        let entry = reached.join(name);
        let found = std::fs::symlink_metadata(&entry)?;
        if !Ownership::from(&directory).keeps(found.uid(), myself) {
            return Err(UntrustedSocket { entry, owner: found.uid() }.into());
        }
        if found.is_symlink() {
            links += 1;
            if links > MAX_LINKS {
                return Err(io::Error::from(rustix::io::Errno::LOOP).into());
            }
            let target = std::fs::read_link(&entry)?;
            if target.is_absolute() {
                reached = PathBuf::from("/");
                directory = std::fs::symlink_metadata(&reached)?;
            }
            for name in names(&target).into_iter().rev() {
                ahead.push_front(name);
            }
        } else {
            (reached, directory) = (entry, found);
        }
    }
    Ok(())
}

/// The names in a path, without its root.
fn names(path: &Path) -> VecDeque<OsString> {
    let named = |component: &Component| matches!(component, Component::Normal(_) | Component::ParentDir);
    path.components().filter(named).map(|component| component.as_os_str().to_owned()).collect()
}

/// Who something in a file system belongs to, and what others may do with it.
#[derive(Clone, Copy)]
struct Ownership {
    owner: u32,
    mode: u32,
}

impl From<&Metadata> for Ownership {
    fn from(metadata: &Metadata) -> Self {
        Self { owner: metadata.uid(), mode: metadata.mode() }
    }
}

impl Ownership {
    /// Whether what `owner` has in this directory was put there by the directory's owner, by root or by us. The
    /// directory itself has been looked at before, so that its owner is whom root or we gave it to.
    fn keeps(self, owner: u32, myself: u32) -> bool {
        self.mode & WRITABLE == 0 || self.mode & STICKY != 0 && [0, myself, self.owner].contains(&owner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_stranger_cannot_have_put_there_is_trusted() {
        let (root, mysql, myself, stranger) = (0, 112, 1000, 1001);
        for (owner, mode, trusted) in [
            (root, 0o755, &[root, mysql, myself, stranger][..]),
            (mysql, 0o755, &[root, mysql, myself, stranger]),
            (mysql, 0o700, &[root, mysql, myself, stranger]),
            (root, 0o1777, &[root, myself]),
            (mysql, 0o1777, &[root, mysql, myself]),
            (mysql, 0o1775, &[root, mysql, myself]),
            (root, 0o777, &[]),
            (mysql, 0o775, &[]),
            (myself, 0o757, &[]),
        ] {
            let directory = Ownership { owner, mode: mode | 0o040_000 };
            for entry in [root, mysql, myself, stranger] {
                let expected = trusted.contains(&entry);
                assert_eq!(directory.keeps(entry, myself), expected, "{entry} in {mode:o} of {owner}");
            }
        }
    }
}
