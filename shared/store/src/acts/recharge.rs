//! Taking a customer's top-up back: both cards get what they had.

use chrono::NaiveDateTime;
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Row};
use serde_json::Value;

use super::values::{has, set};
use super::write::{Head, begin, carry_out};
use super::{ActError, STEP, Transaction};
use crate::limit::{GRACE, SCREEN, limited};
use crate::log::CardValues;
use crate::record::{COLUMNS, ReadRows, cards, take};
use crate::{Operation, Store, StoreError};
use kami_core::acts::{ActRefusal, Change};
use kami_core::gate::{Confirmed, Kind, Weight};
use kami_core::operator::Operator;
use kami_core::record::CardRecord;

/// The taking back of a top-up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RechargeUndo {
    /// The number of what the customer did, as the history of the card that was topped up has it.
    pub record: u64,
}

impl RechargeUndo {
    /// How much it does: to both cards, of which one customer has less for it.
    pub const fn weight(self) -> Weight {
        Weight { cards: 2, kind: Kind::TakeBack { is_own: false, deletes: true } }
    }
}

/// The two cards as they are after a top-up was taken back, with the act's number in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RechargeActed {
    /// The number of the card that had been topped up.
    pub card: u64,
    /// The number of the card that had been burnt for it, and is unused again.
    pub other: u64,
    /// The act's number, by which it is undone.
    pub act_id: u64,
}

impl Store {
    /// Takes a top-up back, as long as both cards are what it made of them but for points that were taken since; the other
    /// card is unused again. The act stands in the log of both and can be undone.
    pub async fn undo_recharge(
        &self,
        operator: &Operator,
        undo: &Confirmed<RechargeUndo>,
    ) -> Result<RechargeActed, ActError> {
        self.must_be_writable()?;
        // It stays as it is, and what a transaction has read before it locks the cards is as old to all that it reads afterwards.
        let records = self.run(SCREEN + GRACE, ReadRecords { record: undo.record }).await?;
        let records = records.ok_or(ActError::NotFound)?;
        self.transact(STEP, TakeBack { operator, records }).await
    }
}

/// What a customer's act did to one card.
struct Done {
    card: u64,
    other: u64,
    moment: NaiveDateTime,
    before: CardValues,
    after: CardValues,
}

impl Done {
    /// What was written down of it, read from a row of [`DONE`].
    fn read(mut row: Row) -> Result<Self, StoreError> {
        let row = &mut row;
        let values = |text: String| serde_json::from_str(&text).map_err(|_| StoreError::Undecodable);
        Ok(Self {
            card: take(row, 0)?,
            other: take(row, 1)?,
            moment: take(row, 2)?,
            before: values(take(row, 3)?)?,
            after: values(take(row, 4)?)?,
        })
    }

    /// How many points the card got; none where it lost some.
    fn points_added(&self) -> Option<i64> {
        let points = |values: &CardValues| values.get("points").and_then(Value::as_i64);
        let added = points(&self.after)? - points(&self.before).unwrap_or(0);
        Some(added).filter(|added| *added > 0)
    }

    /// What the card was before, if it still is what it became but for points that were taken since, which stay so.
    fn taken_back(&self, card: &CardRecord) -> Result<Option<CardRecord>, StoreError> {
        let added = self.points_added();
        let (mut expected, mut before) = (self.after.clone(), self.before.clone());
        if added.is_some() {
            expected.remove("points");
            before.remove("points");
        }
        if !has(card, &expected) {
            return Ok(None);
        }
        let mut back = CardRecord { status: card.stored_status, ..card.clone() };
        set(&mut back, &before)?;
        if let Some(added) = added {
            let left = card.points.map(|points| i64::from(points) - added);
            let Some(left) = left.and_then(|left| u32::try_from(left).ok()) else { return Ok(None) };
            let had_none = self.before.get("points").is_none_or(Value::is_null);
            back.points = Some(left).filter(|left| !(had_none && *left == 0));
        }
        Ok(Some(back))
    }
}

const DONE: &str = "SELECT card_id, other_card_id, done_at, CAST(values_before AS CHAR), CAST(values_after AS CHAR) \
                    FROM customer_log";

/// Reads what a top-up did to the card that was topped up, and to the other.
struct ReadRecords {
    record: u64,
}

impl Operation for ReadRecords {
    type Output = Option<[Done; 2]>;

    const ONLY_READS: bool = true;

    async fn run(&self, connection: &mut Conn) -> Result<Self::Output, StoreError> {
        let query = format!("{DONE} WHERE id = ? AND act = 'RECHARGE'");
        let row: Option<Row> = connection.exec_first(limited(SCREEN, &query), (self.record,)).await?;
        let Some(row) = row else { return Ok(None) };
        let topped = Done::read(row)?;
        let query = format!(
            "{DONE} FORCE INDEX (idx_card_id) WHERE card_id = ? AND act = 'BURN' AND done_at = ? \
             AND other_card_id = ? AND id > ? ORDER BY id LIMIT 1"
        );
        let params = (topped.other, topped.moment, topped.card, self.record);
        let row: Option<Row> = connection.exec_first(limited(SCREEN, &query), params).await?;
        let burnt = Done::read(row.ok_or(StoreError::Undecodable)?)?;
        Ok(Some([topped, burnt]))
    }
}

struct TakeBack<'a> {
    operator: &'a Operator,
    records: [Done; 2],
}

impl Transaction for TakeBack<'_> {
    type Output = RechargeActed;

    async fn run(&self, connection: &mut Conn) -> Result<RechargeActed, ActError> {
        let Self { operator, records } = self;
        let [topped, burnt] = records;
        let query = format!(
            "SELECT {COLUMNS} FROM cards FORCE INDEX (PRIMARY) WHERE id IN (?, ?) ORDER BY id FOR UPDATE"
        );
        let rows: Vec<Row> = connection.exec(query, (topped.card, burnt.card)).await?;
        let ReadRows { cards, unreadable, .. } = cards(rows)?;
        if let Some(id) = unreadable.first() {
            return Err(StoreError::UndecodableCard(*id).into());
        }
        let mut changes = Vec::with_capacity(2);
        for card in cards {
            let of = records.iter().find(|record| record.card == card.id).ok_or(ActError::NotFound)?;
            let card = CardRecord { status: card.stored_status, ..card };
            let back = of.taken_back(&card)?.ok_or(ActRefusal::ChangedSince)?;
            changes.push((card, Change::Update(Box::new(back))));
        }
        if changes.len() < 2 {
            return Err(ActError::NotFound);
        }
        let head = Head { name: "recharge_undo", operator, undoes: None };
        let act_id = begin(connection, head).await?;
        carry_out(connection, act_id, &changes).await?;
        Ok(RechargeActed { card: topped.card, other: burnt.card, act_id })
    }
}
