//! Which texts have a place of a fixed width on the screen, and that no language has a wider one.

use kami_common::cells::cells;
use kami_common::column::Column;
use kami_common::words::{Language, say};
use kami_core::card::CardStatus;
use kami_core::property::Property;

use crate::input::keymap::BINDINGS;
use crate::layout::hints;
use crate::overlay::{confirm, form, import, log, statistics};
use crate::state::log_query::ACTS;
use crate::state::model::SMALLEST;

/// What the arrow of the order takes behind the title of a column.
const ARROW: usize = 2;

/// What stands before the word of a status: its sign.
const SIGN: usize = 2;

/// The texts of forms' labels that are no property's.
const LABELS: [&str; 17] = [
    "count",
    "length",
    "which",
    "format",
    "path",
    "act",
    "code",
    "batch",
    "time",
    "name",
    "operator",
    "or_prefix",
    "or_duration",
    "value_name",
    "value",
    "is_public",
    "currency",
];

/// Every text with a place of its own, by its key, and the cells of that place.
fn places() -> Vec<(String, usize)> {
    let smallest = usize::from(SMALLEST.0);
    let mut places = Vec::new();
    for column in Column::ALL {
        let is_ordered = !column.is_numeric() && !matches!(column, Column::Status | Column::Note);
        let arrow = if is_ordered { ARROW } else { 0 };
        places.push((format!("property.{}", column.name()), column.widths().0 - arrow));
    }
    for status in CardStatus::ALL {
        let key = format!("status.{}", status.as_str().to_lowercase());
        places.push((key, Column::Status.widths().0 - SIGN));
    }
    // A moment has its time behind the word of its day.
    for day in ["yesterday", "today", "tomorrow"] {
        places.push((format!("day.{day}"), Column::Used.widths().0 - " 00:00".len()));
    }
    places.extend(ACTS.map(|act| (format!("log.act.{act}"), log::ACT)));
    let lines = ["new", "exists", "malformed"];
    places.extend(lines.map(|state| (format!("import.{state}"), import::WORD)));
    let heads = ["unused", "sold", "lasts"].into_iter().zip(statistics::NARROW_HEADS);
    places.extend(heads.map(|(head, width)| (format!("statistics.{head}"), width - 1)));
    // A hint leaves half of the smallest screen to the way to everything else.
    let hinted = BINDINGS.iter().filter(|binding| binding.hint > 0);
    places.extend(hinted.map(|binding| {
        let key = binding.act.key().replacen("act.", "hint.", 1);
        (key, smallest / 2 - usize::from(hints::GAP))
    }));
    // The buttons stand side by side in a frame.
    let button = (smallest - 6 - usize::from(confirm::GAP)) / 2;
    places.extend(["confirm.yes", "confirm.no"].map(|key| (key.to_owned(), button)));
    // A label leaves most of a form to the value.
    let label = usize::from(form::WIDTH) / 3;
    places.extend(LABELS.map(|name| (format!("field.{name}"), label)));
    let words = Property::FORM.into_iter().filter_map(|property| property.traits().word);
    places.extend(words.map(|word| (format!("property.{word}"), label)));
    places
}

#[test]
fn no_text_is_wider_than_its_place_in_any_language() {
    for language in Language::all() {
        for (key, place) in places() {
            let text = say!(language, key);
            let width = cells(&text);
            assert!(!text.ends_with(&key), "{language:?}: {key} has no text");
            assert!(width <= place, "{language:?}: {key}: {text:?} takes {width} cells, and has {place}");
        }
    }
}
