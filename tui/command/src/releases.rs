//! Which releases of the database servers kami works with, and which its tests run on.

use kami_store::ServerKind;

/// The major and the minor number of a release.
type Release = (u32, u32);

/// The releases that the tests run on, the oldest first.
const TESTED: [(ServerKind, &[Release]); 2] =
    [(ServerKind::MySql, &[(9, 7)]), (ServerKind::MariaDb, &[(10, 11), (11, 8)])];

/// The oldest that kami works with.
const OLDEST: [(ServerKind, Release); 2] = [(ServerKind::MySql, (8, 0)), (ServerKind::MariaDb, (10, 11))];

/// How a release stands to those that the tests run on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// Kami does not work with it.
    TooOld,
    /// It comes before the first of them.
    Older,
    /// Between two of them.
    Between,
    /// One of them.
    Tested,
    /// It comes after the last of them.
    Newer,
}

/// How a server stands by its version, as it calls it.
pub(super) fn standing(kind: ServerKind, version: &str) -> Standing {
    let mut numbers = version.split(['.', '-']).map(|part| part.parse().unwrap_or(0));
    let release = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    let tested = tested(kind);
    if OLDEST.iter().any(|(of, oldest)| *of == kind && release < *oldest) {
        Standing::TooOld
    } else if tested.contains(&release) {
        Standing::Tested
    } else if tested.iter().all(|other| release < *other) {
        Standing::Older
    } else if tested.iter().all(|other| release > *other) {
        Standing::Newer
    } else {
        Standing::Between
    }
}

/// The releases of a kind that the tests run on, as they are displayed: `10.11, 11.8`.
pub(super) fn tested_in_words(kind: ServerKind) -> String {
    tested(kind).iter().map(|(major, minor)| format!("{major}.{minor}")).collect::<Vec<_>>().join(", ")
}

fn tested(kind: ServerKind) -> &'static [Release] {
    TESTED.iter().find(|(of, _)| *of == kind).map_or(&[], |(_, releases)| *releases)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_is_told_from_those_that_the_tests_run_on() {
        for (kind, version, expected) in [
            (ServerKind::MySql, "5.7.44-log", Standing::TooOld),
            (ServerKind::MySql, "8.0.36", Standing::Older),
            (ServerKind::MySql, "9.7.4-2", Standing::Tested),
            (ServerKind::MySql, "10.0.0", Standing::Newer),
            (ServerKind::MariaDb, "10.6.18-MariaDB", Standing::TooOld),
            (ServerKind::MariaDb, "10.11.19-MariaDB-0+deb12u1", Standing::Tested),
            (ServerKind::MariaDb, "11.4.2-MariaDB", Standing::Between),
            (ServerKind::MariaDb, "11.8.9-MariaDB-0+deb13u1 from Debian", Standing::Tested),
            (ServerKind::MariaDb, "12.1.1-MariaDB", Standing::Newer),
            (ServerKind::MariaDb, "unknown", Standing::TooOld),
        ] {
            assert_eq!(standing(kind, version), expected, "{version}");
        }
        assert_eq!(tested_in_words(ServerKind::MariaDb), "10.11, 11.8");
    }
}
