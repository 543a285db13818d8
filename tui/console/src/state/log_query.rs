//! Which acts of the operator log are wanted.

use chrono::{DateTime, Utc};
use kami_common::period::{Period, Side};
use kami_core::zone::Zone;
use kami_store::ActFilter;

/// The words of the log for what operators do.
pub const ACTS: [&str; 22] = [
    "generate",
    "import",
    "edit",
    "disable",
    "enable",
    "unbind",
    "extend",
    "delete",
    "note",
    "undo",
    "app_add",
    "app_set",
    "app_archive",
    "app_unarchive",
    "app_remove",
    "preset_add",
    "preset_set",
    "preset_remove",
    "block_add",
    "block_remove",
    "recharge_undo",
    "certify",
];

/// Which acts are wanted, as it was typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogQuery {
    /// Those of this operator.
    pub operator: Option<String>,
    /// Those of this kind.
    pub act: Option<String>,
    /// Those that changed the card of this code.
    pub code: Option<String>,
    /// Those that made this batch.
    pub batch: Option<u64>,
    /// Those done then.
    pub done: Option<Period>,
}

impl LogQuery {
    /// What it means now.
    pub fn filter(&self, zone: Zone, now: DateTime<Utc>) -> ActFilter {
        ActFilter {
            operator: self.operator.clone(),
            act: self.act.clone(),
            code: self.code.clone(),
            batch_id: self.batch,
            done: self.done.map(|done| done.range(Side::Past, zone, now)),
        }
    }

    /// Whether it lets every act through.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
