//! Making, changing, archiving and removing apps.

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Row};
use serde_json::{Map, json};

use super::app_order::{AppOrder, AppRefusal};
use super::block::hold_blocks;
use super::many::ActOutcome;
use super::undo::must_be_open;
use super::write::{Head, begin, is_signalled};
use super::{ActError, STEP, Transaction};
use crate::apps::{app, read, values_as_stored};
use crate::blocks::has_blocks;
use crate::log::{ActRecord, CardValues, LogFilter};
use crate::presets::has_presets;
use crate::{Store, StoreError};
use kami_core::acts::ActRefusal;
use kami_core::app::{App, AppName};
use kami_core::gate::Confirmed;
use kami_core::operator::Operator;
use kami_core::version::Version;

/// The app as it is after an act, with the act's number in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppActed {
    /// `None` when it was removed.
    pub app: Option<App>,
    /// The act's number.
    pub act_id: u64,
}

impl Store {
    /// Makes, changes, archives or removes an app that still is what the operator saw.
    pub async fn save_app(
        &self,
        operator: &Operator,
        order: &Confirmed<AppOrder>,
    ) -> Result<AppActed, ActError> {
        self.transact(STEP, Save { operator, order }).await
    }

    /// Gives an app what it was before an act.
    pub(super) async fn take_app_back(
        &self,
        operator: &Operator,
        act: &ActRecord,
    ) -> Result<ActOutcome, ActError> {
        let filter = LogFilter { act_id: Some(act.id), ..LogFilter::default() };
        let row = self.log(&filter, None, 1).await?.pop().ok_or(StoreError::Undecodable)?;
        let subject = row.subject.as_deref().and_then(|subject| subject.parse().ok());
        let app: AppName = subject.ok_or(StoreError::Undecodable)?;
        let (before, after) = (row.before, row.after);
        self.transact(STEP, TakeBack { operator, act, app, before, after }).await
    }
}

/// An app of an open transaction, which nobody else changes until its end.
pub(super) async fn hold(connection: &mut Conn, name: &AppName) -> Result<Option<App>, ActError> {
    let row: Option<Row> = connection.exec_first("CALL hold_app(?)", (name.as_str(),)).await?;
    Ok(row.map(|mut row| read(&mut row)).transpose()?)
}

async fn save(
    connection: &mut Conn,
    act_id: u64,
    name: &AppName,
    values: Option<String>,
) -> Result<(), ActError> {
    if values.is_none() {
        must_be_free(connection, name).await?;
    }
    let saved = connection.exec_drop("CALL save_app(?, ?, ?)", (act_id, name.as_str(), values)).await;
    match saved {
        Err(error) if is_signalled(&error) => Err(AppRefusal::Needed(name.clone()).into()),
        saved => Ok(saved?),
    }
}

/// What names an app would be of the next one of its name, and so keeps it.
async fn must_be_free(connection: &mut Conn, name: &AppName) -> Result<(), ActError> {
    // Before anything is read that this account may see of them.
    match hold_blocks(connection).await {
        Err(ActError::Store(error)) if error.is_denied() => {}
        held => held?,
    }
    if has_presets(connection, name).await? {
        return Err(AppRefusal::HasPresets(name.clone()).into());
    }
    if has_blocks(connection, name).await? {
        return Err(AppRefusal::HasBlocks(name.clone()).into());
    }
    Ok(())
}

/// What the log and `save_app` have of an app; what it has not is left out.
fn values(app: &App) -> CardValues {
    let mut values = Map::new();
    values.insert("title".into(), app.title.as_str().into());
    values.insert("policy".into(), app.policy.to_string().into());
    values.insert("values".into(), values_as_stored(&app.values));
    let optional = [
        ("latest", app.latest.as_ref().map(Version::as_str)),
        ("minimum", app.minimum.as_ref().map(Version::as_str)),
        ("url", app.url.as_deref()),
        ("notice", app.notice.as_deref()),
    ];
    values.extend(optional.into_iter().filter_map(|(key, value)| Some((key.into(), value?.into()))));
    if app.is_archived {
        values.insert("archived".into(), json!(1));
    }
    values
}

struct Save<'a> {
    operator: &'a Operator,
    order: &'a AppOrder,
}

impl Transaction for Save<'_> {
    type Output = AppActed;

    async fn run(&self, connection: &mut Conn) -> Result<AppActed, ActError> {
        let name = self.order.app().ok_or(StoreError::Undecodable)?;
        let refused = |refusal: fn(AppName) -> AppRefusal| ActError::from(refusal(name.clone()));
        match (hold(connection, name).await?, &self.order.seen) {
            (None, None) => {}
            (Some(_), None) => return Err(refused(AppRefusal::Exists)),
            (None, Some(_)) => return Err(refused(AppRefusal::NoSuchApp)),
            (Some(found), Some(seen)) if !found.is_same_state(seen) => {
                return Err(refused(AppRefusal::Changed));
            }
            (Some(found), Some(_)) => {
                if self.order.wanted.as_ref().is_some_and(|wanted| wanted.is_same_state(&found)) {
                    return Err(refused(AppRefusal::Unchanged));
                }
            }
        }
        let head = Head { name: self.order.name(), operator: self.operator, undoes: None };
        let act_id = begin(connection, head).await?;
        let wanted = self.order.wanted.as_ref().map(|wanted| json!(values(wanted)).to_string());
        save(connection, act_id, name, wanted).await?;
        Ok(AppActed { app: app(connection, name).await?, act_id })
    }
}

struct TakeBack<'a> {
    operator: &'a Operator,
    act: &'a ActRecord,
    app: AppName,
    before: Option<CardValues>,
    after: Option<CardValues>,
}

impl Transaction for TakeBack<'_> {
    type Output = ActOutcome;

    async fn run(&self, connection: &mut Conn) -> Result<ActOutcome, ActError> {
        must_be_open(connection, self.act.id).await?;
        let is = hold(connection, &self.app).await?.map(|app| values(&app));
        if is != self.after {
            let refused = [(ActRefusal::ChangedSince, 1)].into();
            return Ok(ActOutcome { refused, ..ActOutcome::default() });
        }
        let head = Head { name: "undo", operator: self.operator, undoes: Some(self.act.id) };
        let act_id = begin(connection, head).await?;
        let before = self.before.as_ref().map(|before| json!(before).to_string());
        save(connection, act_id, &self.app, before).await?;
        Ok(ActOutcome { act_id: Some(act_id), subject: Some(self.app.to_string()), ..ActOutcome::default() })
    }
}
