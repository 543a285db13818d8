//! Presets: the kinds of card that a seller sells of an app, by the names that generating, shops and reports call them by.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Datelike, Utc};
use thiserror::Error;

use crate::app::AppName;
use crate::duration::CardDuration;
use crate::moment::SAID;
use crate::points::Points;
use crate::prefix::Prefix;
use crate::price::{Currency, NoCurrency, NoPrice, Price};
use crate::seats::Seats;

/// The name of a preset of an app: 1 to 32 of `a-z`, `0-9` and `-`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PresetName(String);

/// A text is no name of a preset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a preset's name is 1 to {max} of a-z, 0-9 and -", max = PresetName::MAX_CHARS)]
pub struct NoPresetName;

impl PresetName {
    /// The most characters of a name: the width of its column.
    pub const MAX_CHARS: usize = 32;

    /// The name of the preset that is taken where an app has several and none is named.
    pub const DEFAULT: &'static str = "default";

    /// The name itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PresetName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for PresetName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for PresetName {
    type Err = NoPresetName;

    fn from_str(text: &str) -> Result<Self, NoPresetName> {
        // The rule of apps' names: both stand in addresses and in files' names.
        text.parse::<AppName>().map(|name| Self(name.to_string())).map_err(|_| NoPresetName)
    }
}

/// What a seller sells of an app, and for how much.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preset {
    /// The app whose cards they are.
    pub app: AppName,
    /// By which it is called.
    pub name: PresetName,
    /// The prefix of its cards.
    pub prefix: Prefix,
    /// How long its cards last from their activation.
    pub duration: CardDuration,
    /// The last moment of its cards.
    pub valid_until: Option<DateTime<Utc>>,
    /// With how many points its cards begin.
    pub points: Option<Points>,
    /// How many machines may use each of its cards at once.
    pub seats: Seats,
    /// What a card costs.
    pub price: Option<Price>,
    /// Whether its cards top others up.
    pub recharges: bool,
}

/// What a batch keeps of the preset that it was made by; what becomes of the preset later changes nothing about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchPreset {
    /// How it was called.
    pub name: PresetName,
    /// What a card cost.
    pub price: Option<Price>,
    /// Whether its cards were to top others up.
    pub recharges: bool,
}

/// Why a preset cannot be so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum PresetError {
    /// It is no currency.
    #[error(transparent)]
    Currency(#[from] NoCurrency),
    /// It is no price.
    #[error(transparent)]
    Price(#[from] NoPrice),
    /// A price has no currency.
    #[error("a price needs a currency")]
    Unpriced,
    /// A currency has no price.
    #[error("a currency needs a price")]
    Amountless,
    /// No database holds the moment.
    #[error("a last moment lies before the year 9999")]
    Moment,
    /// Its cards would top others up with nothing.
    #[error("cards that last for ever and have no points top no card up")]
    Pointless,
}

impl Preset {
    /// The most that an app has.
    pub const MAX: usize = 100;

    /// A preset of which nothing is said but what each has.
    pub const fn blank(app: AppName, name: PresetName, prefix: Prefix) -> Self {
        Self {
            app,
            name,
            prefix,
            duration: CardDuration::Forever,
            valid_until: None,
            points: None,
            seats: Seats::ONE,
            price: None,
            recharges: false,
        }
    }

    /// What a batch keeps of it.
    pub fn for_batch(&self) -> BatchPreset {
        BatchPreset { name: self.name.clone(), price: self.price, recharges: self.recharges }
    }

    /// Which of an app's presets is meant where none is named: the only one, or the one that is called so.
    pub fn meant(presets: &[Self]) -> Option<&Self> {
        match presets {
            [only] => Some(only),
            several => several.iter().find(|preset| preset.name.as_str() == PresetName::DEFAULT),
        }
    }
}

/// What an operator changes about a preset; what is `None` stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PresetEdit {
    /// Another prefix.
    pub prefix: Option<Prefix>,
    /// Another duration.
    pub duration: Option<CardDuration>,
    /// Another last moment, or none.
    pub valid_until: Option<Option<DateTime<Utc>>>,
    /// Another number of points, or none.
    pub points: Option<Option<Points>>,
    /// For another number of machines.
    pub seats: Option<Seats>,
    /// Another price, as it is written; an empty one is none, and takes the currency with it.
    pub price: Option<String>,
    /// Another currency.
    pub currency: Option<String>,
    /// Whether its cards top others up.
    pub recharges: Option<bool>,
}

impl PresetEdit {
    /// What becomes of `preset`; nothing of it where one thing cannot be.
    pub fn applied(&self, preset: &Preset) -> Result<Preset, PresetError> {
        let price = self.price_after(preset.price)?;
        let edited = Preset {
            prefix: self.prefix.clone().unwrap_or_else(|| preset.prefix.clone()),
            duration: self.duration.unwrap_or(preset.duration),
            valid_until: self.valid_until.unwrap_or(preset.valid_until),
            points: self.points.unwrap_or(preset.points),
            seats: self.seats.unwrap_or(preset.seats),
            price,
            recharges: self.recharges.unwrap_or(preset.recharges),
            ..preset.clone()
        };
        if edited.valid_until.is_some_and(|moment| !SAID.contains(&moment.year())) {
            return Err(PresetError::Moment);
        }
        let adds = edited.points.is_some() || edited.duration != CardDuration::Forever;
        if edited.recharges && !adds { Err(PresetError::Pointless) } else { Ok(edited) }
    }

    /// The price that was typed, in the currency that was typed or is there. Another currency wants another price: 9.90 of
    /// one are not 9.90 of the other.
    fn price_after(&self, price: Option<Price>) -> Result<Option<Price>, PresetError> {
        let typed = self.currency.as_deref().map(str::trim).filter(|currency| !currency.is_empty());
        let currency: Option<Currency> = typed.map(str::parse).transpose()?;
        match (self.price.as_deref().map(str::trim), currency) {
            (Some(""), _) => Ok(None),
            (Some(text), currency) => {
                let currency = currency.or(price.map(Price::currency)).ok_or(PresetError::Unpriced)?;
                Ok(Some(Price::parse(text, currency)?))
            }
            (None, Some(currency)) if price.map(Price::currency) != Some(currency) => {
                Err(PresetError::Amountless)
            }
            (None, _) => Ok(price),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::at;

    fn preset(name: &str) -> Preset {
        let month = CardDuration::Seconds(30 * 86_400);
        let blank = Preset::blank(AppName::default(), name.parse().unwrap(), "VIP".parse().unwrap());
        Preset { duration: month, ..blank }
    }

    fn yuan(amount: u64) -> Price {
        Price::new(amount, "CNY".parse().unwrap()).unwrap()
    }

    #[test]
    fn names() {
        for (text, is_name) in [
            ("month", true),
            ("30-days", true),
            (&*"a".repeat(32), true),
            ("", false),
            ("Month", false),
            ("月", false),
        ] {
            assert_eq!(text.parse::<PresetName>().is_ok(), is_name, "{text}");
        }
        assert_eq!("a b".parse::<PresetName>(), Err(NoPresetName));
    }

    #[test]
    fn an_edit_sets_and_removes() {
        let text = |text: &str| Some(text.to_owned());
        let edit = PresetEdit {
            prefix: Some("PRO".parse().unwrap()),
            duration: Some(CardDuration::Forever),
            valid_until: Some(Some(at(5))),
            points: Some(Some(Points::new(100).unwrap())),
            seats: Some(Seats::new(3).unwrap()),
            price: text(" 9.90 "),
            currency: text("cny"),
            recharges: Some(true),
        };
        let edited = edit.applied(&preset("month")).unwrap();
        assert_eq!((edited.prefix.as_str(), edited.duration), ("PRO", CardDuration::Forever));
        assert_eq!((edited.valid_until, edited.points.map(Points::get)), (Some(at(5)), Some(100)));
        assert_eq!((edited.seats.get(), edited.price, edited.recharges), (3, Some(yuan(990)), true));
        assert_eq!(PresetEdit::default().applied(&edited), Ok(edited.clone()));
        let away = PresetEdit {
            valid_until: Some(None),
            points: Some(None),
            price: text(""),
            recharges: Some(false),
            ..PresetEdit::default()
        };
        let away = away.applied(&edited).unwrap();
        assert_eq!((away.valid_until, away.points, away.price, away.recharges), (None, None, None, false));
    }

    #[test]
    fn a_price_goes_with_its_currency() {
        let text = |text: &str| Some(text.to_owned());
        let priced = Preset { price: Some(yuan(990)), ..preset("month") };
        let yen = "JPY".parse().unwrap();
        for (price, currency, from_none, from_yuan) in [
            (None, None, Ok(None), Ok(Some(yuan(990)))),
            (text("5"), None, Err(PresetError::Unpriced), Ok(Some(yuan(500)))),
            (text("5"), text("CNY"), Ok(Some(yuan(500))), Ok(Some(yuan(500)))),
            (text("5"), text("JPY"), Ok(Price::new(5, yen).ok()), Ok(Price::new(5, yen).ok())),
            (text(""), text("CNY"), Ok(None), Ok(None)),
            (
                text("9.90"),
                text("JPY"),
                Err(NoPrice::Decimals { currency: yen }.into()),
                Err(NoPrice::Decimals { currency: yen }.into()),
            ),
            (None, text("CNY"), Err(PresetError::Amountless), Ok(Some(yuan(990)))),
            (None, text("JPY"), Err(PresetError::Amountless), Err(PresetError::Amountless)),
            (None, text("YUAN"), Err(NoCurrency.into()), Err(NoCurrency.into())),
            (text("a"), text("CNY"), Err(NoPrice::Amount.into()), Err(NoPrice::Amount.into())),
        ] {
            let edit = PresetEdit { price, currency, ..PresetEdit::default() };
            for (preset, expected) in [(&preset("month"), from_none), (&priced, from_yuan)] {
                assert_eq!(edit.applied(preset).map(|edited| edited.price), expected, "{edit:?}");
            }
        }
    }

    #[test]
    fn what_cannot_be_is_refused() {
        let none = PresetEdit::default;
        let late = "9999-01-01T00:00:00Z".parse().unwrap();
        let points = Points::new(1).unwrap();
        for (edit, error) in [
            (PresetEdit { valid_until: Some(Some(late)), ..none() }, Some(PresetError::Moment)),
            (PresetEdit { recharges: Some(true), ..none() }, None),
            (
                PresetEdit { recharges: Some(true), duration: Some(CardDuration::Forever), ..none() },
                Some(PresetError::Pointless),
            ),
            (
                PresetEdit {
                    recharges: Some(true),
                    duration: Some(CardDuration::Forever),
                    points: Some(Some(points)),
                    ..none()
                },
                None,
            ),
        ] {
            assert_eq!(edit.applied(&preset("month")).err(), error, "{edit:?}");
        }
    }

    #[test]
    fn without_a_name_the_only_preset_is_meant_or_the_one_that_is_called_so() {
        for (names, meant) in [
            (&[][..], None),
            (&["month"], Some("month")),
            (&["month", "year"], None),
            (&["default", "month"], Some("default")),
        ] {
            let presets: Vec<_> = names.iter().map(|name| preset(name)).collect();
            assert_eq!(Preset::meant(&presets).map(|preset| preset.name.as_str()), meant, "{names:?}");
        }
    }
}
