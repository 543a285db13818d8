//! Machines that want the same card, and answers that are lost on their way.

use hyper::StatusCode;
use kami_testkit::{Client, Function, Proxy, TestDatabase};

use crate::{API, figure};

const CARDS: usize = 60;
const MACHINES: usize = 40;

/// Asks for every card in turn; returns those that the machine was let in with.
async fn race(mut client: Client, machine: usize) -> Vec<usize> {
    let mut won = Vec::new();
    for card in 0..CARDS {
        let answer = client.validate(&format!("RACE-{card}"), &format!("PC-{machine}")).await;
        match answer.status {
            StatusCode::OK => won.push(card),
            StatusCode::FORBIDDEN => assert_eq!(answer.reason(), "machine_mismatch"),
            other => panic!("{other} {}", answer.body),
        }
    }
    won
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_40_machines_one_wins_each_of_60_cards() {
    let database = TestDatabase::create().await;
    for card in 0..CARDS {
        database.insert_card("RACE", &card.to_string()).await;
    }
    let functions =
        [Function::start(API, &database.url()).await, Function::start(API, &database.url()).await];
    let mut racers = Vec::new();
    for machine in 0..MACHINES {
        racers.push(tokio::spawn(race(functions[machine % 2].client().await, machine)));
    }
    let mut winners = vec![Vec::new(); CARDS];
    for (machine, racer) in racers.into_iter().enumerate() {
        for card in racer.await.unwrap() {
            winners[card].push(format!("PC-{machine}"));
        }
    }
    let most = winners.iter().map(Vec::len).max().unwrap();
    figure("60 cards wanted by 40 machines of two functions", format!("{most} winner each at most"));
    for (card, winners) in winners.iter().enumerate() {
        let bound: Vec<String> =
            database.rows("SELECT machine_code FROM cards WHERE code = ?", (card.to_string(),)).await;
        assert_eq!(winners, &bound, "RACE-{card}");
    }
}

#[tokio::test]
async fn an_activation_whose_answer_is_lost_admits_the_same_machine_only() {
    let database = TestDatabase::create().await;
    let proxy = Proxy::start(database.port()).await;
    let function = Function::start(API, &database.url_through(proxy.port())).await;
    let mut client = function.client().await;
    let (mut admitted, mut others) = (0, 0);
    for card in 0..20 {
        database.insert_card("LOST", &card.to_string()).await;
        let (code, machine) = (format!("LOST-{card}"), format!("PC-{card}"));
        proxy.lose_answer_to(&machine);
        let first = client.validate(&code, &machine).await;
        assert!([StatusCode::OK, StatusCode::SERVICE_UNAVAILABLE].contains(&first.status), "{}", first.body);
        assert!(!proxy.is_to_lose(), "nothing was lost");
        admitted += usize::from(client.validate(&code, &machine).await.status == StatusCode::OK);
        others += usize::from(client.validate(&code, "PC-OTHER").await.status == StatusCode::OK);
    }
    figure(
        "20 activations whose answer is lost",
        format!("{admitted} machines admitted, {others} others besides"),
    );
    assert_eq!((admitted, others), (20, 0));
}
