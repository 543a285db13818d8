//! What stands for each value of a card, and for one that it has not.

use chrono::{DateTime, Utc};
use kami_core::card::CardStatus;
use kami_core::policy::PolicyPart;
use kami_core::property::Property;
use kami_core::recharge::record_may_be_burnt;
use kami_core::record::CardRecord;
use kami_core::sharing::Mismatches;
use kami_core::value::Value;
use kami_core::zone::Zone;

use super::moment::whole_moment;
use super::span::{duration, span};
use super::status::status;
use crate::cells::harmless;
use crate::column::Column;
use crate::words::{Language, counted, number, say};

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

/// So many points.
pub fn points(language: Language, points: u32) -> String {
    counted(language, "touch.points", points.into())
}

/// How long an active card still lasts at `now`, in few words, and in points where no time ends it; none for one that is not
/// active.
pub fn left(language: Language, card: &CardRecord, now: DateTime<Utc>) -> Option<String> {
    if card.status_at(now) != CardStatus::Active {
        return None;
    }
    Some(match (card.expire_at, card.points) {
        (Some(expire_at), _) => span(language, (expire_at - now).num_seconds().max(0).unsigned_abs()),
        (None, Some(left)) => counted(language, "cell.points", left.into()),
        (None, None) => ENDLESS.to_owned(),
    })
}

/// What is left of an active card at `now`, of its time and of its points.
fn all_left(language: Language, card: &CardRecord, now: DateTime<Utc>) -> Option<String> {
    let left = left(language, card, now)?;
    Some(match (card.expire_at, card.points) {
        (Some(_), Some(counted)) => left + &say!(language, "touch.comma") + &points(language, counted),
        (None, Some(counted)) => points(language, counted),
        _ => left,
    })
}

/// When a card expires, its moment written by `shown`: for one that was never used, how long it lasts from then on, and for one
/// that no time ends, in how many points.
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
        (None, CardStatus::Unused | CardStatus::Active, _) => Some(match card.points {
            Some(left) => say!(language, "cell.in_points", points = points(language, left)),
            None => say!(language, "duration.forever"),
        }),
        (None, CardStatus::Expired | CardStatus::Disabled, _) => None,
    }
}

/// By how many machines a card is asked for that seems to be shared; none for another.
fn shared(language: Language, card: &CardRecord) -> Option<String> {
    let Mismatches { machines, .. } = card.mismatches;
    card.mismatches.is_shared().then(|| counted(language, "cell.machines", machines))
}

/// Which machines asked for a card within the last day while others had its seats; none where none did.
fn mismatches(language: Language, card: &CardRecord) -> Option<String> {
    let Mismatches { machines, requests } = card.mismatches;
    (machines > 0).then(|| {
        let refusals = counted(language, "shared.refusals", requests);
        counted(language, "shared.machines", machines) + &say!(language, "touch.comma") + &refusals
    })
}

/// What a property is called; nothing for one that nobody is shown.
pub fn label(language: Language, property: Property) -> String {
    let word = property.traits().word;
    word.map_or_else(String::new, |word| say!(language, format!("property.{word}")))
}

/// What a column is called.
pub fn heading(language: Language, column: Column) -> String {
    match column {
        Column::Left => say!(language, "property.left"),
        Column::Shared => say!(language, "property.shared"),
        _ => column.property().map_or_else(String::new, |property| label(language, property)),
    }
}

/// A value of a property by itself, its moments written by `shown`; none where the card has none.
pub fn value(
    language: Language,
    property: Property,
    value: &Value<'_>,
    shown: impl FnOnce(DateTime<Utc>) -> String,
) -> Option<String> {
    Some(match value {
        Value::Missing => return None,
        Value::Text(text) if property == Property::Prefix => prefix(language, text),
        Value::Text(text) if property == Property::Policy => {
            let spoken = text.parse().map(|policy: PolicyPart| policy.spoken());
            harmless(spoken.as_deref().unwrap_or(text)).into_owned()
        }
        Value::Text(text) => harmless(text).into_owned(),
        Value::Number(id) if property == Property::Batch => numbered(Some(*id)),
        Value::Number(points) if property == Property::Points => number(*points),
        Value::Number(number) => number.to_string(),
        Value::Status(known) => status(language, *known),
        Value::Duration(lasts) => duration(language, lasts.seconds()),
        Value::Moment(at) => shown(*at),
    })
}

/// A property of a card at `now`, its moments written by `shown`; none where the card has none.
pub fn of_card(
    language: Language,
    card: &CardRecord,
    now: DateTime<Utc>,
    property: Property,
    shown: impl FnOnce(DateTime<Utc>) -> String,
) -> Option<String> {
    match property {
        Property::Status if record_may_be_burnt(card) => Some(say!(language, "status.burnt")),
        Property::Status => Some(status(language, card.status_at(now))),
        Property::ExpireAt => expires(language, card, shown),
        _ => value(language, property, &property.value(card), shown),
    }
}

/// A column of a card at `now`, its moments written by `shown`; none where the card has nothing for it.
pub fn in_column(
    language: Language,
    card: &CardRecord,
    now: DateTime<Utc>,
    column: Column,
    shown: impl FnOnce(DateTime<Utc>) -> String,
) -> Option<String> {
    match column.property() {
        Some(property) => of_card(language, card, now, property, shown),
        None if column == Column::Shared => shared(language, card),
        None => left(language, card, now),
    }
}

/// The most things that [`details`] says: the properties under a card's code, what is left of it, and who asks for it.
pub const DETAILS: usize = Property::DETAIL.len() + 2;

/// One thing that is said of a card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Detail {
    /// The property; what is left of a card, and who asks for it, is none.
    pub property: Option<Property>,
    /// What it is called.
    pub label: String,
    /// Its value, or what stands for none.
    pub value: String,
}

/// Everything of a card but its code, the note last: points, a last moment and machines that ask for it where it has them.
pub fn details(language: Language, zone: Zone, card: &CardRecord, now: DateTime<Utc>) -> Vec<Detail> {
    let mut details = Vec::with_capacity(DETAILS);
    let or_none = |value: Option<String>| value.unwrap_or_else(|| NONE.to_owned());
    let is_told = |property: &Property| match property {
        Property::Points | Property::ValidUntil => property.value(card) != Value::Missing,
        _ => true,
    };
    for property in Property::DETAIL.into_iter().filter(is_told) {
        let value = of_card(language, card, now, property, |at| whole_moment(zone, at));
        let label = label(language, property);
        details.push(Detail { property: Some(property), label, value: or_none(value) });
        if property == Property::Machine
            && let Some(value) = mismatches(language, card)
        {
            details.push(Detail { property: None, label: heading(language, Column::Shared), value });
        }
        if property == Property::Duration {
            let label = heading(language, Column::Left);
            details.push(Detail { property: None, label, value: or_none(all_left(language, card, now)) });
        }
    }
    details
}
