//! The keys that answers are signed with, as they are at each moment.

mod file;

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use kami_trust::online::{OnlineKeyError, OnlineKeys};

pub use self::file::{KeyFile, KeyFileProblem};

/// Whoever gives the keys.
struct Renew(Box<dyn Fn() + Send + Sync>);

impl fmt::Debug for Renew {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Renew")
    }
}

/// The keys in use, and how often they were.
#[derive(Debug, Default)]
pub struct Signer {
    keys: RwLock<Arc<OnlineKeys>>,
    renew: OnceLock<Renew>,
    signed: AtomicU64,
    unsigned: AtomicU64,
}

impl Signer {
    /// The keys now.
    pub fn keys(&self) -> Arc<OnlineKeys> {
        Arc::clone(&self.keys.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes the keys of a text in place of those that there are, which stay where it has none.
    pub fn take(&self, text: &str) -> Result<(), OnlineKeyError> {
        let keys = Arc::new(OnlineKeys::parse(text)?);
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = keys;
        Ok(())
    }

    /// The same, but there are none afterwards where there is no text.
    pub fn take_or_drop(&self, text: Option<&str>) -> Result<(), OnlineKeyError> {
        let Some(text) = text else {
            *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Arc::default();
            return Ok(());
        };
        self.take(text)
    }

    /// Has whoever gives the keys called from time to time, so that they are not missed when they are others.
    pub fn renewed_by(&self, renew: impl Fn() + Send + Sync + 'static) {
        // There is one who gives them.
        let _: Result<(), _> = self.renew.set(Renew(Box::new(renew)));
    }

    /// Calls him.
    pub(crate) fn renew(&self) {
        if let Some(Renew(renew)) = self.renew.get() {
            renew();
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
