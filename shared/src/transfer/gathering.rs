//! The cards of a file as they are gathered line by line, and which of them stand in it already.

use std::hash::{BuildHasher as _, RandomState};
use std::io::Read;

use hashbrown::HashTable;

use super::ImportCard;
use super::import::{MAX_MALFORMED, Parsed};
use super::lines::Lines;
use super::notice::{Met, Notice};
use super::refusal::{Malformed, MalformedReason, ReadError};
use crate::canonical::canonical;
use crate::store::MAX_BATCH;

/// Gathers cards and keeps an eye on repetitions.
#[derive(Default)]
pub(super) struct Gathering {
    parsed: Parsed,
    pub(super) met: Met,
    /// The cards by their codes, each by its place.
    places: HashTable<u32>,
    hasher: RandomState,
}

/// What tells a code from others.
fn folded(full_code: &str) -> String {
    canonical(full_code)
}

impl Gathering {
    /// Takes the card of a line, or what is wrong with it.
    pub(super) fn take(
        &mut self,
        line: u64,
        card: Result<ImportCard, MalformedReason>,
    ) -> Result<(), ReadError> {
        match card.and_then(|card| self.first_of(card)) {
            Ok(card) if self.parsed.cards.len() < MAX_BATCH as usize => self.parsed.cards.push(line, &card),
            Ok(_) => return Err(ReadError::TooManyCards),
            Err(_) if self.parsed.malformed.len() == MAX_MALFORMED => {
                return Err(ReadError::TooManyMalformed);
            }
            Err(reason) => self.parsed.malformed.push(Malformed { line, reason }),
        }
        Ok(())
    }

    /// Adds what the operator should know of the file.
    pub(super) fn notice(&mut self, notice: Notice) {
        self.parsed.notices.push(notice);
    }

    /// What the file holds, now that it is read.
    pub(super) fn end(mut self, lines: &Lines<impl Read>) -> Parsed {
        let encoding = lines.guessed().map(Notice::Encoding);
        self.parsed.notices.splice(0..0, encoding);
        self.parsed.notices.extend(self.met.notices());
        self.parsed
    }

    /// The card, unless its code was met already.
    fn first_of(&mut self, card: ImportCard) -> Result<ImportCard, MalformedReason> {
        let (cards, hasher) = (&self.parsed.cards, &self.hasher);
        let code_at = |place: u32| cards.get(place as usize).map(|row| folded(row.full_code));
        let code = folded(&card.full_code());
        let hash = hasher.hash_one(&code);
        let is_same = |place: &u32| code_at(*place).as_ref() == Some(&code);
        if let Some(row) = self.places.find(hash, is_same).and_then(|place| cards.get(*place as usize)) {
            return Err(MalformedReason::Repeated(row.line));
        }
        if let Ok(place) = u32::try_from(cards.len()) {
            self.places
                .insert_unique(hash, place, |place| hasher.hash_one(code_at(*place).unwrap_or_default()));
        }
        Ok(card)
    }
}
