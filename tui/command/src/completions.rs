//! `kami completions`: what a shell needs to complete the command line.

use clap::{Args, CommandFactory as _};
use clap_complete::{Shell, generate};

use super::{Arguments, Failure};

/// Print the completions for a shell
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  kami completions bash > ~/.local/share/bash-completion/completions/kami\n  \
                        kami completions zsh > ~/.zfunc/_kami\n  \
                        kami completions fish > ~/.config/fish/completions/kami.fish"
)]
pub(super) struct Completions {
    /// The shell
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

impl Completions {
    /// Prints them.
    pub(super) fn run(self) -> Result<(), Failure> {
        use std::io::Write as _;
        // In memory first: the generator takes a closed output for a fault of its own.
        let mut script = Vec::new();
        generate(self.shell, &mut Arguments::command(), "kami", &mut script);
        Ok(std::io::stdout().lock().write_all(&script)?)
    }
}
