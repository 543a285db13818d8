//! The options that say where cards depart from the policy of their app.

use clap::Args;
use kami_core::policy::{
    Cooldown, DevicePolicy, LeaseLength, NoLease, NoUnbinding, UnbindBy, UnbindCost, UnbindLimit, UnbindPart,
    WhenCopied, WhenFull,
};

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

/// Where cards depart from what their app says of unbinding.
#[derive(Clone, Copy, Debug, Args)]
pub(super) struct Unbinding {
    /// Other machines than the app says from which the customer unbinds: off, machine or anyone; app for what the app says
    #[arg(long, value_name = "WHO", value_parser = or_app(unbind_by))]
    unbind: Option<Said<UnbindBy>>,
    /// Another cooldown than the app says, such as 24h, or off; app for what the app says
    #[arg(long, value_name = "SPAN", value_parser = or_app(of_unbinding(Cooldown::parse)))]
    unbind_cooldown: Option<Said<Maybe<Cooldown>>>,
    /// Another number of unbindings in 30 days than the app says, such as 3, or off; app for what the app says
    #[arg(long, value_name = "NUMBER", value_parser = or_app(of_unbinding(UnbindLimit::parse)))]
    unbind_limit: Option<Said<Maybe<UnbindLimit>>>,
    /// Another cost of an unbinding than the app says, such as 1h or 5p, or off; app for what the app says
    #[arg(long, value_name = "COST", value_parser = or_app(of_unbinding(UnbindCost::parse)))]
    unbind_cost: Option<Said<Maybe<UnbindCost>>>,
}

/// What an option of unbinding says, or `off`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Maybe<T>(Option<T>);

impl Unbinding {
    /// By which a group of options names them.
    pub(super) const IDS: [&str; 4] = ["unbind", "unbind_cooldown", "unbind_limit", "unbind_cost"];

    /// Whether none of them is given.
    pub(super) fn is_empty(&self) -> bool {
        let Self { unbind, unbind_cooldown, unbind_limit, unbind_cost } = self;
        unbind.is_none() && unbind_cooldown.is_none() && unbind_limit.is_none() && unbind_cost.is_none()
    }

    /// Says of a card what is given.
    pub(super) fn apply(&self, part: &mut UnbindPart) {
        if let Some(said) = self.unbind {
            part.by = said.own();
        }
        if let Some(said) = self.unbind_cooldown {
            part.cooldown = said.own().map(|Maybe(cooldown)| cooldown);
        }
        if let Some(said) = self.unbind_limit {
            part.limit = said.own().map(|Maybe(limit)| limit);
        }
        if let Some(said) = self.unbind_cost {
            part.cost = said.own().map(|Maybe(cost)| cost);
        }
    }
}

/// Reads the value of `--unbind`.
pub(super) fn unbind_by(word: &str) -> Result<UnbindBy, &'static str> {
    word.parse().map_err(|_| "write off, machine or anyone")
}

fn of_unbinding<T>(
    parse: fn(&str) -> Result<Option<T>, NoUnbinding>,
) -> impl Fn(&str) -> Result<Maybe<T>, NoUnbinding> + Clone {
    move |text| parse(text).map(Maybe)
}

/// Reads the value of `--lease`.
pub(super) fn lease(text: &str) -> Result<Lease, NoLease> {
    LeaseLength::parse(text).map(Lease)
}

/// Reads the value of `--when-full`.
pub(super) fn when_full(word: &str) -> Result<WhenFull, &'static str> {
    word.parse().map_err(|_| "write refuse or oldest")
}

/// Reads the value of `--device`.
pub(super) fn device(word: &str) -> Result<DevicePolicy, &'static str> {
    word.parse().map_err(|_| "write off, allowed or required")
}

/// Reads the value of `--when-copied`.
pub(super) fn when_copied(word: &str) -> Result<WhenCopied, &'static str> {
    word.parse().map_err(|_| "write allow or refuse")
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
