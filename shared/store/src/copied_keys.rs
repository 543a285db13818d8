//! How many cards have a key of a device that was copied.

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Value};

use super::limit::{BACKGROUND, GRACE, limited};
use super::listing::copied::copied_cards;
use super::listing::statement::Statement;
use super::{Operation, Store, StoreError};
use kami_core::app::AppName;

impl Store {
    /// How many cards of an app, or of all, have a key of a device that was copied within the last day; `None` where that is not
    /// for the account to read, or the schema does not have it yet.
    pub async fn copied_keys(&self, app: Option<&AppName>) -> Result<Option<u64>, StoreError> {
        match self.run(BACKGROUND + GRACE, CountCopied { app }).await {
            Err(error) if error.is_denied() || error.is_of_schema() => Ok(None),
            counted => counted.map(Some),
        }
    }
}

struct CountCopied<'a> {
    app: Option<&'a AppName>,
}

impl Operation for CountCopied<'_> {
    type Output = u64;

    const ONLY_READS: bool = true;
    const IS_CANCELLED: bool = true;

    async fn run(&self, connection: &mut Conn) -> Result<u64, StoreError> {
        let text = format!(
            "SELECT COUNT(*) FROM {} AS copied \
             STRAIGHT_JOIN cards FORCE INDEX (PRIMARY) ON cards.id = copied.card_id WHERE TRUE",
            copied_cards()
        );
        let mut statement = Statement { text, values: Vec::new() };
        if let Some(app) = self.app {
            statement.and("cards.app = ?", [Value::from(app.as_str())]);
        }
        let query = limited(BACKGROUND, &statement.text);
        connection.exec_first(query, statement.params()).await?.ok_or(StoreError::Undecodable)
    }
}
