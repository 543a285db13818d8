//! The items of an open list.

use super::picker::Item;
use super::state::{Chosen, List, PickerKind};
use crate::state::model::Model;
use crate::state::overlay::as_kind_mut;

/// Puts items into an open list of a kind.
pub(super) fn fill(model: &mut Model, wanted: PickerKind, items: Vec<Item<Chosen>>) {
    let mut lists = model.overlays.iter_mut().filter_map(as_kind_mut::<List>);
    if let Some(list) = lists.find(|list| list.kind == wanted) {
        list.picker.fill(items);
    }
}
