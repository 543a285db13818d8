//! `kami list`: cards by filter, in order.

use std::collections::BTreeSet;

use clap::{Args, ValueEnum};
use kami_common::column::Column;
use kami_common::reason::unreadable;
use kami_common::words::{number, say};
use kami_core::filter::{Anchor, Direction, Filter, Position, Sort, SortBy};
use kami_core::mention::Mention;
use kami_core::plan::{Plan, plan};
use kami_core::record::CardRecord;
use kami_store::{COUNT_CAP, StoreError};

use super::choice::not_found;
use super::failure::Failure;
use super::filter::{FilterOptions, mentioned};
use super::output::{Output, Table, message};
use super::record::{card_cells, card_headings, seen_json};
use super::session::Session;

/// How many cards are read at a time.
const PART: usize = 1_000;

/// List cards, newest first
///
/// Prints a table, or with --json one object a line. The table names the apps of cards where one is not of the app
/// default, points and last moments where a card has any, and how many machines ask for a card that seems to be shared. Ends
/// with code 3 when no card is found.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
                        kami list --status active --sort expires\n  \
                        kami list --prefix VIP --created 2026-01-01..2026-01-31\n  \
                        kami list --batch 7 --limit 0 --json | jq -r .code")]
pub(super) struct List {
    /// The order, newest first without it; refused where no index has it and too many cards match to be sorted
    #[arg(long, value_name = "ORDER")]
    sort: Option<Order>,
    /// The other way round
    #[arg(long)]
    reverse: bool,
    /// How many at most; 0 for all
    #[arg(long, value_name = "NUMBER", default_value_t = 100)]
    limit: u64,
    /// Print JSON lines
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    filter: FilterOptions,
}

/// An order of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Order {
    /// Generated last first
    Newest,
    /// By code
    Code,
    /// By machine
    Machine,
    /// Generated last first, by the clock
    Created,
    /// Used last first
    Used,
    /// Expiring next first
    Expires,
}

impl Order {
    const fn sort(self, reverse: bool) -> Sort {
        let (by, direction) = match self {
            Self::Newest => (SortBy::Id, Direction::Descending),
            Self::Code => (SortBy::Code, Direction::Ascending),
            Self::Machine => (SortBy::Machine, Direction::Ascending),
            Self::Created => (SortBy::Created, Direction::Descending),
            Self::Used => (SortBy::Used, Direction::Descending),
            Self::Expires => (SortBy::Expires, Direction::Ascending),
        };
        Sort { by, direction: if reverse { direction.reversed() } else { direction } }
    }
}

impl List {
    /// Lists cards.
    pub(super) async fn run(self, session: &Session) -> Result<(), Failure> {
        let filter = self.filter.filter(session).await?;
        let wanted = self.sort.unwrap_or(Order::Newest).sort(self.reverse);
        let is_asked_for = self.sort.is_some() || self.reverse;
        let limit = if self.limit == 0 { u64::MAX } else { self.limit };
        let mut listing = Listing::new(session, self.json, limit);
        listing.missing = mentioned(&filter);
        match (plan(&filter, wanted), wanted) {
            // What is searched for comes newest first anyhow.
            (Plan::Windowed(_), Sort::NEWEST) => listing.search(&filter).await?,
            _ => listing.pages(&filter, wanted, is_asked_for).await?,
        }
        listing.out.flush()?;
        if !listing.unreadable.is_empty() {
            message(&unreadable(session.language, &listing.unreadable.iter().copied().collect::<Vec<_>>()));
        }
        if listing.printed == 0 {
            return Err(Failure::NotFound(say!(session.language, "command.no_cards")));
        }
        if listing.more {
            message(&say!(session.language, "command.more", n = number(listing.printed)));
        } else if !listing.missing.is_empty() {
            let missing: Vec<String> =
                listing.missing.iter().map(|mention| mention.likeliest().to_owned()).collect();
            return Err(not_found(session.language, &missing));
        }
        Ok(())
    }
}

/// Cards on their way out.
struct Listing<'a> {
    session: &'a Session,
    out: Output,
    table: Table,
    /// The columns of the table.
    columns: Vec<Column>,
    json: bool,
    limit: u64,
    printed: u64,
    /// Whether there are cards beyond the limit.
    more: bool,
    /// The numbers of the cards that cannot be understood.
    unreadable: BTreeSet<u64>,
    /// What the filter's text speaks of and was not found yet.
    missing: Vec<Mention>,
}

impl<'a> Listing<'a> {
    fn new(session: &'a Session, json: bool, limit: u64) -> Self {
        Self {
            session,
            out: Output::open(),
            table: Table::headed([]),
            columns: Vec::new(),
            json,
            limit,
            printed: 0,
            more: false,
            unreadable: BTreeSet::new(),
            missing: Vec::new(),
        }
    }

    fn room(&self) -> u64 {
        self.limit - self.printed
    }

    /// Up to [`PART`] cards, as many as the limit leaves, and one more that says whether there are others.
    fn part(&self) -> usize {
        usize::try_from(self.room()).map_or(PART, |room| room.min(PART - 1) + 1)
    }

    /// Lists pages in the order wanted; where nobody asked for it, the nearest will do.
    async fn pages(&mut self, filter: &Filter, wanted: Sort, is_asked_for: bool) -> Result<(), Failure> {
        let language = self.session.language;
        let refused = || {
            let words = say!(language, "command.not_sorted", most = number(COUNT_CAP));
            Failure::Refused(words)
        };
        let (mut sort, mut anchor) = (wanted, Anchor::First);
        loop {
            let page = match self.session.store.page(filter, sort, &anchor, self.part()).await {
                Err(StoreError::NotIndexed) => return Err(refused()),
                page => page?,
            };
            if page.sort != sort && (is_asked_for || anchor != Anchor::First) {
                return Err(refused());
            }
            sort = page.sort;
            let last = page.rows.last().map(|card| Position::of(card, page.sort.by));
            self.unreadable.extend(page.unreadable);
            self.print(page.rows, page.now).await?;
            match last {
                Some(last) if page.has_after && !self.more => anchor = Anchor::After(last),
                Some(_) | None => return Ok(()),
            }
        }
    }

    async fn search(&mut self, filter: &Filter) -> Result<(), Failure> {
        let mut next = self.session.store.search_start(filter).await?;
        while let Some(cursor) = next.filter(|_| !self.more) {
            let step = self.session.store.search_step(filter, cursor, self.part()).await?;
            self.unreadable.extend(step.unreadable);
            self.print(step.rows, step.now).await?;
            next = step.next;
        }
        Ok(())
    }

    async fn print(
        &mut self,
        mut cards: Vec<CardRecord>,
        now: chrono::DateTime<chrono::Utc>,
    ) -> Result<(), Failure> {
        let room = usize::try_from(self.room()).unwrap_or(usize::MAX);
        self.more = cards.len() > room;
        cards.truncate(room);
        self.printed += cards.len() as u64;
        self.session.store.find_mismatches(&mut cards).await?;
        self.missing.retain(|mention| !cards.iter().any(|card| mention.is(&card.full_code)));
        let Session { language, zone, .. } = *self.session;
        if self.json {
            for card in &cards {
                self.out.json(&seen_json(card))?;
            }
        } else if !cards.is_empty() {
            let columns = columns(&self.columns, &cards);
            if columns != self.columns {
                self.table = Table::headed(card_headings(language, &columns));
                self.columns = columns;
            }
            for card in &cards {
                self.table.push(card_cells(language, zone, card, now, &self.columns));
            }
            self.out.table(&self.table)?;
            self.table.clear();
        }
        Ok(())
    }
}

/// The columns for these cards: those that there were, and each that says something of one. When a card was used is seen of one
/// alone.
fn columns(before: &[Column], cards: &[CardRecord]) -> Vec<Column> {
    let is_told = |column: &Column| {
        before.contains(column) || *column != Column::Used && cards.iter().any(|card| column.tells_of(card))
    };
    Column::ALL.into_iter().filter(is_told).collect()
}
