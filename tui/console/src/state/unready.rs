//! A database that has to be migrated before anything can be done with it: what it lacks, in words.

use kami_common::cells::harmless;
use kami_common::schema;
use kami_common::words::{Language, number, say};
use kami_store::MigrationPlan;

/// The most changes that are named one by one; `kami migrate --dry-run` shows all.
const MOST_NAMED: usize = 5;

/// What a database lacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unready {
    /// What migrating would do, or why its tables cannot be taken over.
    Planned(Box<MigrationPlan>),
    /// It cannot be found out or done by this kami, for this reason.
    Stuck(String),
}

impl Unready {
    /// Whether migrating is all that it takes.
    pub const fn can_be_migrated(&self) -> bool {
        matches!(self, Self::Planned(plan) if plan.takeover.refusals.is_empty())
    }

    /// Whether there are no cards yet, so that everything is made anew.
    pub const fn is_new(&self) -> bool {
        matches!(self, Self::Planned(plan) if plan.from_version == 0 && !plan.has_cards)
    }

    /// What is the matter, in a sentence.
    pub fn title(&self, language: Language, database: &str) -> String {
        let key = match self {
            Self::Stuck(_) => "unready.stuck",
            Self::Planned(plan) if plan.creates_database => "unready.no_database",
            Self::Planned(plan) if plan.from_version > 0 => "unready.older",
            Self::Planned(plan) if plan.has_cards => "unready.flask",
            Self::Planned(_) => "unready.empty",
        };
        say!(language, key, name = harmless(database))
    }

    /// What has to be changed, or stands in the way, a line each.
    pub fn details(&self, language: Language) -> Vec<String> {
        match self {
            Self::Stuck(why) => vec![why.clone()],
            Self::Planned(plan) if plan.takeover.refusals.is_empty() => changes(language, plan),
            Self::Planned(plan) => {
                plan.takeover.refusals.iter().map(|refusal| schema::refusal(language, refusal)).collect()
            }
        }
    }
}

/// What a migration changes of tables that are there.
fn changes(language: Language, plan: &MigrationPlan) -> Vec<String> {
    let faults = schema::faults(language, &plan.takeover);
    let more = faults.len().saturating_sub(MOST_NAMED);
    let named = faults.into_iter().take(MOST_NAMED);
    let mut lines: Vec<_> = named.map(|(what, _)| say!(language, "takeover.to_fix", what = what)).collect();
    if more > 0 {
        lines.push(say!(language, "unready.more", n = number(more as u64)));
    }
    lines
}
