//! What a text means as the code of a card.

use std::borrow::Cow;

use super::Filing;
use super::bounds::MAX_CODE;
use super::notice::Met;
use super::refusal::MalformedReason;
use super::repair::{self, bare};
use kami_core::canonical::{has_control, plain};
use kami_core::duration::CardDuration;
use kami_core::import::ImportCard;
use kami_core::prefix::Prefix;
use kami_core::property::Property;

/// What shops write between an account and its password.
const BETWEEN: &str = "----";

/// How long the groups of a code are at least.
const GROUP: usize = 4;

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

/// A card as its code is understood by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Understood {
    pub(super) card: ImportCard,
    /// What only the other codes of the file can tell.
    pub(super) doubt: Option<Doubt>,
}

impl Understood {
    /// The same card: under the title of a column of codes, nothing is a word.
    pub(super) fn if_titled(mut self, is_titled: bool) -> Self {
        self.doubt = self.doubt.filter(|doubt| !is_titled || *doubt != Doubt::Word);
        self
    }
}

/// What a code does not tell by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Doubt {
    /// Whether what it begins with is a prefix, or the first groups of a code.
    Prefix,
    /// Whether it is a code at all, or a word.
    Word,
}

/// The card that a code says.
pub(super) fn card(
    full_code: &str,
    filing: &Filing,
    duration: CardDuration,
) -> Result<Understood, MalformedReason> {
    let full_code = full_code.trim();
    let (prefix, doubt) = match filing {
        Filing::Under(prefix) => (Some(prefix.clone()), None),
        Filing::Whole => (None, None),
        Filing::AsWritten if full_code.contains(BETWEEN) => return Err(MalformedReason::SeveralCells),
        Filing::AsWritten => match written_prefix(full_code) {
            Ok(prefix) => (Some(prefix), Some(Doubt::Prefix)),
            Err(reason) if !is_whole(full_code) => return Err(reason),
            Err(_) => (None, (!is_beyond_doubt(full_code)).then_some(Doubt::Word)),
        },
    };
    let card = ImportCard::new(prefix, full_code.to_owned(), duration);
    // Behind a prefix of its own, a code may have any form that a prefix has.
    if is_whole(card.code()) || doubt == Some(Doubt::Prefix) {
        Ok(Understood { card, doubt })
    } else {
        Err(MalformedReason::Code)
    }
}

/// What a file says of a prefix.
pub(super) fn read_prefix(text: &str) -> Result<Prefix, MalformedReason> {
    text.parse().map_err(|_| MalformedReason::Value(Property::Prefix))
}

/// The prefix of a code of the form `PREFIX-CODE`: the prefix may hold hyphens, the code does not.
fn written_prefix(full_code: &str) -> Result<Prefix, MalformedReason> {
    let (prefix, code) = full_code.rsplit_once('-').ok_or(MalformedReason::Code)?;
    let prefix = read_prefix(prefix)?;
    let fits = (1..=MAX_CODE).contains(&code.chars().count()) && code.chars().all(char::is_alphanumeric);
    if fits { Ok(prefix) } else { Err(MalformedReason::Code) }
}

/// Whether a text can be a code without a prefix: letters, digits, `-` and `_`, the latter two only in between.
fn is_whole(code: &str) -> bool {
    let is_in_bounds = (1..=MAX_CODE).contains(&code.chars().count());
    let has_ends = !code.starts_with(['-', '_']) && !code.ends_with(['-', '_']);
    is_in_bounds && has_ends && code.chars().all(Prefix::allows)
}

/// Whether a text is a code whatever stands around it: letters with digits, many digits, or groups of capitals. A code of
/// letters alone could be a word, and one of few digits a number.
pub(super) fn is_beyond_doubt(code: &str) -> bool {
    let letters = code.bytes().filter(u8::is_ascii_alphabetic).count();
    let digits = code.bytes().filter(u8::is_ascii_digit).count();
    let is_mixed = digits > 0 && letters > 0 && digits + letters >= 6;
    let is_of_capitals = !code.bytes().any(|byte| byte.is_ascii_lowercase()) && code.matches('-').count() > 1;
    is_whole(code) && code.is_ascii() && (is_mixed || digits >= 10 || (is_of_capitals && is_of_groups(code)))
}

/// Whether a code looks like groups of random characters rather than a prefix and a code: its last groups have one
/// length, and there are three or more, or the first of two mixes letters and digits.
pub(super) fn is_of_groups(code: &str) -> bool {
    let groups: Vec<&str> = code.split('-').collect();
    let is_group = |group: &&str| group.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let [.., first, second] = groups.as_slice() else { return false };
    let is_mixed = first.contains(|character: char| character.is_ascii_digit())
        && first.contains(|character: char| character.is_ascii_alphabetic());
    groups.iter().all(is_group)
        && first.len() == second.len()
        && first.len() >= GROUP
        && (groups.len() > 2 || is_mixed)
}

/// Whether a text alone is a code, and no word.
pub(super) fn is_code(text: &str) -> bool {
    let found = card(text, &Filing::AsWritten, CardDuration::Forever);
    found.is_ok_and(|found| found.doubt != Some(Doubt::Word))
}

/// A code with the prefix that stands in a column beside it, unless it begins with that already or has groups of its own.
pub(super) fn with_prefix<'a>(prefix: &str, code: &'a str) -> Cow<'a, str> {
    if code.contains('-') { code.into() } else { format!("{prefix}-{code}").into() }
}
