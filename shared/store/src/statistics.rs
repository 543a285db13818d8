//! Numbers over time and by prefix, for charts: each read from an index, in the background.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Row};

use super::limit::{BACKGROUND, GRACE, limited};
use super::listing::order::indexed;
use super::listing::sought::Sought;
use super::listing::statement::{Course, Statement, listing};
use super::record::{COLUMNS, cards};
use super::{Operation, Store, StoreError, clock};
use kami_core::app::AppName;
use kami_core::card::CardStatus;
use kami_core::filter::{Direction, Filter, Range, Sort, SortBy};
use kami_core::plan::{Index, Indexed, Reach};
use kami_core::record::CardRecord;

/// What happens to cards over time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Event {
    /// They are made.
    Generated,
    /// They are used for the first time.
    Activated,
    /// Their time ends, or has ended.
    Expiring,
}

/// How wide the buckets of a histogram are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BucketWidth {
    /// Sixty minutes, from a full hour on.
    Hour,
    /// Twenty-four hours.
    Day,
}

impl BucketWidth {
    /// How long it is.
    pub const fn span(self) -> TimeDelta {
        match self {
            Self::Hour => TimeDelta::hours(1),
            Self::Day => TimeDelta::days(1),
        }
    }
}

/// How often something happened in each of a row of buckets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Histogram {
    /// One number for each bucket, from the first on.
    pub counts: Vec<u64>,
    /// The database's clock when they were counted.
    pub taken_at: DateTime<Utc>,
}

/// What is left of a prefix, and how fast it goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrefixStock {
    /// Empty for the cards that have none.
    pub prefix: String,
    /// How many of its cards are unused.
    pub unused: u64,
    /// How many were used for the first time in the days looked at.
    pub activated: u64,
}

/// What is left of each prefix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stock {
    /// How many days were looked at.
    pub days: u32,
    /// Every prefix that has unused cards or was used in these days, in order.
    pub prefixes: Vec<PrefixStock>,
    /// The database's clock when they were counted.
    pub taken_at: DateTime<Utc>,
}

impl PrefixStock {
    /// For how many days the unused cards last if they go as fast as in the last `days`; `None` if none goes.
    pub fn days_left(&self, days: u32) -> Option<f64> {
        #[expect(clippy::cast_precision_loss, reason = "a guess at the future needs no more than two digits")]
        (self.activated > 0).then(|| self.unused as f64 * f64::from(days) / self.activated as f64)
    }
}

impl Store {
    /// How often something happens to cards of an app, or of all, in each of `count` buckets from `start` on.
    pub async fn histogram(
        &self,
        event: Event,
        start: DateTime<Utc>,
        width: BucketWidth,
        count: u16,
        app: Option<&AppName>,
    ) -> Result<Histogram, StoreError> {
        self.run(BACKGROUND + GRACE, CountOverTime { event, start, width, count, app }).await
    }

    /// What is left of each prefix of an app, or of all, and how much of it was used in the last `days`.
    pub async fn stock(&self, days: u32, app: Option<&AppName>) -> Result<Stock, StoreError> {
        self.run(BACKGROUND + GRACE, CountStock { days, app }).await
    }

    /// The active cards of an app, or of all, whose time ends next, at most `count`, the soonest first.
    pub async fn expiring_next(
        &self,
        count: usize,
        app: Option<&AppName>,
    ) -> Result<Vec<CardRecord>, StoreError> {
        let ahead = Range { from: Some(self.now().await?), until: None };
        let app = app.map(|app| app.as_str().to_owned());
        let filter =
            Filter { status: Some(CardStatus::Active), expiring: Some(ahead), app, ..Filter::default() };
        self.run(BACKGROUND + GRACE, ExpiringNext { filter, count }).await
    }
}

struct ExpiringNext {
    filter: Filter,
    count: usize,
}

impl Operation for ExpiringNext {
    type Output = Vec<CardRecord>;
    const IS_CANCELLED: bool = true;

    async fn run(&self, connection: &mut Conn) -> Result<Vec<CardRecord>, StoreError> {
        let sort = Sort { by: SortBy::Expires, direction: Direction::Ascending };
        let sought = Sought::of(connection, &self.filter).await?;
        // Of an app that has few in use, those are sorted; of others the next are met soon in the order of all.
        let soonest = match indexed(connection, sought, sort).await {
            Err(StoreError::NotIndexed) => {
                Indexed { sort, index: Index::StatusExpiry, reach: Reach::Stretch }
            }
            indexed => indexed?,
        };
        let course = Course { backwards: false, from: None, inclusive: false };
        let statement = listing(&COLUMNS, sought, soonest, course, self.count);
        let rows: Vec<Row> =
            connection.exec(limited(BACKGROUND, &statement.text), statement.params()).await?;
        Ok(cards(rows)?.cards)
    }
}

struct CountOverTime<'a> {
    event: Event,
    start: DateTime<Utc>,
    width: BucketWidth,
    count: u16,
    app: Option<&'a AppName>,
}

/// The statement for an event and a width; the days' and the hours' differ in one word.
const fn statement(event: Event, width: BucketWidth) -> &'static str {
    macro_rules! counting {
        ($unit:literal, $column:literal, $index:literal, $condition:literal) => {
            concat!(
                "SELECT TIMESTAMPDIFF(",
                $unit,
                ", ?, ",
                $column,
                ") AS bucket, COUNT(*) FROM cards FORCE INDEX (",
                $index,
                ") WHERE ",
                $condition,
                $column,
                " >= ? AND ",
                $column,
                " < ?"
            )
        };
    }
    match (event, width) {
        (Event::Generated, BucketWidth::Hour) => counting!("HOUR", "created_at", "idx_created_at", ""),
        (Event::Generated, BucketWidth::Day) => counting!("DAY", "created_at", "idx_created_at", ""),
        (Event::Activated, BucketWidth::Hour) => counting!("HOUR", "used_at", "idx_used_at", ""),
        (Event::Activated, BucketWidth::Day) => counting!("DAY", "used_at", "idx_used_at", ""),
        (Event::Expiring, BucketWidth::Hour) => {
            counting!("HOUR", "expire_at", "idx_status_expire_at", "status IN ('ACTIVE', 'EXPIRED') AND ")
        }
        (Event::Expiring, BucketWidth::Day) => {
            counting!("DAY", "expire_at", "idx_status_expire_at", "status IN ('ACTIVE', 'EXPIRED') AND ")
        }
    }
}

impl Operation for CountOverTime<'_> {
    type Output = Histogram;
    const IS_CANCELLED: bool = true;

    async fn run(&self, connection: &mut Conn) -> Result<Histogram, StoreError> {
        let Self { event, start, width, count, app } = *self;
        let from = start.naive_utc();
        let until = (start + width.span() * i32::from(count)).naive_utc();
        let mut counting = Statement {
            text: statement(event, width).to_owned(),
            values: vec![from.into(), from.into(), until.into()],
        };
        if let Some(app) = app {
            counting.and("app = ?", [app.as_str().into()]);
        }
        counting.text.push_str(" GROUP BY bucket");
        let rows: Vec<(i64, u64)> =
            connection.exec(limited(BACKGROUND, &counting.text), counting.params()).await?;
        let mut counts = vec![0; usize::from(count)];
        for (place, number) in rows {
            let place = usize::try_from(place).ok().and_then(|place| counts.get_mut(place));
            *place.ok_or(StoreError::Undecodable)? = number;
        }
        Ok(Histogram { counts, taken_at: clock(connection).await? })
    }
}

struct CountStock<'a> {
    days: u32,
    app: Option<&'a AppName>,
}

impl Operation for CountStock<'_> {
    type Output = Stock;
    const IS_CANCELLED: bool = true;

    async fn run(&self, connection: &mut Conn) -> Result<Stock, StoreError> {
        // Prefix by prefix, so that only the unused part of the index is read.
        let all = "SELECT prefix, (SELECT COUNT(*) FROM cards FORCE INDEX (idx_prefix_status) \
                   WHERE cards.prefix = prefixes.prefix AND cards.status = 'UNUSED') FROM \
                   (SELECT DISTINCT prefix FROM cards FORCE INDEX (idx_prefix_status)) AS prefixes";
        let of_app = "SELECT prefix, COUNT(*) FROM cards FORCE INDEX (idx_app_status) \
                      WHERE app = ? AND status = 'UNUSED' GROUP BY prefix";
        let mut unused =
            Statement { text: if self.app.is_some() { of_app } else { all }.to_owned(), values: vec![] };
        // In the order of ids, in which the table lies; without the limit the order would be left out.
        let activated = "SELECT prefix, COUNT(*) FROM (SELECT id FROM cards FORCE INDEX (idx_used_at) \
                         WHERE used_at >= UTC_TIMESTAMP() - INTERVAL ? DAY ORDER BY id LIMIT 1000000000) AS used \
                         STRAIGHT_JOIN cards FORCE INDEX (PRIMARY) ON cards.id = used.id WHERE TRUE";
        let mut activated = Statement { text: activated.to_owned(), values: vec![self.days.into()] };
        if let Some(app) = self.app {
            unused.values.push(app.as_str().into());
            activated.and("app = ?", [app.as_str().into()]);
        }
        activated.text.push_str(" GROUP BY prefix");
        let unused: Vec<(String, u64)> =
            connection.exec(limited(BACKGROUND, &unused.text), unused.params()).await?;
        let activated: Vec<(String, u64)> =
            connection.exec(limited(BACKGROUND, &activated.text), activated.params()).await?;
        let mut prefixes: BTreeMap<String, (u64, u64)> = BTreeMap::new();
        for (prefix, count) in unused.into_iter().filter(|(_, count)| *count > 0) {
            prefixes.entry(prefix).or_default().0 += count;
        }
        for (prefix, count) in activated {
            prefixes.entry(prefix).or_default().1 += count;
        }
        let prefixes = prefixes
            .into_iter()
            .map(|(prefix, (unused, activated))| PrefixStock { prefix, unused, activated })
            .collect();
        Ok(Stock { days: self.days, prefixes, taken_at: clock(connection).await? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_long_a_stock_lasts() {
        for (unused, activated, days) in [(100, 70, Some(10.0)), (0, 7, Some(0.0)), (100, 0, None)] {
            let stock = PrefixStock { prefix: "VIP".into(), unused, activated };
            assert_eq!(stock.days_left(7), days);
        }
    }
}
