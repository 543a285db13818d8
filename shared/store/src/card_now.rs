//! A card as a request is answered by it.

use chrono::{DateTime, NaiveDateTime, Utc};
use kami_core::app::AppName;
use kami_core::card::Card;
use mysql_async::prelude::FromRow;
use mysql_async::{FromRowError, Row};

/// A card together with the database's clock at the moment it was read.
#[derive(Clone, Debug)]
pub(crate) struct CardNow {
    pub(crate) card: Card,
    pub(crate) now: DateTime<Utc>,
    /// How often the apps have been changed; `None` where the account or the schema does not say.
    pub(crate) revision: Option<u64>,
}

impl CardNow {
    /// Whether it is a card of that app: for clients of others there is no such card.
    pub(crate) fn is_of(&self, app: &AppName) -> bool {
        self.card.app == app.as_str()
    }
}

impl FromRow for CardNow {
    fn from_row_opt(row: Row) -> Result<Self, FromRowError> {
        type Columns = (
            u64,
            String,
            String,
            Option<u32>,
            Option<String>,
            NaiveDateTime,
            Option<NaiveDateTime>,
            Option<NaiveDateTime>,
            NaiveDateTime,
            String,
            Option<u64>,
        );
        let failed = FromRowError(row.clone());
        let (
            id,
            full_code,
            status,
            duration_seconds,
            machine_code,
            created_at,
            used_at,
            expire_at,
            now,
            app,
            revision,
        ) = Columns::from_row_opt(row)?;
        let card = Card {
            id,
            full_code,
            app,
            status: status.parse().map_err(|_| failed)?,
            duration_seconds,
            machine_code,
            created_at: created_at.and_utc(),
            used_at: used_at.map(|moment| moment.and_utc()),
            expire_at: expire_at.map(|moment| moment.and_utc()),
        };
        Ok(Self { card, now: now.and_utc(), revision })
    }
}
