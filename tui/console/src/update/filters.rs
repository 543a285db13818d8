//! Changing what is seen: the search as it is typed, and the filters.

use std::time::Duration;

use tui_input::InputRequest;

use super::table;
use crate::state::message::Effect;
use crate::state::model::Model;

/// How long the typing rests before the database is asked.
const DEBOUNCE: Duration = Duration::from_millis(120);

/// Types into the search, and asks once for all of it.
pub(crate) fn edit_search(model: &mut Model, requests: &[InputRequest]) -> Vec<Effect> {
    let before = model.cards.query.whole_filter();
    for request in requests {
        model.cards.query.text.handle(*request);
    }
    if model.cards.query.whole_filter() == before { Vec::new() } else { changed_after(model, DEBOUNCE) }
}

/// Looks for the search's text elsewhere in the cards.
pub(crate) fn turn_search(model: &mut Model, forward: bool) -> Vec<Effect> {
    let query = &mut model.cards.query;
    query.search_in = query.search_in.turned(forward);
    if query.text.value().trim().is_empty() { Vec::new() } else { changed(model) }
}

/// Asks anew after the query changed.
pub(crate) fn changed(model: &mut Model) -> Vec<Effect> {
    changed_after(model, Duration::ZERO)
}

fn changed_after(model: &mut Model, pause: Duration) -> Vec<Effect> {
    model.notice = None;
    table::reload_after(model, pause)
}

/// Sees only the cards that seem to be shared, or all again.
pub(crate) fn turn_shared(model: &mut Model) -> Vec<Effect> {
    let filter = &mut model.cards.query.filter;
    filter.is_shared = !filter.is_shared;
    changed(model)
}

/// Sees only the cards with a key that was copied, or all again.
pub(crate) fn turn_copied(model: &mut Model) -> Vec<Effect> {
    let filter = &mut model.cards.query.filter;
    filter.is_copied = !filter.is_copied;
    changed(model)
}

/// Takes the last filter away.
pub(crate) fn drop_last(model: &mut Model) -> Vec<Effect> {
    if model.cards.query.drop_last() { changed(model) } else { Vec::new() }
}

/// Takes all filters away.
pub(crate) fn clear(model: &mut Model) -> Vec<Effect> {
    model.cards.query.clear();
    changed(model)
}
