//! The files of `locales/`: what each says of its language, and what is wrong with it or with all of them together.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Locale {
    /// Its BCP 47 tag, by which its file is named.
    #[serde(skip)]
    pub(crate) tag: String,
    /// Whether it answers those who prefer none that there is.
    #[serde(default, rename = "default")]
    pub(crate) is_default: bool,
    /// The language ranges that it answers, its own tag among them.
    pub(crate) ranges: Vec<String>,
    /// What is said, by key.
    pub(crate) messages: BTreeMap<String, String>,
}

impl Locale {
    /// The languages of files, given by name and text, the default one first; the error is what is wrong, a sentence each.
    pub(crate) fn all(files: &[(String, String)]) -> Result<Vec<Self>, Vec<String>> {
        let (mut locales, mut problems) = (Vec::new(), Vec::new());
        for (name, text) in files {
            match Self::parse(name, text) {
                Ok(locale) => locales.push(locale),
                Err(problem) => problems.push(format!("{name}: {problem}")),
            }
        }
        if problems.is_empty() {
            locales.sort_by_key(|locale| !locale.is_default);
            problems = problems_of(&locales);
        }
        if problems.is_empty() { Ok(locales) } else { Err(problems) }
    }

    fn parse(name: &str, text: &str) -> Result<Self, String> {
        let tag = name.strip_suffix(".toml").filter(|tag| is_range(tag));
        let tag = tag.ok_or("it is not named after a language, such as en.toml or zh-Hant.toml")?;
        let locale: Self = toml::from_str(text).map_err(|error| error.to_string().replace('\n', " "))?;
        Ok(Self { tag: tag.to_owned(), ..locale })
    }
}

/// Whether a text is a language range (RFC 4647, section 2.1), other than `*`.
fn is_range(text: &str) -> bool {
    let is_subtag = |subtag: &str| {
        (1..=8).contains(&subtag.len()) && subtag.bytes().all(|byte| byte.is_ascii_alphanumeric())
    };
    text.starts_with(|first: char| first.is_ascii_alphabetic()) && text.split('-').all(is_subtag)
}

fn problems_of(locales: &[Locale]) -> Vec<String> {
    let defaults = locales.iter().filter(|locale| locale.is_default).count();
    let Some(default) = locales.first().filter(|_| defaults == 1) else {
        return vec![format!("*: one language has to say default = true, not {defaults}")];
    };
    let mut problems = Vec::new();
    let mut taken = BTreeMap::new();
    for locale in locales {
        let found = [of_ranges(locale, &mut taken), of_keys(locale, default), of_messages(locale)].concat();
        problems.extend(found.into_iter().map(|problem| format!("{}.toml: {problem}", locale.tag)));
    }
    problems
}

/// A range answered by two languages would be answered by either.
fn of_ranges<'a>(locale: &'a Locale, taken: &mut BTreeMap<String, &'a str>) -> Vec<String> {
    let mut problems = Vec::new();
    for range in &locale.ranges {
        if !is_range(range) {
            problems.push(format!("{range:?} is no language range"));
        }
        if let Some(other) = taken.insert(range.to_ascii_lowercase(), &locale.tag) {
            problems.push(format!("the range {range} is taken by {other}.toml"));
        }
    }
    if !locale.ranges.contains(&locale.tag) {
        problems.push(format!("its ranges lack its own tag, {}", locale.tag));
    }
    problems
}

/// The default language says which keys there are; that these are the ones that the code needs, the compiler says.
fn of_keys(locale: &Locale, default: &Locale) -> Vec<String> {
    let keys = |locale: &Locale| locale.messages.keys().cloned().collect::<BTreeSet<_>>();
    let (found, expected) = (keys(locale), keys(default));
    let missing = expected.difference(&found).map(|key| format!("the message {key} is missing"));
    let unknown = found.difference(&expected);
    missing.chain(unknown.map(|key| format!("the message {key} is not in {}.toml", default.tag))).collect()
}

fn of_messages(locale: &Locale) -> Vec<String> {
    let is_good = |text: &str| !text.is_empty() && text.trim() == text && !text.contains(char::is_control);
    let bad = locale.messages.iter().filter(|(_, message)| !is_good(message));
    bad.map(|(key, _)| format!("the message {key} is empty, or has spaces around it or line breaks in it"))
        .collect()
}
