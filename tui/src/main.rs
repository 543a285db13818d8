//! `kami`: the console and its subcommands.

use std::io::{self, Write};
use std::process::ExitCode;

use kami_tui::cells::harmless_lines;
use kami_tui::command::{Arguments, Failure};
use kami_tui::fault::report_panics;
use kami_tui::settings::language_of_complaints;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    report_panics(language_of_complaints(&|name| std::env::var(name).ok()));
    match Arguments::read().run().await {
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
