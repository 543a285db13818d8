//! Keys of devices as operators meet them: told with the seats, found and counted where they were copied, and cleared with the
//! seats.

use std::ops::ControlFlow;

use kami_core::acts::Act;
use kami_core::card::CardStatus;
use kami_core::edit::{CardEdit, StatusEdit};
use kami_core::filter::{Anchor, Capped, Direction, Filter, Sort, SortBy, TextFilter};
use kami_core::operator::{Note, Operator};
use kami_core::record::CardRecord;
use kami_core::seats::Seats;
use kami_store::{
    Account, DeviceKey, ManyAct, OneAct, OneEdit, OneSeat, Role, SeatTaken, Selection, Store, Undo,
    draw_password,
};
use kami_testkit::{Proxy, TestDatabase, agreed, unique_name};

use crate::code;

/// A card for three machines, two of which have keys, the one in its row among them; and a card whose machine has none. Two keys
/// are left over of machines that have no seat.
const CARDS: &str = "
    INSERT INTO cards (id, prefix, code, full_code, status, machine_code, used_at, seats) VALUES
        (1, 'VIP', 'THREE', 'VIP-THREE', 'ACTIVE', 'PC-1', '2026-01-01', 3),
        (2, 'VIP', 'ONE', 'VIP-ONE', 'ACTIVE', 'PC-1', '2026-01-01', 1);
    INSERT INTO card_seats VALUES
        (1, 'PC-2', '2026-01-02', '2026-01-02', NULL), (1, 'PC-3', '2026-01-03', '2026-01-03', NULL);
    INSERT INTO device_keys (card_id, machine_code, thumbprint, bound_at, copies, copied_at) VALUES
        (1, 'PC-1', REPEAT('a', 43), '2026-01-01', 0, NULL),
        (1, 'PC-3', REPEAT('b', 43), '2026-01-01', 7, '2026-02-01 10:00:00'),
        (1, 'pc-2', REPEAT('c', 43), '2026-01-01', 9, '2026-02-01 10:00:00'),
        (2, 'PC-9', REPEAT('d', 43), '2026-01-01', 9, '2026-02-01 10:00:00')";

async fn with_cards() -> TestDatabase {
    let database = TestDatabase::create().await;
    database.execute(CARDS).await;
    database
}

/// The database as an operator's new account sees it whose rights none of these words is in.
async fn operator_without(database: &TestDatabase, words: &str) -> TestDatabase {
    let (name, password) = (unique_name("k"), draw_password().unwrap());
    let account = Account::new(&format!("{name}@127.0.0.1")).unwrap();
    for statement in account.creation(Role::Operator, database.name(), &password, false).unwrap() {
        if !statement.contains(words) {
            database.execute(&statement).await;
        }
    }
    database.as_account(&name, &password)
}

fn anna() -> Operator {
    Operator::new("anna").unwrap()
}

async fn card(store: &Store, text: &str) -> CardRecord {
    store.card_by_code(&code(text)).await.unwrap().unwrap().0
}

/// The first letters of the keys that there are, by their cards and machines.
async fn kept(database: &TestDatabase) -> Vec<String> {
    let query = "SELECT CONCAT(card_id, ' ', machine_code, ' ', LEFT(thumbprint, 1)) FROM device_keys \
                 ORDER BY card_id, thumbprint";
    database.rows(query, ()).await
}

#[tokio::test]
async fn each_seat_tells_its_key_to_whoever_may_read_them() {
    let database = with_cards().await;
    let seats = async |database: &TestDatabase| {
        let store = database.store();
        let seats = [store.seats(1).await.unwrap(), store.seats(2).await.unwrap()].concat();
        seats.into_iter().map(|SeatTaken { machine, key, .. }| (machine, key)).collect::<Vec<_>>()
    };
    let machines = ["PC-1", "PC-3", "PC-2", "PC-1"].map(str::to_owned);
    let key = |letter: &str, copies, copied_at: Option<&str>| DeviceKey {
        thumbprint: letter.repeat(43),
        copies,
        copied_at: copied_at.map(|at| at.parse().unwrap()),
    };
    let keys = [Some(key("a", 0, None)), Some(key("b", 7, Some("2026-02-01T10:00:00Z"))), None, None];
    let with_keys: Vec<_> = machines.clone().into_iter().zip(keys).collect();
    let without: Vec<_> = machines.into_iter().map(|machine| (machine, None)).collect();
    assert_eq!(seats(&database).await, with_keys);
    assert_eq!(seats(&operator_without(&database, "nothing of it").await).await, with_keys);
    let last = operator_without(&database, "`device_keys`").await;
    assert_eq!(seats(&last).await, without);
    assert_eq!(last.store().copied_keys(None).await.unwrap(), None);
    database.execute("DROP TABLE device_keys").await;
    assert_eq!(seats(&database).await, without);
    assert_eq!(database.store().copied_keys(None).await.unwrap(), None);
}

#[tokio::test]
async fn who_loses_a_seat_loses_its_key_and_nobody_else() {
    for (freed, left) in [
        ("PC-1", vec!["1 PC-3 b", "2 PC-9 d"]),
        ("PC-2", vec!["1 PC-1 a", "1 PC-3 b", "2 PC-9 d"]),
        ("PC-3", vec!["1 PC-1 a", "2 PC-9 d"]),
    ] {
        let database = with_cards().await;
        let store = operator_without(&database, "nothing of it").await.store();
        let order = OneSeat { seen: card(&store, "VIP-THREE").await, machine: freed.to_owned() };
        let acted = store.free_seat(&anna(), &agreed(order)).await.unwrap();
        assert_eq!(kept(&database).await, left, "{freed}");
        let undone = store
            .undo(&anna(), &agreed(Undo { act_id: acted.act_id }), &|_| ControlFlow::Continue(()))
            .await
            .unwrap();
        assert_eq!(undone.done, 1);
        let seats = store.seats(1).await.unwrap();
        assert_eq!(seats.len(), 3, "the seat comes back");
        assert_eq!(kept(&database).await, left, "and its key does not");
    }
}

#[tokio::test]
async fn an_act_clears_keys_only_where_it_takes_seats() {
    let all = ["1 PC-1 a", "1 PC-3 b", "1 pc-2 c", "2 PC-9 d"];
    let edit = |edit: CardEdit| move |seen| OneEdit { seen, edit };
    let note = CardEdit { note: Note::parse("x").ok(), ..CardEdit::default() };
    let fewer = CardEdit { seats: Some(Seats::new(2).unwrap()), ..CardEdit::default() };
    let reset = CardEdit { status: Some(StatusEdit::Unused), ..CardEdit::default() };
    for (order, left) in
        [(edit(note), &all[..]), (edit(fewer), &["1 PC-3 b", "2 PC-9 d"]), (edit(reset), &["2 PC-9 d"])]
    {
        let database = with_cards().await;
        let store = database.store();
        store.edit(&anna(), &agreed(order(card(&store, "VIP-THREE").await))).await.unwrap();
        let seated: Vec<_> = store.seats(1).await.unwrap().into_iter().map(|seat| seat.machine).collect();
        assert_eq!(kept(&database).await, left, "{seated:?}");
    }
    for (act, left) in [(Act::Disable, &all[..]), (Act::Unbind, &["2 PC-9 d"]), (Act::Delete, &["2 PC-9 d"])]
    {
        let database = with_cards().await;
        let store = database.store();
        let order = OneAct { act: act.clone(), seen: card(&store, "VIP-THREE").await };
        store.act_on_one(&anna(), &agreed(order)).await.unwrap();
        assert_eq!(kept(&database).await, left, "{act:?}");
    }
}

#[tokio::test]
async fn where_an_account_or_a_schema_of_the_last_version_clears_no_keys_acts_go_on() {
    for (words, drops) in [
        ("`clear_device_keys`", "DO 0"),
        ("nothing of it", "DROP PROCEDURE clear_device_keys"),
        ("nothing of it", "DROP TABLE device_keys"),
    ] {
        let database = with_cards().await;
        let operator = operator_without(&database, words).await;
        database.execute(drops).await;
        let store = operator.store();
        let order = OneAct { act: Act::Unbind, seen: card(&store, "VIP-THREE").await };
        let acted = store.act_on_one(&anna(), &agreed(order)).await.unwrap();
        assert_eq!(
            (acted.card.unwrap().machine_code, store.seats(1).await.unwrap().len()),
            (None, 0),
            "{drops}"
        );
        if !drops.contains("TABLE") {
            assert_eq!(kept(&database).await.len(), 4, "{drops}");
        }
    }
}

#[tokio::test]
async fn an_act_on_many_asks_for_keys_once_a_step_and_only_where_machines_lose_seats() {
    let database = TestDatabase::create().await;
    let cards: Vec<String> = (1..=2_500)
        .map(|number| format!("('D', '{number}', 'D-{number}', 'ACTIVE', 'PC', '2026-01-01')"))
        .collect();
    let insert = "INSERT INTO cards (prefix, code, full_code, status, machine_code, used_at) VALUES";
    database.execute(&format!("{insert} {}", cards.join(", "))).await;
    database
        .execute("INSERT INTO device_keys (card_id, machine_code, thumbprint, bound_at) SELECT id, 'PC', '', used_at FROM cards")
        .await;
    let proxy = Proxy::start(database.port()).await;
    let store = Store::new(&database.url_through(proxy.port()).parse().unwrap());
    let mut costs = Vec::new();
    // The first of each kind prepares its statements.
    for act in [Act::Disable, Act::Enable, Act::Disable, Act::Enable, Act::Unbind] {
        let before = proxy.commands();
        let many = ManyAct {
            act,
            selection: Selection::Filter(Filter { prefix: Some("D".into()), ..Filter::default() }),
        };
        let outcome = store.act_on(&anna(), &agreed(many), &|_| ControlFlow::Continue(())).await.unwrap();
        assert_eq!(outcome.done, 2_500);
        costs.push(proxy.commands() - before);
    }
    assert_eq!(costs[2], costs[3], "{costs:?}");
    // Three steps, and the statement is prepared.
    assert_eq!(costs[4] - costs[3], 3 + 1, "{costs:?}");
    assert_eq!(kept(&database).await, Vec::<String>::new());
}

/// Twenty cards, each third of which has keys that were copied within the last day, two where its number is even; of all, one was
/// before.
async fn copied() -> TestDatabase {
    let database = TestDatabase::create().await;
    for number in 1..=20 {
        database.insert_card(if number < 11 { "VIP" } else { "DAY" }, &format!("{number:02}")).await;
    }
    database
        .execute(
            "UPDATE cards SET status = 'ACTIVE', machine_code = CONCAT('PC-', id % 2), batch_id = id % 2;
             INSERT INTO apps (name, created_at) VALUES ('demo', UTC_TIMESTAMP());
             UPDATE cards SET app = 'demo' WHERE id > 15;
             INSERT INTO device_keys (card_id, machine_code, thumbprint, bound_at, copies, copied_at)
             SELECT id, 'old', '', used_at, 3, UTC_TIMESTAMP() - INTERVAL 25 HOUR FROM
                (SELECT id, '2026-01-01' AS used_at FROM cards) AS every;
             INSERT INTO device_keys (card_id, machine_code, thumbprint, bound_at, copies, copied_at)
             SELECT id, machine_code, '', '2026-01-01', 1, UTC_TIMESTAMP() - INTERVAL 23 HOUR FROM cards WHERE id % 3 = 0;
             INSERT INTO device_keys (card_id, machine_code, thumbprint, bound_at, copies, copied_at)
             SELECT id, 'other', '', '2026-01-01', 1, UTC_TIMESTAMP() FROM cards WHERE id % 6 = 0;
             INSERT INTO device_keys (card_id, machine_code, thumbprint, bound_at, copies, copied_at)
             VALUES (99, 'PC-1', '', '2026-01-01', 1, UTC_TIMESTAMP())",
        )
        .await;
    database
}

fn ids(cards: &[CardRecord]) -> Vec<u64> {
    cards.iter().map(|card| card.id).collect()
}

#[tokio::test]
async fn cards_with_a_copied_key_are_found_in_any_order_with_whatever_else_is_asked_for() {
    let database = copied().await;
    let store = database.store();
    let all = || Filter { is_copied: true, ..Filter::default() };
    let text = |text: &str| Some(TextFilter::Codes(text.into()));
    for (filter, expected) in [
        (all(), vec![3, 6, 9, 12, 15, 18]),
        (Filter { prefix: Some("vip".into()), ..all() }, vec![3, 6, 9]),
        (Filter { batch_id: Some(0), ..all() }, vec![6, 12, 18]),
        (Filter { status: Some(CardStatus::Unused), ..all() }, vec![]),
        (Filter { text: text("VIP-03 VIP-04"), ..all() }, vec![3]),
        (Filter { text: Some(TextFilter::Machine("PC-1".into())), ..all() }, vec![3, 9, 15]),
        (Filter { is_shared: true, ..all() }, vec![]),
    ] {
        for by in SortBy::ALL {
            let sort = Sort { by, direction: Direction::Ascending };
            let page = store.page(&filter, sort, &Anchor::First, 10).await.unwrap();
            let mut found = ids(&page.rows);
            found.sort_unstable();
            assert_eq!((page.sort, &found), (sort, &expected), "{filter:?} by {by:?}");
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
    let demo = "demo".parse().unwrap();
    assert_eq!(store.copied_keys(None).await.unwrap(), Some(6), "a card that is gone counts no more");
    assert_eq!(store.copied_keys(Some(&demo)).await.unwrap(), Some(1));
    database
        .execute(
            "INSERT INTO mismatches SELECT 6, UTC_TIMESTAMP(), id, 1 FROM cards; \
                  INSERT INTO mismatches SELECT 7, UTC_TIMESTAMP(), id, 1 FROM cards",
        )
        .await;
    let both = Filter { is_shared: true, ..all() };
    let page = store.page(&both, Sort::NEWEST, &Anchor::First, 10).await.unwrap();
    assert_eq!(ids(&page.rows), [6]);
    assert_eq!(store.count_exact(&both).await.unwrap(), 1);
}

#[tokio::test]
async fn an_act_on_all_with_a_copied_key_touches_no_other() {
    let database = copied().await;
    let store = database.store();
    let selection =
        Selection::Filter(Filter { is_copied: true, prefix: Some("VIP".into()), ..Filter::default() });
    let survey = store.survey(&selection, &|_| ControlFlow::Continue(())).await.unwrap().unwrap();
    assert_eq!(survey.cards, 3);
    let many = ManyAct { act: Act::Unbind, selection };
    let outcome = store.act_on(&anna(), &agreed(many), &|_| ControlFlow::Continue(())).await.unwrap();
    assert_eq!((outcome.done, outcome.missing), (3, 0));
    let freed: Vec<u64> = database.rows("SELECT id FROM cards WHERE machine_code IS NULL", ()).await;
    assert_eq!(freed, [3, 6, 9]);
    assert_eq!(store.copied_keys(None).await.unwrap(), Some(3), "who was freed is found no more");
}
