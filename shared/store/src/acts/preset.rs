//! Making, changing and removing presets.

use mysql_async::Conn;
use mysql_async::prelude::Queryable;
use serde_json::{Map, Value, json};

use super::app::hold;
use super::app_order::AppRefusal;
use super::many::ActOutcome;
use super::preset_order::{PresetOrder, PresetRefusal};
use super::undo::must_be_open;
use super::write::{Head, begin, is_signalled};
use super::{ActError, STEP, Transaction};
use crate::log::{ActRecord, CardValues, LogFilter, Subject};
use crate::presets::{count, preset};
use crate::{Store, StoreError};
use kami_core::acts::ActRefusal;
use kami_core::app::AppName;
use kami_core::gate::Confirmed;
use kami_core::logged;
use kami_core::operator::Operator;
use kami_core::points::Points;
use kami_core::preset::{Preset, PresetName};
use kami_core::price::Price;

/// The preset as it is after an act, with the act's number in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PresetActed {
    /// `None` when it was removed.
    pub preset: Option<Preset>,
    /// The act's number.
    pub act_id: u64,
}

impl Store {
    /// Makes, changes or removes a preset that still is what the operator saw.
    pub async fn save_preset(
        &self,
        operator: &Operator,
        order: &Confirmed<PresetOrder>,
    ) -> Result<PresetActed, ActError> {
        self.transact(STEP, Save { operator, order }).await
    }

    /// Gives a preset what it was before an act.
    pub(super) async fn take_preset_back(
        &self,
        operator: &Operator,
        act: &ActRecord,
    ) -> Result<ActOutcome, ActError> {
        let filter = LogFilter { act_id: Some(act.id), ..LogFilter::default() };
        let row = self.log(&filter, None, 1).await?.pop().ok_or(StoreError::Undecodable)?;
        let Some(Subject::Preset { app, name }) = row.subject() else {
            return Err(StoreError::Undecodable.into());
        };
        let app = app.parse().map_err(|_| StoreError::Undecodable)?;
        let name = name.parse().map_err(|_| StoreError::Undecodable)?;
        let (before, after) = (&row.before, &row.after);
        self.transact(STEP, TakeBack { operator, act, app, name, before, after }).await
    }
}

/// A preset of an open transaction, which nobody else changes until its end: whoever changes one holds its app first.
async fn hold_preset(
    connection: &mut Conn,
    app: &AppName,
    name: &PresetName,
) -> Result<Option<Preset>, ActError> {
    if hold(connection, app).await?.is_none() {
        return Err(AppRefusal::NoSuchApp(app.clone()).into());
    }
    Ok(preset(connection, app, name).await?)
}

async fn save(
    connection: &mut Conn,
    act_id: u64,
    app: &AppName,
    name: &PresetName,
    values: Option<String>,
) -> Result<(), ActError> {
    let params = (act_id, app.as_str(), name.as_str(), values);
    match connection.exec_drop("CALL save_preset_2(?, ?, ?, ?)", params).await {
        Err(error) if is_signalled(&error) => Err(PresetRefusal::TooMany.into()),
        saved => Ok(saved?),
    }
}

/// What the log and `save_preset_2` have of a preset; what it has not is left out.
fn values(preset: &Preset) -> CardValues {
    let mut values = Map::new();
    values.insert("prefix".into(), preset.prefix.as_str().into());
    values.insert("seats".into(), preset.seats.get().into());
    let optional: [(_, Option<Value>); 6] = [
        ("duration_seconds", preset.duration.seconds().map(Value::from)),
        ("valid_until", preset.valid_until.map(logged::moment_written)),
        ("points", preset.points.map(Points::get).map(Value::from)),
        ("price", preset.price.map(Price::amount).map(Value::from)),
        ("currency", preset.price.map(|price| price.currency().as_str().into())),
        ("recharge", preset.recharges.then(|| json!(1))),
    ];
    values.extend(optional.into_iter().filter_map(|(key, value)| Some((key.into(), value?))));
    values
}

struct Save<'a> {
    operator: &'a Operator,
    order: &'a PresetOrder,
}

impl Transaction for Save<'_> {
    type Output = PresetActed;

    async fn run(&self, connection: &mut Conn) -> Result<PresetActed, ActError> {
        let PresetOrder { seen, wanted } = self.order;
        let (app, name) = self.order.preset().ok_or(StoreError::Undecodable)?;
        let refused = |refusal: fn(PresetName) -> PresetRefusal| ActError::from(refusal(name.clone()));
        match (hold_preset(connection, app, name).await?, seen) {
            (None, None) if count(connection, app).await? >= Preset::MAX => {
                return Err(PresetRefusal::TooMany.into());
            }
            (Some(_), None) => return Err(refused(PresetRefusal::Exists)),
            (None, Some(_)) => return Err(refused(PresetRefusal::NoSuchPreset)),
            (Some(found), Some(seen)) if found != *seen => return Err(refused(PresetRefusal::Changed)),
            (Some(found), Some(_)) if wanted.as_ref() == Some(&found) => {
                return Err(refused(PresetRefusal::Unchanged));
            }
            (None, None) | (Some(_), Some(_)) => {}
        }
        let head = Head { name: self.order.name(), operator: self.operator, undoes: None };
        let act_id = begin(connection, head).await?;
        let wanted = wanted.as_ref().map(|wanted| json!(values(wanted)).to_string());
        save(connection, act_id, app, name, wanted).await?;
        Ok(PresetActed { preset: preset(connection, app, name).await?, act_id })
    }
}

struct TakeBack<'a> {
    operator: &'a Operator,
    act: &'a ActRecord,
    app: AppName,
    name: PresetName,
    before: &'a Option<CardValues>,
    after: &'a Option<CardValues>,
}

impl Transaction for TakeBack<'_> {
    type Output = ActOutcome;

    async fn run(&self, connection: &mut Conn) -> Result<ActOutcome, ActError> {
        let Self { operator, act, app, name, before, after } = self;
        must_be_open(connection, act.id).await?;
        let is = hold_preset(connection, app, name).await?.map(|preset| values(&preset));
        if is != **after {
            let refused = [(ActRefusal::ChangedSince, 1)].into();
            return Ok(ActOutcome { refused, ..ActOutcome::default() });
        }
        let act_id = begin(connection, Head { name: "undo", operator, undoes: Some(act.id) }).await?;
        let before = before.as_ref().map(|before| json!(before).to_string());
        save(connection, act_id, app, name, before).await?;
        Ok(ActOutcome { act_id: Some(act_id), subject: act.subject.clone(), ..ActOutcome::default() })
    }
}
