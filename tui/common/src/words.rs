//! The two languages of the console, and how numbers, spans and moments read in each.

use std::fmt::Display;

use chrono::{DateTime, Datelike, NaiveDateTime, TimeDelta, Utc};
use kami_core::card::CardStatus;
use kami_core::filter::SortBy;
use kami_core::zone::Zone;
use serde::{Deserialize, Serialize};

use crate::cells::harmless;

/// A language that the console speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Language {
    /// English.
    #[default]
    #[serde(rename = "en")]
    English,
    /// Simplified Chinese.
    #[serde(rename = "zh")]
    Chinese,
}

impl Language {
    /// Every language, in the order of the settings.
    pub const ALL: [Self; 2] = [Self::English, Self::Chinese];

    /// The name of the language in the locale files.
    pub const fn code(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Chinese => "zh",
        }
    }

    /// The language's name for itself.
    pub const fn name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::Chinese => "中文",
        }
    }

    /// The other language.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::English => Self::Chinese,
            Self::Chinese => Self::English,
        }
    }

    /// The language of a locale such as `zh_CN.UTF-8`; English for any that is not Chinese.
    pub fn of_locale(locale: &str) -> Self {
        if locale.to_ascii_lowercase().starts_with("zh") { Self::Chinese } else { Self::English }
    }
}

/// A text of the locale files in a language, with its values filled in.
#[macro_export]
macro_rules! say {
    ($language:expr, $key:expr $(, $name:ident = $value:expr)* $(,)?) => {
        $crate::words::text($language, &$key, &[$((stringify!($name), &$value)),*])
    };
}
pub use crate::say;

/// What [`say!`] says: the text under a key, or the language and the key where there is none, with the values by their
/// names.
pub fn text(language: Language, key: &impl AsRef<str>, values: &[(&str, &dyn Display)]) -> String {
    let text = rust_i18n::t!(key.as_ref(), locale = language.code());
    let names: Vec<&str> = values.iter().map(|(name, _)| *name).collect();
    let values: Vec<String> = values.iter().map(|(_, value)| value.to_string()).collect();
    rust_i18n::replace_patterns(&text, &names, &values)
}

/// The key of a status in the locale files.
pub const fn status_key(status: CardStatus) -> &'static str {
    match status {
        CardStatus::Unused => "status.unused",
        CardStatus::Active => "status.active",
        CardStatus::Expired => "status.expired",
        CardStatus::Disabled => "status.disabled",
    }
}

/// The key of an order in the locale files.
pub const fn sort_key(by: SortBy) -> &'static str {
    match by {
        SortBy::Id => "sort.id",
        SortBy::Code => "sort.code",
        SortBy::Machine => "sort.machine",
        SortBy::Created => "sort.created",
        SortBy::Used => "sort.used",
        SortBy::Expires => "sort.expires",
    }
}

/// A text that counts something: `key.one` for one of it, `key.many` for any other number, filled in as `n`.
pub fn counted(language: Language, key: &str, count: u64) -> String {
    let form = if count == 1 { "one" } else { "many" };
    say!(language, format!("{key}.{form}"), n = number(count))
}

/// A prefix for people to read, who would take the missing one of some cards for a gap.
pub fn prefix(language: Language, prefix: &str) -> String {
    if prefix.is_empty() { say!(language, "prefix.none") } else { harmless(prefix).into_owned() }
}

/// A whole number with its thousands separated.
pub fn number(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A share of a whole in per cent, where a little is never shown as nothing.
pub fn share(part: u64, whole: u64) -> String {
    if part == 0 || whole == 0 {
        return "0%".to_owned();
    }
    let tenths = u128::from(part) * 1000 / u128::from(whole);
    match tenths {
        0 => "<0.1%".to_owned(),
        1..100 => format!("{}.{}%", tenths / 10, tenths % 10),
        // Nearly all is not all.
        996.. if part < whole => ">99%".to_owned(),
        _ => format!("{}%", (tenths + 5) / 10),
    }
}

/// From how many days on a span is told in days alone.
const DAYS_ALONE: u64 = 100;

/// A span of time in its two largest units, from 100 days on in days alone; under a minute it stands still.
pub fn span(language: Language, seconds: u64) -> String {
    let [day, hour, minute] = match language {
        Language::English => ["d", "h", "m"],
        Language::Chinese => ["天", "时", "分"],
    };
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    let gap = if language == Language::English { " " } else { "" };
    match (days, hours, minutes) {
        (0, 0, 0) => format!("<1{minute}"),
        (0, 0, minutes) => format!("{minutes}{minute}"),
        (0, hours, 0) => format!("{hours}{hour}"),
        (0, hours, minutes) => format!("{hours}{hour}{gap}{minutes:02}{minute}"),
        (days, 0, _) | (days @ DAYS_ALONE.., ..) => format!("{}{day}", number(days)),
        (days, hours, _) => format!("{}{day}{gap}{hours}{hour}", number(days)),
    }
}

/// How long a card lasts, in the largest unit that tells it exactly; `None` lasts for ever.
pub fn duration(language: Language, seconds: Option<u32>) -> String {
    let Some(seconds) = seconds else { return say!(language, "duration.forever") };
    let units = [(86_400, "duration.days"), (3_600, "duration.hours"), (60, "duration.minutes")];
    let (unit, key) =
        units.into_iter().find(|(unit, _)| seconds.is_multiple_of(*unit)).unwrap_or((1, "duration.seconds"));
    say!(language, key, n = number(u64::from(seconds / unit)))
}

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
    use kami_core::duration::CardDuration;

    use super::*;

    #[test]
    fn numbers_and_shares() {
        for (plain, shown) in [(0, "0"), (999, "999"), (1_000, "1,000"), (10_000_000, "10,000,000")] {
            assert_eq!(number(plain), shown);
        }
        for (part, whole, shown) in [
            (0, 0, "0%"),
            (1, 10_000, "<0.1%"),
            (53, 12_480, "0.4%"),
            (9_812, 12_480, "79%"),
            (7, 7, "100%"),
            (9_999, 10_000, ">99%"),
        ] {
            assert_eq!(share(part, whole), shown);
        }
    }

    #[test]
    fn spans_have_two_units_and_no_seconds() {
        for (seconds, english, chinese) in [
            (0, "<1m", "<1分"),
            (59, "<1m", "<1分"),
            (60, "1m", "1分"),
            (3_600, "1h", "1时"),
            (9_660, "2h 41m", "2时41分"),
            (3_900, "1h 05m", "1时05分"),
            (86_400, "1d", "1天"),
            (1_051_200, "12d 4h", "12天4时"),
            (8_636_400, "99d 23h", "99天23时"),
            (8_643_600, "100d", "100天"),
            (4_294_944_000, "49,710d", "49,710天"),
        ] {
            assert_eq!(span(Language::English, seconds), english);
            assert_eq!(span(Language::Chinese, seconds), chinese);
        }
    }

    #[test]
    fn durations_are_exact() {
        for (seconds, english, chinese) in [
            (None, "forever", "永久"),
            (Some(86_400), "1d", "1天"),
            (Some(10_800), "3h", "3小时"),
            (Some(5_400), "90m", "90分钟"),
            (Some(61), "61s", "61秒"),
        ] {
            assert_eq!(duration(Language::English, seconds), english);
            assert_eq!(duration(Language::Chinese, seconds), chinese);
        }
    }

    #[test]
    fn durations_and_spans_that_are_shown_can_be_typed() {
        for seconds in
            [1, 61, 90, 5_400, 10_800, 86_400, 93_600, 604_800, 1_051_200, 31_536_000, 4_294_944_000]
        {
            for language in Language::ALL {
                let shown = duration(language, Some(seconds));
                assert_eq!(shown.parse(), Ok(CardDuration::Seconds(seconds)), "{shown}");
                let shown = span(language, u64::from(seconds));
                if seconds.is_multiple_of(3_600) {
                    assert_eq!(shown.parse(), Ok(CardDuration::Seconds(seconds)), "{shown}");
                }
            }
        }
        for language in Language::ALL {
            assert_eq!(duration(language, None).parse(), Ok(CardDuration::Forever));
        }
    }

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
            assert_eq!(moment(Language::English, Zone::default(), now, at), english);
            assert_eq!(moment(Language::Chinese, Zone::default(), now, at), chinese);
        }
        assert_eq!(whole_moment(Zone::default(), now), "2026-03-04 23:30:00");
    }

    #[test]
    fn the_locale_names_the_language() {
        for (locale, language) in [
            ("zh_CN.UTF-8", Language::Chinese),
            ("zh-TW", Language::Chinese),
            ("de_DE", Language::English),
            ("C", Language::English),
        ] {
            assert_eq!(Language::of_locale(locale), language);
        }
    }
}
