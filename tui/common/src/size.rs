//! The size of the terminal, also of one that does not know its own.

use std::fs::File;
use std::os::fd::AsFd as _;

use rustix::stdio::stdout;
use rustix::termios::{Winsize, tcgetwinsize};

/// The size where nothing tells it: that of the terminals that all others imitate.
const USUAL: (u16, u16) = (80, 24);

/// More than any screen shows; every cell takes memory, and a pseudo-terminal may say 65,535 of each.
const MOST: (u16, u16) = (1_000, 500);

/// The columns and rows of the terminal that the process belongs to, else of the one on standard output, no more than
/// 1,000 and 500; where that has none, as under `docker run -t` before anybody said how large it is, those of `COLUMNS`
/// and `LINES`, or 80 and 24.
pub fn terminal_size() -> (u16, u16) {
    let told = match File::open("/dev/tty") {
        Ok(terminal) => tcgetwinsize(terminal.as_fd()),
        Err(_) => tcgetwinsize(stdout()),
    };
    let size = |told: Winsize| (told.ws_col, told.ws_row);
    known(told.map(size).unwrap_or_default(), |name| std::env::var(name).ok())
}

/// `told` with what it leaves open taken from the environment.
pub(crate) fn known(told: (u16, u16), variable: impl Fn(&str) -> Option<String>) -> (u16, u16) {
    let or = |told: u16, name: &str, usual: u16| {
        if told > 0 {
            return told;
        }
        let chosen = variable(name).and_then(|value| value.trim().parse().ok());
        chosen.filter(|cells| *cells > 0).unwrap_or(usual)
    };
    (or(told.0, "COLUMNS", USUAL.0).min(MOST.0), or(told.1, "LINES", USUAL.1).min(MOST.1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_that_the_terminal_does_not_tell_comes_from_the_environment_or_is_the_usual_one() {
        for (told, columns, lines, size) in [
            ((100, 30), Some("40"), Some("20"), (100, 30)),
            ((0, 0), Some("40"), Some("20"), (40, 20)),
            ((0, 30), Some(" 132 "), None, (132, 30)),
            ((0, 0), None, None, (80, 24)),
            ((0, 0), Some("0"), Some("many"), (80, 24)),
            ((0, 0), Some("-1"), Some("70000"), (80, 24)),
            ((u16::MAX, u16::MAX), None, None, (1_000, 500)),
            ((0, 0), Some("65535"), Some("65535"), (1_000, 500)),
        ] {
            let variable = |name: &str| if name == "COLUMNS" { columns } else { lines }.map(str::to_owned);
            assert_eq!(known(told, variable), size, "{told:?} {columns:?} {lines:?}");
        }
    }
}
