//! The options that say which cards.

use clap::Args;
use kami_common::period::{self, Period, Side};
use kami_common::words::say;
use kami_core::app::AppName;
use kami_core::card::CardStatus;
use kami_core::filter::{Filter, Range, TextFilter};
use kami_core::mention::{Mention, mentions};

use super::apps;
use super::failure::Failure;
use super::session::Session;

/// Which cards: those that meet every condition given
#[derive(Clone, Debug, Default, PartialEq, Eq, Args)]
#[command(next_help_heading = "Which cards")]
pub(super) struct FilterOptions {
    /// Of this app
    #[arg(long, value_name = "APP")]
    app: Option<AppName>,
    /// unused, active, expired or disabled
    #[arg(long, value_name = "STATUS")]
    pub(super) status: Option<CardStatus>,
    /// Of this prefix, in any case
    #[arg(long, value_name = "PREFIX")]
    pub(super) prefix: Option<String>,
    /// Without a prefix
    #[arg(long, conflicts_with = "prefix")]
    no_prefix: bool,
    /// Of the batch of this number
    #[arg(long, value_name = "NUMBER")]
    pub(super) batch: Option<u64>,
    /// Generated then: 2026-01-01..2026-01-31, 2026-01.., ..2026-02-01, today, or 7d for the last seven days
    #[arg(long, value_name = "RANGE")]
    created: Option<Period>,
    /// Activated then: the same
    #[arg(long, value_name = "RANGE")]
    used: Option<Period>,
    /// Expiring then, or expired: the same, and 7d means the next seven days
    #[arg(long, value_name = "RANGE")]
    expiring: Option<Period>,
    /// That seem to be shared: at least 3 machines asked in vain within 24 hours
    #[arg(long)]
    shared: bool,
    /// With a key of a device that was copied within 24 hours
    #[arg(long)]
    copied: bool,
    /// Whose code begins so, in any case
    #[arg(long, value_name = "TEXT", group = "text")]
    code_prefix: Option<String>,
    /// Whose code holds this, in any case
    #[arg(long, value_name = "TEXT", group = "text")]
    contains: Option<String>,
    /// Whose code this text speaks of: a chat, a mail, a list with names and dates
    #[arg(long, value_name = "TEXT", group = "text")]
    codes_in: Option<String>,
    /// Bound to this machine
    #[arg(long, value_name = "MACHINE", group = "text")]
    machine: Option<String>,
    /// Whose note holds this, in any case
    #[arg(long, value_name = "TEXT", group = "text")]
    note: Option<String>,
}

impl FilterOptions {
    /// The machine that is asked for, where one is.
    pub(super) fn machine(&self) -> Option<&str> {
        self.machine.as_deref()
    }

    /// Whether a machine is all that they say.
    pub(super) fn is_of_machine_alone(&self) -> bool {
        *self == Self { machine: self.machine.clone(), ..Self::default() }
    }

    /// The filter that they say, with ranges read in the session's zone and from the database's clock; an app that there
    /// is not is not found.
    pub(super) async fn filter(&self, session: &Session) -> Result<Filter, Failure> {
        let range = async |typed: Option<Period>, side| match typed {
            None => Ok(None),
            Some(typed) => read_range(session, typed, side).await.map(Some),
        };
        let Self { code_prefix, contains, codes_in, machine, note, .. } = self;
        let texts = [
            code_prefix.clone().map(TextFilter::CodePrefix),
            contains.clone().map(TextFilter::CodeContains),
            codes_in.clone().map(TextFilter::Codes),
            machine.clone().map(TextFilter::Machine),
            note.clone().map(TextFilter::NoteContains),
        ];
        let app = match &self.app {
            None => None,
            Some(name) => Some(apps::find(session, name).await?.name.to_string()),
        };
        Ok(Filter {
            app,
            status: self.status,
            prefix: self.no_prefix.then(String::new).or_else(|| self.prefix.clone()),
            batch_id: self.batch,
            created: range(self.created, Side::Past).await?,
            used: range(self.used, Side::Past).await?,
            expiring: range(self.expiring, Side::Future).await?,
            is_shared: self.shared,
            is_copied: self.copied,
            text: texts.into_iter().flatten().next(),
        })
    }
}

/// What looks like the code of a card in the text of a filter.
pub(super) fn mentioned(filter: &Filter) -> Vec<Mention> {
    let Some(TextFilter::Codes(text)) = &filter.text else { return Vec::new() };
    mentions(text).into_iter().filter(|mention| mention.is_likely).collect()
}

/// What a typed range means in the session's zone and by the database's clock; an empty one is refused.
pub(super) async fn read_range(session: &Session, typed: Period, side: Side) -> Result<Range, Failure> {
    let range = typed.range(side, session.zone, session.store.now().await?);
    if period::is_empty(range) {
        return Err(Failure::Usage(say!(session.language, "period.is_empty")));
    }
    Ok(range)
}
