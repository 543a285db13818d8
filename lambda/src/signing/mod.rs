//! The keys that answers are signed with, as they are at each moment.

mod file;

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use kami_trust::online::{OnlineKeyError, OnlineKeys};
use tracing::warn;

pub use self::file::{KeyFile, KeyFileProblem, WatchedFile};

/// A look at where the keys come from, under way.
pub type Refresh = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Where the keys come from, if that has to be asked for others.
struct KeySource(Box<dyn Fn() -> Refresh + Send + Sync>);

impl fmt::Debug for KeySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeySource")
    }
}

/// The keys in use, and how often they were.
#[derive(Debug, Default)]
pub struct Signer {
    keys: RwLock<Arc<OnlineKeys>>,
    source: OnceLock<KeySource>,
    signed: AtomicU64,
    unsigned: AtomicU64,
}

impl Signer {
    /// The keys now.
    pub fn keys(&self) -> Arc<OnlineKeys> {
        Arc::clone(&self.keys.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes the keys of a text in place of those that there are, which stay where it has none; warns where apps that believe
    /// the ones need not believe the others.
    pub fn take(&self, text: &str) -> Result<(), OnlineKeyError> {
        let keys = Arc::new(OnlineKeys::parse(text)?);
        let before = self.keys();
        let is_known = |root: &str| before.iter().any(|key| key.root == root);
        if !before.is_empty() && !keys.iter().any(|key| is_known(&key.root)) {
            let root = keys.iter().next().map(|key| key.root.as_str());
            warn!(root, "another root key certifies the signing keys: apps without its pin see an outage");
        }
        self.put(keys);
        Ok(())
    }

    /// Signs nothing from now on.
    pub fn drop_keys(&self) {
        self.put(Arc::default());
    }

    fn put(&self, keys: Arc<OnlineKeys>) {
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = keys;
    }

    /// Has the source of the keys asked for others from time to time, as it sees fit; there is one.
    pub fn set_source(&self, refresh: impl Fn() -> Refresh + Send + Sync + 'static) {
        let _: Result<(), KeySource> = self.source.set(KeySource(Box::new(refresh)));
    }

    /// Lets the source look for other keys, if it is time.
    pub(crate) async fn refresh(&self) {
        if let Some(KeySource(refresh)) = self.source.get() {
            refresh().await;
        }
    }

    /// How many answers were signed.
    pub fn signed(&self) -> u64 {
        self.signed.load(Ordering::Relaxed)
    }

    /// How many were to be and were not, since no key may sign for their app.
    pub fn unsigned(&self) -> u64 {
        self.unsigned.load(Ordering::Relaxed)
    }

    /// Counts an answer that was to be signed.
    pub(crate) fn count(&self, is_signed: bool) {
        let counter = if is_signed { &self.signed } else { &self.unsigned };
        counter.fetch_add(1, Ordering::Relaxed);
    }
}
