//! The options that say where cards depart from the policy of their app.

use kami_core::policy::{LeaseLength, NoLease, WhenFull};

/// What `--lease` says: for so long, or `off`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Lease(pub(super) Option<LeaseLength>);

/// What a card shall say: something of its own, or `app`, nothing, so that its app says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Said<T> {
    Own(T),
    App,
}

impl<T> Said<T> {
    /// What it says of its own.
    pub(super) fn own(self) -> Option<T> {
        match self {
            Self::Own(own) => Some(own),
            Self::App => None,
        }
    }
}

/// Reads the value of `--lease`.
pub(super) fn lease(text: &str) -> Result<Lease, NoLease> {
    LeaseLength::parse(text).map(Lease)
}

/// Reads the value of `--when-full`.
pub(super) fn when_full(word: &str) -> Result<WhenFull, &'static str> {
    word.parse().map_err(|_| "write refuse or oldest")
}

/// Reads `app`, and everything else as `own` does.
pub(super) fn or_app<T, E>(
    own: impl Fn(&str) -> Result<T, E> + Clone,
) -> impl Fn(&str) -> Result<Said<T>, E> + Clone {
    move |text| if text == "app" { Ok(Said::App) } else { own(text).map(Said::Own) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_options_of_a_policy_say() {
        let ten = Lease(LeaseLength::new(600).ok());
        for (text, said) in [
            ("10m", Some(Said::Own(ten))),
            ("600", Some(Said::Own(ten))),
            ("off", Some(Said::Own(Lease(None)))),
            ("app", Some(Said::App)),
            ("59s", None),
            ("31d", None),
            ("forever", None),
            ("", None),
        ] {
            assert_eq!(or_app(lease)(text).ok(), said, "{text}");
        }
        for (word, said) in [
            ("refuse", Some(Said::Own(WhenFull::Refuse))),
            ("oldest", Some(Said::Own(WhenFull::Oldest))),
            ("app", Some(Said::App)),
            ("Oldest", None),
        ] {
            assert_eq!(or_app(when_full)(word).ok(), said, "{word}");
        }
    }
}
