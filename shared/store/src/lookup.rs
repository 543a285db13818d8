//! Finding cards by their code, the one query that every request of a client makes.
//!
//! Requests that arrive while others wait for the database share their queries: what a server spends on one code a
//! query it spends on several in one `IN`, which makes a multiple of requests a second out of the same database. A
//! request that finds a lane free is asked for alone, at once.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Error, Params, Row, Value};
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout_at};

use super::card_now::KEY_COLUMNS;
use super::error::holds_no_such_text;
use super::known_clock::KnownClock;
use super::pool::Pool;
use super::reading::{Reading, Readings};
use super::record::marks;
use super::routines::Successor;
use super::{CardNow, Operation, REQUEST_LIMIT, StoreError};
use kami_core::card::{CardCode, MachineCode};

/// How many queries are under way at once: enough to keep a server busy across a network, few enough that requests
/// come together behind them.
pub(super) const LANES: usize = 4;

/// What stands for the columns of a key that nobody asks for.
const NO_KEY: &str = ", NULL, NULL, NULL, NULL";

/// How many codes one query asks for at the most; more make it no cheaper a code.
const BATCH: usize = 16;

/// The part that clones of a store share.
#[derive(Clone, Debug)]
pub(super) struct Lookups {
    pool: Pool,
    queue: Arc<Mutex<Queue>>,
    readings: Arc<Readings>,
    clock: Arc<KnownClock>,
    /// Whether there is a card for several machines: until one is met, nobody asks for their seats.
    seats_in_use: Arc<AtomicBool>,
    keys: Arc<KeysInUse>,
}

/// Whether there is a card whose machines sign what they ask: until one is met, nobody asks for keys of devices.
#[derive(Debug)]
struct KeysInUse {
    is_met: AtomicBool,
    /// Whether they are for the account to read.
    reading: Successor,
}

impl Default for KeysInUse {
    fn default() -> Self {
        Self {
            is_met: AtomicBool::default(),
            reading: Successor::new("nobody looks at keys of devices, which this account may not read"),
        }
    }
}

/// What the rows of cards are joined with.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Joined<'a> {
    /// The further seats of these machines.
    pub(super) machines: &'a [&'a str],
    /// The keys of devices of the seats.
    pub(super) with_keys: bool,
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
    machine: Option<MachineCode>,
    answer: oneshot::Sender<Found>,
}

/// What a code's question is answered.
type Found = Result<Option<CardNow>, StoreError>;

impl Lookups {
    /// Lookups on the connections of a pool.
    pub(super) fn new(pool: Pool) -> Self {
        Self {
            pool,
            queue: Arc::default(),
            readings: Arc::default(),
            clock: Arc::default(),
            seats_in_use: Arc::default(),
            keys: Arc::default(),
        }
    }

    /// The card of that code, with the database's clock and the seat of that machine; given up at `deadline`.
    pub(super) async fn find(
        &self,
        code: &CardCode,
        machine: Option<&MachineCode>,
        deadline: Instant,
    ) -> Result<Option<CardNow>, StoreError> {
        let asks_for_seats = self.seats_in_use.load(Ordering::Relaxed);
        let found = self.ask(code, machine, deadline).await?;
        if asks_for_seats || machine.is_none() || found.as_ref().is_none_or(|found| found.card.seats <= 1) {
            return Ok(found);
        }
        // The first card for several machines that this program meets.
        self.seats_in_use.store(true, Ordering::Relaxed);
        self.ask(code, machine, deadline).await
    }

    /// Reads keys of devices with the cards from now on; returns whether that can be.
    pub(super) fn begin_keys(&self) -> bool {
        self.keys.is_met.store(true, Ordering::Relaxed);
        self.keys.reading.is_called()
    }

    /// What the database's clock says, as far as the cards told it.
    pub(super) fn known_time(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// The cards of two codes, without anybody's seat: in one query, where others do not come between them.
    pub(super) async fn find_both(
        &self,
        codes: [&CardCode; 2],
        deadline: Instant,
    ) -> Result<[Option<CardNow>; 2], StoreError> {
        let [one, other] = self.line_up(codes, None);
        Ok([answer_by(deadline, one).await?, answer_by(deadline, other).await?])
    }

    async fn ask(
        &self,
        code: &CardCode,
        machine: Option<&MachineCode>,
        deadline: Instant,
    ) -> Result<Option<CardNow>, StoreError> {
        let [answered] = self.line_up([code], machine);
        answer_by(deadline, answered).await
    }

    /// Has codes asked for, one behind the other; returns where their answers arrive.
    fn line_up<const N: usize>(
        &self,
        codes: [&CardCode; N],
        machine: Option<&MachineCode>,
    ) -> [oneshot::Receiver<Found>; N] {
        let mut queue = self.queue();
        let answers = codes.map(|code| {
            let (answer, answered) = oneshot::channel();
            queue.waiting.push_back(Ask { code: code.clone(), machine: machine.cloned(), answer });
            answered
        });
        let open_lane = queue.busy_lanes < LANES;
        queue.busy_lanes += usize::from(open_lane);
        drop(queue);
        if open_lane {
            // A task of its own: if the client that opened it goes away, the others in its query must not suffer.
            tokio::spawn(self.clone().run_lane());
        }
        answers
    }

    /// Asks for what waits, query after query, until nothing does.
    async fn run_lane(self) {
        let mut lane = OpenLane { lookups: &self, closed: false };
        while let Some(asks) = lane.next_batch() {
            let find = FindCards { asks: &asks, lookups: &self };
            let mut found = self.pool.run(REQUEST_LIMIT, find).await.map(Vec::into_iter);
            for ask in asks {
                let answer = match &mut found {
                    Ok(cards) => cards.next().unwrap_or(Err(StoreError::Abandoned)),
                    Err(error) => Err(error.clone()),
                };
                // Whoever asked may have gone away.
                drop(ask.answer.send(answer));
            }
        }
    }

    /// The card of one code with the seat of a machine, on a connection at hand.
    pub(super) async fn find_on(
        &self,
        connection: &mut Conn,
        code: &CardCode,
        machine: &MachineCode,
    ) -> Result<Option<CardNow>, StoreError> {
        let rows = self.find_rows(connection, &[code], &[machine.as_str()]).await?;
        card_of(code, Some(machine), &rows)
    }

    /// What the collation takes for a spelling of the codes, each with its card as far as that could be understood.
    async fn find_rows(
        &self,
        connection: &mut Conn,
        codes: &[&CardCode],
        machines: &[&str],
    ) -> Result<Vec<FoundRow>, StoreError> {
        let mut reading = self.readings.now();
        let asks_for_seats = self.seats_in_use.load(Ordering::Relaxed);
        let mut asks_for_keys = self.keys.is_met.load(Ordering::Relaxed) && self.keys.reading.is_called();
        loop {
            let on_query = || self.pool.counters().round_trip();
            let machines = if asks_for_seats && reading == Reading::Full { machines } else { &[] };
            let joined = Joined { machines, with_keys: asks_for_keys && reading == Reading::Full };
            let columns = joined.columns(reading);
            match find_rows_of(connection, &columns, joined, codes, &on_query).await {
                Ok(rows) => {
                    let found: Result<Vec<_>, _> = rows.into_iter().map(FoundRow::read).collect();
                    let now =
                        found.iter().flatten().find_map(|row| row.card.as_ref().ok()).map(|card| card.now);
                    if let Some(now) = now {
                        self.clock.note(now);
                    }
                    return found;
                }
                Err(error) if joined.with_keys && (error.is_denied() || error.is_of_schema()) => {
                    self.keys.reading.deny(&error);
                    asks_for_keys = false;
                }
                Err(error) => reading = self.readings.after(reading, &error).ok_or(error)?,
            }
        }
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a question is answered until `deadline`.
async fn answer_by(deadline: Instant, answered: oneshot::Receiver<Found>) -> Found {
    // Only a lane that panicked answers nothing at all.
    timeout_at(deadline, answered)
        .await
        .map_or(Err(StoreError::TimedOut), |answer| answer.unwrap_or(Err(StoreError::Abandoned)))
}

/// A lane under way; it counts as free again when it ends, however it does.
struct OpenLane<'a> {
    lookups: &'a Lookups,
    closed: bool,
}

impl OpenLane<'_> {
    /// What to ask for next. When nothing waits the lane is closed, under the same lock: a question that comes a
    /// moment later finds it free.
    fn next_batch(&mut self) -> Option<Vec<Ask>> {
        let mut queue = self.lookups.queue();
        let mut asks: Vec<Ask> = Vec::new();
        while asks.len() < BATCH
            && let Some(ask) = queue.waiting.pop_front()
        {
            if ask.answer.is_closed() {
                continue;
            }
            let alone = !is_plain(&ask.code);
            if alone && !asks.is_empty() {
                queue.waiting.push_front(ask);
                break;
            }
            asks.push(ask);
            if alone {
                break;
            }
        }
        if asks.is_empty() {
            queue.busy_lanes -= 1;
            self.closed = true;
            return None;
        }
        Some(asks)
    }
}

impl Drop for OpenLane<'_> {
    fn drop(&mut self) {
        if !self.closed {
            self.lookups.queue().busy_lanes -= 1;
        }
    }
}

/// Whether the code has one spelling, and each column can hold it: only such codes share a query.
fn is_plain(code: &CardCode) -> bool {
    code.spellings().all(|spelling| spelling.bytes().all(|byte| byte.is_ascii_graphic()))
}

/// Finds the card of each code, in the order of the codes; a row that cannot be understood fails its own code alone.
struct FindCards<'a> {
    asks: &'a [Ask],
    lookups: &'a Lookups,
}

impl Operation for FindCards<'_> {
    type Output = Vec<Result<Option<CardNow>, StoreError>>;

    const ONLY_READS: bool = true;

    async fn run(&self, connection: &mut Conn) -> Result<Self::Output, StoreError> {
        let codes: Vec<&CardCode> = self.asks.iter().map(|ask| &ask.code).collect();
        let machines: Vec<&str> =
            self.asks.iter().filter_map(|ask| ask.machine.as_ref().map(MachineCode::as_str)).collect();
        let rows = self.lookups.find_rows(connection, &codes, &machines).await?;
        Ok(self.asks.iter().map(|ask| card_of(&ask.code, ask.machine.as_ref(), &rows)).collect())
    }
}

/// The card that a code means: what the collation found is taken by our own rule alone. There is a row of it for each
/// machine that was asked for and has a further seat.
fn card_of(
    code: &CardCode,
    machine: Option<&MachineCode>,
    rows: &[FoundRow],
) -> Result<Option<CardNow>, StoreError> {
    let mut found = rows.iter().filter(|row| code.means(&row.full_code)).peekable();
    let Some(first) = found.peek().copied() else { return Ok(None) };
    let has_seat = |row: &&FoundRow| {
        row.card.as_ref().is_ok_and(|card| machine.is_some_and(|machine| card.seats(machine)))
    };
    match found.find(has_seat) {
        Some(row) => row.card.clone().map(Some),
        None => first.card.clone().map(|card| Some(card.without_seat())),
    }
}

/// A card as far as its row could be understood.
struct FoundRow {
    full_code: String,
    card: Result<CardNow, StoreError>,
}

impl FoundRow {
    fn read(row: Row) -> Result<Self, StoreError> {
        let full_code = row.get_opt("full_code").and_then(Result::ok).ok_or(StoreError::Undecodable)?;
        Ok(Self { full_code, card: CardNow::read(row) })
    }
}

impl Joined<'_> {
    /// The columns of a way to read cards, and of what they are joined with.
    fn columns(self, reading: Reading) -> Cow<'static, str> {
        let columns = reading.columns(!self.machines.is_empty());
        if !self.with_keys {
            return columns.into();
        }
        let of = |key: &str| KEY_COLUMNS.map(|column| format!(", {key}.{column}")).concat();
        let further = if self.machines.is_empty() { NO_KEY.to_owned() } else { of("further_key") };
        format!("{columns}{}{further}", of("first_key")).into()
    }

    /// The joins, with a mark for each of so many machines.
    fn tables(self, machines: usize) -> String {
        let mut tables = String::new();
        if machines > 0 {
            let marks = marks(machines);
            tables = format!(
                " LEFT JOIN card_seats AS seat ON cards.seats > 1 AND seat.card_id = cards.id \
                 AND seat.machine_code IN ({marks})"
            );
        }
        if self.with_keys {
            tables.push_str(
                " LEFT JOIN device_keys AS first_key ON first_key.card_id = cards.id \
                 AND first_key.machine_code = cards.machine_code",
            );
        }
        if self.with_keys && machines > 0 {
            tables.push_str(
                " LEFT JOIN device_keys AS further_key ON further_key.card_id = cards.id \
                 AND further_key.machine_code = seat.machine_code",
            );
        }
        tables
    }
}

/// These columns of the rows that the collation takes for a spelling of the codes, and of what they are joined with; `on_query`
/// hears of each query.
pub(super) async fn find_rows_of(
    connection: &mut Conn,
    columns: &str,
    joined: Joined<'_>,
    codes: &[&CardCode],
    on_query: &(dyn Fn() + Sync),
) -> Result<Vec<Row>, StoreError> {
    let spellings: Vec<_> = codes.iter().flat_map(|code| code.spellings()).collect();
    on_query();
    // Plain codes every column can hold: with them it is something else that is wrong.
    match find_spellings(connection, columns, joined, &spellings).await {
        Err(error) if holds_no_such_text(&error) && !codes.iter().all(|code| is_plain(code)) => {}
        found => return Ok(found?),
    }
    // A column that cannot hold what was sent may hold what it means.
    let canonical: Vec<_> = codes.iter().map(|code| code.as_str()).collect();
    on_query();
    match find_spellings(connection, columns, joined, &canonical).await {
        Err(error) if holds_no_such_text(&error) => Ok(Vec::new()),
        found => Ok(found?),
    }
}

/// The rows of these full codes. The last one is repeated up to a power of two, and the last machine, so that a connection
/// prepares a handful of statements and no more.
async fn find_spellings(
    connection: &mut Conn,
    columns: &str,
    joined: Joined<'_>,
    spellings: &[&str],
) -> Result<Vec<Row>, Error> {
    let (machines, spellings) = (padded(joined.machines), padded(spellings));
    let tables = joined.tables(machines.len());
    let statement =
        format!("SELECT {columns} FROM cards{tables} WHERE full_code IN ({})", marks(spellings.len()));
    let values: Vec<Value> = machines.iter().chain(&spellings).map(|text| Value::from(*text)).collect();
    // Each code is one card's, and each card has a row for each of the machines.
    let most = spellings.len() * machines.len().max(1);
    let mut rows = connection.exec_iter(statement, Params::Positional(values)).await?;
    let mut found = Vec::with_capacity(spellings.len());
    while let Some(row) = rows.next().await? {
        // Whoever goes on is no database of ours, and may never end.
        if found.len() == most {
            return Err(Error::Other("it answers with more rows than it was asked for".into()));
        }
        found.push(row);
    }
    Ok(found)
}

/// The texts, the last of them repeated up to a power of two.
fn padded<'a>(texts: &[&'a str]) -> Vec<&'a str> {
    let mut padded = texts.to_vec();
    if let Some(last) = texts.last() {
        padded.resize(texts.len().next_power_of_two(), last);
    }
    padded
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database_url::DatabaseUrl;

    fn lookups(codes: &[&str]) -> Lookups {
        let lookups =
            Lookups::new(Pool::new(Arc::new("mysql://kami@localhost/kami".parse::<DatabaseUrl>().unwrap())));
        for code in codes {
            let code = CardCode::parse(code).unwrap();
            lookups.queue().waiting.push_back(Ask { code, machine: None, answer: oneshot::channel().0 });
        }
        lookups
    }

    fn batches(lookups: &Lookups) -> Vec<Vec<String>> {
        lookups.queue().busy_lanes += 1;
        let mut lane = OpenLane { lookups, closed: false };
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
            lookups.queue().waiting.push_back(Ask {
                code: CardCode::parse(code).unwrap(),
                machine: None,
                answer,
            });
        }
        let batches = batches(&lookups);
        assert_eq!(batches[..3], [vec!["A", "A"], vec!["季卡-1"], vec!["B C"]]);
        assert_eq!(batches[3..].iter().map(Vec::len).collect::<Vec<_>>(), [BATCH, 6]);
    }

    #[test]
    fn a_lane_counts_as_free_from_the_moment_in_which_it_finds_nothing() {
        let lookups = lookups(&[]);
        lookups.queue().busy_lanes = 1;
        let mut lane = OpenLane { lookups: &lookups, closed: false };
        assert!(lane.next_batch().is_none());
        assert_eq!(lookups.queue().busy_lanes, 0);
        drop(lane);
        assert_eq!(lookups.queue().busy_lanes, 0);

        lookups.queue().busy_lanes = 1;
        drop(OpenLane { lookups: &lookups, closed: false });
        assert_eq!(lookups.queue().busy_lanes, 0, "and from the moment in which it fails");
    }
}
