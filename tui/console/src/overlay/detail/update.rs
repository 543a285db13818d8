//! Looking at a card.

use super::layout::overhang;
use super::state::Detail;
use crate::input::act::Act;
use crate::input::place::Place;
use crate::state::message::Effect;
use crate::state::model::{Link, Model};
use crate::update::table;

/// Opens the detail of the card under the cursor, where it does not stand beside the table.
pub(super) fn open(model: &mut Model, act: Act) -> Option<Vec<Effect>> {
    if act != Act::Open || matches!(model.link, Link::Unready { .. }) {
        return None;
    }
    if model.is_wide() || model.cards.current().is_none() || model.place() != Place::Cards {
        return Some(Vec::new());
    }
    model.overlays.push(Detail::default());
    Some(table::details(model))
}

/// Scrolls or closes; everything else is done to the card in the table.
pub(super) fn act(model: &mut Model, act: Act) -> Option<Vec<Effect>> {
    match act {
        Act::Back | Act::Open => model.overlays.pop(),
        Act::HalfDown | Act::PageDown => scroll(model, 5),
        Act::HalfUp | Act::PageUp => scroll(model, -5),
        _ => return None,
    }
    Some(Vec::new())
}

fn scroll(model: &mut Model, lines: isize) {
    let most = overhang(model);
    if let Some(detail) = model.overlays.top_mut::<Detail>() {
        detail.scroll = detail.scroll.saturating_add_signed(lines).min(most);
    }
}
