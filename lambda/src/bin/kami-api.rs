//! `kami-api`, and `kami-expire` where it is called by that name, as in the files of a release.

use std::process::ExitCode;

fn main() -> ExitCode {
    kami_lambda::programs::called()
}
