//! The question before something is destroyed: no is the default, and scripts say `--yes`.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use super::failure::Failure;
use crate::words::{Language, number, say};

/// Asks at the terminal for a yes; without a terminal and without `--yes` it is refused.
pub(super) fn yes(language: Language, agreed: bool, question: &str) -> Result<(), Failure> {
    let prompt = format!("{question} {} ", say!(language, "command.yes_no"));
    ask(language, agreed, question, &prompt, |answer| {
        let answer = answer.to_lowercase();
        answer == "y" || answer == "yes" || answer == "是"
    })
}

/// Asks at the terminal for the number of cards to be typed; else as [`yes`].
pub(super) fn count(language: Language, agreed: bool, question: &str, count: u64) -> Result<(), Failure> {
    let prompt = format!("{question} {} ", say!(language, "command.type_number", n = count));
    ask(language, agreed, question, &prompt, |answer| answer == count.to_string() || answer == number(count))
}

fn ask(
    language: Language,
    agreed: bool,
    question: &str,
    prompt: &str,
    is_yes: impl Fn(&str) -> bool,
) -> Result<(), Failure> {
    if agreed {
        return Ok(());
    }
    if !(io::stdin().is_terminal() && io::stderr().is_terminal()) {
        return Err(Failure::Refused(say!(language, "command.needs_yes", question = question)));
    }
    let mut terminal = io::stderr();
    write!(terminal, "{prompt}")?;
    terminal.flush()?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    if is_yes(answer.trim()) { Ok(()) } else { Err(Failure::Refused(say!(language, "command.not_done"))) }
}
