//! What cards cost: whole amounts of the smallest unit of a currency.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use crate::digits::number;

/// A currency by the three letters that ISO 4217 has for it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency([u8; 3]);

/// A text is no currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a currency is three letters, such as CNY")]
pub struct NoCurrency;

/// The currencies that have another number of decimals than two, by that number.
const DECIMALS: [(u8, &[&str]); 3] = [
    (
        0,
        &[
            "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV",
            "XAF", "XOF", "XPF",
        ],
    ),
    (3, &["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"]),
    (4, &["CLF", "UYW"]),
];

impl Currency {
    /// Its letters, in capitals.
    pub fn as_str(&self) -> &str {
        str::from_utf8(&self.0).unwrap_or_default()
    }

    /// How many decimals its amounts are written with.
    pub fn decimals(self) -> u8 {
        let of = DECIMALS.into_iter().find(|(_, letters)| letters.contains(&self.as_str()));
        of.map_or(2, |(decimals, _)| decimals)
    }

    /// An amount of its smallest unit as it is written, without its letters.
    pub fn written(self, amount: u64) -> String {
        let decimals = usize::from(self.decimals());
        let digits = format!("{amount:0>width$}", width = decimals + 1);
        let (whole, rest) = digits.split_at(digits.len() - decimals);
        if rest.is_empty() { whole.to_owned() } else { format!("{whole}.{rest}") }
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Currency {
    type Err = NoCurrency;

    fn from_str(text: &str) -> Result<Self, NoCurrency> {
        let letters: [u8; 3] = text.as_bytes().try_into().map_err(|_| NoCurrency)?;
        let is_written = letters.iter().all(u8::is_ascii_alphabetic);
        if is_written { Ok(Self(letters.map(|letter| letter.to_ascii_uppercase()))) } else { Err(NoCurrency) }
    }
}

/// What a card costs: 0 to [`Price::MAX`] of the smallest unit of its currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Price {
    amount: u64,
    currency: Currency,
}

/// A text or a number is no price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum NoPrice {
    /// It is no amount.
    #[error("a price is a number, such as 9.90")]
    Amount,
    /// The currency has no such small amounts.
    #[error("{currency} has {} decimals", currency.decimals())]
    Decimals {
        /// Which it is.
        currency: Currency,
    },
    /// It is more than a card may cost.
    #[error("a price is at most {}", currency.written(Price::MAX))]
    TooHigh {
        /// In which it is.
        currency: Currency,
    },
}

impl Price {
    /// The most, in the smallest unit.
    pub const MAX: u64 = 9_999_999_999;

    /// So many of the smallest unit.
    pub const fn new(amount: u64, currency: Currency) -> Result<Self, NoPrice> {
        if amount <= Self::MAX { Ok(Self { amount, currency }) } else { Err(NoPrice::TooHigh { currency }) }
    }

    /// Reads an amount as people write it, such as `9.90`, with no more decimals than the currency has.
    pub fn parse(text: &str, currency: Currency) -> Result<Self, NoPrice> {
        let (whole, rest) = match text.split_once('.') {
            None => (text, ""),
            Some((_, "")) => return Err(NoPrice::Amount),
            Some(parts) => parts,
        };
        let is_number = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || !is_number(whole) || !is_number(rest) {
            return Err(NoPrice::Amount);
        }
        let decimals = usize::from(currency.decimals());
        if rest.len() > decimals {
            return Err(NoPrice::Decimals { currency });
        }
        let amount = number(&format!("{whole}{rest:0<decimals$}"));
        amount.ok_or(NoPrice::TooHigh { currency }).and_then(|amount| Self::new(amount, currency))
    }

    /// How much of the smallest unit.
    pub const fn amount(self) -> u64 {
        self.amount
    }

    /// In which currency.
    pub const fn currency(self) -> Currency {
        self.currency
    }
}

impl fmt::Display for Price {
    /// With its currency: `9.90 CNY`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.currency.written(self.amount), self.currency)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn currency(text: &str) -> Currency {
        text.parse().unwrap()
    }

    #[test]
    fn three_letters_are_a_currency() {
        for (text, letters) in [
            ("CNY", Some("CNY")),
            ("usd", Some("USD")),
            ("CN", None),
            ("CNYY", None),
            ("C1Y", None),
            ("元", None),
        ] {
            assert_eq!(text.parse::<Currency>().ok().map(|it| it.to_string()).as_deref(), letters, "{text}");
        }
    }

    #[test]
    fn a_price_has_no_more_decimals_than_its_currency() {
        for (text, letters, amount) in [
            ("9.90", "CNY", Some(990)),
            ("9.9", "CNY", Some(990)),
            ("9", "CNY", Some(900)),
            ("0", "CNY", Some(0)),
            ("0.01", "CNY", Some(1)),
            ("007", "CNY", Some(700)),
            ("99999999.99", "CNY", Some(9_999_999_999)),
            ("100000000", "CNY", None),
            ("99999999999999999999", "CNY", None),
            ("9.901", "CNY", None),
            ("1500", "JPY", Some(1_500)),
            ("1500.0", "JPY", None),
            ("9999999999", "KRW", Some(9_999_999_999)),
            ("10000000000", "VND", None),
            ("1.234", "KWD", Some(1_234)),
            ("1.2345", "BHD", None),
            ("1.2345", "CLF", Some(12_345)),
            ("-1", "CNY", None),
            ("+1", "CNY", None),
            ("1e3", "CNY", None),
            (".5", "CNY", None),
            ("5.", "CNY", None),
            (".", "CNY", None),
            ("1,50", "CNY", None),
            ("1.2.3", "CNY", None),
            ("１", "CNY", None),
            ("", "CNY", None),
            (" 1", "CNY", None),
        ] {
            let price = Price::parse(text, currency(letters));
            assert_eq!(price.ok().map(Price::amount), amount, "{text} {letters}");
        }
        let (yuan, yen) = (currency("CNY"), currency("JPY"));
        assert_eq!(Price::parse("x", yuan), Err(NoPrice::Amount));
        assert_eq!(Price::parse("1.5", yen), Err(NoPrice::Decimals { currency: yen }));
        assert_eq!(Price::new(10_000_000_000, yuan), Err(NoPrice::TooHigh { currency: yuan }));
    }

    proptest! {
        #[test]
        fn what_is_shown_can_be_typed(amount in 0..=Price::MAX, letters in "CNY|JPY|KWD|CLF") {
            let price = Price::new(amount, currency(&letters)).unwrap();
            let shown = price.to_string();
            let (written, unit) = shown.split_once(' ').unwrap();
            prop_assert_eq!(unit, &letters);
            prop_assert_eq!(Price::parse(written, price.currency()), Ok(price));
        }
    }
}
