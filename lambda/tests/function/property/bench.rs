//! Two programs on one database, of which each step is held against the model.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::{Duration, Instant};

use hyper::StatusCode;
use kami_store::{APPS_KEPT, Store};
use kami_testkit::{Answer, Client, Function, TestDatabase};

use super::acts::{self, Act};
use super::answers::{Drawn, Expected};
use super::asks::{Ask, Known, Route};
use super::model::{Clock, Moment, Product, World, difference, seconds};
use super::start::world;
use super::tables::Tables;
use super::which::Deck;
use crate::API;

/// What is under test, with what its clients know.
pub(super) struct Bench {
    tables: Tables,
    _functions: [Function; 2],
    clients: [Client; 2],
    /// What operators act by.
    store: Store,
    deck: Deck,
    /// The marks that clients were told last: by their machines and apps, and apart for what everybody is told.
    marks: BTreeMap<Listener, String>,
    /// By which mark each thing is known that was said.
    learned: BTreeMap<String, String>,
    /// What apps said before, and until when.
    said: Vec<(Instant, BTreeMap<String, Product>)>,
    asked: u32,
}

/// How much longer than the programs keep them apps may be seen as they were.
const GRACE: Duration = Duration::from_secs(2);

type Listener = (usize, String, bool);

impl Bench {
    /// Cards of a round's own, and the model of them.
    pub(super) async fn start(deck: Deck) -> Result<(Self, World), String> {
        let database = TestDatabase::create().await;
        let url = database.url();
        let variables = [("DATABASE_URL", url.as_str()), ("KAMI_TRUSTED_PROXIES", "127.0.0.1")];
        let mut tables = Tables::of(&database).await;
        let world = world(tables.clock().await);
        tables.make(&world).await;
        let functions =
            [Function::start_with(API, &variables).await, Function::start_with(API, &variables).await];
        let clients = [functions[0].client().await, functions[1].client().await];
        let (marks, learned, said) = (BTreeMap::new(), BTreeMap::new(), Vec::new());
        let store = database.store();
        let mut bench =
            Self { tables, _functions: functions, clients, store, deck, marks, learned, said, asked: 0 };
        bench.holds(&world).await.map(|()| (bench, world))
    }

    /// Holds the tables against the model.
    async fn holds(&mut self, world: &World) -> Result<(), String> {
        let differences = world.difference(&self.tables.read().await);
        if differences.is_empty() { Ok(()) } else { Err(differences) }
    }

    /// Lets so many seconds pass.
    pub(super) async fn let_pass(&mut self, seconds: i64, world: &mut World) -> Result<String, String> {
        world.let_pass(seconds);
        self.tables.let_pass(seconds).await;
        self.holds(world).await.map(|()| "time passed".to_owned())
    }

    /// Does what an operator does, and returns what that came to.
    pub(super) async fn act(&mut self, act: &Act, world: &mut World) -> Result<String, String> {
        let from = self.tables.clock().await;
        let done = acts::done(&self.store, act, self.deck, world, from).await;
        let to = self.tables.clock().await;
        let found = self.tables.read().await;
        let mut differences = String::new();
        for now in moments(from, to) {
            let mut next = world.clone();
            let expected = next.act(act, self.deck, from, now);
            if expected.is_err() {
                next.clone_from(world);
            }
            let differs =
                [difference("what it comes to", &expected, &done), next.difference(&found)].concat();
            if differs.is_empty() {
                let before = std::mem::replace(world, next);
                if before.apps != world.apps {
                    self.said.push((Instant::now(), before.apps));
                }
                return Ok(act.outcome(&done));
            }
            writeln!(differences, "at {now}:\n{differs}").unwrap();
        }
        Err(differences)
    }

    /// Asks what a machine asks, and returns what that came to.
    pub(super) async fn ask(&mut self, ask: &Ask, world: &mut World) -> Result<String, String> {
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
        // What everybody is told may be what was so a while ago.
        let lately = self.said.iter().filter(|(until, _)| until.elapsed() < APPS_KEPT + GRACE);
        let lately = lately.map(|(_, apps)| apps).filter(|_| ask.route == Route::App);
        let said: Vec<_> = std::iter::once(world.apps.clone()).chain(lately.cloned()).collect();
        for (at, said) in clocks(from, to).into_iter().flat_map(|at| said.iter().map(move |said| (at, said)))
        {
            let mut next = World { apps: said.clone(), ..world.clone() };
            let expected = next.answer(ask, self.deck, mark, drawn, at);
            next.apps.clone_from(&world.apps);
            let differs = [difference("the answer", &expected, &told), next.difference(&found)].concat();
            if differs.is_empty() {
                self.learn(key, &answer)?;
                *world = next;
                return Ok(format!("{:?}: {}", ask.route, expected.outcome()));
            }
            writeln!(differences, "with {at:?}:\n{differs}").unwrap();
        }
        Err(format!("{method} {path} {body} was answered {told:?}\n{differences}"))
    }

    /// Keeps by which mark what was said is known again.
    fn learn(&mut self, client: Listener, answer: &Answer) -> Result<(), String> {
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

/// Every second from the one to the other.
fn moments(from: Moment, to: Moment) -> impl Iterator<Item = Moment> {
    (0..=(to - from).num_seconds()).map(move |second| from + seconds(second))
}

/// What the database's clock may have said in the course of a request that began and ended then.
fn clocks(from: Moment, to: Moment) -> Vec<Clock> {
    let moments: Vec<_> = moments(from, to).collect();
    let later = |than: Moment| moments.iter().copied().filter(move |moment| *moment >= than);
    let mut clocks = Vec::new();
    for read in later(from) {
        for written in later(read) {
            clocks.extend(later(written).map(|taken| Clock { read, written, taken }));
        }
    }
    clocks
}
