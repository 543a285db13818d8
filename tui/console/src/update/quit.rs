//! Leaving the console.

use kami_common::words::say;

use crate::state::message::Effect;
use crate::state::model::{Model, Tone};
use crate::state::overlay::Overlay;

/// Ends, unless something typed would be lost that the operator was not yet told about.
pub(crate) fn quit(model: &mut Model) -> Vec<Effect> {
    let typed = model.overlays.iter().any(Overlay::is_changed);
    if typed && !model.was_told_of_loss {
        model.was_told_of_loss = true;
        let words = say!(model.language, "quit.typed");
        model.say(Tone::Bad, words);
        return Vec::new();
    }
    vec![Effect::Quit]
}
