//! `kami`: the console and its subcommands.

use std::io::{self, Write};
use std::process::ExitCode;

use kami_command::{Arguments, Failure, Next};
use kami_common::cells::harmless_lines;
use kami_common::fault::report_panics;
use kami_common::settings::language_of_complaints;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    report_panics(language_of_complaints(&|name| std::env::var(name).ok()));
    match run(Arguments::read()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            if !matches!(failure, Failure::Unread) {
                let _: io::Result<()> =
                    writeln!(io::stderr(), "kami: {}", harmless_lines(&failure.to_string()));
            }
            ExitCode::from(failure.code())
        }
    }
}

async fn run(arguments: Arguments) -> Result<(), Failure> {
    match arguments.run(kami_console::ask_password).await? {
        Next::Done => Ok(()),
        Next::Console(settings) => {
            let language = settings.language.value;
            kami_console::run(*settings).await.map_err(|error| Failure::from(error).said_in(language))
        }
    }
}
