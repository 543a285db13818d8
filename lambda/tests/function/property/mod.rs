//! Whatever machines ask, operators do and time does, in any order: each answer of every route, and every table that it may
//! write, is what a model says that is written from the rules and never looks into the database.
//! `scripts/check-model` says how often.

mod answers;
mod bench;
mod model;
mod moves;
mod operators;
mod start;
mod steps;
mod tables;

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::sync::Mutex;

use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestCaseError, TestRunner};

use self::bench::Bench;
use self::steps::{Deck, Step, any_deck, any_step};

/// How many steps are taken, unless `KAMI_TEST_MODEL` says otherwise.
const STEPS: u32 = 400;

/// How many of them with the same cards.
const ROUND: u32 = 100;

/// For how many milliseconds fewer steps are looked for by which the same goes wrong.
const SHRINKING: u32 = 120_000;

fn number<T: std::str::FromStr>(variable: &str) -> Option<T> {
    std::env::var(variable).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{variable} is a number")))
}

#[test]
fn whatever_happens_each_answer_and_every_table_are_what_the_model_says() {
    let seed = number("KAMI_TEST_MODEL_SEED").unwrap_or_else(rand::random::<u32>);
    let count = number("KAMI_TEST_MODEL").unwrap_or(STEPS);
    let config = Config {
        cases: count.div_ceil(ROUND),
        max_shrink_time: SHRINKING,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(seed.into()),
        ..Config::default()
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let outcomes = Mutex::new(BTreeMap::new());
    let steps = prop::collection::vec(any_step(), ROUND as usize);
    let round = (any_deck(), steps);
    let done = TestRunner::new(config).run(&round, |(deck, steps)| {
        runtime.block_on(run(deck, &steps, &outcomes)).map_err(TestCaseError::fail)
    });
    let outcomes = outcomes.into_inner().unwrap();
    let _: io::Result<()> = writeln!(io::stderr(), "answers of all routes with seed {seed}: {outcomes:#?}");
    if let Err(failure) = done {
        panic!("KAMI_TEST_MODEL_SEED={seed}: {failure}");
    }
}

/// How often each step came to what.
type Outcomes = Mutex<BTreeMap<String, u32>>;

/// Takes the steps with cards of their own; the error says what came out otherwise than the model says.
async fn run(deck: Deck, steps: &[Step], outcomes: &Outcomes) -> Result<(), String> {
    let (mut bench, mut world) = Bench::start(deck).await?;
    for (number, step) in steps.iter().enumerate() {
        let outcome = match step {
            Step::Ask(ask) => bench.ask(ask, &mut world).await,
            Step::Act(act) => bench.act(act, &mut world).await,
            Step::Pass(seconds) => bench.let_pass(*seconds, &mut world).await,
        };
        let outcome = outcome.map_err(|difference| format!("{difference}\nat step {number}, {step:?}"))?;
        *outcomes.lock().unwrap().entry(outcome).or_default() += 1;
    }
    Ok(())
}
