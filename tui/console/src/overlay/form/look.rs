//! Looking at a file before it is imported.

use std::path::Path;

use kami_common::reason;
use kami_common::words::say;
use kami_transfer::import::ReadError;

use super::state::Form;
use crate::state::message::{Effect, Failure, Question, Topic};
use crate::state::model::Model;

/// Asks what each line of a file would do.
pub(super) fn look(model: &mut Model, question: Question) -> Vec<Effect> {
    if model.confined {
        let words = say!(model.language, "refusal.confined");
        fail(model, Failure { words, passes: false });
        return Vec::new();
    }
    vec![model.ask(Topic::Import, question)]
}

/// The file cannot be read.
pub(super) fn unreadable(model: &mut Model, path: &Path, error: &ReadError) {
    let why = reason::read_error(model.language, error);
    let words = say!(model.language, "reason.unreadable", path = path.display(), why = why);
    fail(model, Failure { words, passes: false });
}

/// Says beside what was typed why the file cannot be looked at.
pub(super) fn fail(model: &mut Model, failure: Failure) {
    match model.overlays.top_mut::<Form>() {
        Some(form) => form.failure = Some(failure),
        None => model.say_failed(failure.words, failure.passes),
    }
}
