//! Machines that race for one card, through two function processes.

use hyper::StatusCode;
use kami_testkit::{Function, TestDatabase};

use crate::API;

const MACHINES: usize = 64;
const ROUNDS: usize = 200;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_64_machines_one_wins_each_of_200_races() {
    let database = TestDatabase::create().await;
    let functions =
        [Function::start(API, &database.url()).await, Function::start(API, &database.url()).await];
    let mut clients = Vec::new();
    for machine in 0..MACHINES {
        clients.push(functions[machine % functions.len()].client().await);
    }
    for round in 0..ROUNDS {
        database.insert_card("RACE", &round.to_string()).await;
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
        let mut winners = Vec::new();
        for racer in racers {
            let (client, machine, answer) = racer.await.unwrap();
            clients.push(client);
            match answer.status {
                StatusCode::OK => winners.push(format!("PC-{machine}")),
                StatusCode::FORBIDDEN => assert_eq!(answer.reason(), "machine_mismatch"),
                other => panic!("round {round}: {other} {}", answer.body),
            }
        }
        let bound: Vec<String> =
            database.rows("SELECT machine_code FROM cards WHERE code = ?", (round.to_string(),)).await;
        assert_eq!(winners, bound, "round {round}");
    }
}
