//! The top-ups that customers did, as their log has them.

use chrono::{DateTime, Utc};
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Row};

use super::limit::{GRACE, SCREEN, limited};
use super::record::{moment, take};
use super::{Operation, Store, StoreError};

/// One card that was topped up with another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TopUp {
    /// Its number, by which it is taken back.
    pub record: u64,
    /// The number of the card that was topped up.
    pub card: u64,
    /// When that was.
    pub done_at: DateTime<Utc>,
}

impl Store {
    /// The last top-up that a card was burnt for, taken back or not.
    pub async fn top_up_with(&self, burnt: u64) -> Result<Option<TopUp>, StoreError> {
        self.run(SCREEN + GRACE, TopUpWith { burnt }).await
    }
}

struct TopUpWith {
    burnt: u64,
}

impl Operation for TopUpWith {
    type Output = Option<TopUp>;
    const ONLY_READS: bool = true;

    async fn run(&self, connection: &mut Conn) -> Result<Option<TopUp>, StoreError> {
        // The routine writes both within a second, the other card's first.
        let query = limited(
            SCREEN,
            "SELECT topped.id, topped.card_id, topped.done_at \
             FROM customer_log AS burnt FORCE INDEX (idx_card_id) \
             JOIN customer_log AS topped FORCE INDEX (idx_card_id) ON topped.card_id = burnt.other_card_id \
             AND topped.act = 'RECHARGE' AND topped.done_at = burnt.done_at \
             AND topped.other_card_id = burnt.card_id AND topped.id < burnt.id \
             WHERE burnt.card_id = ? AND burnt.act = 'BURN' ORDER BY burnt.id DESC, topped.id DESC LIMIT 1",
        );
        let row: Option<Row> = connection.exec_first(query, (self.burnt,)).await?;
        row.map(|mut row| {
            let row = &mut row;
            Ok(TopUp { record: take(row, 0)?, card: take(row, 1)?, done_at: moment(row, 2)? })
        })
        .transpose()
    }
}
