//! Cards with a key of a device that was copied, by the table of such keys.

/// The keys that were copied within the last 24 hours.
pub(in super::super) const OF_LAST_DAY: &str = "device_keys.copied_at > UTC_TIMESTAMP() - INTERVAL 24 HOUR";

/// The cards with such a key, as a table of their numbers in `card_id`.
pub(in super::super) fn copied_cards() -> String {
    format!("(SELECT DISTINCT card_id FROM device_keys FORCE INDEX (idx_copied_at) WHERE {OF_LAST_DAY})")
}

/// The condition that a card has such a key.
pub(super) fn is_copied() -> String {
    format!(
        "EXISTS (SELECT 1 FROM device_keys FORCE INDEX (PRIMARY) WHERE device_keys.card_id = cards.id AND {OF_LAST_DAY})"
    )
}
