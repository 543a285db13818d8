//! A file of keys, which is read again whenever it is another.

use std::fs::Metadata;
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

/// A file of keys that could be taken when it was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyFile(PathBuf);

/// A file whose keys are in use, and are others once it is another.
#[derive(Debug)]
pub struct WatchedFile {
    path: PathBuf,
    /// As what it was read last.
    seen: Version,
    signer: Arc<Signer>,
}

/// What tells a file from what it was: what was written and when, and when its rights were changed last, as a file that only
/// others' rights kept from being taken has to be looked at again. Systems that keep no more than seconds tell two of one
/// second by their sizes, and one that was moved there by its number.
#[derive(Debug, PartialEq, Eq)]
struct Version(Option<(SystemTime, u64, [i64; 3])>);

impl KeyFile {
    /// A file of keys that can be taken as it is.
    pub fn new(path: &Path) -> Result<Self, KeyFileProblem> {
        OnlineKeys::parse(&small_file::read_private(path)?)?;
        Ok(Self(path.to_owned()))
    }

    /// Takes its keys.
    pub fn open(self) -> Result<WatchedFile, KeyFileProblem> {
        // Before it is read: what becomes another meanwhile is read again.
        let seen = Version::of(&self.0);
        let file = WatchedFile { path: self.0, seen, signer: Arc::default() };
        file.load()?;
        Ok(file)
    }
}

impl WatchedFile {
    /// What signs with its keys.
    pub fn signer(&self) -> Arc<Signer> {
        Arc::clone(&self.signer)
    }

    fn load(&self) -> Result<(), KeyFileProblem> {
        Ok(self.signer.take(&small_file::read_private(&self.path)?)?)
    }

    /// Takes the keys whenever the file is another, and warns before they end; never ends by itself.
    pub async fn watch(mut self, store: Store) {
        let mut last_warning: Option<tokio::time::Instant> = None;
        loop {
            if last_warning.is_none_or(|warned| warned.elapsed() >= WARN_EVERY) && self.warn(&store) {
                last_warning = Some(tokio::time::Instant::now());
            }
            tokio::time::sleep(LOOK_EVERY).await;
            let version = Version::of(&self.path);
            if version == self.seen {
                continue;
            }
            self.seen = version;
            match self.load() {
                Ok(()) => {
                    info!(keys = self.signer.keys().iter().count(), "read the signing keys again");
                    last_warning = None;
                }
                Err(problem) => {
                    error!(file = %self.path.display(), %problem, "the signing keys stay as they were");
                }
            }
        }
    }

    /// Whether it warned that keys end soon, as [`WatchedFile::watch`] does.
    fn warn(&self, store: &Store) -> bool {
        let now = store.known_time().timestamp();
        let end = self.signer.keys().all_signed_until(now);
        let Some(end) = end.filter(|end| end - now < WARNED_BEFORE) else { return false };
        let until = DateTime::from_timestamp(end, 0).unwrap_or_default();
        let file = self.path.display();
        if end <= now {
            error!(%file, %until, "answers are not signed any more: `kami keys issue` makes the next key");
        } else {
            warn!(%file, %until, "answers are signed until then: `kami keys issue` makes the next key");
        }
        true
    }
}

impl Version {
    fn of(path: &Path) -> Self {
        let metadata = std::fs::metadata(path).ok();
        Self(
            metadata
                .and_then(|metadata| Some((metadata.modified().ok()?, metadata.len(), of_system(&metadata)))),
        )
    }
}

/// The file's number, and when anything about it changed.
#[cfg(unix)]
fn of_system(metadata: &Metadata) -> [i64; 3] {
    use std::os::unix::fs::MetadataExt as _;
    [metadata.ino().cast_signed(), metadata.ctime(), metadata.ctime_nsec()]
}

#[cfg(not(unix))]
fn of_system(_: &Metadata) -> [i64; 3] {
    [0; 3]
}
