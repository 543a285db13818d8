//! `kami app show`.

use clap::Args;
use kami_common::shown;
use kami_core::app::{App, AppName, NamedValue};
use kami_core::policy::{Policy, PolicyPart};
use kami_core::version::Version;

use super::super::apps::find;
use super::super::failure::Failure;
use super::super::output::{Output, Table, yes_no};
use super::super::record::app_json;
use super::super::session::Session;

/// Show everything that an app tells its clients
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  kami app show demo\n  kami app show demo --json | jq .values")]
pub(super) struct Show {
    /// The name of the app
    #[arg(value_name = "NAME")]
    name: AppName,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

impl Show {
    /// Shows the app; that there is none ends with code 3.
    pub(super) async fn run(self, session: &Session) -> Result<(), Failure> {
        let language = session.language;
        let app = find(session, &self.name).await?;
        let mut out = Output::open();
        if self.json {
            out.json(&app_json(&app))?;
            return Ok(out.flush()?);
        }
        let mut table = Table::default();
        let App { title, latest, minimum, url, notice, .. } = &app;
        let Policy { lease, when_full, unbind, offline, .. } =
            Policy::of(&app.policy, &PolicyPart::default());
        for (field, value) in [
            ("name", app.name.to_string()),
            ("title", shown::text(Some(title.as_str()).filter(|title| !title.is_empty()))),
            ("lease", shown::lease(language, lease)),
            ("when_full", shown::when_full(language, when_full)),
            ("trial", shown::trial(language, app.policy.trial)),
            ("unbind", shown::unbind_by(language, unbind.by)),
            ("unbind_cooldown", shown::unbind_cooldown(language, unbind)),
            ("unbind_limit", shown::unbind_limit(language, unbind.limit)),
            ("unbind_cost", shown::unbind_cost(language, unbind.cost)),
            ("offline", shown::offline(language, offline)),
            ("latest", shown::text(latest.as_ref().map(Version::as_str))),
            ("minimum", shown::text(minimum.as_ref().map(Version::as_str))),
            ("url", shown::text(url.as_deref())),
            ("notice", shown::text(notice.as_deref())),
            ("archived", yes_no(language, app.is_archived)),
            ("created", shown::whole_moment(session.zone, app.created_at)),
        ] {
            table.push([shown::app_label(language, field), value]);
        }
        for NamedValue { name, value, is_public } in &app.values {
            let (name, value) = shown::named_value(language, name, value, *is_public);
            table.push([name, value]);
        }
        out.table(&table)?;
        Ok(out.flush()?)
    }
}
