//! What the operator chose, kept for the next time.

use kami_common::settings::{Choice, Source};

use crate::state::message::Effect;
use crate::state::model::Model;

/// What says a setting that was just chosen.
pub(crate) const fn source(model: &Model) -> Source {
    if model.confined { Source::Session } else { Source::Preferences }
}

/// Keeps what was chosen for the next time, where the operator has a file for that: an account's file is not for what
/// each of its operators likes.
pub(crate) fn keep(model: &Model, choice: Choice) -> Vec<Effect> {
    if model.confined { Vec::new() } else { vec![Effect::Keep(choice)] }
}
