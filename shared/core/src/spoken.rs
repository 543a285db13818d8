//! Spans of time as people write them, by the words of `spans/`: `30天`, `30 D`, `1个月`, `1天12小时`, `月卡`, `永久`.

use crate::span::SpanError;

const SECOND: u64 = 1;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;
const WEEK: u64 = 7 * DAY;
/// As sellers of cards count: a month card lasts 30 days.
const MONTH: u64 = 30 * DAY;
const QUARTER: u64 = 3 * MONTH;
const YEAR: u64 = 365 * DAY;

// The words for each unit with its seconds, of words that begin alike the longer one first, and those for ever.
include!(concat!(env!("OUT_DIR"), "/spans.rs"));

/// A span of time that was written in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spoken {
    /// Its seconds, at least one; `None` is for ever.
    pub seconds: Option<u32>,
    /// Whether it counts months as 30 days or years as 365, which not everybody does.
    pub is_counted: bool,
}

/// The text with letters, digits and signs of full width made plain, and in lower case.
pub fn plain(text: &str) -> String {
    let plain = text.chars().map(|character| match character {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(character) - 0xfee0).unwrap_or(character),
        '\u{3000}' | '\u{a0}' => ' ',
        other => other,
    });
    plain.flat_map(char::to_lowercase).collect()
}

/// A count as it is typed: in digits of full width as well, its thousands separated or not; `None` for anything else.
pub fn count(text: &str) -> Option<u64> {
    let digits: String = plain(text).chars().filter(|character| !matches!(character, ',' | ' ')).collect();
    // A sign is no part of a count, though the standard library takes one.
    if digits.starts_with('+') { None } else { digits.parse().ok() }
}

/// Reads a span of 1 second to 49,710 days, or one for ever; a number alone says none.
pub fn parse(text: &str) -> Result<Spoken, SpanError> {
    let text = plain(text);
    let text = text.trim();
    // A month card (月卡) is one of a month.
    let (mut rest, is_card) = text.strip_suffix('卡').map_or((text, false), |text| (text.trim_end(), true));
    if FOREVER.contains(&rest) {
        return Ok(Spoken { seconds: None, is_counted: false });
    }
    let (mut total, mut last, mut is_counted) = (0_u64, u64::MAX, false);
    while !rest.is_empty() {
        let (thousandths, behind) = match number(rest) {
            Some(number) => number,
            None if is_card && last == u64::MAX => (1_000, rest),
            None => return Err(SpanError),
        };
        let behind = behind.trim_start();
        let measured = behind.strip_prefix(['个', '個']);
        // 3个月 are three months; 3月 may be March, unless it stands alone.
        let is_date = measured.is_none() && behind.starts_with('月');
        let (unit, behind) = unit(measured.unwrap_or(behind)).ok_or(SpanError)?;
        if unit >= last || (is_date && (last != u64::MAX || !behind.is_empty())) {
            return Err(SpanError);
        }
        let span =
            thousandths.checked_mul(unit).filter(|span| span.is_multiple_of(1_000)).ok_or(SpanError)?;
        total = total.checked_add(span / 1_000).ok_or(SpanError)?;
        is_counted |= matches!(unit, MONTH | QUARTER | YEAR);
        last = unit;
        rest = behind.trim_start();
    }
    let seconds = u32::try_from(total).ok().filter(|seconds| *seconds > 0).ok_or(SpanError)?;
    Ok(Spoken { seconds: Some(seconds), is_counted })
}

/// The unit that a text begins with, in seconds, and what follows.
fn unit(text: &str) -> Option<(u64, &str)> {
    UNITS.iter().find_map(|(word, seconds)| {
        let rest = text.strip_prefix(word)?;
        let is_whole = !word.is_ascii() || !rest.starts_with(|next: char| next.is_ascii_alphabetic());
        is_whole.then_some((*seconds, rest))
    })
}

/// The number that a text begins with, in thousandths, and what follows: `1.5`, `49,710`, `十二` or `半`.
fn number(text: &str) -> Option<(u64, &str)> {
    if let Some(rest) = text.strip_prefix('半') {
        return Some((500, rest));
    }
    let end = text.find(|next: char| !matches!(next, '0'..='9' | ',' | '.')).unwrap_or(text.len());
    if end == 0 {
        let end = text.find(|next| !"零一二两三四五六七八九十百".contains(next)).unwrap_or(text.len());
        return Some((chinese(&text[..end])? * 1_000, &text[end..]));
    }
    let (digits, rest) = text.split_at(end);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let (first, groups) = whole.split_once(',').map_or((whole, None), |(first, rest)| (first, Some(rest)));
    let is_grouped = groups.is_none_or(|groups| {
        (1..=3).contains(&first.len()) && groups.split(',').all(|group| group.len() == 3)
    });
    let is_fraction = (1..=3).contains(&fraction.len()) && fraction.bytes().all(|byte| byte.is_ascii_digit());
    if !is_grouped || !is_fraction {
        return None;
    }
    let whole: u64 = whole.replace(',', "").parse().ok()?;
    let fraction: u64 = format!("{fraction:0<3}").parse().ok()?;
    Some((whole.checked_mul(1_000)?.checked_add(fraction)?, rest))
}

/// A number up to 999 in Chinese numerals.
fn chinese(text: &str) -> Option<u64> {
    let (mut total, mut digit) = (0, None);
    for character in text.chars() {
        let unit = match character {
            '十' => 10,
            '百' => 100,
            _ => {
                let place = "零一二三四五六七八九".chars().position(|numeral| numeral == character);
                let value = if character == '两' { Some(2) } else { place };
                digit = Some(value? as u64);
                continue;
            }
        };
        total += digit.take().unwrap_or(1) * unit;
    }
    (!text.is_empty()).then(|| total + digit.unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_people_write_in_two_languages_is_understood() {
        let days = |days: u32| Some(days * 86_400);
        for (text, seconds, is_counted) in [
            ("30天", days(30), false),
            (" 30D ", days(30), false),
            ("３０天", days(30), false),
            ("30 days", days(30), false),
            ("1 Day", days(1), false),
            ("1日", days(1), false),
            ("720小时", days(30), false),
            ("3 h", Some(10_800), false),
            ("3个小时", Some(10_800), false),
            ("3小時", Some(10_800), false),
            ("12天4時", Some(1_051_200), false),
            ("2個月", days(60), true),
            ("1.5h", Some(5_400), false),
            ("半天", Some(43_200), false),
            ("90分钟", Some(5_400), false),
            ("30 min", Some(1_800), false),
            ("61秒", Some(61), false),
            ("49,710天", days(49_710), false),
            ("1天12小时", Some(129_600), false),
            ("1d 5h", Some(104_400), false),
            ("1时05分", Some(3_900), false),
            ("2周", days(14), false),
            ("1个星期", days(7), false),
            ("1个月", days(30), true),
            ("一个月", days(30), true),
            ("十二个月", days(360), true),
            ("1 month", days(30), true),
            ("3月", days(90), true),
            ("1季度", days(90), true),
            ("1年", days(365), true),
            ("1年 6个月", days(545), true),
            ("2Y", days(730), true),
            ("月卡", days(30), true),
            ("周卡", days(7), false),
            ("30天卡", days(30), false),
        ] {
            assert_eq!(parse(text), Ok(Spoken { seconds, is_counted }), "{text}");
        }
        for text in ["永久", "Forever", "终身", "永久卡", "終身", "永不過期", " ＦＯＲＥＶＥＲ", "永久有效"]
        {
            assert_eq!(parse(text), Ok(Spoken { seconds: None, is_counted: false }), "{text}");
        }
    }

    #[test]
    fn longer_word_is_met_before_the_one_that_it_begins_with() {
        let shadowed = UNITS
            .iter()
            .enumerate()
            .find(|(place, (word, _))| UNITS[..*place].iter().any(|(earlier, _)| word.starts_with(earlier)));
        assert_eq!(shadowed, None);
    }

    #[test]
    fn what_could_mean_several_things_is_refused() {
        for text in [
            "",
            "30",
            "天",
            "月",
            "卡",
            "soon",
            "never",
            "-3h",
            "+3h",
            "0d",
            "0",
            "1,5h",
            "3d3d",
            "1h 1d",
            "3月5日",
            "2026-01-31",
            "30天左右",
            "1.0001h",
            "d30",
            "3 hamburgers",
            "49711d",
            "99999999999999999999d",
            "1..5h",
            "一",
            "8.64E+04",
            "3:00:00",
            "1dd",
        ] {
            assert_eq!(parse(text), Err(SpanError), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_is_too_much(text in "([0-9]{1,20}|[.,个月天年半十百卡 dhms]|\\PC){0,8}") {
            if let Ok(Spoken { seconds: Some(seconds), .. }) = parse(&text) {
                prop_assert!(seconds > 0);
            }
        }
    }
}
