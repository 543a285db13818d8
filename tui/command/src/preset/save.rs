//! `kami preset add` and `kami preset set`.

use clap::{ArgGroup, Args};
use kami_core::prefix::Prefix;
use kami_core::preset::{Preset, PresetEdit};
use kami_store::{Permission, PresetOrder};

use super::super::apps;
use super::super::failure::Failure;
use super::super::session::Session;
use super::act::carry_out;
use super::find::find;
use super::values::{Named, Values, applied};

/// Make a preset
///
/// Its cards last for a time from their activation, up to a moment, or as long as they have points, or all of that
/// together.
#[derive(Debug, Args)]
#[command(
    group = ArgGroup::new("lasts").required(true).multiple(true).args(["duration", "until", "points"]),
    after_help = "Examples:\n  kami preset add month --prefix VIP --duration 30d --price 9.90 --currency CNY\n  \
                  kami preset add calls --prefix API --points 1000 --duration 1y"
)]
pub(super) struct Add {
    #[command(flatten)]
    named: Named,
    /// The prefix of its cards: 1 to 16 letters and digits of any script, _ and -
    #[arg(long, value_name = "PREFIX")]
    prefix: Prefix,
    #[command(flatten)]
    values: Values,
    /// Print what it came to as JSON
    #[arg(long)]
    json: bool,
}

impl Add {
    /// Makes the preset, unless its app has one of its name.
    pub(super) async fn run(self, session: &Session) -> Result<(), Failure> {
        session.must_be_allowed(Permission::Price).await?;
        let Named { name, app } = self.named;
        let app = apps::find(session, &app.unwrap_or_default()).await?.name;
        let edit = self.values.edit(session).await?;
        let wanted = applied(session, &edit, &Preset::blank(app, name, self.prefix))?;
        let order = PresetOrder { seen: None, wanted: Some(wanted) };
        carry_out(session, order, self.json).await
    }
}

/// Change a preset
///
/// What is not named stays. Cards that there are stay what they are.
#[derive(Debug, Args)]
#[command(
    group = ArgGroup::new("change").required(true).multiple(true)
        .args(["prefix", "duration", "until", "points", "seats", "price", "currency", "recharge"]),
    after_help = "Examples:\n  kami preset set month --price 12.90\n  \
                  kami preset set month --price off   sell it without a price"
)]
pub(super) struct Set {
    #[command(flatten)]
    named: Named,
    /// The prefix of its cards: 1 to 16 letters and digits of any script, _ and -
    #[arg(long, value_name = "PREFIX")]
    prefix: Option<Prefix>,
    #[command(flatten)]
    values: Values,
    /// Print what it came to as JSON
    #[arg(long)]
    json: bool,
}

impl Set {
    /// Changes the preset, unless someone else does so meanwhile.
    pub(super) async fn run(self, session: &Session) -> Result<(), Failure> {
        session.must_be_allowed(Permission::Price).await?;
        let Named { name, app } = self.named;
        let seen = find(session, &app.unwrap_or_default(), &name).await?;
        let edit = PresetEdit { prefix: self.prefix, ..self.values.edit(session).await? };
        let wanted = applied(session, &edit, &seen)?;
        let order = PresetOrder { seen: Some(seen), wanted: Some(wanted) };
        carry_out(session, order, self.json).await
    }
}
