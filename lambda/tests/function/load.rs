//! Many clients at work, and what they were told.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use hyper::StatusCode;
use kami_testkit::{Answer, Client, TestDatabase, eventually};

/// What the clients of a run saw.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// The machines that were let in, by card.
    admitted: Mutex<HashMap<usize, HashSet<usize>>>,
    /// How many requests were answered by what the database says.
    answered: AtomicUsize,
    /// How many were answered with 503.
    unavailable: AtomicUsize,
    stop: AtomicBool,
}

/// One of many clients: it asks for one card after another, as one of two machines that contend for it.
#[derive(Debug)]
pub(crate) struct Asker {
    machine: usize,
    card: usize,
    cards: usize,
}

impl Seen {
    /// Tells the clients to stop.
    pub(crate) fn stop(&self) {
        self.stop.store(true, Ordering::SeqCst);
    }

    /// Whether the clients are to stop.
    pub(crate) fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::SeqCst)
    }

    /// How many requests were answered with 503.
    pub(crate) fn unavailable(&self) -> usize {
        self.unavailable.load(Ordering::SeqCst)
    }

    /// Waits until so many more requests are answered with a verdict on their card: without a database, thousands a second
    /// are answered that it is away, which says nothing of a load on it.
    pub(crate) async fn answered(&self, more: usize) {
        let before = self.answered.load(Ordering::SeqCst);
        let enough = async || (self.answered.load(Ordering::SeqCst) >= before + more).then_some(());
        eventually("the load runs", enough).await;
    }

    /// Waits until so many more cards are let in on a machine.
    pub(crate) async fn activated(&self, more: usize) {
        let admitted = || self.admitted.lock().unwrap().len();
        let before = admitted();
        eventually("the load activates cards", async || (admitted() >= before + more).then_some(())).await;
    }

    /// Checks that each card was activated by one machine, and is still that machine's.
    pub(crate) async fn check(&self, database: &TestDatabase) {
        let bound: HashMap<usize, String> = database
            .rows::<(String, String)>(
                "SELECT code, machine_code FROM cards WHERE prefix = 'LOAD' AND status = 'ACTIVE'",
                (),
            )
            .await
            .into_iter()
            .map(|(code, machine)| (code.parse().unwrap(), machine))
            .collect();
        let admitted = self.admitted.lock().unwrap();
        assert!(!admitted.is_empty(), "there was a load");
        for (card, machines) in admitted.iter() {
            assert_eq!(machines.len(), 1, "card {card} was activated twice");
            assert_eq!(
                bound[card],
                format!("PC-{}", machines.iter().next().unwrap()),
                "card {card} was lost"
            );
        }
    }

    fn note(&self, card: usize, machine: usize, answer: &Answer) {
        match answer.status {
            StatusCode::OK => {
                self.admitted.lock().unwrap().entry(card).or_default().insert(machine);
            }
            StatusCode::FORBIDDEN => assert_eq!(answer.reason(), "machine_mismatch"),
            StatusCode::SERVICE_UNAVAILABLE => {
                assert!(answer.headers.contains_key("retry-after"));
                self.unavailable.fetch_add(1, Ordering::SeqCst);
                return;
            }
            other => panic!("{other} {}", answer.body),
        }
        self.answered.fetch_add(1, Ordering::SeqCst);
    }
}

impl Asker {
    /// The client of a number, for the cards that [`insert_cards`] made.
    pub(crate) fn new(number: usize, cards: usize) -> Self {
        Self { machine: number % 2, card: number / 2, cards }
    }

    /// Asks for its next card.
    pub(crate) async fn ask(&mut self, client: &mut Client, seen: &Seen) {
        let answer = client.validate(&format!("LOAD-{}", self.card), &format!("PC-{}", self.machine)).await;
        seen.note(self.card, self.machine, &answer);
        self.card = (self.card + 7) % self.cards;
    }
}

/// Asks over one connection until told to stop.
pub(crate) async fn ask(mut asker: Asker, mut client: Client, seen: Arc<Seen>) {
    while !seen.is_stopped() {
        asker.ask(&mut client, &seen).await;
    }
}

/// Adds unused cards: LOAD-0, LOAD-1 and so on.
pub(crate) async fn insert_cards(database: &TestDatabase, count: usize) {
    let cards: Vec<_> = (0..count).map(|card| format!("('LOAD', '{card}', 'LOAD-{card}')")).collect();
    database
        .execute(&format!("INSERT INTO cards (prefix, code, full_code) VALUES {}", cards.join(", ")))
        .await;
}
