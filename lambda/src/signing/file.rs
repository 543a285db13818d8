//! A file of keys, which is read again whenever it is another.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use chrono::DateTime;
use kami_store::Store;
use kami_store::small_file::{self, SmallFileError};
use kami_trust::online::{OnlineKeyError, OnlineKeys, WARNED_BEFORE};
use thiserror::Error;
use tracing::{error, info, warn};

use super::Signer;

/// How long after a look at the file the next one is.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// How long after a warning the next one is.
const WARN_EVERY: Duration = Duration::from_hours(24);

/// Why a file of keys cannot be taken.
#[derive(Debug, Error)]
pub enum KeyFileProblem {
    /// It cannot be read, or others can read it too.
    #[error(transparent)]
    File(#[from] SmallFileError),
    /// What it holds is wrong.
    #[error(transparent)]
    Keys(#[from] OnlineKeyError),
}

/// A file of keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyFile(PathBuf);

/// What tells a file from what it was: systems that keep no more than seconds tell two of one second by their sizes, and one
/// that was moved there by its number.
type Version = Option<(SystemTime, u64, u64)>;

impl KeyFile {
    /// A file of keys that can be taken as it is.
    pub fn new(path: &Path) -> Result<Self, KeyFileProblem> {
        OnlineKeys::parse(&small_file::read_private(path)?)?;
        Ok(Self(path.to_owned()))
    }

    /// What signs with the keys of the file, and no others.
    pub fn signer(&self) -> Result<Arc<Signer>, KeyFileProblem> {
        let signer = Arc::default();
        self.load(&signer)?;
        Ok(signer)
    }

    fn load(&self, signer: &Signer) -> Result<(), KeyFileProblem> {
        Ok(signer.take(&small_file::read_private(&self.0)?)?)
    }

    /// Takes the keys whenever the file is another, and warns before they end; never ends by itself.
    pub async fn watch(self, signer: Arc<Signer>, store: Store) {
        let mut seen = self.version();
        let mut last_warning: Option<tokio::time::Instant> = None;
        loop {
            if last_warning.is_none_or(|warned| warned.elapsed() >= WARN_EVERY) && self.warn(&signer, &store)
            {
                last_warning = Some(tokio::time::Instant::now());
            }
            tokio::time::sleep(LOOK_EVERY).await;
            let version = self.version();
            if version == seen {
                continue;
            }
            seen = version;
            match self.load(&signer) {
                Ok(()) => {
                    info!(keys = signer.keys().iter().count(), "read the signing keys again");
                    last_warning = None;
                }
                Err(problem) => {
                    error!(file = %self.0.display(), %problem, "the signing keys stay as they were");
                }
            }
        }
    }

    /// Whether it warned that keys end soon, as [`KeyFile::watch`] does.
    fn warn(&self, signer: &Signer, store: &Store) -> bool {
        let now = store.known_time().timestamp();
        let Some(end) = signer.keys().end(now).filter(|end| end - now < WARNED_BEFORE) else { return false };
        let until = DateTime::from_timestamp(end, 0).unwrap_or_default();
        let file = self.0.display();
        if end <= now {
            error!(%file, %until, "answers are not signed any more: `kami keys issue` makes the next key");
        } else {
            warn!(%file, %until, "answers are signed until then: `kami keys issue` makes the next key");
        }
        true
    }

    fn version(&self) -> Version {
        let metadata = std::fs::metadata(&self.0).ok()?;
        #[cfg(unix)]
        let number = std::os::unix::fs::MetadataExt::ino(&metadata);
        #[cfg(not(unix))]
        let number = 0;
        Some((metadata.modified().ok()?, metadata.len(), number))
    }
}
