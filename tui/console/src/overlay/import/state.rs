//! What importing a file would do, as far as it is scrolled.

use crate::input::place::Place;
use crate::state::import::Import;
use crate::state::overlay::Overlay;

/// The rows of the screen that the lines of a file do not get.
const ROWS_AROUND_LINES: u16 = 10;

/// The most lines that are shown at once.
const MOST_LINES: u16 = 30;

/// What importing a file would do, line by line.
#[derive(Clone, Debug)]
pub struct Preview {
    /// What it would do.
    pub import: Import,
    /// How many lines are scrolled away.
    pub scroll: usize,
}

impl Preview {
    /// All of it, from its first line on.
    pub const fn new(import: Import) -> Self {
        Self { import, scroll: 0 }
    }

    /// How many lines are shown on a screen of so many rows.
    pub fn height(&self, screen_rows: u16) -> usize {
        let remarks = u16::try_from(self.remarks_shown(screen_rows)).unwrap_or(u16::MAX);
        let most = screen_rows.saturating_sub(ROWS_AROUND_LINES + remarks).clamp(1, MOST_LINES);
        self.import.lines.len().clamp(1, usize::from(most))
    }

    /// How many remarks are shown on a screen of so many rows, a row each: which apps get cards, where that has to be
    /// said, and the notices.
    pub fn remarks_shown(&self, screen_rows: u16) -> usize {
        let remarks = usize::from(!self.import.apps.is_empty()) + self.import.notices.len();
        remarks.min(usize::from(screen_rows.saturating_sub(ROWS_AROUND_LINES) / 2))
    }

    /// Scrolls by lines, and stops at the ends.
    pub fn go(&mut self, lines: isize, screen_rows: u16) {
        let last = self.import.lines.len().saturating_sub(self.height(screen_rows));
        self.scroll = self.scroll.saturating_add_signed(lines).min(last);
    }
}

impl Overlay for Preview {
    fn place(&self) -> Place {
        Place::Import
    }

    fn is_asking(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use kami_core::app::AppName;
    use kami_core::duration::CardDuration;
    use kami_store::Standing;
    use kami_transfer::Defaults;
    use kami_transfer::import::parse_txt;

    use super::*;
    use crate::state::import::ImportFile;

    #[test]
    fn scrolling_stops_at_the_ends() {
        let defaults = Defaults::lasting(CardDuration::Forever);
        let text = (0..50).map(|number| format!("VIP-{number}")).collect::<Vec<_>>().join("\n");
        let parsed = parse_txt(text.as_bytes(), &defaults).unwrap();
        let file = ImportFile { path: "codes.txt".into(), defaults, note: None, app: AppName::default() };
        let mut preview = Preview::new(Import::new(file, parsed, &[Standing::New; 50]));
        assert_eq!(preview.height(24), 14);
        preview.go(isize::MAX, 24);
        assert_eq!(preview.scroll, 36);
        preview.go(-100, 24);
        assert_eq!(preview.scroll, 0);
    }
}
