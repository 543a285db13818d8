//! Signing keys for a test: a root key, and the file of a server.

use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use kami_trust::certificate::Certificate;
use kami_trust::key::{PrivateKey, PublicKey};
use kami_trust::pem_file::{self, StoredKey};

use crate::unique_name;

/// The longest that a key may sign, in seconds.
pub const NINETY_DAYS: i64 = kami_trust::certificate::LONGEST;

/// A root key, and a file of online keys that is gone when dropped.
#[derive(Debug)]
pub struct KeyFile {
    root: PrivateKey,
    path: PathBuf,
}

impl KeyFile {
    /// A file with one key for all apps.
    pub fn create() -> Self {
        let root = PrivateKey::from_pkcs8(&PrivateKey::generate().unwrap()).unwrap();
        let file = Self { root, path: std::env::temp_dir().join(unique_name("kami_keys")) };
        file.put(&[file.issue(None, NINETY_DAYS)]);
        file
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The same as text, for a variable.
    pub fn name(&self) -> &str {
        self.path.to_str().unwrap()
    }

    /// The root key that certifies what it issues.
    pub fn root(&self) -> PublicKey {
        self.root.public()
    }

    /// A key for answers of an app, or of all, for so many seconds from now on.
    pub fn issue(&self, app: Option<&str>, seconds: i64) -> StoredKey {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let private = PrivateKey::generate().unwrap();
        let public = PrivateKey::from_pkcs8(&private).unwrap().public();
        let app = app.map(|app| app.parse().unwrap());
        let certificate = Certificate::at(now.try_into().unwrap(), public, app, seconds);
        StoredKey::new(private, certificate.signed(&self.root).unwrap())
    }

    /// Puts these keys in the place of those that are in the file, in one step.
    pub fn put(&self, keys: &[StoredKey]) {
        self.put_text(&pem_file::write(keys));
    }

    /// The same with any text.
    pub fn put_text(&self, text: &str) {
        self.put_text_for(text, 0o600);
    }

    /// The same with these rights.
    pub fn put_text_for(&self, text: &str, mode: u32) {
        let draft = self.path.with_extension("new");
        let mut file = std::fs::OpenOptions::new();
        let mut file = file.write(true).create(true).truncate(true).mode(mode).open(&draft).unwrap();
        file.write_all(text.as_bytes()).unwrap();
        std::fs::rename(draft, &self.path).unwrap();
    }
}

impl Drop for KeyFile {
    fn drop(&mut self) {
        drop(std::fs::remove_file(&self.path));
    }
}
