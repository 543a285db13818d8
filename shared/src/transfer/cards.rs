//! Cards to import, a million of them in little memory: their texts stand in one, and a row says where.

use std::fmt;

use super::ImportCard;
use crate::duration::CardDuration;
use crate::operator::Note;

/// Cards that are to be imported, in the order of their lines.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ImportCards {
    /// The full code of each card, and its note behind it.
    text: String,
    cards: Vec<Place>,
}

/// Where a card stands; the lengths are in bytes, and fit because prefix, code and note are bounded.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Place {
    start: usize,
    line: u32,
    /// The seconds that it lasts, at least one; 0 for ever.
    seconds: u32,
    full_code: u16,
    note: u16,
    prefix: u8,
}

/// One of the cards.
#[derive(Clone, Copy)]
pub struct ImportRow<'a> {
    /// The number of its line, from 1.
    pub line: u64,
    /// The code that the customer types.
    pub full_code: &'a str,
    /// The prefix of it.
    pub prefix: &'a str,
    /// The code behind the prefix.
    pub code: &'a str,
    /// How long it lasts from its activation.
    pub duration: CardDuration,
    /// What is written down about it.
    pub note: Option<&'a str>,
}

impl ImportCards {
    /// How many there are.
    pub const fn len(&self) -> usize {
        self.cards.len()
    }

    /// Whether there is none.
    pub const fn is_empty(&self) -> bool {
        self.cards.is_empty()
    }

    /// The card at a place, from 0.
    pub fn get(&self, place: usize) -> Option<ImportRow<'_>> {
        self.cards.get(place).map(|card| self.row(card))
    }

    /// Every card.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = ImportRow<'_>> + Clone {
        self.cards.iter().map(|card| self.row(card))
    }

    /// The cards in steps of so many, the last of them shorter.
    pub fn chunks(&self, size: usize) -> impl Iterator<Item = Vec<ImportRow<'_>>> {
        self.cards.chunks(size).map(|cards| cards.iter().map(|card| self.row(card)).collect())
    }

    /// Adds the card of a line.
    pub fn push(&mut self, line: u64, card: &ImportCard) {
        let start = self.text.len();
        let full_code = card.full_code();
        let note = card.note.as_ref().map(Note::as_str).unwrap_or_default();
        self.text.push_str(&full_code);
        self.text.push_str(note);
        self.cards.push(Place {
            start,
            line: u32::try_from(line).unwrap_or(u32::MAX),
            seconds: card.duration.seconds().unwrap_or(0),
            full_code: u16::try_from(full_code.len()).unwrap_or(u16::MAX),
            note: u16::try_from(note.len()).unwrap_or(u16::MAX),
            prefix: u8::try_from(card.prefix.as_str().len()).unwrap_or(u8::MAX),
        });
    }

    fn row(&self, card: &Place) -> ImportRow<'_> {
        let (full_code, rest) = self.text[card.start..].split_at(usize::from(card.full_code));
        let (prefix, code) = full_code.split_at(usize::from(card.prefix));
        let note = &rest[..usize::from(card.note)];
        ImportRow {
            line: u64::from(card.line),
            full_code,
            prefix,
            code: &code[1..],
            duration: CardDuration::from_seconds((card.seconds > 0).then_some(card.seconds)),
            note: (!note.is_empty()).then_some(note),
        }
    }
}

impl FromIterator<ImportCard> for ImportCards {
    /// The cards as lines from 1.
    fn from_iter<T: IntoIterator<Item = ImportCard>>(cards: T) -> Self {
        let mut all = Self::default();
        for (line, card) in (1..).zip(cards) {
            all.push(line, &card);
        }
        all
    }
}

/// Shows no code.
impl fmt::Debug for ImportCards {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ImportCards").field("cards", &self.cards.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_comes_out_as_it_went_in() {
        let widest = ImportCard {
            prefix: "\u{20000}".repeat(16).parse().unwrap(),
            code: "\u{20000}".repeat(64),
            duration: CardDuration::Seconds(u32::MAX),
            note: Note::parse(&"\u{20000}".repeat(255)).unwrap(),
        };
        let hyphens = ImportCard {
            prefix: "-a-".parse().unwrap(),
            code: "B".into(),
            duration: CardDuration::Forever,
            note: None,
        };
        let given = [widest, hyphens];
        let cards: ImportCards = given.iter().cloned().collect();
        assert_eq!(cards.len(), 2);
        for ((line, card), row) in (1..).zip(&given).zip(cards.iter()) {
            assert_eq!((row.line, row.full_code), (line, card.full_code().as_str()));
            assert_eq!((row.prefix, row.code), (card.prefix.as_str(), card.code.as_str()));
            assert_eq!((row.duration, row.note), (card.duration, card.note.as_ref().map(Note::as_str)));
        }
        assert!(cards.get(2).is_none());
        assert!(!format!("{cards:?}").contains("-a-"));
    }
}
