//! Looking at apps.

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Row};

use super::apps::{AppsFound, COLUMNS, app, found};
use super::limit::{GRACE, SCREEN, limited};
use super::{Operation, Store, StoreError};
use kami_core::app::{App, AppName};

impl Store {
    /// Every app, the archived ones included.
    pub async fn apps(&self) -> Result<AppsFound, StoreError> {
        self.run(SCREEN + GRACE, AllApps).await
    }

    /// The app of that name, if there is one.
    pub async fn app(&self, name: &AppName) -> Result<Option<App>, StoreError> {
        self.run(SCREEN + GRACE, OneApp { name }).await
    }
}

struct AllApps;

impl Operation for AllApps {
    type Output = AppsFound;
    const ONLY_READS: bool = true;

    async fn run(&self, connection: &mut Conn) -> Result<AppsFound, StoreError> {
        let query = format!("SELECT {COLUMNS} FROM apps ORDER BY name");
        let rows: Vec<Row> = connection.exec(limited(SCREEN, &query), ()).await?;
        found(rows)
    }
}

struct OneApp<'a> {
    name: &'a AppName,
}

impl Operation for OneApp<'_> {
    type Output = Option<App>;
    const ONLY_READS: bool = true;

    async fn run(&self, connection: &mut Conn) -> Result<Option<App>, StoreError> {
        app(connection, self.name).await
    }
}
