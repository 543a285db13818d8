//! Cards that are found by a machine which has a further seat of them.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use kami_core::acts::Act;
use kami_core::card::CardStatus;
use kami_core::filter::{Anchor, Capped, Filter, Position, Range, Sort, TextFilter};
use kami_core::operator::Operator;
use kami_core::record::CardRecord;
use kami_store::{COUNT_CAP, ManyAct, Selection, Store, StoreError};
use kami_testkit::{TestDatabase, agreed, unique_name};

use crate::listing::{compare, everything, fill, ids, passes, sorts};

/// The further machines of each card.
type Seats = BTreeMap<u64, BTreeSet<String>>;

/// Cards of which some have further machines: some that no row has, some that are the first of others, some several that
/// begin alike.
async fn filled() -> (TestDatabase, Seats) {
    let database = TestDatabase::create().await;
    fill(&database, 300).await;
    database
        .execute(
            "UPDATE cards SET seats = 4 WHERE machine_code IS NOT NULL;
             INSERT INTO card_seats (card_id, machine_code, bound_at, seen_at)
             SELECT id, CONCAT('PC-', (id + 1) % 13), created_at, created_at FROM cards WHERE seats > 1 AND id % 3 = 0;
             INSERT INTO card_seats (card_id, machine_code, bound_at, seen_at)
             SELECT id, CONCAT('LAP-', id % 5), created_at, created_at FROM cards WHERE seats > 1 AND id % 2 = 0;
             INSERT INTO card_seats (card_id, machine_code, bound_at, seen_at)
             SELECT id, CONCAT('LAP-1', id % 5), created_at, created_at FROM cards WHERE seats > 1 AND id % 2 = 0",
        )
        .await;
    let rows: Vec<(u64, String)> = database.rows("SELECT card_id, machine_code FROM card_seats", ()).await;
    let mut seats = Seats::new();
    for (card, machine) in rows {
        seats.entry(card).or_default().insert(machine);
    }
    (database, seats)
}

fn text(text: TextFilter) -> Filter {
    Filter { text: Some(text), ..Filter::default() }
}

fn filters() -> Vec<Filter> {
    let machine = |machine: &str| text(TextFilter::Machine(machine.into()));
    let beginning = |start: &str| text(TextFilter::MachinePrefix(start.into()));
    let status = Some(CardStatus::Active);
    vec![
        machine("PC-3"),
        machine("LAP-3"),
        machine("lap-3"),
        Filter { status, ..machine("PC-3") },
        Filter { batch_id: Some(2), ..machine("LAP-2") },
        beginning("PC-1"),
        beginning("LAP-1"),
        beginning("LA_"),
        beginning("P"),
        Filter { status, ..beginning("LAP") },
        Filter { batch_id: Some(3), ..beginning("P") },
        Filter { used: Some(Range::default()), prefix: Some("VIP".into()), ..beginning("LAP-1") },
    ]
}

/// Whether the filter lets a card through by its row, or by a further machine.
fn is_found(filter: &Filter, seats: &Seats, card: &CardRecord) -> bool {
    let further = seats.get(&card.id).into_iter().flatten();
    passes(filter, card)
        || further.into_iter().any(|machine| {
            passes(filter, &CardRecord { machine_code: Some(machine.clone()), ..card.clone() })
        })
}

async fn searched(store: &Store, filter: &Filter) -> Vec<u64> {
    let (mut met, mut next) = (Vec::new(), store.search_start(filter).await.unwrap());
    while let Some(cursor) = next {
        let step = store.search_step(filter, cursor, 7).await.unwrap();
        met.extend(ids(&step.rows));
        next = step.next;
    }
    met
}

#[tokio::test]
async fn a_card_is_found_once_by_each_of_its_machines_in_every_order() {
    let (database, seats) = filled().await;
    let store = database.store();
    let (all, _) = everything(&store).await;
    for filter in filters() {
        let found: Vec<_> = all.iter().filter(|card| is_found(&filter, &seats, card)).cloned().collect();
        for wanted in sorts() {
            let name = format!("{filter:?} {wanted:?}");
            let mut expected = found.clone();
            expected.sort_by(|a, b| compare(wanted, a, b));
            let (mut met, mut anchor) = (Vec::new(), Anchor::First);
            loop {
                let page = store.page(&filter, wanted, &anchor, 11).await.unwrap();
                assert_eq!(page.sort, wanted, "{name}");
                met.extend(page.rows);
                let Some(last) = met.last().filter(|_| page.has_after) else { break };
                anchor = Anchor::After(Position::of(last, page.sort.by));
            }
            assert_eq!(ids(&met), ids(&expected), "{name}");
            let Some(middle) = expected.get(expected.len() / 2) else { continue };
            let position = Position::of(middle, wanted.by);
            let before = store.count_before(&filter, wanted, &position).await.unwrap();
            assert_eq!(before, Capped::Exactly(expected.len() as u64 / 2), "{name}");
            let back = store.page(&filter, wanted, &Anchor::Before(position), 5).await.unwrap();
            let half = &expected[..expected.len() / 2];
            assert_eq!(ids(&back.rows), ids(&half[half.len().saturating_sub(5)..]), "{name}");
        }
        let count = found.len() as u64;
        assert_eq!(store.count_capped(&filter).await.unwrap(), Some(Capped::Exactly(count)), "{filter:?}");
        assert_eq!(store.count_exact(&filter).await.unwrap(), count, "{filter:?}");
        assert_eq!(searched(&store, &filter).await, ids(&found), "{filter:?}");
        let survey = store.survey(&Selection::Filter(filter.clone()), &|_| ControlFlow::Continue(())).await;
        assert_eq!(survey.unwrap().unwrap().cards, count, "{filter:?}");
    }
}

#[tokio::test]
async fn machines_with_more_seats_than_are_sorted_are_searched_for() {
    let (database, mut seats) = filled().await;
    let cards: Vec<u64> = database.rows("SELECT id FROM cards WHERE seats > 1", ()).await;
    let each = usize::try_from(COUNT_CAP).unwrap() / cards.len() + 1;
    for card in &cards {
        let rows = (0..each).map(|seat| format!("({card}, 'MANY-{seat}', NOW(), NOW())"));
        let rows = rows.collect::<Vec<_>>().join(", ");
        let insert =
            format!("INSERT INTO card_seats (card_id, machine_code, bound_at, seen_at) VALUES {rows}");
        database.execute(&insert).await;
        seats.entry(*card).or_default().extend((0..each).map(|seat| format!("MANY-{seat}")));
    }
    let store = database.store();
    let (all, _) = everything(&store).await;
    let status = Some(CardStatus::Active);
    for filter in [
        text(TextFilter::MachinePrefix("MANY".into())),
        Filter { batch_id: Some(3), ..text(TextFilter::MachinePrefix("M".into())) },
        Filter { status, ..text(TextFilter::MachinePrefix("MANY-1".into())) },
    ] {
        let expected: Vec<_> = all.iter().filter(|card| is_found(&filter, &seats, card)).cloned().collect();
        assert!(!expected.is_empty());
        assert_eq!(searched(&store, &filter).await, ids(&expected), "{filter:?}");
        assert_eq!(store.count_exact(&filter).await.unwrap(), expected.len() as u64, "{filter:?}");
    }
    let alone = text(TextFilter::MachinePrefix("MANY".into()));
    let refused = store.page(&alone, Sort::NEWEST, &Anchor::First, 5).await.unwrap_err();
    assert!(matches!(refused, StoreError::NotIndexed), "{refused}");
    assert_eq!(store.count_capped(&alone).await.unwrap(), None);
}

#[tokio::test]
async fn an_act_by_machine_is_done_to_the_cards_that_its_seats_are_of() {
    let (database, seats) = filled().await;
    let store = database.store();
    let (all, _) = everything(&store).await;
    let filter = Filter { status: Some(CardStatus::Active), ..text(TextFilter::Machine("LAP-3".into())) };
    let expected: Vec<_> = all.iter().filter(|card| is_found(&filter, &seats, card)).collect();
    assert!(
        !expected.is_empty() && expected.iter().all(|card| card.machine_code.as_deref() != Some("LAP-3"))
    );
    let many = ManyAct { act: Act::Disable, selection: Selection::Filter(filter) };
    let operator = Operator::new("anna").unwrap();
    let outcome = store.act_on(&operator, &agreed(many), &|_| ControlFlow::Continue(())).await.unwrap();
    let met = outcome.done + outcome.refused.values().sum::<u64>();
    assert_eq!((met, outcome.missing), (expected.len() as u64, 0));
    assert!(outcome.done > 0);
}

#[tokio::test]
async fn an_account_that_may_not_read_seats_finds_cards_by_the_machines_of_their_rows() {
    let (database, _) = filled().await;
    let (name, user) = (database.name(), unique_name("r"));
    database
        .execute(&format!(
            "CREATE USER '{user}'@'%' IDENTIFIED BY 'p'; GRANT SELECT ON {name}.cards TO '{user}'@'%'"
        ))
        .await;
    let store = database.as_account(&user, "p").store();
    let (all, _) = everything(&store).await;
    for filter in filters() {
        let expected: Vec<_> = all.iter().filter(|card| passes(&filter, card)).cloned().collect();
        assert_eq!(searched(&store, &filter).await, ids(&expected), "{filter:?}");
        let page = store.page(&filter, Sort::NEWEST, &Anchor::First, 1_000).await.unwrap();
        assert_eq!(ids(&page.rows), ids(&expected), "{filter:?}");
        assert_eq!(store.count_exact(&filter).await.unwrap(), expected.len() as u64, "{filter:?}");
    }
}
