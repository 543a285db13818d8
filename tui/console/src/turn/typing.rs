//! Typing, wherever text is typed.

use tui_input::InputRequest;

use crate::overlay;
use crate::state::message::Effect;
use crate::state::model::Model;
use crate::update::filters;

/// Changes the text that is typed where the console is now.
pub(super) fn edit(model: &mut Model, requests: &[InputRequest]) -> Vec<Effect> {
    if !model.overlays.is_empty() {
        return overlay::edit(model, requests);
    }
    if model.cards.searching { filters::edit_search(model, requests) } else { Vec::new() }
}
