//! The options that say what an app tells its clients.

use chrono::DateTime;
use clap::Args;
use kami_common::reason;
use kami_common::words::say;
use kami_core::app::{App, AppEdit, AppName, NamedValue};
use kami_core::policy::{DevicePolicy, UnbindBy, WhenCopied, WhenFull};

use super::super::failure::Failure;
use super::super::policy::{device, unbind_by, when_copied, when_full};
use super::super::session::Session;

/// What an app is to tell; an empty text takes away what it told.
#[derive(Debug, Args)]
pub(super) struct Sayings {
    /// What people call it
    #[arg(long, value_name = "TEXT")]
    title: Option<String>,
    /// For how long a machine that is not heard of again keeps its seat, 60s to 30d, such as 10m; off for as long as the card
    #[arg(long, value_name = "SPAN")]
    lease: Option<String>,
    /// What becomes of a machine that asks when all seats are taken: refuse, or oldest: the one seen longest ago gives
    /// way, or without a lease the one seated longest ago
    #[arg(long, value_name = "RULE", value_parser = when_full)]
    when_full: Option<WhenFull>,
    /// What a machine gets to try it, once ever: 60s to 365d such as 1d, or points such as 20p; off for nothing
    #[arg(long, value_name = "SPAN|POINTS")]
    trial: Option<String>,
    /// From which machines customers unbind a card: off, machine: one that gives its own seat up, or anyone: one without a
    /// seat also frees the machine seen longest ago, which counts and costs twice
    #[arg(long, value_name = "WHO", value_parser = unbind_by)]
    unbind: Option<UnbindBy>,
    /// How long after an unbinding the next one is, and for how long who gave a seat up gets none, 60s to 30d, such as 24h;
    /// off for the least: 60s, or 24h where anyone unbinds without a limit
    #[arg(long, value_name = "SPAN")]
    unbind_cooldown: Option<String>,
    /// How many unbindings a card has in 30 days, 1 to 1,000; off for any number
    #[arg(long, value_name = "NUMBER")]
    unbind_limit: Option<String>,
    /// What an unbinding takes off the card: time such as 1h, or points such as 5p; off for nothing
    #[arg(long, value_name = "COST")]
    unbind_cost: Option<String>,
    /// For how long it may start without a network once a machine was let in, 1h to 90d, such as 7d; off for not at all. It
    /// needs signed answers: kami keys
    #[arg(long, value_name = "SPAN")]
    offline: Option<String>,
    /// Whether requests are signed by a key of the device: off, allowed: by those who got a seat with one, or required: by
    /// all. It needs apps with root keys: docs/trust.md
    #[arg(long, value_name = "RULE", value_parser = device)]
    device: Option<DevicePolicy>,
    /// What becomes of a machine whose key was copied to another: allow: it is let in and counted, or refuse: it is refused
    /// and counted
    #[arg(long, value_name = "RULE", value_parser = when_copied)]
    when_copied: Option<WhenCopied>,
    /// Its newest version, such as 2.1.0
    #[arg(long, value_name = "VERSION")]
    latest: Option<String>,
    /// The lowest version that is let in: clients below it are refused
    #[arg(long, value_name = "VERSION")]
    minimum: Option<String>,
    /// Where to get the newest version: an address behind https:// or http://
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// What its users are told
    #[arg(long, value_name = "TEXT")]
    notice: Option<String>,
    /// A value for machines that are let in, up to 32 with the public ones; KEY= removes it
    #[arg(long = "value", value_name = "KEY=TEXT", value_parser = pair)]
    values: Vec<(String, String)>,
    /// A value for whoever asks; KEY= removes it
    #[arg(long = "public-value", value_name = "KEY=TEXT", value_parser = pair)]
    public_values: Vec<(String, String)>,
}

/// The name and the text of a value.
fn pair(text: &str) -> Result<(String, String), &'static str> {
    let (name, value) = text.split_once('=').ok_or("write KEY=TEXT")?;
    Ok((name.to_owned(), value.to_owned()))
}

impl Sayings {
    /// What is to become of an app; what cannot be is told by the option that says it.
    pub(super) fn edit(self, session: &Session) -> Result<AppEdit, Failure> {
        let none = AppEdit::default;
        let Self { title, lease, when_full, trial, unbind, latest, minimum, url, notice, .. } = self;
        let Self { unbind_cooldown, unbind_limit, unbind_cost, offline, device, when_copied, .. } = self;
        let Self { values, public_values, .. } = self;
        let values = [named(values, false), named(public_values, true)];
        let blank = App::blank(AppName::default(), DateTime::UNIX_EPOCH);
        for (option, alone) in [
            ("--title", AppEdit { title: title.clone(), ..none() }),
            ("--lease", AppEdit { lease: lease.clone(), ..none() }),
            ("--trial", AppEdit { trial: trial.clone(), ..none() }),
            ("--unbind-cooldown", AppEdit { unbind_cooldown: unbind_cooldown.clone(), ..none() }),
            ("--unbind-limit", AppEdit { unbind_limit: unbind_limit.clone(), ..none() }),
            ("--unbind-cost", AppEdit { unbind_cost: unbind_cost.clone(), ..none() }),
            ("--offline", AppEdit { offline: offline.clone(), ..none() }),
            ("--latest", AppEdit { latest: latest.clone(), ..none() }),
            ("--minimum", AppEdit { minimum: minimum.clone(), ..none() }),
            ("--url", AppEdit { url: url.clone(), ..none() }),
            ("--notice", AppEdit { notice: notice.clone(), ..none() }),
            ("--value", AppEdit { values: values[0].clone(), ..none() }),
            ("--public-value", AppEdit { values: values[1].clone(), ..none() }),
        ] {
            alone.applied(&blank).map_err(|error| {
                let why = reason::app_error(session.language, &error);
                Failure::Usage(say!(session.language, "command.wrong_option", option = option, why = why))
            })?;
        }
        let values = values.concat();
        let is_twice =
            |value: &&NamedValue| values.iter().filter(|other| other.name == value.name).count() > 1;
        if let Some(value) = values.iter().find(is_twice) {
            return Err(Failure::Usage(say!(session.language, "command.value_twice", name = value.name)));
        }
        Ok(AppEdit {
            title,
            lease,
            when_full,
            trial,
            unbind,
            unbind_cooldown,
            unbind_limit,
            unbind_cost,
            offline,
            device,
            when_copied,
            latest,
            minimum,
            url,
            notice,
            values,
        })
    }
}

fn named(pairs: Vec<(String, String)>, is_public: bool) -> Vec<NamedValue> {
    pairs.into_iter().map(|(name, value)| NamedValue { name, value, is_public }).collect()
}
