//! Who is kept out, as a list without an end: those who are wanted, and those that are here.

use chrono::{DateTime, Utc};
use kami_core::block::BlockKey;
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
    /// The one that the cursor stays on, in whichever line he comes to stand.
    followed: Option<BlockKey>,
    /// The line under the cursor.
    cursor: usize,
    /// The first line that is shown.
    top: usize,
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
    /// The line under the cursor.
    pub const fn cursor(&self) -> usize {
        self.cursor
    }

    /// The first line that is shown.
    pub const fn top(&self) -> usize {
        self.top
    }

    /// The one under the cursor.
    pub fn current(&self) -> Option<&BlockRecord> {
        self.records.get(self.cursor)
    }

    /// Puts the cursor on a line.
    pub fn point(&mut self, line: usize) {
        self.cursor = line;
        self.followed = self.current().map(|record| record.block.key.clone());
    }

    /// Brings the cursor to one who is kept out, once he is here.
    pub fn follow(&mut self, key: BlockKey) {
        self.followed = Some(key);
    }

    /// Goes to the newest of others.
    pub fn start(&mut self) {
        (self.followed, self.cursor, self.top, self.is_fresh) = (None, 0, 0, false);
    }

    /// Takes a part in: the cursor goes with whom it is on, or stays in its line where he is not here.
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
        let is_followed = |record: &BlockRecord| Some(&record.block.key) == self.followed.as_ref();
        self.cursor = self.records.iter().position(is_followed).unwrap_or(self.cursor);
    }

    /// Moves the cursor by lines, and the window of `height` lines with it.
    pub fn go(&mut self, lines: isize, height: usize) {
        self.point(self.cursor.saturating_add_signed(lines).min(self.last()));
        self.show(height);
    }

    /// Moves the window of `height` lines to the cursor.
    fn show(&mut self, height: usize) {
        self.cursor = self.cursor.min(self.last());
        self.top = self.top.min(self.cursor).max((self.cursor + 1).saturating_sub(height.max(1)));
    }

    const fn last(&self) -> usize {
        self.records.len().saturating_sub(1)
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
