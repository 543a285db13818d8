//! What importing a file of those who shall be kept out would do, as far as it is scrolled.

use std::path::PathBuf;

use kami_common::block_import::BlockImport;

use crate::input::place::Place;
use crate::state::overlay::Overlay;

/// The rows of the screen that the lines of a file do not get.
const ROWS_AROUND_LINES: u16 = 10;

/// The most lines that are shown at once.
const MOST_LINES: u16 = 30;

/// Whom a file would keep out, line by line.
#[derive(Clone, Debug)]
pub struct BlockPreview {
    /// Where it was read.
    pub path: PathBuf,
    /// What it would do: the lines that stand in the way before the others.
    pub import: BlockImport,
    /// How many lines are scrolled away.
    pub scroll: usize,
}

impl BlockPreview {
    /// All of it, from its first line on.
    pub fn new(path: PathBuf, mut import: BlockImport) -> Self {
        import.lines.sort_by_key(|line| !line.state.is_wrong());
        Self { path, import, scroll: 0 }
    }

    /// How many lines are shown on a screen of so many rows.
    pub fn height(&self, screen_rows: u16) -> usize {
        let notices = u16::try_from(self.notices_shown(screen_rows)).unwrap_or(u16::MAX);
        let most = screen_rows.saturating_sub(ROWS_AROUND_LINES + notices).clamp(1, MOST_LINES);
        self.import.lines.len().clamp(1, usize::from(most))
    }

    /// How many notices are shown on a screen of so many rows, a row each.
    pub fn notices_shown(&self, screen_rows: u16) -> usize {
        self.import.notices.len().min(usize::from(screen_rows.saturating_sub(ROWS_AROUND_LINES) / 2))
    }

    /// Scrolls by lines, and stops at the ends.
    pub fn go(&mut self, lines: isize, screen_rows: u16) {
        let last = self.import.lines.len().saturating_sub(self.height(screen_rows));
        self.scroll = self.scroll.saturating_add_signed(lines).min(last);
    }
}

impl Overlay for BlockPreview {
    fn place(&self) -> Place {
        Place::Import
    }

    fn is_asking(&self) -> bool {
        true
    }
}
