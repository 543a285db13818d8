//! What a text means as the code of a card.

use std::borrow::Cow;

use super::ImportCard;
use super::notice::Met;
use super::refusal::MalformedReason;
use super::repair::{self, bare};
use crate::canonical::{has_control, plain};
use crate::duration::CardDuration;
use crate::operator::Note;

/// The most characters of a code: the width of its column.
pub(super) const MAX_CODE: usize = 64;

/// The code that a text means, less what a program put around it, and spelled plainly where characters that nobody sees,
/// of full width or another kind of hyphen came into it on its way.
pub(super) fn read_code<'a>(text: &'a str, met: &mut Met) -> Result<Cow<'a, str>, MalformedReason> {
    let (code, is_marked) = bare(text);
    met.unmarked += u64::from(is_marked);
    if let Some(damage) = repair::damage(code) {
        return Err(damage.into());
    }
    let plainly = if has_control(code) { code.into() } else { plain(code) };
    met.respelled += u64::from(plainly != code);
    Ok(plainly)
}

/// The card that a code says.
pub(super) fn card(
    full_code: &str,
    duration: CardDuration,
    note: Option<Note>,
) -> Result<ImportCard, MalformedReason> {
    // A prefix may hold hyphens, a code does not.
    let (prefix, code) = full_code.trim().rsplit_once('-').ok_or(MalformedReason::NoHyphen)?;
    let prefix = prefix.parse()?;
    let fits = (1..=MAX_CODE).contains(&code.chars().count()) && code.chars().all(char::is_alphanumeric);
    if !fits {
        return Err(MalformedReason::Code);
    }
    Ok(ImportCard { prefix, code: code.to_owned(), duration, note })
}
