//! Machines that ask for cards whose seats others have: counted per card for a day, and what is found by that.

use std::ops::ControlFlow;

use kami_core::acts::Act;
use kami_core::card::CardStatus;
use kami_core::filter::{Anchor, Capped, Direction, Filter, Sort, SortBy, TextFilter};
use kami_core::operator::Operator;
use kami_core::points::Points;
use kami_core::record::CardRecord;
use kami_core::sharing::Mismatches;
use kami_store::{Client, ManyAct, PointUse, Selection, Sharing, Store, Validation};
use kami_testkit::{Proxy, TestDatabase, agreed, unique_name};

use crate::{code, machine};

/// Cards that are in use, with their numbers from 1 on: one for one machine, one for two machines, and one that leases its two
/// seats.
const CARDS: &str = "
    INSERT INTO apps (name, policy, created_at) VALUES ('leased', 'lease=600', UTC_TIMESTAMP());
    UPDATE policy_revision SET revision = revision + 1;
    INSERT INTO cards (id, prefix, code, full_code, status, machine_code, used_at, seats, app, lease_until) VALUES
        (1, 'VIP', 'ONE', 'VIP-ONE', 'ACTIVE', 'PC-0', '2026-01-01', 1, 'default', NULL),
        (2, 'VIP', 'TWO', 'VIP-TWO', 'ACTIVE', 'PC-0', '2026-01-01', 2, 'default', NULL),
        (3, 'VIP', 'LEASED', 'VIP-LEASED', 'ACTIVE', 'PC-0', '2026-01-01', 2, 'leased', '2090-01-01');
    INSERT INTO card_seats VALUES
        (2, 'PC-1', '2026-01-01', '2026-01-01', NULL), (3, 'PC-1', '2026-01-01', '2026-01-01', '2090-01-01')";

async fn with_cards() -> TestDatabase {
    let database = TestDatabase::create().await;
    database.execute(CARDS).await;
    database
}

async fn ask(store: &Store, card: &str, app: &str, asker: &str) -> bool {
    let client = Client { app: app.parse().unwrap(), ..Client::default() };
    let validation = store.validate(&code(card), &machine(asker), &client).await.unwrap();
    matches!(validation, Validation::Admitted { .. })
}

/// What is known of each card, in the order of their numbers.
async fn found(store: &Store) -> Vec<(u64, u64)> {
    let mut cards = store.page(&Filter::default(), Sort::NEWEST, &Anchor::Last, 10).await.unwrap().rows;
    store.find_mismatches(&mut cards).await.unwrap();
    cards.reverse();
    cards.iter().map(|card| (card.mismatches.machines, card.mismatches.requests)).collect()
}

#[tokio::test]
async fn each_machine_that_a_card_is_refused_to_counts_once_whatever_instance_it_asks() {
    let database = with_cards().await;
    let [one, other] = [database.store(), database.store()];
    for store in [&one, &other] {
        for _ in 0..5 {
            assert!(!ask(store, "VIP-ONE", "default", "PC-2").await);
        }
        assert!(!ask(store, "VIP-ONE", "default", "pc-2").await, "case tells machines apart");
        assert!(ask(store, "VIP-ONE", "default", "PC-0").await);
        assert!(!ask(store, "VIP-TWO", "default", "PC-2").await);
        assert!(ask(store, "VIP-TWO", "default", "PC-1").await);
        assert!(!ask(store, "VIP-LEASED", "leased", "PC-2").await);
        assert!(!ask(store, "VIP-NONE", "default", "PC-2").await);
    }
    let wanted = PointUse { amount: Points::new(1).unwrap(), request: "a".parse().unwrap() };
    one.consume(&code("VIP-ONE"), &machine("PC-3"), &Client::default(), &wanted).await.unwrap();
    database.execute("UPDATE cards SET status = 'DISABLED' WHERE id = 2").await;
    assert!(!ask(&one, "VIP-TWO", "default", "PC-4").await);
    assert_eq!(found(&one).await, [(0, 0); 3], "nothing is written while a minute is not over");
    one.write_mismatches().await;
    other.close().await;
    assert_eq!(found(&one).await, [(3, 13), (1, 2), (0, 0)], "of leased seats it is no wonder");
    let hours: Vec<u64> = database.rows("SELECT COUNT(DISTINCT hour) FROM mismatches", ()).await;
    assert!(hours[0] <= 2);
    assert_eq!(one.counters().mismatches_lost, 0);
}

#[tokio::test]
async fn who_may_be_stopped_after_each_answer_writes_with_the_first_refusal_and_no_other_within_a_minute() {
    let database = with_cards().await;
    let proxy = Proxy::start(database.port()).await;
    let url = database.url_through(proxy.port()).parse().unwrap();
    let store = Store::new(&url).stopped_between_requests(true);
    // The statements are prepared.
    assert!(!ask(&store, "VIP-ONE", "default", "PC-2").await);
    assert_eq!(found(&database.store()).await[0], (1, 1));
    let before = proxy.commands();
    for number in 3..8 {
        assert!(!ask(&store, "VIP-ONE", "default", &format!("PC-{number}")).await);
    }
    assert_eq!(proxy.commands() - before, 5, "each costs what it did");
    store.write_mismatches().await;
    assert_eq!(found(&store).await[0], (6, 6));
}

#[tokio::test]
async fn what_is_not_for_the_account_to_count_changes_no_answer() {
    let database = with_cards().await;
    let name = unique_name("k");
    let database_name = database.name();
    database
        .execute(&format!(
            "CREATE USER '{name}'@'%' IDENTIFIED BY 'p'; GRANT SELECT ON {database_name}.cards TO '{name}'@'%'; \
             GRANT SELECT ON {database_name}.card_seats TO '{name}'@'%'"
        ))
        .await;
    for drops in ["DO 0", "DROP PROCEDURE note_mismatches; DROP TABLE mismatches"] {
        database.execute(drops).await;
        let store = database.as_account(&name, "p").store().stopped_between_requests(true);
        assert!(!ask(&store, "VIP-ONE", "default", "PC-2").await);
        assert!(!ask(&store, "VIP-ONE", "default", "PC-3").await);
        assert_eq!(store.counters().mismatches_lost, 1);
        let mut card = store.card_by_code(&code("VIP-ONE")).await.unwrap().unwrap().0;
        store.find_mismatches(std::slice::from_mut(&mut card)).await.unwrap();
        assert_eq!(card.mismatches, Mismatches::NONE);
        assert_eq!(store.sharing(None).await.unwrap(), None);
    }
    database.execute("DROP PROCEDURE forget_mismatches").await;
    assert_eq!(database.store().forget_mismatches(10).await.unwrap(), 0);
    database.execute(&format!("DROP USER '{name}'@'%'")).await;
}

#[tokio::test]
async fn who_invents_machines_or_cards_fills_no_table() {
    let database = with_cards().await;
    let call = |noted: &[String]| format!("CALL note_mismatches('[{}]')", noted.join(", "));
    let inventions: Vec<String> = (0..100).map(|machine| format!("[1, {machine}, 1]")).collect();
    for _ in 0..2 {
        database.execute(&call(&inventions)).await;
    }
    let rows = "SELECT COUNT(*), CAST(SUM(requests) AS UNSIGNED) FROM mismatches GROUP BY hour";
    let counted: Vec<(u64, u64)> = database.rows(rows, ()).await;
    assert!(counted.iter().all(|(machines, _)| *machines == 32), "{counted:?}");
    assert_eq!(counted.iter().map(|(_, requests)| requests).sum::<u64>(), 64);
    let most = u64::from(u32::MAX);
    database.execute("DELETE FROM mismatches").await;
    for noted in [format!("[99, 1, 1], [2, {}, {most}]", u64::MAX), format!("[2, {}, {most}]", u64::MAX)] {
        database.execute(&call(&[noted])).await;
    }
    let kept: Vec<(u64, u64, u64)> =
        database.rows("SELECT card_id, machine, requests FROM mismatches", ()).await;
    assert!(kept.iter().all(|row| *row == (2, u64::MAX, most)) && !kept.is_empty(), "{kept:?}");
    for wrong in ["[1, 1]", "[1, 2, 1], [1, null, 1]", "[1, 1, 1"] {
        assert!(database.try_execute(&call(&[wrong.to_owned()])).await.is_err(), "{wrong}");
    }
    assert_eq!(database.rows::<u64>("SELECT COUNT(*) FROM mismatches", ()).await[0], kept.len() as u64);
}

#[tokio::test(flavor = "multi_thread")]
async fn instances_that_write_at_once_lose_nothing() {
    let database = with_cards().await;
    let writers = (0..8).map(|_| {
        let store = database.store();
        tokio::spawn(async move {
            for _ in 0..4 {
                for number in 2..8 {
                    for card in ["VIP-ONE", "VIP-TWO"] {
                        ask(&store, card, "default", &format!("PC-{number}")).await;
                    }
                }
                store.write_mismatches().await;
            }
            store.counters().mismatches_lost
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        assert_eq!(writer.await.unwrap(), 0);
    }
    assert_eq!(found(&database.store()).await, [(6, 192), (6, 192), (0, 0)]);
}

/// Twenty cards of which each third was asked for by as many machines as its number within the last day, and all by more before.
async fn shared() -> TestDatabase {
    let database = TestDatabase::create().await;
    for number in 1..=20 {
        database.insert_card(if number < 11 { "VIP" } else { "DAY" }, &format!("{number:02}")).await;
    }
    database
        .execute(
            "UPDATE cards SET status = 'ACTIVE', machine_code = CONCAT('PC-', id % 2), batch_id = id % 2;
             INSERT INTO mismatches (card_id, hour, machine, requests)
             SELECT cards.id, UTC_TIMESTAMP() - INTERVAL 25 HOUR, other.id, 1 FROM cards, cards AS other;
             INSERT INTO mismatches (card_id, hour, machine, requests)
             SELECT cards.id, UTC_TIMESTAMP() - INTERVAL other.id HOUR, other.id, 10 FROM cards, cards AS other
             WHERE cards.id % 3 = 0 AND other.id <= cards.id;
             INSERT INTO mismatches (card_id, hour, machine, requests)
             SELECT cards.id, UTC_TIMESTAMP(), 1, 1 FROM cards WHERE id % 3 <> 1",
        )
        .await;
    database
}

fn ids(cards: &[CardRecord]) -> Vec<u64> {
    cards.iter().map(|card| card.id).collect()
}

#[tokio::test]
async fn cards_that_seem_to_be_shared_are_found_in_any_order_with_whatever_else_is_asked_for() {
    let database = shared().await;
    let store = database.store();
    let all = || Filter { is_shared: true, ..Filter::default() };
    let code = |text: &str| Some(TextFilter::Codes(text.into()));
    for (filter, expected) in [
        (all(), vec![3, 6, 9, 12, 15, 18]),
        (Filter { prefix: Some("vip".into()), ..all() }, vec![3, 6, 9]),
        (Filter { batch_id: Some(0), ..all() }, vec![6, 12, 18]),
        (Filter { status: Some(CardStatus::Unused), ..all() }, vec![]),
        (Filter { text: code("VIP-03 VIP-04"), ..all() }, vec![3]),
        (Filter { text: Some(TextFilter::Machine("PC-1".into())), ..all() }, vec![3, 9, 15]),
    ] {
        for by in SortBy::ALL {
            let sort = Sort { by, direction: Direction::Ascending };
            let page = store.page(&filter, sort, &Anchor::First, 10).await.unwrap();
            let mut found = ids(&page.rows);
            assert_eq!(page.sort, sort);
            if by != SortBy::Id {
                found.sort_unstable();
            }
            assert_eq!(found, expected, "{filter:?} by {by:?}");
        }
        let count = expected.len() as u64;
        assert_eq!(store.count_capped(&filter).await.unwrap(), Some(Capped::Exactly(count)));
        assert_eq!(store.count_exact(&filter).await.unwrap(), count);
        let mut searched = Vec::new();
        let mut next = store.search_start(&filter).await.unwrap();
        while let Some(cursor) = next {
            let step = store.search_step(&filter, cursor, 2).await.unwrap();
            searched.extend(ids(&step.rows));
            next = step.next;
        }
        searched.reverse();
        assert_eq!(searched, expected, "{filter:?}");
    }
    let page = store.page(&all(), Sort::NEWEST, &Anchor::First, 3).await.unwrap();
    let mut cards = page.rows;
    assert!(page.has_after && !page.has_before);
    store.find_mismatches(&mut cards).await.unwrap();
    let found: Vec<_> = cards.iter().map(|card| (card.id, card.mismatches.machines)).collect();
    assert_eq!(found, [(18, 18), (15, 15), (12, 12)]);
    assert_eq!(cards[2].mismatches.requests, 121);
    assert!(cards.iter().all(|card| card.mismatches.is_shared()));
    assert_eq!(store.sharing(None).await.unwrap(), Some(Sharing { shared: 6, cards: 13, requests: 643 }));
    let none = Some(Sharing::default());
    assert_eq!(store.sharing(Some(&"other".parse().unwrap())).await.unwrap(), none);
}

#[tokio::test]
async fn an_act_on_all_that_seem_to_be_shared_touches_no_other() {
    let database = shared().await;
    let store = database.store();
    let filter = Filter { is_shared: true, prefix: Some("VIP".into()), ..Filter::default() };
    let go_on = |_| ControlFlow::Continue(());
    let survey = store.survey(&Selection::Filter(filter.clone()), &go_on).await.unwrap().unwrap();
    assert_eq!(survey.cards, 3);
    let many = ManyAct { act: Act::Disable, selection: Selection::Filter(filter) };
    let outcome = store.act_on(&Operator::new("anna").unwrap(), &agreed(many), &go_on).await.unwrap();
    assert_eq!((outcome.done, outcome.missing), (3, 0));
    let disabled: Vec<u64> = database.rows("SELECT id FROM cards WHERE status = 'DISABLED'", ()).await;
    assert_eq!(disabled, [3, 6, 9]);
}

#[tokio::test]
async fn what_is_older_than_a_day_is_cleared_away_in_steps_and_nothing_else() {
    let database = shared().await;
    let store = database.store();
    let before = store.sharing(None).await.unwrap();
    let mut steps = Vec::new();
    while steps.last() != Some(&0) {
        steps.push(store.forget_mismatches(300).await.unwrap());
    }
    assert_eq!(steps, [300, 100, 0]);
    assert_eq!(store.sharing(None).await.unwrap(), before);
}
