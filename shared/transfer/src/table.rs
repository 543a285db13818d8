//! Cards as rows of a spreadsheet (CSV) and as JSON lines.

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};

use super::cell::harmless;
use kami_core::hidden;
use kami_core::record::CardRecord;

/// The columns of a CSV file; an import reads `code`, `duration`, `note` and `prefix` of them.
pub const COLUMNS: [&str; 10] = [
    "code",
    "status",
    "machine",
    "duration",
    "created_at",
    "used_at",
    "expire_at",
    "batch",
    "note",
    "prefix",
];

fn moment(moment: DateTime<Utc>) -> String {
    moment.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// One line of CSV.
fn row(cells: &[String]) -> String {
    let cells: Vec<String> = cells.iter().map(|cell| quoted(cell)).collect();
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
    format!("\u{feff}{}", row(&COLUMNS.map(str::to_owned)))
}

/// One card as a line of CSV.
pub fn csv_line(card: &CardRecord) -> String {
    let cells = [
        harmless(&card.full_code),
        card.status.to_string(),
        harmless(card.machine_code.as_deref().unwrap_or_default()),
        card.duration.to_string(),
        moment(card.created_at),
        card.used_at.map(moment).unwrap_or_default(),
        card.expire_at.map(moment).unwrap_or_default(),
        card.batch_id.map(|batch| batch.to_string()).unwrap_or_default(),
        harmless(card.note.as_deref().unwrap_or_default()),
        harmless(&card.prefix),
    ];
    row(&cells)
}

/// One card as a line of JSON.
pub fn json_line(card: &CardRecord) -> String {
    format!("{}\n", hidden::json(&json_object(card, moment).to_string()))
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
    use super::*;
    use kami_core::card::CardStatus;
    use kami_core::testing::card;

    fn active() -> CardRecord {
        let card = card(CardStatus::Active, Some("=cmd|'/c calc'!A1"), Some(0), Some(60));
        CardRecord { note: Some("a, \"b\"\nc".into()), batch_id: Some(7), ..card }
    }

    #[test]
    fn a_card_in_csv() {
        assert_eq!(
            csv_header(),
            "\u{feff}code,status,machine,duration,created_at,used_at,expire_at,batch,note,prefix\n"
        );
        assert_eq!(
            csv_line(&active()),
            "VIP-DEMO123456,active,'=cmd|'/c calc'!A1,100s,2025-12-31T23:43:20Z,2026-01-01T00:00:00Z,\
             2026-01-01T00:01:00Z,7,\"a, \"\"b\"\"\\u{a}c\",VIP\n"
        );
    }

    #[test]
    fn numbers_that_are_names_stay_text() {
        let machine_code = Some("868533012345678".into());
        let line = csv_line(&CardRecord { machine_code, note: Some("007".into()), ..active() });
        assert!(line.contains(",'868533012345678,100s,") && line.ends_with(",7,'007,VIP\n"), "{line}");
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

    #[test]
    fn a_cell_stays_one_wherever_a_comma_or_a_semicolon_separates() {
        let machine_code = Some("PC;=cmd|'/c calc'!A1\n=1+1".into());
        let line = csv_line(&CardRecord { machine_code, note: Some("a;b".into()), ..active() });
        assert!(line.contains(r",PC\u{3b}=cmd|'/c calc'!A1\u{a}=1+1,"), "{line}");
        assert!(line.ends_with(",\"a;b\",VIP\n") && line.lines().count() == 1, "{line}");
    }
}
