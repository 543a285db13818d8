//! What stands for each value of a card, and for one that it has not.

use chrono::{DateTime, Utc};
use kami_core::card::CardStatus;
use kami_core::record::CardRecord;
use kami_core::zone::Zone;

use super::moment::whole_moment;
use super::span::{duration, span};
use super::status::status;
use crate::cells::harmless;
use crate::words::{Language, say};

/// What stands for a value that there is not.
pub const NONE: &str = "-";

/// What stands for a time without an end.
const ENDLESS: &str = "∞";

/// A prefix for people to read, who would take the missing one of some cards for a gap.
pub fn prefix(language: Language, prefix: &str) -> String {
    if prefix.is_empty() { say!(language, "prefix.none") } else { harmless(prefix).into_owned() }
}

/// A text that may be missing, made harmless.
pub fn text(text: Option<&str>) -> String {
    text.map_or_else(|| NONE.to_owned(), |text| harmless(text).into_owned())
}

/// The number of a batch or an act, which may be missing.
pub fn numbered(id: Option<u64>) -> String {
    id.map_or_else(|| NONE.to_owned(), |id| format!("#{id}"))
}

/// How long an active card still lasts at `now`; none for one that is not active.
pub fn left(language: Language, card: &CardRecord, now: DateTime<Utc>) -> Option<String> {
    if card.status_at(now) != CardStatus::Active {
        return None;
    }
    Some(card.expire_at.map_or_else(
        || ENDLESS.to_owned(),
        |expire_at| span(language, (expire_at - now).num_seconds().max(0).unsigned_abs()),
    ))
}

/// When a card expires, its moment written by `shown`: for one that was never used, how long it lasts from then on.
pub fn expires(
    language: Language,
    card: &CardRecord,
    shown: impl FnOnce(DateTime<Utc>) -> String,
) -> Option<String> {
    match (card.expire_at, card.status, card.duration.seconds()) {
        (Some(expire_at), ..) => Some(shown(expire_at)),
        (None, CardStatus::Unused, Some(seconds)) => {
            Some(say!(language, "cell.from_use", span = duration(language, Some(seconds))))
        }
        (None, CardStatus::Unused | CardStatus::Active, _) => Some(say!(language, "duration.forever")),
        (None, CardStatus::Expired | CardStatus::Disabled, _) => None,
    }
}

/// How many things [`details`] says.
pub const DETAILS: usize = 12;

/// Everything of a card but its code, each value under the key of its name, the note last.
pub fn details(
    language: Language,
    zone: Zone,
    card: &CardRecord,
    now: DateTime<Utc>,
) -> [(&'static str, String); DETAILS] {
    let moment = |at| whole_moment(zone, at);
    let maybe = |value: Option<String>| value.unwrap_or_else(|| NONE.to_owned());
    [
        ("column.status", status(language, card.status_at(now))),
        ("column.machine", text(card.machine_code.as_deref())),
        ("column.duration", duration(language, card.duration.seconds())),
        ("column.left", maybe(left(language, card, now))),
        ("column.used", maybe(card.used_at.map(moment))),
        ("column.expires", maybe(expires(language, card, moment))),
        ("column.created", moment(card.created_at)),
        ("detail.updated", maybe(card.updated_at.map(moment))),
        ("detail.prefix", prefix(language, &card.prefix)),
        ("detail.batch", numbered(card.batch_id)),
        ("detail.id", card.id.to_string()),
        ("column.note", text(card.note.as_deref())),
    ]
}
