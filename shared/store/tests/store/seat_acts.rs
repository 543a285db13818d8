//! What operators do with the seats of a card: freeing one or all, fewer seats, and what an undo gives back.

use std::collections::BTreeSet;

use kami_core::acts::{Act, ActRefusal};
use kami_core::edit::CardEdit;
use kami_core::filter::{Filter, TextFilter};
use kami_core::operator::Operator;
use kami_core::record::CardRecord;
use kami_core::seats::Seats;
use kami_store::{
    ActError, ActOutcome, Acted, Client, LogFilter, ManyAct, OneAct, OneEdit, OneSeat, SeatReturn, Selection,
    Store, Undo, Validation, seats_lost,
};
use kami_testkit::{Queryable as _, TestDatabase, agreed, eventually};

use crate::{code, machine};

/// A card for so many machines that these use, the last of them seen last.
async fn with_machines(seats: u16, machines: &[&str]) -> TestDatabase {
    let database = TestDatabase::create().await;
    let card = format!(
        "INSERT INTO cards (prefix, code, full_code, duration_seconds, seats)
         VALUES ('VIP', 'A', 'VIP-A', 10000, {seats})"
    );
    database.execute(&card).await;
    let store = database.store();
    for machine in machines {
        assert!(is_in(&store, machine).await);
        database.execute("UPDATE card_seats SET seen_at = seen_at - INTERVAL 1 SECOND").await;
    }
    database
}

async fn is_in(store: &Store, asker: &str) -> bool {
    let client = Client::default();
    let validation = store.validate(&code("VIP-A"), &machine(asker), &client).await.unwrap();
    matches!(validation, Validation::Admitted { .. })
}

async fn card(store: &Store) -> CardRecord {
    store.card_by_code(&code("VIP-A")).await.unwrap().unwrap().0
}

/// The machines that have a seat, the one in the card's row first.
async fn seated(store: &Store) -> Vec<String> {
    let seats = store.seats(card(store).await.id).await.unwrap();
    seats.into_iter().map(|seat| seat.machine).collect()
}

fn anna() -> Operator {
    Operator::new("anna").unwrap()
}

async fn free(store: &Store, machine: &str) -> Result<Acted, ActError> {
    let order = OneSeat { seen: card(store).await, machine: machine.to_owned() };
    store.free_seat(&anna(), &agreed(order)).await
}

async fn edit(store: &Store, edit: CardEdit) -> Acted {
    let seen = card(store).await;
    store.edit(&anna(), &agreed(OneEdit { seen, edit })).await.unwrap()
}

async fn undo(store: &Store, act_id: u64) -> ActOutcome {
    store.undo(&anna(), &agreed(Undo { act_id }), &|_| std::ops::ControlFlow::Continue(())).await.unwrap()
}

async fn machines_of_log(store: &Store, act_id: u64) -> (BTreeSet<String>, BTreeSet<String>) {
    let filter = LogFilter { act_id: Some(act_id), ..LogFilter::default() };
    let row = store.log(&filter, None, 1).await.unwrap().pop().unwrap();
    let machines = |values: Option<kami_store::CardValues>| {
        let machines = values.and_then(|mut values| values.remove("machines"));
        machines.map(|machines| serde_json::from_value(machines).unwrap()).unwrap_or_default()
    };
    (machines(row.before), machines(row.after))
}

fn set(machines: &[&str]) -> BTreeSet<String> {
    machines.iter().map(|machine| (*machine).to_owned()).collect()
}

#[tokio::test]
async fn one_machine_is_freed_and_the_others_stay_whichever_it_is() {
    for (freed, first, kept) in [
        ("PC-1", "PC-3", ["PC-3", "PC-2"]),
        ("PC-2", "PC-1", ["PC-1", "PC-3"]),
        ("PC-3", "PC-1", ["PC-1", "PC-2"]),
    ] {
        let database = with_machines(3, &["PC-1", "PC-2", "PC-3"]).await;
        let store = database.store();
        let acted = free(&store, freed).await.unwrap();
        assert_eq!(acted.card.unwrap().machine_code.as_deref(), Some(first));
        assert_eq!(seated(&store).await, kept);
        assert!(matches!(free(&store, freed).await, Err(ActError::Refused(ActRefusal::NoSeat))));
        // Whoever has a seat keeps it, and the free one is for whoever asks.
        for machine in [kept[0], kept[1], "PC-9"] {
            assert!(is_in(&store, machine).await, "{machine}");
        }
        assert!(!is_in(&store, freed).await);
        // There is no room for who was freed any more, and nobody gives way.
        undo(&store, acted.act_id).await;
        assert_eq!(set_of(&seated(&store).await), set(&[kept[0], kept[1], "PC-9"]));
    }
}

#[tokio::test]
async fn who_was_freed_has_his_seat_again_when_that_is_undone_and_loses_it_when_that_is() {
    for freed in ["PC-1", "PC-2", "PC-3"] {
        let database = with_machines(3, &["PC-1", "PC-2", "PC-3"]).await;
        let store = database.store();
        let before = seated(&store).await;
        let freeing = free(&store, freed).await.unwrap();
        let left = seated(&store).await;
        let undone = undo(&store, freeing.act_id).await;
        assert_eq!((undone.done, undone.refused.len()), (1, 0));
        assert_eq!(set_of(&seated(&store).await), set_of(&before), "{freed}");
        undo(&store, undone.act_id.unwrap()).await;
        assert_eq!(set_of(&seated(&store).await), set_of(&left), "{freed}");
    }
}

fn set_of(machines: &[String]) -> BTreeSet<String> {
    machines.iter().cloned().collect()
}

#[tokio::test]
async fn who_frees_a_card_frees_all_of_its_seats_and_an_undo_gives_them_back() {
    let database = with_machines(5, &["PC-1", "PC-2", "PC-3"]).await;
    let store = database.store();
    let order = OneAct { act: Act::Unbind, seen: card(&store).await };
    let freeing = store.act_on_one(&anna(), &agreed(order)).await.unwrap();
    assert_eq!(seated(&store).await, [""; 0]);
    assert_eq!(machines_of_log(&store, freeing.act_id).await, (set(&["PC-2", "PC-3"]), set(&[])));
    let undone = undo(&store, freeing.act_id).await;
    assert_eq!(seated(&store).await, ["PC-1", "PC-2", "PC-3"]);
    let undo_id = undone.act_id.unwrap();
    assert_eq!(machines_of_log(&store, undo_id).await, (set(&[]), set(&["PC-2", "PC-3"])));
}

#[tokio::test]
async fn of_fewer_seats_those_stay_that_were_heard_of_last_and_an_undo_gives_the_others_theirs_back() {
    let all = ["PC-1", "PC-2", "PC-3", "PC-4"];
    for (leases, seats, kept) in [
        // Who came last stays, whichever place he has.
        ([None; 4], 2, &["PC-3", "PC-4"][..]),
        ([None; 4], 1, &["PC-4"]),
        // Whose lease is over makes room before anybody else.
        ([Some(60), Some(60), Some(-1), Some(-1)], 2, &["PC-1", "PC-2"]),
        ([Some(-1), Some(60), Some(-1), Some(60)], 2, &["PC-2", "PC-4"]),
        ([Some(-1), Some(60), Some(60), Some(60)], 3, &["PC-2", "PC-3", "PC-4"]),
        ([Some(60), Some(60), Some(60), Some(-1)], 1, &["PC-3"]),
        ([Some(60), Some(60), Some(60), Some(60)], 4, &all),
    ] {
        let database = with_machines(5, &all).await;
        for (number, (machine, lease)) in all.iter().zip(leases).enumerate() {
            let lease = lease
                .map_or("NULL".into(), |lease: i32| format!("UTC_TIMESTAMP() + INTERVAL {lease} SECOND"));
            for table in ["cards", "card_seats"] {
                let seen = format!(
                    "UPDATE {table} SET lease_until = {lease}, seen_at = UTC_TIMESTAMP() - INTERVAL {} SECOND
                     WHERE machine_code = '{machine}'",
                    50 - number
                );
                database.execute(&seen).await;
            }
        }
        let store = database.store();
        let taken = store.seats(card(&store).await.id).await.unwrap();
        let told = seats_lost(&taken, seats).into_iter().map(|seat| seat.machine.clone());
        let lost = set(&all).into_iter().filter(|machine| !kept.contains(&machine.as_str())).collect();
        assert_eq!(told.collect::<BTreeSet<_>>(), lost, "what is said beforehand");
        let seats = Some(Seats::new(seats).unwrap());
        let fewer = edit(&store, CardEdit { seats, ..CardEdit::default() }).await;
        assert_eq!(set_of(&seated(&store).await), set(kept), "{leases:?} {seats:?}");
        assert!(card(&store).await.machine_code.is_some());
        undo(&store, fewer.act_id).await;
        assert_eq!(set_of(&seated(&store).await), set(&all), "{leases:?} {seats:?}");
        assert_eq!(card(&store).await.seats, 5);
    }
}

#[tokio::test]
async fn a_leased_seat_that_comes_back_is_leased() {
    for act in ["free", "unbind", "fewer", "delete"] {
        let database = with_machines(2, &["PC-1"]).await;
        database.execute("UPDATE apps SET policy = 'when-full=oldest lease=600'; UPDATE policy_revision SET revision = 7").await;
        let store = database.store();
        assert!(is_in(&store, "PC-1").await && is_in(&store, "PC-2").await);
        database.execute("UPDATE cards SET seen_at = seen_at - INTERVAL 9 SECOND").await;
        let seen = card(&store).await;
        let act_id = match act {
            "free" => free(&store, "PC-1").await.unwrap().act_id,
            "fewer" => {
                edit(&store, CardEdit { seats: Some(Seats::default()), ..CardEdit::default() }).await.act_id
            }
            act => {
                let act = if act == "delete" { Act::Delete } else { Act::Unbind };
                store.act_on_one(&anna(), &agreed(OneAct { act, seen })).await.unwrap().act_id
            }
        };
        undo(&store, act_id).await;
        let seats = store.seats(card(&store).await.id).await.unwrap();
        let come_back = if act == "delete" { 1 } else { 2 };
        assert_eq!(seats.len(), come_back, "{act}");
        assert!(seats.iter().all(|seat| seat.lease_until.is_some() && !seat.is_over), "{act}: {seats:?}");
    }
    // A card's own word comes before its app's.
    let database = with_machines(2, &["PC-1", "PC-2"]).await;
    database.execute("UPDATE apps SET policy = 'lease=600'; UPDATE cards SET policy = 'lease=off'").await;
    let store = database.store();
    undo(&store, free(&store, "PC-2").await.unwrap().act_id).await;
    let seats = store.seats(card(&store).await.id).await.unwrap();
    assert!(seats.len() == 2 && seats.iter().all(|seat| seat.lease_until.is_none()), "{seats:?}");
}

#[tokio::test]
async fn who_gives_a_leased_seat_back_leaves_the_others_theirs() {
    let database = with_machines(3, &["PC-1"]).await;
    database.execute("UPDATE cards SET policy = 'lease=600'").await;
    let store = database.store();
    for machine in ["PC-1", "PC-2", "PC-3"] {
        assert!(is_in(&store, machine).await);
    }
    let released = store.release(&code("VIP-A"), &machine("PC-1"), &Client::default()).await.unwrap();
    assert_eq!(released, Ok(SeatReturn::Freed));
    assert_eq!(set_of(&seated(&store).await), set(&["PC-2", "PC-3"]));
    let seats = store.seats(card(&store).await.id).await.unwrap();
    assert!(seats.iter().all(|seat| seat.lease_until.is_some() && !seat.is_over), "their leases go on");
    assert!(card(&store).await.machine_code.is_some(), "a card in use stands in its row with a machine");
    assert!(is_in(&store, "PC-1").await && !is_in(&store, "PC-4").await);
}

#[tokio::test]
async fn a_machine_that_an_operator_binds_has_one_seat() {
    let database = with_machines(3, &["PC-1", "PC-2", "PC-3"]).await;
    let store = database.store();
    let status = kami_core::edit::StatusEdit::Active { machine: machine("PC-2") };
    let bound = edit(&store, CardEdit { status: Some(status), ..CardEdit::default() }).await;
    assert_eq!(seated(&store).await, ["PC-2", "PC-3"]);
    undo(&store, bound.act_id).await;
    assert_eq!(set_of(&seated(&store).await), set(&["PC-1", "PC-2", "PC-3"]));
}

/// With their machines more text than MariaDB aggregates unless it is told to: a megabyte.
const CARDS: u64 = 320;

#[tokio::test]
async fn cards_are_freed_of_many_machines_each_at_once() {
    let database = TestDatabase::create().await;
    let cards: Vec<String> = (0..CARDS)
        .map(|number| format!("('VIP', '{number}', 'VIP-{number}', 'ACTIVE', 'first', UTC_TIMESTAMP(), 30)"))
        .collect();
    let cards = format!(
        "INSERT INTO cards (prefix, code, full_code, status, machine_code, used_at, seats) VALUES {}",
        cards.join(", ")
    );
    database.execute(&cards).await;
    let numbers: Vec<String> = (0..25).map(|number| format!("SELECT {number} AS number")).collect();
    let seats = format!(
        "INSERT INTO card_seats (card_id, machine_code, bound_at, seen_at)
         SELECT cards.id, CONCAT(REPEAT('a machine whose code is long ', 4), number), UTC_TIMESTAMP(), UTC_TIMESTAMP()
         FROM cards JOIN ({}) AS numbers",
        numbers.join(" UNION ALL ")
    );
    database.execute(&seats).await;
    let store = database.store();
    let many = agreed(ManyAct { act: Act::Unbind, selection: Selection::Filter(Filter::default()) });
    let go_on = |_| std::ops::ControlFlow::Continue(());
    let freeing = store.act_on(&anna(), &many, &go_on).await.unwrap();
    assert_eq!((freeing.done, freeing.failed.is_none()), (CARDS, true));
    assert_eq!(database.rows::<u64>("SELECT COUNT(*) FROM card_seats", ()).await, [0]);
    undo(&store, freeing.act_id.unwrap()).await;
    assert_eq!(database.rows::<u64>("SELECT COUNT(*) FROM card_seats", ()).await, [25 * CARDS]);
}

/// Once somebody waits for the lock of a card.
async fn somebody_waits(database: &TestDatabase) {
    eventually("somebody waits for the card", async || {
        let query = "SELECT COUNT(*) FROM information_schema.processlist WHERE info LIKE '%FOR UPDATE%'
            AND info NOT LIKE '%processlist%' AND db = DATABASE()";
        (database.rows::<u64>(query, ()).await[0] > 0).then_some(())
    })
    .await;
}

#[tokio::test]
async fn who_gets_a_seat_while_the_card_is_being_freed_loses_it_with_the_others() {
    let database = with_machines(4, &["PC-1", "PC-2"]).await;
    let mut taking = database.connect().await;
    let take = "START TRANSACTION; SELECT id FROM cards FOR UPDATE; INSERT INTO card_seats
        (card_id, machine_code, bound_at, seen_at) SELECT id, 'PC-3', UTC_TIMESTAMP(), UTC_TIMESTAMP() FROM cards";
    taking.query_drop(take).await.unwrap();
    let freeing = tokio::spawn({
        let store = database.store();
        async move {
            let text = TextFilter::Machine("PC-2".into());
            let filter = Filter { text: Some(text), ..Filter::default() };
            let many = agreed(ManyAct { act: Act::Unbind, selection: Selection::Filter(filter) });
            store.act_on(&anna(), &many, &|_| std::ops::ControlFlow::Continue(())).await.unwrap()
        }
    });
    somebody_waits(&database).await;
    taking.query_drop("COMMIT").await.unwrap();
    assert_eq!(freeing.await.unwrap().done, 1);
    assert_eq!(seated(&database.store()).await, [""; 0]);
}

#[tokio::test]
async fn an_act_on_a_card_lets_machines_take_seats_of_others() {
    let database = with_machines(3, &["PC-1"]).await;
    database.execute("INSERT INTO cards (prefix, code, full_code) VALUES ('VIP', 'B', 'VIP-B')").await;
    let mut acting = database.connect().await;
    acting
        .query_drop("START TRANSACTION; INSERT INTO acts (act, operator) VALUES ('note', 'anna')")
        .await
        .unwrap();
    let other = database.rows::<u64>("SELECT id FROM cards WHERE code = 'B'", ()).await[0];
    let note = format!(
        r#"CALL change_cards_2(LAST_INSERT_ID(),
            '[{{"id": {other}, "prefix": "VIP", "full_code": "VIP-B", "status": "unused", "note": "x"}}]')"#
    );
    acting.query_drop(note).await.unwrap();
    let mut taking = database.connect().await;
    taking.query_drop("SET SESSION innodb_lock_wait_timeout = 1").await.unwrap();
    let id = card(&database.store()).await.id;
    let has: Option<bool> = taking.exec_first("CALL take_seat(?, 'PC-2')", (id,)).await.unwrap();
    assert_eq!(has, Some(true));
    acting.query_drop("ROLLBACK").await.unwrap();
}
