//! The account of a database server, and the statement that does away with it.

use std::fmt;

use rand::rngs::{SysError, SysRng};
use thiserror::Error;

use kami_core::code::{self, CodeLength};
use kami_core::hidden::is_hidden;

/// The most characters of an account's name that both servers take.
const MAX_NAME: usize = 32;

/// The most characters of an account's host that both servers take.
const MAX_HOST: usize = 255;

/// An account by its name and the hosts that it connects from, displayed as both servers read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    name: String,
    host: String,
}

/// Why a text can be no account, or no password of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum AccountError {
    /// The name is empty, too long or has control characters.
    #[error("an account's name has 1 to {MAX_NAME} characters: kami_api, or kami_api@10.0.0.% with a host")]
    Name,
    /// The host is none.
    #[error("an account's host has letters, digits and . : / _ % - only: kami_api@10.0.0.%")]
    Host,
    /// The password is empty, or has a character that servers read differently.
    #[error("a password has 1 to 255 characters, and neither a backslash nor control characters")]
    Password,
}

impl Account {
    /// Reads `name` or `name@host`; without a host it connects from everywhere.
    pub fn new(text: &str) -> Result<Self, AccountError> {
        let (name, host) = text.rsplit_once('@').unwrap_or((text, "%"));
        if name.is_empty() || name.chars().count() > MAX_NAME || name.chars().any(is_hidden) {
            return Err(AccountError::Name);
        }
        let is_of_a_host = |byte: u8| byte.is_ascii_alphanumeric() || b".:/_%-".contains(&byte);
        if host.is_empty() || host.len() > MAX_HOST || !host.bytes().all(is_of_a_host) {
            return Err(AccountError::Host);
        }
        Ok(Self { name: name.to_owned(), host: host.to_owned() })
    }

    /// Whether it only connects from the server's own machine, where nobody listens on the way.
    pub fn is_local(&self) -> bool {
        matches!(&*self.host, "localhost" | "127.0.0.1" | "::1")
    }

    /// The statement that does away with it. It fails where there is no such account: whoever takes one back has to hear
    /// that it was another, as one of other hosts.
    pub fn removal(&self) -> String {
        format!("DROP USER {self}")
    }
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`@`{}`", self.name.replace('`', "``"), self.host)
    }
}

/// A password of 160 random bits in what every address and every server takes as it stands; fails where the
/// system has no randomness. Servers that check passwords want letters of both cases, a digit and a sign: it begins
/// with these.
pub fn draw_password() -> Result<String, SysError> {
    let half = || code::draw(CodeLength::default(), &mut SysRng);
    Ok(format!("Kami-1-{}-{}", half()?, half()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_checked_and_quoted() {
        for (text, shown) in [
            ("kami_api", Ok("`kami_api`@`%`")),
            ("kami_api@10.0.0.%", Ok("`kami_api`@`10.0.0.%`")),
            ("a@b@::1", Ok("`a@b`@`::1`")),
            ("it's`", Ok("`it's```@`%`")),
            ("", Err(AccountError::Name)),
            ("@localhost", Err(AccountError::Name)),
            ("a\nb", Err(AccountError::Name)),
            ("a@", Err(AccountError::Host)),
            ("a@x'; DROP", Err(AccountError::Host)),
            ("an_account_with_a_name_that_is_too_long", Err(AccountError::Name)),
        ] {
            assert_eq!(Account::new(text).map(|account| account.to_string()), shown.map(str::to_owned));
        }
    }
}
