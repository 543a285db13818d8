//! What spreadsheet programs do to codes: marks that keep a cell a text, which are taken off, and damage that nobody can
//! fix, which is named.

use super::cell::original;

/// The names of months as English programs show a date.
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// What a program made of a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Damage {
    /// A number in few digits, such as `8.68533E+14`.
    Number,
    /// A date, such as `5-Mar` or `3月5日`.
    Date,
}

/// The text of a cell as it was typed, and whether it bore the mark of a spreadsheet: `="007"` or an apostrophe.
pub(super) fn unmarked(cell: &str) -> (String, bool) {
    let inner = cell.trim().strip_prefix("=\"").and_then(|cell| cell.strip_suffix('"'));
    match inner {
        Some(inner) if !inner.contains('"') => (inner.to_owned(), true),
        _ => (original(cell), false),
    }
}

/// A code less the apostrophe before it or the quotation marks around it, which none has, and whether there were any.
pub(super) fn bare(code: &str) -> (&str, bool) {
    let code = code.trim();
    let quoted = code.strip_prefix('=').unwrap_or(code);
    let inner = quoted.strip_prefix('"').and_then(|inner| inner.strip_suffix('"'));
    let inner = inner.filter(|inner| !inner.contains('"'));
    inner.or_else(|| code.strip_prefix(['\'', '’', '‘'])).map_or((code, false), |inner| (inner.trim(), true))
}

/// What a program made of a code, where it can be seen.
pub(super) fn damage(code: &str) -> Option<Damage> {
    if is_number_in_few_digits(code) {
        Some(Damage::Number)
    } else if is_date(code) {
        Some(Damage::Date)
    } else {
        None
    }
}

fn is_number_in_few_digits(code: &str) -> bool {
    let is_number = |digits: &str| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    code.split_once("E+").or_else(|| code.split_once("e+")).is_some_and(|(digits, power)| {
        let (whole, fraction) = digits.split_once(['.', ',']).unwrap_or((digits, "0"));
        is_number(whole) && is_number(fraction) && is_number(power)
    })
}

fn is_date(code: &str) -> bool {
    let is_number =
        |digits: &str| matches!(digits.len(), 1 | 2 | 4) && digits.bytes().all(|byte| byte.is_ascii_digit());
    let is_of_month = code.split_once('-').is_some_and(|(first, second)| {
        (MONTHS.contains(&first) && is_number(second)) || (is_number(first) && MONTHS.contains(&second))
    });
    let chinese = code
        .split_once('月')
        .filter(|(_, day)| day.is_empty() || day.strip_suffix('日').is_some_and(is_number));
    let is_chinese = chinese.is_some_and(|(month, _)| {
        month
            .split_once('年')
            .map_or_else(|| is_number(month), |(year, month)| is_number(year) && is_number(month))
    });
    let mut parts = code.split('/');
    is_of_month || is_chinese || (code.contains('/') && parts.all(is_number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_of_text_are_taken_off() {
        for (cell, text, is_marked) in [
            ("=\"007\"", "007", true),
            (" =\"VIP-1\" ", "VIP-1", true),
            ("='A1'!B2", "='A1'!B2", false),
            ("=\"a\"&\"b\"", "=\"a\"&\"b\"", false),
            ("'=1", "=1", false),
            ("VIP-1", "VIP-1", false),
        ] {
            assert_eq!(unmarked(cell), (text.to_owned(), is_marked), "{cell}");
        }
        for (code, plain, is_marked) in [
            (" '007 ", "007", true),
            ("\"VIP-1\"", "VIP-1", true),
            ("=\"VIP-1\"", "VIP-1", true),
            ("007", "007", false),
            ("\"a\"b\"", "\"a\"b\"", false),
            ("\"", "\"", false),
        ] {
            assert_eq!(bare(code), (plain, is_marked), "{code}");
        }
    }

    #[test]
    fn damage_is_seen_where_it_shows() {
        for code in ["8.68533E+14", "1E+15", "1,23457E+15", "8.7e+14"] {
            assert_eq!(damage(code), Some(Damage::Number), "{code}");
        }
        for code in ["5-Mar", "Mar-05", "May-2026", "3月5日", "2026年3月", "2026/3/5"] {
            assert_eq!(damage(code), Some(Damage::Date), "{code}");
        }
        for code in ["", "VIP-1", "VIP-E14", "1E5", "MAR-05", "MAY-A1", "月卡-1", "3月卡", "A/B"] {
            assert_eq!(damage(code), None, "{code}");
        }
    }
}
