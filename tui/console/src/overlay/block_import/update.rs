//! Importing those who shall be kept out: looked at line by line first, then done as a whole.

use kami_common::words::say;
use kami_store::BlockOrder;

use super::state::BlockPreview;
use crate::input::act::Act;
use crate::overlay::{behaviour, confirm};
use crate::state::message::Effect;
use crate::state::model::{Model, Tone};
use crate::state::order::Order;
use crate::update::quit;

/// Does an act where the lines of a file are shown.
pub(super) fn act(model: &mut Model, act: Act) -> Vec<Effect> {
    let rows = model.size.1;
    let Some(preview) = model.overlays.top_mut::<BlockPreview>() else { return Vec::new() };
    if let Some(lines) = behaviour::lines(act, preview.height(rows)) {
        preview.go(lines, rows);
        return Vec::new();
    }
    match act {
        Act::ImportLines if preview.import.is_possible() => {
            let order = BlockOrder::Add(preview.import.blocks.clone());
            return confirm::submit(model, Order::Blocks(Box::new(order)));
        }
        Act::ImportLines => {
            let is_empty = preview.import.lines.is_empty();
            let words = say!(model.language, if is_empty { "block.empty_file" } else { "block.in_the_way" });
            model.say(Tone::Bad, words);
        }
        Act::Back => {
            model.notice = None;
            model.overlays.pop();
        }
        Act::Quit => return quit::quit(model),
        Act::Suspend => return vec![Effect::Suspend],
        _ => {}
    }
    Vec::new()
}
