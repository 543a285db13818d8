use std::collections::HashSet;

use kami_core::card::CardStatus;
use kami_core::rules::Refusal;
use kami_store::{Client, Validation};
use kami_testkit::TestDatabase;

use crate::{code, machine};

#[tokio::test]
async fn a_card_is_activated_on_its_first_use_and_admitted_ever_after() {
    let database = TestDatabase::create().await;
    database.insert_card("VIP", "ONE").await;
    let store = database.store();
    let Validation::Admitted { expire_at: Some(expire_at), now, .. } =
        store.validate(&code("VIP-ONE"), &machine("PC-1"), &Client::default()).await.unwrap()
    else {
        panic!("the card is not activated");
    };
    assert_eq!((expire_at - now).num_seconds(), 10_800);
    let again = store.validate(&code("vip-one"), &machine("PC-1"), &Client::default()).await.unwrap();
    assert!(matches!(again, Validation::Admitted { expire_at: Some(same), .. } if same == expire_at));
    let other = store.validate(&code("VIP-ONE"), &machine("PC-2"), &Client::default()).await.unwrap();
    assert_eq!(other, Validation::Refused(Refusal::MachineMismatch));

    let card = store.status(&code("VIP-ONE"), None, &Client::default()).await.unwrap().unwrap().card;
    assert_eq!((card.status, card.machine_code.as_deref()), (CardStatus::Active, Some("PC-1")));
    assert_eq!((card.used_at, card.expire_at), (Some(now), Some(expire_at)));
    let utc: Vec<i64> =
        database.rows("SELECT TIMESTAMPDIFF(SECOND, used_at, UTC_TIMESTAMP()) FROM cards", ()).await;
    assert!((0..600).contains(&utc[0]), "times are UTC whatever the server's zone: {utc:?}");
    let touched: Vec<i64> =
        database.rows("SELECT TIMESTAMPDIFF(SECOND, updated_at, UTC_TIMESTAMP()) FROM cards", ()).await;
    assert!((0..600).contains(&touched[0]), "so is the time of the last change: {touched:?}");
}

#[tokio::test]
async fn a_card_lasts_its_own_duration_or_for_ever() {
    let database = TestDatabase::create().await;
    database.insert_card("DAY", "ONE").await;
    database.insert_card("FOREVER", "ONE").await;
    database.execute("UPDATE cards SET duration_seconds = 86400 WHERE prefix = 'DAY'").await;
    database.execute("UPDATE cards SET duration_seconds = NULL WHERE prefix = 'FOREVER'").await;
    let store = database.store();
    for _ in 0..2 {
        let day = store.validate(&code("DAY-ONE"), &machine("PC-1"), &Client::default()).await.unwrap();
        assert!(
            matches!(day, Validation::Admitted { expire_at: Some(at), now, .. } if (at - now).num_seconds() > 86_000)
        );
        let forever =
            store.validate(&code("FOREVER-ONE"), &machine("PC-1"), &Client::default()).await.unwrap();
        assert!(matches!(forever, Validation::Admitted { expire_at: None, .. }));
    }
}

#[tokio::test]
async fn of_machines_that_race_for_a_card_exactly_one_wins() {
    let database = TestDatabase::create().await;
    let stores = [database.store(), database.store()];
    for round in 0..20 {
        let name = format!("ROUND{round}");
        database.insert_card("RACE", &name).await;
        let racers = (0..32).map(|racer| {
            let store = stores[racer % stores.len()].clone();
            let (card, racer) = (code(&format!("RACE-{name}")), format!("PC-{racer}"));
            tokio::spawn(async move {
                (store.validate(&card, &machine(&racer), &Client::default()).await.unwrap(), racer)
            })
        });
        let mut winners = Vec::new();
        for racer in racers.collect::<Vec<_>>() {
            match racer.await.unwrap() {
                (Validation::Admitted { .. }, racer) => winners.push(racer),
                (other, _) => assert_eq!(other, Validation::Refused(Refusal::MachineMismatch)),
            }
        }
        let bound: Vec<String> =
            database.rows("SELECT machine_code FROM cards WHERE code = ?", (name.as_str(),)).await;
        assert_eq!(winners, bound);
    }
}

#[tokio::test]
async fn one_machine_that_asks_many_times_at_once_is_admitted_every_time() {
    let database = TestDatabase::create().await;
    database.insert_card("VIP", "EAGER").await;
    let store = database.store();
    let asks = (0..32).map(|_| {
        let store = store.clone();
        tokio::spawn(async move {
            store.validate(&code("VIP-EAGER"), &machine("PC-1"), &Client::default()).await.unwrap()
        })
    });
    let mut expiries = HashSet::new();
    for ask in asks.collect::<Vec<_>>() {
        let Validation::Admitted { expire_at, .. } = ask.await.unwrap() else {
            panic!("a request was refused")
        };
        expiries.insert(expire_at);
    }
    assert_eq!(expiries.len(), 1);
}

#[tokio::test]
async fn a_card_past_its_time_is_expired_at_once_and_its_row_says_so() {
    let database = TestDatabase::create().await;
    for name in ["ASKED", "SHOWN"] {
        database.insert_card("OLD", name).await;
    }
    let overdue = "UPDATE cards SET status = 'ACTIVE', machine_code = 'PC-1', \
                   used_at = UTC_TIMESTAMP() - INTERVAL 3 HOUR, expire_at = UTC_TIMESTAMP() - INTERVAL 1 SECOND";
    database.execute(overdue).await;
    let store = database.store();
    let asked = store.validate(&code("OLD-ASKED"), &machine("PC-2"), &Client::default()).await.unwrap();
    assert_eq!(asked, Validation::Refused(Refusal::Expired), "expired beats a machine mismatch");
    let shown = store.status(&code("OLD-SHOWN"), None, &Client::default()).await.unwrap().unwrap().card;
    assert_eq!(shown.status, CardStatus::Expired);
    assert_eq!(database.rows::<String>("SELECT status FROM cards", ()).await, ["EXPIRED", "EXPIRED"]);
}

#[tokio::test]
async fn a_disabled_card_is_refused_before_anything_else_is_looked_at() {
    let database = TestDatabase::create().await;
    database.insert_card("VIP", "OFF").await;
    database
        .execute("UPDATE cards SET status = 'DISABLED', machine_code = 'PC-1', expire_at = '2020-01-01'")
        .await;
    let refused =
        database.store().validate(&code("VIP-OFF"), &machine("PC-2"), &Client::default()).await.unwrap();
    assert_eq!(refused, Validation::Refused(Refusal::Disabled));
}

#[tokio::test]
async fn a_card_freed_from_its_machine_binds_to_the_next_and_its_time_runs_on() {
    let database = TestDatabase::create().await;
    database.insert_card("VIP", "UNBOUND").await;
    let store = database.store();
    let first = store.validate(&code("VIP-UNBOUND"), &machine("PC-1"), &Client::default()).await.unwrap();
    database.execute("UPDATE cards SET machine_code = NULL").await;
    let second = store.validate(&code("VIP-UNBOUND"), &machine("PC-2"), &Client::default()).await.unwrap();
    let (Validation::Admitted { expire_at: before, .. }, Validation::Admitted { expire_at: after, .. }) =
        (first, second)
    else {
        panic!("both machines are admitted in their turn");
    };
    assert_eq!(before, after);
    let back = store.validate(&code("VIP-UNBOUND"), &machine("PC-1"), &Client::default()).await.unwrap();
    assert_eq!(back, Validation::Refused(Refusal::MachineMismatch));
}

#[tokio::test]
async fn texts_of_clients_are_data() {
    let database = TestDatabase::create().await;
    database.insert_card("VIP", "SAFE").await;
    let store = database.store();
    for text in
        ["' OR '1'='1", "VIP-SAFE' -- ", "\"; DROP TABLE cards; --", "%", "VIP-____", "\\", "😀", "🤖-1"]
    {
        assert_eq!(
            store.validate(&code(text), &machine("PC-1"), &Client::default()).await.unwrap(),
            Validation::NotFound,
            "{text}"
        );
    }
    let wide = "机".repeat(127) + "😀";
    for asker in [wide.as_str(), wide.as_str()] {
        let admitted = store.validate(&code("VIP-SAFE"), &machine(asker), &Client::default()).await.unwrap();
        assert!(matches!(admitted, Validation::Admitted { .. }));
    }
    assert_eq!(database.rows::<String>("SELECT machine_code FROM cards", ()).await, [wide]);
}
