//! The figures of a text, by their values: in digits or in words, in English or in Chinese.

use std::collections::{BTreeMap, BTreeSet};

/// Figures that a reader of the other language must find too.
#[derive(Default)]
pub(crate) struct Figures {
    /// How often each value stands there, in digits or in words.
    all: BTreeMap<String, usize>,
    /// How often it stands there as a figure beyond doubt; "one" and 两 are mostly no figures.
    certain: BTreeMap<String, usize>,
    /// Names with digits in them, such as `IPv6` and `p99`.
    names: BTreeSet<String>,
}

/// The least value of a word that is certainly a figure.
const CERTAIN: u64 = 3;

const ENGLISH: [(&str, u64); 38] = [
    ("one", 1),
    ("two", 2),
    ("twice", 2),
    ("three", 3),
    ("third", 3),
    ("four", 4),
    ("fourth", 4),
    ("five", 5),
    ("fifth", 5),
    ("six", 6),
    ("sixth", 6),
    ("seven", 7),
    ("seventh", 7),
    ("eight", 8),
    ("eighth", 8),
    ("nine", 9),
    ("ninth", 9),
    ("ten", 10),
    ("tenth", 10),
    ("tenths", 10),
    ("eleven", 11),
    ("twelve", 12),
    ("thirteen", 13),
    ("fourteen", 14),
    ("fifteen", 15),
    ("sixteen", 16),
    ("seventeen", 17),
    ("eighteen", 18),
    ("nineteen", 19),
    ("twenty", 20),
    ("thirty", 30),
    ("forty", 40),
    ("fifty", 50),
    ("sixty", 60),
    ("ninety", 90),
    ("hundred", 100),
    ("thousand", 1000),
    ("million", 1_000_000),
];

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

impl Figures {
    pub(crate) fn of(text: &str) -> Self {
        let mut figures = Self::default();
        let mut rest = text;
        let mut before = ' ';
        while let Some(first) = rest.chars().next() {
            let length = if first.is_ascii_digit() {
                figures.digits(rest)
            } else if first.is_ascii_alphabetic() {
                figures.word(rest)
            } else if chinese(first).is_some() {
                figures.chinese(rest, before)
            } else {
                figures.superscript(rest)
            };
            before = rest[..length].chars().next_back().unwrap_or(first);
            rest = &rest[length..];
        }
        figures
    }

    /// What of this is not in `other`.
    pub(crate) fn missing_from<'a>(&'a self, other: &'a Self) -> Vec<&'a str> {
        let there = |value: &String| other.all.get(value).copied().unwrap_or_default();
        let values =
            self.certain.iter().filter(move |(value, count)| there(value) < **count).map(|(value, _)| value);
        values.chain(self.names.difference(&other.names)).map(String::as_str).collect()
    }

    fn digits(&mut self, rest: &str) -> usize {
        let bytes = rest.as_bytes();
        let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
        let mut end = 0;
        loop {
            let group = (1..4).all(|ahead| digit(end + ahead)) && !digit(end + 4);
            match bytes.get(end) {
                Some(b'0'..=b'9') => end += 1,
                Some(b'.') if digit(end + 1) => end += 1,
                Some(b',') if group => end += 1,
                _ => break,
            }
        }
        let number = rest[..end].replace(',', "");
        let (times, length) = magnitude(&rest[end..]);
        self.add(&scaled(&number, times), true);
        let unit = rest[end + length..].find(|character: char| !character.is_ascii_alphabetic()).unwrap_or(0);
        end + length + unit
    }

    fn word(&mut self, rest: &str) -> usize {
        let end = rest
            .find(|character: char| !character.is_ascii_alphanumeric() && character != '_')
            .unwrap_or(rest.len());
        let word = &rest[..end];
        if word.contains(|character: char| character.is_ascii_digit()) {
            self.names.insert(word.to_owned());
        }
        if let Some(month) = MONTHS.iter().position(|month| *month == word) {
            self.add(&(month + 1).to_string(), false);
        }
        let Some(value) = english(word) else { return end };
        let (times, length) = magnitude(&rest[end..]);
        self.add(&(value * times).to_string(), value * times >= CERTAIN);
        end + length
    }

    fn chinese(&mut self, rest: &str, before: char) -> usize {
        let end = rest.find(|character| chinese(character).is_none()).unwrap_or(rest.len());
        let value = chinese_value(&rest[..end]);
        // 几十 and 成千 are no figures
        if !matches!(before, '几' | '数' | '成' | '上') {
            self.add(&value.to_string(), value >= CERTAIN);
        }
        end
    }

    fn superscript(&mut self, rest: &str) -> usize {
        const DIGITS: &str = "⁰¹²³⁴⁵⁶⁷⁸⁹";
        let end = rest.find(|character| !DIGITS.contains(character)).unwrap_or(rest.len());
        if end > 0 {
            self.add(&format!("^{}", &rest[..end]), true);
            return end;
        }
        rest.chars().next().map_or(0, char::len_utf8)
    }

    fn add(&mut self, value: &str, certain: bool) {
        *self.all.entry(value.to_owned()).or_default() += 1;
        if certain {
            *self.certain.entry(value.to_owned()).or_default() += 1;
        }
    }
}

fn english(word: &str) -> Option<u64> {
    ENGLISH.iter().find(|(name, _)| word.eq_ignore_ascii_case(name)).map(|(_, value)| *value)
}

/// What a figure is multiplied by that such a text follows, and how much of the text says so.
fn magnitude(rest: &str) -> (u64, usize) {
    let text = rest.trim_start_matches([' ', '\n']);
    let space = rest.len() - text.len();
    let end = text.find(|character: char| !character.is_ascii_alphabetic()).unwrap_or(text.len());
    if let Some(times) = english(&text[..end]).filter(|times| *times >= 100) {
        return (times, space + end);
    }
    let end = text.find(|character| !"百千万亿".contains(character)).unwrap_or(text.len());
    if end > 0 { (chinese_value(&text[..end]), space + end) } else { (1, 0) }
}

/// `6.7` a million times is `6700000`.
fn scaled(number: &str, times: u64) -> String {
    if times == 1 {
        return number.to_owned();
    }
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    let zeros = usize::try_from(times.ilog10()).unwrap();
    format!("{whole}{part}{}", "0".repeat(zeros.saturating_sub(part.len())))
        .trim_start_matches('0')
        .to_owned()
}

fn chinese(character: char) -> Option<u64> {
    const NUMERALS: [(char, u64); 15] = [
        ('一', 1),
        ('二', 2),
        ('两', 2),
        ('三', 3),
        ('四', 4),
        ('五', 5),
        ('六', 6),
        ('七', 7),
        ('八', 8),
        ('九', 9),
        ('十', 10),
        ('百', 100),
        ('千', 1000),
        ('万', 10_000),
        ('亿', 100_000_000),
    ];
    NUMERALS.iter().find(|(numeral, _)| *numeral == character).map(|(_, value)| *value)
}

/// `一千二百万` is 12,000,000.
fn chinese_value(numerals: &str) -> u64 {
    let (mut total, mut group, mut digit) = (0, 0, 0);
    for value in numerals.chars().filter_map(chinese) {
        match value {
            0..10 => digit = value,
            10..10_000 => {
                group += digit.max(1) * value;
                digit = 0;
            }
            _ => {
                total += (group + digit).max(1) * value;
                (group, digit) = (0, 0);
            }
        }
    }
    total + group + digit
}
