//! Everything that the console knows: what is shown is made from this alone.

use std::collections::HashMap;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use kami_common::saved_view::SavedView;
use kami_common::settings::{Source, Sourced};
use kami_common::words::Language;
use kami_core::app::AppName;
use kami_core::certify::may_have_licences;
use kami_core::operator::Operator;
use kami_core::policy::DevicePolicy;
use kami_core::record::CardRecord;
use kami_core::zone::Zone;
use kami_store::{Grants, HistoryEntry, LicenceGiven, SeatTaken, StatusCounts};

use crate::input::act::Act;
use crate::input::place::Place;
use crate::input::pointer::Click;
use crate::state::apps::Apps;
use crate::state::cards::Cards;
use crate::state::clipboard::Clipboard;
use crate::state::message::{Effect, Question, QuestionId, Topic};
use crate::state::overlay::{Overlay, Stack};
use crate::state::presets::Presets;
use crate::state::session::Session;
use crate::state::settings::{Files, Sources};
use crate::state::statistics::Statistics;
use crate::state::theme::Theme;
use crate::state::unready::Unready;

/// The rows of the screen that are not the table's.
pub const ROWS_AROUND_TABLE: u16 = 8;

/// The smallest terminal that the console can be used in.
pub const SMALLEST: (u16, u16) = (36, 12);

/// Below how many columns the screen is a phone's: a table of codes and their statuses, and frames as wide as it.
pub const NARROW: u16 = 60;

/// From how many columns on the detail of a card stands beside the table.
const WIDE: u16 = 120;

/// How long after the last key of a paste a single key still belongs to it: slow lines break a paste into parts.
const PASTE_LASTS: TimeDelta = TimeDelta::milliseconds(250);

/// How long a question takes no yes: reading it takes longer, and a keyboard repeats a held key sooner.
const READING: TimeDelta = TimeDelta::milliseconds(700);

/// How long a wait goes unmentioned.
const PATIENCE: TimeDelta = TimeDelta::milliseconds(150);

/// The database as the header names it.
#[derive(Clone, Debug, Default)]
pub struct Location {
    /// The environment's name in the configuration.
    pub environment: Option<String>,
    /// Its host, as the address names it.
    pub server: String,
    /// By its name on the server.
    pub database: String,
    /// The database account.
    pub user: String,
    /// Whether real customers depend on it.
    pub production: bool,
}

/// Why nothing may be changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadOnly {
    /// An argument or a setting says so.
    Asked,
    /// The database account may only read.
    NoGrant,
}

impl ReadOnly {
    /// The reason's key in the locale files.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Asked => "read_only.asked",
            Self::NoGrant => "read_only.no_grant",
        }
    }
}

/// Whether the database answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Link {
    /// It was asked and has not answered yet.
    Connecting,
    /// It answers.
    Up,
    /// It answers, but has to be migrated before anything can be done with it.
    Unready {
        /// What it lacks.
        what: Unready,
        /// When it is asked again, since others may migrate it.
        look_at: DateTime<Utc>,
    },
    /// It is being migrated.
    Migrating {
        /// When that began.
        since: DateTime<Utc>,
    },
    /// It does not, and will be asked again.
    Away {
        /// Why, in the words of the store.
        reason: String,
        /// When it is asked again.
        retry_at: DateTime<Utc>,
        /// How often it was asked in vain.
        tries: u32,
    },
}

/// How a message is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// It went well.
    Good,
    /// It is only said.
    Plain,
    /// It did not go.
    Bad,
}

/// What the message line says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// As they are shown, without control characters.
    pub words: String,
    /// How they are meant.
    pub tone: Tone,
    /// Whether they say no more than that the database does not answer, and are untrue once it does.
    pub is_of_outage: bool,
}

/// What was done to a card.
#[derive(Clone, Debug)]
pub struct History {
    /// By its number.
    pub card: u64,
    /// What was done, the newest first.
    pub records: Vec<HistoryEntry>,
}

/// The machines that have seats of a card.
#[derive(Clone, Debug)]
pub struct Seated {
    /// By its number.
    pub card: u64,
    /// The one that stands in its row first, then the one that was heard of last.
    pub seats: Vec<SeatTaken>,
}

/// The machines that have licence files of a card.
#[derive(Clone, Debug)]
pub struct Licensed {
    /// By its number.
    pub card: u64,
    /// The one that got its last one last first.
    pub licences: Vec<LicenceGiven>,
}

/// Something that is being done.
#[derive(Clone, Debug)]
pub struct Work {
    /// The key of its title in the locale files.
    pub key: &'static str,
    /// When it began.
    pub since: DateTime<Utc>,
    /// How many cards are done.
    pub done: u64,
    /// How many there are to do, if that is known.
    pub total: Option<u64>,
    /// The part that is done, from 0 to 1.
    pub share: f64,
    /// Whether it was told to stop.
    pub is_breaking_off: bool,
}

/// A question that waits for its answer.
#[derive(Clone, Copy, Debug)]
struct Asked {
    id: QuestionId,
    at: DateTime<Utc>,
    /// Whether the operator need not know: nobody waits for the answer.
    is_quiet: bool,
}

/// Everything that the console knows.
#[derive(Clone, Debug)]
pub struct Model {
    /// The terminal's columns and rows.
    pub size: (u16, u16),
    /// The time, as far as it was told.
    pub now: DateTime<Utc>,
    /// The zone in which moments are shown.
    pub zone: Zone,
    /// In which everything is said.
    pub language: Language,
    /// The colours.
    pub theme: Theme,
    /// Who the operator log says does it.
    pub operator: Operator,
    /// Who it is where no name was chosen in the console.
    pub usual_operator: Sourced<Operator>,
    /// Whether the console takes the mouse.
    pub mouse: bool,
    /// The last click.
    pub clicked: Option<Click>,
    /// What said each of the settings.
    pub sources: Sources,
    /// Where the settings are kept.
    pub files: Files,
    /// The saved views.
    pub views: Vec<SavedView>,
    /// The database as the header names it.
    pub location: Location,
    /// Why nothing may be changed, if so.
    pub read_only: Option<ReadOnly>,
    /// Whether the operator reaches no files and no shell here.
    pub confined: bool,
    /// What the database account may do; none while that is unknown.
    pub grants: Option<Grants>,
    /// Whether the database answers.
    pub link: Link,
    /// How far the database's clock is ahead of ours.
    pub skew: TimeDelta,
    /// The table of cards and what belongs to it.
    pub cards: Cards,
    /// The apps.
    pub apps: Apps,
    /// The presets.
    pub presets: Presets,
    /// How many cards of the app that is looked at, or of all, there are of each status, as of the moment that is in it.
    pub counts: Option<StatusCounts>,
    /// The app whose cards are counted.
    pub counted_app: Option<AppName>,
    /// How many cards of all apps let a machine in, when they were last counted.
    pub circulating: u64,
    /// What was done to the card that was looked at last.
    pub history: Option<History>,
    /// Who has seats of the card that was last looked at, of those that may have several or leased ones.
    pub seated: Option<Seated>,
    /// Which machines have licence files of the card under the cursor, as far as that was asked.
    pub licensed: Option<Licensed>,
    /// Counts over time, as far as they were asked for.
    pub statistics: Option<Statistics>,
    /// What this session did.
    pub session: Session,
    /// What takes a copied text.
    pub clipboard: Clipboard,
    /// What is being done.
    pub work: Option<Work>,
    /// What lies over the screen, the topmost last.
    pub overlays: Stack,
    /// What was chosen from a list, to be done once that is closed.
    pub next: Option<Act>,
    /// What the message line says.
    pub notice: Option<Notice>,
    /// When keys of a paste came last.
    pub pasted_at: Option<DateTime<Utc>>,
    /// Since when there is a question to be read, or when it was last answered before that.
    pub asked_at: Option<DateTime<Utc>>,
    /// Whether the operator was told that leaving loses what he typed.
    pub was_told_of_loss: bool,
    asked: HashMap<Topic, Asked>,
    last_id: QuestionId,
}

impl Model {
    /// A console that knows nothing of its database yet.
    pub fn new(
        now: DateTime<Utc>,
        size: (u16, u16),
        language: Language,
        theme: Theme,
        operator: Operator,
    ) -> Self {
        Self {
            size,
            now,
            zone: Zone::default(),
            language,
            theme,
            usual_operator: Sourced::new(operator.clone(), Source::System),
            operator,
            mouse: false,
            clicked: None,
            sources: Sources::default(),
            files: Files::default(),
            views: Vec::new(),
            location: Location::default(),
            read_only: None,
            confined: false,
            grants: None,
            link: Link::Connecting,
            skew: TimeDelta::zero(),
            cards: Cards::default(),
            apps: Apps::default(),
            presets: Presets::default(),
            counts: None,
            counted_app: None,
            circulating: 0,
            history: None,
            seated: None,
            licensed: None,
            statistics: None,
            session: Session::default(),
            clipboard: Clipboard::default(),
            work: None,
            overlays: Stack::default(),
            next: None,
            notice: None,
            pasted_at: None,
            asked_at: None,
            was_told_of_loss: false,
            asked: HashMap::new(),
            last_id: 0,
        }
    }

    /// The time by the database's clock, which decides when cards expire.
    pub fn server_now(&self) -> DateTime<Utc> {
        self.now + self.skew
    }

    /// Where keys go now.
    pub fn place(&self) -> Place {
        match self.overlays.last() {
            Some(overlay) => overlay.place(),
            None if self.cards.searching => Place::Search,
            None => Place::Cards,
        }
    }

    /// Whether a key that comes now belongs to a paste.
    pub fn is_pasting(&self) -> bool {
        self.is_within(PASTE_LASTS, self.pasted_at)
    }

    /// Whether what lies on top asks for an answer, and says all that there is to know before it.
    pub fn is_asking(&self) -> bool {
        self.overlays.last().is_some_and(Overlay::is_asking)
    }

    /// Whether a yes that comes now cannot be to the question on top, which nobody can have read yet.
    pub fn is_unread(&self) -> bool {
        self.is_asking() && self.is_within(READING, self.asked_at)
    }

    fn is_within(&self, span: TimeDelta, since: Option<DateTime<Utc>>) -> bool {
        let age = since.map(|at| self.now - at);
        age.is_some_and(|age| (TimeDelta::zero()..span).contains(&age))
    }

    /// Whether a single key for an act is taken now: a yes or a choice once its question can have been read, and what
    /// sends or chooses once a paste is over, of which it may be the last key.
    pub fn takes(&self, act: Act) -> bool {
        match act {
            Act::Yes | Act::Submit | Act::ImportLines | Act::Open => !self.is_unread() && !self.is_pasting(),
            _ => true,
        }
    }

    /// Whether the detail of the card under the cursor stands beside the table.
    pub const fn is_wide(&self) -> bool {
        self.size.0 >= WIDE
    }

    /// Whether the screen is a phone's.
    pub const fn is_narrow(&self) -> bool {
        self.size.0 < NARROW
    }

    /// Whether the detail of a card is shown at all.
    pub fn shows_detail(&self) -> bool {
        self.is_wide() || self.overlays.iter().any(|overlay| overlay.place() == Place::Detail)
    }

    /// Whether it is told who has seats of a card: it has several, leases them, or devices have keys.
    pub fn tells_seats(&self, card: &CardRecord) -> bool {
        let policy = self.apps.policy_of(card);
        card.seats > 1 || policy.lease.is_some() || policy.device != DevicePolicy::Off
    }

    /// Who has seats of a card, where that is known.
    pub fn seats_of(&self, card: &CardRecord) -> Option<&[SeatTaken]> {
        if card.machine_code.is_none() {
            return Some(&[]);
        }
        let seated = self.seated.as_ref().filter(|seated| seated.card == card.id)?;
        Some(&seated.seats)
    }

    /// Which machines have licence files of a card, where that is known.
    pub fn licences_of(&self, card: &CardRecord) -> Option<&[LicenceGiven]> {
        if !may_have_licences(card) {
            return Some(&[]);
        }
        let licensed = self.licensed.as_ref().filter(|licensed| licensed.card == card.id)?;
        Some(&licensed.licences)
    }

    /// Whether the terminal is too small to show anything but that.
    pub const fn is_too_small(&self) -> bool {
        self.size.0 < SMALLEST.0 || self.size.1 < SMALLEST.1
    }

    /// How many rows of cards are shown.
    pub fn table_height(&self) -> usize {
        usize::from(self.size.1.saturating_sub(ROWS_AROUND_TABLE)).max(1)
    }

    /// Asks a question after a pause, in which a newer one may take its place.
    pub fn ask_after(&mut self, pause: Duration, topic: Topic, question: Question) -> Effect {
        self.last_id += 1;
        self.asked.insert(topic, Asked { id: self.last_id, at: self.now, is_quiet: false });
        Effect::Ask { id: self.last_id, topic, question, pause }
    }

    /// Asks a question at once.
    pub fn ask(&mut self, topic: Topic, question: Question) -> Effect {
        self.ask_after(Duration::ZERO, topic, question)
    }

    /// Nobody waits for the answer about a topic that was just asked: no wheel turns for it.
    pub fn silence(&mut self, topic: Topic) {
        if let Some(asked) = self.asked.get_mut(&topic) {
            asked.is_quiet = true;
        }
    }

    /// No longer wants what was asked about `topic`.
    pub fn forget(&mut self, topic: Topic) -> Option<Effect> {
        self.asked.remove(&topic).map(|_| Effect::Cancel(topic))
    }

    /// Takes away what lies on top, and gives up what it asked.
    pub fn close(&mut self) -> Vec<Effect> {
        let topics = self.overlays.last().map_or(&[][..], Overlay::topics);
        self.overlays.pop();
        topics.iter().filter_map(|topic| self.forget(*topic)).collect()
    }

    /// Takes away all that lies over the table, and gives up what it asked.
    pub fn close_all(&mut self) -> Vec<Effect> {
        let mut effects = Vec::new();
        while !self.overlays.is_empty() {
            effects.extend(self.close());
        }
        effects
    }

    /// The topic of a question that still waits for its answer; none for one that a newer has made pointless.
    pub fn topic_of(&self, id: QuestionId) -> Option<Topic> {
        self.asked.iter().find(|(_, asked)| asked.id == id).map(|(topic, _)| *topic)
    }

    /// The last part of an answer has come.
    pub fn settle(&mut self, topic: Topic) {
        self.asked.remove(&topic);
    }

    /// Whether an answer about `topic` is waited for.
    pub fn awaits(&self, topic: Topic) -> bool {
        self.asked.contains_key(&topic)
    }

    /// Whether the operator has waited for the table or a list long enough to be told so.
    pub fn is_waiting_long(&self) -> bool {
        [
            Topic::Rows,
            Topic::Choices,
            Topic::Acts,
            Topic::Presets,
            Topic::Blocks,
            Topic::LogOfAct,
            Topic::Codes,
            Topic::Import,
            Topic::Survey,
            Topic::Undo,
            Topic::Work,
        ]
        .iter()
        .filter_map(|topic| self.asked.get(topic))
        .any(|asked| !asked.is_quiet && self.now - asked.at > PATIENCE)
    }

    /// Whether the detail beside the table is still that of the card on which the cursor rested before: it follows
    /// together with the history, or alone where that takes long.
    pub fn detail_follows(&self) -> bool {
        self.asked.get(&Topic::History).is_some_and(|asked| self.now - asked.at <= PATIENCE * 2)
    }

    /// Whether anything shown moves faster than the minute, so that the clock has to tick faster.
    pub fn is_lively(&self) -> bool {
        !self.asked.is_empty()
            || matches!(self.link, Link::Away { .. } | Link::Migrating { .. })
            || self.is_unread()
            || self.is_pasting()
    }

    /// Says something in the message line.
    pub fn say(&mut self, tone: Tone, words: impl Into<String>) {
        self.notice = Some(Notice { words: words.into(), tone, is_of_outage: false });
    }

    /// Says in the message line that something was in vain, and takes it back with the database's next answer where
    /// that is all there is to it.
    pub fn say_failed(&mut self, words: impl Into<String>, passes: bool) {
        self.notice = Some(Notice { words: words.into(), tone: Tone::Bad, is_of_outage: passes });
    }
}
