//! Tables as a Flask installation could have them, made up column by column.

use std::fmt::Write as _;

use chrono::{NaiveDateTime, TimeDelta};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

/// How long a card of the Flask service lasts, in hours.
const LASTS: i64 = 3;

/// A moment in a column of a card, as far as columns can hold it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    None,
    /// This many hours from now.
    Hours(i64),
    Zero,
    /// A month or day that no calendar has, of a year that is over.
    Impossible(&'static str),
}

impl Moment {
    fn sql(self, now: NaiveDateTime) -> String {
        match self {
            Self::None => "NULL".to_owned(),
            Self::Hours(hours) => (now + TimeDelta::hours(hours)).format("'%Y-%m-%d %H:%M:%S'").to_string(),
            Self::Zero => "'0000-00-00 00:00:00'".to_owned(),
            Self::Impossible(text) => format!("'{text}'"),
        }
    }
}

/// What a card is asked to be by those who have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// Whoever comes first gets it.
    Free,
    /// The machine that has it is let in, another is not.
    Taken,
    Expired,
}

#[derive(Clone, Debug)]
pub(crate) struct FlaskCard {
    /// None is a NULL.
    pub(crate) status: Option<&'static str>,
    pub(crate) used_at: Moment,
    pub(crate) expire_at: Moment,
    created_at: Moment,
    updated_at: Moment,
}

impl FlaskCard {
    /// What it answers, by the rules of the Flask service and, where its dates are none, by how the server compares them.
    pub(crate) fn answer(&self) -> Answer {
        match (self.status, self.expire_at, self.used_at) {
            (None | Some("UNUSED"), ..) => Answer::Free,
            (Some("ACTIVE"), Moment::None, _) => Answer::Taken,
            (Some("ACTIVE"), Moment::Hours(hours), _) if hours > 0 => Answer::Taken,
            (Some("ACTIVE"), Moment::Zero, Moment::Hours(hours)) if hours + LASTS > 0 => Answer::Taken,
            _ => Answer::Expired,
        }
    }
}

#[derive(Clone, Debug)]
pub(crate) struct FlaskTable {
    engine: &'static str,
    /// The character set, the collation, and whether it tells case apart.
    text: (&'static str, &'static str, bool),
    id: &'static str,
    status: &'static str,
    moment: &'static str,
    indexes: Vec<&'static str>,
    pub(crate) extra: Option<&'static str>,
    /// Whether a second card differs from the first in its case alone, as far as the table lets it.
    twins: bool,
    pub(crate) cards: Vec<FlaskCard>,
}

const TEXTS: [(&str, &str, bool); 9] = [
    ("utf8mb4", "utf8mb4_unicode_ci", false),
    ("utf8mb4", "utf8mb4_general_ci", false),
    ("utf8mb4", "utf8mb4_bin", true),
    ("utf8mb3", "utf8mb3_general_ci", false),
    ("utf8mb3", "utf8mb3_bin", true),
    ("gbk", "gbk_chinese_ci", false),
    ("gbk", "gbk_bin", true),
    ("latin1", "latin1_swedish_ci", false),
    ("latin1", "latin1_general_cs", true),
];

const STATUSES: [&str; 6] = [
    "ENUM('UNUSED', 'ACTIVE', 'EXPIRED') DEFAULT 'UNUSED'",
    "ENUM('unused', 'active', 'expired') DEFAULT 'unused'",
    "ENUM('EXPIRED', 'ACTIVE', 'UNUSED') NULL",
    "ENUM('UNUSED', 'ACTIVE', 'EXPIRED', 'DISABLED') DEFAULT NULL",
    "VARCHAR(20) NULL",
    "CHAR(12) NULL DEFAULT 'UNUSED'",
];

const INDEXES: [&str; 10] = [
    "KEY idx_full_code (full_code)",
    "KEY idx_status (status)",
    "KEY idx_prefix (prefix)",
    "KEY idx_machine_code (machine_code)",
    "KEY idx_expire_at (expire_at)",
    "KEY idx_used_at (used_at, created_at)",
    "KEY idx_created_at (created_at)",
    "KEY ix_cards_code (code)",
    "UNIQUE KEY uq_prefix_code (prefix, code)",
    "KEY idx_prefix_status (prefix(4), status)",
];

/// Columns of the owner's, and whether kami can live with them.
pub(crate) const EXTRAS: [(&str, bool); 9] = [
    ("shop VARCHAR(20) NULL", true),
    ("price DECIMAL(8, 2) NOT NULL DEFAULT 0", true),
    ("sold_at DATETIME NOT NULL DEFAULT '0000-00-00 00:00:00'", true),
    ("half INT AS (LENGTH(code) / 2)", true),
    ("order_number VARCHAR(40) NOT NULL", false),
    ("note TEXT NULL", false),
    ("paid DECIMAL(8, 2) NULL, CONSTRAINT sane CHECK (paid >= 0)", true),
    ("CONSTRAINT known CHECK (LENGTH(machine_code) < 64)", false),
    ("FULLTEXT KEY words (full_code, machine_code)", false),
];

fn moment() -> impl Strategy<Value = Moment> {
    prop_oneof![
        2 => Just(Moment::None),
        3 => (-20_000_i64..-24).prop_map(Moment::Hours),
        2 => Just(Moment::Hours(-1)),
        2 => Just(Moment::Zero),
        2 => select(&["2024-00-10 00:00:00", "2024-02-31 10:00:00", "2020-00-00 00:00:00", "2023-04-00 01:02:03"][..])
            .prop_map(Moment::Impossible),
    ]
}

fn card() -> impl Strategy<Value = FlaskCard> {
    let status = select(&[None, Some("UNUSED"), Some("ACTIVE"), Some("ACTIVE"), Some("EXPIRED")][..]);
    let end = prop_oneof![3 => moment(), 1 => Just(Moment::Hours(2))];
    (status, moment(), end, moment(), moment()).prop_map(
        |(status, used_at, expire_at, created_at, updated_at)| FlaskCard {
            status,
            used_at,
            expire_at,
            created_at,
            updated_at,
        },
    )
}

pub(crate) fn table(engines: &'static [&'static str]) -> impl Strategy<Value = FlaskTable> {
    let extra = prop_oneof![3 => Just(None), 2 => (0..EXTRAS.len()).prop_map(|place| Some(EXTRAS[place].0))];
    let indexes = subsequence(INDEXES.to_vec(), 0..INDEXES.len());
    let id = select(&["INT", "BIGINT", "INT UNSIGNED", "MEDIUMINT", "BIGINT UNSIGNED"][..]);
    let moment = select(&["DATETIME", "DATETIME", "DATETIME(6)", "TIMESTAMP"][..]);
    let twins = proptest::bool::weighted(0.2);
    (
        select(engines),
        select(&TEXTS[..]),
        id,
        select(&STATUSES[..]),
        moment,
        indexes,
        extra,
        twins,
        proptest::collection::vec(card(), 1..12),
    )
        .prop_map(|(engine, text, id, status, moment, indexes, extra, twins, cards)| FlaskTable {
            engine,
            text,
            id,
            status,
            moment,
            indexes,
            extra,
            twins,
            cards,
        })
}

impl FlaskTable {
    /// Whether two of its codes would be one to kami.
    pub(crate) fn has_twins(&self) -> bool {
        self.twins && self.text.2
    }

    /// The code of a card, which its table can hold.
    pub(crate) fn code(&self, place: usize) -> String {
        if self.text.0 == "latin1" { format!("VIP-é{place}X") } else { format!("季卡-春{place}X") }
    }

    /// The machine that has a card.
    pub(crate) fn machine(place: usize) -> String {
        format!("PC-{place}-Abc")
    }

    /// What a column of this table can hold of a moment.
    fn held(&self, moment: Moment) -> Moment {
        match moment {
            Moment::Impossible(_) if self.moment == "TIMESTAMP" => Moment::Zero,
            moment => moment,
        }
    }

    /// The cards with what the columns hold of them.
    pub(crate) fn held_cards(&self) -> Vec<FlaskCard> {
        let held = |card: &FlaskCard| FlaskCard {
            used_at: self.held(card.used_at),
            expire_at: self.held(card.expire_at),
            created_at: self.held(card.created_at),
            updated_at: self.held(card.updated_at),
            ..card.clone()
        };
        self.cards.iter().map(held).collect()
    }

    /// The statements that make it, for a server whose clock in UTC shows `now`.
    pub(crate) fn sql(&self, now: NaiveDateTime) -> String {
        let Self { engine, text: (set, collation, _), id, status, moment, extra, .. } = self;
        let mut sql = format!(
            "SET NAMES utf8mb4, sql_mode = 'ALLOW_INVALID_DATES';
            CREATE TABLE cards (
                id {id} NOT NULL AUTO_INCREMENT, prefix VARCHAR(16) NOT NULL, code VARCHAR(64) NOT NULL,
                full_code VARCHAR(128) NOT NULL, used_at {moment} NULL, expire_at {moment} NULL,
                machine_code VARCHAR(128) NULL, status {status}, created_at {moment} NULL,
                updated_at {moment} NULL DEFAULT CURRENT_TIMESTAMP{} ON UPDATE CURRENT_TIMESTAMP{},
                PRIMARY KEY (id), UNIQUE KEY full_code (full_code)",
            moment.trim_start_matches(char::is_alphabetic),
            moment.trim_start_matches(char::is_alphabetic),
        );
        for part in extra.iter().chain(&self.indexes) {
            write!(sql, ", {part}").unwrap();
        }
        writeln!(sql, ") ENGINE = {engine} DEFAULT CHARSET = {set} COLLATE = {collation};").unwrap();
        let cards = self.held_cards();
        let mut rows: Vec<_> =
            cards.iter().enumerate().map(|(place, card)| (place, card, self.code(place))).collect();
        if self.has_twins() {
            rows.push((0, &cards[0], self.code(0).to_lowercase()));
        }
        for (place, card, code) in rows {
            let (prefix, rest) = code.split_once('-').unwrap();
            let machine = Self::machine(place);
            let machine =
                if card.answer() == Answer::Free { "NULL".to_owned() } else { format!("'{machine}'") };
            let status = card.status.map_or("NULL".to_owned(), |status| format!("'{status}'"));
            let status = if self.status.contains("'unused'") { status.to_lowercase() } else { status };
            let [used, end, made, changed] = [card.used_at, card.expire_at, card.created_at, card.updated_at]
                .map(|moment| moment.sql(now));
            writeln!(
                sql,
                "INSERT INTO cards (prefix, code, full_code, used_at, expire_at, machine_code, status, created_at, \
                 updated_at) VALUES ('{prefix}', '{rest}', '{code}', {used}, {end}, {machine}, {status}, {made}, \
                 {changed});"
            )
            .unwrap();
        }
        sql
    }
}
