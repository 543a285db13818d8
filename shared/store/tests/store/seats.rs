//! Cards for several machines, and seats that are leased.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use kami_core::rules::Refusal;
use kami_store::{CardState, Client, NoCard, SeatReturn, Store, Validation};
use kami_testkit::{Queryable as _, TestDatabase, eventually};
use tokio::task::JoinSet;

use crate::{code, machine};

/// A card for so many machines, whose policy says that.
pub(crate) async fn with_card(seats: u16, policy: &str) -> TestDatabase {
    let database = TestDatabase::create().await;
    let card = format!(
        "INSERT INTO cards (prefix, code, full_code, duration_seconds, seats, policy)
         VALUES ('VIP', 'A', 'VIP-A', 10000, {seats}, '{policy}')"
    );
    database.execute(&card).await;
    database
}

pub(crate) async fn ask(store: &Store, asker: &str) -> Validation {
    store.validate(&code("VIP-A"), &machine(asker), &Client::default()).await.unwrap()
}

pub(crate) async fn is_in(store: &Store, asker: &str) -> bool {
    matches!(ask(store, asker).await, Validation::Admitted { .. })
}

const FULL: Validation = Validation::Refused(Refusal::SeatsFull);

/// The machines that have a seat, as the tables say it.
async fn holders(database: &TestDatabase) -> BTreeSet<String> {
    let query = "SELECT machine_code FROM cards WHERE machine_code IS NOT NULL UNION ALL SELECT machine_code FROM card_seats";
    let holders: Vec<String> = database.rows(query, ()).await;
    let count = holders.len();
    let holders: BTreeSet<String> = holders.into_iter().collect();
    assert_eq!(holders.len(), count, "nobody has two seats");
    holders
}

#[tokio::test]
async fn of_any_number_of_machines_as_many_win_as_there_are_seats_and_no_other_ever() {
    for seats in [1_u16, 2, 5] {
        let database = with_card(seats, "").await;
        let stores = [database.store(), database.store(), database.store()];
        for _ in 0..3 {
            let mut racers = JoinSet::new();
            for number in 0..64 {
                let (store, name) = (stores[number % stores.len()].clone(), format!("PC-{number}"));
                racers.spawn(async move { is_in(&store, &name).await.then_some(name) });
            }
            let won: BTreeSet<String> = racers.join_all().await.into_iter().flatten().collect();
            assert_eq!((won.len(), &won), (usize::from(seats), &holders(&database).await));
        }
    }
}

#[tokio::test]
async fn who_asks_for_a_full_card_is_refused_as_it_always_was_where_it_is_for_one_machine() {
    let database = with_card(1, "").await;
    let store = database.store();
    assert!(is_in(&store, "PC-1").await);
    assert_eq!(ask(&store, "PC-2").await, Validation::Refused(Refusal::MachineMismatch));
    let database = with_card(2, "").await;
    let store = database.store();
    assert!(is_in(&store, "PC-1").await && is_in(&store, "PC-2").await);
    for _ in 0..2 {
        assert_eq!(ask(&store, "PC-3").await, FULL);
        assert!(is_in(&store, "PC-2").await && is_in(&store, "PC-1").await);
    }
}

async fn lease_of(store: &Store, asker: &str) -> (DateTime<Utc>, DateTime<Utc>) {
    match ask(store, asker).await {
        Validation::Admitted { lease: Some(lease), now, .. } => (lease.until, now),
        other => panic!("{other:?}"),
    }
}

/// Moves every lease, and when its machine was seen, so many seconds back.
async fn let_pass(database: &TestDatabase, seconds: u32) {
    for table in ["cards", "card_seats"] {
        let move_back = format!(
            "UPDATE {table} SET lease_until = lease_until - INTERVAL {seconds} SECOND,
             seen_at = seen_at - INTERVAL {seconds} SECOND"
        );
        database.execute(&move_back).await;
    }
}

#[tokio::test]
async fn a_seat_whose_lease_is_over_is_its_machines_until_somebody_else_asks() {
    for seats in [1, 2] {
        let database = with_card(seats, "lease=600").await;
        let store = database.store();
        let first: Vec<String> = (0..seats).map(|number| format!("PC-{number}")).collect();
        for name in &first {
            let (until, now) = lease_of(&store, name).await;
            assert_eq!((until - now).num_seconds(), 600);
        }
        assert_eq!(ask(&store, "PC-X").await, FULL);
        let_pass(&database, 601).await;
        for name in &first {
            assert!(is_in(&store, name).await, "a crashed client is let in again");
        }
        let_pass(&database, 601).await;
        assert!(is_in(&store, "PC-X").await);
        let holders = holders(&database).await;
        assert!(holders.contains("PC-X") && holders.len() <= usize::from(seats), "{holders:?}");
    }
}

#[tokio::test]
async fn a_lease_is_written_anew_once_a_third_of_it_is_over() {
    for (seats, asker) in [(1, "PC-1"), (2, "PC-2")] {
        let database = with_card(seats, "lease=600").await;
        let store = database.store();
        if seats > 1 {
            ask(&store, "PC-1").await;
        }
        let (told, _) = lease_of(&store, asker).await;
        let (until, _) = lease_of(&store, asker).await;
        assert!(told <= until, "it is written down a moment after it was told, and lasts no less");
        assert_eq!(lease_of(&store, asker).await.0, until, "not yet");
        let_pass(&database, 190).await;
        let (before, _) = lease_of(&store, asker).await;
        assert!(before < until);
        let_pass(&database, 11).await;
        let (after, now) = lease_of(&store, asker).await;
        assert_eq!((after - now).num_seconds(), 600);
    }
}

#[tokio::test]
async fn a_lease_that_is_given_back_is_free_at_once_and_one_that_is_none_stays() {
    use SeatReturn::{Freed, Kept, NoSeat};
    for seats in [1, 2] {
        let database = with_card(seats, "lease=600").await;
        let store = database.store();
        let release = async |asker: &str| {
            store.release(&code("VIP-A"), &machine(asker), &Client::default()).await.unwrap()
        };
        assert_eq!(release("PC-0").await, Ok(NoSeat), "nobody has one");
        for number in 0..seats {
            ask(&store, &format!("PC-{number}")).await;
        }
        let last = format!("PC-{}", seats - 1);
        assert_eq!(release("PC-X").await, Ok(NoSeat), "it has none");
        assert_eq!((release(&last).await, release(&last).await), (Ok(Freed), Ok(NoSeat)));
        assert!(is_in(&store, "PC-X").await);
        assert_eq!(ask(&store, &last).await, FULL);
        database.execute("UPDATE cards SET policy = NULL").await;
        assert!(is_in(&store, "PC-X").await);
        assert_eq!(release("PC-X").await, Ok(Kept), "it has the seat as long as the card");
        assert!(holders(&database).await.contains("PC-X"));
        let none = store.release(&code("VIP-NONE"), &machine("PC-X"), &Client::default()).await.unwrap();
        assert_eq!(none, Err(NoCard::NotFound));
        let client = Client { app: "demo".parse().unwrap(), ..Client::default() };
        let other_app = store.release(&code("VIP-A"), &machine("PC-X"), &client).await.unwrap();
        assert_eq!(other_app, Err(NoCard::NotFound));
    }
}

#[tokio::test]
async fn a_lease_that_is_over_is_given_back_as_well_and_one_of_a_card_that_is_withdrawn_stays() {
    for seats in [1, 2] {
        let database = with_card(seats, "lease=600").await;
        let store = database.store();
        for number in 0..seats {
            ask(&store, &format!("PC-{number}")).await;
        }
        let (card, last) = (code("VIP-A"), machine(&format!("PC-{}", seats - 1)));
        let release = async || store.release(&card, &last, &Client::default()).await.unwrap();
        database.execute("UPDATE cards SET status = 'DISABLED'").await;
        assert_eq!(release().await, Ok(SeatReturn::Kept));
        database.execute("UPDATE cards SET status = 'ACTIVE'").await;
        let_pass(&database, 601).await;
        assert_eq!(release().await, Ok(SeatReturn::Freed));
        assert_eq!(holders(&database).await.len(), usize::from(seats) - 1);
    }
}

/// How many of the card's seats are taken, as its status tells it.
async fn taken(store: &Store) -> Option<u32> {
    store.status(&code("VIP-A"), None, &Client::default()).await.unwrap().unwrap().seats_taken
}

#[tokio::test]
async fn a_status_tells_of_the_seats_that_are_taken_where_there_are_several_or_leases() {
    for (seats, policy) in [(1, "lease=600"), (3, "lease=600"), (3, "")] {
        let database = with_card(seats, policy).await;
        let store = database.store();
        assert_eq!(taken(&store).await, Some(0), "{seats} {policy}");
        let most = u32::from(seats).min(2);
        for number in 0..most {
            assert!(is_in(&store, &format!("PC-{number}")).await);
            assert_eq!(taken(&store).await, Some(number + 1), "{seats} {policy}");
        }
        let_pass(&database, 500).await;
        let leased = !policy.is_empty();
        assert_eq!(taken(&store).await, Some(most), "not over yet");
        let_pass(&database, 101).await;
        assert_eq!(taken(&store).await, Some(if leased { 0 } else { most }), "{seats} {policy}");
        assert!(is_in(&store, "PC-0").await, "whose seat it is nevertheless");
        assert_eq!(taken(&store).await, Some(if leased { 1 } else { most }));
    }
}

#[tokio::test]
async fn a_status_tells_of_no_seats_where_there_is_one_for_as_long_as_the_card() {
    let database = with_card(1, "").await;
    let store = database.store();
    assert_eq!(taken(&store).await, None);
    assert!(is_in(&store, "PC-1").await);
    assert_eq!(taken(&store).await, None);
    let leases = "UPDATE apps SET policy = 'lease=60'; UPDATE policy_revision SET revision = revision + 1";
    database.execute(leases).await;
    assert_eq!(taken(&store).await, Some(1), "its app leases from now on");
    let unreadable = "UPDATE apps SET latest = 'x y'; UPDATE policy_revision SET revision = revision + 1";
    database.execute(unreadable).await;
    assert_eq!(taken(&store).await, None, "nobody can say what the app does");
}

#[tokio::test]
async fn a_machine_that_asks_how_its_card_stands_is_known_by_a_further_seat_as_well() {
    let database = with_card(2, "").await;
    let store = database.store();
    for name in ["PC-1", "PC-2"] {
        assert!(is_in(&store, name).await);
    }
    // A program that meets its first card for several machines.
    for store in [store, database.store()] {
        for (name, has_further) in [("PC-1", false), ("PC-2", true), ("PC-3", false)] {
            let found = store.status(&code("VIP-A"), Some(&machine(name)), &Client::default()).await;
            let CardState { card, seats_taken, .. } = found.unwrap().unwrap();
            assert_eq!((card.further_seat.is_some(), seats_taken), (has_further, Some(2)), "{name}");
        }
    }
}

#[tokio::test]
async fn the_machine_that_was_seen_the_longest_ago_gives_way_where_the_policy_says_so() {
    for policy in ["when-full=oldest", "lease=600 when-full=oldest"] {
        let database = with_card(3, policy).await;
        let store = database.store();
        for name in ["PC-1", "PC-2", "PC-3"] {
            assert!(is_in(&store, name).await);
        }
        for (place, name) in ["PC-2", "PC-1", "PC-3"].into_iter().enumerate() {
            let seen = format!("seen_at = UTC_TIMESTAMP() - INTERVAL {} SECOND", 100 - place);
            for table in ["cards", "card_seats"] {
                database.execute(&format!("UPDATE {table} SET {seen} WHERE machine_code = '{name}'")).await;
            }
        }
        for (asker, left) in [("PC-4", ["PC-1", "PC-3", "PC-4"]), ("PC-5", ["PC-3", "PC-4", "PC-5"])] {
            assert!(is_in(&store, asker).await, "{policy} {asker}");
            assert_eq!(holders(&database).await, left.map(str::to_owned).into(), "{policy} {asker}");
        }
    }
}

#[tokio::test]
async fn the_policy_of_an_app_holds_for_its_cards_from_the_next_question_on() {
    let database = with_card(1, "").await;
    let store = database.store();
    assert!(matches!(ask(&store, "PC-1").await, Validation::Admitted { lease: None, .. }));
    database
        .execute("UPDATE apps SET policy = 'lease=60'; UPDATE policy_revision SET revision = revision + 1")
        .await;
    let (until, now) = lease_of(&store, "PC-1").await;
    assert_eq!((until - now).num_seconds(), 60);
    database.execute("UPDATE cards SET policy = 'lease=off'").await;
    assert!(matches!(ask(&store, "PC-1").await, Validation::Admitted { lease: None, .. }));
    let kept: Vec<Option<String>> = database.rows("SELECT CAST(lease_until AS CHAR) FROM cards", ()).await;
    assert_eq!(kept, [None]);
}

#[tokio::test]
async fn a_machine_that_asks_twice_at_once_gets_the_last_seat_once_and_is_told_so_twice() {
    for (seats, policy) in [(1, ""), (2, ""), (1, "lease=600"), (2, "lease=600")] {
        let database = with_card(seats, policy).await;
        let stores = [database.store(), database.store()];
        for number in 1..seats {
            assert!(is_in(&stores[0], &format!("PC-{number}")).await);
        }
        let mut askers = JoinSet::new();
        for number in 0..16 {
            let store = stores[number % 2].clone();
            askers.spawn(async move { ask(&store, "PC-LAST").await });
        }
        for answer in askers.join_all().await {
            assert!(matches!(answer, Validation::Admitted { .. }), "{seats} {policy}: {answer:?}");
        }
        assert_eq!(holders(&database).await.len(), usize::from(seats));
        // What a program that lost its connection says again.
        let again: Option<bool> =
            database.rows("CALL take_seat((SELECT MIN(id) FROM cards), 'PC-LAST')", ()).await.remove(0);
        assert_eq!(again, Some(true), "{seats} {policy}");
    }
}

#[tokio::test]
async fn takers_of_different_cards_do_not_wait_for_each_other() {
    const CARDS: usize = 200;
    let database = TestDatabase::create().await;
    let values: Vec<_> =
        (0..CARDS).map(|card| format!("('VIP', '{card}', 'VIP-{card}', 'ACTIVE', 'PC-1', 2)")).collect();
    let values = values.join(", ");
    database
        .execute(&format!(
            "INSERT INTO cards (prefix, code, full_code, status, machine_code, seats) VALUES {values}"
        ))
        .await;
    let cards: Vec<u64> = database.rows("SELECT id FROM cards ORDER BY id", ()).await;
    let mut takers = JoinSet::new();
    for taker in 0..8 {
        let (database, cards) = (database.clone(), cards.clone());
        takers.spawn(async move {
            let mut connection = database.connect().await;
            let mut given = 0;
            for card in cards.iter().skip(taker).step_by(8) {
                // A deadlock would be an error here, where nobody tries again.
                let has: Option<bool> =
                    connection.exec_first("CALL take_seat(?, 'PC-2')", (card,)).await.unwrap();
                given += usize::from(has == Some(true));
            }
            given
        });
    }
    assert_eq!(takers.join_all().await.iter().sum::<usize>(), CARDS);
}

#[tokio::test]
async fn a_card_that_is_deleted_while_a_machine_waits_for_it_gives_no_seat() {
    let database = with_card(3, "").await;
    let store = database.store();
    assert!(is_in(&store, "PC-1").await);
    let mut deleting = database.connect().await;
    deleting.query_drop("START TRANSACTION; DELETE FROM cards").await.unwrap();
    let waiting = tokio::spawn({
        let store = database.store();
        async move { ask(&store, "PC-2").await }
    });
    eventually("the machine waits for the card", async || {
        let query = "SELECT COUNT(*) FROM information_schema.processlist WHERE info LIKE '%FOR UPDATE%'
            AND info NOT LIKE '%processlist%' AND db = DATABASE()";
        (database.rows::<u64>(query, ()).await[0] > 0).then_some(())
    })
    .await;
    deleting.query_drop("COMMIT").await.unwrap();
    assert_eq!(waiting.await.unwrap(), Validation::NotFound);
    assert_eq!(holders(&database).await.len(), 0);
}

#[tokio::test]
async fn a_policy_that_changes_under_an_answer_is_the_one_that_is_told() {
    let database = with_card(1, "").await;
    database
        .execute("UPDATE apps SET policy = 'lease=600'; UPDATE policy_revision SET revision = revision + 1")
        .await;
    let store = database.store();
    let (mut told, mut ends) = (0, 0);
    let turning = tokio::spawn({
        let database = database.clone();
        async move {
            for turn in 0..40 {
                let policy = if turn % 2 == 0 { "" } else { "lease=600" };
                let turn = format!(
                    "UPDATE apps SET policy = '{policy}'; UPDATE policy_revision SET revision = revision + 1"
                );
                database.execute(&turn).await;
            }
        }
    });
    while !turning.is_finished() {
        match ask(&store, "PC-1").await {
            Validation::Admitted { lease: Some(_), .. } => told += 1,
            Validation::Admitted { lease: None, .. } => ends += 1,
            other => panic!("{other:?}"),
        }
    }
    assert!(told + ends > 0);
    let (until, now) = lease_of(&store, "PC-1").await;
    assert!((599..=600).contains(&(until - now).num_seconds()), "{}", until - now);
}
