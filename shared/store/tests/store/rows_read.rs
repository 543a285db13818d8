//! What lists cost the server, counted in rows that it reads: the same however many cards there are.

use chrono::{DateTime, TimeDelta, Utc};
use kami_core::card::CardStatus;
use kami_core::filter::{Anchor, Filter, Position, Range, Sort, TextFilter};
use kami_core::plan::{Indexed, Plan, plan};
use kami_core::record::CardRecord;
use kami_store::{COUNT_CAP, Store};
use kami_testkit::{PrivateServer, TestDatabase};
use mysql_async::Conn;
use mysql_async::prelude::Queryable;

use crate::blocks::fill as fill_blocks;
use crate::listing::{everything, fill, filters, passes, sorts};

const CARDS: usize = 20_000;

const PAGE: usize = 50;

/// The most rows for a page: up to twelve stretches of an index, each of a page and one, merged in a temporary table
/// from which they are read twice. Twice that, as some anchors read on both sides.
const MOST: u64 = 2 * 3 * 12 * (PAGE as u64 + 1);

/// The most rows for a page whose cards are sorted for it: up to five conditions are counted, then what one of them finds
/// is read and sorted for each of three stretches, on both sides of a card.
const MOST_SORTED: u64 = (5 + 2 * 3 * 3) * (COUNT_CAP + 1);

/// Counts the rows that a server of its own reads.
struct Meter {
    connection: Conn,
    /// What looking at the count adds to it.
    own: u64,
}

impl Meter {
    async fn new(database: &TestDatabase) -> Self {
        let mut meter = Self { connection: database.connect().await, own: 0 };
        let first = meter.read().await;
        meter.own = meter.read().await - first;
        meter
    }

    async fn read(&mut self) -> u64 {
        let query = "SHOW GLOBAL STATUS LIKE 'Handler_read%'";
        let counters: Vec<(String, u64)> = self.connection.query(query).await.unwrap();
        counters.iter().map(|(_, rows)| rows).sum()
    }

    /// How many rows the server reads for something.
    async fn of<T>(&mut self, work: impl Future<Output = T>) -> (u64, T) {
        let before = self.read().await;
        let done = work.await;
        ((self.read().await - before).saturating_sub(self.own), done)
    }
}

struct Measured {
    store: Store,
    meter: Meter,
    all: Vec<CardRecord>,
    now: DateTime<Utc>,
    database: TestDatabase,
    _server: PrivateServer,
}

impl Measured {
    async fn new() -> Self {
        let server = PrivateServer::start(&[]);
        let database = TestDatabase::create_on(&server.url()).await;
        fill(&database, CARDS).await;
        database.execute("ANALYZE TABLE cards").await;
        let store = database.store();
        let (all, now) = everything(&store).await;
        Self { store, meter: Meter::new(&database).await, all, now, database, _server: server }
    }
}

#[tokio::test]
async fn a_page_reads_few_rows_wherever_it_lies_and_whatever_it_holds() {
    let mut measured = Measured::new().await;
    let Measured { store, meter, all, now, .. } = &mut measured;
    let (scan, _) = meter.of(store.count_exact(&Filter::default())).await;
    assert!(scan >= CARDS as u64 / 2, "rows are not counted: {scan}");
    // A machine has few cards, but here one in thirteen is of the same.
    let filters =
        filters(*now).into_iter().filter(|filter| !matches!(filter.text, Some(TextFilter::Machine(_))));
    for filter in filters {
        for wanted in sorts() {
            let (sort, most) = match plan(&filter, wanted) {
                Plan::Indexed(Indexed { sort, .. }) if sort == wanted => (wanted, MOST),
                _ if store.sorts_any_way(&filter).await.unwrap() => (wanted, MOST_SORTED),
                Plan::Indexed(Indexed { sort, .. }) => (sort, MOST + 5 * (COUNT_CAP + 1)),
                Plan::Windowed(_) => continue,
            };
            let met: Vec<_> = all.iter().filter(|card| passes(&filter, card)).collect();
            let at = |tenths: usize| Some(Position::of(met.get(met.len() * tenths / 10)?, sort.by));
            // What is sorted for a page is read whole, wherever the page lies.
            let anchors = if most == MOST {
                [
                    Some(Anchor::First),
                    Some(Anchor::Last),
                    at(1).map(Anchor::After),
                    at(5).map(Anchor::Around),
                    at(5).map(Anchor::From),
                    at(9).map(Anchor::Before),
                ]
            } else {
                [Some(Anchor::First), at(5).map(Anchor::Around), None, None, None, None]
            };
            for anchor in anchors.into_iter().flatten() {
                let (rows, page) = meter.of(store.page(&filter, wanted, &anchor, PAGE)).await;
                assert_eq!(page.unwrap().sort, sort);
                assert!(rows <= most, "{rows} rows for {filter:?} {wanted:?} {anchor:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_page_of_those_who_are_kept_out_is_looked_for_by_the_server() {
    const BLOCKS: u32 = 20_000;
    let server = PrivateServer::start(&[]);
    let database = TestDatabase::create_on(&server.url()).await;
    fill_blocks(&database, BLOCKS).await;
    let (store, mut meter) = (database.store(), Meter::new(&database).await);
    let (rows, page) = meter.of(store.blocks_with("fill-", None, PAGE)).await;
    let page = page.unwrap();
    assert!(page.blocks.len() == PAGE && rows <= 2 * PAGE as u64, "{rows}");
    let (rows, next) = meter.of(store.blocks_with("fill-", page.next, PAGE)).await;
    assert!(next.unwrap().blocks.len() == PAGE && rows <= 2 * PAGE as u64, "{rows}");
    // Of what is rare all are looked through, once, and none but that comes here.
    let (rows, rare) = meter.of(store.blocks_with("LL-77", None, PAGE)).await;
    assert_eq!(rare.unwrap().blocks.len(), PAGE);
    assert!(rows < 2 * u64::from(BLOCKS), "{rows}");
    let (rows, none) = meter.of(store.blocks_with("nobody", None, PAGE)).await;
    assert!(none.unwrap().blocks.is_empty() && rows <= u64::from(BLOCKS) + PAGE as u64, "{rows}");
}

#[tokio::test]
async fn a_machine_is_found_by_its_seats_without_reading_others() {
    let mut measured = Measured::new().await;
    let Measured { store, meter, .. } = &mut measured;
    let one = Filter { text: Some(TextFilter::Machine("SEAT-7".into())), ..Filter::default() };
    let ten = Filter { text: Some(TextFilter::MachinePrefix("SEAT-70".into())), ..Filter::default() };
    for (filter, cards, most) in [(&one, 0, 10), (&ten, 0, 20)] {
        // To open a table for the first time takes reading what it is like.
        store.page(filter, Sort::NEWEST, &Anchor::First, PAGE).await.unwrap();
        let (rows, page) = meter.of(store.page(filter, Sort::NEWEST, &Anchor::First, PAGE)).await;
        assert_eq!(page.unwrap().rows.len(), cards);
        assert!(rows <= most, "{rows} rows for {filter:?}");
    }
    measured
        .database
        .execute(
            "UPDATE cards SET seats = 2 WHERE machine_code IS NOT NULL;
             INSERT INTO card_seats (card_id, machine_code, bound_at, seen_at)
             SELECT id, CONCAT('SEAT-', ROW_NUMBER() OVER (ORDER BY id)), created_at, created_at FROM cards WHERE seats > 1;
             ANALYZE TABLE cards; ANALYZE TABLE card_seats",
        )
        .await;
    let Measured { store, meter, .. } = &mut measured;
    for (filter, cards) in [(&one, 1), (&ten, 111)] {
        for wanted in sorts() {
            let (rows, page) = meter.of(store.page(filter, wanted, &Anchor::First, PAGE)).await;
            let page = page.unwrap();
            assert_eq!((page.sort, page.rows.len()), (wanted, cards.min(PAGE)));
            // They are counted, and met, joined, sorted and merged in each of three stretches.
            assert!(rows <= 40 + 30 * cards as u64, "{rows} rows for {filter:?} {wanted:?}");
        }
        let (rows, count) = meter.of(store.count_exact(filter)).await;
        assert_eq!(count.unwrap(), cards as u64);
        assert!(rows <= 40 + 12 * cards as u64, "{rows} rows to count {filter:?}");
    }
}

#[tokio::test]
async fn a_search_looks_only_at_what_an_index_finds_few_of() {
    let mut measured = Measured::new().await;
    let Measured { store, meter, all, now, .. } = &mut measured;
    let hour = |hour: i64| *now - TimeDelta::hours(hour);
    let created = Some(Range { from: Some(hour(60)), until: Some(hour(58)) });
    let expiring = Some(Range { from: None, until: Some(*now - TimeDelta::days(300)) });
    let note = Some(TextFilter::NoteContains("100%".into()));
    let all_cards = Filter::default;
    for filter in [
        Filter { created, ..all_cards() },
        Filter { created, status: Some(CardStatus::Unused), ..all_cards() },
        Filter { created, text: note.clone(), ..all_cards() },
        Filter { expiring, text: note.clone(), ..all_cards() },
        Filter { batch_id: Some(30), text: note, ..all_cards() },
        Filter { text: Some(TextFilter::CodePrefix("vip-00".into())), ..all_cards() },
    ] {
        let expected = all.iter().filter(|card| passes(&filter, card)).count();
        let (rows, met) = meter
            .of(async {
                let (mut met, mut next) = (0, store.search_start(&filter).await.unwrap());
                while let Some(cursor) = next {
                    let step = store.search_step(&filter, cursor, 1_000).await.unwrap();
                    met += step.rows.len();
                    next = step.next;
                }
                met
            })
            .await;
        assert_eq!(met, expected, "{filter:?}");
        assert!(rows <= 1_000, "{rows} rows for {filter:?}");
    }
}
