//! A panic: a fault in kami, told by its place alone.

use std::io::{self, Write as _};
use std::panic;

use crate::words::{Language, say};

/// The exit code of a program that found itself at fault.
const FAILED: i32 = 1;

/// From now on a panic, on whatever task, says its place and ends the process with code 1: what was not committed is
/// taken back by the server. The panic's own words may quote a card code, so that they are not shown.
pub fn report_panics(language: Language) {
    panic::set_hook(Box::new(move |panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        let words = say!(language, "fault", place = place);
        let _: io::Result<()> = writeln!(io::stderr(), "kami: {words}");
        std::process::exit(FAILED);
    }));
}
