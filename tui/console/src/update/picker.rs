//! The items of an open list.

use crate::state::model::Model;
use crate::state::overlay::{Chosen, Overlay, PickerKind};
use crate::state::picker::Item;

/// Puts items into an open list of a kind.
pub(super) fn fill(model: &mut Model, wanted: PickerKind, items: Vec<Item<Chosen>>) {
    for overlay in &mut model.overlays {
        if let Overlay::Picker { kind, picker } = overlay
            && *kind == wanted
        {
            picker.fill(items);
            return;
        }
    }
}
