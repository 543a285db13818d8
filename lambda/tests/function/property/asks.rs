//! What machines ask, rightly and wrongly.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};

use super::model::World;
use super::start::TOPS;
use super::which::{APPS, Deck, MACHINES, Which, any_card, any_machine};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Route {
    Validate,
    Status,
    StatusByPath,
    Consume,
    Release,
    Unbind,
    Recharge,
    Trial,
    App,
}

/// What a client knows of its app by its mark.
#[derive(Clone, Copy, Debug)]
pub(super) enum Known {
    Nothing,
    /// What it was told last.
    Last,
    /// Something that was never told.
    Other,
}

/// What a machine asks. Each route reads of it what it reads.
#[derive(Clone, Debug)]
pub(super) struct Ask {
    pub(super) route: Route,
    pub(super) machine: usize,
    pub(super) card: Which,
    pub(super) with: Which,
    /// The app that the client says it is of, where that is another than the card's.
    pub(super) app: Option<&'static str>,
    pub(super) version: Option<&'static str>,
    pub(super) known: Known,
    pub(super) amount: u32,
    pub(super) request_id: &'static str,
    pub(super) is_far: bool,
    pub(super) spelling: usize,
    pub(super) fault: Option<Fault>,
}

/// What a request says wrongly.
#[derive(Clone, Debug)]
pub(super) enum Fault {
    /// This field, or leaves it out.
    Field(&'static str, Option<Value>),
    /// All of it.
    Body(&'static str),
    /// More than is read.
    Size,
}

fn any_route() -> impl Strategy<Value = Route> {
    prop_oneof![
        8 => Just(Route::Validate),
        2 => Just(Route::Status),
        1 => Just(Route::StatusByPath),
        5 => Just(Route::Consume),
        3 => Just(Route::Release),
        5 => Just(Route::Unbind),
        3 => Just(Route::Recharge),
        3 => Just(Route::Trial),
        1 => Just(Route::App),
    ]
}

fn any_fault() -> impl Strategy<Value = Fault> {
    let long = "x".repeat(129);
    let mut faults = vec![Fault::Body("[1]"), Fault::Body("{}"), Fault::Body("nonsense"), Fault::Size];
    for field in ["code", "with", "machine_code"] {
        let values = [Value::Null, json!(" \n"), json!(7), json!(long), json!(["PC-0"])];
        faults.push(Fault::Field(field, None));
        faults.extend(values.map(|value| Fault::Field(field, Some(value))));
    }
    for (field, values) in [
        ("app", vec![json!("My App"), json!(7), json!("x".repeat(33))]),
        ("version", vec![json!("new"), json!(2)]),
        ("app_mark", vec![json!("x".repeat(65)), json!([])]),
        ("amount", vec![json!(null), json!("1"), json!(0), json!(-1), json!(1.5), json!(1_000_000_001)]),
        ("request_id", vec![json!(null), json!(""), json!(7), json!("two words"), json!("x".repeat(65))]),
    ] {
        faults.extend(values.into_iter().map(|value| Fault::Field(field, Some(value))));
    }
    select(faults)
}

fn any_other_card() -> impl Strategy<Value = Which> {
    prop_oneof![8 => (0..TOPS.len()).prop_map(Which::Top), 1 => any_card()]
}

pub(super) fn any_ask() -> impl Strategy<Value = Ask> {
    let who = (any_route(), any_machine(), any_card(), any_other_card());
    let other_app =
        prop_oneof![12 => Just(None), 1 => select(&["default", "demo", "nowhere"][..]).prop_map(Some)];
    let version = select(&[None, None, Some("1.0"), Some("2.0")][..]);
    let known = select(&[Known::Nothing, Known::Last, Known::Last, Known::Other][..]);
    let amount = prop_oneof![12 => 1..9_u32, 2 => Just(30), 1 => select(&[999_999_999, 1_000_000_000][..])];
    let client = (other_app, version, known);
    let taking = (amount, select(&["a", "b", "c", "d", "e", "f"][..]));
    let manner = (prop::bool::weighted(0.1), 0..3_usize, prop::option::weighted(0.06, any_fault()));
    (who, client, taking, manner).prop_map(|(who, client, taking, manner)| {
        let ((route, machine, card, with), (app, version, known)) = (who, client);
        let ((amount, request_id), (is_far, spelling, fault)) = (taking, manner);
        Ask { route, machine, card, with, app, version, known, amount, request_id, is_far, spelling, fault }
    })
}

impl Route {
    /// Where it is asked, but for that which has all it asks in its path.
    fn path(self) -> &'static str {
        match self {
            Self::Validate => "/api/validate",
            Self::Status | Self::StatusByPath => "/api/status",
            Self::Consume => "/api/consume",
            Self::Release => "/api/release",
            Self::Unbind => "/api/unbind",
            Self::Recharge => "/api/recharge",
            Self::Trial => "/api/trial",
            Self::App => "/api/apps",
        }
    }

    /// The fields of its body.
    pub(super) fn fields(self) -> &'static [&'static str] {
        match self {
            Self::Validate => &["code", "machine_code", "app", "version", "app_mark"],
            Self::Status | Self::Release | Self::Unbind => &["code", "machine_code", "app"],
            Self::Consume => &["code", "machine_code", "amount", "request_id", "app", "version"],
            Self::Recharge => &["code", "with", "machine_code", "app"],
            Self::Trial => &["machine_code", "app", "version"],
            Self::StatusByPath | Self::App => &[],
        }
    }
}

impl Ask {
    /// The app that the client says: the card's, where there is one, and otherwise one of all.
    pub(super) fn app(&self, code: &str, world: &World) -> String {
        let of_card =
            || world.cards.get(code).map_or(APPS[self.machine % APPS.len()], |card| card.app.as_str());
        self.app.unwrap_or_else(of_card).to_owned()
    }

    /// The method, the path and the body of the request, for a client with that mark of its app.
    pub(super) fn request(&self, deck: Deck, world: &World, mark: &str) -> (&'static str, String, String) {
        let code = self.card.code(deck, world);
        let app = self.app(&code, world);
        if self.route == Route::App {
            return ("GET", format!("/api/apps/{app}?app_mark={mark}"), String::new());
        }
        if self.route == Route::StatusByPath {
            let machine = utf8_percent_encode(MACHINES[self.machine], NON_ALPHANUMERIC);
            let path = format!("/api/status/{code}?machine_code={machine}&app={app}");
            return ("GET", path, String::new());
        }
        let mut body = Map::new();
        body.insert("code".into(), spelt(&code, self.spelling).into());
        body.insert("machine_code".into(), MACHINES[self.machine].into());
        body.insert("with".into(), spelt(&self.with.code(deck, world), self.spelling).into());
        body.insert("amount".into(), self.amount.into());
        body.insert("request_id".into(), self.request_id.into());
        body.insert("app_mark".into(), mark.into());
        body.insert("version".into(), self.version.into());
        if app != "default" || self.spelling == 0 {
            body.insert("app".into(), app.into());
        }
        let text = match &self.fault {
            Some(Fault::Body(text)) => (*text).to_owned(),
            Some(Fault::Size) => format!("{}{}", json!(body), " ".repeat(16 * 1024)),
            Some(Fault::Field(field, value)) => {
                body.remove(*field);
                body.extend(value.clone().map(|value| ((*field).to_owned(), value)));
                json!(body).to_string()
            }
            None => json!(body).to_string(),
        };
        ("POST", self.route.path().to_owned(), text)
    }
}

/// A code as people type it.
fn spelt(code: &str, spelling: usize) -> String {
    match spelling {
        0 => code.to_owned(),
        1 => format!(" {}\n", code.to_lowercase()),
        _ => code.replace('-', "－"),
    }
}
