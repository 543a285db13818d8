//! `kami unrecharge`: takes a customer's top-up back.

use clap::Args;
use kami_common::shown::whole_moment;
use kami_common::words::say;
use kami_core::card::CardCode;
use kami_core::gate::Answer;
use kami_core::record::CardRecord;
use kami_store::{Permission, RechargeUndo, TopUp};
use serde_json::json;

use super::choice::{find, not_found};
use super::confirm::Question;
use super::failure::Failure;
use super::gate;
use super::output::{Output, message};
use super::session::Session;

/// Take back a top-up that a customer did
///
/// The burnt card is unused again, and the card that was topped up with it has what it had before, but for points that were
/// taken since; where those came from the top-up, or either card was changed, it is refused. Asks first; without a terminal
/// that needs --yes.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  kami unrecharge TOPUP-7KQ2M9XW\n  kami unrecharge TOPUP-7KQ2M9XW --yes --json"
)]
pub(super) struct Unrecharge {
    /// The code of the card that was burnt, in any case
    #[arg(value_name = "CODE", value_parser = CardCode::parse)]
    code: CardCode,
    /// Do not ask
    #[arg(short, long)]
    yes: bool,
    /// Print what it came to as JSON
    #[arg(long)]
    json: bool,
}

impl Unrecharge {
    /// Takes the last top-up back that was done with the card.
    pub(super) async fn run(self, session: &Session) -> Result<(), Failure> {
        let Session { language, zone, .. } = *session;
        let store = &session.store;
        session.must_be_allowed(Permission::Undo).await?;
        let missing = || not_found(language, &[self.code.as_str().to_owned()]);
        let (burnt, _) = find(session, &self.code).await?.ok_or_else(missing)?;
        let nothing = || Failure::NotFound(say!(language, "unrecharge.nothing", code = code(&burnt)));
        let TopUp { record, card, done_at } = store.top_up_with(burnt.id).await?.ok_or_else(nothing)?;
        let gone = || Failure::NotFound(say!(language, "unrecharge.gone", code = code(&burnt)));
        let (topped, _) = store.card(card).await?.ok_or_else(gone)?;
        let undo = RechargeUndo { record };
        let answer = if self.yes { Answer::Agreed } else { Answer::Silence };
        let undo = gate::of(session).pass(undo, undo.weight(), answer).or_else(|undo| {
            let question = Question {
                words: say!(
                    language,
                    "confirm.unrecharge",
                    code = code(&topped),
                    other = code(&burnt),
                    moment = whole_moment(zone, done_at)
                ),
                touched: Vec::new(),
                agree: say!(language, "command.agree_yes"),
            };
            gate::ask(session, undo, undo.weight(), &question)
        })?;
        let acted = store.undo_recharge(&session.operator, &undo).await;
        let act_id = acted.map_err(|error| Failure::of_act(language, &error))?.act_id;
        if self.json {
            let mut out = Output::open();
            let (topped, burnt) = (topped.full_code, burnt.full_code);
            out.json(&json!({ "act": "recharge_undo", "act_id": act_id, "code": topped, "with": burnt }))?;
            return Ok(out.flush()?);
        }
        let done = say!(language, "done.unrecharge", code = code(&topped), other = code(&burnt));
        message(&(done + &say!(language, "command.undo_with", id = act_id)));
        Ok(())
    }
}

/// A card's code as a terminal may show it.
fn code(card: &CardRecord) -> String {
    kami_common::cells::harmless(&card.full_code).into_owned()
}
