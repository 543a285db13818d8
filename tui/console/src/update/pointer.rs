//! What a click and a turn of the wheel change.

use super::{acts, filters, table};
use crate::input::act::Act;
use crate::input::place::Place;
use crate::input::pointer::{Click, Pointer};
use crate::state::message::Effect;
use crate::state::model::Model;
use crate::state::overlay::Overlay;
use crate::view::{Spot, spot};

/// How many lines a turn of the wheel goes on.
const LINES: usize = 3;

/// Takes in what the mouse did.
pub(super) fn take(model: &mut Model, pointer: Pointer) -> Vec<Effect> {
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
    let act = match model.place() {
        Place::Form | Place::Confirm | Place::ConfirmTyped | Place::Work | Place::Statistics => {
            return Vec::new();
        }
        _ if down => Act::Down,
        _ => Act::Up,
    };
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
            match model.overlays.last_mut() {
                Some(Overlay::Picker { picker, .. }) => picker.cursor = item,
                Some(Overlay::Log(list)) => list.cursor = item,
                _ => {}
            }
            if is_double { acts::act(model, Act::Open) } else { Vec::new() }
        }
    }
}
