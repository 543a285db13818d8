//! A card with everything that the database holds of it: one field for each row of [`crate::property`].

use std::fmt;

use chrono::{DateTime, Utc};

use crate::card::{CardStatus, mask};
use crate::duration::CardDuration;
use crate::policy::PolicyPart;
use crate::rules;
use crate::sharing::Mismatches;

/// One card with everything that the database holds of it, as an operator sees it.
#[derive(Clone, PartialEq, Eq)]
pub struct CardRecord {
    /// The primary key.
    pub id: u64,
    /// The seller's name for this kind of card; empty where it has none.
    pub prefix: String,
    /// The part of the code behind the prefix.
    pub code: String,
    /// The code that the customer types: prefix, hyphen and the part behind, or something else altogether where codes are
    /// from elsewhere.
    pub full_code: String,
    /// The status at the moment of reading: an active card past its time has expired, whatever its row says.
    pub status: CardStatus,
    /// The status as the row says it.
    pub stored_status: CardStatus,
    /// How long the card lasts from its activation.
    pub duration: CardDuration,
    /// The machine that the card is bound to.
    pub machine_code: Option<String>,
    /// The batch that it was generated or imported with; older cards have none.
    pub batch_id: Option<u64>,
    /// What an operator wrote down about it.
    pub note: Option<String>,
    /// When the card was generated.
    pub created_at: DateTime<Utc>,
    /// When the card was activated.
    pub used_at: Option<DateTime<Utc>>,
    /// The last second in which the card is valid.
    pub expire_at: Option<DateTime<Utc>>,
    /// The app that it belongs to.
    pub app: String,
    /// How many machines may use it at once: 1 to 1,000.
    pub seats: u16,
    /// How many points are left of it; `None` for a card that has none.
    pub points: Option<u32>,
    /// A last moment that no activation and no top-up outlasts.
    pub valid_until: Option<DateTime<Utc>>,
    /// Where it departs from the policy of its app.
    pub policy: Option<String>,
    /// When its row last changed; some cards of the Flask service do not know.
    pub updated_at: Option<DateTime<Utc>>,
    /// Which machines asked for it within the last day while others had its seats, where that was looked for.
    pub mismatches: Mismatches,
}

impl CardRecord {
    /// A card of which nothing is known yet but its number.
    pub const fn blank(id: u64) -> Self {
        Self {
            id,
            prefix: String::new(),
            code: String::new(),
            full_code: String::new(),
            status: CardStatus::Unused,
            stored_status: CardStatus::Unused,
            duration: CardDuration::Forever,
            machine_code: None,
            batch_id: None,
            note: None,
            created_at: DateTime::UNIX_EPOCH,
            used_at: None,
            expire_at: None,
            app: String::new(),
            seats: 1,
            points: None,
            valid_until: None,
            policy: None,
            updated_at: None,
            mismatches: Mismatches::NONE,
        }
    }

    /// Where it departs from the policy of its app, nowhere if at all; nothing of one that this version cannot read.
    pub fn policy_part(&self) -> Option<PolicyPart> {
        self.policy.as_deref().unwrap_or_default().parse().ok()
    }

    /// The status at `now`, which may come after the moment of reading.
    pub fn status_at(&self, now: DateTime<Utc>) -> CardStatus {
        rules::status_at(self.status, self.expire_at, now)
    }

    /// Whether two readings of one card show the same card, the time of the last write and who asked for it apart: what an
    /// operator decided by the one is right for the other.
    pub fn is_same_state(&self, other: &Self) -> bool {
        let comparable = |card: &Self| Self {
            stored_status: card.status,
            updated_at: None,
            mismatches: Mismatches::NONE,
            ..card.clone()
        };
        comparable(self) == comparable(other)
    }
}

/// Shows no more of the codes than a log line may hold.
impl fmt::Debug for CardRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CardRecord")
            .field("id", &self.id)
            .field("full_code", &mask(&self.full_code))
            .field("status", &self.status)
            .field("duration", &self.duration)
            .field("machine_code", &self.machine_code.as_deref().map(mask))
            .field("created_at", &self.created_at)
            .field("used_at", &self.used_at)
            .field("expire_at", &self.expire_at)
            .finish_non_exhaustive()
    }
}
