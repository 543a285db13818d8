//! What stands for the machines that have seats of a card.

use chrono::{DateTime, Utc};
use kami_core::zone::Zone;
use kami_store::{DeviceKey, SeatTaken};

use super::moment::moment;
use crate::cells::harmless;
use crate::words::{Language, counted, number, say};

/// Whether whoever asks at `now` gets the seat, as its lease is over.
fn is_free(seat: &SeatTaken, now: DateTime<Utc>) -> bool {
    seat.is_over || seat.lease_until.is_some_and(|until| until < now)
}

/// How many seats of a card are taken at `now`.
pub fn seats_taken(language: Language, taken: &[SeatTaken], seats: u16, now: DateTime<Utc>) -> String {
    let taken = taken.iter().filter(|seat| !is_free(seat, now)).count();
    say!(language, "seat.taken", taken = number(taken as u64), seats = number(seats.into()))
}

/// How many characters of a key's thumbprint stand for it.
const KEY: usize = 8;

/// That the key of a machine was copied, which has to be seen however little room there is; since when it has its seat, of a
/// leased one when it was last heard of and how long the lease lasts; and its key.
pub fn seat(language: Language, zone: Zone, now: DateTime<Utc>, seat: &SeatTaken) -> String {
    // Without a lease it is written down only once that a machine was there.
    let (seen, until) = match seat.lease_until {
        None => ("seat.since", None),
        Some(until) if is_free(seat, now) => ("seat.seen", Some(("seat.over_since", until))),
        Some(until) => ("seat.seen", Some(("seat.lease", until))),
    };
    let moments = seat.seen_at.map(|at| (seen, at)).into_iter().chain(until);
    let moments =
        moments.map(|(key, at)| format!("{} {}", say!(language, key), moment(language, zone, now, at)));
    let key = seat.key.iter().map(|key| format!("{} {}", say!(language, "seat.key"), device_key(key)));
    let copies =
        seat.key.as_ref().and_then(|key| copies(language, key, |at| moment(language, zone, now, at)));
    let copies = copies.map(|copies| say!(language, "seat.copied_in", copies = copies));
    copies.into_iter().chain(moments).chain(key).collect::<Vec<_>>().join(&say!(language, "language.comma"))
}

/// The beginning of a key's thumbprint, which tells it from others.
pub fn device_key(key: &DeviceKey) -> String {
    harmless(&key.thumbprint).chars().take(KEY).collect()
}

/// In how many minutes a key was found to be copied, and when last; nothing of one that was not.
pub fn copies(
    language: Language,
    key: &DeviceKey,
    moment: impl Fn(DateTime<Utc>) -> String,
) -> Option<String> {
    let copies = Some(u64::from(key.copies)).filter(|copies| *copies > 0)?;
    let last = key.copied_at.map(|at| say!(language, "seat.copied_last", moment = moment(at)));
    let said = [counted(language, "seat.copies", copies)].into_iter().chain(last);
    Some(said.collect::<Vec<_>>().join(&say!(language, "touch.comma")))
}

/// Who loses a seat at `now` that it still has where a card keeps only so many of those that are taken.
pub fn seats_lost(taken: &[SeatTaken], seats: u16, now: DateTime<Utc>) -> Vec<&SeatTaken> {
    kami_store::seats_lost(taken, seats).into_iter().filter(|seat| !is_free(seat, now)).collect()
}

/// That something was done to so many cards, and how many machines lost their seats by it where a card lost several.
pub fn cards_done(language: Language, key: &str, cards: u64, machines: Option<u64>) -> String {
    let Some(machines) = machines.filter(|machines| *machines > cards) else {
        return counted(language, key, cards);
    };
    let form = if cards == 1 { "one" } else { "many" };
    let (n, machines) = (number(cards), number(machines));
    say!(language, format!("done.unbind_machines.{form}"), n = n, machines = machines)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(seen_at: Option<&str>, lease_until: Option<&str>, is_over: bool) -> SeatTaken {
        let at = |text: &str| text.parse().unwrap();
        SeatTaken {
            machine: "PC".into(),
            seen_at: seen_at.map(at),
            lease_until: lease_until.map(at),
            is_over,
            key: None,
        }
    }

    #[test]
    fn a_seat_says_since_when_it_is_taken_and_until_when() {
        let now = "2026-03-04T06:02:00Z".parse().unwrap();
        let seen = Some("2026-03-04T06:00:00Z");
        for (seen_at, until, is_over, english, chinese) in [
            (seen, None, false, "since today 14:00", "始于 今天 14:00"),
            (None, None, false, "", ""),
            (
                seen,
                Some("2026-03-04T06:02:00Z"),
                false,
                "last seen today 14:00, lease until today 14:02",
                "最近出现 今天 14:00、租期至 今天 14:02",
            ),
            // It went over since it was read.
            (
                seen,
                Some("2026-03-04T06:01:59Z"),
                false,
                "last seen today 14:00, lease over today 14:01",
                "最近出现 今天 14:00、租期已止于 今天 14:01",
            ),
            // The database's clock is ahead.
            (None, Some("2026-03-04T06:02:00Z"), true, "lease over today 14:02", "租期已止于 今天 14:02"),
        ] {
            let taken = taken(seen_at, until, is_over);
            assert_eq!(seat(Language::ENGLISH, Zone::default(), now, &taken), english);
            assert_eq!(seat(Language::of_locale("zh"), Zone::default(), now, &taken), chinese);
        }
    }

    #[test]
    fn a_seat_says_its_key_and_that_it_was_copied() {
        let now = "2026-03-04T06:02:00Z".parse().unwrap();
        let key = |copies, copied_at: Option<&str>| DeviceKey {
            thumbprint: "\u{1b}hnO7dUFr8cVJyaX8kLQh4Wm2eN0sTbiPRGwYzqEKQo"[..43].to_owned(),
            copies,
            copied_at: copied_at.map(|at| at.parse().unwrap()),
        };
        let last = Some("2026-03-04T06:00:00Z");
        for (key, english, chinese) in [
            (key(0, None), "key ␛hnO7dUF", "密钥 ␛hnO7dUF"),
            (
                key(1, last),
                "copied key: in 1 minute, last today 14:00, key ␛hnO7dUF",
                "密钥被复制：见于 1 分钟，最近 今天 14:00、密钥 ␛hnO7dUF",
            ),
            (
                key(1_200, None),
                "copied key: in 1,200 minutes, key ␛hnO7dUF",
                "密钥被复制：见于 1,200 分钟、密钥 ␛hnO7dUF",
            ),
        ] {
            let taken = SeatTaken { key: Some(key), ..taken(None, None, false) };
            assert_eq!(seat(Language::ENGLISH, Zone::default(), now, &taken), english);
            assert_eq!(seat(Language::of_locale("zh"), Zone::default(), now, &taken), chinese);
        }
    }

    #[test]
    fn a_seat_whose_lease_is_over_is_neither_taken_nor_lost() {
        let now = "2026-03-04T06:02:00Z".parse().unwrap();
        let seats = [
            taken(None, None, false),
            taken(None, Some("2026-03-04T06:02:00Z"), false),
            taken(None, Some("2026-03-04T06:01:00Z"), true),
        ];
        assert_eq!(seats_taken(Language::ENGLISH, &seats, 1_000, now), "2 of 1,000 taken");
        assert_eq!([0, 1, 2, 3].map(|kept| seats_lost(&seats, kept, now).len()), [2, 1, 0, 0]);
    }
}
