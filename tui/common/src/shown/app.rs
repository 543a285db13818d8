//! What stands for each thing that an app says.

use std::collections::BTreeMap;

use kami_core::policy::{
    Cooldown, LeaseLength, OfflineLength, Policy, PolicyPart, UnbindBy, UnbindCost, UnbindLimit, UnbindPart,
    UnbindPolicy, WhenFull,
};
use kami_core::property::Property;
use kami_core::trial::Trial;
use kami_store::CardValues;
use serde_json::Value as Json;

use super::card::label;
use super::kept::as_kept;
use super::span::duration;
use crate::cells::harmless;
use crate::words::{Language, counted, number, say};

/// What the log keeps of an app beside its named values, in the order of reading.
const FIELDS: [&str; 14] = [
    "title",
    "lease",
    "when_full",
    "trial",
    "unbind",
    "unbind_cooldown",
    "unbind_limit",
    "unbind_cost",
    "offline",
    "latest",
    "minimum",
    "url",
    "notice",
    "archived",
];

/// What a thing that an app says is called: `title`, `lease`, `when_full`, `trial`, `unbind`, `unbind_cooldown`,
/// `unbind_limit`, `unbind_cost`, `offline`, `latest`, `minimum`, `url`, `notice`, `archived`, `name`, `created` or `cards`.
pub fn app_label(language: Language, field: &str) -> String {
    say!(language, format!("app.{field}"))
}

/// For how long a machine that is not heard of again keeps its seat.
pub fn lease(language: Language, lease: Option<LeaseLength>) -> String {
    lease.map_or_else(|| say!(language, "lease.off"), |lease| duration(language, Some(lease.seconds())))
}

/// What becomes of a machine that asks when all seats are taken.
pub fn when_full(language: Language, rule: WhenFull) -> String {
    say!(language, format!("when_full.{}", rule.word()))
}

/// What a machine gets to try an app.
pub fn trial(language: Language, trial: Option<Trial>) -> String {
    match trial.map(|trial| (trial.seconds(), trial.points())) {
        None => say!(language, "trial.off"),
        Some((seconds, None)) => duration(language, seconds),
        Some((_, Some(points))) => counted(language, "trial.points", points.get().into()),
    }
}

/// From which machines customers unbind a card.
pub fn unbind_by(language: Language, by: UnbindBy) -> String {
    say!(language, format!("unbind.{}", by.word()))
}

/// How long after an unbinding the next one is: where nobody has said it, how long that is all the same.
pub fn unbind_cooldown(language: Language, policy: UnbindPolicy) -> String {
    let span = |wait: Cooldown| duration(language, Some(wait.seconds()));
    match (policy.cooldown, policy.told_wait()) {
        (Some(cooldown), _) => span(cooldown),
        (None, Some(wait)) => say!(language, "unbind.least_cooldown", span = span(wait)),
        (None, None) => say!(language, "unbind.no_cooldown"),
    }
}

/// How many unbindings there are.
pub fn unbind_limit(language: Language, limit: Option<UnbindLimit>) -> String {
    let none = || say!(language, "unbind.no_limit");
    limit.map_or_else(none, |limit| say!(language, "unbind.limit", n = number(limit.get().into())))
}

/// What an unbinding costs.
pub fn unbind_cost(language: Language, cost: Option<UnbindCost>) -> String {
    match cost {
        None => say!(language, "unbind.free"),
        Some(UnbindCost::Time(seconds)) => duration(language, Some(seconds.get())),
        Some(UnbindCost::Points(points)) => counted(language, "unbind.points", points.get().into()),
    }
}

/// For how long an app may start without a network.
pub fn offline(language: Language, length: Option<OfflineLength>) -> String {
    length.map_or_else(|| say!(language, "offline.off"), |length| duration(language, Some(length.seconds())))
}

/// A named value of an app, what it is called and what it is.
pub fn named_value(language: Language, name: &str, value: &str, is_public: bool) -> (String, String) {
    let (name, value) = (harmless(name), harmless(value));
    let value = if is_public { say!(language, "app.public", value = value) } else { value.into_owned() };
    (say!(language, "app.value", name = name), value)
}

/// What the log kept of an app, by the places in the order of reading and what stands there is called; what a later version
/// may have kept is shown as it is.
pub(super) fn app_values(
    language: Language,
    values: Option<&CardValues>,
) -> BTreeMap<(usize, String), String> {
    let mut said = BTreeMap::new();
    for (key, value) in values.into_iter().flatten() {
        let field = place(key);
        match (field, value) {
            (_, Json::Null) => {}
            (None, Json::String(text)) if key == "policy" => said.extend(policy_values(language, text)),
            (None, Json::Array(named)) if key == "values" => {
                let named = named.iter().map(|named| kept_value(language, named));
                said.extend(named.map(|(name, value)| ((FIELDS.len(), name), value)));
            }
            (field, value) => {
                let text = match value {
                    _ if key == "archived" => say!(language, "act.yes"),
                    value => as_kept(value),
                };
                let label =
                    field.map_or_else(|| harmless(key).into_owned(), |_| app_label(language, key.as_str()));
                said.insert((field.unwrap_or(FIELDS.len() + 1), label), text);
            }
        }
    }
    said.retain(|_, text| !text.is_empty());
    said
}

/// The place of a field in the order of reading.
fn place(field: &str) -> Option<usize> {
    FIELDS.iter().position(|known| *known == field)
}

/// What a policy says that the log kept; what this version cannot read is shown as it is.
fn policy_values(language: Language, text: &str) -> Vec<((usize, String), String)> {
    let of = |field, text| ((place(field).unwrap_or_default(), app_label(language, field)), text);
    let (known, rest) = match text.parse() {
        Ok(part) => {
            let whole = Policy::of(&part, &PolicyPart::default()).unbind;
            let PolicyPart {
                lease: length,
                when_full: rule,
                trial: offer,
                unbind,
                offline: span,
                others,
                ..
            } = part;
            let UnbindPart { by, cooldown, limit, cost } = unbind;
            let known = [
                length.map(|length| of("lease", lease(language, length))),
                rule.map(|rule| of("when_full", when_full(language, rule))),
                offer.map(|offer| of("trial", trial(language, Some(offer)))),
                by.map(|by| of("unbind", unbind_by(language, by))),
                cooldown.map(|_| of("unbind_cooldown", unbind_cooldown(language, whole))),
                limit.map(|limit| of("unbind_limit", unbind_limit(language, limit))),
                cost.map(|cost| of("unbind_cost", unbind_cost(language, cost))),
                span.map(|span| of("offline", offline(language, span))),
            ];
            (known.into_iter().flatten().collect(), others)
        }
        Err(_) => (Vec::new(), text.to_owned()),
    };
    let rest = ((FIELDS.len() + 1, label(language, Property::Policy)), harmless(&rest).into_owned());
    known.into_iter().chain([rest]).collect()
}

/// A named value as the log kept it.
fn kept_value(language: Language, named: &Json) -> (String, String) {
    let text = |key: &str| named.get(key).and_then(Json::as_str).unwrap_or_default();
    let is_public = named.get("public").and_then(Json::as_bool).unwrap_or_default();
    named_value(language, text("name"), text("value"), is_public)
}
