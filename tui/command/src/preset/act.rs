//! The way of an act on a preset: into the store, and told with what undoes it.

use kami_common::words::say;
use kami_core::gate::Answer;
use kami_core::preset::PresetName;
use kami_store::PresetOrder;
use serde_json::json;

use super::super::failure::Failure;
use super::super::gate;
use super::super::output::{Output, message};
use super::super::record::preset_json;
use super::super::session::Session;

/// Does what was ordered, which no customer notices and an undo takes back, and tells what became of the preset.
pub(super) async fn carry_out(session: &Session, order: PresetOrder, json: bool) -> Result<(), Failure> {
    let language = session.language;
    let act = order.name();
    let name = order.preset().map_or("", |(_, name)| PresetName::as_str(name));
    let done = say!(language, format!("done.{act}"), preset = name);
    let weight = order.weight();
    let order = gate::of(session).pass(order, weight, Answer::Silence);
    let order = order.map_err(|_| Failure::Refused(say!(language, "command.not_done")))?;
    let acted = session.store.save_preset(&session.operator, &order).await;
    let acted = acted.map_err(|error| Failure::of_act(language, &error))?;
    if json {
        let mut out = Output::open();
        let preset = acted.preset.as_ref().map(preset_json);
        out.json(&json!({ "act": act, "act_id": acted.act_id, "preset": preset }))?;
        out.flush()?;
    } else {
        message(&(done + &say!(language, "command.undo_with", id = acted.act_id)));
    }
    Ok(())
}
