//! Where a copied text goes: to the terminal, and inside tmux also to that, which by default drops what a program sends to
//! the clipboard of the terminal around it.

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

#[cfg(test)]
mod tests {
    use super::*;

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
