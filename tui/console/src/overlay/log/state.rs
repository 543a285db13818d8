//! The operator log as a list without an end: which acts are wanted, and those that are here.

use kami_store::{ActFilter, ActRecord};

use crate::input::place::Place;
use crate::state::log_query::LogQuery;
use crate::state::message::Topic;
use crate::state::overlay::Overlay;

/// The acts that are here, newest first.
#[derive(Clone, Debug, Default)]
pub struct LogList {
    /// Which acts are wanted.
    pub query: LogQuery,
    /// What that meant when the list was begun, so that all of its parts mean the same.
    pub filter: ActFilter,
    /// Those read so far, newest first.
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

impl Overlay for LogList {
    fn place(&self) -> Place {
        Place::Log
    }

    fn topics(&self) -> &'static [Topic] {
        &[Topic::Acts, Topic::LogOfAct]
    }
}
