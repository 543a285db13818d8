//! `kami-expire` by itself, as Lambda's function needs it.

use std::process::ExitCode;

fn main() -> ExitCode {
    kami_lambda::programs::kami_expire()
}
