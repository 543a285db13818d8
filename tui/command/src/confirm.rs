//! The question before much is changed or something destroyed: no is the default, and scripts say `--yes`.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use kami_common::words::{Language, list, say};
use rustix::termios::{QueueSelector, tcflush};

use super::failure::Failure;

/// A question before something is done.
pub(super) struct Question {
    /// Whether it shall be done.
    pub(super) words: String,
    /// What it will touch, in lines to read.
    pub(super) touched: Vec<String>,
    /// How whoever has no terminal agrees to it, in a sentence.
    pub(super) agree: String,
}

/// Asks at the terminal for a yes; without a terminal it is refused.
pub(super) fn yes(language: Language, question: &Question) -> Result<(), Failure> {
    let answer = ask(question, &say!(language, "command.yes_no"))?.to_lowercase();
    let is_yes = Language::all().any(|spoken| list(spoken, "language.yes").contains(&answer));
    if is_yes { Ok(()) } else { Err(Failure::Refused(say!(language, "command.not_done"))) }
}

/// Asks at the terminal for the number of cards, and returns what is typed; without a terminal it is refused.
pub(super) fn number(language: Language, question: &Question, cards: u64) -> Result<String, Failure> {
    ask(question, &say!(language, "command.type_number", n = cards))
}

fn ask(question: &Question, prompt: &str) -> Result<String, Failure> {
    let Question { words, touched, agree } = question;
    let touched: Vec<String> = touched.iter().map(|line| format!("\n  {line}")).collect();
    let touched = touched.concat();
    if !(io::stdin().is_terminal() && io::stderr().is_terminal()) {
        return Err(Failure::Refused(format!("{words} {agree}{touched}")));
    }
    // What was typed before the question, as the rest of a paste, is no answer to it.
    tcflush(io::stdin(), QueueSelector::IFlush).map_err(io::Error::from)?;
    let mut terminal = io::stderr();
    let gap = if touched.is_empty() { ' ' } else { '\n' };
    write!(terminal, "{words}{touched}{gap}{prompt} ")?;
    terminal.flush()?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    Ok(answer.trim().to_owned())
}
