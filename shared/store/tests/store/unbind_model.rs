//! Unbinding by customers as the routine decides it, held against the rules.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use kami_core::card::{Card, CardStatus, Seat};
use kami_core::policy::{Policy, PolicyPart, UnbindPolicy};
use kami_core::rules::Refusal;
use kami_core::unbind::{self, GivenUp, Paid, Standing, Verdict};
use kami_store::{Unbinding, Unbound, Validation};
use kami_testkit::TestDatabase;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;

use crate::machine;
use crate::seats::{ask, is_in};
use crate::unbind::{let_pass, unbind as unbind_card, with_card};

/// Something that happens to the card.
#[derive(Clone, Debug)]
enum Step {
    Ask(u8),
    Unbind(u8),
    Pass(i64),
    Say(&'static str),
    Edit(&'static str),
    /// What was done by it before: it began as a trial, was topped up as well, and that was taken back.
    Begin(&'static [&'static str]),
}

/// What operators' acts that take a top-up back are called.
const TAKEN_BACK: &str = "recharge_undo";

/// The card that was burnt for a top-up, which is gone.
const BURNT: u64 = 99;

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
    let pasts: &[&[&str]] =
        &[&["TRIAL"], &["TRIAL", "RECHARGE"], &["TRIAL", "RECHARGE", TAKEN_BACK], &[], &[]];
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
    /// Whether it began as a trial, and no top-up of it stands.
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
        let query = "SELECT act FROM customer_log UNION ALL SELECT act FROM operator_log";
        let acts: Vec<String> = database.rows(query, ()).await;
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
            is_trial: was("TRIAL") && (!was("RECHARGE") || was(TAKEN_BACK)),
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

    fn policy(&self) -> UnbindPolicy {
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
                let forget =
                    "DELETE FROM customer_log WHERE act IN ('TRIAL', 'RECHARGE'); DELETE FROM operator_log";
                database.execute(forget).await;
                for act in *acts {
                    let did = if *act == TAKEN_BACK {
                        format!(
                            "INSERT INTO acts (act, operator, done_at, card_count) VALUES ('{act}', 'x', UTC_TIMESTAMP(), 2);
                             INSERT INTO operator_log (act_id, act, operator, done_at, card_id)
                             VALUES (LAST_INSERT_ID(), '{act}', 'x', UTC_TIMESTAMP(), {BURNT})"
                        )
                    } else {
                        format!(
                            "INSERT INTO customer_log (card_id, act, done_at, other_card_id)
                             SELECT id, '{act}', UTC_TIMESTAMP(), {BURNT} FROM cards"
                        )
                    };
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
                let Unbinding { result, .. } = unbind_card(&store, &asker).await;
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
