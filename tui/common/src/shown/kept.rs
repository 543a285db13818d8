//! What the log kept and this version cannot read.

use serde_json::Value as Json;

use crate::cells::harmless;

/// Such a value as it is.
pub(super) fn as_kept(value: &Json) -> String {
    match value {
        Json::String(text) => harmless(text).into_owned(),
        other => harmless(&other.to_string()).into_owned(),
    }
}
