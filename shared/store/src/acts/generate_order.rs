//! What an operator orders when he has cards made.

use chrono::{DateTime, Utc};
use kami_core::app::AppName;
use kami_core::code::CodeLength;
use kami_core::duration::CardDuration;
use kami_core::operator::Note;
use kami_core::points::Points;
use kami_core::policy::PolicyPart;
use kami_core::prefix::Prefix;
use kami_core::preset::BatchPreset;
use kami_core::seats::Seats;

/// What an operator wants made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GenerateOrder {
    /// The app that every card belongs to.
    pub app: AppName,
    /// The prefix of every code.
    pub prefix: Prefix,
    /// How many: 1 to [`MAX_BATCH`](kami_core::batch::MAX_BATCH).
    pub count: u32,
    /// How long the random part of every code is.
    pub length: CodeLength,
    /// How long every card lasts from its activation.
    pub duration: CardDuration,
    /// The last moment that no activation of them outlasts.
    pub valid_until: Option<DateTime<Utc>>,
    /// How many points every card has, if it counts uses.
    pub points: Option<Points>,
    /// How many machines may use every card at once.
    pub seats: Seats,
    /// Where every card departs from the policy of its app.
    pub policy: PolicyPart,
    /// The preset that they are made by, which their batch keeps.
    pub preset: Option<BatchPreset>,
    /// What every card has written down about it.
    pub note: Option<Note>,
}

impl GenerateOrder {
    /// So many cards as the Flask service made them: for the default app, for three hours and one machine.
    pub fn new(prefix: Prefix, count: u32) -> Self {
        Self {
            app: AppName::default(),
            prefix,
            count,
            length: CodeLength::default(),
            duration: CardDuration::default(),
            valid_until: None,
            points: None,
            seats: Seats::default(),
            policy: PolicyPart::default(),
            preset: None,
            note: None,
        }
    }
}
