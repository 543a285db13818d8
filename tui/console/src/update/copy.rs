//! Copying codes, and saying what is certain of it.

use kami_common::words::{counted, say};

use crate::state::clipboard::Clipboard;
use crate::state::message::{Effect, Question, Topic};
use crate::state::model::{Model, Tone};

/// Copies the codes of the cards that the next act is about.
pub(crate) fn copy(model: &mut Model) -> Vec<Effect> {
    let codes = model.cards.codes_at_hand();
    copy_codes(model, &codes)
}

/// Puts codes on the clipboard, a line each, and says what is certain of it.
pub(crate) fn copy_codes(model: &mut Model, codes: &[String]) -> Vec<Effect> {
    let (language, text) = (model.language, codes.join("\n"));
    let (tone, words) = match (model.clipboard, codes) {
        (Clipboard::Screen, _) => (Tone::Bad, say!(language, "copied.screen")),
        (Clipboard::Missing, _) => (Tone::Bad, say!(language, "copied.nowhere")),
        (Clipboard::Tmux, _) => (Tone::Plain, say!(language, "copied.handing")),
        (Clipboard::Terminal, [code]) => {
            (Tone::Good, say!(language, "copied.code", code = kami_common::cells::harmless(code)))
        }
        (Clipboard::Terminal, _) => (Tone::Good, counted(language, "copied.codes", codes.len() as u64)),
    };
    model.say(tone, words);
    let mut effects = Vec::new();
    if model.clipboard == Clipboard::Tmux {
        effects.push(model.ask(Topic::Clipboard, Question::Tmux(text.clone())));
        model.silence(Topic::Clipboard);
    }
    if model.clipboard.is_sent_to() {
        effects.push(Effect::Copy(text));
    }
    effects
}

/// Says whether tmux has what was copied.
pub(crate) fn say_of_tmux(model: &mut Model, took: bool) {
    let (tone, key) = if took { (Tone::Good, "copied.tmux") } else { (Tone::Bad, "copied.not_tmux") };
    model.say(tone, say!(model.language, key));
}
