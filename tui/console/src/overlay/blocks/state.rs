//! Who is kept out, as a list without an end: those who are wanted, and those that are here.

use chrono::{DateTime, Utc};
use kami_store::{BlockRecord, BlocksFound};
use tui_input::Input;

use crate::input::place::Place;
use crate::state::message::Topic;
use crate::state::overlay::Overlay;

/// Those who are kept out, as far as they are here, newest first.
#[derive(Clone, Debug, Default)]
pub struct BlockTable {
    /// What is looked for.
    pub text: Input,
    /// Whether that is being typed.
    pub is_typing: bool,
    /// Those read so far, newest first.
    pub records: Vec<BlockRecord>,
    /// The one under the cursor.
    pub cursor: usize,
    /// The first one that is shown.
    pub top: usize,
    /// The number before which there may be more.
    pub next: Option<u64>,
    /// How many rows could not be understood.
    pub unreadable: usize,
    /// The database's clock when they were read.
    pub now: Option<DateTime<Utc>>,
    /// Whether they have come since something else was looked for.
    pub is_fresh: bool,
}

impl BlockTable {
    /// The one under the cursor.
    pub fn current(&self) -> Option<&BlockRecord> {
        self.records.get(self.cursor)
    }

    /// Takes a part in.
    pub fn take(&mut self, found: BlocksFound, is_first: bool) {
        if is_first {
            self.records.clear();
            self.unreadable = 0;
        }
        self.is_fresh = true;
        self.records.extend(found.blocks);
        self.unreadable += found.unreadable.len();
        self.next = found.next;
        self.now = found.now.or(self.now);
    }

    /// Moves the cursor by lines, and the window of `height` lines with it.
    pub fn go(&mut self, lines: isize, height: usize) {
        let last = self.records.len().saturating_sub(1);
        self.cursor = self.cursor.saturating_add_signed(lines).min(last);
        self.top = self.top.min(self.cursor).max((self.cursor + 1).saturating_sub(height.max(1)));
    }

    /// Whether the window comes so near to the end that more should be here.
    pub fn is_near_end(&self, height: usize) -> bool {
        self.top + 3 * height > self.records.len()
    }
}

impl Overlay for BlockTable {
    fn place(&self) -> Place {
        if self.is_typing { Place::BlockSearch } else { Place::Blocks }
    }

    fn topics(&self) -> &'static [Topic] {
        &[Topic::Blocks]
    }
}
