//! A key for a `kami-api` that signs its answers.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;

use chrono::Utc;
use kami_testkit::unique_name;
use kami_trust::certificate::{Certificate, LONGEST};
use kami_trust::key::PrivateKey;
use kami_trust::pem_file::{self, StoredKey};

/// The file of a key that was certified just now, for as long as it is needed.
#[derive(Debug)]
pub(crate) struct SigningKey(PathBuf);

impl SigningKey {
    /// Makes one for all apps.
    pub(crate) fn make() -> Self {
        let [root, online] = [(); 2].map(|()| PrivateKey::generate().unwrap());
        let [root_key, online_key] = [&root, &online].map(|bytes| PrivateKey::from_pkcs8(bytes).unwrap());
        let certificate = Certificate::at(Utc::now().timestamp(), online_key.public(), None, LONGEST);
        let stored = StoredKey::new(online, certificate.signed(&root_key).unwrap());
        let path = std::env::temp_dir().join(unique_name("kami_signing_key"));
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path).unwrap();
        file.write_all(pem_file::write(&[stored]).as_bytes()).unwrap();
        Self(path)
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for SigningKey {
    fn drop(&mut self) {
        drop(fs::remove_file(&self.0));
    }
}
