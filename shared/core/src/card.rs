//! What a card is, and the two texts a client sends: its code and its machine code.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use thiserror::Error;

use crate::canonical::{self, canonical, has_control};
use crate::hidden::is_hidden;
use crate::policy::PolicyPart;

/// The most characters that a card code or a machine code may have: the width of their columns.
pub const MAX_TEXT_CHARS: usize = 128;

/// Where a card is in its life, as the database stores it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CardStatus {
    /// Generated and not yet used by anyone.
    Unused,
    /// In use, until it expires.
    Active,
    /// Past its time.
    Expired,
    /// Withdrawn by an operator, whatever its time.
    Disabled,
}

impl CardStatus {
    /// Every status, in the order in which a card goes through them.
    pub const ALL: [Self; 4] = [Self::Unused, Self::Active, Self::Expired, Self::Disabled];

    /// The lower-case word by which people and programs know this status.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unused => "unused",
            Self::Active => "active",
            Self::Expired => "expired",
            Self::Disabled => "disabled",
        }
    }
}

impl fmt::Display for CardStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A word that names no status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("not a card status: use unused, active, expired or disabled")]
pub struct UnknownStatus;

impl FromStr for CardStatus {
    type Err = UnknownStatus;

    /// Reads a status in any case: the Flask service stored it in capitals, and so the column does to this day.
    fn from_str(word: &str) -> Result<Self, UnknownStatus> {
        Self::ALL.into_iter().find(|status| word.eq_ignore_ascii_case(status.as_str())).ok_or(UnknownStatus)
    }
}

/// One card, as far as answering a client needs it.
#[derive(Clone, PartialEq, Eq)]
pub struct Card {
    /// The primary key.
    pub id: u64,
    /// The code that the customer types: prefix, hyphen and random part.
    pub full_code: String,
    /// The name of the app that it belongs to.
    pub app: String,
    /// The status as the row says it; [`crate::rules::status_at`] says it for a moment.
    pub status: CardStatus,
    /// How long the card lasts from its activation, in seconds; `None` lasts for ever.
    pub duration_seconds: Option<u32>,
    /// How many machines may use it at once.
    pub seats: u16,
    /// The machine that the card is bound to, of several the first; `None` before activation and after it was unbound.
    pub machine_code: Option<String>,
    /// The last second in which that machine keeps its seat; `None` as long as the card.
    pub lease_until: Option<DateTime<Utc>>,
    /// The seat of the machine that asks, where that is another than the first.
    pub further_seat: Option<Seat>,
    /// Where the card departs from the policy of its app.
    pub policy: PolicyPart,
    /// When the card was generated.
    pub created_at: DateTime<Utc>,
    /// When the card was activated.
    pub used_at: Option<DateTime<Utc>>,
    /// The last second in which the card is valid; `None` before activation and for a card that lasts for ever.
    pub expire_at: Option<DateTime<Utc>>,
    /// A last second that no activation outlasts.
    pub valid_until: Option<DateTime<Utc>>,
    /// How many points are left of it; `None` for a card that has none.
    pub points: Option<u32>,
}

/// A seat that a machine has of a card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seat {
    /// The last second in which it is the machine's; `None` as long as the card.
    pub lease_until: Option<DateTime<Utc>>,
}

/// Shows no more of the codes than a log line may hold.
impl fmt::Debug for Card {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Card")
            .field("id", &self.id)
            .field("full_code", &mask(&self.full_code))
            .field("app", &self.app)
            .field("status", &self.status)
            .field("duration_seconds", &self.duration_seconds)
            .field("seats", &self.seats)
            .field("machine_code", &self.machine_code.as_deref().map(mask))
            .field("lease_until", &self.lease_until)
            .field("further_seat", &self.further_seat)
            .field("policy", &self.policy)
            .field("created_at", &self.created_at)
            .field("used_at", &self.used_at)
            .field("expire_at", &self.expire_at)
            .field("valid_until", &self.valid_until)
            .field("points", &self.points)
            .finish()
    }
}

/// Why a text can be neither a card code nor a machine code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum TextError {
    /// Nothing is left of it once it is trimmed.
    #[error("empty")]
    Empty,
    /// It has more than [`MAX_TEXT_CHARS`] characters.
    #[error("longer than {MAX_TEXT_CHARS} characters")]
    TooLong,
    /// It is new, and holds a character of [`is_hidden`].
    #[error("control characters and invisible ones are not allowed")]
    Hidden,
}

pub(crate) fn trimmed(text: &str) -> Result<String, TextError> {
    let text = text.trim();
    bounded(text).map(|()| text.to_owned())
}

fn bounded(text: &str) -> Result<(), TextError> {
    match text.chars().take(MAX_TEXT_CHARS + 1).count() {
        0 => Err(TextError::Empty),
        count if count > MAX_TEXT_CHARS => Err(TextError::TooLong),
        _ => Ok(()),
    }
}

/// A card's full code as somebody sent it, in its [`canonical`] form of 1 to [`MAX_TEXT_CHARS`] characters.
#[derive(Clone, PartialEq, Eq)]
pub struct CardCode {
    canonical: String,
    /// As it was sent, where that says it in other characters.
    sent: Option<String>,
}

impl CardCode {
    /// Reads a code; one that is empty, too long or has control characters between its ends is refused.
    pub fn parse(text: &str) -> Result<Self, TextError> {
        let canonical = canonical(text);
        bounded(&canonical)?;
        if has_control(text) {
            return Err(TextError::Hidden);
        }
        let sent = canonical::trimmed(text);
        let differs = !sent.eq_ignore_ascii_case(&canonical) && bounded(sent).is_ok();
        Ok(Self { canonical, sent: differs.then(|| sent.to_owned()) })
    }

    /// The code in its one form: never for a log.
    pub fn as_str(&self) -> &str {
        &self.canonical
    }

    /// The spellings under which a database may hold the card: this form, and what was sent, as cards of old may have
    /// been made with another kind of hyphen.
    pub fn spellings(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.canonical.as_str()).chain(self.sent.as_deref())
    }

    /// Whether a card that is stored under this full code is the one that is meant.
    pub fn means(&self, full_code: &str) -> bool {
        canonical(full_code) == self.canonical
    }
}

impl fmt::Debug for CardCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CardCode({})", mask(&self.canonical))
    }
}

/// A machine's code as a client sent it: trimmed, 1 to [`MAX_TEXT_CHARS`] characters, compared with its case.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct MachineCode(String);

impl MachineCode {
    /// Trims and checks a machine code; empty and over-long ones are refused.
    pub fn parse(text: &str) -> Result<Self, TextError> {
        trimmed(text).map(Self)
    }

    /// The same for a machine code that a card is to be bound to: one with characters that nobody sees is refused.
    pub fn parse_new(text: &str) -> Result<Self, TextError> {
        Self::parse(text)
            .and_then(|machine| if machine.is_bindable() { Ok(machine) } else { Err(TextError::Hidden) })
    }

    /// Whether a card may be bound to it: not if it holds what nobody sees, though cards of old may be.
    pub fn is_bindable(&self) -> bool {
        !self.0.chars().any(is_hidden)
    }

    /// The machine code itself: never for a log.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for MachineCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MachineCode({})", mask(&self.0))
    }
}

/// The first characters of a secret text and `****`: four of them, fewer when four would be more than half of it.
pub fn mask(text: &str) -> String {
    let shown = (text.chars().count() / 2).min(4);
    text.chars().take(shown).chain("****".chars()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_read_in_any_case_and_written_in_lower_case() {
        for (word, status) in [
            ("UNUSED", CardStatus::Unused),
            ("active", CardStatus::Active),
            ("Expired", CardStatus::Expired),
            ("DISABLED", CardStatus::Disabled),
        ] {
            assert_eq!(word.parse(), Ok(status));
            assert_eq!(status.to_string(), word.to_lowercase());
        }
        assert_eq!("".parse::<CardStatus>(), Err(UnknownStatus));
        assert_eq!("deleted".parse::<CardStatus>(), Err(UnknownStatus));
    }

    #[test]
    fn codes_are_trimmed_and_counted_in_characters() {
        let widest = "卡".repeat(MAX_TEXT_CHARS);
        assert_eq!(CardCode::parse(&format!("\u{3000} {widest}\r\n")).unwrap().as_str(), widest);
        assert_eq!(CardCode::parse(&format!("{widest}x")), Err(TextError::TooLong));
        assert_eq!(MachineCode::parse(" \t\u{a0}"), Err(TextError::Empty));
        assert_eq!(MachineCode::parse(" PC 1 ").unwrap().as_str(), "PC 1");
        assert_eq!(MachineCode::parse_new(" 电脑 1 ").unwrap().as_str(), "电脑 1");
        assert_eq!(MachineCode::parse_new("PC\u{200b}1"), Err(TextError::Hidden));
    }

    #[test]
    fn a_mask_never_shows_more_than_half() {
        for (text, masked) in [
            ("", "****"),
            ("A", "****"),
            ("AB", "A****"),
            ("ABCDEF", "ABC****"),
            ("ABCDEFGH", "ABCD****"),
            ("PC-3F2A-99-77E4", "PC-3****"),
            ("机器码一二三四五", "机器码一****"),
        ] {
            assert_eq!(mask(text), masked);
        }
    }

    #[test]
    fn debug_output_holds_no_code() {
        let code = CardCode::parse("VIP-DEMO123456").unwrap();
        let machine = MachineCode::parse("MACHINE-0001").unwrap();
        assert_eq!(format!("{code:?} {machine:?}"), "CardCode(VIP-****) MachineCode(MACH****)");
    }
}
