//! Cards as rows of a spreadsheet (CSV) and as JSON lines.

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Map, Value as Json};

use super::cell::harmless;
use kami_core::hidden;
use kami_core::property::Property;
use kami_core::record::CardRecord;
use kami_core::value::Value;

/// The names of the columns of a CSV file, of which an import reads those that have titles.
pub fn columns() -> impl Iterator<Item = &'static str> {
    Property::TABLE.into_iter().filter_map(|property| property.traits().export)
}

pub(super) fn moment(moment: DateTime<Utc>) -> String {
    moment.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// One line of CSV.
pub(super) fn row(cells: impl Iterator<Item = String>) -> String {
    let cells: Vec<String> = cells.map(|cell| quoted(&cell)).collect();
    cells.join(",") + "\n"
}

/// A cell in quotes if it needs them: also where `;` separates, which a comma's reader would not have asked for.
fn quoted(cell: &str) -> String {
    if cell.contains([',', ';', '"']) {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell.to_owned()
    }
}

/// The first line of a CSV file, behind the mark by which spreadsheets know UTF-8.
pub fn csv_header() -> String {
    format!("\u{feff}{}", row(columns().map(str::to_owned)))
}

/// One card as a line of CSV.
pub fn csv_line(card: &CardRecord) -> String {
    row(Property::TABLE.into_iter().map(|property| match property.value(card) {
        Value::Missing => String::new(),
        Value::Number(number) => number.to_string(),
        Value::Text(text) => harmless(&text),
        Value::Status(status) => status.to_string(),
        Value::Duration(duration) => duration.to_string(),
        Value::Moment(at) => moment(at),
    }))
}

/// One card as a line of JSON.
pub fn json_line(card: &CardRecord) -> String {
    format!("{}\n", hidden::json(&json_object(card, moment).to_string()))
}

/// One card as a JSON object, under the names that files and commands share, with its moments in a form of choice.
pub fn json_object(card: &CardRecord, moment: impl Fn(DateTime<Utc>) -> String) -> Json {
    let mut object = Map::new();
    for property in Property::ALL {
        let Some(name) = property.traits().export else { continue };
        let value = match property.value(card) {
            Value::Missing => Json::Null,
            Value::Number(number) => number.into(),
            Value::Text(text) => text.into(),
            Value::Status(status) => status.as_str().into(),
            Value::Duration(duration) => {
                // For programs, which would have to take the words apart.
                object.insert(format!("{name}_seconds"), duration.seconds().into());
                duration.to_string().into()
            }
            Value::Moment(at) => moment(at).into(),
        };
        object.insert(name.to_owned(), value);
    }
    Json::Object(object)
}

#[cfg(test)]
mod tests {
    use super::*;
    use kami_core::card::CardStatus;
    use kami_core::testing::{at, card};
    use serde_json::json;

    fn active() -> CardRecord {
        let card = card(CardStatus::Active, Some("=cmd|'/c calc'!A1"), Some(0), Some(60));
        let policy = Some("lease=600".into());
        let valid_until = Some(at(60));
        let card = CardRecord { seats: 2, policy, points: Some(40), valid_until, ..card };
        CardRecord { note: Some("a, \"b\"\nc".into()), batch_id: Some(7), ..card }
    }

    #[test]
    fn a_card_in_csv() {
        assert_eq!(
            csv_header(),
            "\u{feff}code,status,machine,duration,created_at,used_at,expire_at,batch,note,prefix,app,seats,policy,points,valid_until\n"
        );
        assert_eq!(
            csv_line(&active()),
            "VIP-DEMO123456,active,'=cmd|'/c calc'!A1,100s,2025-12-31T23:43:20Z,2026-01-01T00:00:00Z,\
             2026-01-01T00:01:00Z,7,\"a, \"\"b\"\"\\u{a}c\",VIP,default,2,lease=10m,40,2026-01-01T00:01:00Z\n"
        );
    }

    #[test]
    fn numbers_that_are_names_stay_text() {
        let machine_code = Some("868533012345678".into());
        let line = csv_line(&CardRecord { machine_code, note: Some("007".into()), ..active() });
        assert!(
            line.contains(",'868533012345678,100s,")
                && line.ends_with(",7,'007,VIP,default,2,lease=10m,40,2026-01-01T00:01:00Z\n"),
            "{line}"
        );
    }

    #[test]
    fn a_card_in_json() {
        let line = json_line(&active());
        let value: Json = serde_json::from_str(&line).unwrap();
        assert!(line.ends_with('\n') && line.lines().count() == 1);
        assert_eq!((&value["code"], &value["note"]), (&json!("VIP-DEMO123456"), &json!("a, \"b\"\nc")));
        assert_eq!(
            (&value["duration_seconds"], &value["used_at"]),
            (&json!(100), &json!("2026-01-01T00:00:00Z"))
        );
    }

    #[test]
    fn the_names_in_json_are_what_programs_know() {
        let line = json_line(&CardRecord { machine_code: None, ..active() });
        assert_eq!(
            line,
            "{\"app\":\"default\",\"batch\":7,\"code\":\"VIP-DEMO123456\",\"created_at\":\"2025-12-31T23:43:20Z\",\"duration\":\"100s\",\
             \"duration_seconds\":100,\"expire_at\":\"2026-01-01T00:01:00Z\",\"id\":1,\"machine\":null,\
             \"note\":\"a, \\\"b\\\"\\nc\",\"points\":40,\"policy\":\"lease=10m\",\"prefix\":\"VIP\",\"seats\":2,\"status\":\"active\",\"used_at\":\"2026-01-01T00:00:00Z\",\"valid_until\":\"2026-01-01T00:01:00Z\"}\n"
        );
    }

    #[test]
    fn a_cell_stays_one_wherever_a_comma_or_a_semicolon_separates() {
        let machine_code = Some("PC;=cmd|'/c calc'!A1\n=1+1".into());
        let line = csv_line(&CardRecord { machine_code, note: Some("a;b".into()), ..active() });
        assert!(line.contains(r",PC\u{3b}=cmd|'/c calc'!A1\u{a}=1+1,"), "{line}");
        assert!(
            line.ends_with(",\"a;b\",VIP,default,2,lease=10m,40,2026-01-01T00:01:00Z\n")
                && line.lines().count() == 1,
            "{line}"
        );
    }
}
