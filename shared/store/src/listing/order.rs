//! In which order the cards of a filter can be had: one that an index has, or any where they are few enough to be sorted.

use mysql_async::Conn;

use super::super::limit::{GRACE, SCREEN};
use super::super::{Operation, Store, StoreError};
use super::sought::Sought;
use super::statement::Course;
use super::{CountCapped, count};
use kami_core::filter::{Capped, Filter, Sort};
use kami_core::plan::{Indexed, Plan, parts};

impl Store {
    /// Whether the cards of `filter` come in any order, as an index finds no more than [`COUNT_CAP`](super::COUNT_CAP)
    /// for one of the conditions; others come in the orders of [`plan`] alone.
    pub async fn sorts_any_way(&self, filter: &Filter) -> Result<bool, StoreError> {
        self.run(SCREEN + GRACE, FindsFew { filter }).await.map(|found| found.is_some())
    }
}

struct FindsFew<'a> {
    filter: &'a Filter,
}

impl Operation for FindsFew<'_> {
    type Output = Option<Indexed>;
    const IS_CANCELLED: bool = true;

    async fn run(&self, connection: &mut Conn) -> Result<Option<Indexed>, StoreError> {
        let sought = Sought::of(connection, self.filter).await?;
        finds_few(connection, sought).await
    }
}

/// The first index that finds no more than [`COUNT_CAP`](super::COUNT_CAP) cards for one of the conditions.
pub(super) async fn finds_few(
    connection: &mut Conn,
    sought: Sought<'_>,
) -> Result<Option<Indexed>, StoreError> {
    for (part, indexed) in parts(sought.filter).into_iter().filter(|(_, indexed)| sought.is_served(*indexed))
    {
        let course = Course { backwards: false, from: None, inclusive: false };
        if let Capped::Exactly(_) =
            count(connection, CountCapped { sought: Sought { filter: &part, ..sought }, indexed, course })
                .await?
        {
            return Ok(Some(indexed));
        }
    }
    Ok(None)
}

/// How pages of the cards that are sought are read: in the order `wanted` where an index has it or the cards are few, otherwise in the
/// nearest that an index has; [`StoreError::NotIndexed`] where they have to be searched for.
pub(in super::super) async fn indexed(
    connection: &mut Conn,
    sought: Sought<'_>,
    wanted: Sort,
) -> Result<Indexed, StoreError> {
    let planned = sought.plan(wanted);
    match planned {
        Plan::Indexed(indexed) if indexed.sort == wanted => return Ok(indexed),
        Plan::Indexed(_) | Plan::Windowed(_) => {}
    }
    match (finds_few(connection, sought).await?, planned) {
        (Some(few), _) => Ok(few.sorted(wanted)),
        (None, Plan::Indexed(nearest)) => Ok(nearest),
        (None, Plan::Windowed(_)) => Err(StoreError::NotIndexed),
    }
}
