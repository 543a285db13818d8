//! Counting by name, for a table at the end.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex};

/// How often each thing happened; clones share the counts.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally(Arc<Mutex<BTreeMap<String, u64>>>);

impl Tally {
    /// It happened once more.
    pub(crate) fn add(&self, what: &str) {
        let mut counts = self.0.lock().unwrap();
        if let Some(count) = counts.get_mut(what) {
            *count += 1;
        } else {
            counts.insert(what.to_owned(), 1);
        }
    }

    /// Whether nothing happened.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.lock().unwrap().is_empty()
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.lock().unwrap().iter().try_for_each(|(what, count)| writeln!(f, "  {count:>9}  {what}"))
    }
}
