//! Apps: the products that a seller sells cards for.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use thiserror::Error;

use crate::hidden::is_hidden;
use crate::policy::{
    Cooldown, DevicePolicy, LeaseLength, NoLease, NoOffline, NoUnbinding, OfflineLength, PolicyPart,
    UnbindBy, UnbindCost, UnbindLimit, WhenCopied, WhenFull,
};
use crate::trial::{NoTrial, Trial};
use crate::version::{NoVersion, Version};

/// The name of an app, by which clients and commands call it: 1 to 32 of `a-z`, `0-9` and `-`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AppName(String);

/// A text is no name of an app.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("an app's name is 1 to {max} of a-z, 0-9 and -", max = AppName::MAX_CHARS)]
pub struct NoAppName;

impl AppName {
    /// The most characters of a name: the width of its column.
    pub const MAX_CHARS: usize = 32;

    /// The name of the app that there always is.
    pub const DEFAULT: &'static str = "default";

    /// The name itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is the app that there always is.
    pub fn is_default(&self) -> bool {
        self.0 == Self::DEFAULT
    }
}

impl Default for AppName {
    fn default() -> Self {
        Self(Self::DEFAULT.to_owned())
    }
}

impl fmt::Display for AppName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for AppName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for AppName {
    type Err = NoAppName;

    fn from_str(text: &str) -> Result<Self, NoAppName> {
        let is_written = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let fits = (1..=Self::MAX_CHARS).contains(&text.len());
        if fits && text.bytes().all(is_written) { Ok(Self(text.to_owned())) } else { Err(NoAppName) }
    }
}

/// A value that an app hands to its clients under a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedValue {
    /// Its name: 1 to [`NamedValue::MAX_NAME`] of letters and digits of ASCII, `_`, `-` and `.`.
    pub name: String,
    /// At most [`NamedValue::MAX_BYTES`].
    pub value: String,
    /// Whether whoever asks is told it; otherwise machines that were let in are.
    pub is_public: bool,
}

impl NamedValue {
    /// The most characters of a name.
    pub const MAX_NAME: usize = 64;

    /// The most bytes of a value.
    pub const MAX_BYTES: usize = 4096;
}

/// An app with what its clients are told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct App {
    /// By which it is called.
    pub name: AppName,
    /// What people call it; may be empty.
    pub title: String,
    /// What the machines of its cards may do.
    pub policy: PolicyPart,
    /// Its newest version.
    pub latest: Option<Version>,
    /// The lowest version that is let in.
    pub minimum: Option<Version>,
    /// Where to get the newest: a URL of `http` or `https`.
    pub url: Option<String>,
    /// What its users are told.
    pub notice: Option<String>,
    /// At most [`App::MAX_VALUES`], in the order of their names, which differ.
    pub values: Vec<NamedValue>,
    /// Whether no more cards are made for it; those that there are go on.
    pub is_archived: bool,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

/// Why an app cannot have what was typed for it.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum AppError {
    /// The title has more than [`App::MAX_TITLE`] characters, or one that nobody sees.
    #[error("a title has at most {max} characters, all of which can be seen", max = App::MAX_TITLE)]
    Title,
    /// It is no lease.
    #[error(transparent)]
    Lease(#[from] NoLease),
    /// It is no span for starts without a network.
    #[error(transparent)]
    Offline(#[from] NoOffline),
    /// It is no trial.
    #[error(transparent)]
    Trial(#[from] NoTrial),
    /// It says nothing of unbinding.
    #[error(transparent)]
    Unbind(#[from] NoUnbinding),
    /// With what later versions said of it, it says more than there is room for.
    #[error("the policy of an app has at most {max} bytes", max = PolicyPart::MAX_BYTES)]
    Policy,
    /// It is no version.
    #[error(transparent)]
    Version(#[from] NoVersion),
    /// It is no URL of `http` or `https`, or one of more than [`App::MAX_URL`] characters.
    #[error("an address begins with https:// or http:// and has at most {max} characters without spaces", max = App::MAX_URL)]
    Url,
    /// The notice has more than [`App::MAX_NOTICE`] characters.
    #[error("a notice has at most {max} characters", max = App::MAX_NOTICE)]
    Notice,
    /// No value has such a name.
    #[error("the name of a value is 1 to {max} of a-z, A-Z, 0-9, _, - and .", max = NamedValue::MAX_NAME)]
    ValueName,
    /// The value is too large.
    #[error("the value {name} has more than {max} bytes", max = NamedValue::MAX_BYTES)]
    ValueSize {
        /// Its name.
        name: String,
    },
    /// It would have too many.
    #[error("an app has at most {max} values", max = App::MAX_VALUES)]
    TooManyValues,
    /// No version could be let in: the lowest that is permitted comes after the newest.
    #[error("the lowest permitted version comes after the latest one")]
    MinimumAboveLatest,
}

impl App {
    /// The most characters of a title.
    pub const MAX_TITLE: usize = 64;

    /// The most characters of an address.
    pub const MAX_URL: usize = 512;

    /// The most characters of a notice.
    pub const MAX_NOTICE: usize = 1000;

    /// The most values.
    pub const MAX_VALUES: usize = 32;

    /// An app of which nothing is said but its name.
    pub const fn blank(name: AppName, created_at: DateTime<Utc>) -> Self {
        Self {
            name,
            title: String::new(),
            policy: PolicyPart::OPEN,
            latest: None,
            minimum: None,
            url: None,
            notice: None,
            values: Vec::new(),
            is_archived: false,
            created_at,
        }
    }

    /// Whether this version is below the lowest that is let in.
    pub fn refuses(&self, version: &Version) -> bool {
        self.minimum.as_ref().is_some_and(|minimum| version < minimum)
    }

    /// Whether two readings show the same app, the moment of its making apart.
    pub fn is_same_state(&self, other: &Self) -> bool {
        // Two versions may be equal and written otherwise, and clients are told them as they are written.
        let written =
            |app: &Self| [&app.latest, &app.minimum].map(|it| it.as_ref().map(|it| it.as_str().to_owned()));
        written(self) == written(other) && *self == Self { created_at: self.created_at, ..other.clone() }
    }
}

/// What an operator changes about an app; what is `None` stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AppEdit {
    /// Another title; an empty one is none.
    pub title: Option<String>,
    /// For how long its cards give a machine a seat: a span such as `10m`; `off`, or an empty one, is none.
    pub lease: Option<String>,
    /// What becomes of a machine that asks when all seats are taken.
    pub when_full: Option<WhenFull>,
    /// What a machine gets to try the app: a span such as `1d`, or `20p`; `off`, or an empty one, is none.
    pub trial: Option<String>,
    /// From which machines its cards are unbound.
    pub unbind: Option<UnbindBy>,
    /// How long after an unbinding the next one is: a span such as `24h`; `off`, or an empty one, is none.
    pub unbind_cooldown: Option<String>,
    /// How many unbindings there are in 30 days; `off`, or an empty one, is without limit.
    pub unbind_limit: Option<String>,
    /// What an unbinding costs, such as `1h` or `5p`; `off`, or an empty one, is nothing.
    pub unbind_cost: Option<String>,
    /// For how long it may start without a network: a span such as `7d`; `off`, or an empty one, is not at all.
    pub offline: Option<String>,
    /// Whether machines sign what they ask.
    pub device: Option<DevicePolicy>,
    /// What becomes of a machine whose key was copied.
    pub when_copied: Option<WhenCopied>,
    /// Another newest version; an empty one is none.
    pub latest: Option<String>,
    /// Another lowest version; an empty one is none.
    pub minimum: Option<String>,
    /// Another address; an empty one is none.
    pub url: Option<String>,
    /// Another notice; an empty one is none.
    pub notice: Option<String>,
    /// Values by their names, and whether they are public; an empty one is removed.
    pub values: Vec<NamedValue>,
}

impl AppEdit {
    /// What becomes of `app`; nothing of it where one thing cannot be.
    pub fn applied(&self, app: &App) -> Result<App, AppError> {
        let mut edited = app.clone();
        if let Some(title) = &self.title {
            edited.title = checked_title(title)?;
        }
        self.apply_policy(&mut edited.policy)?;
        if let Some(latest) = &self.latest {
            edited.latest = version(latest)?;
        }
        if let Some(minimum) = &self.minimum {
            edited.minimum = version(minimum)?;
        }
        if let Some(url) = &self.url {
            edited.url = checked_url(url)?;
        }
        if let Some(notice) = &self.notice {
            edited.notice = checked_notice(notice)?;
        }
        for value in &self.values {
            set_value(&mut edited.values, value)?;
        }
        if edited.values.len() > App::MAX_VALUES {
            return Err(AppError::TooManyValues);
        }
        match (&edited.minimum, &edited.latest) {
            (Some(minimum), Some(latest)) if minimum > latest => Err(AppError::MinimumAboveLatest),
            _ => Ok(edited),
        }
    }

    fn apply_policy(&self, policy: &mut PolicyPart) -> Result<(), AppError> {
        let before = policy.clone();
        let PolicyPart { lease, when_full, trial, unbind, offline, device, when_copied, .. } = policy;
        if let Some(text) = &self.lease {
            *lease = said(text, LeaseLength::parse)?;
        }
        if let Some(rule) = self.when_full {
            *when_full = Some(rule).filter(|rule| *rule != WhenFull::default());
        }
        if let Some(text) = &self.trial {
            *trial = said(text, Trial::parse)?.flatten();
        }
        if let Some(by) = self.unbind {
            unbind.by = Some(by).filter(|by| *by != UnbindBy::default());
        }
        if let Some(text) = &self.unbind_cooldown {
            unbind.cooldown = said(text, Cooldown::parse)?;
        }
        if let Some(text) = &self.unbind_limit {
            unbind.limit = said(text, UnbindLimit::parse)?;
        }
        if let Some(text) = &self.unbind_cost {
            unbind.cost = said(text, UnbindCost::parse)?;
        }
        if let Some(text) = &self.offline {
            *offline = said(text, OfflineLength::parse)?;
        }
        if let Some(rule) = self.device {
            *device = Some(rule).filter(|rule| *rule != DevicePolicy::default());
        }
        if let Some(rule) = self.when_copied {
            *when_copied = Some(rule).filter(|rule| *rule != WhenCopied::default());
        }
        if policy.fits() || *policy == before { Ok(()) } else { Err(AppError::Policy) }
    }
}

/// What a text says for all cards of an app, above which there is nothing that `off` would depart from.
#[expect(clippy::option_option, reason = "so a part of a policy says that there is none")]
fn said<T, E>(text: &str, parse: fn(&str) -> Result<Option<T>, E>) -> Result<Option<Option<T>>, E> {
    let text = Some(text.trim()).filter(|text| !text.is_empty());
    Ok(text.map(parse).transpose()?.flatten().map(Some))
}

fn checked_title(text: &str) -> Result<String, AppError> {
    let text = text.trim();
    let fits = text.chars().count() <= App::MAX_TITLE && !text.chars().any(is_hidden);
    if fits { Ok(text.to_owned()) } else { Err(AppError::Title) }
}

fn version(text: &str) -> Result<Option<Version>, AppError> {
    let text = text.trim();
    Ok((!text.is_empty()).then(|| text.parse()).transpose()?)
}

fn checked_url(text: &str) -> Result<Option<String>, AppError> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let is_url = host.is_some_and(|host| host.starts_with(char::is_alphanumeric) || host.starts_with('['));
    let fits =
        text.chars().count() <= App::MAX_URL && !text.chars().any(|it| it.is_whitespace() || is_hidden(it));
    if is_url && fits { Ok(Some(text.to_owned())) } else { Err(AppError::Url) }
}

fn checked_notice(text: &str) -> Result<Option<String>, AppError> {
    let text = text.trim();
    if text.chars().count() > App::MAX_NOTICE {
        return Err(AppError::Notice);
    }
    Ok((!text.is_empty()).then(|| text.to_owned()))
}

fn set_value(values: &mut Vec<NamedValue>, value: &NamedValue) -> Result<(), AppError> {
    let is_written = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    let name = &value.name;
    if !(1..=NamedValue::MAX_NAME).contains(&name.len()) || !name.bytes().all(is_written) {
        return Err(AppError::ValueName);
    }
    if value.value.len() > NamedValue::MAX_BYTES {
        return Err(AppError::ValueSize { name: name.clone() });
    }
    match values.binary_search_by(|other| other.name.cmp(name)) {
        Ok(place) if value.value.is_empty() => drop(values.remove(place)),
        Ok(place) => values[place] = value.clone(),
        Err(_) if value.value.is_empty() => {}
        Err(place) => values.insert(place, value.clone()),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::at;

    fn app() -> App {
        App::blank("demo".parse().unwrap(), at(0))
    }

    fn named(name: &str, value: &str) -> NamedValue {
        NamedValue { name: name.into(), value: value.into(), is_public: false }
    }

    #[test]
    fn names() {
        let longest = "a".repeat(32);
        for name in ["a", "default", "my-app-2", "-", &longest] {
            assert_eq!(name.parse::<AppName>().unwrap().as_str(), name);
        }
        for text in ["", "Demo", "my app", "my_app", "软件", " a", "a\n", &"a".repeat(33)] {
            assert_eq!(text.parse::<AppName>(), Err(NoAppName), "{text:?}");
        }
        assert!(AppName::default().is_default());
    }

    #[test]
    fn each_thing_is_checked_and_nothing_of_a_wrong_edit_is_taken() {
        let text = |text: &str| Some(text.to_owned());
        let none = AppEdit::default;
        let long = |count| Some("x".repeat(count));
        for (edit, error) in [
            (AppEdit { title: long(65), ..none() }, AppError::Title),
            (AppEdit { title: text("a\u{202e}b"), ..none() }, AppError::Title),
            (AppEdit { latest: text("new"), ..none() }, AppError::Version(NoVersion)),
            (AppEdit { minimum: text("1.x"), ..none() }, AppError::Version(NoVersion)),
            (AppEdit { url: text("javascript:alert(1)"), ..none() }, AppError::Url),
            (AppEdit { url: text("https://"), ..none() }, AppError::Url),
            (AppEdit { url: text("https://a b"), ..none() }, AppError::Url),
            (AppEdit { url: Some(format!("https://{}", "x".repeat(505))), ..none() }, AppError::Url),
            (AppEdit { notice: long(1001), ..none() }, AppError::Notice),
            (AppEdit { values: vec![named("a b", "x")], ..none() }, AppError::ValueName),
            (AppEdit { values: vec![named("", "x")], ..none() }, AppError::ValueName),
            (
                AppEdit { values: vec![named("a", &"x".repeat(4097))], ..none() },
                AppError::ValueSize { name: "a".into() },
            ),
            (
                AppEdit { values: (0..33).map(|at| named(&format!("v{at}"), "x")).collect(), ..none() },
                AppError::TooManyValues,
            ),
            (AppEdit { minimum: text("2"), latest: text("1.9"), ..none() }, AppError::MinimumAboveLatest),
            (AppEdit { lease: text("59s"), ..none() }, AppError::Lease(NoLease)),
            (AppEdit { lease: text("31d"), ..none() }, AppError::Lease(NoLease)),
            (AppEdit { lease: text("forever"), ..none() }, AppError::Lease(NoLease)),
            (AppEdit { trial: text("59s"), ..none() }, AppError::Trial(NoTrial)),
            (AppEdit { trial: text("0p"), ..none() }, AppError::Trial(NoTrial)),
            (AppEdit { trial: text("forever"), ..none() }, AppError::Trial(NoTrial)),
            (AppEdit { unbind_cooldown: text("59s"), ..none() }, AppError::Unbind(NoUnbinding::Cooldown)),
            (AppEdit { unbind_limit: text("0"), ..none() }, AppError::Unbind(NoUnbinding::Limit)),
            (AppEdit { unbind_cost: text("5"), ..none() }, AppError::Unbind(NoUnbinding::Cost)),
            (AppEdit { offline: text("59m"), ..none() }, AppError::Offline(NoOffline)),
            (AppEdit { offline: text("forever"), ..none() }, AppError::Offline(NoOffline)),
        ] {
            assert_eq!(edit.applied(&app()), Err(error));
        }
    }

    #[test]
    fn a_policy_says_no_more_than_there_is_room_for() {
        let later = format!("later={}", "x".repeat(PolicyPart::MAX_BYTES - 6));
        let full = App { policy: later.parse().unwrap(), ..app() };
        let by_machine = AppEdit { unbind: Some(UnbindBy::Machine), ..AppEdit::default() };
        assert_eq!(by_machine.applied(&full), Err(AppError::Policy));
        let title = AppEdit { title: Some("a".into()), ..AppEdit::default() };
        assert_eq!(title.applied(&full).unwrap().policy, full.policy);
    }

    #[test]
    fn an_edit_sets_and_removes() {
        let edit = AppEdit {
            title: Some(" 演示 ".into()),
            lease: Some(" 10m ".into()),
            when_full: Some(WhenFull::Oldest),
            trial: Some(" 1d ".into()),
            unbind: Some(UnbindBy::Anyone),
            unbind_cooldown: Some("24h".into()),
            unbind_limit: Some(" 3".into()),
            unbind_cost: Some("5p".into()),
            offline: Some(" 7d".into()),
            device: Some(DevicePolicy::Required),
            when_copied: Some(WhenCopied::Refuse),
            latest: Some("1.2".into()),
            minimum: Some("1.0".into()),
            url: Some("https://example.com/下载".into()),
            notice: Some("第一行\n第二行".into()),
            values: vec![named("b", "2"), named("a", "1")],
        };
        let edited = edit.applied(&app()).unwrap();
        assert_eq!(edited.title, "演示");
        assert_eq!(
            edited.policy.to_string(),
            "lease=600 when-full=oldest trial=86400 unbind=anyone unbind-cooldown=86400 unbind-limit=3 \
             unbind-cost=5p offline=604800 device=required when-copied=refuse"
        );
        assert_eq!(edited.values, [named("a", "1"), named("b", "2")]);
        assert!(edited.refuses(&"0.9".parse().unwrap()) && !edited.refuses(&"1".parse().unwrap()));
        assert!(!edited.is_same_state(&app()));
        let nothing = Some(String::new());
        let away = AppEdit {
            title: nothing.clone(),
            lease: nothing.clone(),
            when_full: Some(WhenFull::Refuse),
            trial: Some("off".into()),
            unbind: Some(UnbindBy::Nobody),
            unbind_cooldown: nothing.clone(),
            unbind_limit: nothing.clone(),
            unbind_cost: Some("off".into()),
            offline: Some("off".into()),
            device: Some(DevicePolicy::Off),
            when_copied: Some(WhenCopied::Allow),
            latest: nothing.clone(),
            minimum: nothing.clone(),
            url: nothing.clone(),
            notice: nothing,
            values: vec![named("a", ""), named("b", ""), named("c", "")],
        };
        assert_eq!(away.applied(&edited), Ok(app()));
    }
}
