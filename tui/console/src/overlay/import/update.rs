//! Importing a file: looked at line by line first, then done as a whole.

use kami_common::words::say;

use super::state::Preview;
use crate::input::act::Act;
use crate::overlay::{behaviour, confirm};
use crate::state::import::Import;
use crate::state::message::Effect;
use crate::state::model::{Model, Tone};
use crate::state::order::Order;
use crate::update::quit;

/// Does an act where the lines of a file are shown.
pub(super) fn act(model: &mut Model, act: Act) -> Vec<Effect> {
    let rows = model.size.1;
    let Some(preview) = model.overlays.top_mut::<Preview>() else { return Vec::new() };
    if let Some(lines) = behaviour::lines(act, preview.height(rows)) {
        preview.go(lines, rows);
        return Vec::new();
    }
    match act {
        Act::ImportLines if preview.import.is_possible() => {
            let Import { file, cards, .. } = &preview.import;
            let (note, app) = (file.note.clone(), file.app.clone());
            let order = Order::Import { cards: cards.clone(), note, app };
            return confirm::submit(model, order);
        }
        Act::ImportLines => {
            let words = if preview.import.lines.is_empty() {
                say!(model.language, "import.empty")
            } else {
                say!(model.language, "import.in_the_way")
            };
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
