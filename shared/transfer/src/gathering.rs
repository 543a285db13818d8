//! The cards of a file as they are gathered line by line, which of them stand in it already, and what only all of them
//! together tell of each.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};

use hashbrown::HashTable;

use super::Filing;
use super::bounds::{MAX_CODE, MAX_MALFORMED};
use super::lines::Lines;
use super::notice::{Met, Notice};
use super::parsed::Parsed;
use super::refusal::{Malformed, MalformedReason, ReadError};
use super::understood::{Doubt, Understood, is_of_groups};
use kami_core::batch::MAX_BATCH;
use kami_core::canonical::canonical;
use kami_core::import::ImportCard;

/// The most prefixes of a file that one card alone has: where there are more, they are groups of codes.
const MAX_LONELY: usize = 10;

/// Gathers cards and keeps an eye on repetitions.
pub(super) struct Gathering {
    /// Which prefix cards get that name none.
    pub(super) filing: Filing,
    parsed: Parsed,
    pub(super) met: Met,
    /// The cards by their codes, each by its place.
    places: HashTable<u32>,
    hasher: RandomState,
    /// The places of the cards whose prefix may be no more than the first groups of their code.
    prefixes: Vec<u32>,
    /// The places of the cards that may be words.
    words: Vec<u32>,
}

impl Gathering {
    pub(super) fn new(filing: Filing) -> Self {
        let (parsed, met, places) = (Parsed::default(), Met::default(), HashTable::new());
        let (prefixes, words) = (Vec::new(), Vec::new());
        Self { filing, parsed, met, places, hasher: RandomState::new(), prefixes, words }
    }

    /// Takes the card of a line, or what is wrong with it.
    pub(super) fn take(
        &mut self,
        line: u64,
        card: Result<Understood, MalformedReason>,
    ) -> Result<(), ReadError> {
        let place = self.parsed.cards.len();
        match card.and_then(|found| Ok((self.first_of(found.card)?, found.doubt))) {
            Ok((card, doubt)) if place < MAX_BATCH as usize => {
                self.parsed.cards.push(line, &card);
                let doubts = match doubt {
                    Some(Doubt::Prefix) => Some(&mut self.prefixes),
                    Some(Doubt::Word) => Some(&mut self.words),
                    None => None,
                };
                if let (Some(doubts), Ok(place)) = (doubts, u32::try_from(place)) {
                    doubts.push(place);
                }
            }
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
    pub(super) fn end(mut self, lines: &Lines<'_>) -> Result<Parsed, ReadError> {
        self.settle_prefixes();
        self.settle_words()?;
        let encoding = lines.guessed().map(Notice::Encoding);
        let whole = self.whole();
        self.parsed.notices.splice(0..0, encoding);
        self.parsed.notices.extend(self.met.notices().chain(whole));
        Ok(self.parsed)
    }

    /// Leaves a prefix to the cards that share it. One that a single card has is none where its code looks like groups, or
    /// where there are many such.
    fn settle_prefixes(&mut self) {
        let cards = &mut self.parsed.cards;
        // The card of each prefix, by its hash, as long as it is the only one.
        let mut only = HashMap::<u64, Option<usize>>::new();
        for place in self.prefixes.iter().map(|place| *place as usize) {
            let Some(row) = cards.get(place) else { continue };
            let prefix = self.hasher.hash_one(canonical(row.prefix));
            only.entry(prefix).and_modify(|only| *only = None).or_insert(Some(place));
        }
        let lonely: Vec<usize> = only.into_values().flatten().collect();
        for place in &lonely {
            let is_of_groups = cards.get(*place).is_some_and(|row| is_of_groups(row.full_code));
            if is_of_groups || lonely.len() > MAX_LONELY {
                cards.unfile(*place);
            }
        }
    }

    /// Takes words for codes where a code beyond doubt has as many characters, and refuses the others.
    fn settle_words(&mut self) -> Result<(), ReadError> {
        if self.words.is_empty() {
            return Ok(());
        }
        let Parsed { cards, malformed, .. } = &mut self.parsed;
        let mut lengths = [false; MAX_CODE + 1];
        let mut words = self.words.iter().copied().peekable();
        for (place, row) in (0..).zip(cards.iter()) {
            let is_word = words.next_if_eq(&place).is_some();
            if !is_word && row.prefix.is_empty() {
                lengths[row.full_code.chars().count()] = true;
            }
        }
        let is_wrong = |place: &u32| {
            let row = cards.get(*place as usize);
            row.is_some_and(|row| !lengths[row.full_code.chars().count()])
        };
        let wrong: Vec<u32> = self.words.iter().copied().filter(is_wrong).collect();
        if malformed.len() + wrong.len() > MAX_MALFORMED {
            return Err(ReadError::TooManyMalformed);
        }
        let lines = wrong.iter().filter_map(|place| cards.get(*place as usize)).map(|row| row.line);
        malformed.extend(lines.map(|line| Malformed { line, reason: MalformedReason::Word }));
        malformed.sort_by_key(|line| line.line);
        cards.remove(&wrong);
        Ok(())
    }

    /// How many codes are whole, without a prefix where nobody asked for that, and under one that they do not begin with.
    fn whole(&self) -> impl Iterator<Item = Notice> + use<> {
        let (mut whole, mut filed) = (0, 0);
        for card in self.parsed.cards.iter() {
            match card.prefix {
                "" => whole += u64::from(self.filing != Filing::Whole),
                _ => filed += u64::from(card.code.len() == card.full_code.len()),
            }
        }
        let whole = (whole > 0).then_some(Notice::Whole(whole));
        whole.into_iter().chain((filed > 0).then_some(Notice::Filed(filed)))
    }

    /// The card, unless its code was met already.
    fn first_of(&mut self, card: ImportCard) -> Result<ImportCard, MalformedReason> {
        let (cards, hasher) = (&self.parsed.cards, &self.hasher);
        let code_at = |place: u32| cards.get(place as usize).map(|row| canonical(row.full_code));
        let code = canonical(&card.full_code);
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
