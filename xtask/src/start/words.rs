//! What is said, in English and in Chinese; the locale chooses.

use std::env;
use std::fmt::Display;
use std::io::{self, Write as _};

use crate::Failure;

/// The one of both that the reader's locale asks for.
pub(super) fn text(english: impl Display, chinese: impl Display) -> String {
    if is_chinese(&["LC_ALL", "LC_MESSAGES", "LANG"].map(|name| env::var(name).unwrap_or_default())) {
        chinese.to_string()
    } else {
        english.to_string()
    }
}

// The first that is set decides.
fn is_chinese(locales: &[String]) -> bool {
    locales.iter().find(|locale| !locale.is_empty()).is_some_and(|locale| locale.starts_with("zh"))
}

pub(super) fn say(english: impl Display, chinese: impl Display) {
    print(text(english, chinese));
}

/// Writes a line to standard output; nobody reads what cannot be written.
pub(super) fn print(line: impl Display) {
    drop(writeln!(io::stdout(), "{line}"));
}

pub(super) fn failure(english: impl Display, chinese: impl Display) -> Failure {
    Failure::new(text(english, chinese))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_locale_that_is_set_decides() {
        let is_chinese = |locales: [&str; 3]| is_chinese(&locales.map(str::to_owned));
        assert!(is_chinese(["zh_CN.UTF-8", "", "en_US.UTF-8"]));
        assert!(is_chinese(["", "", "zh_TW"]));
        assert!(!is_chinese(["C", "zh_CN", "zh_CN"]));
        assert!(!is_chinese(["", "", ""]));
    }
}
