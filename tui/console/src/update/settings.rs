//! The settings: changed at once, and kept.

use kami_common::cells::harmless;
use kami_common::settings::{Choice, Sourced};
use kami_common::words::say;
use kami_core::operator::Operator;
use kami_core::zone::Zone;

use super::{keep, table};
use crate::state::message::Effect;
use crate::state::model::{Link, Model, Tone};

/// Speaks the other language.
pub(crate) fn turn_language(model: &mut Model) -> Vec<Effect> {
    model.language = model.language.next();
    model.sources.language = keep::source(model);
    model.notice = None;
    // What keeps the database away was said in the other language: it is asked, and says it, again.
    if let Link::Away { retry_at, .. } = &mut model.link {
        *retry_at = model.now;
    }
    keep::keep(model, Choice::Language(model.language))
}

/// Turns the colours to the other background.
pub(crate) fn turn_theme(model: &mut Model) -> Vec<Effect> {
    model.theme.shade = model.theme.shade.other();
    model.sources.theme = keep::source(model);
    keep::keep(model, Choice::Shade(model.theme.shade))
}

/// Shows moments in another zone.
pub(crate) fn take_zone(model: &mut Model, zone: Zone) -> Vec<Effect> {
    model.zone = zone;
    model.sources.zone = keep::source(model);
    let mut effects = keep::keep(model, Choice::Zone(zone.name()));
    // The days of a range begin and end at other moments now.
    let query = &model.cards.query;
    if query.created.is_some() || query.used.is_some() || query.expiring.is_some() {
        effects.extend(table::reload(model));
    }
    effects
}

/// Acts under another name from now on; an empty one gives the usual one back.
pub(crate) fn take_operator(model: &mut Model, name: &str) -> Vec<Effect> {
    let own = Operator::new(name).ok();
    let said = [(own.clone(), keep::source(model))];
    let Sourced { value, source } = Sourced::first(said, model.usual_operator.clone());
    (model.operator, model.sources.operator) = (value, source);
    let words = say!(model.language, "setting.operator_now", name = harmless(model.operator.as_str()));
    model.overlays.pop();
    model.say(Tone::Good, words);
    let kept = own.map(|own| own.as_str().to_owned());
    let mut effects = vec![Effect::Operator(model.operator.clone())];
    effects.extend(keep::keep(model, Choice::Operator(kept)));
    effects
}

/// Takes the mouse from the terminal, or gives it back.
pub(crate) fn turn_mouse(model: &mut Model) -> Vec<Effect> {
    model.mouse = !model.mouse;
    model.sources.mouse = keep::source(model);
    let mut effects = vec![Effect::Mouse(model.mouse)];
    effects.extend(keep::keep(model, Choice::Mouse(model.mouse)));
    effects
}
