//! Cards that seem to be shared, by their rows in the table of mismatches.

use kami_core::sharing::SHARED_FROM;

/// The rows of mismatches of the last 24 hours.
pub(in super::super) const OF_LAST_DAY: &str = "mismatches.hour > UTC_TIMESTAMP() - INTERVAL 24 HOUR";

/// The cards that seem to be shared, as a table of their numbers in `card_id`.
pub(super) fn shared_cards() -> String {
    format!(
        "(SELECT card_id FROM mismatches WHERE {OF_LAST_DAY} GROUP BY card_id \
         HAVING COUNT(DISTINCT machine) >= {SHARED_FROM})"
    )
}

/// The condition that a card seems to be shared.
pub(super) fn is_shared() -> String {
    format!(
        "(SELECT COUNT(DISTINCT mismatches.machine) FROM mismatches FORCE INDEX (PRIMARY) \
         WHERE mismatches.card_id = cards.id AND {OF_LAST_DAY}) >= {SHARED_FROM}"
    )
}
