//! Making cards: batches that are generated or imported, whole or not at all.
//!
//! A batch of a million cards is one transaction. Nobody sees half of it, a crash or a broken line in the middle
//! leaves nothing, and breaking it off is a rollback: no marking of half-made cards that every reader and the
//! function would have to know of, and nothing to tidy up. It costs nothing either: rows are added as fast in one
//! transaction as in many, its row locks are on rows that nobody else has yet, and others go on adding cards beside it.
//! What it takes is some 200 MB of the server's undo and binary log on disk, for the minute that it lasts.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::ops::ControlFlow;
use std::time::Duration;

use chrono::NaiveDateTime;
use mysql_async::Conn;
use rand::rngs::SysRng;

use super::generate_order::GenerateOrder;
use super::write::{Head, Made, NewCard, add, begin, make, taken};
use super::{ActError, AppRefusal, CHUNK, TakenCodes, Transaction};
use crate::apps::app;
use crate::batches::{Batch, BatchOrigin, batch};
use crate::{Store, StoreError, clock};
use kami_core::app::AppName;
use kami_core::batch::MAX_BATCH;
use kami_core::code;
use kami_core::duration::CardDuration;
use kami_core::gate::Confirmed;
use kami_core::import::ImportCards;
use kami_core::operator::{Note, Operator};
use kami_core::points::Points;
use kami_core::price::{Currency, Price};

/// How long a batch may take in all: twenty times as long as a million cards took us.
const LIMIT: Duration = Duration::from_mins(15);

/// What would become of a card if it were imported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It would be made.
    New,
    /// A card has its code already.
    There,
    /// The database takes its code for the one in this line of the file, as it does not tell `É` from `E`.
    Alike(u64),
}

/// How often codes that are taken are drawn anew before the prefix counts as full.
const DRAWS: usize = 50;

/// Hears how many cards are made so far, and says whether to go on.
pub type OnMade<'a> = &'a (dyn Fn(u64) -> ControlFlow<()> + Send + Sync);

impl Store {
    /// Makes a batch of unused cards with codes that nobody has; broken off or failed, none of it exists.
    pub async fn generate(
        &self,
        operator: &Operator,
        order: &Confirmed<GenerateOrder>,
        on_made: OnMade<'_>,
    ) -> Result<Batch, ActError> {
        if order.count == 0 || order.count > MAX_BATCH {
            return Err(ActError::BatchSize);
        }
        self.transact(LIMIT, Generate { operator, order, on_made }).await
    }

    /// What would become of each card to import, in their order.
    pub async fn import_preview(&self, cards: &ImportCards) -> Result<Vec<Standing>, StoreError> {
        let is_plain = cards.iter().all(|card| card.full_code.is_ascii());
        let mut standings = Vec::with_capacity(cards.len());
        let mut lines = HashMap::new();
        for chunk in cards.chunks(CHUNK) {
            let codes: Vec<String> = chunk.iter().map(|card| card.full_code.to_owned()).collect();
            let there = self.codes_exist(&codes).await?;
            standings
                .extend(there.into_iter().map(|there| if there { Standing::There } else { Standing::New }));
            if is_plain {
                continue;
            }
            let first = standings.len() - chunk.len();
            let weights = self.code_weights(&codes).await?;
            for ((standing, card), weight) in standings[first..].iter_mut().zip(chunk).zip(weights) {
                let line = *lines.entry(weight).or_insert(card.line);
                if line != card.line && *standing == Standing::New {
                    *standing = Standing::Alike(line);
                }
            }
        }
        Ok(standings)
    }

    /// Adds cards with codes from elsewhere as one batch, with `note` and `app` where they say none of their own: all of
    /// them, or none if one is there already.
    pub async fn import(
        &self,
        operator: &Operator,
        cards: &ImportCards,
        note: Option<&Note>,
        app: &AppName,
        on_made: OnMade<'_>,
    ) -> Result<Batch, ActError> {
        if cards.is_empty() || cards.len() > MAX_BATCH as usize {
            return Err(ActError::BatchSize);
        }
        self.transact(LIMIT, Import { operator, cards, note, app, on_made }).await
    }
}

/// Refuses an app that there is not, or for which no cards are made any more.
async fn must_be_open(connection: &mut Conn, name: &AppName) -> Result<(), ActError> {
    match app(connection, name).await? {
        None => Err(AppRefusal::NoSuchApp(name.clone()).into()),
        Some(app) if app.is_archived => Err(AppRefusal::Archived(name.clone()).into()),
        Some(_) => Ok(()),
    }
}

/// Opens a batch and its act; returns the numbers of both.
async fn open(
    connection: &mut Conn,
    operator: &Operator,
    made: &Made<'_>,
    created_at: NaiveDateTime,
) -> Result<(u64, u64), ActError> {
    let name = match made.origin {
        BatchOrigin::Generated => "generate",
        BatchOrigin::Imported => "import",
    };
    let act_id = begin(connection, Head { name, operator, undoes: None }).await?;
    Ok((act_id, make(connection, act_id, made, created_at).await?))
}

struct Generate<'a> {
    operator: &'a Operator,
    order: &'a GenerateOrder,
    on_made: OnMade<'a>,
}

impl Generate<'_> {
    /// Adds `count` cards with codes drawn until the database takes them.
    async fn add_drawn(&self, connection: &mut Conn, count: usize, act_id: u64) -> Result<(), ActError> {
        let GenerateOrder { prefix, length, .. } = self.order;
        let policy = self.order.policy.to_string();
        let mut codes: HashSet<String> = HashSet::with_capacity(count);
        for _ in 0..DRAWS {
            while codes.len() < count {
                codes.insert(code::draw(*length, &mut SysRng).map_err(|_| ActError::NoRandomness)?);
            }
            let pairs: Vec<_> = codes.iter().map(|code| (code, format!("{prefix}-{code}"))).collect();
            let cards: Vec<_> = pairs
                .iter()
                .map(|(code, full_code)| NewCard::generated(self.order, &policy, code, full_code))
                .collect();
            match add(connection, act_id, &cards).await {
                Err(ActError::CodeExists) => {}
                other => return other,
            }
            // Nothing of that statement remains, and the transaction stands: draw the taken ones anew.
            let full_codes: Vec<_> = pairs.iter().map(|(_, full_code)| full_code.as_str()).collect();
            let taken = taken(connection, &full_codes).await?;
            // Only the end of a code is compared: the prefix may be spelled otherwise and still be the same to the
            // database.
            let ends: HashSet<String> =
                taken.iter().map(|(_, full_code)| end(full_code, usize::from(length.get()))).collect();
            codes.retain(|code| !ends.contains(code));
        }
        Err(ActError::CodesExhausted)
    }
}

/// The last characters of a code, in capitals.
fn end(full_code: &str, length: usize) -> String {
    let capitals = full_code.to_uppercase();
    let skipped = capitals.chars().count().saturating_sub(length);
    capitals.chars().skip(skipped).collect()
}

impl Transaction for Generate<'_> {
    type Output = Batch;

    async fn run(&self, connection: &mut Conn) -> Result<Batch, ActError> {
        let GenerateOrder {
            app,
            prefix,
            count,
            length,
            duration,
            valid_until,
            points,
            seats,
            policy,
            preset,
            note,
        } = self.order;
        let policy = policy.to_string();
        let price = preset.as_ref().and_then(|preset| preset.price);
        let currency = price.map(Price::currency);
        must_be_open(connection, app).await?;
        let created_at = clock(connection).await?.naive_utc();
        let made = Made {
            origin: BatchOrigin::Generated,
            prefix: Some(prefix.as_str()),
            count: *count,
            length: Some(length.get()),
            duration_seconds: duration.seconds(),
            note: note.as_ref().map(Note::as_str),
            app: Some(app.as_str()),
            seats: Some(seats.get()),
            points: points.map(Points::get),
            valid_until: *valid_until,
            policy: Some(policy.as_str()).filter(|policy| !policy.is_empty()),
            preset: preset.as_ref().map(|preset| preset.name.as_str()),
            price: price.map(Price::amount),
            currency: currency.as_ref().map(Currency::as_str),
            recharge: preset.as_ref().map(|preset| u8::from(preset.recharges)),
        };
        let (act_id, batch_id) = open(connection, self.operator, &made, created_at).await?;
        let mut left = *count as usize;
        while left > 0 {
            let step = left.min(CHUNK);
            self.add_drawn(connection, step, act_id).await?;
            left -= step;
            if (self.on_made)(u64::from(*count) - left as u64).is_break() {
                return Err(ActError::Cancelled);
            }
        }
        batch(connection, batch_id).await?.ok_or(ActError::Store(StoreError::Undecodable))
    }
}

struct Import<'a> {
    operator: &'a Operator,
    cards: &'a ImportCards,
    note: Option<&'a Note>,
    app: &'a AppName,
    on_made: OnMade<'a>,
}

/// What all have in common, if they do.
fn common<T: PartialEq>(mut all: impl Iterator<Item = T>) -> Option<T> {
    let first = all.next()?;
    all.all(|other| other == first).then_some(first)
}

impl Transaction for Import<'_> {
    type Output = Batch;

    async fn run(&self, connection: &mut Conn) -> Result<Batch, ActError> {
        let cards = self.cards;
        let apps: BTreeSet<&str> = cards.iter().map(|card| card.app.unwrap_or(self.app.as_str())).collect();
        for app in &apps {
            must_be_open(connection, &app.parse().map_err(|_| StoreError::Undecodable)?).await?;
        }
        let created_at = clock(connection).await?.naive_utc();
        let length = common(cards.iter().map(|card| card.code.chars().count()));
        let made = Made {
            origin: BatchOrigin::Imported,
            prefix: common(cards.iter().map(|card| card.prefix)),
            count: u32::try_from(cards.len()).map_err(|_| ActError::BatchSize)?,
            length: length.and_then(|length| u8::try_from(length).ok()),
            duration_seconds: common(cards.iter().map(|card| card.duration)).and_then(CardDuration::seconds),
            note: self.note.map(Note::as_str),
            app: apps.first().copied().filter(|_| apps.len() == 1),
            seats: common(cards.iter().map(|card| card.seats)),
            points: common(cards.iter().map(|card| card.points)).flatten(),
            valid_until: common(cards.iter().map(|card| card.valid_until)).flatten(),
            policy: common(cards.iter().map(|card| card.policy)).flatten(),
            preset: None,
            price: None,
            currency: None,
            recharge: None,
        };
        let (act_id, batch_id) = open(connection, self.operator, &made, created_at).await?;
        let mut done = 0;
        for chunk in cards.chunks(CHUNK) {
            let rows: Vec<_> =
                chunk.iter().map(|card| NewCard::imported(*card, self.note, self.app)).collect();
            match add(connection, act_id, &rows).await {
                Err(ActError::CodeExists) => {
                    let codes: Vec<_> = chunk.iter().map(|card| card.full_code).collect();
                    return Err(which_exist(connection, &codes).await?);
                }
                other => other?,
            }
            done += chunk.len() as u64;
            if (self.on_made)(done).is_break() {
                return Err(ActError::Cancelled);
            }
        }
        batch(connection, batch_id).await?.ok_or(ActError::Store(StoreError::Undecodable))
    }
}

/// The codes of a refused step that are taken, those that it holds twice included.
async fn which_exist(connection: &mut Conn, codes: &[&str]) -> Result<ActError, ActError> {
    let mut found: Vec<_> =
        taken(connection, codes).await?.into_iter().map(|(_, full_code)| full_code).collect();
    let mut met = HashSet::new();
    found.extend(codes.iter().filter(|code| !met.insert(code.to_uppercase())).map(|code| (*code).to_owned()));
    Ok(ActError::CodesExist(TakenCodes(found)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_known_by_its_end() {
        for (full_code, length, expected) in
            [("VIP-ABCDEF", 6, "ABCDEF"), ("季卡-abcdef", 6, "ABCDEF"), ("ABC", 6, "ABC"), ("", 6, "")]
        {
            assert_eq!(end(full_code, length), expected);
        }
    }

    #[test]
    fn what_all_have_in_common() {
        assert_eq!(common([1, 1, 1].into_iter()), Some(1));
        assert_eq!(common([1, 2].into_iter()), None);
        assert_eq!(common(std::iter::empty::<u8>()), None);
    }
}
