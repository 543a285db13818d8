//! What a machine lacks is told from a failure.

use std::fs::OpenOptions;
use std::io::Write;
use std::thread;

/// The file in which skipped tests are noted, one a line; where it is unset, nothing may be skipped.
const SKIPPED: &str = "KAMI_TEST_SKIPPED";

/// Notes that the calling test, or a part of it, is left out since this machine lacks what it needs; the test then returns.
///
/// # Panics
///
/// Panics where no test may be skipped, as in `.ci/run`, or in `cargo test` without `./test.sh`.
pub fn skip_for_want_of(lack: &str) {
    let Some(path) = std::env::var_os(SKIPPED) else {
        panic!("this machine lacks what the test needs, and nothing may be skipped in this run: {lack}")
    };
    let test = thread::current().name().unwrap_or("a test").to_owned();
    let mut skipped = OpenOptions::new().append(true).create(true).open(path).unwrap();
    skipped.write_all(format!("{test}: {lack}\n").as_bytes()).unwrap();
}
