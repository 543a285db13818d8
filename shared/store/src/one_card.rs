//! One card with everything that the database holds of it.

use chrono::{DateTime, Utc};
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Params, Row, Value};

use super::limit::{GRACE, SCREEN};
use super::lookup::Joined;
use super::record::{COLUMNS, ReadRows, card, cards, marks};
use super::{Operation, Store, StoreError, lookup};
use kami_core::card::CardCode;
use kami_core::property::Property;
use kami_core::record::CardRecord;

/// Cards of given numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CardsFound {
    /// Those that there are, newest first.
    pub cards: Vec<CardRecord>,
    /// The numbers of those whose rows cannot be understood.
    pub unreadable: Vec<u64>,
}

impl Store {
    /// The card of that number and the database's clock, if there is one.
    pub async fn card(&self, id: u64) -> Result<Option<(CardRecord, DateTime<Utc>)>, StoreError> {
        self.run(SCREEN + GRACE, OneCard { id }).await
    }

    /// The card that a code means, and the database's clock, if there is one.
    pub async fn card_by_code(
        &self,
        code: &CardCode,
    ) -> Result<Option<(CardRecord, DateTime<Utc>)>, StoreError> {
        self.run(SCREEN + GRACE, CardOfCode { code }).await
    }

    /// Those of the cards of these numbers that there are: a few thousand at most.
    pub async fn cards_by_ids(&self, ids: &[u64]) -> Result<CardsFound, StoreError> {
        if ids.is_empty() {
            return Ok(CardsFound::default());
        }
        self.run(SCREEN + GRACE, CardsByIds { ids }).await
    }
}

struct OneCard {
    id: u64,
}

impl Operation for OneCard {
    type Output = Option<(CardRecord, DateTime<Utc>)>;

    async fn run(&self, connection: &mut Conn) -> Result<Self::Output, StoreError> {
        let query = format!("SELECT {COLUMNS} FROM cards WHERE id = ?");
        let row: Option<Row> = connection.exec_first(query, (self.id,)).await?;
        row.map(card).transpose()
    }
}

struct CardOfCode<'a> {
    code: &'a CardCode,
}

impl Operation for CardOfCode<'_> {
    type Output = Option<(CardRecord, DateTime<Utc>)>;

    async fn run(&self, connection: &mut Conn) -> Result<Self::Output, StoreError> {
        let mut rows =
            lookup::find_rows_of(connection, &COLUMNS, Joined::default(), &[self.code], &|| {}).await?;
        let place = rows.iter().position(|row| {
            row.get_opt(Property::FullCode as usize)
                .and_then(Result::ok)
                .is_some_and(|stored: String| self.code.means(&stored))
        });
        place.map(|place| card(rows.swap_remove(place))).transpose()
    }
}

struct CardsByIds<'a> {
    ids: &'a [u64],
}

impl Operation for CardsByIds<'_> {
    type Output = CardsFound;

    async fn run(&self, connection: &mut Conn) -> Result<CardsFound, StoreError> {
        let query = format!(
            "SELECT {COLUMNS} FROM cards FORCE INDEX (PRIMARY) WHERE id IN ({}) ORDER BY id DESC",
            marks(self.ids.len())
        );
        let ids = self.ids.iter().map(|id| Value::from(*id)).collect();
        let rows: Vec<Row> = connection.exec(query, Params::Positional(ids)).await?;
        let ReadRows { cards, unreadable, .. } = cards(rows)?;
        Ok(CardsFound { cards, unreadable })
    }
}
