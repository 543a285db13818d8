//! Machines that race for the seats of one card, through two function processes. `scripts/check-races` says how often.

use std::collections::BTreeSet;
use std::io::{self, Write as _};

use hyper::StatusCode;
use kami_testkit::{Client, Function, TestDatabase};

use crate::API;

const MACHINES: usize = 64;

/// How many cards of each number of seats are raced for, unless `KAMI_TEST_RACES` says otherwise.
const ROUNDS: usize = 40;

fn rounds() -> usize {
    std::env::var("KAMI_TEST_RACES").map_or(ROUNDS, |rounds| rounds.parse().unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_64_machines_one_wins_each_race() {
    race_for(1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_64_machines_two_win_each_race_for_a_card_of_two_seats() {
    race_for(2).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_64_machines_five_win_each_race_for_a_card_of_five_seats() {
    race_for(5).await;
}

/// Has them race for one unused card after the other, of which each second leases its seats, and for that one again once all
/// of its leases are over.
async fn race_for(seats: usize) {
    let database = TestDatabase::create().await;
    let functions =
        [Function::start(API, &database.url()).await, Function::start(API, &database.url()).await];
    let mut clients = Vec::new();
    for machine in 0..MACHINES {
        clients.push(functions[machine % functions.len()].client().await);
    }
    for round in 0..rounds() {
        database.insert_card("RACE", &round.to_string()).await;
        let is_leased = round % 2 == 1;
        let policy = if is_leased { "'lease=600'" } else { "NULL" };
        database
            .execute(&format!("UPDATE cards SET seats = {seats}, policy = {policy} WHERE code = '{round}'"))
            .await;
        let winners = race(&mut clients, round).await;
        assert_eq!((winners.len(), &winners), (seats, &holders(&database, round).await), "round {round}");
        if is_leased {
            let_pass(&database).await;
            let winners = race(&mut clients, round).await;
            assert_eq!(
                (winners.len(), &winners),
                (seats, &holders(&database, round).await),
                "round {round}, again"
            );
        }
    }
    let races = rounds() + rounds() / 2;
    let figure = format!("{races} races of {MACHINES} machines for a card of {seats}: {seats} won each");
    let _: io::Result<()> = writeln!(io::stderr(), "{figure}");
}

/// Has each client ask for the card of that round at the same time; returns those that were let in.
async fn race(clients: &mut Vec<Client>, round: usize) -> BTreeSet<String> {
    let racers: Vec<_> = clients
        .drain(..)
        .enumerate()
        .map(|(machine, mut client)| {
            tokio::spawn(async move {
                let answer = client.validate(&format!("RACE-{round}"), &format!("PC-{machine}")).await;
                (client, machine, answer)
            })
        })
        .collect();
    let mut winners = BTreeSet::new();
    for racer in racers {
        let (client, machine, answer) = racer.await.unwrap();
        clients.push(client);
        match (answer.status, answer.reason()) {
            (StatusCode::OK, _) => drop(winners.insert(format!("PC-{machine}"))),
            (StatusCode::FORBIDDEN, "machine_mismatch" | "seats_full") => {}
            _ => panic!("round {round}: {} {}", answer.status, answer.body),
        }
    }
    winners
}

/// The machines that have a seat of the card of that round, as the tables say it.
async fn holders(database: &TestDatabase, round: usize) -> BTreeSet<String> {
    let code = round.to_string();
    let query = "SELECT machine_code FROM cards WHERE code = ? UNION ALL SELECT card_seats.machine_code
        FROM card_seats JOIN cards ON cards.id = card_seats.card_id WHERE code = ?";
    let rows: Vec<String> = database.rows(query, (&code, &code)).await;
    let holders: BTreeSet<String> = rows.iter().cloned().collect();
    assert_eq!(holders.len(), rows.len(), "round {round}: nobody has two seats");
    holders
}

/// Lets every lease be over.
async fn let_pass(database: &TestDatabase) {
    for table in ["cards", "card_seats"] {
        database
            .execute(&format!("UPDATE {table} SET lease_until = lease_until - INTERVAL 601 SECOND"))
            .await;
    }
}
