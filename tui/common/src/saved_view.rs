//! Views that the operator saved under a name: a search, its filters, an order and the columns.

use kami_core::app::AppName;
use kami_core::card::CardStatus;
use kami_core::filter::{Direction, Sort, SortBy};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::column::Column;
use crate::period::Period;
use crate::search_in::SearchIn;

/// The most characters of a view's name.
pub const MAX_NAME: usize = 40;

/// What the table showed, and how, under a name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct SavedView {
    /// Its name: 1 to [`MAX_NAME`] characters.
    pub name: String,
    /// The app whose cards to see.
    pub app: Option<AppName>,
    /// The status to see.
    pub status: Option<CardStatus>,
    /// The prefix to see.
    pub prefix: Option<String>,
    /// The batch to see.
    pub batch: Option<u64>,
    /// When the cards to see were generated.
    pub created: Option<Period>,
    /// When they were activated.
    pub used: Option<Period>,
    /// When they expire.
    pub expiring: Option<Period>,
    /// Whether only cards that seem to be shared.
    pub is_shared: bool,
    /// Whether only cards with a key that was copied.
    pub is_copied: bool,
    /// What is searched for.
    pub text: String,
    /// Where it is looked for.
    pub search_in: SearchIn,
    /// The order.
    pub sort: Sort,
    /// Those that were chosen, whether or not they found room.
    pub columns: Vec<Column>,
}

/// What of a saved view cannot be understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("{0} of a saved view cannot be understood")]
pub struct ViewError(&'static str);

impl SavedView {
    /// A view of all cards.
    pub fn named(name: &str) -> Self {
        Self {
            name: name.trim().to_owned(),
            app: None,
            status: None,
            prefix: None,
            batch: None,
            created: None,
            used: None,
            expiring: None,
            is_shared: false,
            is_copied: false,
            text: String::new(),
            search_in: SearchIn::default(),
            sort: Sort::default(),
            columns: Column::ALL.to_vec(),
        }
    }
}

/// Whether a view can have this name.
pub fn is_name(name: &str) -> bool {
    (1..=MAX_NAME).contains(&name.trim().chars().count())
}

/// A view as the file has it: what says nothing is left out.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Written {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    app: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    prefix: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    batch: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    created: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    used: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expiring: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    shared: Option<bool>,
    copied: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    search: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    search_in: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    order: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    direction: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    columns: Option<Vec<String>>,
}

/// The words of the file for the orders.
const ORDERS: [(SortBy, &str); 6] = [
    (SortBy::Id, "newest"),
    (SortBy::Code, "code"),
    (SortBy::Machine, "machine"),
    (SortBy::Created, "created"),
    (SortBy::Used, "used"),
    (SortBy::Expires, "expires"),
];

/// The words of the file for the ends of an order.
const DIRECTIONS: [(Direction, &str); 2] =
    [(Direction::Ascending, "ascending"), (Direction::Descending, "descending")];

/// The words of the file for the places of a search.
const PLACES: [(SearchIn, &str); 5] = [
    (SearchIn::CodeStart, "code_start"),
    (SearchIn::CodePart, "code_part"),
    (SearchIn::Codes, "whole_code"),
    (SearchIn::Machine, "machine"),
    (SearchIn::Note, "note"),
];

/// The value that a word stands for; the default where there is no word.
fn value<T: Copy>(
    words: &[(T, &str)],
    word: Option<&str>,
    default: T,
    name: &'static str,
) -> Result<T, ViewError> {
    let Some(word) = word else { return Ok(default) };
    words.iter().find(|(_, other)| *other == word).map(|(value, _)| *value).ok_or(ViewError(name))
}

/// The word for a value; none for the default, which need not be written.
fn word<T: PartialEq>(words: &[(T, &str)], value: &T, default: &T) -> Option<String> {
    let named = words.iter().find(|(other, _)| other == value && other != default);
    named.map(|(_, word)| (*word).to_owned())
}

impl TryFrom<Written> for SavedView {
    type Error = ViewError;

    fn try_from(written: Written) -> Result<Self, ViewError> {
        if !is_name(&written.name) {
            return Err(ViewError("the name"));
        }
        let app = written.app.as_deref().map(str::parse).transpose();
        let status = written.status.as_deref().map(str::parse).transpose();
        let period = |text: Option<String>, name| {
            text.as_deref().map(str::parse::<Period>).transpose().map_err(|_| ViewError(name))
        };
        let columns = match written.columns {
            None => Column::ALL.to_vec(),
            Some(names) => {
                let known = |name: &String| Column::ALL.iter().any(|column| column.name() == name);
                if !names.iter().all(known) {
                    return Err(ViewError("a column"));
                }
                let is_wanted = |column: &Column| {
                    *column == Column::Code || names.iter().any(|name| name == column.name())
                };
                Column::ALL.into_iter().filter(is_wanted).collect()
            }
        };
        let sort = Sort::default();
        Ok(Self {
            name: written.name.trim().to_owned(),
            app: app.map_err(|_| ViewError("the app"))?,
            status: status.map_err(|_| ViewError("the status"))?,
            prefix: written.prefix,
            batch: written.batch,
            created: period(written.created, "the time of generation")?,
            used: period(written.used, "the time of activation")?,
            expiring: period(written.expiring, "the time of expiry")?,
            is_shared: written.shared.unwrap_or_default(),
            is_copied: written.copied.unwrap_or_default(),
            text: written.search.unwrap_or_default(),
            search_in: value(&PLACES, written.search_in.as_deref(), SearchIn::default(), "the search")?,
            sort: Sort {
                by: value(&ORDERS, written.order.as_deref(), sort.by, "the order")?,
                direction: value(&DIRECTIONS, written.direction.as_deref(), sort.direction, "the order")?,
            },
            columns,
        })
    }
}

impl From<SavedView> for Written {
    fn from(view: SavedView) -> Self {
        let all = view.columns.len() == Column::ALL.len();
        let columns = || view.columns.iter().map(|column| column.name().to_owned()).collect();
        let sort = Sort::default();
        Self {
            name: view.name,
            app: view.app.map(|app| app.to_string()),
            status: view.status.map(|status| status.as_str().to_owned()),
            prefix: view.prefix,
            batch: view.batch,
            created: view.created.map(|period| period.to_string()),
            used: view.used.map(|period| period.to_string()),
            expiring: view.expiring.map(|period| period.to_string()),
            shared: view.is_shared.then_some(true),
            copied: view.is_copied.then_some(true),
            search_in: word(&PLACES, &view.search_in, &SearchIn::default()),
            search: Some(view.text).filter(|text| !text.is_empty()),
            order: word(&ORDERS, &view.sort.by, &sort.by),
            direction: word(&DIRECTIONS, &view.sort.direction, &sort.direction),
            columns: (!all).then(columns),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_view_is_written_shortly_and_read_again() {
        let view = SavedView {
            app: "demo".parse().ok(),
            status: Some(CardStatus::Active),
            prefix: Some("VIP".to_owned()),
            batch: Some(7),
            created: "2026-01..2026-02-15".parse().ok(),
            used: "yesterday".parse().ok(),
            expiring: "7d".parse().ok(),
            is_shared: true,
            is_copied: true,
            text: "老客户".to_owned(),
            search_in: SearchIn::Note,
            sort: Sort { by: SortBy::Expires, direction: Direction::Ascending },
            columns: vec![Column::Code, Column::Note],
            ..SavedView::named("expiring soon")
        };
        let text = toml::to_string(&view).unwrap();
        assert_eq!(
            text,
            "name = \"expiring soon\"\napp = \"demo\"\nstatus = \"active\"\nprefix = \"VIP\"\nbatch = 7\n\
             created = \"2026-01..2026-02-15\"\nused = \"yesterday\"\nexpiring = \"7d\"\nshared = true\ncopied = true\nsearch = \"老客户\"\nsearch_in = \"note\"\n\
             order = \"expires\"\ndirection = \"ascending\"\ncolumns = [\"code\", \"note\"]\n"
        );
        assert_eq!(toml::from_str::<SavedView>(&text).unwrap(), view);
        assert_eq!(toml::to_string(&SavedView::named("all")).unwrap(), "name = \"all\"\n");
    }

    #[test]
    fn what_fits_no_card_table_is_refused() {
        for entry in [
            "",
            "name = ' '",
            "name = 'a'\napp = 'No App'",
            "name = 'a'\nstatus = 'lost'",
            "name = 'a'\ncreated = 'soon'",
            "name = 'a'\norder = 'colour'",
            "name = 'a'\ncolumns = ['colour']",
            "name = 'a'\nbatch = -1",
            "name = 'a'\ncolour = 'red'",
        ] {
            assert!(toml::from_str::<SavedView>(entry).is_err(), "{entry}");
        }
    }
}
