//! The way of an act on an app: through the gate into the store, and told with what undoes it.

use clap::Args;
use kami_common::touch;
use kami_common::words::say;
use kami_core::app::AppName;
use kami_core::gate::Answer;
use kami_store::AppOrder;
use serde_json::json;

use super::super::confirm::Question;
use super::super::failure::Failure;
use super::super::gate;
use super::super::output::{Output, message};
use super::super::record::app_json;
use super::super::session::Session;

/// How an act on an app is agreed to and told.
#[derive(Debug, Args)]
pub(super) struct Manner {
    /// Do not ask, as is done where customers may be turned away
    #[arg(short, long)]
    yes: bool,
    /// Print what it came to as JSON
    #[arg(long)]
    json: bool,
}

/// Does what was ordered, once that is agreed to where the gate wants it, and tells what became of the app.
pub(super) async fn carry_out(session: &Session, order: AppOrder, manner: &Manner) -> Result<(), Failure> {
    let language = session.language;
    let weight = order.weight();
    let answer = if manner.yes { Answer::Agreed } else { Answer::Silence };
    let act = order.name();
    let done = say!(language, format!("done.{act}"), app = order.app().map_or("", AppName::as_str));
    let order = gate::of(session).pass(order, weight, answer).or_else(|order| {
        let question = Question {
            words: touch::app(language, &order),
            touched: order.cost().map_or(Vec::new(), |cost| touch::app_lost(language, &cost)),
            agree: say!(language, "command.agree_yes"),
        };
        gate::ask(session, order, weight, &question)
    })?;
    let acted = session.store.save_app(&session.operator, &order).await;
    let acted = acted.map_err(|error| Failure::of_act(language, &error))?;
    if manner.json {
        let mut out = Output::open();
        let app = acted.app.as_ref().map(app_json);
        out.json(&json!({ "act": act, "act_id": acted.act_id, "app": app }))?;
        out.flush()?;
    } else {
        message(&(done + &say!(language, "command.undo_with", id = acted.act_id)));
    }
    Ok(())
}
