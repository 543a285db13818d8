//! A file of codes before it is imported: what each of its lines would do.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use kami_common::upload::open_file;
use kami_core::app::AppName;
use kami_core::code::{GuessOdds, easiest_odds};
use kami_core::import::ImportCards;
use kami_core::operator::Note;
use kami_store::Standing;
use kami_transfer::import::{MalformedReason, Parsed, ReadError, parse_csv, parse_txt};
use kami_transfer::{Defaults, Notice};

/// A file that the operator wants to import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportFile {
    /// Where it is; a name that ends in `.csv` makes it a table, any other a text.
    pub path: PathBuf,
    /// What cards get of which it says nothing.
    pub defaults: Defaults,
    /// What is written down about the batch.
    pub note: Option<Note>,
    /// The app of the cards that name none.
    pub app: AppName,
}

impl ImportFile {
    /// Reads the file from the disk, line by line.
    pub fn read(&self) -> Result<Parsed, ReadError> {
        self.parse(open_file(&self.path)?)
    }

    fn parse(&self, source: impl Read) -> Result<Parsed, ReadError> {
        let defaults = &self.defaults;
        if is_table(&self.path) { parse_csv(source, defaults) } else { parse_txt(source, defaults) }
    }
}

fn is_table(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("csv"))
}

/// What a line of a file would do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LineState {
    /// Its card would be made.
    New,
    /// Some card has its code already.
    Exists,
    /// It says no card.
    Malformed(MalformedReason),
}

/// One line of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportLine {
    /// Counted from 1.
    pub number: u64,
    /// Its place among the cards of the file; a malformed line has none.
    pub card: Option<usize>,
    /// What it would do.
    pub state: LineState,
}

/// What importing a file would do, line by line.
#[derive(Clone, Debug)]
pub struct Import {
    /// Where it was read.
    pub file: ImportFile,
    /// What can be imported of it.
    pub cards: Arc<ImportCards>,
    /// Its lines: those that stand in the way before the others, each by their number.
    pub lines: Vec<ImportLine>,
    /// What was taken for granted or passed over in it.
    pub notices: Vec<Notice>,
    /// How many cards each app would get, by its name; empty where all are of the one that was chosen.
    pub apps: BTreeMap<String, u64>,
    /// How hard the easiest of its codes are to guess.
    pub odds: GuessOdds,
}

impl Import {
    /// The lines of a parsed file, where `standings` says of each card what would become of it.
    pub fn new(file: ImportFile, parsed: Parsed, standings: &[Standing]) -> Self {
        let cards = parsed.cards;
        let of_cards = cards.iter().zip(standings).enumerate().map(|(card, (row, standing))| ImportLine {
            number: row.line,
            card: Some(card),
            state: match *standing {
                Standing::New => LineState::New,
                Standing::There => LineState::Exists,
                Standing::Alike(line) => LineState::Malformed(MalformedReason::Alike(line)),
            },
        });
        let malformed = parsed.malformed.into_iter().map(|line| ImportLine {
            number: line.line,
            card: None,
            state: LineState::Malformed(line.reason),
        });
        let mut lines: Vec<ImportLine> = of_cards.chain(malformed).collect();
        lines.sort_by_key(|line| (line.state == LineState::New, line.number));
        let odds = easiest_odds(cards.iter().map(|card| card.code));
        let of_apps = cards.by_app(&file.app);
        let are_others = of_apps.keys().any(|app| *app != file.app.as_str());
        let apps = of_apps.into_iter().filter(|_| are_others).map(|(app, count)| (app.to_owned(), count));
        Self { apps: apps.collect(), file, cards: cards.into(), lines, notices: parsed.notices, odds }
    }

    /// How many lines are new, there already, and malformed.
    pub fn counts(&self) -> [u64; 3] {
        let mut counts = [0; 3];
        for line in &self.lines {
            let kind = match line.state {
                LineState::New => 0,
                LineState::Exists => 1,
                LineState::Malformed(_) => 2,
            };
            counts[kind] += 1;
        }
        counts
    }

    /// Whether every line is a new card, for all are imported or none.
    pub fn is_possible(&self) -> bool {
        !self.lines.is_empty() && self.lines.iter().all(|line| line.state == LineState::New)
    }
}

#[cfg(test)]
mod tests {
    use kami_core::duration::CardDuration;

    use super::*;

    fn file(path: &str) -> ImportFile {
        let defaults = Defaults::lasting(CardDuration::Forever);
        ImportFile { path: path.into(), defaults, note: None, app: AppName::default() }
    }

    #[test]
    fn the_name_of_a_file_tells_its_form() {
        for (path, text, cards) in [
            ("codes.txt", "# 未使用卡密导出\n\nVIP-A1\nVIP-B2\n", 2),
            ("codes", "VIP-A1", 1),
            ("cards.CSV", "code,note\nVIP-A1,x\n", 1),
            ("cards.csv", "VIP-A1\nVIP-B2\n", 2),
            ("cards.csv", "VIP-A1,30d\nVIP-B2,30d\n", 0),
            ("cards.tsv", "code\tnote\nVIP-A1\tx\n", 1),
        ] {
            assert_eq!(file(path).parse(text.as_bytes()).unwrap().cards.len(), cards, "{path}");
        }
    }

    #[test]
    fn lines_that_stand_in_the_way_come_first() {
        let file = file("codes.txt");
        let parsed = file.parse(&b"VIP-A1\nVIP-B2\nnothing\nVIP-C3\n"[..]).unwrap();
        let import = Import::new(file, parsed, &[Standing::New, Standing::There, Standing::New]);
        let numbers: Vec<u64> = import.lines.iter().map(|line| line.number).collect();
        assert_eq!(numbers, [2, 3, 1, 4]);
        assert_eq!(import.counts(), [2, 1, 1]);
        assert!(!import.is_possible());
    }

    #[test]
    fn a_file_is_imported_only_when_every_line_is_new() {
        for (text, standings, is_possible) in [
            ("VIP-A1\nVIP-B2", [Standing::New, Standing::New].as_slice(), true),
            ("VIP-A1\nVIP-B2", &[Standing::New, Standing::There], false),
            ("VIP-É1\nVIP-E1", &[Standing::New, Standing::Alike(1)], false),
            ("VIP-A1\nVIP", &[Standing::New], false),
            ("# nothing\n", &[], false),
        ] {
            let file = file("codes.txt");
            let parsed = file.parse(text.as_bytes()).unwrap();
            assert_eq!(Import::new(file, parsed, standings).is_possible(), is_possible, "{text}");
        }
    }
}
