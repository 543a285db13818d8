//! Importing a file: looked at line by line first, then done as a whole.

use kami_common::reason;
use kami_common::words::say;
use kami_transfer::import::ReadError;

use super::{gate, quit};
use crate::input::act::Act;
use crate::state::import::{Import, ImportFile};
use crate::state::message::{Effect, Failure, Question, Topic};
use crate::state::model::{Model, Tone};
use crate::state::order::Order;
use crate::state::overlay::Overlay;

/// Asks what each line of a file would do.
pub(super) fn look(model: &mut Model, file: ImportFile) -> Vec<Effect> {
    if model.confined {
        let words = say!(model.language, "refusal.confined");
        fail(model, Failure { words, passes: false });
        return Vec::new();
    }
    vec![model.ask(Topic::Import, Question::Import(file))]
}

/// What each line would do has come.
pub(super) fn show(model: &mut Model, import: Import) -> Vec<Effect> {
    model.overlays.push(Overlay::Import(import));
    Vec::new()
}

/// The file cannot be read.
pub(super) fn unreadable(model: &mut Model, file: &ImportFile, error: &ReadError) -> Vec<Effect> {
    let why = reason::read_error(model.language, error);
    let words = say!(model.language, "reason.unreadable", path = file.path.display(), why = why);
    fail(model, Failure { words, passes: false });
    Vec::new()
}

/// Says beside what was typed why the file cannot be looked at.
pub(super) fn fail(model: &mut Model, failure: Failure) {
    match model.overlays.last_mut() {
        Some(Overlay::Form(form)) => form.failure = Some(failure),
        _ => model.say_failed(failure.words, failure.passes),
    }
}

/// Does an act where the lines of a file are shown.
pub(super) fn act(model: &mut Model, act: Act) -> Vec<Effect> {
    let rows = model.size.1;
    let Some(Overlay::Import(import)) = model.overlays.last_mut() else { return Vec::new() };
    let page = isize::try_from(import.height(rows)).unwrap_or(1);
    match act {
        Act::Down => import.go(1, rows),
        Act::Up => import.go(-1, rows),
        Act::PageDown => import.go(page, rows),
        Act::PageUp => import.go(-page, rows),
        Act::First => import.go(isize::MIN, rows),
        Act::Last => import.go(isize::MAX, rows),
        Act::ImportLines if import.is_possible() => {
            let order = Order::Import { cards: import.cards.clone(), note: import.file.note.clone() };
            return gate::submit(model, order);
        }
        Act::ImportLines => {
            let words = if import.lines.is_empty() {
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
