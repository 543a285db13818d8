//! Files of signing keys, as whoever makes them reads and writes them.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;

use kami_store::small_file::{self, SmallFileError};
use kami_trust::key::{KeyError, PrivateKey};
use kami_trust::online::{OnlineKeyError, OnlineKeys};
use kami_trust::pem_file::{self, KeyFileError, StoredKey};

use crate::settings::small_file_words;
use crate::words::{Language, say};

/// The variable that names the file of a server.
pub const VARIABLE: &str = "KAMI_SIGNING_KEY_FILE";

/// Why a file of keys is of no use.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileProblem {
    /// It cannot be read, or others can read it too.
    #[error(transparent)]
    File(#[from] SmallFileError),
    /// It holds something else.
    #[error(transparent)]
    Keys(#[from] OnlineKeyError),
}

impl From<KeyFileError> for KeyFileProblem {
    fn from(error: KeyFileError) -> Self {
        Self::Keys(error.into())
    }
}

impl KeyFileProblem {
    /// What is wrong, in a language.
    pub fn words(&self, language: Language) -> String {
        let file = match self {
            Self::File(error) => return small_file_words(language, error),
            Self::Keys(OnlineKeyError::Certificate(number)) => {
                return say!(language, "keys.certificate", n = number);
            }
            Self::Keys(OnlineKeyError::File(file)) => file,
        };
        match file {
            KeyFileError::Form => say!(language, "keys.no_file"),
            KeyFileError::Empty => say!(language, "keys.empty"),
            KeyFileError::Uncertified(number) => say!(language, "keys.uncertified", n = number),
            KeyFileError::NoRoot => say!(language, "keys.no_root"),
            KeyFileError::Key(KeyError::Random) => say!(language, "reason.no_randomness"),
            KeyFileError::Key(KeyError::Private | KeyError::Public | KeyError::Secret) => {
                say!(language, "keys.no_key")
            }
        }
    }
}

/// The root key in a file.
pub fn root(path: &Path) -> Result<PrivateKey, KeyFileProblem> {
    Ok(pem_file::read_root(&small_file::read_private(path)?)?)
}

/// The online keys in a file.
pub fn online(path: &Path) -> Result<OnlineKeys, KeyFileProblem> {
    Ok(OnlineKeys::of(stored(path)?)?)
}

/// The same as they stand in it.
pub fn stored(path: &Path) -> Result<Vec<StoredKey>, KeyFileProblem> {
    Ok(pem_file::read(&small_file::read_private(path)?)?)
}

/// Writes a file that is not there yet, and that only its owner may read.
pub fn create(path: &Path, text: &str) -> io::Result<()> {
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    write(file, text).inspect_err(|_| drop(fs::remove_file(path)))
}

/// Puts a file in the place of another in one step, so that nobody reads half of it; it stays the owner's who had it, also
/// where an administrator does it for a service.
pub fn replace(path: &Path, text: &str) -> io::Result<()> {
    // Where a link leads to, as a file of secrets that a container is given.
    let path = fs::canonicalize(path)?;
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.new", std::process::id()));
    let draft = path.with_file_name(name);
    create(&draft, text)?;
    let given = give_as(&draft, &path).and_then(|()| fs::rename(&draft, &path));
    given.inspect_err(|_| drop(fs::remove_file(&draft)))
}

fn give_as(draft: &Path, path: &Path) -> io::Result<()> {
    let [own, wanted] = [draft, path].map(fs::metadata);
    let (own, wanted) = (own?, wanted?);
    if (own.uid(), own.gid()) == (wanted.uid(), wanted.gid()) {
        return Ok(());
    }
    std::os::unix::fs::chown(draft, Some(wanted.uid()), Some(wanted.gid()))
}

fn write(mut file: File, text: &str) -> io::Result<()> {
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_file_is_its_owners_alone_and_no_other_is_written_over() {
        let folder = std::env::temp_dir().join(format!("kami-key-file-{}", std::process::id()));
        fs::create_dir(&folder).unwrap();
        let path = folder.join("keys");
        let mode = || fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        create(&path, "one").unwrap();
        assert_eq!((mode(), fs::read_to_string(&path).unwrap().as_str()), (0o600, "one"));
        assert_eq!(create(&path, "two").unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        let link = folder.join("link");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        replace(&link, "three").unwrap();
        assert_eq!((mode(), fs::read_to_string(&path).unwrap().as_str()), (0o600, "three"));
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 2, "no draft is left");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(online(&path), Err(KeyFileProblem::File(SmallFileError::NotPrivate))));
        fs::remove_dir_all(&folder).unwrap();
    }
}
