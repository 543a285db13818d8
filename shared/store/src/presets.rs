//! Presets as rows of the database hold them.

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Row};

use super::limit::{GRACE, SCREEN, limited};
use super::listing::statement::Statement;
use super::record::{maybe_moment, take};
use super::{Operation, Store, StoreError};
use kami_core::app::AppName;
use kami_core::duration::CardDuration;
use kami_core::points::Points;
use kami_core::preset::{Preset, PresetName};
use kami_core::price::Price;
use kami_core::seats::Seats;

/// The presets of an app, or of all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PresetsFound {
    /// In the order of their apps and names.
    pub presets: Vec<Preset>,
    /// The names of those whose rows cannot be understood, behind their apps': `demo/month`.
    pub unreadable: Vec<String>,
}

const COLUMNS: &str =
    "app, name, prefix, duration_seconds, valid_until, points, seats, price, currency, recharge";

impl Store {
    /// Every preset of an app, or of all apps.
    pub async fn presets(&self, app: Option<&AppName>) -> Result<PresetsFound, StoreError> {
        self.run(SCREEN + GRACE, Presets { app }).await
    }

    /// The preset of that name of an app, if there is one.
    pub async fn preset(&self, app: &AppName, name: &PresetName) -> Result<Option<Preset>, StoreError> {
        self.run(SCREEN + GRACE, OnePreset { app, name }).await
    }
}

/// The preset of that name of an app, on a connection at hand.
pub(super) async fn preset(
    connection: &mut Conn,
    app: &AppName,
    name: &PresetName,
) -> Result<Option<Preset>, StoreError> {
    let query = format!("SELECT {COLUMNS} FROM presets WHERE app = ? AND name = ?");
    let row: Option<Row> = connection.exec_first(query, (app.as_str(), name.as_str())).await?;
    row.map(|mut row| read(&mut row)).transpose()
}

/// How many presets an app has.
pub(super) async fn count(connection: &mut Conn, app: &AppName) -> Result<usize, StoreError> {
    let query = "SELECT COUNT(*) FROM presets WHERE app = ?";
    let count: Option<usize> = connection.exec_first(query, (app.as_str(),)).await?;
    count.ok_or(StoreError::Undecodable)
}

/// Whether an app has presets, as far as the account may know: one of before there were any may not.
pub(super) async fn has_presets(connection: &mut Conn, app: &AppName) -> Result<bool, StoreError> {
    match count(connection, app).await {
        Err(error) if error.is_denied() => Ok(false),
        count => Ok(count? > 0),
    }
}

fn read(row: &mut Row) -> Result<Preset, StoreError> {
    let points: Option<u32> = take(row, 5)?;
    let text = |row: &mut Row, column| take::<String>(row, column);
    Ok(Preset {
        app: text(row, 0)?.parse().map_err(|_| StoreError::Undecodable)?,
        name: text(row, 1)?.parse().map_err(|_| StoreError::Undecodable)?,
        prefix: text(row, 2)?.parse().map_err(|_| StoreError::Undecodable)?,
        duration: CardDuration::from_seconds(take(row, 3)?),
        valid_until: maybe_moment(row, 4)?,
        points: points.map(Points::new).transpose().map_err(|_| StoreError::Undecodable)?,
        seats: Seats::new(take(row, 6)?).map_err(|_| StoreError::Undecodable)?,
        price: price(take(row, 7)?, take(row, 8)?)?,
        recharges: take(row, 9)?,
    })
}

/// The price that two columns hold; half of one is none that could be understood.
pub(super) fn price(amount: Option<u64>, currency: Option<String>) -> Result<Option<Price>, StoreError> {
    let Some(amount) = amount else {
        return if currency.is_none() { Ok(None) } else { Err(StoreError::Undecodable) };
    };
    let currency = currency.ok_or(StoreError::Undecodable)?.parse().map_err(|_| StoreError::Undecodable)?;
    Price::new(amount, currency).map(Some).map_err(|_| StoreError::Undecodable)
}

struct Presets<'a> {
    app: Option<&'a AppName>,
}

impl Operation for Presets<'_> {
    type Output = PresetsFound;
    const ONLY_READS: bool = true;

    async fn run(&self, connection: &mut Conn) -> Result<PresetsFound, StoreError> {
        let text = format!("SELECT {COLUMNS} FROM presets WHERE TRUE");
        let mut statement = Statement { text, values: Vec::new() };
        if let Some(app) = self.app {
            statement.and("app = ?", [app.as_str().into()]);
        }
        statement.text.push_str(" ORDER BY app, name");
        let rows: Vec<Row> = connection.exec(limited(SCREEN, &statement.text), statement.params()).await?;
        let mut found = PresetsFound::default();
        for mut row in rows {
            let name = |column| row.get_opt::<String, usize>(column).and_then(Result::ok);
            let name = name(0).zip(name(1)).ok_or(StoreError::Undecodable)?;
            match read(&mut row) {
                Ok(preset) => found.presets.push(preset),
                Err(_) => found.unreadable.push(format!("{}/{}", name.0, name.1)),
            }
        }
        Ok(found)
    }
}

struct OnePreset<'a> {
    app: &'a AppName,
    name: &'a PresetName,
}

impl Operation for OnePreset<'_> {
    type Output = Option<Preset>;
    const ONLY_READS: bool = true;

    async fn run(&self, connection: &mut Conn) -> Result<Option<Preset>, StoreError> {
        preset(connection, self.app, self.name).await
    }
}
