//! Taking back that a customer topped a card up with another.

use kami_common::cells::harmless;
use kami_common::words::say;
use kami_core::record::CardRecord;
use kami_store::TopUp;

use super::update::submit;
use crate::input::act::Act;
use crate::input::keymap;
use crate::state::message::{Effect, Question, Topic};
use crate::state::model::{Model, Tone};
use crate::state::order::{Order, Unrecharging};
use crate::state::refusal::refusal;

/// Asks which card the one under the cursor was burnt for.
pub(super) fn ask(model: &mut Model) -> Vec<Effect> {
    let Some(card) = model.cards.current().cloned() else { return Vec::new() };
    vec![model.ask(Topic::Undo, Question::TopUp(Box::new(card)))]
}

/// What the card was burnt for has come.
pub(super) fn offer(
    model: &mut Model,
    burnt: CardRecord,
    top_up: Option<(TopUp, Option<Box<CardRecord>>)>,
) -> Vec<Effect> {
    // Whoever has gone on to something else meanwhile is not asked in the middle of it.
    if !keymap::is_bound(Act::Unrecharge, model.place()) || refusal(model, Act::Unrecharge).is_some() {
        return Vec::new();
    }
    let key = match top_up {
        Some((top_up, Some(topped))) => {
            return submit(
                model,
                Order::Unrecharge(Box::new(Unrecharging { top_up, topped: *topped, burnt })),
            );
        }
        Some((_, None)) => "unrecharge.gone",
        None => "unrecharge.nothing",
    };
    let words = say!(model.language, key, code = harmless(&burnt.full_code));
    model.say(Tone::Bad, words);
    Vec::new()
}
