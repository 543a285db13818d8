//! The licence files of a card.

use chrono::{DateTime, Utc};
use kami_core::zone::Zone;
use kami_store::LicenceGiven;

use super::moment::whole_moment;
use crate::cells::harmless;
use crate::words::{Language, say};

/// For which machine a licence file was made, and until when it lasts or did.
pub fn licence(language: Language, zone: Zone, given: &LicenceGiven, now: DateTime<Utc>) -> String {
    let machine = harmless(&given.machine).into_owned();
    let lasts = lasts(language, zone, given.until);
    let key = if given.is_over(now) { "licence.over" } else { "licence.for" };
    say!(language, key, machine = machine, lasts = lasts)
}

/// How long a licence file lasts, in words.
pub fn lasts(language: Language, zone: Zone, until: Option<DateTime<Utc>>) -> String {
    match until {
        Some(until) => say!(language, "touch.until", moment = whole_moment(zone, until)),
        None => say!(language, "licence.for_ever"),
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    #[test]
    fn a_licence_is_told_with_its_end_and_without_harm() {
        let now = DateTime::UNIX_EPOCH + TimeDelta::days(1);
        let given = |machine: &str, until| LicenceGiven {
            machine: machine.to_owned(),
            until,
            certified_at: DateTime::UNIX_EPOCH,
        };
        for (given, told) in [
            (given("PC-1", None), "PC-1 for ever"),
            (given("PC\u{1b}\u{202e}1", Some(now + TimeDelta::hours(1))), "PC␛�1 until 1970-01-02 09:00:00"),
            (given("PC-1", Some(now)), "PC-1 until 1970-01-02 08:00:00, over"),
        ] {
            assert_eq!(licence(Language::ENGLISH, Zone::default(), &given, now), told);
        }
    }
}
