//! Finding cards by their code, the one query that every request of a client makes.
//!
//! Requests that arrive while others wait for the database share their queries: what a server spends on one code a
//! query it spends on several in one `IN`, which makes a multiple of requests a second out of the same database. A
//! request that finds a lane free is asked for alone, at once.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use mysql_async::prelude::{FromRow, Queryable};
use mysql_async::{Conn, Params, Row, Value};
use tokio::sync::oneshot;

use super::pool::Pool;
use super::{CardNow, Operation, REQUEST_LIMIT, StoreError};
use crate::card::CardCode;

/// How many queries are under way at once: enough to keep a server busy across a network, few enough that requests
/// come together behind them.
const LANES: usize = 4;

/// How many codes one query asks for at the most; more make it no cheaper a code.
const BATCH: usize = 16;

/// The part that clones of a store share.
#[derive(Clone, Debug)]
pub(super) struct Lookups {
    pool: Pool,
    queue: Arc<Mutex<Queue>>,
}

#[derive(Debug, Default)]
struct Queue {
    waiting: VecDeque<Ask>,
    busy_lanes: usize,
}

/// One request's question, and where its answer goes; nobody waits for it any more once that is closed.
#[derive(Debug)]
struct Ask {
    code: CardCode,
    answer: oneshot::Sender<Result<Option<CardNow>, StoreError>>,
}

impl Lookups {
    /// Lookups on the connections of a pool.
    pub(super) fn new(pool: Pool) -> Self {
        Self { pool, queue: Arc::default() }
    }

    /// The card of that code, with the database's clock.
    pub(super) async fn find(&self, code: &CardCode) -> Result<Option<CardNow>, StoreError> {
        let (answer, answered) = oneshot::channel();
        let open_lane = {
            let mut queue = self.queue();
            queue.waiting.push_back(Ask { code: code.clone(), answer });
            let open = queue.busy_lanes < LANES;
            queue.busy_lanes += usize::from(open);
            open
        };
        if open_lane {
            // A task of its own: if the client that opened it goes away, the others in its query must not suffer.
            tokio::spawn(self.clone().run_lane());
        }
        // Only a lane that panicked answers nothing at all.
        tokio::time::timeout(REQUEST_LIMIT, answered)
            .await
            .map_or(Err(StoreError::TimedOut), |answer| answer.unwrap_or(Err(StoreError::Undecodable)))
    }

    /// Asks for what waits, query after query, until nothing does.
    async fn run_lane(self) {
        let lane = OpenLane(&self);
        while let Some(asks) = lane.next_batch() {
            let codes: Vec<_> = asks.iter().map(|ask| ask.code.clone()).collect();
            let found = self.pool.run(REQUEST_LIMIT, FindCards { codes: &codes }).await;
            let mut found = found.map(Vec::into_iter);
            for ask in asks {
                let answer = match &mut found {
                    Ok(cards) => Ok(cards.next().flatten()),
                    Err(error) => Err(error.clone()),
                };
                // Whoever asked may have gone away.
                drop(ask.answer.send(answer));
            }
        }
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A lane under way; it counts as free again when it ends, however it does.
struct OpenLane<'a>(&'a Lookups);

impl OpenLane<'_> {
    /// What to ask for next; `None` when nothing waits.
    fn next_batch(&self) -> Option<Vec<Ask>> {
        let mut queue = self.0.queue();
        let mut asks: Vec<Ask> = Vec::new();
        while asks.len() < BATCH
            && let Some(ask) = queue.waiting.pop_front()
        {
            if ask.answer.is_closed() {
                continue;
            }
            let alone = !is_plain(ask.code.as_str());
            if alone && !asks.is_empty() {
                queue.waiting.push_front(ask);
                break;
            }
            asks.push(ask);
            if alone {
                break;
            }
        }
        if asks.is_empty() { None } else { Some(asks) }
    }
}

impl Drop for OpenLane<'_> {
    fn drop(&mut self) {
        self.0.queue().busy_lanes -= 1;
    }
}

/// Whether the database's collation tells this code from others as ASCII does, regardless of case alone: only such
/// codes share a query, so that each row is matched to its code here exactly as the database would.
fn is_plain(code: &str) -> bool {
    code.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Finds the card of each code, in the order of the codes.
struct FindCards<'a> {
    codes: &'a [CardCode],
}

impl Operation for FindCards<'_> {
    type Output = Vec<Option<CardNow>>;

    async fn run(&self, connection: &mut Conn) -> Result<Self::Output, StoreError> {
        if let [code] = self.codes {
            return Ok(vec![find_card(connection, code).await?]);
        }
        let rows = find_rows(connection, self.codes).await?;
        let matches =
            |code: &CardCode, row: &CardNow| code.as_str().eq_ignore_ascii_case(&row.card.full_code);
        // A card with a letter beyond ASCII can be what a plain code means: é is e to the collation.
        let exact = rows.iter().all(|row| self.codes.iter().any(|code| matches(code, row)));
        let mut found = Vec::with_capacity(self.codes.len());
        for code in self.codes {
            found.push(match rows.iter().find(|row| matches(code, row)) {
                Some(row) => Some(row.clone()),
                None if exact => None,
                None => find_card(connection, code).await?,
            });
        }
        Ok(found)
    }
}

const COLUMNS: &str = "id, full_code, status, duration_seconds, machine_code, created_at, used_at, expire_at, \
                       UTC_TIMESTAMP()";

/// The card of one code, on a connection at hand.
pub(super) async fn find_card(connection: &mut Conn, code: &CardCode) -> Result<Option<CardNow>, StoreError> {
    let rows = find_rows(connection, std::slice::from_ref(code)).await?;
    Ok(rows.into_iter().next())
}

/// The rows of the cards that the codes mean. The last code is repeated up to a power of two, so that a connection
/// prepares a handful of statements and no more.
async fn find_rows(connection: &mut Conn, codes: &[CardCode]) -> Result<Vec<CardNow>, StoreError> {
    let Some(last) = codes.last() else { return Ok(Vec::new()) };
    let places = codes.len().next_power_of_two();
    let statement = format!("SELECT {COLUMNS} FROM cards WHERE full_code IN (?{})", ", ?".repeat(places - 1));
    let padding = std::iter::repeat_n(last, places - codes.len());
    let values = codes.iter().chain(padding).map(|code| Value::from(code.as_str())).collect();
    let rows: Vec<Row> = connection.exec(statement, Params::Positional(values)).await?;
    rows.into_iter().map(|row| CardNow::from_row_opt(row).map_err(|_| StoreError::Undecodable)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lookups(codes: &[&str]) -> Lookups {
        let lookups = Lookups::new(Pool::new(mysql_async::Opts::default(), 1));
        for code in codes {
            let code = CardCode::parse(code).unwrap();
            lookups.queue().waiting.push_back(Ask { code, answer: oneshot::channel().0 });
        }
        lookups
    }

    fn batches(lookups: &Lookups) -> Vec<Vec<String>> {
        lookups.queue().busy_lanes += 1;
        let lane = OpenLane(lookups);
        let texts = |asks: Vec<Ask>| asks.iter().map(|ask| ask.code.as_str().to_owned()).collect();
        std::iter::from_fn(|| lane.next_batch().map(texts)).collect()
    }

    #[test]
    fn questions_that_nobody_waits_for_are_not_asked() {
        assert_eq!(batches(&lookups(&["A", "B", "C"])), Vec::<Vec<String>>::new());
    }

    #[test]
    fn plain_codes_go_together_and_others_alone() {
        let lookups = lookups(&[]);
        let codes = ["A", "a", "季卡-1", "B C", "D", "E"];
        let mut answers = Vec::new();
        for code in codes.into_iter().chain((0..20).map(|_| "F")) {
            let (answer, answered) = oneshot::channel();
            answers.push(answered);
            lookups.queue().waiting.push_back(Ask { code: CardCode::parse(code).unwrap(), answer });
        }
        let batches = batches(&lookups);
        assert_eq!(batches[..3], [vec!["A", "a"], vec!["季卡-1"], vec!["B C"]]);
        assert_eq!(batches[3..].iter().map(Vec::len).collect::<Vec<_>>(), [BATCH, 6]);
        assert_eq!(lookups.queue().busy_lanes, 0);
    }
}
