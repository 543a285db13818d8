//! The table of cards: its rows are a window on an order of any length, moved by keysets.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use kami_common::column::Column;
use kami_common::saved_view::SavedView;
use kami_core::filter::{Capped, Filter, Sort};
use kami_core::record::CardRecord;

use crate::state::query::Query;
use crate::state::search::Progress;

/// How many rows are kept at most, so that an hour of scrolling takes no more memory than a minute.
const MOST_ROWS: usize = 600;

/// Where rows that come belong, and what becomes of the cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Landing {
    /// In place of all others, the cursor on the first.
    Top,
    /// In place of all others, the cursor on the last.
    Bottom,
    /// In place of all others, the cursor on the card that it was on if that is still there.
    Stay,
    /// Behind the others.
    Behind,
    /// Before the others.
    Before,
}

/// The cards that the next act is about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Marks {
    /// None is marked: the act is about the card under the cursor.
    #[default]
    None,
    /// These, with their codes.
    Some(BTreeMap<u64, String>),
    /// All that a filter found.
    All {
        /// What lets them through.
        filter: Filter,
        /// How many it found when it was marked.
        count: u64,
        /// The number of the newest card then: those made since are not marked.
        newest: u64,
    },
}

impl Marks {
    /// Whether this card is marked.
    pub fn holds(&self, card: &CardRecord) -> bool {
        match self {
            Self::None => false,
            Self::Some(cards) => cards.contains_key(&card.id),
            Self::All { newest, .. } => card.id <= *newest,
        }
    }

    /// How many cards are marked.
    pub fn count(&self) -> u64 {
        match self {
            Self::None => 0,
            Self::Some(cards) => cards.len() as u64,
            Self::All { count, .. } => *count,
        }
    }
}

/// The table of cards and what belongs to it.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own, and any mix of them can be")]
pub struct Cards {
    /// What the operator asked to see.
    pub query: Query,
    /// Whether the search is being typed.
    pub searching: bool,
    /// The rows that are here: a part of all.
    pub rows: Vec<CardRecord>,
    /// The row under the cursor.
    pub cursor: usize,
    /// The first row that is shown.
    pub top: usize,
    /// Whether there are rows before the first.
    pub has_before: bool,
    /// Whether there are rows behind the last.
    pub has_after: bool,
    /// The order in which the rows really stand.
    pub sort: Sort,
    /// How many rows stand before the first, if that is known.
    pub offset: Option<u64>,
    /// How many rows there are in all, if that is known.
    pub total: Option<Capped>,
    /// The number of the newest card when they were counted, if that is known.
    pub newest: Option<u64>,
    /// How far a search has come that no index serves.
    pub progress: Option<Progress>,
    /// Whether rows have come since the query was last changed; old ones are shown meanwhile, dimmed.
    pub is_fresh: bool,
    /// When rows were last asked for.
    pub asked_at: Option<DateTime<Utc>>,
    /// Which cards an act is about.
    pub marks: Marks,
    /// The card from which a range is marked.
    pub range_from: Option<u64>,
    /// The columns that the operator wants.
    pub columns: Vec<Column>,
}

impl Default for Cards {
    fn default() -> Self {
        Self {
            query: Query::default(),
            searching: false,
            rows: Vec::new(),
            cursor: 0,
            top: 0,
            has_before: false,
            has_after: false,
            sort: Sort::default(),
            offset: None,
            total: None,
            newest: None,
            progress: None,
            is_fresh: false,
            asked_at: None,
            marks: Marks::default(),
            range_from: None,
            columns: Column::ALL.to_vec(),
        }
    }
}

impl Cards {
    /// What is shown now, under a name.
    pub fn saved_as(&self, name: &str) -> SavedView {
        let Query { text, search_in, filter, sort, created, used, expiring } = &self.query;
        SavedView {
            name: name.trim().to_owned(),
            app: self.query.app(),
            status: filter.status,
            prefix: filter.prefix.clone(),
            batch: filter.batch_id,
            created: *created,
            used: *used,
            expiring: *expiring,
            is_shared: filter.is_shared,
            is_copied: filter.is_copied,
            text: text.value().trim().to_owned(),
            search_in: *search_in,
            sort: *sort,
            columns: Column::ALL.into_iter().filter(|column| self.columns.contains(column)).collect(),
        }
    }

    /// Whether a view is what is shown now.
    pub fn shows(&self, view: &SavedView) -> bool {
        *view == self.saved_as(&view.name)
    }

    /// The card under the cursor.
    pub fn current(&self) -> Option<&CardRecord> {
        self.rows.get(self.cursor)
    }

    /// The place of the card under the cursor among all, from 1.
    pub fn place(&self) -> Option<u64> {
        self.current()?;
        self.offset.map(|offset| offset + self.cursor as u64 + 1)
    }

    /// How many cards stand before the one of this number, if it is here and that is known.
    pub fn offset_of(&self, id: u64) -> Option<u64> {
        let row = self.rows.iter().position(|card| card.id == id)?;
        self.offset.map(|offset| offset + row as u64)
    }

    /// How many cards the filter finds, if that is known exactly.
    pub fn exact_total(&self) -> Option<u64> {
        self.total?.exactly()
    }

    /// The codes that are here and that an act is about: the marked ones, or the one under the cursor.
    pub fn codes_at_hand(&self) -> Vec<String> {
        match &self.marks {
            Marks::Some(marked) => marked.values().cloned().collect(),
            Marks::None => self.current().map(|card| card.full_code.clone()).into_iter().collect(),
            Marks::All { .. } => Vec::new(),
        }
    }

    /// Moves the cursor by rows, and the window with it.
    pub fn go(&mut self, rows: isize, height: usize) {
        let last = self.rows.len().saturating_sub(1);
        self.cursor = self.cursor.saturating_add_signed(rows).min(last);
        self.scroll(height);
    }

    /// Moves the window by a page, the cursor keeping its line.
    pub fn turn(&mut self, forward: bool, height: usize) {
        let line = self.cursor.saturating_sub(self.top);
        let last = self.rows.len().saturating_sub(1);
        let last_top = self.rows.len().saturating_sub(height);
        if forward {
            let at_end = self.top >= last_top;
            self.top = (self.top + height).min(last_top);
            self.cursor = if at_end { last } else { (self.top + line).min(last) };
        } else {
            let at_start = self.top == 0;
            self.top = self.top.saturating_sub(height);
            self.cursor = if at_start { 0 } else { self.top + line };
        }
    }

    /// Brings the cursor into the window.
    pub fn scroll(&mut self, height: usize) {
        let last_top = self.rows.len().saturating_sub(height);
        self.top = self.top.min(last_top).min(self.cursor).max((self.cursor + 1).saturating_sub(height));
    }

    /// Takes rows that came.
    pub fn land(&mut self, rows: Vec<CardRecord>, landing: Landing, height: usize) {
        let count = rows.len();
        match landing {
            Landing::Top | Landing::Bottom | Landing::Stay => {
                let line = self.cursor.saturating_sub(self.top);
                let was_at_top = self.top == 0;
                let on = self.current().map(|card| card.id);
                self.rows = rows;
                let last = count.saturating_sub(1);
                match landing {
                    Landing::Bottom => self.cursor = last,
                    Landing::Stay => {
                        let found = self.rows.iter().position(|card| Some(card.id) == on);
                        self.cursor = found.unwrap_or(self.cursor).min(last);
                    }
                    _ => self.cursor = 0,
                }
                // At the very top new cards push the others down, as they do in any list of news.
                let stays = landing == Landing::Stay && (self.has_before || !was_at_top);
                self.top = if stays { self.cursor.saturating_sub(line) } else { 0 };
            }
            Landing::Behind => {
                self.rows.extend(rows);
                let surplus = self.rows.len().saturating_sub(MOST_ROWS).min(self.top);
                if surplus > 0 {
                    self.rows.drain(..surplus);
                    self.cursor -= surplus;
                    self.top -= surplus;
                    self.has_before = true;
                    self.offset = self.offset.map(|offset| offset + surplus as u64);
                }
            }
            Landing::Before => {
                self.rows.splice(0..0, rows);
                self.cursor += count;
                self.top += count;
                self.offset = self.offset.map(|offset| offset.saturating_sub(count as u64));
                if self.rows.len() > MOST_ROWS {
                    self.rows.truncate(MOST_ROWS.max(self.top + height));
                    self.has_after = true;
                }
            }
        }
        self.scroll(height);
    }

    /// Marks the card under the cursor or unmarks it.
    pub fn toggle_mark(&mut self) {
        let Some(card) = self.rows.get(self.cursor) else { return };
        let mut marked = match std::mem::take(&mut self.marks) {
            Marks::Some(marked) => marked,
            Marks::None | Marks::All { .. } => BTreeMap::new(),
        };
        if marked.remove(&card.id).is_none() {
            marked.insert(card.id, card.full_code.clone());
        }
        self.range_from = Some(card.id);
        self.marks = if marked.is_empty() { Marks::None } else { Marks::Some(marked) };
    }

    /// Marks every card from the last one marked to the cursor, as far as they are here.
    pub fn mark_range(&mut self) {
        let from = self.range_from.and_then(|id| self.rows.iter().position(|card| card.id == id));
        let from = from.unwrap_or(self.cursor);
        let range = from.min(self.cursor)..=from.max(self.cursor);
        let Some(cards) = self.rows.get(range) else { return };
        let mut marked = match std::mem::take(&mut self.marks) {
            Marks::Some(marked) => marked,
            Marks::None | Marks::All { .. } => BTreeMap::new(),
        };
        marked.extend(cards.iter().map(|card| (card.id, card.full_code.clone())));
        self.range_from = self.rows.get(self.cursor).map(|card| card.id);
        self.marks = Marks::Some(marked);
    }

    /// Unmarks everything; says whether anything was marked.
    pub fn unmark(&mut self) -> bool {
        self.range_from = None;
        std::mem::take(&mut self.marks) != Marks::None
    }
}
