//! Apps as rows of the database hold them.

use std::collections::BTreeSet;

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Params, Row, Value};
use serde::{Deserialize, Serialize};

use super::StoreError;
use super::limit::{SCREEN, limited};
use super::record::{marks, maybe_moment, moment, take};
use kami_core::app::{App, AppName, NamedValue};
use kami_core::version::Version;

/// All apps.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AppsFound {
    /// In the order of their names.
    pub apps: Vec<App>,
    /// The names of those whose rows cannot be understood.
    pub unreadable: Vec<String>,
}

/// What [`read`] reads, in its order.
pub(super) const COLUMNS: &str =
    "name, title, latest, minimum, url, notice, CAST(named_values AS CHAR), archived_at, created_at, policy";

/// The app of that name, on a connection at hand.
pub(super) async fn app(connection: &mut Conn, name: &AppName) -> Result<Option<App>, StoreError> {
    let query = format!("SELECT {COLUMNS} FROM apps WHERE name = ?");
    let row: Option<Row> = connection.exec_first(limited(SCREEN, &query), (name.as_str(),)).await?;
    row.map(|mut row| read(&mut row)).transpose()
}

/// Those of these names that are apps.
pub(super) async fn existing(
    connection: &mut Conn,
    names: &BTreeSet<&str>,
) -> Result<BTreeSet<String>, StoreError> {
    if names.is_empty() {
        return Ok(BTreeSet::new());
    }
    let query = format!("SELECT name FROM apps WHERE name IN ({})", marks(names.len()));
    let params = Params::Positional(names.iter().map(|name| Value::from(*name)).collect());
    Ok(connection.exec_map(query, params, |(name,)| name).await?.into_iter().collect())
}

/// An app of a row that begins with [`COLUMNS`].
pub(super) fn read(row: &mut Row) -> Result<App, StoreError> {
    let version = |text: Option<String>| {
        let version: Option<Result<Version, _>> = text.map(|text| text.parse());
        version.transpose().map_err(|_| StoreError::Undecodable)
    };
    let name: String = take(row, 0)?;
    Ok(App {
        name: name.parse().map_err(|_| StoreError::Undecodable)?,
        title: take(row, 1)?,
        latest: version(take(row, 2)?)?,
        minimum: version(take(row, 3)?)?,
        url: take(row, 4)?,
        notice: take(row, 5)?,
        values: take::<Option<String>>(row, 6)?.map_or(Ok(Vec::new()), |text| parse_values(&text))?,
        is_archived: maybe_moment(row, 7)?.is_some(),
        created_at: moment(row, 8)?,
        policy: take::<String>(row, 9)?.parse().map_err(|_| StoreError::Undecodable)?,
    })
}

/// A named value as the column of them has it.
#[derive(Serialize, Deserialize)]
struct StoredValue {
    name: String,
    value: String,
    public: bool,
}

fn parse_values(text: &str) -> Result<Vec<NamedValue>, StoreError> {
    let stored: Vec<StoredValue> = serde_json::from_str(text).map_err(|_| StoreError::Undecodable)?;
    let values = stored.into_iter().map(|StoredValue { name, value, public }| NamedValue {
        name,
        value,
        is_public: public,
    });
    let mut values: Vec<_> = values.collect();
    values.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(values)
}

/// The values of an app as the column of them has it.
pub(super) fn values_as_stored(values: &[NamedValue]) -> serde_json::Value {
    let stored = values.iter().map(|NamedValue { name, value, is_public }| {
        serde_json::json!({ "name": name, "value": value, "public": is_public })
    });
    stored.collect()
}

/// The apps of rows that begin with [`COLUMNS`].
pub(super) fn found(rows: Vec<Row>) -> Result<AppsFound, StoreError> {
    let mut found = AppsFound::default();
    for mut row in rows {
        let name: String = row.get_opt(0).and_then(Result::ok).ok_or(StoreError::Undecodable)?;
        match read(&mut row) {
            Ok(app) => found.apps.push(app),
            Err(_) => found.unreadable.push(name),
        }
    }
    Ok(found)
}
