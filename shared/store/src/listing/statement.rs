//! The statements that list cards, each a merge of stretches of one index.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use mysql_async::{Params, Value};

use super::super::record::{marks, word};
use kami_core::canonical::canonical;
use kami_core::card::CardStatus;
use kami_core::filter::{Direction, Filter, Key, Position, Range, Sort, SortBy, TextFilter};
use kami_core::mention::{Mention, mentions};
use kami_core::plan::{Index, Indexed, Reach};

use super::copied::{copied_cards, is_copied};
use super::shared::{is_shared, shared_cards};
use super::sought::{Further, Sought, literally, machine};

/// The first day that a DATETIME holds.
const FIRST_DAY: (i32, u32, u32) = (1_000, 1, 1);

/// The last day that a DATETIME holds.
const LAST_DAY: (i32, u32, u32) = (9_999, 12, 31);

/// A statement with the values that it is bound to.
#[derive(Clone, Debug, Default)]
pub(in super::super) struct Statement {
    pub(in super::super) text: String,
    pub(in super::super) values: Vec<Value>,
}

impl Statement {
    pub(in super::super) fn params(&self) -> Params {
        if self.values.is_empty() { Params::Empty } else { Params::Positional(self.values.clone()) }
    }

    fn say(&mut self, words: &[&str]) {
        for word in words {
            self.text.push_str(word);
        }
    }

    fn push(&mut self, other: &Self) {
        self.text.push_str(&other.text);
        self.values.extend_from_slice(&other.values);
    }

    /// Adds a condition, its values with it.
    pub(in super::super) fn and(&mut self, condition: &str, values: impl IntoIterator<Item = Value>) {
        self.text.push_str(" AND ");
        self.text.push_str(condition);
        self.values.extend(values);
    }
}

/// The name of an index in the database.
pub(in super::super) const fn name(index: Index) -> &'static str {
    match index {
        Index::Primary | Index::Shared | Index::Copied => "PRIMARY",
        Index::FullCode => "full_code",
        Index::Status => "idx_status",
        Index::AppStatus => "idx_app_status",
        Index::PrefixStatus => "idx_prefix_status",
        Index::StatusExpiry => "idx_status_expire_at",
        Index::Machine => "idx_machine_code",
        Index::Batch => "idx_batch_id",
        Index::Used => "idx_used_at",
        Index::Created => "idx_created_at",
    }
}

const fn may_be_missing(by: SortBy) -> bool {
    matches!(by, SortBy::Machine | SortBy::Used | SortBy::Expires)
}

const fn keyword(direction: Direction) -> &'static str {
    match direction {
        Direction::Ascending => "ASC",
        Direction::Descending => "DESC",
    }
}

/// A moment as the database compares it: one that it cannot hold becomes the nearest that it can.
pub(in super::super) fn value(moment: DateTime<Utc>) -> Value {
    let midnight = |(year, month, day)| NaiveDate::from_ymd_opt(year, month, day).map(NaiveDateTime::from);
    let moment = moment.naive_utc();
    let moment = midnight(FIRST_DAY).map_or(moment, |first| moment.max(first));
    midnight(LAST_DAY).map_or(moment, |last| moment.min(last)).into()
}

/// The codes that a text speaks of, in all the ways to read it; and the text itself, as a code of an old card may be in
/// no form of kami's.
fn spellings(text: &str) -> BTreeSet<String> {
    let mentions = mentions(text);
    let mentioned = mentions.iter().flat_map(Mention::spellings).cloned();
    mentioned.chain([canonical(text), text.to_owned()]).collect()
}

const LIKE_CODE: &str = "full_code LIKE ? ESCAPE '|'";

/// The conditions on the cards that are sought, each behind an AND.
pub(in super::super) fn conditions(sought: Sought<'_>) -> Statement {
    conditions_beside(None, sought)
}

/// The conditions on the cards that are sought but for the one that they are found by in another table.
fn conditions_beside(found_by: Option<Index>, sought: Sought<'_>) -> Statement {
    let mut statement = conditions_but_machine(sought.filter);
    if sought.filter.is_shared && found_by != Some(Index::Shared) {
        statement.and(&is_shared(), []);
    }
    if sought.filter.is_copied && found_by != Some(Index::Copied) {
        statement.and(&is_copied(), []);
    }
    match (machine(sought.filter), sought.further) {
        (None, _) => {}
        (Some((condition, machine)), Further::None) => statement.and(condition, [machine]),
        (Some((condition, machine)), Further::Few | Further::Many) => {
            let has_seat = format!(
                "({condition} OR seats > 1 AND EXISTS \
                 (SELECT 1 FROM card_seats WHERE card_seats.card_id = cards.id AND card_seats.{condition}))"
            );
            statement.and(&has_seat, [machine.clone(), machine]);
        }
    }
    statement
}

/// The conditions of a filter but for those on a machine, and those that other tables tell.
fn conditions_but_machine(filter: &Filter) -> Statement {
    let Filter { status, app, prefix, batch_id, created, used, expiring, is_shared: _, is_copied: _, text } =
        filter;
    let mut statement = Statement::default();
    if let Some(status) = status {
        statement.and("status = ?", [word(*status).into()]);
    }
    if let Some(app) = app {
        statement.and("app = ?", [app.into()]);
    }
    if let Some(prefix) = prefix {
        statement.and("prefix = ?", [prefix.into()]);
    }
    if let Some(batch_id) = batch_id {
        statement.and("batch_id = ?", [batch_id.into()]);
    }
    let mut within = |column: &str, Range { from, until }: &Range| {
        if let Some(from) = from {
            statement.and(&format!("{column} >= ?"), [value(*from)]);
        }
        if let Some(until) = until {
            statement.and(&format!("{column} < ?"), [value(*until)]);
        }
        if from.is_none() && until.is_none() {
            statement.and(&format!("{column} IS NOT NULL"), []);
        }
    };
    if let Some(range) = created {
        within("created_at", range);
    }
    if let Some(range) = used {
        within("used_at", range);
    }
    if let Some(range) = expiring {
        within("expire_at", range);
    }
    match text {
        None | Some(TextFilter::Machine(_) | TextFilter::MachinePrefix(_)) => {}
        Some(TextFilter::Codes(text)) => {
            let codes = spellings(text);
            let condition = format!("full_code IN ({})", marks(codes.len()));
            statement.and(&condition, codes.into_iter().map(Value::from));
        }
        Some(TextFilter::CodePrefix(start)) => {
            statement.and(LIKE_CODE, [format!("{}%", literally(&canonical(start))).into()]);
        }
        Some(TextFilter::CodeContains(part)) => {
            statement.and(LIKE_CODE, [format!("%{}%", literally(&canonical(part))).into()]);
        }
        Some(TextFilter::NoteContains(part)) => {
            statement.and("note LIKE ? ESCAPE '|'", [format!("%{}%", literally(part)).into()]);
        }
    }
    statement
}

/// Which way an order is read, and from where.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Course<'a> {
    /// Whether it is read from its end to its beginning.
    pub(in super::super) backwards: bool,
    /// Where reading begins; at the very end without it.
    pub(in super::super) from: Option<&'a Position>,
    /// Whether it begins with that card rather than behind it.
    pub(in super::super) inclusive: bool,
}

/// One stretch of an index: the condition that cuts it out, and the order that it lies in.
struct Stretch {
    condition: Statement,
    order: String,
}

/// The stretches that hold everything from `course.from` on, so cut that each is one range of the index: neither
/// server reads a comparison of pairs as a range.
fn stretches(sort: Sort, course: Course<'_>) -> Vec<Stretch> {
    let direction = if course.backwards { sort.direction.reversed() } else { sort.direction };
    let word = keyword(direction);
    let beyond = if direction == Direction::Ascending { ">" } else { "<" };
    let beyond_or_at = match (course.inclusive, direction) {
        (false, _) => beyond,
        (true, Direction::Ascending) => ">=",
        (true, Direction::Descending) => "<=",
    };
    let column = sort.by.property().traits().column;
    let stretch = |condition: String, values: Vec<Value>, order: String| {
        let text = if condition.is_empty() { condition } else { format!(" AND {condition}") };
        Stretch { condition: Statement { text, values }, order }
    };
    if matches!(sort.by, SortBy::Id | SortBy::Code) {
        let order = format!("{column} {word}");
        let start = course.from.map(|from| match &from.key {
            Key::Text(code) => Value::from(code),
            Key::Id | Key::Moment(_) | Key::Missing => from.id.into(),
        });
        return match start {
            None => vec![stretch(String::new(), vec![], order)],
            Some(start) => vec![stretch(format!("{column} {beyond_or_at} ?"), vec![start], order)],
        };
    }
    let by_id = format!("id {word}");
    let by_value = format!("{column} {word}, id {word}");
    let missing = may_be_missing(sort.by);
    let all_with = || {
        let condition = if missing { format!("{column} IS NOT NULL") } else { String::new() };
        stretch(condition, vec![], by_value.clone())
    };
    let all_without = || stretch(format!("{column} IS NULL"), vec![], by_id.clone());
    // Cards without the value come last, and so first when reading backwards.
    let Some(Position { id, key }) = course.from else {
        return if missing { vec![all_with(), all_without()] } else { vec![all_with()] };
    };
    let at = match key {
        Key::Missing | Key::Id => {
            let condition = format!("{column} IS NULL AND id {beyond_or_at} ?");
            let rest = stretch(condition, vec![id.into()], by_id.clone());
            return if course.backwards { vec![rest, all_with()] } else { vec![rest] };
        }
        Key::Text(text) => Value::from(text),
        Key::Moment(moment) => value(*moment),
    };
    let mut cut = vec![
        stretch(format!("{column} = ? AND id {beyond_or_at} ?"), vec![at.clone(), id.into()], by_id.clone()),
        stretch(format!("{column} {beyond} ?"), vec![at], by_value.clone()),
    ];
    if missing && !course.backwards {
        cut.push(all_without());
    }
    cut
}

/// Where cards are read from, and the conditions on them there.
struct Source {
    table: Statement,
    conditions: Statement,
}

/// What an index finds of the cards that are sought: where it finds them by their machines, those that are found by a
/// further seat come from the index of seats.
fn sources(sought: Sought<'_>, index: Index) -> Vec<Source> {
    let by_index = format!("cards FORCE INDEX ({})", name(index));
    let numbers = match index {
        Index::Shared => Some(shared_cards()),
        Index::Copied => Some(copied_cards()),
        _ => None,
    };
    if let Some(numbers) = numbers {
        let text = format!(
            "{numbers} AS found STRAIGHT_JOIN cards FORCE INDEX (PRIMARY) ON cards.id = found.card_id"
        );
        let table = Statement { text, values: Vec::new() };
        return vec![Source { table, conditions: conditions_beside(Some(index), sought) }];
    }
    let table = Statement { text: by_index, values: Vec::new() };
    let (Index::Machine, Further::Few, Some((condition, machine))) =
        (index, sought.further, machine(sought.filter))
    else {
        return vec![Source { table, conditions: conditions(sought) }];
    };
    let mut in_row = conditions_but_machine(sought.filter);
    let mut by_seat = in_row.clone();
    in_row.and(condition, [machine.clone()]);
    by_seat.and(&format!("({condition}) IS NOT TRUE"), [machine.clone()]);
    let seats = format!(
        "(SELECT DISTINCT card_id FROM card_seats FORCE INDEX (idx_machine_code) WHERE {condition}) AS seats_found \
         STRAIGHT_JOIN cards FORCE INDEX (PRIMARY) ON cards.id = seats_found.card_id"
    );
    let seats = Statement { text: seats, values: vec![machine] };
    vec![Source { table, conditions: in_row }, Source { table: seats, conditions: by_seat }]
}

/// Up to `limit` rows of `columns` for the cards that are sought, from a place in an order on.
pub(in super::super) fn listing(
    columns: &str,
    sought: Sought<'_>,
    indexed: Indexed,
    course: Course<'_>,
    limit: usize,
) -> Statement {
    merge(columns, sought, indexed, course, limit, true)
}

/// Counts the same cards up to `limit`; nobody cares for their order then.
pub(in super::super) fn counting(
    sought: Sought<'_>,
    indexed: Indexed,
    course: Course<'_>,
    limit: usize,
) -> Statement {
    let Statement { text, values } = merge("1", sought, indexed, course, limit, false);
    Statement { text: format!("SELECT COUNT(*) FROM ({text}) AS counted"), values }
}

fn merge(
    columns: &str,
    sought: Sought<'_>,
    Indexed { sort, index, reach }: Indexed,
    course: Course<'_>,
    limit: usize,
    ordered: bool,
) -> Statement {
    let statuses: Vec<Option<CardStatus>> = match reach {
        Reach::StretchOfEachStatus => CardStatus::ALL.map(Some).to_vec(),
        Reach::Stretch | Reach::Few => vec![None],
    };
    let sources = sources(sought, index);
    let limit = limit.to_string();
    let stretches = stretches(sort, course);
    let parts = stretches.len() * statuses.len() * sources.len();
    let mut statement = Statement::default();
    for (status, Source { table, conditions }) in
        statuses.iter().flat_map(|status| sources.iter().map(move |source| (status, source)))
    {
        for Stretch { condition, order } in &stretches {
            if !statement.text.is_empty() {
                statement.text.push_str(" UNION ALL ");
            }
            if parts > 1 {
                statement.text.push('(');
            }
            statement.say(&["SELECT ", columns, " FROM "]);
            statement.push(table);
            statement.say(&[" WHERE TRUE"]);
            if let Some(status) = status {
                statement.and("status = ?", [word(*status).into()]);
            }
            statement.push(conditions);
            statement.push(condition);
            if ordered {
                statement.say(&[" ORDER BY ", order]);
            }
            statement.say(&[" LIMIT ", &limit]);
            if parts > 1 {
                statement.text.push(')');
            }
        }
    }
    if parts > 1 {
        if ordered {
            statement.say(&[" ORDER BY ", &merged(sort, course.backwards)]);
        }
        statement.say(&[" LIMIT ", &limit]);
    }
    statement
}

/// The order over all stretches together.
fn merged(sort: Sort, backwards: bool) -> String {
    let word = keyword(if backwards { sort.direction.reversed() } else { sort.direction });
    let column = sort.by.property().traits().column;
    match sort.by {
        SortBy::Id => format!("id {word}"),
        _ if may_be_missing(sort.by) => {
            let last = if backwards { "DESC" } else { "ASC" };
            format!("{column} IS NULL {last}, {column} {word}, id {word}")
        }
        _ => format!("{column} {word}, id {word}"),
    }
}
