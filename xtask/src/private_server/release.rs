//! What a server is and how new, by its own word.

use std::fmt;

/// Whose server it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Oracle's `MySQL`.
    MySql,
    /// `MariaDB`, which Debian calls mysqld as well.
    MariaDb,
}

impl Kind {
    /// `mysql` or `mariadb`, as files and output name it.
    pub fn word(self) -> &'static str {
        match self {
            Self::MySql => "mysql",
            Self::MariaDb => "mariadb",
        }
    }

    pub(super) fn of_word(word: &str) -> Option<Self> {
        [Self::MySql, Self::MariaDb].into_iter().find(|kind| kind.word() == word)
    }
}

/// A kind and a version; shown as `mysql 9.7.0`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Release {
    /// Whose it is.
    pub kind: Kind,
    version: [u32; 3],
}

impl Release {
    /// What a server says of itself with `--version`.
    pub(super) fn of_answer(answer: &str) -> Option<Self> {
        let kind = if answer.contains("MariaDB") { Kind::MariaDb } else { Kind::MySql };
        let version =
            answer.match_indices("Ver ").find_map(|(place, mark)| version(&answer[place + mark.len()..]))?;
        Some(Self { kind, version })
    }

    pub(super) fn is_new_enough(&self) -> bool {
        let [major, minor, _] = self.version;
        match self.kind {
            Kind::MySql => major >= 8,
            Kind::MariaDb => (major, minor) >= (10, 11),
        }
    }

    /// Whether both are of one series of releases, such as `MariaDB` 10.11.
    pub(super) fn is_same_series(&self, other: &Self) -> bool {
        self.kind == other.kind && self.version[..2] == other.version[..2]
    }
}

fn version(text: &str) -> Option<[u32; 3]> {
    let mut parts = text.splitn(3, '.');
    let (major, minor, rest) = (parts.next()?, parts.next()?, parts.next()?);
    let patch = rest.split(|it: char| !it.is_ascii_digit()).next()?;
    Some([major.parse().ok()?, minor.parse().ok()?, patch.parse().ok()?])
}

impl fmt::Display for Release {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [major, minor, patch] = self.version;
        write!(formatter, "{} {major}.{minor}.{patch}", self.kind.word())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(answer: &str) -> Option<String> {
        Release::of_answer(answer).map(|release| release.to_string())
    }

    #[test]
    fn server_is_what_it_says_whatever_its_file_is_called() {
        for (answer, release) in [
            (
                "/usr/sbin/mysqld  Ver 10.11.14-MariaDB-0+deb12u2 for debian-linux-gnu on x86_64 (Debian 12)",
                "mariadb 10.11.14",
            ),
            ("/usr/sbin/mysqld  Ver 8.0.43-0ubuntu0.22.04.1 for Linux on x86_64 ((Ubuntu))", "mysql 8.0.43"),
            (
                "/opt/Ver 1/mysqld  Ver 9.7.0 for Linux on x86_64 (MySQL Community Server - GPL)",
                "mysql 9.7.0",
            ),
        ] {
            assert_eq!(said(answer).as_deref(), Some(release), "{answer}");
        }
        for answer in ["", "mysqld", "mysqld  Ver", "mysqld  Ver 8.0", "mysqld  Ver x.y.z", "Ver 8..1"] {
            assert_eq!(said(answer), None, "{answer}");
        }
    }

    #[test]
    fn old_releases_are_told_from_usable_ones() {
        let is_new_enough = |kind: &str, version: &str| {
            Release::of_answer(&format!("x  Ver {version}-{kind}")).unwrap().is_new_enough()
        };
        for (kind, version, expected) in [
            ("", "5.7.44", false),
            ("", "8.0.0", true),
            ("", "10.0.0", true),
            ("MariaDB", "10.6.20", false),
            ("MariaDB", "10.11.0", true),
            ("MariaDB", "11.0.1", true),
            ("MariaDB", "9.11.1", false),
        ] {
            assert_eq!(is_new_enough(kind, version), expected, "{kind} {version}");
        }
    }

    #[test]
    fn series_is_kind_and_the_first_two_numbers() {
        let release = |answer: &str| Release::of_answer(answer).unwrap();
        assert!(release("Ver 11.8.2-MariaDB").is_same_series(&release("Ver 11.8.6-MariaDB")));
        assert!(!release("Ver 11.8.2-MariaDB").is_same_series(&release("Ver 11.4.2-MariaDB")));
        assert!(!release("Ver 11.8.2-MariaDB").is_same_series(&release("Ver 11.8.2")));
    }
}
