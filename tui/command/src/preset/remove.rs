//! `kami preset remove`.

use clap::Args;
use kami_store::{Permission, PresetOrder};

use super::super::failure::Failure;
use super::super::session::Session;
use super::act::carry_out;
use super::find::find;
use super::values::Named;

/// Remove a preset
///
/// Cards that were made by it stay, and their batches keep what it was. It is not asked about, as kami undo brings it back.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  kami preset remove month --app demo")]
pub(super) struct Remove {
    #[command(flatten)]
    named: Named,
    /// Print what it came to as JSON
    #[arg(long)]
    json: bool,
}

impl Remove {
    /// Removes the preset.
    pub(super) async fn run(self, session: &Session) -> Result<(), Failure> {
        session.must_be_allowed(Permission::Price).await?;
        let Named { name, app } = self.named;
        let seen = find(session, &app.unwrap_or_default(), &name).await?;
        carry_out(session, PresetOrder { seen: Some(seen), wanted: None }, self.json).await
    }
}
