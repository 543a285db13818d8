//! What an act changed about a card, an app or a preset, or who is kept out, and what batch it made.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use kami_core::logged;
use kami_core::property::Property;
use kami_core::zone::Zone;
use kami_store::{CardValues, CustomerRecord, HistoryEntry, LogRecord, Subject};
use serde_json::Value as Json;

use super::app::app_values;
use super::batch::batch_values;
use super::block::block_values;
use super::card::{NONE, label, value};
use super::kept::as_kept;
use super::moment::whole_moment;
use super::preset::preset_values;
use crate::cells::harmless;
use crate::words::{Language, say};

/// Under which the log keeps the machines of a card that lost a further seat, or got one.
const MACHINES: &str = "machines";

/// Under which the log keeps for which machine a licence file was made, and until when it lasts.
const LICENCE_MACHINE: &str = "licence_machine";
const LICENCE_UNTIL: &str = "licence_until";

/// A value that an act changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// What the value is called: `status`.
    pub name: String,
    /// What it was and what it became: `active → disabled`.
    pub values: String,
}

/// As a line of its own.
impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}  {}", self.name, self.values)
    }
}

/// What an act changed about a card, by the names of the values, about an app or a preset, or about who is kept out.
pub fn changes(language: Language, zone: Zone, record: &LogRecord) -> Vec<Change> {
    match record.subject() {
        Some(Subject::App(_)) => return app_changes(language, record),
        Some(Subject::Preset { .. }) => return preset_changes(language, zone, record),
        Some(Subject::Blocks(_)) => return block_changes(language, zone, record),
        None if record.card_id.is_none() && record.batch_id.is_some() => {
            return batch_changes(language, zone, record);
        }
        None => {}
    }
    card_changes(language, zone, record.before.as_ref(), record.after.as_ref())
}

/// What was changed about a card by an operator or a customer.
pub fn changes_of(language: Language, zone: Zone, entry: &HistoryEntry) -> Vec<Change> {
    match entry {
        HistoryEntry::Operator(record) => changes(language, zone, record),
        HistoryEntry::Customer(record) => {
            let changed = card_changes(language, zone, record.before.as_ref(), record.after.as_ref());
            beside(language, record).chain(changed).collect()
        }
    }
}

/// What a customer's act was about beside the values that it changed: another card, and a machine where it changed none.
fn beside(language: Language, record: &CustomerRecord) -> impl Iterator<Item = Change> + use<> {
    let code = record.other_code.as_deref().map(|code| harmless(code).into_owned());
    let other = code.or_else(|| record.other_card.map(|id| format!("#{id}")));
    let machine = record.machine.as_deref().filter(|_| record.before.is_none() && record.after.is_none());
    let of = |name: String| move |values: String| Change { name, values };
    let other = other.map(of(say!(language, "seat.other_card")));
    let machine = machine.map(|machine| harmless(machine).into_owned());
    other.into_iter().chain(machine.map(of(label(language, Property::Machine))))
}

fn card_changes(
    language: Language,
    zone: Zone,
    before: Option<&CardValues>,
    after: Option<&CardValues>,
) -> Vec<Change> {
    let (Some(before), Some(after)) = (before, after) else { return Vec::new() };
    let mut names: Vec<&String> = before.keys().chain(after.keys()).collect();
    names.sort_unstable();
    names.dedup();
    names
        .into_iter()
        .filter(|name| name.as_str() != "updated_at" && before.get(*name) != after.get(*name))
        .map(|name| {
            let property = Property::of_column(name);
            let word = property.map(|property| label(language, property)).filter(|word| !word.is_empty());
            let name_shown = match name.as_str() {
                MACHINES => say!(language, "seat.machines"),
                LICENCE_MACHINE => say!(language, "licence.file"),
                LICENCE_UNTIL => say!(language, "licence.until"),
                other => word.unwrap_or_else(|| harmless(other).into_owned()),
            };
            let shown = |values: &CardValues| match (name.as_str(), values.get(name)) {
                (LICENCE_UNTIL, Some(Json::Null)) => say!(language, "licence.for_ever"),
                // It is a moment as that at which a card expires.
                (LICENCE_UNTIL, until) => kept(language, zone, Some(Property::ExpireAt), until),
                (_, value) => kept(language, zone, property, value),
            };
            Change { name: name_shown, values: format!("{} → {}", shown(before), shown(after)) }
        })
        .collect()
}

/// What an act changed about an app: one that was made had nothing before, one that was removed has nothing any more.
fn app_changes(language: Language, record: &LogRecord) -> Vec<Change> {
    let [before, after] = [&record.before, &record.after].map(|values| app_values(language, values.as_ref()));
    differing(&before, &after)
}

/// What differs, in the order of the places at which it stands.
fn differing(
    before: &BTreeMap<(usize, String), String>,
    after: &BTreeMap<(usize, String), String>,
) -> Vec<Change> {
    let places: BTreeSet<_> = before.keys().chain(after.keys()).collect();
    let changed = places.into_iter().filter(|place| before.get(place) != after.get(place));
    let shown = |value: Option<&String>| value.map_or_else(|| NONE.to_owned(), String::clone);
    changed
        .map(|place| {
            let values = format!("{} → {}", shown(before.get(place)), shown(after.get(place)));
            Change { name: place.1.clone(), values }
        })
        .collect()
}

/// What an act changed about a preset, as [`app_changes`] tells it of an app.
fn preset_changes(language: Language, zone: Zone, record: &LogRecord) -> Vec<Change> {
    let [before, after] =
        [&record.before, &record.after].map(|values| preset_values(language, zone, values.as_ref()));
    differing(&before, &after)
}

/// What an act changed about one who is kept out, as [`app_changes`] tells it of an app.
fn block_changes(language: Language, zone: Zone, record: &LogRecord) -> Vec<Change> {
    let [before, after] =
        [&record.before, &record.after].map(|values| block_values(language, zone, values.as_ref()));
    differing(&before, &after)
}

/// What an act said of a batch that it made, as [`app_changes`] tells it of an app.
fn batch_changes(language: Language, zone: Zone, record: &LogRecord) -> Vec<Change> {
    let is_generated = record.act == "generate";
    let [before, after] = [&record.before, &record.after]
        .map(|values| values.as_ref().map(|values| batch_values(language, zone, is_generated, values)));
    differing(&before.unwrap_or_default(), &after.unwrap_or_default())
}

/// A value that the log kept, as an operator reads it: a status in words, moments by his own clock. What a later version
/// may have kept is shown as it is.
fn kept(language: Language, zone: Zone, property: Option<Property>, kept: Option<&Json>) -> String {
    let Some(kept) = kept else { return NONE.to_owned() };
    let known = property.and_then(|property| Some((property, logged::read(property.traits().kind, kept)?)));
    match (known, kept) {
        (Some((property, known)), _) => {
            value(language, property, &known, |at| whole_moment(zone, at)).unwrap_or_else(|| NONE.to_owned())
        }
        (None, Json::Null) => NONE.to_owned(),
        (None, Json::Array(texts)) if texts.iter().all(Json::is_string) => {
            let texts: Vec<_> = texts.iter().filter_map(Json::as_str).map(harmless).collect();
            texts.join(&say!(language, "touch.comma"))
        }
        (None, other) => as_kept(other),
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use serde_json::json;

    use super::*;

    fn record(before: &Json, after: &Json) -> LogRecord {
        let values = |values: &Json| values.as_object().cloned();
        LogRecord {
            id: 1,
            act_id: 1,
            act: "app_set".into(),
            operator: "li".into(),
            account: None,
            done_at: DateTime::UNIX_EPOCH,
            card_id: None,
            batch_id: None,
            subject: Some("demo".into()),
            full_code: None,
            before: values(before),
            after: values(after),
        }
    }

    #[test]
    fn what_an_act_changed_about_an_app_is_told_thing_by_thing() {
        let value = |value: &str, public: bool| json!([{ "name": "key", "value": value, "public": public }]);
        let blank = json!({ "title": "", "policy": "", "values": [] });
        for (before, after, told) in [
            (&Json::Null, &blank, &[][..]),
            (&blank, &json!({ "title": "演示", "policy": "", "values": [] }), &["title  - → 演示"]),
            (
                &json!({ "title": "a", "latest": "1.0", "values": value("x", false) }),
                &json!({ "title": "a", "latest": "1.2", "minimum": "1", "values": value("y\u{1b}", true) }),
                &["latest version  1.0 → 1.2", "lowest version  - → 1", "value key  x → y␛ (public)"],
            ),
            (&json!({ "archived": 1, "later": 5 }), &json!({}), &["archived  Yes → -", "later  5 → -"]),
            (
                &json!({ "title": "a", "policy": "when-full=oldest", "latest": "1" }),
                &json!({ "title": "b", "policy": "lease=600 later=1", "latest": "2" }),
                &[
                    "title  a → b",
                    "lease  - → 10m",
                    "when full  oldest gives way → -",
                    "latest version  1 → 2",
                    "policy  - → later=1",
                ],
            ),
            (&json!({ "policy": "lease=x" }), &json!({ "policy": "" }), &["policy  lease=x → -"]),
            (
                &json!({ "url": "https://a", "notice": "n" }),
                &Json::Null,
                &["download  https://a → -", "notice  n → -"],
            ),
        ] {
            let changes = changes(Language::ENGLISH, Zone::default(), &record(before, after));
            let lines: Vec<String> = changes.iter().map(Change::to_string).collect();
            assert_eq!(lines, told);
        }
    }

    #[test]
    fn what_an_act_changed_about_a_preset_is_told_thing_by_thing() {
        for (before, after, told) in [
            (
                &Json::Null,
                &json!({ "prefix": "VIP", "seats": 1, "duration_seconds": 2_592_000, "price": 990, "currency": "CNY" }),
                &["prefix  - → VIP", "duration  - → 30d", "seats  - → 1", "price  - → 9.90 CNY"][..],
            ),
            (
                &json!({ "prefix": "VIP", "seats": 1, "duration_seconds": 60, "price": 990, "currency": "CNY" }),
                &json!({ "prefix": "VIP", "seats": 1, "points": 1000, "price": 990, "currency": "JPY", "recharge": 1 }),
                &[
                    "duration  1m → forever",
                    "points  - → 1,000",
                    "price  9.90 CNY → 990 JPY",
                    "tops up  - → Yes",
                ],
            ),
            (
                &json!({ "prefix": "A", "valid_until": "2026-12-31 16:00:00" }),
                &json!({ "prefix": "A", "valid_until": "x\u{1b}", "price": 5, "later": [1] }),
                &["last moment  2027-01-01 00:00:00 → x␛", "price  - → 5", "later  - → [1]"],
            ),
            (&json!({ "prefix": "A" }), &Json::Null, &["prefix  A → -", "duration  forever → -"]),
        ] {
            let record = LogRecord { subject: Some("demo/month".into()), ..record(before, after) };
            let changes = changes(Language::ENGLISH, Zone::default(), &record);
            assert_eq!(changes.iter().map(Change::to_string).collect::<Vec<_>>(), told);
        }
    }

    #[test]
    fn of_a_batch_it_is_told_what_was_made() {
        let all = json!({
            "prefix": "VIP", "card_count": 1_500, "code_length": 10, "duration_seconds": 2_592_000, "note": "Li\u{1b}",
            "app": "demo", "seats": 3, "points": 1_000, "valid_until": "2026-12-31 10:00:00",
            "policy": "lease=600", "preset": "month", "price": 990, "currency": "CNY", "recharge": 1, "later": 7
        });
        let usual = json!({
            "prefix": "VIP", "card_count": 1, "code_length": 10, "duration_seconds": null, "note": null,
            "app": "default", "seats": 1, "points": null, "preset": "x", "recharge": 0
        });
        let imported = json!({
            "prefix": null, "card_count": 2, "code_length": null, "duration_seconds": null, "app": "default"
        });
        for (act, language, values, told) in [
            (
                "generate",
                "en",
                &all,
                "app  - → demo, preset  - → month, cards  - → 1,500, prefix  - → VIP, duration  - → 30d, \
                 last moment  - → 2026-12-31 18:00:00, points  - → 1,000, seats  - → 3, price  - → 9.90 CNY, \
                 tops up  - → Yes, later  - → 7, policy  - → lease=10m, note  - → Li␛",
            ),
            ("generate", "en", &usual, "preset  - → x, cards  - → 1, prefix  - → VIP, duration  - → forever"),
            ("generate", "zh", &usual, "预设  - → x, 卡数  - → 1, 前缀  - → VIP, 时长  - → 永久"),
            ("import", "en", &imported, "cards  - → 2"),
        ] {
            let record = LogRecord {
                subject: None,
                act: act.into(),
                batch_id: Some(3),
                ..record(&Json::Null, values)
            };
            let changes = changes(Language::of_locale(language), Zone::default(), &record);
            let lines: Vec<String> = changes.iter().map(Change::to_string).collect();
            assert_eq!(lines.join(", "), told);
        }
    }

    #[test]
    fn the_machines_of_further_seats_are_named_without_harm() {
        for (before, after, told) in [
            (
                json!({ "machine_code": "PC-1", "machines": ["PC-2", "PC\u{1b}[31m\u{202e}3"] }),
                json!({ "machine_code": null }),
                &["machine  PC-1 → -", "machines  PC-2, PC␛[31m�3 → -"][..],
            ),
            (json!({}), json!({ "machines": ["PC-2"] }), &["machines  - → PC-2"]),
            (
                json!({}),
                json!({ "licence_machine": "PC\u{1b}1", "licence_until": "2026-12-31 16:00:00" }),
                &["licence file  - → PC␛1", "licence until  - → 2027-01-01 00:00:00"],
            ),
            (
                json!({}),
                json!({ "licence_machine": "PC", "licence_until": null }),
                &["licence file  - → PC", "licence until  - → for ever"],
            ),
            (
                json!({ "machines": "PC\u{9b}" }),
                json!({ "machines": ["\u{202e}", 7] }),
                &["machines  PC� → [\"�\",7]"],
            ),
        ] {
            let record = LogRecord { subject: None, ..record(&before, &after) };
            let changes = changes(Language::ENGLISH, Zone::default(), &record);
            assert_eq!(changes.iter().map(Change::to_string).collect::<Vec<_>>(), told);
        }
    }
}
