//! Cards as rows of a spreadsheet (CSV) and as JSON lines.

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};

use crate::record::CardRecord;

/// The columns of a CSV file; an import reads `code`, `duration` and `note` of them.
pub const COLUMNS: [&str; 9] =
    ["code", "status", "machine", "duration", "created_at", "used_at", "expire_at", "batch", "note"];

fn moment(moment: DateTime<Utc>) -> String {
    moment.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// The characters at whose sight a spreadsheet runs a cell as a formula.
const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// The text as a cell that no spreadsheet runs: a quotation mark in front makes it text.
pub(super) fn harmless(cell: &str) -> String {
    if cell.starts_with(FORMULA) { format!("'{cell}") } else { cell.to_owned() }
}

/// The text that [`harmless`] was given.
pub(super) fn original(cell: &str) -> &str {
    cell.strip_prefix('\'').filter(|text| text.starts_with(FORMULA)).unwrap_or(cell)
}

fn row(cells: &[String]) -> String {
    let mut writer = csv::WriterBuilder::new().from_writer(Vec::new());
    writer.write_record(cells).expect("writing to memory does not fail");
    let bytes = writer.into_inner().expect("writing to memory does not fail");
    String::from_utf8(bytes).expect("what is made of strings is one")
}

/// The first line of a CSV file, behind the mark by which spreadsheets know UTF-8.
pub fn csv_header() -> String {
    format!("\u{feff}{}", row(&COLUMNS.map(str::to_owned)))
}

/// One card as a line of CSV.
pub fn csv_line(card: &CardRecord) -> String {
    let cells = [
        card.full_code.clone(),
        card.status.to_string(),
        card.machine_code.clone().unwrap_or_default(),
        card.duration.to_string(),
        moment(card.created_at),
        card.used_at.map(moment).unwrap_or_default(),
        card.expire_at.map(moment).unwrap_or_default(),
        card.batch_id.map(|batch| batch.to_string()).unwrap_or_default(),
        card.note.clone().unwrap_or_default(),
    ];
    row(&cells.map(|cell| harmless(&cell)))
}

/// One card as a line of JSON.
pub fn json_line(card: &CardRecord) -> String {
    format!("{}\n", json_object(card, moment))
}

/// One card as a JSON object, under the names that files and commands share, with its moments in a form of choice.
pub fn json_object(card: &CardRecord, moment: impl Fn(DateTime<Utc>) -> String) -> Value {
    json!({
        "id": card.id,
        "code": card.full_code,
        "prefix": card.prefix,
        "status": card.status.as_str(),
        "machine": card.machine_code,
        "duration": card.duration.to_string(),
        "duration_seconds": card.duration.seconds(),
        "created_at": moment(card.created_at),
        "used_at": card.used_at.map(&moment),
        "expire_at": card.expire_at.map(&moment),
        "batch": card.batch_id,
        "note": card.note,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::acts::tests::card;
    use crate::card::CardStatus;

    fn active() -> CardRecord {
        let card = card(CardStatus::Active, Some("=cmd|'/c calc'!A1"), Some(0), Some(60));
        CardRecord { note: Some("a, \"b\"\nc".into()), batch_id: Some(7), ..card }
    }

    #[test]
    fn a_card_in_csv() {
        assert_eq!(
            csv_header(),
            "\u{feff}code,status,machine,duration,created_at,used_at,expire_at,batch,note\n"
        );
        assert_eq!(
            csv_line(&active()),
            "VIP-DEMO123456,active,'=cmd|'/c calc'!A1,100s,2025-12-31T23:43:20Z,2026-01-01T00:00:00Z,\
             2026-01-01T00:01:00Z,7,\"a, \"\"b\"\"\nc\"\n"
        );
    }

    #[test]
    fn a_card_in_json() {
        let line = json_line(&active());
        let value: Value = serde_json::from_str(&line).unwrap();
        assert!(line.ends_with('\n') && line.lines().count() == 1);
        assert_eq!((&value["code"], &value["note"]), (&json!("VIP-DEMO123456"), &json!("a, \"b\"\nc")));
        assert_eq!(
            (&value["duration_seconds"], &value["used_at"]),
            (&json!(100), &json!("2026-01-01T00:00:00Z"))
        );
    }

    proptest! {
        #[test]
        fn no_cell_is_a_formula_and_none_is_lost(text in "[=+@'\t\r-]{0,2}\\PC{0,8}") {
            let cell = harmless(&text);
            prop_assert!(!cell.starts_with(FORMULA));
            // A text that has the mark already keeps it, unless a formula would stand behind it.
            if !text.starts_with('\'') {
                prop_assert_eq!(original(&cell), text);
            }
        }
    }
}
