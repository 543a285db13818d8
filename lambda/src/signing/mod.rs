//! The keys that answers are signed with, as they are at each moment.

mod file;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use kami_trust::online::{OnlineKeyError, OnlineKeys};

pub use self::file::{KeyFile, KeyFileProblem};

/// The keys in use, and how often they were.
#[derive(Debug, Default)]
pub struct Signer {
    keys: RwLock<Arc<OnlineKeys>>,
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
