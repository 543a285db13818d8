//! Moments, by the clock of the reader's zone.

use chrono::{DateTime, Datelike, NaiveDateTime, TimeDelta, Utc};
use kami_core::zone::Zone;

use crate::words::{Language, say};

/// A moment as the clock of `zone` shows it.
pub fn local(zone: Zone, moment: DateTime<Utc>) -> NaiveDateTime {
    // The zone writes its own offset, so that its text always reads back.
    DateTime::parse_from_rfc3339(&zone.iso8601(moment))
        .map_or_else(|_| moment.naive_utc(), |local| local.naive_local())
}

/// A moment as people say it when it is near, and by its date when it is not.
pub fn moment(language: Language, zone: Zone, now: DateTime<Utc>, moment: DateTime<Utc>) -> String {
    let (now, moment) = (local(zone, now), local(zone, moment));
    let time = moment.format("%H:%M").to_string();
    let days = moment.date() - now.date();
    let day = [(-1, "day.yesterday"), (0, "day.today"), (1, "day.tomorrow")]
        .into_iter()
        .find(|(away, _)| days == TimeDelta::days(*away));
    match day {
        Some((_, key)) => format!("{} {time}", say!(language, key)),
        None if moment.year() == now.year() => moment.format("%m-%d %H:%M").to_string(),
        None => moment.format("%Y-%m-%d").to_string(),
    }
}

/// A moment whole, to the second.
pub fn whole_moment(zone: Zone, moment: DateTime<Utc>) -> String {
    local(zone, moment).format("%Y-%m-%d %H:%M:%S").to_string()
}

#[cfg(test)]
mod tests {

    use super::*;

    #[test]
    fn moments_near_have_a_word_for_their_day() {
        let now: DateTime<Utc> = "2026-03-04T15:30:00Z".parse().unwrap();
        for (at, english, chinese) in [
            ("2026-03-04T15:59:00Z", "today 23:59", "今天 23:59"),
            ("2026-03-04T16:00:00Z", "tomorrow 00:00", "明天 00:00"),
            ("2026-03-02T16:00:00Z", "yesterday 00:00", "昨天 00:00"),
            ("2026-03-10T01:05:00Z", "03-10 09:05", "03-10 09:05"),
            ("2027-01-01T00:00:00Z", "2027-01-01", "2027-01-01"),
        ] {
            let at = at.parse().unwrap();
            assert_eq!(moment(Language::ENGLISH, Zone::default(), now, at), english);
            assert_eq!(moment(Language::of_locale("zh"), Zone::default(), now, at), chinese);
        }
        assert_eq!(whole_moment(Zone::default(), now), "2026-03-04 23:30:00");
    }
}
