//! Editing one card: pure decisions that keep it whole.

use chrono::{DateTime, Utc};
use thiserror::Error;

use crate::acts::{ActRefusal, Change, disable, finish, later};
use crate::card::{CardStatus, MachineCode, TextError, UnknownStatus};
use crate::duration::{CardDuration, DurationError};
use crate::moment::{self, NoMoment};
use crate::operator::{Note, NoteError};
use crate::points::{NoPoints, Points};
use crate::policy::{NoPolicy, PolicyPart};
use crate::prefix::{Prefix, PrefixError, behind};
use crate::property::Property;
use crate::record::CardRecord;
use crate::rules::first_of;
use crate::seats::{NoSeats, Seats};
use crate::spoken;
use crate::value::Value;

/// What an operator changes about one card; what is `None` stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CardEdit {
    /// Another prefix, or none.
    pub prefix: Option<Option<Prefix>>,
    /// Another status.
    pub status: Option<StatusEdit>,
    /// Another duration. A card in use lasts that long from its activation; one that has expired stays expired.
    pub duration: Option<CardDuration>,
    /// Another note, or none.
    pub note: Option<Option<Note>>,
    /// For another number of machines. Of fewer, those keep their seats whose lease goes on and that were heard of last.
    pub seats: Option<Seats>,
    /// Another departure from the policy of its app, or none.
    pub policy: Option<PolicyPart>,
    /// Another last moment, or none; a card that ran up to the last one runs up to this one.
    pub valid_until: Option<Option<DateTime<Utc>>>,
    /// Another number of points that are left, or none at all.
    pub points: Option<Option<u32>>,
}

/// The status that an operator gives a card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StatusEdit {
    /// As if it had never been used: without machine and times.
    Unused,
    /// In use on a machine; its time begins now, unless it runs already.
    Active {
        /// The one it is bound to from then on.
        machine: MachineCode,
    },
    /// Over now.
    Expired,
    /// Withdrawn, keeping everything else.
    Disabled,
}

/// Why what was typed for a property cannot be its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum TypedError {
    /// It can be no prefix.
    #[error(transparent)]
    Prefix(#[from] PrefixError),
    /// It is no status.
    #[error(transparent)]
    Status(#[from] UnknownStatus),
    /// It can be no machine.
    #[error(transparent)]
    Machine(#[from] TextError),
    /// It is no duration.
    #[error(transparent)]
    Duration(#[from] DurationError),
    /// It can be no note.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// It is no number of seats.
    #[error(transparent)]
    Seats(#[from] NoSeats),
    /// It can be no policy.
    #[error(transparent)]
    Policy(#[from] NoPolicy),
    /// It is no number of points.
    #[error(transparent)]
    Points(#[from] NoPoints),
    /// It is no moment.
    #[error(transparent)]
    Moment(#[from] NoMoment),
    /// Nobody edits the property.
    #[error("this cannot be edited")]
    NotEdited,
}

impl CardEdit {
    /// The difference between `card` and what `typed` says of each property of [`Property::FORM`], a moment in the form of
    /// RFC 3339.
    pub fn typed<'a>(card: &CardRecord, typed: impl Fn(Property) -> &'a str) -> Result<Self, TypedError> {
        let mut edit = Self::default();
        for property in Property::FORM {
            edit.take(property, card, &typed)?;
        }
        Ok(edit)
    }

    fn take<'a>(
        &mut self,
        property: Property,
        card: &CardRecord,
        typed: &impl Fn(Property) -> &'a str,
    ) -> Result<(), TypedError> {
        let text = typed(property);
        match property {
            Property::Prefix => self.prefix = other_prefix(card, text)?,
            Property::Status => self.status = other_status(card, text, typed(Property::Machine).trim())?,
            // It goes with the status.
            Property::Machine => {}
            Property::Duration => {
                let duration = text.trim().parse()?;
                self.duration = (duration != card.duration).then_some(duration);
            }
            Property::Note => {
                let note = Note::parse(text)?;
                self.note = (note.as_ref().map(Note::as_str) != card.note.as_deref()).then_some(note);
            }
            Property::Seats => {
                let seats: Seats = text.trim().parse()?;
                self.seats = (seats.get() != card.seats).then_some(seats);
            }
            Property::Policy => self.policy = other_policy(card, text)?,
            Property::Points => {
                let points = points_left(text)?;
                self.points = (points != card.points).then_some(points);
            }
            Property::ValidUntil => {
                let until = last_moment(text)?;
                self.valid_until = (until != card.valid_until).then_some(until);
            }
            Property::Id
            | Property::Code
            | Property::FullCode
            | Property::Batch
            | Property::CreatedAt
            | Property::UsedAt
            | Property::ExpireAt
            | Property::App
            | Property::UpdatedAt => return Err(TypedError::NotEdited),
        }
        Ok(())
    }
}

/// Whether a property of [`Property::FORM`] can have what was typed as a new value, whatever card it is.
pub fn check(property: Property, text: &str) -> Result<(), TypedError> {
    match property {
        Property::Prefix => drop(text.trim().parse::<Prefix>()?),
        Property::Status => drop(text.parse::<CardStatus>()?),
        Property::Machine => drop(MachineCode::parse_new(text)?),
        Property::Duration => drop(text.trim().parse::<CardDuration>()?),
        Property::Note => drop(Note::parse(text)?),
        Property::Seats => drop(text.trim().parse::<Seats>()?),
        Property::Policy => drop(PolicyPart::of_card(text)?),
        Property::Points => drop(points_left(text)?),
        Property::ValidUntil => drop(last_moment(text)?),
        Property::Id
        | Property::Code
        | Property::FullCode
        | Property::Batch
        | Property::CreatedAt
        | Property::UsedAt
        | Property::ExpireAt
        | Property::App
        | Property::UpdatedAt => return Err(TypedError::NotEdited),
    }
    Ok(())
}

/// How many points a card shall have left, which may be none of those that it had; an empty text is a card that has none.
pub fn points_left(typed: &str) -> Result<Option<u32>, NoPoints> {
    match typed.trim() {
        "" => Ok(None),
        text => match spoken::count(text).ok_or(NoPoints)? {
            0 => Ok(Some(0)),
            points => Points::new(points.try_into().map_err(|_| NoPoints)?).map(|points| Some(points.get())),
        },
    }
}

/// The last moment that a card shall have, in the form of RFC 3339; an empty text is none.
fn last_moment(typed: &str) -> Result<Option<DateTime<Utc>>, NoMoment> {
    Some(typed.trim()).filter(|text| !text.is_empty()).map(moment::read).transpose()
}

/// The other prefix that a card shall have, or that it shall have none; one of old may be what none can be today, and
/// stays.
pub fn other_prefix(card: &CardRecord, typed: &str) -> Result<Option<Option<Prefix>>, PrefixError> {
    match typed {
        same if same == card.prefix => Ok(None),
        other if other.trim().is_empty() => Ok(Some(None)),
        other => other.trim().parse().map(|prefix| Some(Some(prefix))),
    }
}

/// The other policy that a card shall have; one that this version cannot read stays as long as nobody touches it.
fn other_policy(card: &CardRecord, typed: &str) -> Result<Option<PolicyPart>, NoPolicy> {
    let is_same = match Property::Policy.value(card) {
        Value::Text(shown) => typed == shown,
        _ => typed.trim().is_empty(),
    };
    if is_same {
        return Ok(None);
    }
    let policy = PolicyPart::of_card(typed)?;
    Ok((Some(&policy) != card.policy_part().as_ref()).then_some(policy))
}

/// The other status that a card shall have, or the same on another machine.
fn other_status(card: &CardRecord, typed: &str, machine: &str) -> Result<Option<StatusEdit>, TypedError> {
    let status: CardStatus = typed.parse()?;
    let is_other_machine = status == CardStatus::Active && Some(machine) != card.machine_code.as_deref();
    if status == card.status && !is_other_machine {
        return Ok(None);
    }
    Ok(Some(match status {
        CardStatus::Unused => StatusEdit::Unused,
        CardStatus::Active => StatusEdit::Active { machine: MachineCode::parse(machine)? },
        CardStatus::Expired => StatusEdit::Expired,
        CardStatus::Disabled => StatusEdit::Disabled,
    }))
}

/// Decides what `edit` makes of `card` at `now`, or why it cannot be.
pub fn edited(edit: &CardEdit, card: &CardRecord, now: DateTime<Utc>) -> Result<Change, ActRefusal> {
    let mut after = card.clone();
    after.stored_status = card.status;
    if let Some(prefix) = &edit.prefix {
        after.full_code = renamed(card, prefix.as_ref());
        after.prefix = prefix.as_ref().map(Prefix::to_string).unwrap_or_default();
    }
    if let Some(note) = &edit.note {
        after.note = note.as_ref().map(|note| note.as_str().to_owned());
    }
    if let Some(seats) = edit.seats {
        after.seats = seats.get();
    }
    if let Some(policy) = &edit.policy {
        after.policy = (!policy.is_empty()).then(|| policy.to_string());
    }
    if let Some(points) = edit.points {
        after.points = points;
    }
    if edit.duration.is_some() || edit.valid_until.is_some() {
        lasting(edit, card, &mut after, now)?;
    }
    match &edit.status {
        None => {}
        Some(StatusEdit::Unused) => {
            after.stored_status = CardStatus::Unused;
            after.machine_code = None;
            after.used_at = None;
            after.expire_at = after.valid_until;
        }
        Some(StatusEdit::Active { machine }) => {
            after.machine_code = Some(machine.as_str().to_owned());
            if after.stored_status != CardStatus::Active {
                after.stored_status = CardStatus::Active;
                after.used_at = Some(now);
                after.expire_at = first_of(end(after.duration, now)?, after.valid_until);
            }
        }
        Some(StatusEdit::Expired) => {
            after.stored_status = CardStatus::Expired;
            after.expire_at = after.expire_at.filter(|end| *end < now).or(Some(now));
        }
        Some(StatusEdit::Disabled) if card.status == CardStatus::Disabled => {}
        Some(StatusEdit::Disabled) => {
            // By the status it has after the rest of the edit: a duration may have ended it.
            after.status = after.stored_status;
            disable(&mut after, now)?;
        }
    }
    finish(card, after)
}

/// Lets a card last as long as an edit says.
fn lasting(
    edit: &CardEdit,
    card: &CardRecord,
    after: &mut CardRecord,
    now: DateTime<Utc>,
) -> Result<(), ActRefusal> {
    after.duration = edit.duration.unwrap_or(card.duration);
    after.valid_until = edit.valid_until.unwrap_or(card.valid_until);
    let was_never_used = card.status == CardStatus::Expired
        && card.used_at.is_none()
        && card.valid_until.is_some()
        && after.valid_until.is_none_or(|until| until >= now);
    if was_never_used {
        after.stored_status = CardStatus::Unused;
    }
    if card.status == CardStatus::Unused || was_never_used {
        after.expire_at = if edit.valid_until.is_some() { after.valid_until } else { card.expire_at };
    }
    let runs = matches!(card.status, CardStatus::Active | CardStatus::Disabled)
        && card.expire_at.is_none_or(|end| end > now);
    let (true, Some(used_at)) = (runs, card.used_at) else { return Ok(()) };
    let ends = end(after.duration, used_at)?;
    // One that somebody extended keeps its end, unless that is told anew or comes too late.
    let was_extended = ends.zip(card.expire_at).is_some_and(|(ends, was)| ends < was);
    let ends = if edit.duration.is_none() && was_extended { card.expire_at } else { ends };
    after.expire_at = first_of(ends, after.valid_until);
    if card.status == CardStatus::Active && after.expire_at.is_some_and(|end| end < now) {
        after.stored_status = CardStatus::Expired;
    }
    Ok(())
}

/// The code that a card has with another prefix: one that begins with the old prefix begins with the new one then. A code
/// without it stays, and one whose prefix is taken away as well: customers go on typing what they were sold.
pub fn renamed(card: &CardRecord, prefix: Option<&Prefix>) -> String {
    match (prefix, behind(&card.prefix, &card.full_code)) {
        (Some(prefix), Some(code)) => format!("{prefix}-{code}"),
        _ => card.full_code.clone(),
    }
}

fn end(duration: CardDuration, start: DateTime<Utc>) -> Result<Option<DateTime<Utc>>, ActRefusal> {
    match duration {
        CardDuration::Forever => Ok(None),
        CardDuration::Seconds(seconds) => later(start, seconds).map(Some).ok_or(ActRefusal::TooLong),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::acts::{Act, allowed, enabled_status};
    use crate::testing::{any_card, at, card};

    fn edit(edit: &CardEdit, card: &CardRecord) -> Result<CardRecord, ActRefusal> {
        match edited(edit, card, at(0))? {
            Change::Update(after) => Ok(*after),
            Change::Delete => panic!("deleted"),
        }
    }

    fn to(status: StatusEdit) -> CardEdit {
        CardEdit { status: Some(status), ..CardEdit::default() }
    }

    fn on(machine: &str) -> StatusEdit {
        StatusEdit::Active { machine: MachineCode::parse(machine).unwrap() }
    }

    #[test]
    fn a_status_edit_keeps_a_card_whole() {
        use CardStatus::{Active, Disabled, Expired, Unused};
        let unused = card(Unused, None, None, None);
        let active = card(Active, Some("PC"), Some(-40), Some(60));
        let expired = card(Expired, Some("PC"), Some(-140), Some(-40));
        let disabled = CardRecord { status: Disabled, stored_status: Disabled, ..active.clone() };
        for (status, card, expected) in [
            (StatusEdit::Unused, &active, Ok((Unused, None, None, None))),
            (StatusEdit::Unused, &expired, Ok((Unused, None, None, None))),
            (StatusEdit::Unused, &disabled, Ok((Unused, None, None, None))),
            (StatusEdit::Unused, &unused, Err(ActRefusal::Unchanged)),
            (on("NEW"), &unused, Ok((Active, Some("NEW"), Some(0), Some(100)))),
            (on("NEW"), &expired, Ok((Active, Some("NEW"), Some(0), Some(100)))),
            (on("NEW"), &disabled, Ok((Active, Some("NEW"), Some(0), Some(100)))),
            (on("NEW"), &active, Ok((Active, Some("NEW"), Some(-40), Some(60)))),
            (on("PC"), &active, Err(ActRefusal::Unchanged)),
            (StatusEdit::Expired, &unused, Ok((Expired, None, None, Some(0)))),
            (StatusEdit::Expired, &active, Ok((Expired, Some("PC"), Some(-40), Some(0)))),
            (StatusEdit::Expired, &expired, Err(ActRefusal::Unchanged)),
            (StatusEdit::Disabled, &unused, Ok((Disabled, None, None, None))),
            (StatusEdit::Disabled, &active, Ok((Disabled, Some("PC"), Some(-40), Some(60)))),
            (StatusEdit::Disabled, &disabled, Err(ActRefusal::Unchanged)),
        ] {
            let after = edit(&to(status.clone()), card).map(|after| {
                let seconds =
                    |moment: Option<DateTime<Utc>>| moment.map(|moment| (moment - at(0)).num_seconds());
                (after.stored_status, after.machine_code, seconds(after.used_at), seconds(after.expire_at))
            });
            let expected = expected.map(|(status, machine, used, end): (_, Option<&str>, _, _)| {
                (status, machine.map(str::to_owned), used, end)
            });
            assert_eq!(after, expected, "{status:?} {card:?}");
        }
    }

    #[test]
    fn a_card_lasts_up_to_another_last_moment_and_no_longer() {
        let until = |until: Option<i64>| CardEdit { valid_until: Some(until.map(at)), ..CardEdit::default() };
        let of = |card: CardRecord, until: Option<i64>| CardRecord { valid_until: until.map(at), ..card };
        let unused =
            || CardRecord { duration: CardDuration::Forever, ..card(CardStatus::Unused, None, None, None) };
        let lapsed = || card(CardStatus::Expired, None, None, Some(-5));
        // In use since 40 seconds, for 100.
        let active = |end: i64| card(CardStatus::Active, Some("PC"), Some(-40), Some(end));
        for (card, until_then, to, expected) in [
            (unused(), None, Some(70), (Some(70), CardStatus::Unused)),
            (unused(), Some(50), None, (None, CardStatus::Unused)),
            (active(60), None, Some(30), (Some(30), CardStatus::Active)),
            (active(60), None, Some(90), (Some(60), CardStatus::Active)),
            (active(60), None, Some(-1), (Some(-1), CardStatus::Expired)),
            (active(30), Some(30), Some(50), (Some(50), CardStatus::Active)),
            (active(30), Some(30), None, (Some(60), CardStatus::Active)),
            (lapsed(), Some(-5), Some(70), (Some(70), CardStatus::Unused)),
            (lapsed(), Some(-5), None, (None, CardStatus::Unused)),
            (lapsed(), Some(-5), Some(-1), (Some(-5), CardStatus::Expired)),
            // Somebody gave it more time than it came with.
            (active(500), Some(800), Some(600), (Some(500), CardStatus::Active)),
            (active(500), Some(800), Some(400), (Some(400), CardStatus::Active)),
            (active(500), Some(500), Some(600), (Some(500), CardStatus::Active)),
            (active(500), Some(500), None, (Some(500), CardStatus::Active)),
        ] {
            let before = of(card, until_then);
            let after = edit(&until(to), &before).unwrap();
            let end = after.expire_at.map(|end| (end - at(0)).num_seconds());
            assert_eq!((end, after.stored_status), expected, "{before:?} {to:?}");
            assert_eq!(after.valid_until, to.map(at));
        }
    }

    #[test]
    fn what_was_typed_is_an_edit_only_where_it_differs() {
        let seen = card(CardStatus::Active, Some("PC"), Some(-40), Some(60));
        let seen = CardRecord { note: Some("a".into()), valid_until: Some(at(0)), ..seen };
        let with = |changed: Property, to: &'static str| {
            CardEdit::typed(&seen, |property| match property {
                _ if property == changed => to,
                Property::Prefix => "VIP",
                Property::Status => "active",
                Property::Machine => "PC",
                Property::Duration => "100s",
                Property::Seats => "1",
                Property::Policy | Property::Points => "",
                Property::ValidUntil => "2026-01-01T01:00:00+01:00",
                _ => "a",
            })
        };
        let none = CardEdit::default;
        for (property, text, expected) in [
            (Property::Note, "a", Ok(none())),
            (Property::Note, " ", Ok(CardEdit { note: Some(None), ..none() })),
            (Property::Prefix, "", Ok(CardEdit { prefix: Some(None), ..none() })),
            (
                Property::Duration,
                "1h",
                Ok(CardEdit { duration: Some(CardDuration::Seconds(3600)), ..none() }),
            ),
            (Property::Seats, " 2 ", Ok(CardEdit { seats: Some(Seats::new(2).unwrap()), ..none() })),
            (Property::Seats, "0", Err(TypedError::Seats(NoSeats))),
            (Property::Policy, " ", Ok(none())),
            (
                Property::Policy,
                "lease=10m",
                Ok(CardEdit { policy: Some("lease=600".parse().unwrap()), ..none() }),
            ),
            (Property::Points, " 0 ", Ok(CardEdit { points: Some(Some(0)), ..none() })),
            (Property::Points, "1000000001", Err(TypedError::Points(NoPoints))),
            (Property::ValidUntil, "2026-01-01T00:00:00Z", Ok(none())),
            (Property::ValidUntil, "", Ok(CardEdit { valid_until: Some(None), ..none() })),
            (
                Property::ValidUntil,
                "2026-01-01T00:00:01Z",
                Ok(CardEdit { valid_until: Some(Some(at(1))), ..none() }),
            ),
            (
                Property::ValidUntil,
                "9999-12-31T23:59:59Z",
                Ok(CardEdit { valid_until: Some(Some("9999-12-31T23:59:59Z".parse().unwrap())), ..none() }),
            ),
            (Property::ValidUntil, "9999-12-31T23:59:59-10:00", Err(TypedError::Moment(NoMoment))),
            (Property::ValidUntil, "2026-01-01", Err(TypedError::Moment(NoMoment))),
            (Property::Policy, "lease=1", Err(TypedError::Policy(NoPolicy))),
            (Property::Status, "unused", Ok(to(StatusEdit::Unused))),
            (Property::Machine, "NEW", Ok(to(on("NEW")))),
            (Property::Machine, "", Err(TypedError::Machine(TextError::Empty))),
            (Property::Status, "lost", Err(TypedError::Status(UnknownStatus))),
        ] {
            assert_eq!(with(property, text), expected, "{property:?} {text:?}");
        }
    }

    #[test]
    fn what_the_form_asks_for_is_what_can_be_typed() {
        for property in Property::ALL {
            let is_refused = check(property, "forever") == Err(TypedError::NotEdited);
            assert_eq!(is_refused, !Property::FORM.contains(&property), "{property:?}");
        }
    }

    #[test]
    fn another_prefix_makes_another_code() {
        let card = card(CardStatus::Unused, None, None, None);
        let after = edit(&filed("季卡"), &card).unwrap();
        assert_eq!((after.prefix.as_str(), after.full_code.as_str()), ("季卡", "季卡-DEMO123456"));
        assert_eq!(edit(&filed("VIP"), &card), Err(ActRefusal::Unchanged));
    }

    fn filed(prefix: &str) -> CardEdit {
        CardEdit { prefix: Some(prefix.parse().ok()), ..CardEdit::default() }
    }

    #[test]
    fn a_code_that_does_not_begin_with_its_prefix_stays_whatever_it_is_filed_under() {
        for (prefix, full_code, edits) in [
            ("", "A1B2C3-D4E5F6", ["VIP", "GOLD", ""]),
            ("VIP", "ABCD1234EFGH5678", ["GOLD", "", "VIP"]),
            ("VIP", "VIP-DEMO123456", ["", "GOLD", "VIP"]),
        ] {
            let whole = card(CardStatus::Unused, None, None, None);
            let mut whole = CardRecord { prefix: prefix.into(), full_code: full_code.into(), ..whole };
            for prefix in edits {
                whole = edit(&filed(prefix), &whole).unwrap();
                assert_eq!((whole.prefix.as_str(), whole.full_code.as_str()), (prefix, full_code));
            }
        }
    }

    #[test]
    fn another_duration_moves_the_end_of_a_card_in_use() {
        use CardStatus::{Active, Disabled, Expired, Unused};
        let set = |duration| CardEdit { duration: Some(duration), ..CardEdit::default() };
        for (card, duration, status, end) in [
            (card(Unused, None, None, None), CardDuration::Seconds(50), Unused, None),
            (card(Active, Some("PC"), Some(-40), Some(60)), CardDuration::Seconds(50), Active, Some(10)),
            (card(Active, Some("PC"), Some(-40), Some(60)), CardDuration::Seconds(30), Expired, Some(-10)),
            (card(Active, Some("PC"), Some(-40), Some(60)), CardDuration::Forever, Active, None),
            (card(Active, Some("PC"), Some(-40), None), CardDuration::Seconds(50), Active, Some(10)),
            (card(Disabled, Some("PC"), Some(-40), Some(60)), CardDuration::Seconds(50), Disabled, Some(10)),
            (
                card(Expired, Some("PC"), Some(-140), Some(-40)),
                CardDuration::Seconds(500),
                Expired,
                Some(-40),
            ),
        ] {
            let after = edit(&set(duration), &card).unwrap();
            assert_eq!(after.duration, duration);
            assert_eq!((after.stored_status, after.expire_at), (status, end.map(at)), "{card:?}");
        }
    }

    proptest! {
        #[test]
        fn disabling_by_edit_can_be_taken_back(card in any_card()) {
            prop_assume!(card.status != CardStatus::Disabled && card.expire_at != Some(at(0)));
            let off = edit(&to(StatusEdit::Disabled), &card).unwrap();
            prop_assert_eq!(enabled_status(&off, at(0)), card.status);
            prop_assert!(allowed(&Act::Enable, &off, at(0)).is_ok());
        }
    }
}
