//! Where a server's socket lies.

use std::fs;
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::Path;

use super::folder::Folder;
use super::settings::Settings;
use crate::{Failure, random};

/// Chooses the socket's path: it has room for about 100 bytes, and a longer one goes to a folder that only its owner may
/// enter.
pub(super) fn place(folder: &Folder, settings: &mut Settings) -> Result<(), Failure> {
    if settings.socket.is_empty() {
        let inside = folder.file("mysql.sock");
        if inside.len() <= 100 {
            settings.socket = inside;
            return Ok(());
        }
    } else if is_inside(folder, &settings.socket) || is_still_ours(Path::new(&settings.socket)) {
        return Ok(());
    }
    let outside =
        folder_outside().map_err(|_| Failure::new("no temporary folder for the socket can be made"))?;
    settings.socket = format!("{outside}/mysql.sock");
    Ok(())
}

/// Removes what a server left of its socket, and the folder that was made for it.
pub(super) fn remove(folder: &Folder, socket: &str) {
    if socket.is_empty() {
        return;
    }
    remove_left(socket);
    if let Some(parent) = Path::new(socket).parent()
        && !is_inside(folder, socket)
    {
        drop(fs::remove_dir(parent));
    }
}

/// Removes what a server that was killed left of its socket.
pub(super) fn remove_left(socket: &str) {
    drop(fs::remove_file(socket));
    drop(fs::remove_file(format!("{socket}.lock")));
}

fn is_inside(folder: &Folder, socket: &str) -> bool {
    Path::new(socket).starts_with(folder.path())
}

// Whether the folder of a socket that was placed outside can be had again.
fn is_still_ours(socket: &Path) -> bool {
    let Some(parent) = socket.parent() else { return false };
    let owner = rustix::process::geteuid().as_raw();
    make_private(parent).is_ok()
        || fs::symlink_metadata(parent).is_ok_and(|file| file.is_dir() && file.uid() == owner)
}

fn folder_outside() -> io::Result<String> {
    let mut last = io::Error::other("no folder");
    for base in [std::env::temp_dir(), "/tmp".into()] {
        for _ in 0..10 {
            let path = base.join(format!("kami-{}", &random::word()?[..8]));
            let Some(text) = path.to_str().filter(|text| text.len() <= 90) else { break };
            match make_private(&path) {
                Ok(()) => return Ok(text.to_owned()),
                Err(error) => last = error,
            }
        }
    }
    Err(last)
}

fn make_private(path: &Path) -> io::Result<()> {
    fs::DirBuilder::new().mode(0o700).create(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch::Scratch;

    #[test]
    fn socket_of_a_short_folder_is_in_it() {
        let folder = Folder::at(Path::new("/data")).unwrap();
        let mut settings = Settings::default();
        place(&folder, &mut settings).unwrap();
        assert_eq!(settings.socket, "/data/mysql.sock");
    }

    #[test]
    fn socket_of_a_deep_folder_is_outside_and_stays_where_it_is() {
        let scratch = Scratch::new(&"deep".repeat(30));
        let folder = Folder::at(scratch.path()).unwrap();
        let mut settings = Settings::default();
        place(&folder, &mut settings).unwrap();
        let first = settings.socket.clone();
        assert!(first.len() <= 100 && !first.starts_with(folder.path()), "{first}");
        place(&folder, &mut settings).unwrap();
        assert_eq!(settings.socket, first);
        remove(&folder, &first);
        assert!(!Path::new(&first).parent().unwrap().exists());
        place(&folder, &mut settings).unwrap();
        assert_eq!(settings.socket, first, "its folder is made again");
        remove(&folder, &first);
    }
}
