//! The values of a card as the operator log keeps them: JSON objects of the table's columns.

use crate::StoreError;
use crate::log::CardValues;
use kami_core::logged;
use kami_core::property::Property;
use kami_core::record::CardRecord;

/// Under what the log keeps the further machines that lost or got a seat: they are no value of the card's row.
const MACHINES: &str = "machines";

/// Every value of a card that an operator can change or that is needed to bring it back, the status as stored.
pub(super) fn values(card: &CardRecord) -> CardValues {
    let logged = Property::ALL.into_iter().filter(|property| property.traits().is_logged);
    logged
        .map(|property| (property.traits().column.to_owned(), logged::written(&property.stored(card))))
        .collect()
}

/// Whether a card has all of these values.
pub(super) fn has(card: &CardRecord, expected: &CardValues) -> bool {
    let values = values(card);
    let mut expected = expected.iter().filter(|(column, _)| *column != MACHINES);
    expected.all(|(column, value)| values.get(column) == Some(value))
}

/// Gives a card the values that the log kept; what it did not keep stays.
pub(super) fn set(card: &mut CardRecord, kept: &CardValues) -> Result<(), StoreError> {
    for (column, value) in kept.iter().filter(|(column, _)| *column != MACHINES) {
        let property = Property::of_column(column).filter(|property| property.traits().is_logged);
        let property = property.ok_or(StoreError::Undecodable)?;
        let value = logged::read(property.traits().kind, value).ok_or(StoreError::Undecodable)?;
        property.set(card, value).map_err(|_| StoreError::Undecodable)?;
    }
    card.status = card.stored_status;
    Ok(())
}

/// The further machines that the log kept.
pub(super) fn machines(kept: &CardValues) -> Result<Vec<String>, StoreError> {
    let machines = kept.get(MACHINES).cloned().map(serde_json::from_value).transpose();
    machines.map(Option::unwrap_or_default).map_err(|_| StoreError::Undecodable)
}

/// A card made of nothing but what the log kept of it.
pub(super) fn restored(id: u64, kept: &CardValues) -> Result<CardRecord, StoreError> {
    let mut card = CardRecord::blank(id);
    set(&mut card, kept)?;
    Ok(card)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use kami_core::testing::any_card;

    /// What `change_cards` logs of a change: the values that differ, as they were and as they are.
    fn difference(before: &CardRecord, after: &CardRecord) -> (CardValues, CardValues) {
        let (mut before, mut after) = (values(before), values(after));
        before.retain(|column, value| after.get(column) != Some(value));
        after.retain(|column, _| before.contains_key(column));
        (before, after)
    }

    proptest! {
        #[test]
        fn what_the_log_keeps_brings_a_card_back(before in any_card(), after in any_card()) {
            let stored = |card: CardRecord| CardRecord { status: card.stored_status, ..card };
            let (before, after) = (stored(before), stored(after));
            prop_assert_eq!(restored(before.id, &values(&before)).unwrap(), before.clone());
            let (was, is) = difference(&before, &after);
            prop_assert!(has(&after, &is) && has(&before, &was));
            let mut back = after.clone();
            set(&mut back, &was).unwrap();
            prop_assert_eq!(back, before);
        }
    }
}
