//! A table of those who shall be kept out before it is imported: what each of its lines would do.

use std::collections::{BTreeSet, HashMap};
use std::io::Read;

use chrono::{DateTime, Utc};
use kami_core::app::{App, AppName};
use kami_core::block::{Block, BlockKey};
use kami_core::zone::Zone;
use kami_transfer::Notice;
use kami_transfer::blocks::{BlockFault, ParsedBlocks, parse_blocks};
use kami_transfer::import::ReadError;

use crate::moment::TypedMoment;
use crate::reason;
use crate::words::{Language, say};

/// What a line of the table would do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BlockState {
    /// Somebody would be kept out who is not.
    New,
    /// Another reason or end would be said of one who is kept out.
    Changed,
    /// What it says is so already.
    Same,
    /// There is no such app.
    NoApp(AppName),
    /// It says nothing of the kind.
    Malformed(BlockFault),
}

impl BlockState {
    /// Whether nothing is imported as long as the line says that.
    pub const fn is_wrong(&self) -> bool {
        matches!(self, Self::NoApp(_) | Self::Malformed(_))
    }

    /// The word for it, which programs know it by.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Changed => "changed",
            Self::Same => "same",
            Self::NoApp(_) | Self::Malformed(_) => "malformed",
        }
    }

    /// The word for it for people.
    pub fn label(&self, language: Language) -> String {
        let key = if *self == Self::New { "added" } else { self.word() };
        say!(language, format!("command.line.{key}"))
    }

    /// What is wrong with the line; nothing where nothing is.
    pub fn why(&self, language: Language) -> Option<String> {
        match self {
            Self::New | Self::Changed | Self::Same => None,
            Self::NoApp(app) => Some(say!(language, "reason.no_such_app", app = app)),
            Self::Malformed(fault) => Some(reason::block_fault(language, *fault)),
        }
    }
}

/// One line of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockLine {
    /// Counted from 1.
    pub number: u64,
    /// Whom it keeps out; none where something is wrong with it.
    pub block: Option<Block>,
    /// What is said of that one until now, where it is something else.
    pub was: Option<Block>,
    /// What it would do.
    pub state: BlockState,
}

/// What importing a table would do.
#[derive(Clone, Debug, Default)]
pub struct BlockImport {
    /// Who would be kept out.
    pub blocks: Vec<Block>,
    /// Its lines, by their number.
    pub lines: Vec<BlockLine>,
    /// What was taken for granted or passed over in it.
    pub notices: Vec<Notice>,
}

impl BlockImport {
    /// The lines of a parsed table, where there are these apps, and `found` are those of its blocks that there are already.
    pub fn new(parsed: ParsedBlocks, apps: &[App], found: &HashMap<BlockKey, Block>) -> Self {
        let apps: BTreeSet<&AppName> = apps.iter().map(|app| &app.name).collect();
        let line = |(number, block): &(u64, Block)| {
            let homeless = block.key.app.as_ref().filter(|app| !apps.contains(app));
            let is = found.get(&block.key);
            let state = match (homeless, is) {
                (Some(app), _) => BlockState::NoApp(app.clone()),
                (None, None) => BlockState::New,
                (None, Some(is)) if is == block => BlockState::Same,
                (None, Some(_)) => BlockState::Changed,
            };
            let was = is.filter(|_| state == BlockState::Changed).cloned();
            let block = (!state.is_wrong()).then(|| block.clone());
            BlockLine { number: *number, block, was, state }
        };
        let mut lines: Vec<BlockLine> = parsed.blocks.iter().map(line).collect();
        lines.extend(parsed.malformed.into_iter().map(|(number, fault)| BlockLine {
            number,
            block: None,
            was: None,
            state: BlockState::Malformed(fault),
        }));
        lines.sort_by_key(|line| line.number);
        let blocks = parsed.blocks.into_iter().map(|(_, block)| block).collect();
        Self { blocks, lines, notices: parsed.notices }
    }

    /// How many lines are new, change something, are so already, and are wrong.
    pub fn counts(&self) -> [u64; 4] {
        let mut counts = [0; 4];
        for line in &self.lines {
            let place = match line.state {
                BlockState::New => 0,
                BlockState::Changed => 1,
                BlockState::Same => 2,
                BlockState::NoApp(_) | BlockState::Malformed(_) => 3,
            };
            counts[place] += 1;
        }
        counts
    }

    /// Whether no line stands in the way, for all are imported or none.
    pub fn is_possible(&self) -> bool {
        !self.lines.is_empty() && !self.lines.iter().any(|line| line.state.is_wrong())
    }
}

/// Reads a table whose ends were written in that zone, where it is now that moment.
pub fn read_blocks(source: impl Read, zone: Zone, now: DateTime<Utc>) -> Result<ParsedBlocks, ReadError> {
    // A spreadsheet may have made a date of its own of one of ours.
    let until = |text: &str| {
        let typed: Result<TypedMoment, _> = text.parse().or_else(|_| text.replace('/', "-").parse());
        typed.ok().map(|typed| typed.last(zone, now))
    };
    parse_blocks(source, &until)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shown::block_told;

    const NOW: DateTime<Utc> = DateTime::UNIX_EPOCH;

    fn import(text: &str, found: &[Block]) -> BlockImport {
        let apps = [App::blank(AppName::default(), NOW)];
        let found = found.iter().map(|block| (block.key.clone(), block.clone())).collect();
        BlockImport::new(read_blocks(text.as_bytes(), Zone::default(), NOW).unwrap(), &apps, &found)
    }

    fn block(target: &str) -> Block {
        Block { key: BlockKey { app: None, target: target.parse().unwrap() }, reason: None, until: None }
    }

    #[test]
    fn each_line_says_what_it_would_do_and_one_that_is_wrong_stands_in_the_way_of_all() {
        let found = [block("PC-2"), block("PC-3")];
        let text = "target,app,reason\nPC-1,,\nPC-2,,refund\nPC-3,,\n";
        let import = import(text, &found);
        assert_eq!((import.counts(), import.is_possible(), import.blocks.len()), ([1, 1, 1, 0], true, 3));
        let told = import.lines.iter().map(|line| {
            let block = line.block.as_ref().unwrap();
            block_told(Language::ENGLISH, Zone::default(), block, line.was.as_ref(), usize::MAX)
        });
        assert_eq!(
            told.collect::<Vec<_>>(),
            ["machine PC-1 · all apps", "machine PC-2 · all apps · refund ← -", "machine PC-3 · all apps"]
        );
        for wrong in ["PC-4,none,\n", "203.0.113.0/33,,\n", "PC-1,,again\n"] {
            let import = self::import(&(text.to_owned() + wrong), &found);
            assert_eq!((import.counts(), import.is_possible()), ([1, 1, 1, 1], false), "{wrong}");
            let line = import.lines.last().unwrap();
            assert_eq!((line.number, &line.block, line.state.word()), (5, &None, "malformed"));
            assert!(line.state.why(Language::ENGLISH).is_some(), "{wrong}");
        }
        assert!(!self::import("target\n", &[]).is_possible(), "it names nobody");
    }
}
