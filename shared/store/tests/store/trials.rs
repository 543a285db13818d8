//! Trials: what a machine gets of an app once ever, and the only cards that the function gets made.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use chrono::DateTime;
use kami_core::acts::Act;
use kami_core::app::AppName;
use kami_core::card::{Card, CardStatus};
use kami_core::code::ALPHABET;
use kami_core::operator::Operator;
use kami_core::points::Points;
use kami_core::policy::PolicyPart;
use kami_core::trial::Trial;
use kami_core::trial_start::{self, Begun, TrialVerdict};
use kami_store::{Client, Consumption, OneAct, PointUse, Store, TrialCard, TrialStart, Undo, Validation};
use kami_testkit::{Queryable as _, TestDatabase, agreed, eventually};
use tokio::task::JoinSet;

use crate::{code, machine};

/// An app `demo` of this policy.
async fn offering(policy: &str) -> TestDatabase {
    let database = TestDatabase::create().await;
    database
        .execute(&format!(
            "INSERT INTO apps (name, policy, created_at) VALUES ('demo', '{policy}', UTC_TIMESTAMP());
             UPDATE policy_revision SET revision = revision + 1"
        ))
        .await;
    database
}

fn demo() -> AppName {
    "demo".parse().unwrap()
}

/// One of `demo`, which says no version.
fn client() -> Client {
    Client { app: demo(), ..Client::default() }
}

/// What it comes to that a machine wants to try `demo`, and whether that began the trial.
async fn start(store: &Store, asker: &str) -> (TrialStart, bool) {
    let begun = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&begun);
    let on_new = move || {
        counter.fetch_add(1, Ordering::Relaxed);
    };
    let started = store.start_trial(&machine(asker), &client(), on_new).await.unwrap();
    (started, begun.load(Ordering::Relaxed) == 1)
}

/// The same of one that goes on.
async fn on(store: &Store, asker: &str) -> (TrialCard, bool) {
    match start(store, asker).await {
        (TrialStart::On(card), is_new) => (card, is_new),
        other => panic!("{other:?}"),
    }
}

async fn validate(store: &Store, card: &str, asker: &str) -> Validation {
    store.validate(&code(card), &machine(asker), &client()).await.unwrap()
}

async fn is_in(store: &Store, card: &str, asker: &str) -> bool {
    matches!(validate(store, card, asker).await, Validation::Admitted { .. })
}

/// How many cards, trials and rows of what customers did there are.
async fn counts(database: &TestDatabase) -> (u64, u64, u64) {
    let query = "SELECT (SELECT COUNT(*) FROM cards), (SELECT COUNT(*) FROM trials), (SELECT COUNT(*) FROM customer_log)";
    database.rows(query, ()).await.pop().unwrap()
}

#[tokio::test]
async fn a_trial_is_a_card_that_is_active_at_once_and_stays_the_same_however_often_it_is_asked_for() {
    let database = offering("lease=off trial=3600").await;
    let store = database.store();
    let (card, is_new) = on(&store, "PC-1").await;
    assert!(is_new);
    let drawn = card.code.strip_prefix("TRIAL-").unwrap();
    assert!(drawn.len() == 16 && drawn.bytes().all(|byte| ALPHABET.contains(&byte)), "{}", card.code);
    let left = (card.expire_at.unwrap() - card.now).num_seconds();
    assert!((3_595..=3_600).contains(&left) && card.points.is_none(), "{card:?}");
    for _ in 0..2 {
        let (again, is_new) = on(&store, "PC-1").await;
        assert_eq!((again.code == card.code, again.expire_at, is_new), (true, card.expire_at, false));
    }
    assert!(is_in(&store, &card.code, "PC-1").await && !is_in(&store, &card.code, "PC-2").await);
    let (other, is_new) = on(&store, "PC-2").await;
    assert!(is_new && other.code != card.code);
    let record = store.card_by_code(&code(&card.code)).await.unwrap().unwrap().0;
    assert_eq!((record.prefix.as_str(), record.app.as_str(), record.seats), ("TRIAL", "demo", 1));
    assert_eq!((record.duration.seconds(), record.points), (Some(3_600), None));
    assert_eq!((record.machine_code.as_deref(), record.note, record.batch_id), (Some("PC-1"), None, None));
    assert_eq!((record.used_at, Some(record.created_at)), (Some(record.created_at), record.used_at));
    let logged: Vec<(u64, String, String)> =
        database.rows("SELECT card_id, act, machine_code FROM customer_log ORDER BY id LIMIT 1", ()).await;
    assert_eq!(logged, [(record.id, "TRIAL".to_owned(), "PC-1".to_owned())]);
    assert_eq!(counts(&database).await, (2, 2, 2));
    let counted = store.counts_by_status(Some(&demo())).await.unwrap();
    assert_eq!(counted.total(), 2, "a trial is a card among the cards");
}

#[tokio::test]
async fn a_trial_whose_time_is_over_is_over_for_good() {
    let database = offering("trial=60").await;
    let store = database.store();
    let (card, _) = on(&store, "PC-1").await;
    database.execute("UPDATE cards SET expire_at = UTC_TIMESTAMP() - INTERVAL 1 SECOND").await;
    assert_eq!(start(&store, "PC-1").await, (TrialStart::Over, false), "no job has run");
    assert!(!is_in(&store, &card.code, "PC-1").await);
    assert_eq!(start(&store, "PC-1").await, (TrialStart::Over, false));
    database.execute("DELETE FROM cards; UPDATE apps SET policy = 'trial=20p'").await;
    assert_eq!(start(&store, "PC-1").await, (TrialStart::Over, false), "whatever is offered since");
    assert_eq!(counts(&database).await, (0, 1, 1));
    assert!(on(&store, "PC-2").await.1, "another machine has its own");
}

#[tokio::test]
async fn a_trial_of_points_is_over_once_they_are_used_up() {
    let database = offering("trial=2p").await;
    let store = database.store();
    let (card, _) = on(&store, "PC-1").await;
    assert_eq!((card.points, card.expire_at), (Some(2), None));
    for left in [1, 0] {
        let request = format!("r{left}").parse().unwrap();
        let wanted = PointUse { amount: Points::new(1).unwrap(), request };
        let taken = store.consume(&code(&card.code), &machine("PC-1"), &client(), &wanted).await.unwrap();
        assert_eq!(taken, Consumption::Taken { balance: left, expire_at: None });
        let (started, is_new) = start(&store, "PC-1").await;
        assert_eq!((started == TrialStart::Over, is_new), (left == 0, false));
    }
}

#[tokio::test]
async fn who_ends_a_trial_gives_no_other_and_who_takes_that_back_gives_it_again() {
    let database = offering("trial=3600").await;
    let store = database.store();
    let (card, _) = on(&store, "PC-1").await;
    let anna = Operator::new("anna").unwrap();
    for act in [Act::Disable, Act::Delete] {
        let seen = store.card_by_code(&code(&card.code)).await.unwrap().unwrap().0;
        let acted = store.act_on_one(&anna, &agreed(OneAct { seen, act })).await.unwrap();
        assert_eq!(start(&store, "PC-1").await, (TrialStart::Over, false));
        let undo = agreed(Undo { act_id: acted.act_id });
        store.undo(&anna, &undo, &|_| ControlFlow::Continue(())).await.unwrap();
        let (again, is_new) = on(&store, "PC-1").await;
        assert_eq!(
            (again.code.as_str(), again.expire_at, is_new),
            (card.code.as_str(), card.expire_at, false)
        );
        assert!(is_in(&store, &card.code, "PC-1").await);
    }
    // One that was unbound is bound again by whoever validates it first, as any card.
    database.execute("UPDATE cards SET machine_code = NULL").await;
    assert_eq!(on(&store, "PC-1").await.0.code, card.code);
    assert!(is_in(&store, &card.code, "PC-1").await);
}

#[tokio::test]
async fn a_trial_is_over_for_a_machine_whose_card_is_another_s_or_another_app_s() {
    let database = offering("trial=3600").await;
    let store = database.store();
    let (card, _) = on(&store, "PC-1").await;
    for (change, is_on) in [
        ("machine_code = 'PC-2'", false),
        ("seats = 2", true),
        ("seats = 1, machine_code = 'PC-1', app = 'default'", false),
        ("app = 'demo'", true),
        ("points = 0", true),
        ("expire_at = NULL", false),
    ] {
        database.execute(&format!("UPDATE cards SET {change}")).await;
        let (started, is_new) = start(&store, "PC-1").await;
        let goes_on = matches!(&started, TrialStart::On(same) if same.code == card.code);
        assert_eq!((goes_on, started == TrialStart::Over, is_new), (is_on, !is_on, false), "{change}");
    }
}

/// The cards that a trial may have become, in each combination of what tells them apart.
fn became() -> Vec<Card> {
    let mut cards = Vec::new();
    let ends = [None, Some("2026-01-01T00:00:00Z"), Some("2090-01-01T00:00:00Z")];
    for status in CardStatus::ALL {
        for expire_at in ends {
            for points in [None, Some(0), Some(2)] {
                for app in ["demo", "default"] {
                    for (is_bound, is_its_own, seats) in
                        [(false, false, 1), (true, true, 1), (true, false, 1), (true, false, 2)]
                    {
                        let id = cards.len() as u64 + 1;
                        let on = if is_its_own { format!("PC-{id}") } else { "PC".to_owned() };
                        cards.push(Card {
                            id,
                            full_code: format!("TRIAL-{id}"),
                            app: app.into(),
                            status,
                            duration_seconds: None,
                            seats,
                            machine_code: is_bound.then_some(on),
                            lease_until: None,
                            further_seat: None,
                            policy: PolicyPart::default(),
                            created_at: DateTime::UNIX_EPOCH,
                            used_at: None,
                            expire_at: expire_at.map(|end| end.parse().unwrap()),
                            valid_until: None,
                            points,
                        });
                    }
                }
            }
        }
    }
    cards
}

/// The statements that make a card the trial of `demo` that the machine of its number has.
fn rows(card: &Card) -> String {
    let Card { id, app, status, seats, machine_code, expire_at, points, .. } = card;
    let null = || "NULL".to_owned();
    let end = expire_at.map_or_else(null, |end| format!("'{}'", end.format("%Y-%m-%d")));
    let points = points.map_or_else(null, |points| points.to_string());
    let machine = machine_code.as_ref().map_or_else(null, |machine| format!("'{machine}'"));
    let status = status.to_string().to_uppercase();
    format!(
        "INSERT INTO cards (id, prefix, code, full_code, app, status, machine_code, seats, expire_at, points)
         VALUES ({id}, 'TRIAL', '{id}', 'TRIAL-{id}', '{app}', '{status}', {machine}, {seats}, {end}, {points});
         INSERT INTO trials VALUES ('demo', 'PC-{id}', {id}, UTC_TIMESTAMP());"
    )
}

#[tokio::test]
async fn the_routine_decides_as_the_rule_does() {
    let database = offering("").await;
    let cards = became();
    for cards in cards.chunks(100) {
        database.execute(&cards.iter().map(rows).collect::<Vec<_>>().concat()).await;
    }
    database.execute("INSERT INTO trials VALUES ('demo', 'PC-GONE', 0, UTC_TIMESTAMP())").await;
    let now = database.store().now().await.unwrap();
    let mut connection = database.connect().await;
    let begun = cards.iter().map(|card| (format!("PC-{}", card.id), Begun::Card(card)));
    let begun: Vec<_> =
        begun.chain([("PC-GONE".to_owned(), Begun::Gone), ("PC-NEW".to_owned(), Begun::Never)]).collect();
    for offer in ["off", "60", "20p"] {
        let offer = Trial::parse(offer).unwrap();
        let policy = offer.map_or_else(String::new, |offer| format!("trial={offer}"));
        database.execute(&format!("UPDATE apps SET policy = '{policy}' WHERE name = 'demo'")).await;
        for (asker, begun) in &begun {
            let call = format!("CALL start_trial_2('demo', '{asker}')");
            let row: mysql_async::Row = connection.query_first(call).await.unwrap().unwrap();
            let said: String = row.get(0).unwrap();
            let expected = match trial_start::start(offer, *begun, &demo(), &machine(asker), now) {
                TrialVerdict::Begin(_) => "NEW",
                TrialVerdict::GoesOn => "ON",
                TrialVerdict::Over => "OVER",
                TrialVerdict::NotOffered => "NONE",
            };
            assert_eq!(said, expected, "{offer:?} {begun:?}");
        }
        database.execute("DELETE FROM trials WHERE machine_code = 'PC-NEW'").await;
    }
}

#[tokio::test]
async fn a_trial_stays_with_its_machine_whatever_its_app_says_of_leases_and_of_full_cards() {
    let database = offering("lease=60 when-full=oldest trial=3600").await;
    let store = database.store();
    let (card, _) = on(&store, "PC-1").await;
    assert!(is_in(&store, &card.code, "PC-1").await);
    database
        .execute(
            "UPDATE cards SET used_at = '2026-01-01', seen_at = '2026-01-01',
                lease_until = IF(lease_until IS NULL, NULL, '2026-01-01')",
        )
        .await;
    assert!(!is_in(&store, &card.code, "PC-2").await, "who hands it on, hands on what is left of it");
    assert!(is_in(&store, &card.code, "PC-1").await);
    let policy = store.card_by_code(&code(&card.code)).await.unwrap().unwrap().0.policy;
    assert_eq!(policy.as_deref(), Some("lease=off when-full=refuse"));
}

#[tokio::test]
async fn where_no_trial_is_offered_none_begins() {
    let database = offering("").await;
    let store = database.store();
    for policy in [
        "",
        "trial=off",
        "lease=60",
        "trial=59",
        "trial=31536001",
        "trial=99999999999",
        "trial=0p",
        "trial=1000000001p",
        "trial=9999999999p",
        "trial=1d",
        "trial=",
        "trial=p",
        "trial=60x",
        "trial=-60",
        "no-trial=60",
        "Trial=60",
    ] {
        database.execute(&format!("UPDATE apps SET policy = '{policy}'")).await;
        assert_eq!(start(&store, "PC-1").await, (TrialStart::NotOffered, false), "{policy}");
    }
    database
        .execute("UPDATE apps SET policy = 'trial=60', archived_at = UTC_TIMESTAMP() WHERE name = 'demo'")
        .await;
    assert_eq!(start(&store, "PC-1").await, (TrialStart::NotOffered, false), "it is archived");
    database.execute("DELETE FROM apps WHERE name = 'demo'").await;
    assert_eq!(start(&store, "PC-1").await, (TrialStart::NotOffered, false), "there is no such app");
    assert_eq!(counts(&database).await, (0, 0, 0));
}

#[tokio::test]
async fn each_size_that_an_app_may_say_begins_a_trial_and_one_that_is_offered_no_more_goes_on() {
    let database = offering("").await;
    let store = database.store();
    for (asker, policy, seconds, points) in [
        ("PC-1", "trial=60", Some(60), None),
        ("PC-2", "lease=60 trial=31536000 when-full=oldest", Some(31_536_000), None),
        ("PC-3", "trial=1p later=1", None, Some(1)),
        ("PC-4", "trial=1000000000p", None, Some(1_000_000_000)),
    ] {
        database.execute(&format!("UPDATE apps SET policy = '{policy}'")).await;
        let (card, is_new) = on(&store, asker).await;
        assert!(is_new);
        let record = store.card_by_code(&code(&card.code)).await.unwrap().unwrap().0;
        assert_eq!((record.duration.seconds(), record.points), (seconds, points), "{policy}");
        assert_eq!(card.expire_at.is_some(), seconds.is_some(), "{policy}");
    }
    database.execute("UPDATE apps SET policy = '', archived_at = UTC_TIMESTAMP() WHERE name = 'demo'").await;
    assert!(!on(&store, "PC-2").await.1);
}

#[tokio::test]
async fn of_64_requests_of_one_machine_one_begins_the_trial_and_all_are_told_the_same() {
    for round in 0..5 {
        let database = offering(if round % 2 == 0 { "trial=3600" } else { "trial=20p" }).await;
        let stores = [database.store(), database.store()];
        let mut racers = JoinSet::new();
        for number in 0..64 {
            let store = stores[number % 2].clone();
            racers.spawn(async move { on(&store, "PC-1").await });
        }
        let answers = racers.join_all().await;
        let codes: BTreeSet<&str> = answers.iter().map(|(card, _)| card.code.as_str()).collect();
        let new = answers.iter().filter(|(_, is_new)| *is_new).count();
        assert_eq!((codes.len(), new), (1, 1));
        assert_eq!(counts(&database).await, (1, 1, 1));
    }
}

#[tokio::test]
async fn machines_that_begin_at_once_get_a_card_each() {
    let database = offering("trial=3600").await;
    let stores = [database.store(), database.store()];
    let mut racers = JoinSet::new();
    for number in 0..64 {
        let store = stores[number % 2].clone();
        racers.spawn(async move { on(&store, &format!("PC-{number}")).await });
    }
    let answers = racers.join_all().await;
    let codes: BTreeSet<&str> = answers.iter().map(|(card, _)| card.code.as_str()).collect();
    assert!(codes.len() == 64 && answers.iter().all(|(_, is_new)| *is_new));
    assert_eq!(counts(&database).await, (64, 64, 64));
}

#[tokio::test]
async fn of_an_app_that_is_removed_or_changed_meanwhile_the_trial_is_what_it_is_then() {
    for (change, is_offered) in [
        ("DELETE FROM apps WHERE name = 'demo'", false),
        ("UPDATE apps SET archived_at = UTC_TIMESTAMP() WHERE name = 'demo'", false),
        ("UPDATE apps SET policy = 'trial=7p' WHERE name = 'demo'", true),
    ] {
        let database = offering("trial=3600").await;
        let mut holding = database.connect().await;
        holding
            .query_drop("START TRANSACTION; SELECT name FROM apps WHERE name = 'demo' FOR UPDATE")
            .await
            .unwrap();
        let store = database.store();
        let waiting = tokio::spawn(async move { start(&store, "PC-1").await });
        eventually("it waits for the app", async || {
            let query = "SELECT COUNT(*) FROM information_schema.processlist
                WHERE info LIKE '%LOCK IN SHARE MODE%' AND info NOT LIKE '%processlist%' AND db = DATABASE()";
            (database.rows::<u64>(query, ()).await[0] == 1).then_some(())
        })
        .await;
        holding.query_drop(change).await.unwrap();
        holding.query_drop("COMMIT").await.unwrap();
        let (started, is_new) = waiting.await.unwrap();
        assert_eq!(is_new, is_offered, "{change}");
        match started {
            TrialStart::On(card) => assert_eq!(card.points, Some(7), "{change}"),
            other => assert_eq!((other, is_offered), (TrialStart::NotOffered, false), "{change}"),
        }
        assert_eq!(counts(&database).await.0, u64::from(is_offered), "{change}");
    }
}
