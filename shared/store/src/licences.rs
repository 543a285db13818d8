//! The licence files that were made for machines of a card.

use chrono::{DateTime, Utc};
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Row};

use super::limit::{GRACE, SCREEN, limited};
use super::record::{maybe_moment, moment, take};
use super::{Operation, Store, StoreError};

/// A machine that has licence files of a card, and how long it can go on by the one that lasts longest.
#[derive(Clone, PartialEq, Eq)]
pub struct LicenceGiven {
    /// Its code.
    pub machine: String,
    /// The moment at which it is over; `None` never.
    pub until: Option<DateTime<Utc>>,
    /// When the last was made.
    pub certified_at: DateTime<Utc>,
}

/// Shows no machine.
impl std::fmt::Debug for LicenceGiven {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LicenceGiven").field("until", &self.until).finish_non_exhaustive()
    }
}

impl LicenceGiven {
    /// Whether no app starts by it any more.
    pub fn is_over(&self, now: DateTime<Utc>) -> bool {
        self.until.is_some_and(|until| until <= now)
    }
}

impl Store {
    /// The machines that have licence files of the card of that number, whether these are over or not, the last one first; none
    /// for an account or a schema of before there were such.
    pub async fn licences(&self, card_id: u64) -> Result<Vec<LicenceGiven>, StoreError> {
        match self.run(SCREEN + GRACE, LicencesOfCard { card_id }).await {
            Err(error) if error.is_denied() || error.is_of_schema() => Ok(Vec::new()),
            licences => licences,
        }
    }
}

struct LicencesOfCard {
    card_id: u64,
}

impl Operation for LicencesOfCard {
    type Output = Vec<LicenceGiven>;

    const ONLY_READS: bool = true;

    async fn run(&self, connection: &mut Conn) -> Result<Self::Output, StoreError> {
        let query = limited(
            SCREEN,
            "SELECT machine_code, IF(COUNT(*) = COUNT(`until`), MAX(`until`), NULL), MAX(certified_at) AS last \
             FROM licences FORCE INDEX (idx_card_id) WHERE card_id = ? \
             GROUP BY machine_code ORDER BY last DESC, machine_code",
        );
        let rows: Vec<Row> = connection.exec(query, (self.card_id,)).await?;
        rows.into_iter().map(|mut row| read(&mut row)).collect()
    }
}

fn read(row: &mut Row) -> Result<LicenceGiven, StoreError> {
    Ok(LicenceGiven { machine: take(row, 0)?, until: maybe_moment(row, 1)?, certified_at: moment(row, 2)? })
}
