//! `kami app list`.

use std::collections::BTreeMap;

use clap::Args;
use kami_common::shown;
use kami_common::words::{number, say};
use kami_core::app::App;
use kami_core::policy::{Policy, PolicyPart};
use kami_core::version::Version;
use kami_store::{AppCounts, StatusCounts};

use super::super::failure::Failure;
use super::super::output::{Output, Table, message, yes_no};
use super::super::record::{app_json, counts_json};
use super::super::session::Session;

/// List apps with how many cards each has
///
/// The table says leases, what becomes of a machine when all seats are taken, trials, who unbinds cards, starts without a
/// network, and keys of devices, where an app does.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  kami app list\n  kami app list --all --json | jq -r .name")]
pub(super) struct List {
    /// The archived ones as well
    #[arg(long)]
    all: bool,
    /// Print JSON lines
    #[arg(long)]
    json: bool,
}

impl List {
    /// Counts the cards of each app, and lists them.
    pub(super) async fn run(self, session: &Session) -> Result<(), Failure> {
        let language = session.language;
        let found = session.store.apps().await?;
        let counted = session.store.app_counts().await?.into_iter();
        let cards: BTreeMap<String, StatusCounts> =
            counted.map(|AppCounts { app, counts }| (app, counts)).collect();
        let is_shown = |app: &&App| self.all || !app.is_archived;
        let (mut with_leases, mut with_rules, mut with_trials) = (false, false, false);
        let (mut with_unbinding, mut with_offline, mut with_keys) = (false, false, false);
        for app in found.apps.iter().filter(is_shown) {
            with_leases |= app.policy.lease.is_some();
            with_rules |= app.policy.when_full.is_some();
            with_trials |= app.policy.trial.is_some();
            with_unbinding |= app.policy.unbind.by.is_some();
            with_offline |= app.policy.offline.is_some();
            with_keys |= app.policy.device.is_some();
        }
        let headings = ["name", "title", "latest", "minimum", "cards"].into_iter();
        let headings = headings
            .chain(with_leases.then_some("lease"))
            .chain(with_rules.then_some("when_full"))
            .chain(with_trials.then_some("trial"))
            .chain(with_unbinding.then_some("unbind"))
            .chain(with_offline.then_some("offline"))
            .chain(with_keys.then_some("device"))
            .chain(self.all.then_some("archived"));
        let mut table = Table::headed(headings.map(|field| shown::app_label(language, field)));
        let mut out = Output::open();
        for app in found.apps.iter().filter(is_shown) {
            let counts = cards.get(app.name.as_str());
            if self.json {
                let mut value = app_json(app);
                value["cards"] = counts_json(counts);
                out.json(&value)?;
            } else {
                let policy = Policy::of(&app.policy, &PolicyPart::default());
                let lease = with_leases.then(|| shown::lease(language, policy.lease));
                let rule = with_rules.then(|| shown::when_full(language, policy.when_full));
                let trial = with_trials.then(|| shown::trial(language, app.policy.trial));
                let unbind = with_unbinding.then(|| shown::unbind_by(language, policy.unbind.by));
                let offline = with_offline.then(|| shown::offline(language, policy.offline));
                let device = with_keys.then(|| shown::device(language, policy.device));
                let archived = self.all.then(|| yes_no(language, app.is_archived));
                let said = [lease, rule, trial, unbind, offline, device, archived].into_iter().flatten();
                table.push(cells(app, counts).into_iter().chain(said));
            }
        }
        if !self.json {
            out.table(&table)?;
        }
        out.flush()?;
        if !found.unreadable.is_empty() {
            let names = found.unreadable.join(&say!(language, "language.comma"));
            message(&say!(language, "app.unreadable", names = names));
        }
        Ok(())
    }
}

fn cells(app: &App, counts: Option<&StatusCounts>) -> [String; 5] {
    [
        app.name.to_string(),
        shown::text(Some(app.title.as_str()).filter(|title| !title.is_empty())),
        shown::text(app.latest.as_ref().map(Version::as_str)),
        shown::text(app.minimum.as_ref().map(Version::as_str)),
        number(counts.map_or(0, StatusCounts::total)),
    ]
}
