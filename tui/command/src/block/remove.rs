//! `kami block remove`.

use clap::Args;
use kami_common::words::say;
use kami_core::app::AppName;
use kami_core::block::{Block, BlockKey};
use kami_store::{BlockOrder, Permission};

use super::super::failure::Failure;
use super::super::session::Session;
use super::act::{Manner, carry_out, target};
use super::listing::each;

/// Let machines and networks in again
///
/// All that are named, or none where one of them is not kept out of just that app, or of all.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  kami block remove PC-3F2A-99-77E4\n  \
                        kami block remove 203.0.113.0/24 --app demo\n  \
                        kami block remove --ended   all that are over, which keep nobody out any more")]
pub(super) struct Remove {
    /// Machine codes, addresses and networks, as they were kept out
    #[arg(required_unless_present = "ended", value_name = "TARGET")]
    targets: Vec<String>,
    /// Those who are kept out of this app alone; without it, of all
    #[arg(long, value_name = "APP")]
    app: Option<AppName>,
    /// All that are over, of every app
    #[arg(long, conflicts_with_all = ["targets", "app", "machine"])]
    ended: bool,
    /// Take every target for the code of a machine, also what looks like an address
    #[arg(long)]
    machine: bool,
    #[command(flatten)]
    manner: Manner,
}

impl Remove {
    /// Lets them in.
    pub(super) async fn run(self, session: &Session) -> Result<(), Failure> {
        let targets = self.targets.iter().map(|text| target(session, text, self.machine));
        let targets = targets.collect::<Result<Vec<_>, _>>()?;
        if !self.manner.dry_run {
            session.must_be_allowed(Permission::Block).await?;
        }
        let keys = if self.ended {
            ended(session).await?
        } else {
            targets.into_iter().map(|target| BlockKey { app: self.app.clone(), target }).collect()
        };
        carry_out(session, BlockOrder::Remove(keys), false, &self.manner).await
    }
}

/// Those whose end is past; that there are none is not found.
async fn ended(session: &Session) -> Result<Vec<BlockKey>, Failure> {
    let mut keys = Vec::new();
    let is_over = |block: &Block, now| !block.is_in_force(now);
    each(session, None, u64::MAX, is_over, |record, _| {
        keys.push(record.block.key);
        Ok(())
    })
    .await?;
    if keys.is_empty() {
        return Err(Failure::NotFound(say!(session.language, "block.none_ended")));
    }
    Ok(keys)
}
