//! Cards that are looked for: those of a filter, whose machine may also be one that has a further seat of them and does
//! not stand in their rows.

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Value};

use super::super::limit::{SCREEN, limited};
use super::super::{StoreError, listing::COUNT_CAP};
use kami_core::filter::{Filter, Sort, TextFilter};
use kami_core::plan::{Index, Indexed, Plan, Window, plan};

/// How many further seats the machines have that a filter asks for, as far as that decides how its cards are read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in super::super) enum Further {
    /// None, or none that this account may know of; or the filter asks for no machine.
    #[default]
    None,
    /// No more than are sorted.
    Few,
    /// More than that.
    Many,
}

/// The cards of a filter.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Sought<'a> {
    pub(in super::super) filter: &'a Filter,
    pub(in super::super) further: Further,
}

impl<'a> Sought<'a> {
    /// Whether cards are also found by the machines of their further seats.
    pub(in super::super) const fn asks_for_seats(self) -> bool {
        !matches!(self.further, Further::None)
    }

    /// Those of the filter, once it is counted how many seats its machines have. An account that older versions gave its
    /// rights finds cards by the machines in their rows alone.
    pub(in super::super) async fn of(connection: &mut Conn, filter: &'a Filter) -> Result<Self, StoreError> {
        let Some((condition, machine)) = machine(filter) else {
            return Ok(Self { filter, further: Further::None });
        };
        let query = format!(
            "SELECT COUNT(*) FROM (SELECT 1 FROM card_seats FORCE INDEX (idx_machine_code) WHERE {condition} LIMIT {}) \
             AS counted",
            COUNT_CAP + 1
        );
        let counted: Result<Option<u64>, _> =
            connection.exec_first(limited(SCREEN, &query), (machine,)).await;
        let further = match counted.map_err(StoreError::from) {
            Err(error) if error.is_denied() => Further::None,
            counted => match counted?.ok_or(StoreError::Undecodable)? {
                0 => Further::None,
                1..=COUNT_CAP => Further::Few,
                _ => Further::Many,
            },
        };
        Ok(Self { filter, further })
    }

    /// How they are read in the order `wanted`; what is too much to be sorted into the order of an index is searched for.
    pub(in super::super) fn plan(self, wanted: Sort) -> Plan {
        match plan(self.filter, wanted) {
            Plan::Indexed(indexed) if !self.is_served(indexed) => {
                let is_batch = self.filter.batch_id.is_some();
                Plan::Windowed(if is_batch { Window::Batch } else { Window::Table })
            }
            planned => planned,
        }
    }

    /// Whether an index that finds cards by what the filter says finds all of them.
    pub(in super::super) fn is_served(self, indexed: Indexed) -> bool {
        indexed.index != Index::Machine || self.further != Further::Many
    }
}

/// The condition on the machine that a filter asks for, in a row of cards as well as of their seats.
pub(in super::super) fn machine(filter: &Filter) -> Option<(&'static str, Value)> {
    match filter.text.as_ref()? {
        TextFilter::Machine(machine) => Some(("machine_code = ?", machine.into())),
        TextFilter::MachinePrefix(start) => {
            Some(("machine_code LIKE ? ESCAPE '|'", format!("{}%", literally(start)).into()))
        }
        TextFilter::Codes(_)
        | TextFilter::CodePrefix(_)
        | TextFilter::CodeContains(_)
        | TextFilter::NoteContains(_) => None,
    }
}

/// A pattern for LIKE that finds the text itself, whatever it holds.
pub(crate) fn literally(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len() + 2);
    for character in text.chars() {
        if matches!(character, '%' | '_' | '|') {
            pattern.push('|');
        }
        pattern.push(character);
    }
    pattern
}
