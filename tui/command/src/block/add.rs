//! `kami block add`.

use chrono::{DateTime, TimeDelta, Utc};
use clap::Args;
use kami_common::moment::TypedMoment;
use kami_core::app::AppName;
use kami_core::block::{Block, BlockKey};
use kami_core::operator::Note;
use kami_store::{BlockOrder, Permission};

use super::super::apps::find;
use super::super::failure::Failure;
use super::super::limits;
use super::super::session::Session;
use super::act::{Manner, carry_out, target};

/// Keep machines and networks out
///
/// Who is kept out already gets the reason and the end that are given now. A network broader than /8, or /16 of IPv6, would
/// shut nearly every customer out and is asked about.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  kami block add PC-3F2A-99-77E4 --for 30d --reason 退款\n  \
                        kami block add 203.0.113.0/24 --app demo --until 2026-12-31\n  \
                        kami block add 10.1.2.3 --machine   a machine that has the code 10.1.2.3")]
pub(super) struct Add {
    #[arg(
        required = true,
        value_name = "TARGET",
        help = "Machine codes, and addresses or networks such as 203.0.113.7, 203.0.113.0/24 or 2001:db8::/32"
    )]
    targets: Vec<String>,
    /// Out of this app alone; without it, of all
    #[arg(long, value_name = "APP")]
    app: Option<AppName>,
    /// For how long, such as 12h or 30d; without it, for ever
    #[arg(long = "for", value_name = "SPAN", value_parser = limits::seconds)]
    span: Option<u32>,
    /// Until then instead: such as 2026-12-31, through which it lasts, or 2026-12-31T18:00
    #[arg(long, value_name = "MOMENT", conflicts_with = "span")]
    until: Option<TypedMoment>,
    /// Why, for operators; clients are not told
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Take every target for the code of a machine, also what looks like an address
    #[arg(long)]
    machine: bool,
    /// Do not ask, as is done where a network would shut nearly everybody out
    #[arg(short, long)]
    yes: bool,
    #[command(flatten)]
    manner: Manner,
}

impl Add {
    /// Keeps them out, all of them or none.
    pub(super) async fn run(self, session: &Session) -> Result<(), Failure> {
        let targets = self.targets.iter().map(|text| target(session, text, self.machine));
        let targets = targets.collect::<Result<Vec<_>, _>>()?;
        let reason = Note::parse(self.reason.as_deref().unwrap_or_default());
        let reason = reason.map_err(|error| Failure::Usage(error.to_string()))?;
        if !self.manner.dry_run {
            session.must_be_allowed(Permission::Block).await?;
        }
        if let Some(app) = &self.app {
            find(session, app).await?;
        }
        let until = self.end(session).await?;
        let block = |target| {
            let key = BlockKey { app: self.app.clone(), target };
            Block { key, reason: reason.clone(), until }
        };
        let order = BlockOrder::Add(targets.into_iter().map(block).collect());
        carry_out(session, order, self.yes, &self.manner).await
    }

    /// The last second, by the database's clock.
    async fn end(&self, session: &Session) -> Result<Option<DateTime<Utc>>, Failure> {
        match (self.span, self.until) {
            (Some(seconds), _) => {
                let now = session.store.now().await?;
                Ok(Some(now + TimeDelta::seconds(seconds.into())))
            }
            (None, Some(until)) => limits::last_moment(session, until).await.map(Some),
            (None, None) => Ok(None),
        }
    }
}
