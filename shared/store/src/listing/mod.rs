//! Pages of cards in any order that an index has, at the same cost however deep they lie.

pub(super) mod copied;
pub(super) mod order;
mod search;
pub(super) mod shared;
pub(super) mod sought;
pub(super) mod statement;
mod survey;

use chrono::{DateTime, Utc};
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Row};

use self::order::indexed;
pub(super) use self::search::SearchIds;
pub use self::search::{Progress, SEARCH_WINDOW, SearchCursor, SearchStep};
use self::sought::Sought;
use self::statement::{Course, counting, listing};
pub use self::survey::Survey;
use super::limit::{GRACE, SCREEN, limited};
use super::record::{COLUMNS, ReadRows, cards};
use super::{Operation, Store, StoreError, clock};
use kami_core::filter::{Anchor, Capped, Filter, Position, Sort};
use kami_core::plan::{Indexed, Plan};
use kami_core::record::CardRecord;

/// Where counting for a screen stops.
pub const COUNT_CAP: u64 = 10_000;

/// A page of cards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// Its cards, in their order.
    pub rows: Vec<CardRecord>,
    /// The numbers of the cards among them whose rows cannot be understood.
    pub unreadable: Vec<u64>,
    /// The database's clock when they were read.
    pub now: DateTime<Utc>,
    /// The order that they are in: the one asked for, or the nearest that an index has.
    pub sort: Sort,
    /// Whether there are cards before the first.
    pub has_before: bool,
    /// Whether there are cards behind the last.
    pub has_after: bool,
}

impl Store {
    /// Up to `size` cards of `filter` in the order of `sort`, as far as an index has it or no more than [`COUNT_CAP`] have
    /// to be sorted, otherwise in the nearest that an index has; [`StoreError::NotIndexed`] for a filter that has to be
    /// searched for. Where the order is not the one that the anchor's card stands in, it is the first page.
    pub async fn page(
        &self,
        filter: &Filter,
        sort: Sort,
        anchor: &Anchor,
        size: usize,
    ) -> Result<Page, StoreError> {
        self.run(SCREEN + GRACE, ReadPage { filter, sort, anchor, size: size.max(1) }).await
    }

    /// How many cards of `filter` stand before a place in the order of `sort`, counted up to [`COUNT_CAP`];
    /// [`StoreError::NotIndexed`] where they cannot be had in that order.
    pub async fn count_before(
        &self,
        filter: &Filter,
        sort: Sort,
        position: &Position,
    ) -> Result<Capped, StoreError> {
        self.run(SCREEN + GRACE, CountBefore { filter, sort, position }).await
    }

    /// How many cards `filter` lets through, counted up to [`COUNT_CAP`]; `None` for one that has to be searched for.
    pub async fn count_capped(&self, filter: &Filter) -> Result<Option<Capped>, StoreError> {
        match self.run(SCREEN + GRACE, CountAll { filter }).await {
            Err(StoreError::NotIndexed) => Ok(None),
            counted => counted.map(Some),
        }
    }
}

/// What a server says it will do for one part of a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explained {
    /// How it gets at the rows: `const`, `ref`, `range`, `index` or, for a scan of the table, `ALL`.
    pub access: String,
    /// The index that it reads.
    pub index: Option<String>,
    /// What it does besides, such as sorting.
    pub extra: String,
}

impl Store {
    /// What the server says it will do for the page behind `position`, or for the first one: to look into a slow list.
    pub async fn explain_page(
        &self,
        filter: &Filter,
        sort: Sort,
        position: Option<&Position>,
        size: usize,
    ) -> Result<Vec<Explained>, StoreError> {
        self.run(SCREEN + GRACE, Explain { filter, sort, position, size }).await
    }
}

struct Explain<'a> {
    filter: &'a Filter,
    sort: Sort,
    position: Option<&'a Position>,
    size: usize,
}

impl Operation for Explain<'_> {
    type Output = Vec<Explained>;

    async fn run(&self, connection: &mut Conn) -> Result<Vec<Explained>, StoreError> {
        let sought = Sought::of(connection, self.filter).await?;
        let Plan::Indexed(indexed) = sought.plan(self.sort) else { return Err(StoreError::NotIndexed) };
        let course = Course { backwards: false, from: self.position, inclusive: false };
        let statement = listing(&COLUMNS, sought, indexed, course, self.size + 1);
        // MySQL would draw a tree; MariaDB knows no other form and takes this for a comment.
        let query = format!("EXPLAIN /*!80000 FORMAT = TRADITIONAL */ {}", statement.text);
        let rows: Vec<Row> = connection.exec(query, statement.params()).await?;
        let mut explained = Vec::new();
        for row in rows {
            let text = |name: &str| row.get_opt::<Option<String>, _>(name).and_then(Result::ok).flatten();
            if text("table").as_deref() == Some("cards") {
                explained.push(Explained {
                    access: text("type").unwrap_or_default(),
                    index: text("key"),
                    extra: text("Extra").unwrap_or_default(),
                });
            }
        }
        Ok(explained)
    }
}

struct ReadPage<'a> {
    filter: &'a Filter,
    sort: Sort,
    anchor: &'a Anchor,
    size: usize,
}

impl ReadPage<'_> {
    /// What up to `size` rows along `course` hold, and whether more follow.
    async fn read(
        &self,
        connection: &mut Conn,
        (sought, indexed): (Sought<'_>, Indexed),
        course: Course<'_>,
        size: usize,
    ) -> Result<(ReadRows, bool), StoreError> {
        let statement = listing(&COLUMNS, sought, indexed, course, size + 1);
        let mut rows: Vec<Row> =
            connection.exec(limited(SCREEN, &statement.text), statement.params()).await?;
        let more = rows.len() > size;
        rows.truncate(size);
        if course.backwards {
            rows.reverse();
        }
        Ok((cards(rows)?, more))
    }
}

impl Operation for ReadPage<'_> {
    type Output = Page;
    const IS_CANCELLED: bool = true;

    async fn run(&self, connection: &mut Conn) -> Result<Page, StoreError> {
        let sought = Sought::of(connection, self.filter).await?;
        let indexed = indexed(connection, sought, self.sort).await?;
        let way = (sought, indexed);
        let course = |backwards, from, inclusive| Course { backwards, from, inclusive };
        let anchor = if indexed.sort.by == self.sort.by { self.anchor } else { &Anchor::First };
        let (read, has_before, has_after) = match anchor {
            Anchor::First => {
                let (read, more) = self.read(connection, way, course(false, None, false), self.size).await?;
                (read, false, more)
            }
            Anchor::Last => {
                let (read, more) = self.read(connection, way, course(true, None, false), self.size).await?;
                (read, more, false)
            }
            Anchor::After(position) => {
                let behind = course(false, Some(position), false);
                let (read, more) = self.read(connection, way, behind, self.size).await?;
                (read, true, more)
            }
            Anchor::Before(position) => {
                let before = course(true, Some(position), false);
                let (read, more) = self.read(connection, way, before, self.size).await?;
                (read, more, true)
            }
            Anchor::From(position) => {
                let (from, before) =
                    (course(false, Some(position), true), course(true, Some(position), false));
                let (read, more) = self.read(connection, way, from, self.size).await?;
                let (before, _) = self.read(connection, way, before, 1).await?;
                (read, !before.is_empty(), more)
            }
            Anchor::Around(position) => {
                let (before, from) =
                    (course(true, Some(position), false), course(false, Some(position), true));
                let (mut read, has_before) = self.read(connection, way, before, self.size / 2).await?;
                let rest = self.size - read.len();
                let (behind, more) = self.read(connection, way, from, rest).await?;
                read.extend(behind);
                (read, has_before, more)
            }
        };
        let ReadRows { cards: rows, unreadable, now } = read;
        let now = match now {
            Some(now) => now,
            None => clock(connection).await?,
        };
        Ok(Page { rows, unreadable, now, sort: indexed.sort, has_before, has_after })
    }
}

struct CountBefore<'a> {
    filter: &'a Filter,
    sort: Sort,
    position: &'a Position,
}

impl Operation for CountBefore<'_> {
    type Output = Capped;
    const IS_CANCELLED: bool = true;

    async fn run(&self, connection: &mut Conn) -> Result<Capped, StoreError> {
        let sought = Sought::of(connection, self.filter).await?;
        let indexed = indexed(connection, sought, self.sort).await?;
        if indexed.sort.by != self.sort.by {
            return Err(StoreError::NotIndexed);
        }
        let course = Course { backwards: true, from: Some(self.position), inclusive: false };
        count(connection, CountCapped { sought, indexed, course }).await
    }
}

struct CountAll<'a> {
    filter: &'a Filter,
}

impl Operation for CountAll<'_> {
    type Output = Capped;
    const IS_CANCELLED: bool = true;

    async fn run(&self, connection: &mut Conn) -> Result<Capped, StoreError> {
        let sought = Sought::of(connection, self.filter).await?;
        let indexed = match sought.plan(Sort::NEWEST) {
            Plan::Indexed(indexed) => indexed,
            Plan::Windowed(_) => indexed(connection, sought, Sort::NEWEST).await?,
        };
        let course = Course { backwards: false, from: None, inclusive: false };
        count(connection, CountCapped { sought, indexed, course }).await
    }
}

/// Cards that are counted up to [`COUNT_CAP`].
struct CountCapped<'a> {
    sought: Sought<'a>,
    indexed: Indexed,
    course: Course<'a>,
}

async fn count(
    connection: &mut Conn,
    CountCapped { sought, indexed, course }: CountCapped<'_>,
) -> Result<Capped, StoreError> {
    let limit = usize::try_from(COUNT_CAP).map_or(usize::MAX, |cap| cap + 1);
    let statement = counting(sought, indexed, course, limit);
    let count: Option<u64> =
        connection.exec_first(limited(SCREEN, &statement.text), statement.params()).await?;
    match count.ok_or(StoreError::Undecodable)? {
        count if count > COUNT_CAP => Ok(Capped::MoreThan(COUNT_CAP)),
        count => Ok(Capped::Exactly(count)),
    }
}
