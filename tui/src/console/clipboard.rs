//! Copying inside tmux, which by default drops what a program sends to the clipboard of the terminal around it.

use std::io::{self, Write as _};
use std::process::{Command, Stdio};

/// Gives text to the tmux that we run in, as its newest buffer and for the clipboard of the terminal around it.
pub(super) fn give_to_tmux(text: &str) -> io::Result<()> {
    feed(&mut load_buffer(), text)
}

/// The text comes on the standard input: arguments are seen by every user of the machine.
fn load_buffer() -> Command {
    let mut command = Command::new("tmux");
    command.args(["load-buffer", "-w", "-"]);
    command
}

/// Runs a command with text on its standard input; an exit code other than 0 is an error.
fn feed(command: &mut Command, text: &str) -> io::Result<()> {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    let written = child.stdin.take().map_or(Ok(()), |mut input| input.write_all(text.as_bytes()));
    let status = child.wait()?;
    written?;
    if status.success() { Ok(()) } else { Err(io::Error::other(status.to_string())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_fed_and_a_failure_is_told() {
        let reads = |program: &str| feed(Command::new("sh").args(["-c", program]), "VIP-1\nVIP-2");
        assert!(reads(r#"[ "$(cat)" = "$(printf 'VIP-1\nVIP-2')" ]"#).is_ok());
        assert!(reads("cat; exit 1").is_err());
        assert!(feed(&mut Command::new("/nowhere/tmux"), "VIP-1").is_err());
    }
}
