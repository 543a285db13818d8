//! What an act on many cards would touch: how many, by status, and by prefix and batch where those are few.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Params, Row, Value};

use super::search::{Reading, SEARCH_WINDOW, SearchCursor};
use crate::limit::{BACKGROUND, GRACE, limited};
use crate::progress::{ActProgress, OnProgress, share};
use crate::record::{marks, take};
use crate::selection::Selection;
use crate::{Operation, Store, StoreError};
use kami_core::card::CardStatus;
use kami_core::filter::Filter;

/// The most prefixes, and the most batches, that are told one by one.
const FEW: usize = 5;

/// How many cards are asked for by their numbers at once.
const PART: usize = 1_000;

/// What an act would touch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Survey {
    /// How many cards.
    pub cards: u64,
    /// How many of each status, as the rows say it; those of which there are none are left out.
    pub statuses: Vec<(CardStatus, u64)>,
    /// How many of each prefix; nothing where those are more than five.
    pub prefixes: Option<BTreeMap<String, u64>>,
    /// How many of each batch, and of none; nothing where those are more than five.
    pub batches: Option<BTreeMap<Option<u64>, u64>>,
}

impl Default for Survey {
    fn default() -> Self {
        let (prefixes, batches) = (Some(BTreeMap::new()), Some(BTreeMap::new()));
        Self { cards: 0, statuses: Vec::new(), prefixes, batches }
    }
}

/// Cards that have status, prefix and batch in common.
struct Group {
    status: CardStatus,
    prefix: String,
    batch: Option<u64>,
    cards: u64,
}

/// Counts one more kind, as long as there are few of them.
fn tally<K: Ord>(counts: &mut Option<BTreeMap<K, u64>>, kind: K, cards: u64) {
    if let Some(known) = counts {
        *known.entry(kind).or_default() += cards;
        if known.len() > FEW {
            *counts = None;
        }
    }
}

impl Survey {
    fn add_all(&mut self, groups: Vec<Group>) {
        for group in groups {
            self.add(group);
        }
    }

    fn add(&mut self, Group { status, prefix, batch, cards }: Group) {
        self.cards += cards;
        match self.statuses.iter_mut().find(|(known, _)| *known == status) {
            Some((_, count)) => *count += cards,
            None => self.statuses.push((status, cards)),
        }
        let place = |status| CardStatus::ALL.iter().position(|other| *other == status);
        self.statuses.sort_by_key(|(status, _)| place(*status));
        tally(&mut self.prefixes, prefix, cards);
        tally(&mut self.batches, batch, cards);
    }
}

impl Store {
    /// What an act on these cards would touch, read in steps; `None` when it was broken off.
    pub async fn survey(
        &self,
        selection: &Selection,
        on_progress: OnProgress<'_>,
    ) -> Result<Option<Survey>, StoreError> {
        let mut survey = Survey::default();
        let report = |survey: &Survey, behind, all| {
            let progress =
                ActProgress { looked_at: survey.cards, done: survey.cards, share: share(behind, all) };
            on_progress(progress)
        };
        match selection {
            Selection::Ids(ids) => {
                for (step, part) in ids.chunks(PART).enumerate() {
                    let groups = self.run(BACKGROUND + GRACE, OfIds { ids: part }).await?;
                    survey.add_all(groups);
                    let behind = (step * PART + part.len()) as u64;
                    if let ControlFlow::Break(()) = report(&survey, behind, ids.len() as u64) {
                        return Ok(None);
                    }
                }
            }
            Selection::Filter(filter) | Selection::UpTo { filter, .. } => {
                let mut next = self.search_start(filter).await?;
                if let Selection::UpTo { newest, .. } = selection {
                    next = next.and_then(|cursor| cursor.up_to(*newest));
                }
                while let Some(cursor) = next {
                    let (groups, follow) = self.run(BACKGROUND + GRACE, OfWindow { filter, cursor }).await?;
                    survey.add_all(groups);
                    next = follow;
                    let progress = cursor.progress(next);
                    if let ControlFlow::Break(()) = report(&survey, progress.done, progress.total) {
                        return Ok(None);
                    }
                }
            }
        }
        Ok(Some(survey))
    }
}

fn read(row: &mut Row) -> Result<Group, StoreError> {
    let status: String = take(row, 0)?;
    Ok(Group {
        status: status.parse().map_err(|_| StoreError::Undecodable)?,
        prefix: take(row, 1)?,
        batch: take(row, 2)?,
        cards: take(row, 3)?,
    })
}

struct OfIds<'a> {
    ids: &'a [u64],
}

impl Operation for OfIds<'_> {
    type Output = Vec<Group>;
    const IS_CANCELLED: bool = true;

    async fn run(&self, connection: &mut Conn) -> Result<Vec<Group>, StoreError> {
        let query = format!(
            "SELECT status, prefix, batch_id, COUNT(*) FROM cards FORCE INDEX (PRIMARY) WHERE id IN ({}) \
             GROUP BY status, prefix, batch_id",
            marks(self.ids.len())
        );
        let ids = self.ids.iter().map(|id| Value::from(*id)).collect();
        let rows: Vec<Row> = connection.exec(limited(BACKGROUND, &query), Params::Positional(ids)).await?;
        rows.into_iter().map(|mut row| read(&mut row)).collect()
    }
}

/// One step of a search, of which only the kinds of cards are told and how many there are of each.
struct OfWindow<'a> {
    filter: &'a Filter,
    cursor: SearchCursor,
}

impl Operation for OfWindow<'_> {
    type Output = (Vec<Group>, Option<SearchCursor>);
    const IS_CANCELLED: bool = true;

    async fn run(&self, connection: &mut Conn) -> Result<Self::Output, StoreError> {
        let limit = usize::try_from(SEARCH_WINDOW).unwrap_or(usize::MAX);
        let reading = Reading::next("id, status, prefix, batch_id", self.filter, self.cursor, limit);
        let query = format!(
            "SELECT status, prefix, batch_id, COUNT(*), MIN(id) FROM ({}) AS found GROUP BY status, prefix, batch_id",
            reading.statement.text
        );
        let rows: Vec<Row> = connection.exec(limited(BACKGROUND, &query), reading.statement.params()).await?;
        let (mut groups, mut lowest) = (Vec::with_capacity(rows.len()), None::<u64>);
        for mut row in rows {
            let id: u64 = take(&mut row, 4)?;
            lowest = Some(lowest.map_or(id, |lowest| lowest.min(id)));
            groups.push(read(&mut row)?);
        }
        let found: u64 = groups.iter().map(|group| group.cards).sum();
        let next = reading.follow(connection, self.cursor, lowest, found >= SEARCH_WINDOW).await?;
        Ok((groups, next))
    }
}
