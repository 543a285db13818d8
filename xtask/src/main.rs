//! `xtask COMMAND ARGUMENT...`: what the scripts of the project call.

use std::ffi::OsString;
use std::io::{self, Write as _};
use std::process::ExitCode;

use kami_xtask::{Failure, check_change, private_server, start};

type Run = fn(&[OsString]) -> Result<ExitCode, Failure>;

const COMMANDS: [(&str, Run); 3] = [
    ("check-change", check_change::run),
    ("private-server", private_server::command::run),
    ("start.sh", start::run),
];

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    let asked = arguments.next().unwrap_or_default();
    let Some((name, run)) = COMMANDS.into_iter().find(|(name, _)| asked == *name) else {
        drop(writeln!(io::stderr(), "xtask: there is no command {}", asked.display()));
        return ExitCode::from(2);
    };
    run(&arguments.collect::<Vec<_>>()).unwrap_or_else(|failure| {
        if !failure.message().is_empty() {
            drop(writeln!(io::stderr(), "{name}: {failure}"));
        }
        ExitCode::from(failure.status())
    })
}
