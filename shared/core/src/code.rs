//! How the random part of a card's code is drawn.

use std::collections::BTreeMap;
use std::fmt;

use rand::TryCryptoRng;
use thiserror::Error;

/// The characters of a code: digits and capitals without the look-alikes 0 O 1 I, so each carries five bits.
pub const ALPHABET: &[u8; 32] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";

/// How many characters a code has after its prefix: 6 to 32, 16 by default.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CodeLength(u8);

impl CodeLength {
    /// The shortest code that may be made, in characters.
    pub const MIN: u8 = 6;
    /// The longest code that may be made, in characters.
    pub const MAX: u8 = 32;

    /// Takes a length in characters; anything outside [`Self::MIN`] to [`Self::MAX`] is refused.
    pub const fn new(characters: u8) -> Result<Self, CodeLengthError> {
        if characters < Self::MIN || characters > Self::MAX {
            Err(CodeLengthError)
        } else {
            Ok(Self(characters))
        }
    }

    /// The length in characters.
    pub const fn get(self) -> u8 {
        self.0
    }
}

impl Default for CodeLength {
    fn default() -> Self {
        Self(16)
    }
}

impl fmt::Display for CodeLength {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A code length outside its bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a code has {min} to {max} characters", min = CodeLength::MIN, max = CodeLength::MAX)]
pub struct CodeLengthError;

/// Draws a code of the given length from a cryptographic source; fails only when the source does.
pub fn draw<R: TryCryptoRng>(length: CodeLength, random: &mut R) -> Result<String, R::Error> {
    let mut bytes = [0; CodeLength::MAX as usize];
    let bytes = &mut bytes[..usize::from(length.get())];
    random.try_fill_bytes(bytes)?;
    // 32 divides 256, so that the remainder favours no character.
    Ok(bytes.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)])).collect())
}

/// How many guesses a second all strangers together are taken to make: what a limit on requests in front of the API lets
/// through, such as `RequestRate` on AWS. The API's own brake names who guesses, but does not slow him: it has to answer
/// for each card that exists, and a guesser need not heed what it answers for the others.
pub const GUESSES_A_SECOND: f64 = 200.0;

/// How many years of such guessing codes have to stand, on average, before one hits a card.
const YEARS: f64 = 10.0;

const SECONDS_A_YEAR: f64 = 31_557_600.0;

/// How hard the codes of one length are to guess.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GuessOdds {
    /// How many random codes somebody tries, on average, until one is a card in circulation; infinite without cards.
    pub guesses: f64,
}

impl GuessOdds {
    /// Whether somebody who tries as fast as he is taken to finds a card within ten years, on average.
    pub fn is_easy(self) -> bool {
        self.years() < YEARS
    }

    /// How many years somebody guesses for one hit, on average, as fast as he is taken to.
    pub fn years(self) -> f64 {
        self.guesses / GUESSES_A_SECOND / SECONDS_A_YEAR
    }
}

/// The odds of guessing any of `cards` cards whose codes have this length.
pub fn guess_odds(length: CodeLength, cards: u64) -> GuessOdds {
    odds_among(32_f64.powi(i32::from(length.get())), cards)
}

/// The odds of guessing any of `cards` cards among all codes that there could be.
fn odds_among(codes: f64, cards: u64) -> GuessOdds {
    #[expect(clippy::cast_precision_loss, reason = "odds are shown in two digits")]
    let cards = cards as f64;
    GuessOdds { guesses: codes / cards }
}

/// The odds of guessing the easiest among codes from elsewhere: those of one length and one kind of character. What stands
/// between groups is no riddle.
pub fn easiest_odds<'a>(codes: impl IntoIterator<Item = &'a str>) -> GuessOdds {
    let mut counts = BTreeMap::<_, u64>::new();
    for code in codes {
        let random = code.chars().filter(|character| character.is_alphanumeric()).count();
        *counts.entry((characters_like(code), random)).or_default() += 1;
    }
    let guesses = counts.into_iter().map(|((characters, length), cards)| {
        let length = i32::try_from(length).unwrap_or(i32::MAX);
        odds_among(f64::from(characters).powi(length), cards).guesses
    });
    GuessOdds { guesses: guesses.fold(f64::INFINITY, f64::min) }
}

/// How many characters somebody tries at each place of codes like this one: ten where all are digits, else as many as
/// codes of kami have.
fn characters_like(code: &str) -> u8 {
    if code.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'-' | b'_')) { 10 } else { 32 }
}

/// The shortest codes that are not easy to guess among so many cards.
pub fn shortest_hard(cards: u64) -> CodeLength {
    let lengths = (CodeLength::MIN..=CodeLength::MAX).map(CodeLength);
    let mut hard = lengths.filter(|length| !guess_odds(*length, cards).is_easy());
    hard.next().unwrap_or(CodeLength(CodeLength::MAX))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;
    use rand::SeedableRng;
    use rand::rngs::{StdRng, SysRng};

    use super::*;

    #[test]
    fn the_alphabet_has_32_characters_and_no_look_alikes() {
        assert_eq!(ALPHABET.iter().collect::<HashSet<_>>().len(), 32);
        assert!(
            !ALPHABET.iter().any(|character| b"0O1I".contains(character) || character.is_ascii_lowercase())
        );
    }

    #[test]
    fn lengths_outside_6_to_32_are_refused() {
        for (characters, accepted) in
            [(0, false), (5, false), (6, true), (32, true), (33, false), (255, false)]
        {
            assert_eq!(CodeLength::new(characters).is_ok(), accepted, "{characters}");
        }
        assert_eq!(CodeLength::default().get(), 16);
    }

    #[test]
    fn the_operating_system_repeats_no_code() {
        let codes: HashSet<_> =
            (0..10_000).map(|_| draw(CodeLength::default(), &mut SysRng).unwrap()).collect();
        assert_eq!(codes.len(), 10_000);
    }

    #[test]
    fn every_character_is_drawn_about_equally_often() {
        let mut random = StdRng::seed_from_u64(1);
        let mut counts = [0_u32; 256];
        for _ in 0..32_000 {
            for byte in draw(CodeLength::new(32).unwrap(), &mut random).unwrap().bytes() {
                counts[usize::from(byte)] += 1;
            }
        }
        for character in ALPHABET {
            let count = counts[usize::from(*character)];
            assert!((31_000..33_000).contains(&count), "{}: {count}", char::from(*character));
        }
    }

    #[test]
    fn odds_of_guessing() {
        for (characters, cards, guesses, easy) in [
            (6, 1, 1_073_741_824.0, true),
            (8, 17, 64_677_154_575.058_82, false),
            (8, 18, 61_083_979_320.888_89, true),
            (8, 10_000_000, 109_951.162_777_6, true),
            (10, 10_000, 112_589_990_684.262_4, false),
            (12, 10_000_000, 115_292_150_460.684_7, false),
            (16, 10_000_000, 120_892_581_961_462_917.0, false),
        ] {
            let odds = guess_odds(CodeLength::new(characters).unwrap(), cards);
            assert!((odds.guesses / guesses - 1.0_f64).abs() < 1e-9, "{odds:?}");
            assert_eq!(odds.is_easy(), easy, "{characters} characters, {cards} cards");
        }
        let none = guess_odds(CodeLength::default(), 0);
        assert!(none.guesses.is_infinite() && !none.is_easy(), "without cards there is nothing to guess");
    }

    #[test]
    fn the_easiest_codes_from_elsewhere_are_the_ones_that_are_guessed() {
        for (codes, guesses) in [
            (["ABCDEF", "GHJKLM", "7KQ2M9XWTR4HP3ND"].as_slice(), 32_f64.powi(6) / 2.0),
            (&["0123456789", "ABCDEFGH"], 1e10),
            (&["01234-56789", "ABCD-EFGH"], 1e10),
            (&["7KQ2M9XWTR4HP3ND"], 32_f64.powi(16)),
            (&[], f64::INFINITY),
        ] {
            assert_eq!(easiest_odds(codes.iter().copied()), GuessOdds { guesses }, "{codes:?}");
        }
    }

    #[test]
    fn the_shortest_hard_length_grows_with_the_stock_and_the_default_is_never_too_short() {
        for (cards, shortest) in
            [(0, 6), (1, 8), (17, 8), (18, 9), (20_000, 11), (10_000_000, 12), (1_000_000_000_000, 16)]
        {
            let found = shortest_hard(cards);
            assert_eq!(found.get(), shortest, "{cards} cards");
            assert!(found <= CodeLength::default() && !guess_odds(found, cards).is_easy());
        }
        assert_eq!(shortest_hard(u64::MAX).get(), 20, "even of more cards than there can be");
    }

    proptest! {
        #[test]
        fn a_code_has_its_length_and_only_characters_of_the_alphabet(characters in 6_u8..=32, seed: u64) {
            let code = draw(CodeLength::new(characters).unwrap(), &mut StdRng::seed_from_u64(seed)).unwrap();
            prop_assert_eq!(code.len(), usize::from(characters));
            prop_assert!(code.bytes().all(|byte| ALPHABET.contains(&byte)));
        }
    }
}
