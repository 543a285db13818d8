//! The operator log as a list without an end: which acts are wanted, and those that are here.

use chrono::{DateTime, Utc};
use kami_common::period::{Period, Side};
use kami_core::zone::Zone;
use kami_store::{ActFilter, ActRecord};

/// The words of the log for what operators do.
pub const ACTS: [&str; 10] =
    ["generate", "import", "edit", "disable", "enable", "unbind", "extend", "delete", "note", "undo"];

/// Which acts are wanted, as it was typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogQuery {
    /// Those of this operator.
    pub operator: Option<String>,
    /// Those of this kind.
    pub act: Option<String>,
    /// Those that changed the card of this code.
    pub code: Option<String>,
    /// Those that made this batch.
    pub batch: Option<u64>,
    /// Those done then.
    pub done: Option<Period>,
}

impl LogQuery {
    /// What it means now.
    pub fn filter(&self, zone: Zone, now: DateTime<Utc>) -> ActFilter {
        ActFilter {
            operator: self.operator.clone(),
            act: self.act.clone(),
            code: self.code.clone(),
            batch_id: self.batch,
            done: self.done.map(|done| done.range(Side::Past, zone, now)),
        }
    }

    /// Whether it lets every act through.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// The acts that are here, newest first.
#[derive(Clone, Debug, Default)]
pub struct LogList {
    /// Which acts are wanted.
    pub query: LogQuery,
    /// What that meant when the list was begun, so that all of its parts mean the same.
    pub filter: ActFilter,
    /// The acts.
    pub acts: Vec<ActRecord>,
    /// The act under the cursor.
    pub cursor: usize,
    /// The first act that is shown.
    pub top: usize,
    /// The number before which there may be more.
    pub next: Option<u64>,
    /// Whether acts have come since the query was last changed.
    pub is_fresh: bool,
}

impl LogList {
    /// The act under the cursor.
    pub fn current(&self) -> Option<&ActRecord> {
        self.acts.get(self.cursor)
    }

    /// Moves the cursor by lines, and the window of `height` lines with it.
    pub fn go(&mut self, lines: isize, height: usize) {
        let last = self.acts.len().saturating_sub(1);
        self.cursor = self.cursor.saturating_add_signed(lines).min(last);
        self.top = self.top.min(self.cursor).max((self.cursor + 1).saturating_sub(height.max(1)));
    }

    /// Whether the window comes so near to the end that more should be here.
    pub fn is_near_end(&self, height: usize) -> bool {
        self.top + 3 * height > self.acts.len()
    }
}
