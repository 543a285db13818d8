//! Acts on cards: done with those that were chosen, and told with what can be undone.

use std::ops::ControlFlow;

use kami_common::words::{number, say};
use kami_common::{reason, shown};
use kami_core::acts::{Act, ActRefusal};
use kami_store::{ActOutcome, ActProgress, Permission};
use serde_json::{Map, Value, json};

use super::choice::{Choice, Chosen, not_found};
use super::failure::Failure;
use super::gate;
use super::output::{Output, message};
use super::progress::Work;
use super::session::Session;

/// Does an act with the chosen cards and tells what it came to.
pub(super) async fn act(session: &Session, act: Act, choice: &Choice, json: bool) -> Result<(), Failure> {
    session.must_be_allowed(if act == Act::Delete { Permission::Delete } else { Permission::Change }).await?;
    let chosen = choice.find(session).await?;
    carry_out(session, act, &chosen, choice, json).await
}

/// Does an act with cards that were found, once it has passed the gate.
pub(super) async fn carry_out(
    session: &Session,
    act: Act,
    chosen: &Chosen,
    choice: &Choice,
    json: bool,
) -> Result<(), Failure> {
    let many = gate::pass(session, act, chosen, choice.yes).await?;
    let name = many.act.name();
    let work = Work::begin(session.language, name)?;
    let on_progress = |progress: ActProgress| -> ControlFlow<()> { work.act_step(progress) };
    let outcome = session.store.act_on(&session.operator, &many, &on_progress).await;
    drop(work);
    let outcome = outcome.map_err(|error| Failure::of_act(session.language, &error))?;
    let machines = machines(session, &many.act, &outcome).await;
    let done = Done { act: name, outcome, machines };
    report(session, done, &chosen.missing, choice.names_cards(), json)
}

/// What an act came to.
pub(super) struct Done<'a> {
    pub(super) act: &'a str,
    pub(super) outcome: ActOutcome,
    /// How many machines were unbound, where the act does that and they could be counted.
    pub(super) machines: Option<u64>,
}

/// How many machines an act has unbound. It is done, whether they can be counted or not.
async fn machines(session: &Session, act: &Act, outcome: &ActOutcome) -> Option<u64> {
    match (act, outcome.act_id) {
        (Act::Unbind, Some(id)) => session.store.machines_unbound(id).await.ok(),
        (Act::Unbind, None) => Some(0),
        _ => None,
    }
}

/// Tells what an act came to. Named cards that were not there or refused end it with a code of their own; of those
/// that a filter found, only when nothing was done at all.
pub(super) fn report(
    session: &Session,
    done: Done<'_>,
    missing: &[String],
    named: bool,
    json: bool,
) -> Result<(), Failure> {
    let language = session.language;
    if json {
        let mut out = Output::open();
        let mut value = json_of(done.act, &done.outcome, missing);
        if let Some(machines) = done.machines {
            value["machines"] = machines.into();
        }
        out.json(&value)?;
        out.flush()?;
    } else if done.outcome.done > 0 {
        message(&words(session, &done));
    }
    let outcome = done.outcome;
    if !outcome.unreadable.is_empty() {
        let words = reason::unreadable(language, &outcome.unreadable);
        if outcome.done == 0 {
            return Err(Failure::Failed(anyhow::Error::msg(words)));
        }
        message(&words);
    }
    if let Some(error) = outcome.failed {
        return Err(Failure::of_act(language, &error));
    }
    if outcome.cancelled {
        return Err(Failure::Failed(anyhow::Error::msg(say!(language, "command.broken_off"))));
    }
    if !missing.is_empty() {
        if outcome.done == 0 && !outcome.refused.is_empty() {
            message(refused(session, &outcome).trim());
        }
        return Err(not_found(language, missing));
    }
    if !outcome.refused.is_empty() && (named || outcome.done == 0) {
        return Err(Failure::Refused(refused(session, &outcome).trim().to_owned()));
    }
    if outcome.done == 0 {
        return Err(Failure::NotFound(say!(language, "command.no_cards")));
    }
    Ok(())
}

fn words(session: &Session, Done { act, outcome, machines }: &Done<'_>) -> String {
    let language = session.language;
    let mut words = shown::cards_done(language, &format!("done.{act}"), outcome.done, *machines);
    words.push_str(&refused(session, outcome));
    if outcome.missing > 0 {
        words.push_str(&say!(language, "done.missing", n = number(outcome.missing)));
    }
    if let Some(id) = outcome.act_id.filter(|_| *act != "undo") {
        words.push_str(&say!(language, "command.undo_with", id = id));
    }
    words
}

fn refused(session: &Session, outcome: &ActOutcome) -> String {
    let language = session.language;
    let refused = outcome.refused.iter().map(|(why, count)| {
        say!(language, "done.refused", n = number(*count), why = reason::refusal(language, *why))
    });
    refused.collect()
}

/// What an act came to, for programs.
pub(super) fn json_of(act: &str, outcome: &ActOutcome, missing: &[String]) -> Value {
    let refused: Map<String, Value> =
        outcome.refused.iter().map(|(why, count)| (refusal_name(*why).to_owned(), json!(count))).collect();
    json!({
        "act": act,
        "act_id": outcome.act_id,
        "done": outcome.done,
        "refused": refused,
        "missing": outcome.missing + missing.len() as u64,
        "missing_codes": missing,
        "unreadable": outcome.unreadable,
        "cancelled": outcome.cancelled,
        "failed": outcome.failed.as_ref().map(ToString::to_string),
    })
}

/// The name of a refusal for programs.
const fn refusal_name(refusal: ActRefusal) -> &'static str {
    match refusal {
        ActRefusal::AlreadyDisabled => "already_disabled",
        ActRefusal::NotDisabled => "not_disabled",
        ActRefusal::NeverUsed => "never_used",
        ActRefusal::Expired => "expired",
        ActRefusal::NotBound => "not_bound",
        ActRefusal::NoSeat => "no_seat",
        ActRefusal::NeverExpires => "never_expires",
        ActRefusal::TooLong => "too_long",
        ActRefusal::Unchanged => "unchanged",
        ActRefusal::ChangedSince => "changed_since",
        ActRefusal::AppGone => "app_gone",
        ActRefusal::CodeTaken => "code_taken",
    }
}
