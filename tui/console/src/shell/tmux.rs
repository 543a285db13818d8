//! A copied text for the tmux that the console runs in.

use std::io;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;
use tokio::time::timeout;

/// How long tmux has to take a text: a server that hangs answers never.
const PATIENCE: Duration = Duration::from_secs(2);

/// Gives text to the tmux that we run in, as its newest buffer and, from version 3.2 on, to the clipboard of the terminal
/// around it; says whether it has the buffer.
pub(super) async fn give_to_tmux(text: &str) -> bool {
    let give = async {
        feed("tmux", &["load-buffer", "-w", "-"], text).await.is_ok()
            || feed("tmux", &["load-buffer", "-"], text).await.is_ok()
    };
    timeout(PATIENCE, give).await.unwrap_or(false)
}

/// Runs a command with text on its standard input, where nobody else sees it as he sees arguments; an exit code other
/// than 0 is an error. It is killed when nobody waits for it any more.
async fn feed(program: &str, arguments: &[&str], text: &str) -> io::Result<()> {
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()?;
    if let Some(mut input) = child.stdin.take() {
        // One that refuses its arguments reads nothing: its exit code says more.
        drop(input.write_all(text.as_bytes()).await);
    }
    let status = child.wait().await?;
    if status.success() { Ok(()) } else { Err(io::Error::other(status.to_string())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_code_is_fed_and_a_failure_is_told() {
        let reads = async |program: &str| feed("sh", &["-c", program], "VIP-1\nVIP-2").await;
        assert!(reads(r#"[ "$(cat)" = "$(printf 'VIP-1\nVIP-2')" ]"#).await.is_ok());
        assert!(reads("cat; exit 1").await.is_err());
        assert!(feed("/nowhere/tmux", &[], "VIP-1").await.is_err());
    }
}
