//! Whatever machines ask, operators do and time does, in any order: each answer of every route, and every table that it may
//! write, is what a model says that is written from the rules and never looks into the database.
//! `scripts/check-model` says how often.

mod acts;
mod answers;
mod asks;
mod bench;
mod model;
mod moves;
mod operators;
mod start;
mod tables;
mod trials;
mod which;

use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, Write as _};
use std::time::{Duration, Instant};

use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, RngSeed, TestRunner};

use self::acts::{Act, any_act};
use self::asks::{Ask, any_ask};
use self::bench::Bench;
use self::start::CODES;
use self::which::{Deck, any_deck};

/// How many steps are taken, unless `KAMI_TEST_MODEL` says otherwise.
const STEPS: usize = 500;

/// How many of them with the same cards.
const ROUND: usize = 125;

/// How many different things that many steps come to at the least.
const OUTCOMES: usize = 50;

/// For how long fewer steps are looked for by which the same goes wrong.
const SHRINKING: Duration = Duration::from_mins(1);

/// What may happen.
#[derive(Clone)]
enum Step {
    Ask(Ask),
    Act(Act),
    Pass(i64),
}

/// On one line, also in a list that is printed on many.
impl fmt::Debug for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ask(ask) => f.write_str(&format!("{ask:?}")),
            Self::Act(act) => f.write_str(&format!("{act:?}")),
            Self::Pass(seconds) => write!(f, "Pass({seconds})"),
        }
    }
}

fn any_step() -> impl Strategy<Value = Step> {
    let pass = prop_oneof![
        12 => select(&[1, 30, 59, 61, 200, 400, 601, 3_600][..]),
        3 => select(&[7_200, 86_400][..]),
        1 => select(&[600_000, 2_592_000][..]),
    ];
    prop_oneof![
        20 => any_ask().prop_map(Step::Ask),
        5 => any_act().prop_map(Step::Act),
        2 => pass.prop_map(Step::Pass),
    ]
}

fn number<T: std::str::FromStr<Err: fmt::Debug>>(variable: &str) -> Option<T> {
    std::env::var(variable).ok().map(|text| text.parse().unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_happens_each_answer_and_every_table_are_what_the_model_says() {
    let seed = number("KAMI_TEST_MODEL_SEED").unwrap_or_else(rand::random::<u64>);
    let rounds = number("KAMI_TEST_MODEL").unwrap_or(STEPS).div_ceil(ROUND);
    let mut runner = TestRunner::new(Config { rng_seed: RngSeed::Fixed(seed), ..Config::default() });
    let any_round = (any_deck(), prop::collection::vec(any_step(), ROUND));
    let mut outcomes = Outcomes::new();
    for _ in 0..rounds {
        let (deck, steps) = any_round.new_tree(&mut runner).unwrap().current();
        if let Err(failure) = run(deck, &steps, &mut outcomes).await {
            let (steps, Failure { what, .. }) = shrunk(deck, steps, failure).await;
            let cards = deck.map(|place| CODES[place]);
            panic!("KAMI_TEST_MODEL_SEED={seed} with {cards:?} comes by {steps:#?} to:\n{what}");
        }
    }
    assert!(rounds * ROUND < STEPS || outcomes.len() >= OUTCOMES, "it comes to little: {outcomes:#?}");
    let figure = format!("{} steps of seed {seed}, which came to {} things", rounds * ROUND, outcomes.len());
    let _: io::Result<()> = match number::<usize>("KAMI_TEST_MODEL") {
        None => writeln!(io::stderr(), "{figure}"),
        Some(_) => writeln!(io::stderr(), "{figure}: {outcomes:#?}"),
    };
}

/// The fewest steps that are found by which something goes wrong, and what does.
async fn shrunk(deck: Deck, mut steps: Vec<Step>, mut failure: Failure) -> (Vec<Step>, Failure) {
    let begun = Instant::now();
    let mut cut = steps.len();
    steps.truncate(failure.step + 1);
    while cut > 0 && begun.elapsed() < SHRINKING {
        let mut from = 0;
        while from < steps.len() && begun.elapsed() < SHRINKING {
            let mut fewer = steps.clone();
            fewer.drain(from..steps.len().min(from + cut));
            match run(deck, &fewer, &mut Outcomes::new()).await {
                Err(other) => {
                    fewer.truncate(other.step + 1);
                    (steps, failure) = (fewer, other);
                }
                Ok(()) => from += cut,
            }
        }
        cut /= 2;
    }
    (steps, failure)
}

/// What came out otherwise than the model says, and at which step.
struct Failure {
    step: usize,
    what: String,
}

/// How often each step came to what.
type Outcomes = BTreeMap<String, u32>;

/// Takes the steps with cards of their own.
async fn run(deck: Deck, steps: &[Step], outcomes: &mut Outcomes) -> Result<(), Failure> {
    let failed = |step| move |what| Failure { step, what };
    let (mut bench, mut world) = Bench::start(deck).await.map_err(failed(0))?;
    for (number, step) in steps.iter().enumerate() {
        let outcome = match step {
            Step::Ask(ask) => bench.ask(ask, &mut world).await,
            Step::Act(act) => bench.act(act, &mut world).await,
            Step::Pass(seconds) => bench.let_pass(*seconds, &mut world).await,
        };
        *outcomes.entry(outcome.map_err(failed(number))?).or_default() += 1;
    }
    Ok(())
}
