//! Going through cards newest first, step by step: a search that shows its progress and can be left at any step.
//!
//! Where an index finds few cards for one of the conditions, only those are looked at, however many others there are.

use chrono::{DateTime, Utc};
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Row};

use super::super::limit::{BACKGROUND, GRACE, SCREEN, limited};
use super::super::record::{COLUMNS, ReadRows, cards};
use super::super::{Operation, Store, StoreError, clock};
use super::order::finds_few;
use super::sought::{Further, Sought};
use super::statement::{Course, Statement, conditions, listing, name};
use kami_core::filter::{Filter, Key, Position, Sort, SortBy};
use kami_core::plan::{Index, Indexed, Plan, Reach, Window};
use kami_core::record::CardRecord;

/// How many ids one step of a search goes through: about 30 ms of the server's time.
pub const SEARCH_WINDOW: u64 = 100_000;

/// How far a search has come. Cards that are generated after it began are not part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SearchCursor {
    /// All cards from this id on have been looked at.
    below: u64,
    /// The lowest and highest id that can be met.
    lowest: u64,
    highest: u64,
    /// The index that finds few cards, all of them in one step; without it they are met window by window.
    gathered: Option<Indexed>,
    /// How many further seats the machines have that are searched for.
    further: Further,
}

/// How much of the way is behind a search, in ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// So much.
    pub done: u64,
    /// Of so much.
    pub total: u64,
}

/// What one step of a search found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchStep {
    /// The cards, newest first.
    pub rows: Vec<CardRecord>,
    /// The numbers of the cards among them whose rows cannot be understood.
    pub unreadable: Vec<u64>,
    /// The database's clock when they were read.
    pub now: DateTime<Utc>,
    /// Where to go on; `None` at the end.
    pub next: Option<SearchCursor>,
    /// How far it has come.
    pub progress: Progress,
}

impl SearchCursor {
    /// The beginning of a search among the ids from `lowest` to `highest`, window by window.
    pub const fn over(lowest: u64, highest: u64) -> Self {
        Self { below: highest.saturating_add(1), lowest, highest, gathered: None, further: Further::None }
    }

    /// The same search without the cards numbered higher than `newest`; `None` when no other is left.
    pub(in super::super) fn up_to(self, newest: u64) -> Option<Self> {
        let highest = self.highest.min(newest);
        let below = self.below.min(highest.saturating_add(1));
        (highest >= self.lowest).then_some(Self { below, highest, ..self })
    }

    /// The cards that the search for those of `filter` looks for.
    pub(in super::super) const fn sought(self, filter: &Filter) -> Sought<'_> {
        Sought { filter, further: self.further }
    }

    fn at(self, below: u64) -> Option<Self> {
        (below > self.lowest).then_some(Self { below, ..self })
    }

    /// Where the next window ends.
    fn floor(self) -> u64 {
        self.below.saturating_sub(SEARCH_WINDOW).max(self.lowest)
    }

    /// How far a search that goes on from here has come; all the way without one.
    pub(in super::super) fn progress(self, next: Option<Self>) -> Progress {
        let total = self.highest.saturating_sub(self.lowest) + 1;
        let left = next.map_or(0, |next| next.below.saturating_sub(self.lowest));
        Progress { done: total.saturating_sub(left), total }
    }
}

impl Store {
    /// Begins to search for the cards of any filter; `None` when there are none to look at.
    pub async fn search_start(&self, filter: &Filter) -> Result<Option<SearchCursor>, StoreError> {
        self.run(SCREEN + GRACE, Start { filter }).await
    }

    /// Goes one step on: up to `max_rows` cards out of at most [`SEARCH_WINDOW`] ids, or straight from an index.
    pub async fn search_step(
        &self,
        filter: &Filter,
        cursor: SearchCursor,
        max_rows: usize,
    ) -> Result<SearchStep, StoreError> {
        let step = SearchWindow { filter, cursor, max_rows: max_rows.max(1) };
        self.run(BACKGROUND + GRACE, step).await
    }
}

struct Start<'a> {
    filter: &'a Filter,
}

impl Operation for Start<'_> {
    type Output = Option<SearchCursor>;
    const IS_CANCELLED: bool = true;

    async fn run(&self, connection: &mut Conn) -> Result<Option<SearchCursor>, StoreError> {
        let bounds: Option<(Option<u64>, Option<u64>)> = match self.filter.batch_id {
            None => {
                let query = limited(SCREEN, "SELECT MIN(id), MAX(id) FROM cards");
                connection.exec_first(query, ()).await?
            }
            Some(batch) => {
                let query =
                    "SELECT MIN(id), MAX(id) FROM cards FORCE INDEX (idx_batch_id) WHERE batch_id = ?";
                connection.exec_first(limited(SCREEN, query), (batch,)).await?
            }
        };
        let Some((Some(lowest), Some(highest))) = bounds else { return Ok(None) };
        let sought = Sought::of(connection, self.filter).await?;
        let gathered = gathered(connection, sought).await?;
        Ok(Some(SearchCursor { gathered, further: sought.further, ..SearchCursor::over(lowest, highest) }))
    }
}

/// The index that finds few cards, where windows would look at more.
async fn gathered(connection: &mut Conn, sought: Sought<'_>) -> Result<Option<Indexed>, StoreError> {
    if sought.filter.batch_id.is_some() || straight(sought).is_some() {
        return Ok(None);
    }
    let found = finds_few(connection, sought).await?;
    Ok(found.map(|few| few.sorted(Sort::NEWEST)))
}

/// The index that holds exactly the cards that are sought in the order of their ids, if one does. One of a status alone
/// does too; but where that finds many cards, windows read the table in its own order, which is faster.
fn straight(sought: Sought<'_>) -> Option<Indexed> {
    match sought.plan(Sort::NEWEST) {
        Plan::Indexed(indexed @ Indexed { sort: Sort { by: SortBy::Id, .. }, .. })
            if indexed.reach == Reach::Few || indexed.index == Index::PrefixStatus =>
        {
            Some(indexed)
        }
        Plan::Indexed(_) | Plan::Windowed(_) => None,
    }
}

/// What the next step has to read, and whether the end of a window may come before the end of the cards.
pub(super) struct Reading {
    pub(super) statement: Statement,
    floor: Option<u64>,
}

impl Reading {
    /// The next step of a search for `columns`.
    pub(super) fn next(columns: &str, filter: &Filter, cursor: SearchCursor, limit: usize) -> Self {
        let sought = cursor.sought(filter);
        if let Some(indexed) = straight(sought).or(cursor.gathered) {
            let from = Position { id: cursor.below, key: Key::Id };
            let course = Course { backwards: false, from: Some(&from), inclusive: false };
            return Self { statement: listing(columns, sought, indexed, course, limit), floor: None };
        }
        let index = match sought.plan(Sort::NEWEST) {
            Plan::Indexed(Indexed { index: Index::Batch, .. }) | Plan::Windowed(Window::Batch) => {
                Index::Batch
            }
            Plan::Indexed(_) | Plan::Windowed(Window::Table) => Index::Primary,
        };
        let floor = cursor.floor();
        let mut statement = conditions(sought);
        statement.and("id < ?", [cursor.below.into()]);
        statement.and("id >= ?", [floor.into()]);
        statement.text = format!(
            "SELECT {columns} FROM cards FORCE INDEX ({}) WHERE TRUE{} ORDER BY id DESC LIMIT {limit}",
            name(index),
            statement.text
        );
        Self { statement, floor: Some(floor) }
    }

    /// Where to go on behind what was read: the lowest id of it, and whether it was as much as was asked for. A window
    /// without any may lie in a gap between the numbers of cards, which is passed at once, however wide it is.
    pub(super) async fn follow(
        &self,
        connection: &mut Conn,
        cursor: SearchCursor,
        last: Option<u64>,
        full: bool,
    ) -> Result<Option<SearchCursor>, StoreError> {
        let next = match (full, last, self.floor) {
            (true, Some(last), _) => cursor.at(last),
            (_, _, Some(floor)) => cursor.at(floor),
            (_, _, None) => None,
        };
        let Some(next) = next.filter(|_| last.is_none()) else { return Ok(next) };
        let query = limited(BACKGROUND, "SELECT MAX(id) FROM cards WHERE id < ?");
        let highest: Option<Option<u64>> = connection.exec_first(query, (next.below,)).await?;
        Ok(highest.flatten().and_then(|highest| next.at(highest.saturating_add(1))))
    }
}

struct SearchWindow<'a> {
    filter: &'a Filter,
    cursor: SearchCursor,
    max_rows: usize,
}

impl Operation for SearchWindow<'_> {
    type Output = SearchStep;
    const IS_CANCELLED: bool = true;

    async fn run(&self, connection: &mut Conn) -> Result<SearchStep, StoreError> {
        let Self { filter, cursor, max_rows } = *self;
        let reading = Reading::next(&COLUMNS, filter, cursor, max_rows);
        let rows: Vec<Row> =
            connection.exec(limited(BACKGROUND, &reading.statement.text), reading.statement.params()).await?;
        let is_full = rows.len() >= max_rows;
        let ReadRows { cards: rows, unreadable, now } = cards(rows)?;
        let now = match now {
            Some(now) => now,
            None => clock(connection).await?,
        };
        // They come newest first.
        let last = rows.last().map(|card| card.id).into_iter().chain(unreadable.last().copied()).min();
        let next = reading.follow(connection, cursor, last, is_full).await?;
        Ok(SearchStep { rows, unreadable, now, next, progress: cursor.progress(next) })
    }
}

/// Reads the ids of the next step of a search, and where to go on.
pub(in super::super) struct SearchIds<'a> {
    pub(in super::super) filter: &'a Filter,
    pub(in super::super) cursor: SearchCursor,
    pub(in super::super) limit: usize,
}

impl Operation for SearchIds<'_> {
    type Output = (Vec<u64>, Option<SearchCursor>);
    const IS_CANCELLED: bool = true;

    async fn run(&self, connection: &mut Conn) -> Result<Self::Output, StoreError> {
        let Self { filter, cursor, limit } = *self;
        let reading = Reading::next("id", filter, cursor, limit);
        let query = limited(BACKGROUND, &reading.statement.text);
        let ids: Vec<u64> = connection.exec(query, reading.statement.params()).await?;
        let next = reading.follow(connection, cursor, ids.last().copied(), ids.len() >= limit).await?;
        Ok((ids, next))
    }
}
