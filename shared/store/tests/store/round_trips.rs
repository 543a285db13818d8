//! What each request costs, counted on the line to the database.

use kami_core::app::AppName;
use kami_core::points::Points;
use kami_store::{Client, Consumption, PointUse, Recharge, Store, TrialStart, Validation};
use kami_testkit::{Proxy, TestDatabase};

use crate::{code, machine};

struct Counted {
    store: Store,
    proxy: Proxy,
}

impl Counted {
    async fn new(database: &TestDatabase) -> Self {
        let proxy = Proxy::start(database.port()).await;
        let store = Store::new(&database.url_through(proxy.port()).parse().unwrap());
        Self { store, proxy }
    }

    /// How many round trips one validation takes, and whether it lets the machine in.
    async fn validate(&self, card: &str, asker: &str) -> (usize, bool) {
        self.validate_by(card, asker, &Client::default()).await
    }

    /// The same for a client that says this of itself.
    async fn validate_by(&self, card: &str, asker: &str, client: &Client) -> (usize, bool) {
        let before = self.proxy.commands();
        let validation = self.store.validate(&code(card), &machine(asker), client).await.unwrap();
        (self.proxy.commands() - before, matches!(validation, Validation::Admitted { .. }))
    }

    /// How many round trips it takes to tell how a card of this app stands.
    async fn status(&self, card: &str, app: &AppName) -> usize {
        let client = Client { app: app.clone(), ..Client::default() };
        let before = self.proxy.commands();
        assert!(self.store.status(&code(card), None, &client).await.unwrap().is_ok());
        self.proxy.commands() - before
    }
}

#[tokio::test]
async fn a_request_costs_one_round_trip_and_an_activation_two() {
    let database = TestDatabase::create().await;
    for name in ["WARM", "ONE", "OVER"] {
        database.insert_card("VIP", name).await;
    }
    let counted = Counted::new(&database).await;
    assert_eq!(counted.proxy.connections(), 0, "nothing is done before the first request");
    // The first request on a connection sets up its session and has its two statements prepared besides.
    assert_eq!(counted.validate("VIP-WARM", "PC-1").await, (5, true));

    assert_eq!(counted.validate("VIP-ONE", "PC-1").await, (2, true), "an activation");
    for _ in 0..10 {
        assert_eq!(counted.validate("VIP-ONE", "PC-1").await, (1, true), "the usual request");
    }
    assert_eq!(counted.validate("VIP-ONE", "PC-2").await, (1, false), "another machine");
    assert_eq!(counted.validate("VIP-NONE", "PC-1").await, (1, false), "no such card");

    database.execute("UPDATE cards SET expire_at = '2020-01-01' WHERE code = 'ONE'").await;
    assert_eq!(counted.validate("VIP-ONE", "PC-1").await, (3, false), "an expiry seen for the first time");
    assert_eq!(counted.validate("VIP-ONE", "PC-1").await, (1, false), "and written down by then");
    assert_eq!(
        counted.proxy.connections(),
        1,
        "the connection is kept, with nothing reset or prepared again"
    );
}

#[tokio::test]
async fn what_clients_are_told_of_their_app_costs_no_round_trip_until_it_changes() {
    let database = TestDatabase::create().await;
    for name in ["WARM", "ONE", "TWO"] {
        database.insert_card("VIP", name).await;
    }
    let app =
        "INSERT INTO apps (name, created_at) VALUES ('demo', UTC_TIMESTAMP()); UPDATE cards SET app = 'demo'";
    database.execute(app).await;
    let counted = Counted::new(&database).await;
    let client =
        Client { app: "demo".parse().unwrap(), version: Some("1.5".parse().unwrap()), ..Client::default() };
    let validate = async |card: &str| counted.validate_by(card, "PC-1", &client).await;
    // Besides what any first request does, the first of these has a statement prepared and makes the copy of the apps.
    assert_eq!(validate("VIP-WARM").await, (7, true));

    assert_eq!(validate("VIP-ONE").await, (2, true), "an activation");
    for _ in 0..10 {
        assert_eq!(validate("VIP-ONE").await, (1, true), "the usual request");
    }
    let before = counted.proxy.commands();
    assert!(counted.store.known_app(&client.app).await.unwrap().is_some());
    assert_eq!(counted.proxy.commands(), before, "whoever asks for the app alone is answered from the copy");

    database
        .execute("UPDATE apps SET minimum = '1.6'; UPDATE policy_revision SET revision = revision + 1")
        .await;
    assert_eq!(validate("VIP-TWO").await, (2, false), "the copy is made anew");
    assert_eq!(validate("VIP-TWO").await, (1, false), "too old a version is told so as cheaply");
    let unused: Vec<String> = database.rows("SELECT status FROM cards WHERE code = 'TWO'", ()).await;
    assert_eq!(unused, ["UNUSED"]);
}

/// Moves every lease so many seconds back.
async fn let_pass(database: &TestDatabase, seconds: u32) {
    for table in ["cards", "card_seats"] {
        let move_back = format!("UPDATE {table} SET lease_until = lease_until - INTERVAL {seconds} SECOND");
        database.execute(&move_back).await;
    }
}

#[tokio::test]
async fn leased_seats_of_a_client_that_says_all_there_is_cost_no_more_round_trips_than_one_seat() {
    let database = TestDatabase::create().await;
    for name in ["WARM", "ONE", "PLAIN"] {
        database.insert_card("VIP", name).await;
    }
    database
        .execute(
            "INSERT INTO apps (name, latest, minimum, policy, created_at)
                 VALUES ('demo', '2.0', '1.0', 'lease=600', UTC_TIMESTAMP()), ('plain', NULL, NULL, '', UTC_TIMESTAMP());
             INSERT INTO blocks (app, kind, target, created_at)
                 VALUES ('demo', 'MACHINE', 'PC-0', UTC_TIMESTAMP()), ('', 'NETWORK', '203.0.113.0/24', UTC_TIMESTAMP());
             UPDATE policy_revision SET revision = revision + 1, blocks = blocks + 1;
             UPDATE cards SET app = 'demo', seats = 3 WHERE code <> 'PLAIN';
             UPDATE cards SET app = 'plain' WHERE code = 'PLAIN'",
        )
        .await;
    let counted = Counted::new(&database).await;
    let client = Client {
        device: None,
        app: "demo".parse().unwrap(),
        version: Some("1.5".parse().unwrap()),
        address: Some("198.51.100.7".parse().unwrap()),
    };
    let validate = async |card: &str, asker: &str| counted.validate_by(card, asker, &client).await;
    // It meets the first card of several seats, and has each statement prepared.
    for asker in ["PC-1", "PC-2", "PC-1", "PC-2"] {
        assert!(validate("VIP-WARM", asker).await.1);
    }
    let_pass(&database, 201).await;
    assert!(validate("VIP-WARM", "PC-1").await.1);
    for asker in ["PC-2", "PC-1"] {
        counted.store.release(&code("VIP-WARM"), &machine(asker), &client).await.unwrap().unwrap();
    }
    counted.status("VIP-WARM", &client.app).await;

    assert_eq!(validate("VIP-ONE", "PC-1").await, (2, true), "an activation");
    assert_eq!(validate("VIP-ONE", "PC-2").await, (2, true), "a further seat");
    for asker in ["PC-1", "PC-2"] {
        for _ in 0..5 {
            assert_eq!(validate("VIP-ONE", asker).await, (1, true), "the usual request");
        }
    }
    let_pass(&database, 190).await;
    assert_eq!(validate("VIP-ONE", "PC-2").await, (1, true), "a third of the lease is not over");
    let_pass(&database, 11).await;
    for asker in ["PC-1", "PC-2"] {
        assert_eq!(validate("VIP-ONE", asker).await, (2, true), "a renewal");
        assert_eq!(validate("VIP-ONE", asker).await, (1, true), "which lasts");
    }
    assert_eq!(validate("VIP-ONE", "PC-3").await, (2, true), "the last seat");
    assert_eq!(
        validate("VIP-ONE", "PC-4").await,
        (2, false),
        "all are taken, which only the database can say"
    );

    assert_eq!(validate("VIP-ONE", "PC-0").await, (1, false), "a machine that is kept out");
    let elsewhere = Client { address: Some("203.0.113.9".parse().unwrap()), ..client.clone() };
    let kept_out = counted.validate_by("VIP-ONE", "PC-1", &elsewhere).await;
    assert_eq!(kept_out, (1, false), "a network that is kept out");

    assert_eq!(counted.status("VIP-ONE", &client.app).await, 2, "the seats are counted");
    assert_eq!(counted.status("VIP-PLAIN", &"plain".parse().unwrap()).await, 1, "there are none to count");
    for round_trips in [2, 1] {
        let before = counted.proxy.commands();
        counted.store.release(&code("VIP-ONE"), &machine("PC-2"), &client).await.unwrap().unwrap();
        assert_eq!(
            counted.proxy.commands() - before,
            round_trips,
            "a seat is given back, and then there is none"
        );
    }
}

#[tokio::test]
async fn points_cost_one_round_trip_more_than_a_validation() {
    let database = TestDatabase::create().await;
    for name in ["WARM", "COOL", "ONE", "PLAIN"] {
        database.insert_card("VIP", name).await;
    }
    database.execute("UPDATE cards SET points = 10 WHERE code IN ('WARM', 'ONE')").await;
    let counted = Counted::new(&database).await;
    let take = async |card: &str, amount: u32, name: &str| {
        let wanted = PointUse { amount: Points::new(amount).unwrap(), request: name.parse().unwrap() };
        let before = counted.proxy.commands();
        let (card, asker) = (code(card), machine("PC-1"));
        let consumption = counted.store.consume(&card, &asker, &Client::default(), &wanted).await.unwrap();
        (counted.proxy.commands() - before, matches!(consumption, Consumption::Taken { .. }))
    };
    assert!(take("VIP-WARM", 1, "a").await.1 && !take("VIP-COOL", 1, "a").await.1);
    assert_eq!(take("VIP-ONE", 1, "a").await, (3, true), "with an activation");
    assert_eq!(take("VIP-ONE", 1, "b").await, (2, true), "the usual request");
    assert_eq!(take("VIP-ONE", 1, "b").await, (2, true), "the same again");
    assert_eq!(take("VIP-ONE", 9, "c").await, (2, false), "too few are left");
    assert_eq!(take("VIP-PLAIN", 1, "a").await, (3, false), "an activation, of a card that has none");
    assert_eq!(take("VIP-PLAIN", 1, "a").await, (2, false), "it may have taken some when the card had any");
    database.execute("UPDATE cards SET status = 'DISABLED' WHERE code = 'ONE'").await;
    assert_eq!(take("VIP-ONE", 1, "b").await, (2, true), "what was taken before the card was disabled");
    assert_eq!(take("VIP-ONE", 1, "d").await, (2, false), "what was not");
    assert_eq!(take("VIP-NONE", 1, "a").await, (1, false), "no such card");
}

#[tokio::test]
async fn a_trial_costs_two_round_trips_whatever_it_comes_to() {
    let database = TestDatabase::create().await;
    database
        .execute(
            "UPDATE apps SET policy = 'trial=60', minimum = '1.0';
             INSERT INTO blocks (app, kind, target, created_at) VALUES ('', 'MACHINE', 'PC-0', UTC_TIMESTAMP());
             UPDATE policy_revision SET revision = revision + 1, blocks = blocks + 1",
        )
        .await;
    let counted = Counted::new(&database).await;
    let start = async |app: &str, asker: &str| {
        let before = counted.proxy.commands();
        let client =
            Client { app: app.parse().unwrap(), version: Some("1.0".parse().unwrap()), ..Client::default() };
        let started = counted.store.start_trial(&machine(asker), &client, || {}).await.unwrap();
        (counted.proxy.commands() - before, started)
    };
    assert!(matches!(start("default", "PC-1").await.1, TrialStart::On(_)));
    for (asker, what) in [("PC-2", "a new one"), ("PC-2", "the same again")] {
        let (round_trips, started) = start("default", asker).await;
        assert_eq!((round_trips, matches!(started, TrialStart::On(_))), (2, true), "{what}");
    }
    assert_eq!(start("none", "PC-3").await, (2, TrialStart::NotOffered));
    assert_eq!(start("default", "PC-0").await, (1, TrialStart::Blocked));
    database.execute("UPDATE cards SET status = 'EXPIRED'").await;
    assert_eq!(start("default", "PC-2").await, (2, TrialStart::Over));
}

#[tokio::test]
async fn a_top_up_costs_two_round_trips() {
    let database = TestDatabase::create().await;
    for name in ["WARM", "ONE", "HOUR", "MORE", "USED"] {
        database.insert_card("VIP", name).await;
    }
    let in_use = "status = 'ACTIVE', machine_code = 'PC', expire_at = '2090-01-01'";
    database
        .execute(&format!(
            "INSERT INTO batches (id, card_count, operator, created_at, recharge) VALUES (1, 9, 'x', UTC_TIMESTAMP(), 1);
             UPDATE cards SET duration_seconds = 3600, batch_id = 1;
             UPDATE cards SET {in_use} WHERE code IN ('ONE', 'USED')"
        ))
        .await;
    let counted = Counted::new(&database).await;
    let top_up = async |card: &str, with: &str| {
        let before = counted.proxy.commands();
        let (card, with) = (code(card), code(with));
        let recharge = counted.store.recharge(&card, &with, None, &Client::default()).await.unwrap();
        (counted.proxy.commands() - before, matches!(recharge, Recharge::ToppedUp { .. }))
    };
    assert!(top_up("VIP-ONE", "VIP-WARM").await.1);
    assert_eq!(top_up("VIP-ONE", "VIP-HOUR").await, (2, true), "both cards are found in one");
    assert_eq!(top_up("VIP-ONE", "VIP-HOUR").await, (2, true), "the same again");
    assert_eq!(top_up("VIP-ONE", "VIP-USED").await, (1, false), "which is not unused");
    assert_eq!(top_up("VIP-ONE", "VIP-NONE").await, (1, false), "there is no such card");
    assert_eq!(top_up("VIP-MORE", "VIP-MORE").await, (1, false), "a card of itself");
}

#[tokio::test]
async fn moving_to_another_machine_costs_two_round_trips_a_step_and_the_usual_request_none() {
    let database = TestDatabase::create().await;
    for name in ["WARM", "ONE"] {
        database.insert_card("VIP", name).await;
    }
    database.execute("UPDATE cards SET policy = 'unbind=machine unbind-cooldown=600'").await;
    let counted = Counted::new(&database).await;
    let unbind = async |card: &str, asker: &str| {
        let before = counted.proxy.commands();
        let unbinding = counted.store.unbind(&code(card), &machine(asker), &Client::default()).await.unwrap();
        (counted.proxy.commands() - before, unbinding.unwrap().result.is_ok_and(|unbound| unbound.was_bound))
    };
    // Each statement is prepared.
    for asker in ["PC-1", "PC-2"] {
        assert!(counted.validate("VIP-WARM", asker).await.1);
        unbind("VIP-WARM", "PC-1").await;
    }

    assert_eq!(counted.validate("VIP-ONE", "PC-1").await, (2, true), "an activation");
    assert_eq!(unbind("VIP-ONE", "PC-1").await, (2, true));
    assert_eq!(unbind("VIP-ONE", "PC-1").await, (2, false), "once more");
    assert_eq!(counted.validate("VIP-ONE", "PC-1").await, (2, false), "it gets it not back");
    assert_eq!(counted.validate("VIP-ONE", "PC-2").await, (2, true), "another does");
    for _ in 0..5 {
        assert_eq!(counted.validate("VIP-ONE", "PC-2").await, (1, true), "the usual request");
    }
    assert_eq!(counted.validate("VIP-ONE", "PC-1").await, (1, false), "who moved away");
}

#[tokio::test]
async fn connecting_costs_one_round_trip_besides_the_handshake() {
    let database = TestDatabase::create().await;
    let counted = Counted::new(&database).await;
    counted.store.now().await.unwrap();
    assert_eq!((counted.proxy.connections(), counted.proxy.commands()), (1, 2));
}

#[tokio::test]
async fn requests_that_wait_together_share_a_query_and_each_gets_its_own_answer() {
    let database = TestDatabase::create().await;
    let mut cards =
        vec!["('É', 'ONE', 'É-ONE', 'PC-É')".to_owned(), "('季卡', 'ONE', '季卡-ONE', 'PC-季')".to_owned()];
    cards.extend((0..50).map(|card| format!("('VIP', '{card}', 'VIP-{card}', 'PC-{card}')")));
    database
        .execute(&format!(
            "INSERT INTO cards (prefix, code, full_code, machine_code) VALUES {};
             UPDATE cards SET status = 'ACTIVE'",
            cards.join(", ")
        ))
        .await;
    let counted = Counted::new(&database).await;
    let mut asks: Vec<(String, Option<String>)> = Vec::new();
    for card in 0..50 {
        asks.push((format!("VIP-{card}"), Some(format!("PC-{card}"))));
        asks.push((format!("vip-{card}"), Some(format!("PC-{card}"))));
        asks.push((format!("NONE-{card}"), None));
    }
    // To the database É is E and e: the one form of a code tells them apart.
    asks.extend(["E-ONE", "e-one"].map(|code| (code.to_owned(), None)));
    asks.push(("é-One".to_owned(), Some("PC-É".to_owned())));
    asks.push(("季卡-one".to_owned(), Some("PC-季".to_owned())));
    let total = asks.len();

    counted.store.now().await.unwrap();
    counted.proxy.stall(true);
    let running: Vec<_> = asks
        .into_iter()
        .map(|(card, bound)| {
            let store = counted.store.clone();
            tokio::spawn(async move {
                let found = store.status(&code(&card), None, &Client::default()).await.unwrap();
                (card, bound, found.ok().map(|found| found.card.machine_code.unwrap()))
            })
        })
        .collect();
    tokio::task::yield_now().await;
    counted.proxy.stall(false);
    for ask in running {
        let (card, bound, found) = ask.await.unwrap();
        assert_eq!(found, bound, "{card}");
    }
    let commands = counted.proxy.commands();
    assert!(commands < total / 2, "{total} requests took {commands} round trips");
}
