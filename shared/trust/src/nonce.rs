//! What a client says that has never been said before, so that no old answer is one to it.

use std::str::FromStr;

use ring::digest::{Context, SHA256};
use ring::error::Unspecified;
use ring::rand::{self, SystemRandom};
use thiserror::Error;

use crate::base64url::encode;
use crate::key::KeyError;

/// The bytes of one that we make.
const RANDOM: usize = 24;

/// Why a text is no nonce.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a nonce is 16 to 64 characters of A-Z a-z 0-9 - _")]
pub struct NonceError;

/// 16 to 64 characters of base64url.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nonce(String);

impl Nonce {
    /// The fewest characters: by chance no two of so many are alike.
    pub const MIN_CHARS: usize = 16;

    /// The most characters.
    pub const MAX_CHARS: usize = 64;

    /// A new one, which nobody can guess.
    pub fn random() -> Result<Self, KeyError> {
        let bytes: [u8; RANDOM] =
            rand::generate(&SystemRandom::new()).map_err(|Unspecified| KeyError::Random)?.expose();
        Ok(Self(encode(bytes)))
    }

    /// The text itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What stands for a text in what is signed for this nonce: the base64url of the SHA-256 of nonce, colon and text.
    ///
    /// It is salted, so that two proofs of one card have nothing in common.
    pub fn digest(&self, text: impl AsRef<[u8]>) -> String {
        let mut context = Context::new(&SHA256);
        context.update(self.0.as_bytes());
        context.update(b":");
        context.update(text.as_ref());
        encode(context.finish())
    }
}

impl FromStr for Nonce {
    type Err = NonceError;

    fn from_str(text: &str) -> Result<Self, NonceError> {
        let is_one = (Self::MIN_CHARS..=Self::MAX_CHARS).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
        if is_one { Ok(Self(text.to_owned())) } else { Err(NonceError) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nonces() {
        let (short, long, longest) = ("x".repeat(15), "x".repeat(65), "-".repeat(64));
        for (text, is_one) in [
            ("AZaz09-_AZaz09-_", true),
            (longest.as_str(), true),
            (&short, false),
            (&long, false),
            ("", false),
            ("AZaz09-_AZaz09+/", false),
            ("AZaz09-_AZaz09-=", false),
            ("AZaz09-_ AZaz09-_", false),
            ("卡卡卡卡卡卡卡卡卡卡卡卡卡卡卡卡", false),
        ] {
            assert_eq!(text.parse::<Nonce>().is_ok(), is_one, "{text}");
        }
        let [one, other] = [0, 1].map(|_| Nonce::random().unwrap());
        assert_eq!((one.as_str().parse(), one != other), (Ok(one), true));
    }
}
