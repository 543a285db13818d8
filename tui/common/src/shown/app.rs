//! What stands for each thing that an app says.

use std::collections::BTreeMap;

use kami_store::CardValues;
use serde_json::Value as Json;

use crate::cells::harmless;
use crate::words::{Language, say};

/// What the log keeps of an app beside its named values, in the order of reading.
const FIELDS: [&str; 6] = ["title", "latest", "minimum", "url", "notice", "archived"];

/// What a thing that an app says is called: `title`, `latest`, `minimum`, `url`, `notice`, `archived`, `name`, `created`
/// or `cards`.
pub fn app_label(language: Language, field: &str) -> String {
    say!(language, format!("app.{field}"))
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
        let field = FIELDS.iter().position(|field| field == key);
        match (field, value) {
            (_, Json::Null) => {}
            (None, Json::Array(named)) if key == "values" => {
                let named = named.iter().map(|named| kept_value(language, named));
                said.extend(named.map(|(name, value)| ((FIELDS.len(), name), value)));
            }
            (field, value) => {
                let text = match value {
                    _ if key == "archived" => say!(language, "act.yes"),
                    Json::String(text) => harmless(text).into_owned(),
                    other => harmless(&other.to_string()).into_owned(),
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

/// A named value as the log kept it.
fn kept_value(language: Language, named: &Json) -> (String, String) {
    let text = |key: &str| named.get(key).and_then(Json::as_str).unwrap_or_default();
    let is_public = named.get("public").and_then(Json::as_bool).unwrap_or_default();
    named_value(language, text("name"), text("value"), is_public)
}
