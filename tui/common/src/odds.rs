//! How hard the codes of a batch are to guess, in words.

use crate::shown::span;
use kami_core::code::{CodeLength, GUESSES_A_SECOND, GuessOdds, guess_odds};

use crate::words::{Language, number, say};

/// How hard codes of a length are to guess among so many cards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Odds {
    /// As they are shown, in the language of the reader.
    pub words: String,
    /// Whether they are a warning.
    pub is_easy: bool,
}

impl Odds {
    /// The odds of codes of `length` among `cards` in circulation.
    pub fn of(language: Language, length: CodeLength, cards: u64) -> Self {
        let odds = guess_odds(length, cards);
        let is_easy = odds.is_easy();
        let key = if is_easy { "form.odds_easy" } else { "form.odds" };
        Self { words: in_words(language, key, odds), is_easy }
    }
}

/// What is said of codes from elsewhere that are easy to guess; nothing of others.
pub fn warning_of_import(language: Language, odds: GuessOdds) -> Option<String> {
    odds.is_easy().then(|| in_words(language, "import.easy", odds))
}

fn in_words(language: Language, key: &str, odds: GuessOdds) -> String {
    let (time, rate) = (time_to_guess(language, odds), large(GUESSES_A_SECOND));
    say!(language, key, guesses = large(odds.guesses), time = time, rate = rate)
}

/// A large number in few characters: thousands separated, or as a power of ten.
fn large(value: f64) -> String {
    if value < 1e9 {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "between 0 and a thousand million"
        )]
        return number(value.max(1.0).round() as u64);
    }
    let exponent = value.log10().floor();
    let digits: String = format!("{exponent:.0}")
        .chars()
        .map(|digit| {
            ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'][digit.to_digit(10).unwrap_or(0) as usize]
        })
        .collect();
    format!("{:.1} × 10{digits}", value / 10f64.powf(exponent))
}

/// How long an attacker guesses for one hit.
fn time_to_guess(language: Language, odds: GuessOdds) -> String {
    let years = odds.years();
    if years >= 1.0 {
        return say!(language, "form.years", n = large(years));
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "less than a year of seconds"
    )]
    let seconds = (odds.guesses / GUESSES_A_SECOND).max(0.0) as u64;
    span(language, seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_codes_among_many_cards_are_a_warning() {
        let odds = |length, cards| Odds::of(Language::ENGLISH, CodeLength::new(length).unwrap(), cards);
        let easy = odds(6, 1_000_000);
        assert!(
            easy.is_easy && easy.words.starts_with("Too easy to guess: one hit in 1,074 guesses"),
            "{easy:?}"
        );
        let hard = odds(16, 1_000_000);
        assert!(!hard.is_easy && hard.words.contains("× 10¹⁸ guesses"), "{hard:?}");
    }
}
