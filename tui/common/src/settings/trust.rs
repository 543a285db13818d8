//! Whether the configuration says what its owner wrote: who may write it, or a folder on the way to it, decides which
//! commands run and where passwords go.

use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use rustix::process::geteuid;

use super::SettingsError;

/// The right of the group and of all others to write.
const OTHERS_WRITE: u32 = 0o022;

/// The right of all others to read a file.
const OTHERS_READ: u32 = 0o004;

/// The right of all others to reach what is in a folder.
const OTHERS_ENTER: u32 = 0o001;

/// The mark of a folder in which everybody may make files, but touch nobody else's.
const STICKY: u32 = 0o1000;

/// Refuses a file that others than its owner may write, or whose place others may give to another file; one that is
/// not there is trusted.
pub(super) fn nobody_else_writes(path: &Path) -> Result<(), SettingsError> {
    let unreadable = |path: &Path| {
        let path = path.to_owned();
        move |source: io::Error| SettingsError::Unreadable { path, source: source.into() }
    };
    let whole = match fs::canonicalize(path) {
        Ok(whole) => whole,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(source) => return Err(unreadable(path)(source)),
    };
    // A link is as good as the folder that it lies in.
    let linked = path.parent().map(Path::to_path_buf).filter(|folder| fs::canonicalize(folder).is_ok());
    let places = whole.ancestors().map(Path::to_path_buf).chain(linked);
    for place in places.collect::<Vec<PathBuf>>() {
        let found = fs::metadata(&place).map_err(unreadable(&place))?;
        if !is_ours_alone(&found, geteuid().as_raw()) {
            return Err(SettingsError::Writable(place));
        }
    }
    Ok(())
}

/// Whether every user of this machine may read a file: it says so, and so does each folder on the way to it.
pub fn everybody_reads(path: &Path) -> io::Result<bool> {
    let whole = fs::canonicalize(path)?;
    let mut right = OTHERS_READ;
    for place in whole.ancestors() {
        if fs::metadata(place)?.mode() & right == 0 {
            return Ok(false);
        }
        right = OTHERS_ENTER;
    }
    Ok(true)
}

fn is_ours_alone(found: &Metadata, user: u32) -> bool {
    let is_shared_fairly = found.is_dir() && found.mode() & STICKY != 0;
    [0, user].contains(&found.uid()) && (found.mode() & OTHERS_WRITE == 0 || is_shared_fairly)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    #[test]
    fn a_file_is_everybodys_to_read_only_where_each_folder_above_lets_them_in() {
        // Not where TMPDIR says, which may be in a folder that lets nobody in.
        let folder = Path::new("/tmp").join(format!("kami-read-{}", std::process::id()));
        fs::create_dir(&folder).unwrap();
        let file = folder.join("url");
        fs::write(&file, "").unwrap();
        let outcomes =
            [(0o755, 0o644, true), (0o755, 0o640, false), (0o711, 0o604, true), (0o700, 0o644, false)].map(
                |(of_folder, of_file, is_read)| {
                    fs::set_permissions(&folder, fs::Permissions::from_mode(of_folder)).unwrap();
                    fs::set_permissions(&file, fs::Permissions::from_mode(of_file)).unwrap();
                    (of_folder, of_file, is_read, everybody_reads(&file))
                },
            );
        fs::remove_dir_all(&folder).unwrap();
        for (of_folder, of_file, is_read, found) in outcomes {
            assert_eq!(found.unwrap(), is_read, "{of_file:o} in {of_folder:o}");
        }
        assert!(everybody_reads(&file).is_err(), "one that is not there");
    }

    #[test]
    fn a_configuration_that_others_may_write_or_replace_is_refused() {
        let home = std::env::temp_dir().join(format!("kami-trust-{}", std::process::id()));
        let (folder, elsewhere) = (home.join("kami"), home.join("elsewhere"));
        fs::create_dir_all(&folder).unwrap();
        fs::create_dir(&elsewhere).unwrap();
        let (file, link) = (folder.join("config.toml"), elsewhere.join("config.toml"));
        let absent = nobody_else_writes(&file);
        fs::write(&file, "").unwrap();
        symlink(&file, &link).unwrap();
        let mut found = Vec::new();
        for (path, place, mode, is_refused) in [
            (&file, &file, 0o644, false),
            (&file, &file, 0o664, true),
            (&file, &file, 0o646, true),
            (&file, &file, 0o600, false),
            (&file, &folder, 0o775, true),
            (&file, &folder, 0o755, false),
            (&file, &home, 0o777, true),
            (&file, &home, 0o1777, false),
            (&link, &elsewhere, 0o777, true),
            (&link, &elsewhere, 0o700, false),
        ] {
            fs::set_permissions(place, fs::Permissions::from_mode(mode)).unwrap();
            found.push((place, mode, is_refused, nobody_else_writes(path)));
        }
        let stranger = is_ours_alone(&fs::metadata(&file).unwrap(), geteuid().as_raw().wrapping_add(1));
        let is_roots = geteuid().is_root();
        fs::remove_dir_all(&home).unwrap();
        absent.unwrap();
        for (place, mode, is_refused, outcome) in found {
            let refused =
                matches!(&outcome, Err(SettingsError::Writable(at)) if at.file_name() == place.file_name());
            assert_eq!(refused, is_refused, "{} with mode {mode:o}: {outcome:?}", place.display());
            assert!(refused || outcome.is_ok(), "{outcome:?}");
        }
        assert_eq!(stranger, is_roots, "a file of somebody else is no better, root's is");
    }
}
