//! Whatever machines ask, operators do and time does, in any order: each answer of every route, and every table that it may
//! write, is what a model says that is written from the rules and never looks into the database.
//! `scripts/check-model` says how often.

mod answers;
mod model;
mod moves;
mod start;
mod steps;
mod tables;

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::sync::Mutex;

use hyper::StatusCode;
use kami_testkit::{Answer, Client, Function, TestDatabase};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestCaseError, TestRunner};

use self::answers::{Drawn, Expected};
use self::model::{Clock, Moment, World, difference};
use self::start::world;
use self::steps::{Ask, Deck, Known, Route, Step, any_deck, any_step};
use self::tables::Tables;
use crate::API;

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

/// What is under test, with what its clients know.
struct Bench {
    tables: Tables,
    _functions: [Function; 2],
    clients: [Client; 2],
    deck: Deck,
    /// The marks that clients were told last, by machine and app.
    marks: BTreeMap<(usize, String, bool), String>,
    /// By which mark each thing is known that was said.
    learned: BTreeMap<String, String>,
    asked: u32,
}

/// How often each route answered what.
type Outcomes = Mutex<BTreeMap<String, u32>>;

/// Takes the steps with cards of their own; the error says what came out otherwise than the model says.
async fn run(deck: Deck, steps: &[Step], outcomes: &Outcomes) -> Result<(), String> {
    let database = TestDatabase::create().await;
    let url = database.url();
    let variables = [("DATABASE_URL", url.as_str()), ("KAMI_TRUSTED_PROXIES", "127.0.0.1")];
    let functions =
        [Function::start_with(API, &variables).await, Function::start_with(API, &variables).await];
    let clients = [functions[0].client().await, functions[1].client().await];
    let mut tables = Tables::of(&database).await;
    let mut world = world(tables.clock().await);
    tables.make(&world).await;
    let mut bench = Bench {
        tables,
        _functions: functions,
        clients,
        deck,
        marks: BTreeMap::new(),
        learned: BTreeMap::new(),
        asked: 0,
    };
    bench.holds(&world).await?;
    for (number, step) in steps.iter().enumerate() {
        let told = |what: String| format!("{what}\nat step {number}, {step:?}");
        match step {
            Step::Pass(count) => {
                world.let_pass(*count);
                bench.tables.let_pass(*count).await;
                bench.holds(&world).await.map_err(told)?;
            }
            Step::Ask(ask) => {
                let (expected, next) = bench.ask(ask, &world).await.map_err(told)?;
                world = next;
                let reason = expected.body["reason"].as_str().unwrap_or("success");
                let outcome = format!("{:?} {reason}", ask.route);
                *outcomes.lock().unwrap().entry(outcome).or_default() += 1;
            }
        }
    }
    Ok(())
}

impl Bench {
    /// Holds the tables against the model.
    async fn holds(&mut self, world: &World) -> Result<(), String> {
        let differences = world.difference(&self.tables.read().await);
        if differences.is_empty() { Ok(()) } else { Err(differences) }
    }

    /// Asks what a machine asks, and returns what that came to, and the world after it.
    async fn ask(&mut self, ask: &Ask, world: &World) -> Result<(Expected, World), String> {
        let app = ask.app(&ask.card.code(self.deck, world), world);
        let key = (ask.machine, app, ask.route == Route::App);
        let mark = match ask.known {
            Known::Nothing => "",
            Known::Last => self.marks.get(&key).map_or("", String::as_str),
            Known::Other => "never-told",
        };
        let (method, path, body) = ask.request(self.deck, world, mark);
        // Who misses often waits: each request is a neighbour's of nobody.
        self.asked += 1;
        let [high, low] = [self.asked >> 8, self.asked & 0xff];
        let source =
            if ask.is_far { format!("203.0.113.{low}") } else { format!("2001:db8:{high:x}:{low:x}::1") };
        let from = self.tables.clock().await;
        let client = &mut self.clients[self.asked as usize % 2];
        let answer = client.send(method, &path, &[("x-forwarded-for", &source)], &body).await;
        let to = self.tables.clock().await;
        let found = self.tables.read().await;
        let [code, told_mark] = ["code", "app_mark"].map(|name| answer.body[name].as_str());
        let drawn = Drawn { code, mark: told_mark, learned: &self.learned };
        let told = read(ask.route, &answer)?;
        let mut differences = String::new();
        for at in clocks(from, to) {
            let mut next = world.clone();
            let expected = next.answer(ask, self.deck, mark, drawn, at);
            let differs = [difference("the answer", &expected, &told), next.difference(&found)].concat();
            if differs.is_empty() {
                self.learn(key, &answer)?;
                return Ok((expected, next));
            }
            differences += &format!("with {at:?}:\n{differs}");
        }
        Err(format!("{method} {path} {body} was answered {told:?}\n{differences}"))
    }

    /// Keeps by which mark what was said is known again.
    fn learn(&mut self, client: (usize, String, bool), answer: &Answer) -> Result<(), String> {
        let Some(mark) = answer.body["app_mark"].as_str() else { return Ok(()) };
        self.marks.insert(client, mark.to_owned());
        if let Some(said) = answer.body.get("app") {
            let said = said.to_string();
            if self.learned.iter().any(|(other, its_mark)| *other != said && its_mark == mark) {
                return Err(format!("{mark} is the mark of two things that are said"));
            }
            self.learned.insert(said, mark.to_owned());
        }
        Ok(())
    }
}

/// An answer, whose words for people are there where they have to be, without them.
fn read(route: Route, answer: &Answer) -> Result<Expected, String> {
    let Answer { status, headers, body } = answer;
    let mut body = body.clone();
    let words = body.as_object_mut().and_then(|members| members.remove("message"));
    let has_words = words.is_some_and(|words| words.as_str().is_some_and(|words| !words.is_empty()));
    if has_words != (*status != StatusCode::OK || route == Route::Validate) {
        return Err(format!("words for people: {answer:?}"));
    }
    let wait = headers.get("retry-after").map(|wait| wait.to_str().unwrap().parse().unwrap());
    Ok(Expected { status: *status, body, wait })
}

/// What the database's clock may have said in the course of a request that began and ended then.
fn clocks(from: Moment, to: Moment) -> Vec<Clock> {
    let seconds = 0..=(to - from).num_seconds();
    let moments: Vec<_> = seconds.map(|second| from + model::seconds(second)).collect();
    let later = |than: Moment| moments.iter().copied().filter(move |moment| *moment >= than);
    let mut clocks = Vec::new();
    for read in later(from) {
        for written in later(read) {
            clocks.extend(later(written).map(|taken| Clock { read, written, taken }));
        }
    }
    clocks
}
