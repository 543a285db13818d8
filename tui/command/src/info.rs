//! `kami info`: where everything is.

use clap::Args;
use kami_common::shown;
use kami_common::words::say;
use serde_json::json;

use super::failure::Failure;
use super::output::{Output, Table, yes_no};
use super::session::Session;

/// Print where everything is: files, database, operator
///
/// It asks the database nothing; `kami doctor` does.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  kami info\n  kami -e prod info --json")]
pub(super) struct Info {
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

impl Info {
    /// Prints it.
    pub(super) fn run(self, session: &Session) -> Result<(), Failure> {
        let language = session.language;
        let settings = &session.settings;
        let connection = &settings.connection;
        let exports = std::env::current_dir()?.join("exports");
        let mut out = Output::open();
        if self.json {
            out.json(&json!({
                "version": env!("CARGO_PKG_VERSION"),
                "config": settings.paths.config,
                "preferences": settings.paths.preferences,
                "environment": connection.name,
                "production": connection.production,
                "database": connection.url.to_string(),
                "read_only": settings.read_only,
                "operator": session.operator.as_str(),
                "exports": exports,
                "time_zone": session.zone.name(),
                "language": language.code(),
            }))?;
            return Ok(out.flush()?);
        }
        let file = |path: &std::path::Path| {
            let missing = if path.exists() { String::new() } else { say!(language, "command.info.missing") };
            format!("{}{missing}", path.display())
        };
        let environment = connection.name.clone().unwrap_or_else(|| shown::NONE.to_owned());
        let production =
            if connection.production { say!(language, "header.production") } else { String::new() };
        let mut table = Table::default();
        for (name, value) in [
            ("version", env!("CARGO_PKG_VERSION").to_owned()),
            ("config", file(&settings.paths.config)),
            ("preferences", file(&settings.paths.preferences)),
            ("environment", format!("{environment} {production}")),
            ("database", connection.url.to_string()),
            ("read_only", yes_no(language, settings.read_only)),
            ("operator", session.operator.to_string()),
            ("exports", file(&exports)),
            ("time_zone", session.zone.name().to_owned()),
            ("language", language.name()),
        ] {
            table.push([say!(language, format!("command.info.{name}")), value]);
        }
        out.table(&table)?;
        Ok(out.flush()?)
    }
}
