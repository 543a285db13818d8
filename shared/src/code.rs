//! How the random part of a card's code is drawn.

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

    proptest! {
        #[test]
        fn a_code_has_its_length_and_only_characters_of_the_alphabet(characters in 6_u8..=32, seed: u64) {
            let code = draw(CodeLength::new(characters).unwrap(), &mut StdRng::seed_from_u64(seed)).unwrap();
            prop_assert_eq!(code.len(), usize::from(characters));
            prop_assert!(code.bytes().all(|byte| ALPHABET.contains(&byte)));
        }
    }
}
