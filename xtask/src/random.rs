//! Random bytes of the system's.

use std::fs::File;
use std::io::{self, Read as _};

/// Forty hexadecimal digits that nobody guesses.
pub(crate) fn word() -> io::Result<String> {
    let mut bytes = [0; 20];
    fill(&mut bytes)?;
    Ok(bytes.iter().fold(String::new(), |word, byte| word + &format!("{byte:02x}")))
}

pub(crate) fn fill(bytes: &mut [u8]) -> io::Result<()> {
    File::open("/dev/urandom")?.read_exact(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn word_is_forty_digits_and_another_each_time() {
        let word = word().unwrap();
        assert!(word.len() == 40 && word.bytes().all(|digit| digit.is_ascii_hexdigit()), "{word}");
        assert_ne!(word, super::word().unwrap());
    }
}
