//! `kami preset list`.

use clap::Args;
use kami_common::shown::{self, PresetField};
use kami_common::words::say;
use kami_core::app::AppName;
use kami_core::property::Property;

use super::super::apps;
use super::super::failure::Failure;
use super::super::output::{Output, Table, message};
use super::super::record::preset_json;
use super::super::session::Session;

/// List presets
///
/// The table has a column for what one of them says. With --json a price is in the smallest unit of its currency: 990 for
/// 9.90 CNY.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  kami preset list --app demo\n  kami preset list --json | jq -r '\"\\(.name) \\(.price) \\(.currency)\"'"
)]
pub(super) struct List {
    /// Of this app alone
    #[arg(long, value_name = "APP")]
    app: Option<AppName>,
    /// Print JSON lines
    #[arg(long)]
    json: bool,
}

impl List {
    /// Lists the presets of one app, or of all.
    pub(super) async fn run(self, session: &Session) -> Result<(), Failure> {
        let language = session.language;
        if let Some(app) = &self.app {
            apps::find(session, app).await?;
        }
        let found = session.store.presets(self.app.as_ref()).await?;
        let mut out = Output::open();
        if self.json {
            for preset in &found.presets {
                out.json(&preset_json(preset))?;
            }
        } else if !found.presets.is_empty() {
            let is_said = |field: &PresetField| {
                found.presets.iter().any(|preset| field.of(language, session.zone, preset).is_some())
            };
            let fields: Vec<_> = PresetField::ALL.into_iter().filter(is_said).collect();
            let labels = [shown::label(language, Property::App), say!(language, "preset.name")];
            let mut table =
                Table::headed(labels.into_iter().chain(fields.iter().map(|field| field.label(language))));
            for preset in &found.presets {
                let said = fields.iter().map(|field| {
                    field.of(language, session.zone, preset).unwrap_or_else(|| shown::NONE.to_owned())
                });
                table.push([preset.app.to_string(), preset.name.to_string()].into_iter().chain(said));
            }
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
