//! What each act does where it is asked for.

use kami_common::search_in::SearchIn;
use tui_input::Input;

use crate::input::act::Act;
use crate::input::keymap;
use crate::input::place::Place;
use crate::overlay;
use crate::state::message::{Effect, Topic};
use crate::state::model::{Model, Tone};
use crate::state::refusal;
use crate::update::{apps, copy, counts, filters, marks, presets, quit, settings, table};

/// Does an act, or says why it cannot be done now; and then what it chose from a list.
pub(super) fn act(model: &mut Model, act: Act) -> Vec<Effect> {
    let mut effects = one(model, act);
    while let Some(next) = model.next.take() {
        effects.extend(one(model, next));
    }
    effects
}

fn one(model: &mut Model, act: Act) -> Vec<Effect> {
    if let Some(reason) = refusal::refusal(model, act) {
        model.say(Tone::Bad, reason);
        return Vec::new();
    }
    if act == Act::Redraw {
        return vec![Effect::Redraw];
    }
    let place = model.place();
    if place.is_over_cards()
        && let Some(effects) = act_over_cards(model, place, act)
    {
        return effects;
    }
    if let Some(effects) = overlay::act(model, act) {
        return effects;
    }
    if place == Place::Search { search_act(model, act) } else { cards_act(model, act) }
}

/// What an act of the table does on a screen over it; nothing where the screen has the act itself.
fn act_over_cards(model: &mut Model, place: Place, act: Act) -> Option<Vec<Effect>> {
    match act {
        Act::Theme | Act::Language => Some(cards_act(model, act)),
        Act::Help | Act::Palette => {
            // What the list lies over must not change under it.
            let forgotten = model.forget(Topic::LogOfAct);
            Some(forgotten.into_iter().chain(cards_act(model, act)).collect())
        }
        // The screen of apps opens those of the one under its cursor.
        Act::Presets if place == Place::Apps => None,
        Act::Statistics | Act::Log | Act::Apps | Act::Presets | Act::Blocks => Some(act_on_cards(model, act)),
        _ if keymap::is_bound(act, Place::Cards) && !keymap::is_bound(act, place) => {
            Some(act_on_cards(model, act))
        }
        _ => None,
    }
}

/// Leaves the screens over the table and does an act there.
fn act_on_cards(model: &mut Model, act: Act) -> Vec<Effect> {
    let mut effects = model.close_all();
    effects.extend(cards_act(model, act));
    effects
}

fn search_act(model: &mut Model, act: Act) -> Vec<Effect> {
    match act {
        Act::Open => {
            model.cards.searching = false;
            Vec::new()
        }
        Act::Back => {
            model.cards.searching = false;
            if model.cards.query.text.value().is_empty() {
                return Vec::new();
            }
            model.cards.query.drop_text();
            filters::changed(model)
        }
        Act::NextSearch => filters::turn_search(model, true),
        Act::PreviousSearch => filters::turn_search(model, false),
        _ => cards_act(model, act),
    }
}

fn cards_act(model: &mut Model, act: Act) -> Vec<Effect> {
    let half = isize::try_from(model.table_height() / 2).unwrap_or(1).max(1);
    match act {
        Act::Down => table::go(model, 1),
        Act::Up => table::go(model, -1),
        Act::HalfDown => table::go(model, half),
        Act::HalfUp => table::go(model, -half),
        Act::PageDown => table::turn(model, true),
        Act::PageUp => table::turn(model, false),
        Act::First => table::first(model),
        Act::Last => table::last(model),
        Act::Back => back(model),
        Act::Search => {
            model.notice = None;
            model.cards.searching = true;
            Vec::new()
        }
        Act::Unfilter => filters::drop_last(model),
        Act::FilterShared => filters::turn_shared(model),
        Act::FilterCopied => filters::turn_copied(model),
        Act::SameMachine => same_machine(model),
        Act::Reverse => {
            let sort = &mut model.cards.query.sort;
            sort.direction = sort.direction.reversed();
            table::reload(model)
        }
        Act::Mark => {
            model.cards.toggle_mark();
            table::go(model, 1)
        }
        Act::MarkRange => {
            model.cards.mark_range();
            marks::say_marked(model)
        }
        Act::MarkAll => marks::mark_all(model),
        Act::Copy => copy::copy(model),
        Act::Refresh => {
            model.notice = None;
            let mut effects = table::refresh(model);
            effects.push(counts::ask(model));
            effects.extend([apps::ask_quietly(model), presets::ask_quietly(model)]);
            effects
        }
        Act::Theme => settings::turn_theme(model),
        Act::Language => settings::turn_language(model),
        Act::Suspend => vec![Effect::Suspend],
        Act::Quit => quit::quit(model),
        _ => overlay::open(model, act).unwrap_or_default(),
    }
}

/// Shows the cards of the machine of the card under the cursor, whatever was shown before.
fn same_machine(model: &mut Model) -> Vec<Effect> {
    let Some(machine) = model.cards.current().and_then(|card| card.machine_code.clone()) else {
        return Vec::new();
    };
    let mut effects = model.close_all();
    let query = &mut model.cards.query;
    query.clear();
    query.search_in = SearchIn::Machine;
    query.text = Input::new(machine);
    effects.extend(filters::changed(model));
    effects
}

/// One level back: what is being counted to be marked, marks, then filters.
fn back(model: &mut Model) -> Vec<Effect> {
    model.notice = None;
    if let Some(cancelled) = model.forget(Topic::Marking) {
        return vec![cancelled];
    }
    if model.cards.unmark() || !model.cards.query.is_filtered() {
        return Vec::new();
    }
    filters::clear(model)
}
