//! What can happen to the console, and what it can want done.

use std::path::PathBuf;
use std::time::Duration;

use chrono::{DateTime, Utc};
use crossterm::event::KeyEvent;
use kami_common::block_import::BlockImport;
use kami_common::export::{ExportError, Exported, ExportedBlocks};
use kami_common::settings::Choice;
use kami_core::app::AppName;
use kami_core::block::Block;
use kami_core::filter::{Anchor, Capped, Filter, Position, Sort};
use kami_core::gate::Confirmed;
use kami_core::operator::Operator;
use kami_core::record::CardRecord;
use kami_core::zone::Zone;
use kami_store::{
    ActError, ActFilter, ActOutcome, ActStep, Acted, AppActed, AppCounts, AppOrder, AppsFound, Batch,
    BlockOrder, BlocksActed, BlocksFound, Grants, HistoryEntry, LicenceGiven, LogRecord, MigrateError,
    MigrationPlan, OneSeat, Page, PrefixCounts, PresetActed, PresetCounts, PresetOrder, PresetsFound,
    SearchCursor, SearchStep, SeatTaken, Selection, StatusCounts, Survey, TopUp, Undoable,
};
use kami_transfer::import::ReadError;
use tui_input::InputRequest;

use crate::input::act::Act;
use crate::input::pointer::Pointer;
use crate::state::cards::Landing;
use crate::state::import::{Import, ImportFile};
use crate::state::order::{Order, Undoing, Unrecharging};
use crate::state::session::Own;
use crate::state::statistics::{Series, Statistics};
use crate::state::unready::Unready;

/// Something that happened.
#[derive(Debug)]
pub enum Message {
    /// The console begins.
    Started,
    /// The clock says so.
    Tick(DateTime<Utc>),
    /// The terminal has this many columns and rows now.
    Resized(u16, u16),
    /// The console is back from a stop, however long that was.
    Resumed,
    /// The operator wants this done.
    Act(Act),
    /// The operator edits the line that is being typed.
    Edit(InputRequest),
    /// The mouse did something.
    Pointer(Pointer),
    /// Several keys came at once, faster than a hand presses them.
    Burst(Vec<KeyEvent>),
    /// The operator pasted a text.
    Pasted(String),
    /// A yes came before anybody could have read the question.
    TooSoon,
    /// The database answered a question.
    Answered {
        /// Which question.
        id: QuestionId,
        /// What it answered.
        answer: Answer,
    },
}

/// The number of a question; an answer to any but the newest of its topic is dropped.
pub type QuestionId = u64;

/// What a question is about: a new one makes the last one about the same pointless.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Topic {
    /// What the database allows.
    Server,
    /// The rows of the table.
    Rows,
    /// How many cards the filter finds.
    Total,
    /// How many rows stand before those of the table.
    Offset,
    /// How many cards are to be marked.
    Marking,
    /// How many cards there are of each status.
    Counts,
    /// Which apps there are.
    Apps,
    /// How many cards each app has.
    AppCounts,
    /// Which presets there are.
    Presets,
    /// How many cards each preset has.
    PresetCounts,
    /// Who is kept out.
    Blocks,
    /// What was done to the card under the cursor.
    History,
    /// Which machines have seats of the card under the cursor.
    Seats,
    /// Which machines have licence files of the card under the cursor.
    Licences,
    /// What a list offers.
    Choices,
    /// What operators did.
    Acts,
    /// What one act changed.
    LogOfAct,
    /// Which codes to copy.
    Codes,
    /// Counts over time.
    Statistics,
    /// What a file would bring.
    Import,
    /// Which cards an order will touch.
    Survey,
    /// Which act is to be taken back.
    Undo,
    /// Whether tmux took a copied text.
    Clipboard,
    /// What is being done to cards.
    Work,
    /// What is being done to the tables.
    Schema,
}

/// A question to the database.
#[derive(Clone, Debug)]
pub enum Question {
    /// What the database allows.
    Server,
    /// To bring the database to this version's schema.
    Migrate,
    /// A part of an order; hits newest first where the cards have to be searched for.
    Rows {
        /// Which cards.
        filter: Filter,
        /// In which order.
        sort: Sort,
        /// From where on.
        anchor: Anchor,
        /// How many.
        size: usize,
        /// Where they belong.
        landing: Landing,
    },
    /// The hits of a search that no index serves, window by window.
    Search {
        /// Which cards.
        filter: Filter,
        /// Where to go on; at the beginning if there is nothing.
        from: Option<SearchCursor>,
        /// After how many hits to stop.
        enough: usize,
    },
    /// How many cards the filter finds, as far as counting is quick.
    Total(Filter),
    /// How many cards the filter finds, counted to the last one.
    Marking(Filter),
    /// How many rows stand before this place.
    Offset(Filter, Sort, Position),
    /// How many cards of an app, or of all, there are of each status.
    Counts(Option<AppName>),
    /// Which apps there are.
    Apps,
    /// How many cards each app has.
    AppCounts,
    /// Which presets the apps have.
    Presets,
    /// How many cards each preset of an app, or of all, has.
    PresetCounts(Option<AppName>),
    /// Who is kept out, the newest first.
    Blocks {
        /// What is looked for in whom, of what and why; all if it is empty.
        text: String,
        /// Before which number to go on; from the newest if there is nothing.
        before: Option<u64>,
        /// After how many to stop.
        enough: usize,
    },
    /// What was done to this card.
    History(u64),
    /// Which machines have seats of this card.
    Seats(u64),
    /// Which machines have licence files of this card.
    Licences(u64),
    /// The prefixes of all cards, at once, and then how many cards of an app, or of all, each has; others are left out.
    Prefixes(Option<AppName>),
    /// Which batches there are.
    Batches,
    /// Whether the cards of a filter are few enough to come in any order.
    SortsAnyWay(Filter),
    /// Counts over time of the cards of an app, or of all, one after the other.
    Statistics(Vec<Series>, Option<AppName>),
    /// What operators did, the newest first.
    Acts {
        /// Which acts.
        filter: ActFilter,
        /// Before which number to go on; from the newest if there is nothing.
        before: Option<u64>,
        /// After how many acts to stop.
        enough: usize,
    },
    /// What one act changed, from before a row of the log on, or from its newest.
    LogOfAct(u64, Option<u64>),
    /// The codes that a filter finds, at most so many.
    Codes(Filter, usize),
    /// What each line of a file would do.
    Import(ImportFile),
    /// What each line of a table of those who shall be kept out would do, whose moments are in that zone.
    ImportBlocks(PathBuf, Zone),
    /// Whether the tmux around the console takes this text.
    Tmux(String),
    /// Which cards an act will touch, counted to the last one.
    Survey(Selection),
    /// The first of these acts that stands; for want of one, the operator's last, unless it is to be done again.
    Undoable {
        /// The acts.
        candidates: Vec<Own>,
        /// Whether they are takings back.
        is_redo: bool,
    },
    /// Which card this one was burnt for.
    TopUp(Box<CardRecord>),
    /// Do this, which was agreed to or needs no word.
    Do(Box<Confirmed<Order>>),
}

/// What the database answers.
#[derive(Debug)]
pub enum Answer {
    /// What the account may do.
    Server(Grants),
    /// A part of the table.
    Rows(Page, Landing),
    /// What one window of a search found.
    Hits {
        /// The hits and where to go on.
        step: SearchStep,
        /// Whether this was the first window.
        is_first: bool,
        /// Whether the worker goes on by itself.
        goes_on: bool,
    },
    /// How many cards the filter finds; nothing where only a search could tell.
    Total {
        /// As far as counting is quick.
        total: Option<Capped>,
        /// The number of the newest card of all before they were counted.
        newest: u64,
    },
    /// That the filter finds so many cards, which are all to be marked.
    Marking {
        /// What lets the cards through.
        filter: Filter,
        /// How many it finds.
        count: u64,
        /// The number of the newest card of all before they were counted.
        newest: u64,
    },
    /// How many rows stand before the table's.
    Offset(Capped),
    /// How many cards there are of each status.
    Counts(StatusCounts),
    /// The apps.
    Apps(AppsFound),
    /// How many cards each app has that has any.
    AppCounts(Vec<AppCounts>),
    /// The presets.
    Presets(PresetsFound),
    /// How many cards each preset of an app, or of all, has that has any.
    PresetCounts(Option<AppName>, Vec<PresetCounts>),
    /// Who is kept out.
    Blocks {
        /// Some of them, and where to go on.
        found: BlocksFound,
        /// Whether they are the newest.
        is_first: bool,
    },
    /// What was done to a card.
    History(u64, Vec<HistoryEntry>),
    /// The machines that have seats of a card.
    Seats(u64, Vec<SeatTaken>),
    /// The machines that have licence files of a card.
    Licences(u64, Vec<LicenceGiven>),
    /// The names of the prefixes, before they are counted.
    PrefixNames(Vec<String>),
    /// The prefixes with their counts.
    Prefixes(Vec<PrefixCounts>),
    /// Newest first.
    Batches(Vec<Batch>),
    /// Whether the cards are few enough to come in any order.
    SortsAnyWay(bool),
    /// Counts over time.
    Statistics(Statistics),
    /// What operators did.
    Acts {
        /// The acts, and where to go on.
        step: ActStep,
        /// Whether they are the newest.
        is_first: bool,
        /// Whether the worker goes on by itself.
        goes_on: bool,
    },
    /// What one act changed.
    LogOfAct {
        /// Up to so many rows as the worker reads at once.
        records: Vec<LogRecord>,
        /// Whether they are the first ones.
        is_first: bool,
        /// The row before which there are more.
        next: Option<u64>,
    },
    /// Codes to copy.
    Codes(Vec<String>),
    /// What each line of a file would do.
    Import(Box<Import>),
    /// What each line of a table of those who shall be kept out would do.
    BlockImport {
        /// Where it was read.
        path: PathBuf,
        /// What it would do.
        import: Box<BlockImport>,
    },
    /// The file cannot be read.
    Unreadable {
        /// Where it is.
        path: PathBuf,
        /// Why not.
        error: ReadError,
    },
    /// Whether tmux took a text.
    Tmux(bool),
    /// How far the counting of what an act will touch is, from 0 to 1.
    Surveying(f64),
    /// Which cards an act will touch.
    Survey(Survey),
    /// Which act is to be taken back, if there is one.
    Undoable {
        /// The act.
        undoable: Option<Box<Undoable>>,
        /// Whether it is the taking back of another.
        is_redo: bool,
    },
    /// The last top-up that a card was burnt for.
    TopUp {
        /// The card.
        burnt: Box<CardRecord>,
        /// What was done with it, if anything, and the card that was topped up, if that is still there.
        top_up: Option<(TopUp, Option<Box<CardRecord>>)>,
    },
    /// How far the work is.
    Progress {
        /// How many cards are done.
        done: u64,
        /// The part that is done, from 0 to 1, where the number does not tell.
        share: Option<f64>,
    },
    /// The work is done.
    Done(Box<Done>),
    /// The database has to be migrated first.
    Unready(Unready),
    /// What came of migrating it.
    Migrated(Result<Box<MigrationPlan>, Box<MigrateError>>),
    /// There is no answer.
    Failed(Failure),
}

impl Answer {
    /// Whether the database said something in it, so that it is there.
    pub const fn proves_link(&self) -> bool {
        !matches!(
            self,
            Self::Failed(_) | Self::Tmux(_) | Self::Unreadable { .. } | Self::Progress { .. } | Self::Done(_)
        )
    }

    /// Whether no other answer to the same question follows.
    pub const fn is_last(&self) -> bool {
        !matches!(
            self,
            Self::Hits { goes_on: true, .. }
                | Self::Acts { goes_on: true, .. }
                | Self::PrefixNames(_)
                | Self::Surveying(_)
                | Self::Progress { .. }
                | Self::Statistics(Statistics { stock: None, .. })
        )
    }
}

/// What came of an order.
#[derive(Debug)]
pub enum Done {
    /// A batch was made, of drawn codes or of those of a file.
    Made(Batch),
    /// A card was changed or deleted.
    One {
        /// What was done, in the word of the operator log.
        act: &'static str,
        /// The card before.
        card: u64,
        /// The card now.
        acted: Acted,
        /// How many machines were unbound, where the act does that and they could be counted.
        machines: Option<u64>,
    },
    /// A machine lost its seat of a card.
    Seat {
        /// As it was ordered.
        order: Box<OneSeat>,
        /// The card now.
        acted: Acted,
    },
    /// Many cards were changed.
    Many {
        /// What was done, in the word of the operator log.
        act: &'static str,
        /// How many, and why not the others.
        outcome: ActOutcome,
        /// How many machines were unbound, where the act does that and they could be counted.
        machines: Option<u64>,
    },
    /// An act was undone.
    Undone {
        /// Which.
        undoing: Box<Undoing>,
        /// To how many cards, and why not to the others.
        outcome: ActOutcome,
    },
    /// A top-up was taken back.
    Unrecharged {
        /// As it was ordered.
        order: Box<Unrecharging>,
        /// The act's number, by which it is undone.
        act_id: u64,
    },
    /// An app was made, changed or removed.
    App {
        /// As it was ordered.
        order: Box<AppOrder>,
        /// The app now.
        acted: AppActed,
    },
    /// A preset was made, changed or removed.
    Preset {
        /// As it was ordered.
        order: Box<PresetOrder>,
        /// The preset now.
        acted: PresetActed,
    },
    /// Somebody was kept out, or let in again.
    Blocks {
        /// As it was ordered.
        order: Box<BlockOrder>,
        /// What it changed.
        acted: BlocksActed,
    },
    /// Nobody was kept out: what is said of him is not what the operator saw, but this, or nothing.
    BlockedOtherwise(Option<Box<Block>>),
    /// A file was written.
    Exported(Exported),
    /// A file of those who are kept out was written.
    BlocksExported(ExportedBlocks),
    /// No file was written.
    NotExported(ExportError),
    /// It was not done.
    Refused(ActError),
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The store's own words.
    pub words: String,
    /// Whether asking again may help.
    pub passes: bool,
}

/// Something to be done outside the core.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "a key press has a handful of them")]
pub enum Effect {
    /// Ask the database; an older question about the same is given up.
    Ask {
        /// The number that the answer carries.
        id: QuestionId,
        /// What it is about.
        topic: Topic,
        /// As the worker understands it.
        question: Question,
        /// How long to wait first: a newer question may come.
        pause: Duration,
    },
    /// Give up what was asked about this.
    Cancel(Topic),
    /// Break off what is being done.
    BreakOff,
    /// Allow no change any more, whatever the console might want.
    ForbidChanges,
    /// Put this on the terminal's clipboard.
    Copy(String),
    /// Keep what the operator chose for the next time.
    Keep(Choice),
    /// Take the mouse from the terminal, or give it back.
    Mouse(bool),
    /// Act under this name from now on.
    Operator(Operator),
    /// Draw everything anew.
    Redraw,
    /// Stop until the shell continues us.
    Suspend,
    /// End.
    Quit,
}
