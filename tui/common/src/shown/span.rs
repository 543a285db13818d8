//! How long something lasts or has lasted.

use crate::words::{Language, number, say};

/// From how many days on a span is told in days alone.
const DAYS_ALONE: u64 = 100;

/// A span of time in its two largest units, from 100 days on in days alone; under a minute it stands still.
pub fn span(language: Language, seconds: u64) -> String {
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("<{}", say!(language, "span.minutes", n = 1)),
        (0, 0, minutes) => say!(language, "span.minutes", n = minutes),
        (0, hours, 0) => say!(language, "span.hours", n = hours),
        (0, hours, minutes) => {
            say!(language, "span.hours_minutes", hours = hours, minutes = format!("{minutes:02}"))
        }
        (days, 0, _) | (days @ DAYS_ALONE.., ..) => say!(language, "span.days", n = number(days)),
        (days, hours, _) => say!(language, "span.days_hours", days = number(days), hours = hours),
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

#[cfg(test)]
mod tests {
    use kami_core::duration::CardDuration;

    use super::*;

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
            assert_eq!(span(Language::ENGLISH, seconds), english);
            assert_eq!(span(Language::of_locale("zh"), seconds), chinese);
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
            assert_eq!(duration(Language::ENGLISH, seconds), english);
            assert_eq!(duration(Language::of_locale("zh"), seconds), chinese);
        }
    }

    #[test]
    fn durations_and_spans_that_are_shown_can_be_typed() {
        for seconds in
            [1, 61, 90, 5_400, 10_800, 86_400, 93_600, 604_800, 1_051_200, 31_536_000, 4_294_944_000]
        {
            for language in Language::all() {
                let shown = duration(language, Some(seconds));
                assert_eq!(shown.parse(), Ok(CardDuration::Seconds(seconds)), "{shown}");
                let shown = span(language, u64::from(seconds));
                if seconds.is_multiple_of(3_600) {
                    assert_eq!(shown.parse(), Ok(CardDuration::Seconds(seconds)), "{shown}");
                }
            }
        }
        for language in Language::all() {
            assert_eq!(duration(language, None).parse(), Ok(CardDuration::Forever));
        }
    }
}
