//! The options that say which cards.

use clap::Args;
use kami_shared::card::CardStatus;
use kami_shared::filter::{Filter, Range, TextFilter};
use kami_shared::zone::Zone;

use super::moment::TypedMoment;

/// Which cards: those that meet every condition given
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Which cards")]
pub(super) struct FilterOptions {
    /// unused, active, expired or disabled
    #[arg(long, value_name = "STATUS")]
    pub(super) status: Option<CardStatus>,
    /// Of this prefix, in any case
    #[arg(long, value_name = "PREFIX")]
    pub(super) prefix: Option<String>,
    /// Of the batch of this number
    #[arg(long, value_name = "NUMBER")]
    pub(super) batch: Option<u64>,
    /// Generated from this day or moment on
    #[arg(long, value_name = "MOMENT", value_parser = TypedMoment::parse)]
    created_from: Option<TypedMoment>,
    /// Generated up to the end of this day, or before this moment
    #[arg(long, value_name = "MOMENT", value_parser = TypedMoment::parse)]
    created_until: Option<TypedMoment>,
    /// Expiring, or expired, from this day or moment on
    #[arg(long, value_name = "MOMENT", value_parser = TypedMoment::parse)]
    expires_from: Option<TypedMoment>,
    /// Expiring, or expired, up to the end of this day, or before this moment
    #[arg(long, value_name = "MOMENT", value_parser = TypedMoment::parse)]
    expires_until: Option<TypedMoment>,
    /// Whose code begins so, in any case
    #[arg(long, value_name = "TEXT", group = "text")]
    code_prefix: Option<String>,
    /// Whose code holds this, in any case
    #[arg(long, value_name = "TEXT", group = "text")]
    contains: Option<String>,
    /// Bound to this machine
    #[arg(long, value_name = "MACHINE", group = "text")]
    machine: Option<String>,
    /// Whose note holds this, in any case
    #[arg(long, value_name = "TEXT", group = "text")]
    note: Option<String>,
}

impl FilterOptions {
    /// The filter that they say, with moments read in `zone`.
    pub(super) fn filter(&self, zone: Zone) -> Filter {
        let range = |from: Option<TypedMoment>, until: Option<TypedMoment>| {
            (from.is_some() || until.is_some()).then(|| Range {
                from: from.map(|from| from.start(zone)),
                until: until.map(|until| until.end(zone)),
            })
        };
        let Self { code_prefix, contains, machine, note, .. } = self;
        let texts = [
            code_prefix.clone().map(TextFilter::CodePrefix),
            contains.clone().map(TextFilter::CodeContains),
            machine.clone().map(TextFilter::Machine),
            note.clone().map(TextFilter::NoteContains),
        ];
        Filter {
            status: self.status,
            prefix: self.prefix.clone(),
            batch_id: self.batch,
            created: range(self.created_from, self.created_until),
            expiring: range(self.expires_from, self.expires_until),
            text: texts.into_iter().flatten().next(),
        }
    }
}
