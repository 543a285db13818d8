//! Machines that race for the seats of one card, its points, to burn it, or for one trial, through two function processes.
//! `scripts/check-races` says how often.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write as _};

use hyper::StatusCode;
use kami_testkit::{Client, Function, TestDatabase};
use serde_json::json;
use tokio::sync::watch;

use crate::API;

const MACHINES: usize = 64;

/// How many cards each race here is for, unless `KAMI_TEST_RACES` says otherwise.
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_64_that_unbind_a_card_and_ask_for_it_one_gives_it_up_and_no_more_have_it_than_there_are_seats() {
    let (database, _functions, mut clients) = racers().await;
    let mut moved = 0;
    for round in 0..rounds() {
        let seats = [1, 2, 5][round % 3];
        let last = if round % 5 == 1 { Last::Unbinding } else { Last::HalfOfAsking };
        // Each second card is unbound by strangers, for a machine that is lost.
        let (is_lost, by) = if round % 2 == 1 { (true, "anyone") } else { (false, "machine") };
        database.insert_card("RACE", &round.to_string()).await;
        let policy = format!("unbind={by} unbind-cooldown=3600 unbind-cost=5p");
        database
            .execute(&format!(
                "UPDATE cards SET seats = {seats}, points = 100, policy = '{policy}' WHERE code = '{round}'"
            ))
            .await;
        for seat in 0..seats {
            let answer = clients[0].validate(&format!("RACE-{round}"), &format!("OLD-{seat}")).await;
            assert_eq!(answer.status, StatusCode::OK, "round {round}: {}", answer.body);
        }
        let (freed, winners) = race_to_unbind(&mut clients, round, is_lost, last).await;
        let facts: Vec<(u64, u32)> = database
            .rows(
                "SELECT (SELECT COUNT(*) FROM customer_log WHERE card_id = cards.id), points FROM cards
                WHERE code = ?",
                (round.to_string(),),
            )
            .await;
        let left = if is_lost { 90 } else { 95 };
        assert_eq!(facts, [(1, left)], "round {round}");
        assert_eq!(freed, 1, "round {round}");
        let holders = holders(&database, round).await;
        assert!(
            holders.len() <= seats && winners.is_subset(&holders),
            "round {round}: {winners:?} {holders:?}"
        );
        let seats_given = match last {
            Last::HalfOfAsking => 1,
            Last::Unbinding => 0,
        };
        assert_eq!(winners.len(), seats_given, "round {round}: {winners:?}");
        moved += winners.len();
        let old = holders.iter().filter(|holder| holder.starts_with("OLD")).count();
        assert_eq!(old, seats - 1, "round {round}: who gave its seat up does not get it back: {holders:?}");
    }
    let kept = rounds() - moved;
    assert!(moved > 0 && kept > 0, "either came first: {moved} and {kept} of {} races", rounds());
    let figure = format!(
        "{} races of {MACHINES} to unbind a card and to have it: 1 unbound each, {moved} moved to another machine, \
         {kept} were unbound last",
        rounds()
    );
    let _: io::Result<()> = writeln!(io::stderr(), "{figure}");
}

/// Who waits in a race to unbind a card, so that it surely comes to either end.
#[derive(Clone, Copy)]
enum Last {
    /// Half of those that ask for the card, until it is unbound: one of them, or another that was as fast, has the seat then.
    HalfOfAsking,
    /// Those that unbind it, until all others are answered, who have found no seat free.
    Unbinding,
}

/// Has half of the clients unbind the card of that round, and the others ask for it, and half of those be the machine that may
/// have given it up; returns how many unbound it, and the new machines that were let in.
async fn race_to_unbind(
    clients: &mut Vec<Client>,
    round: usize,
    is_lost: bool,
    last: Last,
) -> (usize, BTreeSet<String>) {
    // Says that the card is unbound, and ends with the last of those that do not wait.
    let first = watch::Sender::new(false);
    let racers: Vec<_> = clients
        .drain(..)
        .enumerate()
        .map(|(number, mut client)| {
            let code = format!("RACE-{round}");
            let unbinds = number % 4 < 2;
            let waits = match last {
                Last::HalfOfAsking => !unbinds && number % 8 > 3,
                Last::Unbinding => unbinds,
            };
            let (mut heard, first) = (first.subscribe(), (!waits).then(|| first.clone()));
            tokio::spawn(async move {
                if waits {
                    drop(heard.wait_for(|is_unbound| *is_unbound).await);
                }
                let machine = match (number % 4, is_lost) {
                    (0 | 1, true) => format!("STRANGER-{number}"),
                    (3, _) => format!("NEW-{number}"),
                    _ => "OLD-0".to_owned(),
                };
                let path = if unbinds { "/api/unbind" } else { "/api/validate" };
                let body = json!({"code": code, "machine_code": machine}).to_string();
                // Strangers are guessers, each at an address of his own.
                let from = format!("2001:db8:{round:x}:{number:x}::1");
                let answer = client.send("POST", path, &[("x-forwarded-for", from.as_str())], &body).await;
                if let Some(first) = first
                    && answer.body["unbound"] == true
                {
                    first.send_replace(true);
                }
                (client, machine, answer)
            })
        })
        .collect();
    drop(first);
    let (mut freed, mut winners) = (0, BTreeSet::new());
    for racer in racers {
        let (client, machine, answer) = racer.await.unwrap();
        clients.push(client);
        match (answer.status, answer.reason()) {
            (StatusCode::OK, _) if answer.body.get("message").is_none() => {
                freed += usize::from(answer.body["unbound"].as_bool().unwrap());
            }
            (StatusCode::OK, _) if machine.starts_with("NEW") => drop(winners.insert(machine)),
            (StatusCode::OK, _)
            | (StatusCode::FORBIDDEN, "machine_mismatch" | "seats_full" | "unbind_cooling_down") => {}
            _ => panic!("round {round}: {} {}", answer.status, answer.body),
        }
    }
    (freed, winners)
}

/// Has them race for one unused card after the other, of which each second leases its seats, and for that one again once all
/// of its leases are over.
async fn race_for(seats: usize) {
    let (database, _functions, mut clients) = racers().await;
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

/// How many points each card of the races for them has: two requests of one name each race for one.
const POINTS: usize = 20;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_32_requests_that_come_twice_as_many_are_served_as_the_card_has_points_each_once() {
    let (database, _functions, mut clients) = racers().await;
    for round in 0..rounds() {
        database.insert_card("RACE", &round.to_string()).await;
        database.execute(&format!("UPDATE cards SET points = {POINTS} WHERE code = '{round}'")).await;
        let takers: Vec<_> = clients
            .drain(..)
            .enumerate()
            .map(|(taker, mut client)| {
                tokio::spawn(async move {
                    let name = format!("r{}", taker / 2);
                    let answer = client.consume(&format!("RACE-{round}"), "PC", 1, &name).await;
                    (client, name, answer)
                })
            })
            .collect();
        let mut served: BTreeMap<String, BTreeSet<u64>> = BTreeMap::new();
        let mut answers = 0;
        for taker in takers {
            let (client, name, answer) = taker.await.unwrap();
            clients.push(client);
            let points = answer.body["points"].as_u64().unwrap();
            match (answer.status, answer.reason()) {
                (StatusCode::OK, _) => {
                    served.entry(name).or_default().insert(points);
                    answers += 1;
                }
                (StatusCode::FORBIDDEN, "points_exhausted") => assert_eq!(points, 0, "round {round}"),
                _ => panic!("round {round}: {} {}", answer.status, answer.body),
            }
        }
        let balances: BTreeSet<u64> = served.values().flatten().copied().collect();
        assert_eq!((served.len(), balances.len()), (POINTS, POINTS), "round {round}: {served:?}");
        assert_eq!(answers, 2 * POINTS, "round {round}: who asks twice is told the same twice");
        let query = "SELECT points, (SELECT COUNT(*) FROM point_uses WHERE card_id = cards.id) FROM cards WHERE code = ?";
        let rows: Vec<(u64, usize)> = database.rows(query, (round.to_string(),)).await;
        assert_eq!(rows, [(0, POINTS)], "round {round}");
    }
    let figure = format!(
        "{} races of {MACHINES} requests, in pairs, for {POINTS} points: {POINTS} taken each",
        rounds()
    );
    let _: io::Result<()> = writeln!(io::stderr(), "{figure}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_64_requests_of_one_machine_one_begins_its_trial_and_all_are_told_the_same() {
    let (database, _functions, mut clients) = racers().await;
    for round in 0..rounds() {
        let policy = if round % 2 == 0 { "trial=3600" } else { "trial=20p" };
        database
            .execute(&format!(
                "INSERT INTO apps (name, policy, created_at) VALUES ('app-{round}', '{policy}', UTC_TIMESTAMP())"
            ))
            .await;
        let starters: Vec<_> = clients
            .drain(..)
            .enumerate()
            .map(|(number, mut client)| {
                tokio::spawn(async move {
                    let from = format!("2001:db8:{round:x}::1");
                    let body = format!(r#"{{"machine_code":"PC","app":"app-{round}"}}"#);
                    let headers = [("x-forwarded-for", from.as_str())];
                    (number, client.send("POST", "/api/trial", &headers, &body).await, client)
                })
            })
            .collect();
        let mut codes = BTreeSet::new();
        for starter in starters {
            let (number, answer, client) = starter.await.unwrap();
            assert_eq!(answer.status, StatusCode::OK, "round {round}, {number}: {}", answer.body);
            codes.insert(answer.body["code"].as_str().unwrap().to_owned());
            clients.push(client);
        }
        let query = "SELECT full_code FROM cards WHERE app = ?";
        let cards: Vec<String> = database.rows(query, (format!("app-{round}"),)).await;
        assert_eq!((cards.len(), BTreeSet::from_iter(cards)), (1, codes), "round {round}");
    }
    let counts = "SELECT (SELECT COUNT(*) FROM trials), (SELECT COUNT(*) FROM customer_log)";
    assert_eq!(database.rows::<(usize, usize)>(counts, ()).await, [(rounds(), rounds())]);
    let figure =
        format!("{} races of {MACHINES} requests of a machine for its trial: one card each", rounds());
    let _: io::Result<()> = writeln!(io::stderr(), "{figure}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_64_requests_to_burn_a_card_into_two_those_for_one_of_them_are_served() {
    let (database, _functions, mut clients) = racers().await;
    let batch = "INSERT INTO batches (id, card_count, operator, created_at, recharge)
        VALUES (1, 1, 'x', UTC_TIMESTAMP(), 1)";
    database.execute(batch).await;
    for round in 0..rounds() {
        let (topped, burnt) = ([0, 1].map(|card| format!("{round}-{card}")), format!("{round}-BURNT"));
        for code in topped.iter().chain([&burnt]) {
            database.insert_card("RACE", code).await;
        }
        let in_use =
            "status = 'ACTIVE', machine_code = 'PC', used_at = '2026-01-01', expire_at = '2090-01-01'";
        database
            .execute(&format!(
                "UPDATE cards SET {in_use}, points = 5 WHERE code IN ('{}', '{}');
                 UPDATE cards SET batch_id = 1, duration_seconds = 3600, points = 7 WHERE code = '{burnt}'",
                topped[0], topped[1]
            ))
            .await;
        let burners: Vec<_> = clients
            .drain(..)
            .enumerate()
            .map(|(burner, mut client)| {
                // Each card is asked for through each function.
                let into = burner / 2 % 2;
                let (code, with) = (format!("RACE-{}", topped[into]), format!("RACE-{burnt}"));
                tokio::spawn(async move {
                    let answer = client.recharge(&code, &with).await;
                    (client, into, answer)
                })
            })
            .collect();
        let mut served = [0, 0];
        for burner in burners {
            let (client, into, answer) = burner.await.unwrap();
            clients.push(client);
            match (answer.status, answer.reason()) {
                (StatusCode::OK, _) => {
                    assert_eq!(answer.body["points"], 12, "round {round}");
                    served[into] += 1;
                }
                (StatusCode::FORBIDDEN, "recharge_used") => {}
                _ => panic!("round {round}: {} {}", answer.status, answer.body),
            }
        }
        let winner = usize::from(served[0] == 0);
        assert_eq!((served[winner], served[1 - winner]), (MACHINES / 2, 0), "round {round}");
        let query = "SELECT CONCAT_WS(' ', status, expire_at, points), (SELECT COUNT(*) FROM customer_log WHERE card_id = cards.id)
            FROM cards WHERE code = ?";
        let mut rows: Vec<(String, u64)> = Vec::new();
        for code in [&topped[winner], &topped[1 - winner]] {
            rows.extend(database.rows::<(String, u64)>(query, (code,)).await);
        }
        let (more, same) = ("ACTIVE 2090-01-01 01:00:00 12", "ACTIVE 2090-01-01 00:00:00 5");
        assert_eq!(rows, [(more.to_owned(), 1), (same.to_owned(), 0)], "round {round}");
    }
    let figure = format!("{} races of {MACHINES} requests to burn a card into two: one won each", rounds());
    let _: io::Result<()> = writeln!(io::stderr(), "{figure}");
}

/// A database, two functions on it that believe whom a request says it is from, and a client for each machine, of either in
/// turn.
async fn racers() -> (TestDatabase, [Function; 2], Vec<Client>) {
    let database = TestDatabase::create().await;
    let url = database.url();
    let settings = [("DATABASE_URL", &*url), ("KAMI_TRUSTED_PROXIES", "127.0.0.1")];
    let functions = [Function::start_with(API, &settings).await, Function::start_with(API, &settings).await];
    let mut clients = Vec::new();
    for machine in 0..MACHINES {
        clients.push(functions[machine % functions.len()].client().await);
    }
    (database, functions, clients)
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
    let query = "SELECT machine_code FROM cards WHERE code = ? AND machine_code IS NOT NULL
        UNION ALL SELECT card_seats.machine_code
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
