//! What a click and a turn of the wheel change.

use super::acts;
use super::spots::{Spot, spot};
use crate::input::act::Act;
use crate::input::pointer::{Click, Pointer};
use crate::overlay;
use crate::state::message::Effect;
use crate::state::model::Model;
use crate::update::{filters, table};

/// How many lines a turn of the wheel goes on.
const LINES: usize = 3;

/// Takes in what the mouse did.
pub(crate) fn take(model: &mut Model, pointer: Pointer) -> Vec<Effect> {
    match pointer {
        Pointer::Wheel { down } => wheel(model, down),
        Pointer::Press { column, row } => {
            let at = (column, row);
            let now = model.now;
            let before = model.clicked.take();
            let is_double = before.is_some_and(|click| click.is_doubled(at, now));
            if !is_double {
                model.clicked = Some(Click { at, since: now });
            }
            spot(model, column, row).map(|spot| click(model, spot, is_double)).unwrap_or_default()
        }
    }
}

fn wheel(model: &mut Model, down: bool) -> Vec<Effect> {
    if !model.place().scrolls() {
        return Vec::new();
    }
    let act = if down { Act::Down } else { Act::Up };
    (0..LINES).flat_map(|_| acts::act(model, act)).collect()
}

fn click(model: &mut Model, spot: Spot, is_double: bool) -> Vec<Effect> {
    match spot {
        // What a first click did puts other hints under the second.
        Spot::Act(_) | Spot::Chip(_) if is_double => Vec::new(),
        Spot::Act(act) => acts::act(model, act),
        Spot::Chip(chip) => {
            model.cards.query.drop(chip);
            filters::changed(model)
        }
        Spot::Card(row) => {
            let rows = isize::try_from(row).unwrap_or(0) - isize::try_from(model.cards.cursor).unwrap_or(0);
            let mut effects = table::go(model, rows);
            if is_double {
                effects.extend(acts::act(model, Act::Open));
            }
            effects
        }
        Spot::Item(item) => {
            overlay::point(model, item);
            if is_double { acts::act(model, Act::Open) } else { Vec::new() }
        }
    }
}
