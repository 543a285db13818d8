//! Where a copied text goes: to the terminal, and inside tmux also to that, which by default drops what a program sends to
//! the clipboard of the terminal around it.

use std::io;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;
use tokio::time::timeout;

/// How long tmux has to take a text: a server that hangs answers never.
const PATIENCE: Duration = Duration::from_secs(2);

/// What takes a copied text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Clipboard {
    /// The terminal's clipboard, as far as the terminal lets programs write it, which none tells.
    #[default]
    Terminal,
    /// The buffers of the tmux that the console runs in.
    Tmux,
    /// Nothing: GNU screen keeps from the terminal around it what is for the clipboard.
    Screen,
    /// Nothing: the console of Linux has no clipboard.
    Missing,
}

impl Clipboard {
    /// What the process's environment says that takes it.
    pub fn detect(variable: &dyn Fn(&str) -> Option<String>) -> Self {
        let is_set = |name| variable(name).is_some_and(|value| !value.is_empty());
        if is_set("TMUX") {
            Self::Tmux
        } else if is_set("STY") {
            Self::Screen
        } else if variable("TERM").as_deref() == Some("linux") {
            Self::Missing
        } else {
            Self::Terminal
        }
    }

    /// Whether the terminal is told to take a text to its clipboard.
    pub const fn is_sent_to(self) -> bool {
        matches!(self, Self::Terminal | Self::Tmux)
    }
}

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

    #[test]
    fn what_takes_a_text_is_told_by_the_environment() {
        for (variables, clipboard) in [
            (&[("TERM", "xterm-256color")][..], Clipboard::Terminal),
            (&[("TERM", "tmux-256color"), ("TMUX", "/tmp/tmux-0/default,1,0")], Clipboard::Tmux),
            (&[("TERM", "xterm"), ("TMUX", "")], Clipboard::Terminal),
            (&[("TERM", "screen"), ("STY", "1.pts-0")], Clipboard::Screen),
            (&[("TERM", "linux")], Clipboard::Missing),
        ] {
            let variable = |name: &str| {
                variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
            };
            assert_eq!(Clipboard::detect(&variable), clipboard, "{variables:?}");
        }
    }
}
