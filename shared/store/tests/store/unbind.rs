//! Cards that customers move to another machine by themselves.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use kami_core::card::{Card, CardStatus, Seat};
use kami_core::policy::{Policy, PolicyPart};
use kami_core::rules::Refusal;
use kami_core::unbind::{self, GivenUp, Paid, Standing, Verdict};
use kami_store::{
    Client, HistoryEntry, HistoryPlace, NoCard, Recharge, Store, TrialStart, Unbinding, Unbound, Validation,
};
use kami_testkit::{Queryable as _, TestDatabase, eventually};
use mysql_async::Row;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use serde_json::json;
use tokio::task::JoinSet;

use crate::{code, machine};

/// A card for so many machines, whose policy says that, with so many points if any.
async fn with_card(seats: u16, policy: &str, points: Option<u32>) -> TestDatabase {
    let database = TestDatabase::create().await;
    let points = points.map_or("NULL".to_owned(), |points| points.to_string());
    let card = format!(
        "INSERT INTO cards (prefix, code, full_code, duration_seconds, seats, policy, points)
         VALUES ('VIP', 'A', 'VIP-A', 10000, {seats}, '{policy}', {points})"
    );
    database.execute(&card).await;
    database
}

async fn ask(store: &Store, asker: &str) -> Validation {
    store.validate(&code("VIP-A"), &machine(asker), &Client::default()).await.unwrap()
}

async fn is_in(store: &Store, asker: &str) -> bool {
    matches!(ask(store, asker).await, Validation::Admitted { .. })
}

async fn unbind(store: &Store, asker: &str) -> Unbinding {
    store.unbind(&code("VIP-A"), &machine(asker), &Client::default()).await.unwrap().unwrap()
}

/// Whether a seat was given up.
async fn frees(store: &Store, asker: &str) -> bool {
    matches!(unbind(store, asker).await.result, Ok(Unbound { was_bound: true, .. }))
}

async fn refusal(store: &Store, asker: &str) -> Refusal {
    unbind(store, asker).await.result.unwrap_err()
}

/// The machines that have a seat, the one in the card's row first.
async fn holders(database: &TestDatabase) -> Vec<String> {
    let query = "SELECT machine_code FROM (
            SELECT machine_code, 0 AS place FROM cards WHERE machine_code IS NOT NULL
            UNION ALL SELECT machine_code, 1 FROM card_seats) AS seats
        ORDER BY place, machine_code";
    database.rows(query, ()).await
}

/// Moves all that happened so many seconds back.
async fn let_pass(database: &TestDatabase, seconds: i64) {
    for (table, columns) in [
        ("cards", &["used_at", "expire_at", "seen_at", "lease_until"][..]),
        ("card_seats", &["bound_at", "seen_at", "lease_until"]),
        ("customer_log", &["done_at"]),
    ] {
        let moved: Vec<_> =
            columns.iter().map(|column| format!("{column} = {column} - INTERVAL {seconds} SECOND")).collect();
        database.execute(&format!("UPDATE {table} SET {}", moved.join(", "))).await;
    }
}

#[tokio::test]
async fn who_gives_his_seat_up_pays_for_it_and_another_machine_gets_it() {
    let policy = "unbind=machine unbind-cooldown=24h unbind-limit=3 unbind-cost=1h";
    let database = with_card(1, "", None).await;
    database.execute(&format!("UPDATE apps SET policy = '{}'", policy.parse::<PolicyPart>().unwrap())).await;
    let store = database.store();
    assert_eq!(unbind(&store, "PC-1").await.result.unwrap().remaining, Some(3), "an unused card");
    let Validation::Admitted { expire_at: Some(ends), .. } = ask(&store, "PC-1").await else { panic!() };

    let given_up = unbind(&store, "PC-1").await;
    let unbound = Unbound {
        was_bound: true,
        remaining: Some(2),
        paid: Some(Paid::Seconds(3_600)),
        expire_at: Some(ends - TimeDelta::hours(1)),
        points: None,
    };
    assert_eq!(given_up, Unbinding { result: Ok(unbound.clone()), is_known: Some(true) });
    assert_eq!(holders(&database).await, [""; 0]);
    let nothing = Unbound { was_bound: false, paid: None, ..unbound };
    assert_eq!(unbind(&store, "PC-1").await, Unbinding { result: Ok(nothing.clone()), is_known: None });

    let Validation::Refused(Refusal::CoolingDown { seconds }) = ask(&store, "PC-1").await else { panic!() };
    assert!((86_300..=86_400).contains(&seconds), "{seconds}");
    assert!(is_in(&store, "PC-2").await, "another machine gets it at once");
    assert_eq!(ask(&store, "PC-1").await, Validation::Refused(Refusal::MachineMismatch));
    assert_eq!(unbind(&store, "PC-1").await.result, Ok(nothing), "it asks for the same once more");
    assert_eq!(refusal(&store, "PC-3").await, Refusal::MachineMismatch);
    let Refusal::CoolingDown { seconds } = refusal(&store, "PC-2").await else { panic!() };
    assert!((86_300..=86_400).contains(&seconds), "{seconds}");
    assert_eq!(holders(&database).await, ["PC-2"]);

    database.execute("UPDATE customer_log SET done_at = done_at - INTERVAL 1 DAY").await;
    assert_eq!(unbind(&store, "PC-2").await.result.unwrap().remaining, Some(1));
    assert!(is_in(&store, "PC-1").await, "its own cooldown is over");
    database.execute("UPDATE cards SET expire_at = UTC_TIMESTAMP() + INTERVAL 59 MINUTE").await;
    database.execute("UPDATE customer_log SET done_at = done_at - INTERVAL 1 DAY").await;
    assert_eq!(refusal(&store, "PC-1").await, Refusal::UnbindTooExpensive);
    database.execute("UPDATE cards SET status = 'DISABLED'").await;
    assert_eq!(refusal(&store, "PC-1").await, Refusal::Disabled);
    database.execute("UPDATE cards SET status = 'ACTIVE', expire_at = '2020-01-01'").await;
    assert_eq!(refusal(&store, "PC-1").await, Refusal::Expired);
    let status: Vec<String> = database.rows("SELECT status FROM cards", ()).await;
    assert_eq!(status, ["EXPIRED"], "it is written down");
    let log: Vec<u64> = database.rows("SELECT COUNT(*) FROM customer_log", ()).await;
    assert_eq!(log, [2]);
    let of_another = Client { app: "demo".parse().unwrap(), ..Client::default() };
    let unbinding = store.unbind(&code("VIP-A"), &machine("PC-1"), &of_another).await.unwrap();
    assert_eq!(unbinding, Err(NoCard::NotFound));
}

#[tokio::test]
async fn who_gave_his_seat_up_gets_it_back_by_no_top_up_and_by_no_trial() {
    let database = with_card(1, "", None).await;
    database
        .execute(
            "UPDATE apps SET policy = 'trial=600 unbind=machine unbind-cooldown=3600';
             UPDATE policy_revision SET revision = revision + 1;
             INSERT INTO batches (id, card_count, operator, created_at, recharge) VALUES (1, 2, 'x', UTC_TIMESTAMP(), 1);
             INSERT INTO cards (prefix, code, full_code, duration_seconds, batch_id) VALUES
                ('UP', 'A', 'UP-A', 600, 1), ('UP', 'B', 'UP-B', 600, 1)",
        )
        .await;
    let store = database.store();
    let top_up = async |card: &str, with: &str| {
        let topped = store.recharge(&code(card), &code(with), None, &Client::default()).await.unwrap();
        assert!(matches!(topped, Recharge::ToppedUp { .. }), "{topped:?}");
    };
    let of = async |card: &str, asker: &str| {
        store.validate(&code(card), &machine(asker), &Client::default()).await.unwrap()
    };
    assert!(is_in(&store, "PC-1").await && frees(&store, "PC-1").await);
    top_up("VIP-A", "UP-A").await;
    assert_eq!(holders(&database).await, [""; 0]);
    assert!(matches!(ask(&store, "PC-1").await, Validation::Refused(Refusal::CoolingDown { .. })));
    assert!(is_in(&store, "PC-2").await);

    let try_it = async || match store.start_trial(&machine("PC-1"), &Client::default(), || ()).await {
        Ok(TrialStart::On(trial)) => trial.code,
        other => panic!("{other:?}"),
    };
    let trial = try_it().await;
    let unbind_trial = async || {
        let unbinding = store.unbind(&code(&trial), &machine("PC-1"), &Client::default()).await;
        unbinding.unwrap().unwrap().result.map(|unbound| unbound.was_bound)
    };
    assert_eq!(unbind_trial().await, Err(Refusal::UnbindNotAllowed), "it is its machine's");
    assert!(matches!(of(&trial, "PC-1").await, Validation::Admitted { .. }));
    top_up(&trial, "UP-B").await;
    assert_eq!(unbind_trial().await, Ok(true), "it was paid for");
    assert_eq!(try_it().await, trial, "it goes on, but not on this machine");
    assert!(matches!(of(&trial, "PC-1").await, Validation::Refused(Refusal::CoolingDown { .. })));
    assert!(matches!(of(&trial, "PC-3").await, Validation::Admitted { .. }));
}

#[tokio::test]
async fn of_several_seats_the_one_that_was_given_up_is_free_and_the_log_says_which() {
    let database = with_card(3, "unbind=machine unbind-cooldown=3600 unbind-cost=5p", Some(12)).await;
    let store = database.store();
    for (asker, ago) in [("PC-1", 60), ("PC-2", 30), ("PC-3", 10)] {
        assert!(is_in(&store, asker).await);
        let_pass(&database, ago).await;
    }
    let further = unbind(&store, "PC-2").await.result.unwrap();
    assert_eq!((further.paid, further.points), (Some(Paid::Points(5)), Some(7)));
    assert_eq!(holders(&database).await, ["PC-1", "PC-3"]);
    assert!(matches!(ask(&store, "PC-2").await, Validation::Refused(Refusal::CoolingDown { .. })));
    assert!(is_in(&store, "PC-4").await, "who gave nothing up gets it");

    let_pass(&database, 3_600).await;
    assert!(is_in(&store, "PC-1").await && frees(&store, "PC-1").await);
    assert_eq!(holders(&database).await, ["PC-4", "PC-3"], "who was seen last moves into the card's row");
    assert!(matches!(ask(&store, "PC-1").await, Validation::Refused(Refusal::CoolingDown { .. })));
    let_pass(&database, 3_600).await;
    assert_eq!(refusal(&store, "PC-3").await, Refusal::UnbindTooExpensive, "2 points are left");
    assert!(is_in(&store, "PC-1").await);
    let before: Vec<Option<String>> =
        database.rows("SELECT CAST(values_before AS CHAR) FROM customer_log ORDER BY id", ()).await;
    let after: Vec<Option<String>> =
        database.rows("SELECT CAST(values_after AS CHAR) FROM customer_log ORDER BY id", ()).await;
    let parsed = |texts: Vec<Option<String>>| -> Vec<serde_json::Value> {
        texts.into_iter().map(|text| serde_json::from_str(&text.unwrap()).unwrap()).collect()
    };
    assert_eq!(
        parsed(before),
        [json!({"machines": ["PC-2"], "points": 12}), json!({"machine_code": "PC-1", "points": 7})]
    );
    assert_eq!(parsed(after), [json!({"points": 7}), json!({"machine_code": "PC-4", "points": 2})]);
}

#[tokio::test]
async fn for_a_machine_that_is_lost_the_seat_of_the_one_seen_longest_ago_is_given_up_at_twice_the_cost() {
    let database = with_card(2, "unbind=anyone unbind-limit=5 unbind-cost=100s", None).await;
    let store = database.store();
    assert!(is_in(&store, "PC-1").await);
    assert!(!frees(&store, "PC-NEW").await, "one is free");
    let_pass(&database, 60).await;
    assert!(is_in(&store, "PC-2").await);
    let lost = unbind(&store, "PC-NEW").await;
    let Unbinding { result: Ok(Unbound { was_bound: true, remaining: Some(3), paid, .. }), is_known } = lost
    else {
        panic!("{lost:?}")
    };
    assert_eq!((paid, is_known), (Some(Paid::Seconds(200)), None));
    assert_eq!(holders(&database).await, ["PC-2"], "PC-1 was in the card's row");
    assert!(!frees(&store, "PC-NEW").await, "a repeated request frees no second one");
    assert!(is_in(&store, "PC-NEW").await);
    let_pass(&database, 60).await;
    assert!(frees(&store, "PC-3").await);
    let lost: Vec<(String, String)> =
        database.rows("SELECT act, machine_code FROM customer_log ORDER BY id", ()).await;
    let lost: Vec<_> = lost.iter().map(|(act, machine)| (act.as_str(), machine.as_str())).collect();
    assert_eq!(lost, [("UNBIND_LOST", "PC-1"), ("UNBIND_LOST", "PC-2")]);
    assert!(is_in(&store, "PC-4").await);
    let Refusal::CoolingDown { seconds } = refusal(&store, "PC-5").await else { panic!() };
    assert!(
        (2_591_800..=2_592_000 - 60).contains(&seconds),
        "one of two, until the older counts no more: {seconds}"
    );
    assert!(matches!(refusal(&store, "PC-4").await, Refusal::CoolingDown { seconds: 1..=60 }));
    let_pass(&database, 60).await;
    assert!(frees(&store, "PC-4").await, "its own counts once");
}

#[tokio::test]
async fn who_asks_once_more_after_a_lost_answer_pays_once_though_somebody_came_meanwhile() {
    let database = with_card(1, "unbind=anyone unbind-limit=9 unbind-cost=1p", Some(10)).await;
    let store = database.store();
    assert!(is_in(&store, "PC-1").await && frees(&store, "PC-2").await);
    assert!(matches!(
        ask(&store, "PC-1").await,
        Validation::Refused(Refusal::CoolingDown { seconds: 1..=60 })
    ));
    assert!(is_in(&store, "PC-3").await);
    assert!(matches!(refusal(&store, "PC-2").await, Refusal::CoolingDown { seconds: 1..=60 }));
    let points: Vec<u32> = database.rows("SELECT points FROM cards", ()).await;
    assert_eq!(points, [8]);
}

#[tokio::test]
async fn who_has_come_by_a_code_uses_no_card_up_by_what_unbinding_costs() {
    let database = with_card(1, "unbind=anyone unbind-cost=1p", Some(10)).await;
    let store = database.store();
    assert!(is_in(&store, "PC-1").await && frees(&store, "PC-X").await && is_in(&store, "PC-X").await);
    let_pass(&database, 3_600).await;
    let Refusal::CoolingDown { seconds } = refusal(&store, "PC-Y").await else { panic!() };
    assert!((82_700..=82_800).contains(&seconds), "{seconds}");
    database.execute("UPDATE cards SET machine_code = NULL").await;
    assert!(is_in(&store, "PC-1").await, "an operator gives it back, and its hour is over");
}

#[tokio::test]
async fn a_machine_that_could_have_no_seat_frees_none_that_is_lost() {
    let database = with_card(1, "unbind=anyone", None).await;
    let store = database.store();
    assert!(is_in(&store, "PC-1").await);
    assert_eq!(refusal(&store, "PC\u{200b}").await, Refusal::Unbindable);
    let mut connection = database.connect().await;
    for nobody in ["''", "NULL"] {
        let call = format!("CALL unbind_seat((SELECT id FROM cards), {nobody})");
        let row: Row = connection.query_first(call).await.unwrap().unwrap();
        assert_eq!(row.get::<String, _>(0).unwrap(), "OTHERS", "{nobody}");
    }
    assert_eq!(holders(&database).await, ["PC-1"]);
}

#[tokio::test]
async fn who_repeats_a_request_while_it_waits_gives_up_no_second_seat() {
    let database = with_card(1, "unbind=anyone unbind-cost=1p", Some(10)).await;
    let store = database.store();
    assert!(is_in(&store, "PC-1").await);
    let mut holding = database.connect().await;
    holding.query_drop("START TRANSACTION; SELECT id FROM cards FOR UPDATE").await.unwrap();
    let mut askers = JoinSet::new();
    for asker in ["PC-1", "PC-1", "PC-2"] {
        let store = database.store();
        askers.spawn(async move { frees(&store, asker).await });
    }
    eventually("all wait for the card", async || {
        let query = "SELECT COUNT(*) FROM information_schema.processlist WHERE info LIKE '%FOR UPDATE%'
            AND info NOT LIKE '%processlist%'";
        (database.rows::<u64>(query, ()).await[0] == 3).then_some(())
    })
    .await;
    holding.query_drop("COMMIT").await.unwrap();
    let freed = askers.join_all().await;
    assert_eq!(freed.into_iter().filter(|freed| *freed).count(), 1);
    let log: Vec<u64> = database.rows("SELECT COUNT(*) FROM customer_log", ()).await;
    assert_eq!(log, [1]);
}

#[tokio::test]
async fn of_any_number_that_unbind_and_validate_at_once_each_seat_is_given_up_and_paid_for_once() {
    for seats in [1_u16, 2, 5] {
        let policy = "unbind=machine unbind-cooldown=3600 unbind-cost=3p".parse::<PolicyPart>().unwrap();
        // The cooldown is that of the card: a machine a seat would wait for it, so that the log is of as many cards.
        let database = with_card(seats, &policy.to_string(), Some(100)).await;
        let stores = [database.store(), database.store()];
        for number in 0..seats {
            assert!(is_in(&stores[0], &format!("OLD-{number}")).await);
        }
        let mut racers = JoinSet::new();
        for number in 0..64_u16 {
            let store = stores[usize::from(number % 2)].clone();
            racers.spawn(async move {
                if number % 4 == 3 {
                    let name = format!("NEW-{number}");
                    (false, is_in(&store, &name).await.then_some(name))
                } else {
                    (frees(&store, "OLD-0").await, is_in(&store, "OLD-0").await.then(|| "OLD-0".to_owned()))
                }
            });
        }
        let came: Vec<(bool, Option<String>)> = racers.join_all().await;
        assert_eq!(came.iter().filter(|(freed, _)| *freed).count(), 1, "{seats} seats");
        let facts: Vec<(u64, u32)> =
            database.rows("SELECT (SELECT COUNT(*) FROM customer_log), points FROM cards", ()).await;
        assert_eq!(facts, [(1, 97)], "{seats} seats");
        let holders: BTreeSet<String> = holders(&database).await.into_iter().collect();
        assert!(holders.len() <= usize::from(seats) && !holders.contains("OLD-0"), "{holders:?}");
        let new: BTreeSet<String> =
            came.into_iter().filter_map(|(_, name)| name).filter(|name| name != "OLD-0").collect();
        assert!(new.len() <= 1 && new.is_subset(&holders), "{new:?} {holders:?}");
        assert!(!is_in(&stores[0], "OLD-0").await, "{seats} seats");
    }
}

/// Something that happens to the card.
#[derive(Clone, Debug)]
enum Step {
    Ask(u8),
    Unbind(u8),
    Pass(i64),
    Say(&'static str),
    Edit(&'static str),
    /// What customers did by it before: it began as a trial, or was topped up as well.
    Begin(&'static [&'static str]),
}

fn any_step() -> impl Strategy<Value = Step> {
    let policies = &[
        "unbind=machine",
        "unbind=anyone",
        "unbind=off",
        "unbind=anyone unbind-limit=1",
        "unbind=machine unbind-cooldown=600 unbind-cost=300s",
        "unbind=anyone unbind-cooldown=7200 unbind-limit=4 unbind-cost=2p",
        "unbind=anyone unbind-limit=3 unbind-cost=900s lease=600",
        "unbind=machine unbind-limit=2 unbind-cost=7p when-full=oldest",
    ][..];
    let edits = &[
        "seats = 1 + (seats MOD 3)",
        "points = NULL",
        "points = 20",
        "expire_at = NULL",
        "expire_at = UTC_TIMESTAMP() + INTERVAL 1 HOUR",
        "status = 'DISABLED'",
        "status = 'ACTIVE'",
        "status = 'ACTIVE'",
    ][..];
    let pasts: &[&[&str]] = &[&["TRIAL"], &["TRIAL", "RECHARGE"], &[], &[]];
    prop_oneof![
        4 => (0_u8..4).prop_map(Step::Ask),
        6 => (0_u8..4).prop_map(Step::Unbind),
        2 => prop::sample::select(&[1, 59, 600, 3_600, 7_200, 86_400, 2_592_000][..]).prop_map(Step::Pass),
        1 => prop::sample::select(policies).prop_map(Step::Say),
        1 => prop::sample::select(edits).prop_map(Step::Edit),
        1 => prop::sample::select(pasts).prop_map(Step::Begin),
    ]
}

/// All that decides about the card, as the tables have it.
#[derive(Clone, Debug, PartialEq)]
struct Model {
    status: CardStatus,
    policy: PolicyPart,
    seats: u16,
    points: Option<u32>,
    expire_at: Option<DateTime<Utc>>,
    /// The machine in the card's row, with when it was seen and its lease, and the further ones.
    first: Option<(String, DateTime<Utc>, Option<DateTime<Utc>>)>,
    further: Vec<(String, DateTime<Utc>, Option<DateTime<Utc>>)>,
    /// Whether it began as a trial, and was never topped up.
    is_trial: bool,
    /// What was given up, by its act and its machine.
    given_up: Vec<(DateTime<Utc>, bool, String)>,
}

type Moment = Option<NaiveDateTime>;

type CardRow = (String, String, u16, Option<u32>, Moment, Option<String>, Moment, Moment, Moment);

fn utc(moment: Moment) -> Option<DateTime<Utc>> {
    moment.map(|moment| moment.and_utc())
}

impl Model {
    async fn read(database: &TestDatabase) -> (Self, DateTime<Utc>) {
        let query = "SELECT status, policy, seats, points, expire_at, machine_code,
            COALESCE(seen_at, used_at, created_at), lease_until, UTC_TIMESTAMP() FROM cards";
        let (status, policy, seats, points, expire_at, machine, seen, lease, now): CardRow =
            database.rows(query, ()).await.remove(0);
        let query = "SELECT machine_code, seen_at, lease_until FROM card_seats ORDER BY seen_at, bound_at, machine_code";
        let further: Vec<(String, Moment, Moment)> = database.rows(query, ()).await;
        let query = "SELECT done_at, act = 'UNBIND_LOST', machine_code FROM customer_log WHERE act LIKE 'UNBIND%' \
                     ORDER BY id";
        let given_up: Vec<(Moment, bool, String)> = database.rows(query, ()).await;
        let acts: Vec<String> = database.rows("SELECT act FROM customer_log", ()).await;
        let was = |act: &str| acts.iter().any(|done| done == act);
        let model = Self {
            status: status.parse().unwrap(),
            policy: policy.parse().unwrap(),
            seats,
            points,
            expire_at: utc(expire_at),
            first: machine.map(|machine| (machine, utc(seen).unwrap(), utc(lease))),
            further: further
                .into_iter()
                .map(|(machine, seen, lease)| (machine, utc(seen).unwrap(), utc(lease)))
                .collect(),
            is_trial: was("TRIAL") && !was("RECHARGE"),
            given_up: given_up
                .into_iter()
                .map(|(at, was_lost, machine)| (utc(at).unwrap(), was_lost, machine))
                .collect(),
        };
        (model, utc(now).unwrap())
    }

    fn holders(&self) -> BTreeSet<&str> {
        self.first.iter().chain(&self.further).map(|(machine, ..)| machine.as_str()).collect()
    }

    /// Whose seat it is that was seen longest ago.
    fn oldest(&self) -> Option<&str> {
        let first = self.first.iter().map(|seat| (seat.1, 0, &seat.0));
        let further = self.further.iter().enumerate().map(|(at, seat)| (seat.1, at + 1, &seat.0));
        first.chain(further).min().map(|(_, _, machine)| machine.as_str())
    }

    fn card(&self, asker: &str) -> Card {
        let further = self.further.iter().find(|(machine, ..)| machine == asker);
        Card {
            id: 1,
            full_code: "VIP-A".into(),
            app: "default".into(),
            status: self.status,
            duration_seconds: None,
            seats: self.seats,
            machine_code: self.first.as_ref().map(|(machine, ..)| machine.clone()),
            lease_until: self.first.as_ref().and_then(|(_, _, lease)| *lease),
            further_seat: further.map(|(_, _, lease)| Seat { lease_until: *lease }),
            policy: self.policy.clone(),
            created_at: DateTime::UNIX_EPOCH,
            used_at: None,
            expire_at: self.expire_at,
            valid_until: None,
            points: self.points,
        }
    }

    fn given_up(&self, asker: &str) -> Vec<GivenUp> {
        let of = |(at, was_lost, machine): &(DateTime<Utc>, bool, String)| GivenUp {
            at: *at,
            was_lost: *was_lost,
            was_its_own: machine == asker,
        };
        self.given_up.iter().map(of).collect()
    }

    fn policy(&self) -> kami_core::policy::UnbindPolicy {
        Policy::of(&PolicyPart::default(), &self.policy).unbind
    }

    fn verdict(&self, asker: &str, now: DateTime<Utc>) -> Verdict {
        let is_taken =
            |seat: &&(String, DateTime<Utc>, Option<DateTime<Utc>>)| seat.2.is_none_or(|until| until >= now);
        let taken = self.first.iter().chain(&self.further).filter(is_taken).count();
        let standing = Standing {
            is_bound: !self.holders().is_empty(),
            is_trial: self.is_trial,
            is_full: taken >= usize::from(self.seats),
            given_up: &self.given_up(asker),
        };
        unbind::decide(&self.card(asker), &machine(asker), standing, self.policy(), now)
    }

    /// Holds what became of the card against a verdict of the rules.
    fn is_after(
        &self,
        before: &Self,
        asker: &str,
        verdict: Verdict,
        result: &Result<Unbound, Refusal>,
    ) -> bool {
        match (verdict, result) {
            (Verdict::Refuse(refusal), Err(told)) => {
                let is_marked = Self { status: before.status, ..self.clone() };
                refusal == *told && is_marked == *before
            }
            (Verdict::Nothing, Ok(told)) => !told.was_bound && told.paid.is_none() && self == before,
            (Verdict::Unbind { is_lost, paid }, Ok(told)) => {
                let leaving = if is_lost { before.oldest().unwrap() } else { asker };
                let mut holders = before.holders();
                holders.remove(leaving);
                let (mut points, mut expire_at) = (before.points, before.expire_at);
                match paid {
                    Some(Paid::Points(paid)) => points = points.map(|points| points - paid),
                    Some(Paid::Seconds(paid)) => {
                        expire_at = expire_at.map(|ends| ends - TimeDelta::seconds(paid.into()));
                    }
                    None => {}
                }
                let (_, was_lost, gone) = self.given_up.last().unwrap();
                told.was_bound
                    && (told.paid, told.points, told.expire_at) == (paid, points, expire_at)
                    && (self.points, self.expire_at) == (points, expire_at)
                    && self.holders() == holders
                    && (self.first.is_some() || holders.is_empty())
                    && self.given_up.len() == before.given_up.len() + 1
                    && (*was_lost, gone.as_str()) == (is_lost, leaving)
            }
            _ => false,
        }
    }
}

/// Every second from the one to the other, in which something was decided.
fn seconds(from: DateTime<Utc>, to: DateTime<Utc>) -> impl Iterator<Item = DateTime<Utc>> {
    (0..=(to - from).num_seconds()).map(move |second| from + TimeDelta::seconds(second))
}

#[tokio::test]
async fn the_routine_decides_as_the_rules_do_whatever_happened_before() {
    let database = with_card(2, "unbind=anyone", Some(20)).await;
    let store = database.store();
    assert!(is_in(&store, "PC-0").await);
    let mut runner = TestRunner::default();
    let steps = prop::collection::vec(any_step(), 250).new_tree(&mut runner).unwrap().current();
    let mut outcomes = BTreeSet::new();
    for (at, step) in steps.iter().enumerate() {
        let told = format!("{:?}", &steps[at.saturating_sub(20)..=at]);
        match step {
            Step::Pass(seconds) => let_pass(&database, *seconds).await,
            Step::Say(policy) => {
                let policy: PolicyPart = policy.parse().unwrap();
                database.execute(&format!("UPDATE cards SET policy = '{policy}'")).await;
            }
            Step::Edit(edit) => database.execute(&format!("UPDATE cards SET {edit}")).await,
            Step::Begin(acts) => {
                database.execute("DELETE FROM customer_log WHERE act IN ('TRIAL', 'RECHARGE')").await;
                for act in *acts {
                    let did = format!(
                        "INSERT INTO customer_log (card_id, act, done_at)
                         SELECT id, '{act}', UTC_TIMESTAMP() FROM cards"
                    );
                    database.execute(&did).await;
                }
            }
            Step::Ask(number) => {
                let asker = format!("PC-{number}");
                let (before, from) = Model::read(&database).await;
                let validation = ask(&store, &asker).await;
                let (_, to) = Model::read(&database).await;
                let mut waits = seconds(from, to)
                    .map(|now| unbind::withheld(&before.given_up(&asker), before.policy(), now));
                let is_right = match validation {
                    Validation::Refused(Refusal::CoolingDown { seconds }) => {
                        waits.any(|wait| wait == Some(seconds))
                    }
                    Validation::Admitted { .. } if !before.holders().contains(asker.as_str()) => {
                        waits.any(|wait| wait.is_none())
                    }
                    _ => true,
                };
                assert!(is_right, "{validation:?} {before:?} after {told}");
            }
            Step::Unbind(number) => {
                let asker = format!("PC-{number}");
                let (before, from) = Model::read(&database).await;
                let Unbinding { result, .. } = unbind(&store, &asker).await;
                let (after, to) = Model::read(&database).await;
                let verdict = seconds(from, to)
                    .map(|now| before.verdict(&asker, now))
                    .find(|verdict| after.is_after(&before, &asker, *verdict, &result));
                let Some(verdict) = verdict else { panic!("{result:?} {before:?} {after:?} after {told}") };
                if let Ok(unbound) = &result {
                    let left = seconds(from, to).any(|now| {
                        unbind::remaining(&after.given_up(&asker), after.policy(), now) == unbound.remaining
                    });
                    assert!(left, "{unbound:?} {after:?} after {told}");
                }
                outcomes.insert(match verdict {
                    Verdict::Unbind { is_lost, .. } => format!("unbound {is_lost}"),
                    Verdict::Refuse(Refusal::CoolingDown { .. }) => "cooling down".to_owned(),
                    other => format!("{other:?}"),
                });
            }
        }
        if matches!(step, Step::Pass(2_592_000)) {
            database.execute("UPDATE cards SET status = 'ACTIVE', expire_at = NULL").await;
        }
    }
    assert!(outcomes.len() > 4, "it comes to little: {outcomes:?}");
}

#[tokio::test]
async fn the_history_of_a_card_has_what_customers_did_beside_what_operators_did_page_by_page() {
    let database = with_card(1, "unbind=machine", None).await;
    let store = database.store();
    for asker in ["PC-1", "PC-2"] {
        assert!(is_in(&store, asker).await && frees(&store, asker).await);
        let_pass(&database, 60).await;
    }
    // Six acts of operators, between and after those of the customers.
    database
        .execute(
            "UPDATE customer_log SET done_at = '2026-01-01' + INTERVAL id * 10 MINUTE;
             INSERT INTO acts (id, act, operator) VALUES (1, 'note', 'li');
             INSERT INTO operator_log (act_id, act, operator, done_at, card_id)
                SELECT 1, 'note', 'li', '2026-01-01' + INTERVAL minute MINUTE, cards.id
                FROM cards JOIN (SELECT 5 AS minute UNION ALL SELECT 10 UNION ALL SELECT 15 UNION ALL SELECT 25
                    UNION ALL SELECT 26 UNION ALL SELECT 27) AS minutes ORDER BY minute",
        )
        .await;
    let card = store.card_by_code(&code("VIP-A")).await.unwrap().unwrap().0.id;
    let whole = store.card_history(card, HistoryPlace::default(), 50).await.unwrap();
    let words: Vec<_> = whole.iter().map(HistoryEntry::act).collect();
    let (own, theirs) = ("customer_unbind", "note");
    assert_eq!(words, [theirs, theirs, theirs, own, theirs, theirs, own, theirs]);
    assert!(whole.is_sorted_by_key(|entry| std::cmp::Reverse(entry.done_at())));
    let HistoryEntry::Customer(record) = &whole[3] else { panic!("{:?}", whole[3]) };
    assert_eq!((record.machine.as_deref(), record.other_card), (Some("PC-2"), None));
    assert_eq!(record.before.as_ref().unwrap()["machine_code"], "PC-2");
    assert!(!format!("{record:?}").contains("PC-2"));
    for size in 1..9 {
        let (mut paged, mut place) = (Vec::new(), HistoryPlace::default());
        loop {
            let page = store.card_history(card, place, size).await.unwrap();
            assert!(page.len() <= size);
            if page.is_empty() {
                break;
            }
            place = place.behind(&page);
            paged.extend(page);
        }
        assert_eq!(paged, whole, "pages of {size}");
    }
}

#[tokio::test]
async fn the_history_of_a_card_names_the_other_one_while_it_is_there() {
    let database = with_card(1, "", None).await;
    database.insert_card("VIP", "B").await;
    let store = database.store();
    let ids: Vec<u64> = database.rows("SELECT id FROM cards ORDER BY code", ()).await;
    database
        .execute(&format!(
            "INSERT INTO customer_log (card_id, act, done_at, machine_code, other_card_id) VALUES
                ({0}, 'RECHARGE', UTC_TIMESTAMP(), NULL, {1}), ({0}, 'TRIAL', UTC_TIMESTAMP(), 'PC-1', NULL),
                ({1}, 'BURN', UTC_TIMESTAMP(), NULL, {0})",
            ids[0], ids[1]
        ))
        .await;
    let told = async |card: u64| {
        let history = store.card_history(card, HistoryPlace::default(), 50).await.unwrap();
        let of = |entry| match entry {
            HistoryEntry::Customer(record) => (record.act, record.other_card, record.other_code),
            HistoryEntry::Operator(record) => panic!("{record:?}"),
        };
        history.into_iter().map(of).collect::<Vec<_>>()
    };
    let trial = ("customer_trial".to_owned(), None, None);
    let recharge =
        |code: Option<&str>| ("customer_recharge".to_owned(), Some(ids[1]), code.map(str::to_owned));
    let burn = ("customer_burn".to_owned(), Some(ids[0]), Some("VIP-A".to_owned()));
    assert_eq!(told(ids[0]).await, [trial.clone(), recharge(Some("VIP-B"))]);
    assert_eq!(told(ids[1]).await, [burn]);
    database.execute("DELETE FROM cards WHERE code = 'B'").await;
    assert_eq!(told(ids[0]).await, [trial, recharge(None)]);
}

#[tokio::test]
async fn who_is_kept_out_unbinds_nothing() {
    let database = with_card(1, "unbind=anyone", None).await;
    let store = database.store();
    assert!(is_in(&store, "PC-1").await);
    database
        .execute(
            "INSERT INTO blocks (kind, target, created_at) VALUES ('MACHINE', 'PC-1', UTC_TIMESTAMP());
             UPDATE policy_revision SET blocks = blocks + 1, revision = revision + 1",
        )
        .await;
    let unbinding = store.unbind(&code("VIP-A"), &machine("PC-1"), &Client::default()).await.unwrap();
    assert_eq!(unbinding, Err(NoCard::Blocked));
    assert_eq!(holders(&database).await, ["PC-1"]);
    assert!(frees(&store, "PC-2").await, "who is not kept out frees its seat");
}
