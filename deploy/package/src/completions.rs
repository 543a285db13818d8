//! What bash, zsh and fish need to complete the command lines.

use clap::Command;
use clap_complete::{Shell, generate};

use crate::place::Place;
use crate::tree::Tree;

/// Lays the completions of a program where each shell looks for them.
pub(crate) fn lay(tree: &Tree, place: &Place, program: &mut Command) -> anyhow::Result<()> {
    let name = program.get_name().to_owned();
    let files = [
        (Shell::Bash, format!("{}/{name}", place.bash)),
        (Shell::Zsh, format!("{}/_{name}", place.zsh)),
        (Shell::Fish, format!("{}/{name}.fish", place.fish)),
    ];
    for (shell, path) in files {
        let mut script = Vec::new();
        generate(shell, program, &name, &mut script);
        tree.text(&path, script)?;
    }
    Ok(())
}
