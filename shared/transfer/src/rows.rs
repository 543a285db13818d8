//! The rows of a table as cards.

use std::borrow::Cow;

use super::gathering::Gathering;
use super::header::{Columns, HeaderFault, is_empty_row, is_title, is_total, named_separator, separator_of};
use super::lines::Lines;
use super::notice::{Met, Notice, one_more};
use super::refusal::{MalformedReason, ReadError};
use super::repair::unmarked;
use super::split::{Row, RowFault, cells_of_line};
use super::understood::{Understood, card, is_code, read_code, read_prefix, with_prefix};
use super::{Defaults, Filing};
use chrono::{DateTime, Utc};
use kami_core::app::AppName;
use kami_core::card::CardStatus;
use kami_core::duration::CardDuration;
use kami_core::edit::points_left;
use kami_core::moment;
use kami_core::operator::Note;
use kami_core::points::Points;
use kami_core::policy::PolicyPart;
use kami_core::property::Property;
use kami_core::seats::Seats;
use kami_core::spoken::{self, Spoken};

/// The words for cards that are not for sale any more.
const NOT_UNUSED: [&str; 16] = [
    "active",
    "activated",
    "used",
    "expired",
    "disabled",
    "已使用",
    "已激活",
    "使用中",
    "激活",
    "已过期",
    "过期",
    "已禁用",
    "禁用",
    "已停用",
    "停用",
    "已绑定",
];

/// What an operator is told of where it was found.
const TOLD: [Property; 3] = [Property::FullCode, Property::Duration, Property::Note];

/// Whether a line begins a table: it names the separator, or columns of which one is that of the codes.
pub(super) fn begins_table(line: &str) -> bool {
    let start = line.trim_start();
    if start.is_empty() || start.starts_with('#') {
        return false;
    }
    named_separator(line).is_some()
        || separator_of(line).is_some_and(|separator| cells_of_line(line, separator).len() > 1)
}

/// Reads a table to its end: its first row that is not empty names its columns.
pub(super) fn read(
    lines: &mut Lines<'_>,
    defaults: &Defaults,
    gathering: &mut Gathering,
) -> Result<(), ReadError> {
    let Some(table) = Table::begin(lines, defaults, gathering)? else { return Ok(()) };
    while let Some(row) = Row::read(lines, table.separator)? {
        if row.is_empty() {
            // A blank line is none of a spreadsheet's rows.
            gathering.met.empty_rows += u64::from(row.cells.len() > 1);
            continue;
        }
        let found = table.card(&row, &gathering.filing, &mut gathering.met);
        if found.as_ref().is_ok_and(|found| !found.has_duration) {
            return Err(ReadError::NoDuration);
        }
        gathering.take(row.line, found.map(|found| found.understood))?;
    }
    Ok(())
}

/// What a row says of a card, of which only the duration may be missing.
struct Found {
    understood: Understood,
    has_duration: bool,
}

/// How a table is read.
struct Table<'a> {
    separator: char,
    columns: Columns,
    defaults: &'a Defaults,
}

impl<'a> Table<'a> {
    /// Reads the header; none, and why not, where it names no codes.
    fn begin(
        lines: &mut Lines<'_>,
        defaults: &'a Defaults,
        gathering: &mut Gathering,
    ) -> Result<Option<Self>, ReadError> {
        let mut named = None;
        loop {
            let line = String::from_utf8_lossy(lines.peek()?).into_owned();
            if !line.is_empty() && is_empty_row(&line) {
                gathering.met.empty_rows += u64::from(!line.trim().is_empty());
                lines.read(&mut Vec::new(), 0)?;
            } else if let Some(separator) = named_separator(&line).filter(|_| named.is_none()) {
                named = Some(separator);
                lines.read(&mut Vec::new(), 0)?;
            } else {
                let separator = named.or_else(|| separator_of(&line)).unwrap_or(',');
                let header = Row::read(lines, separator)?;
                let Some(header) = header else { return Ok(None) };
                let columns = match header.fault {
                    Some(fault) => Err(fault.into()),
                    None => Columns::of(&header.cells).map_err(MalformedReason::from),
                };
                return match columns {
                    Ok(columns) => {
                        columns.notices(&header.cells).for_each(|notice| gathering.notice(notice));
                        Ok(Some(Self { separator, columns, defaults }))
                    }
                    Err(reason) => gathering.take(header.line, Err(reason)).map(|()| None),
                };
            }
        }
    }

    /// The card of a row.
    fn card(&self, row: &Row, filing: &Filing, met: &mut Met) -> Result<Found, MalformedReason> {
        if let Some(fault) = row.fault {
            return Err(MalformedReason::from(fault));
        }
        if row.cells.iter().skip(self.columns.titled).any(|cell| !cell.trim().is_empty()) {
            return Err(MalformedReason::TooManyCells);
        }
        if let Some(line) = self.row_in_quotes(row) {
            return Err(MalformedReason::RowInQuotes(line));
        }
        let mut is_marked = false;
        let mut cell = |column: Option<usize>| {
            let (text, had_mark) = column
                .and_then(|column| row.cells.get(column))
                .map(|cell| unmarked(cell))
                .unwrap_or_default();
            is_marked |= had_mark;
            text
        };
        let code = cell(Some(self.columns.code));
        let [prefix, span, note, app, seats, policy, points, until] = [
            Property::Prefix,
            Property::Duration,
            Property::Note,
            Property::App,
            Property::Seats,
            Property::Policy,
            Property::Points,
            Property::ValidUntil,
        ]
        .map(|property| cell(self.columns.place(property)));
        let status = cell(self.columns.status);
        if code.trim().is_empty() {
            return Err(MalformedReason::NoCode);
        }
        // A row that we wrote is a card's, whatever its code says.
        let is_written = self.columns.is_ours && status.trim().parse::<CardStatus>().is_ok();
        if !is_written && is_title(&code) {
            return Err(MalformedReason::HeaderAgain);
        }
        if !is_written && is_total(&code) {
            return Err(MalformedReason::Total);
        }
        let code = read_code(&code, met)?;
        let (filing, full_code) = self.filed(prefix.trim(), &code, filing)?;
        met.behind += u64::from(full_code.len() > code.len());
        let spoken = self.spoken(span.trim())?;
        let points = self.points(points.trim())?;
        let valid_until = self.last_moment(until.trim())?;
        let ends_otherwise = points.is_some() || valid_until.is_some();
        let duration = spoken.map(|spoken| CardDuration::from_seconds(spoken.seconds));
        let duration = duration.or(self.defaults.usual_duration(ends_otherwise));
        let lasting = duration.unwrap_or(CardDuration::Forever);
        let note = Note::parse(&note).map_err(|_| MalformedReason::Value(Property::Note))?;
        let mut understood = card(&full_code, &filing, lasting)?.if_titled(true);
        understood.card.note = note;
        understood.card.app = self.app(app.trim())?;
        understood.card.seats = self.seats(seats.trim())?;
        understood.card.points = points;
        understood.card.valid_until = valid_until;
        understood.card.policy =
            PolicyPart::of_card(&policy).map_err(|_| MalformedReason::Value(Property::Policy))?;
        met.unmarked += u64::from(is_marked);
        met.counted += u64::from(spoken.is_some_and(|spoken| spoken.is_counted));
        met.not_unused += u64::from(NOT_UNUSED.contains(&spoken::plain(status.trim()).as_str()));
        if understood.card.note.as_ref().is_some_and(|note| note.as_str().contains('\n')) {
            one_more(&mut met.several_lines, row.line);
        }
        let mut untitled = self.columns.untitled.iter().filter_map(|column| row.cells.get(*column));
        if untitled.any(|cell| !cell.trim().is_empty()) {
            one_more(&mut met.untitled, row.line);
        }
        Ok(Found { understood, has_duration: duration.is_some() })
    }

    /// Which prefix the card of a row has, and its code: in a table of ours no prefix is none, and a code is whole.
    fn filed<'b>(
        &self,
        prefix: &str,
        code: &'b str,
        filing: &Filing,
    ) -> Result<(Filing, Cow<'b, str>), MalformedReason> {
        let is_ours = self.columns.is_ours;
        Ok(match prefix {
            "" if is_ours && *filing == Filing::AsWritten => (Filing::Whole, code.into()),
            "" => (filing.clone(), code.into()),
            prefix if is_ours => (Filing::Under(read_prefix(prefix)?), code.into()),
            prefix => (Filing::Under(read_prefix(prefix)?), with_prefix(prefix, code)),
        })
    }

    /// The app that a cell names, if any; where another was asked for, it is not for the row to say.
    fn app(&self, text: &str) -> Result<Option<AppName>, MalformedReason> {
        let named = Some(text).filter(|text| !text.is_empty()).map(str::parse::<AppName>).transpose();
        let named = named.map_err(|_| MalformedReason::Value(Property::App))?;
        match (&named, &self.defaults.app) {
            (Some(named), Some(wanted)) if named != wanted => Err(MalformedReason::OtherApp),
            _ => Ok(named),
        }
    }

    /// For how many machines a cell says that the card is; where it is empty, for as many as was asked for.
    fn seats(&self, text: &str) -> Result<Seats, MalformedReason> {
        let named = Some(text).filter(|text| !text.is_empty()).map(str::parse);
        named.unwrap_or(Ok(self.defaults.seats)).map_err(|_| MalformedReason::Value(Property::Seats))
    }

    /// How many points a cell says that the card has; where it is empty, as many as was asked for. In a table of ours it may be
    /// that none are left.
    fn points(&self, text: &str) -> Result<Option<u32>, MalformedReason> {
        let said = points_left(text).map_err(|_| MalformedReason::Value(Property::Points))?;
        match said {
            Some(0) if !self.columns.is_ours => Err(MalformedReason::Value(Property::Points)),
            said => Ok(said.or(self.defaults.points.map(Points::get))),
        }
    }

    /// The last moment that a cell says; where it is empty, the one that was asked for.
    fn last_moment(&self, text: &str) -> Result<Option<DateTime<Utc>>, MalformedReason> {
        let said = Some(text).filter(|text| !text.is_empty()).map(moment::read).transpose();
        let said = said.map_err(|_| MalformedReason::Value(Property::ValidUntil))?;
        Ok(said.or(self.defaults.valid_until))
    }

    /// What a cell says of the duration; nothing where it is empty.
    fn spoken(&self, text: &str) -> Result<Option<Spoken>, MalformedReason> {
        if text.is_empty() {
            return Ok(None);
        }
        let number = spoken::plain(text);
        let is_number = number.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b','));
        let text = match &self.columns.unit {
            Some(unit) if is_number => format!("{number}{unit}"),
            None if is_number => return Err(MalformedReason::NoUnit),
            _ => text.to_owned(),
        };
        spoken::parse(&text).map(Some).map_err(|_| MalformedReason::Value(Property::Duration))
    }

    /// The line within a cell that has the form of a card's own row, as where a quotation mark was closed too late.
    fn row_in_quotes(&self, row: &Row) -> Option<u64> {
        let is_row = |line: &str| {
            let cells = cells_of_line(line, self.separator);
            let code = cells.get(self.columns.code).map(|code| code.trim()).unwrap_or_default();
            cells.len() > 1 && cells.len() == self.columns.titled && is_code(code)
        };
        let mut line = row.line;
        for cell in &row.cells {
            for (index, text) in cell.split('\n').enumerate() {
                line += u64::from(index > 0);
                if index > 0 && is_row(text) {
                    return Some(line);
                }
            }
        }
        None
    }
}

impl Columns {
    /// What an operator should know of the columns that were found.
    fn notices(&self, header: &[String]) -> impl Iterator<Item = Notice> + use<> {
        let title = |column: usize| header[column].trim().to_owned();
        let named = TOLD.map(|property| self.place(property).map(title));
        let are_ours = named.iter().zip(TOLD).all(|(title, property)| {
            let own = property.traits().export.unwrap_or_default();
            title.as_ref().is_none_or(|title| title.eq_ignore_ascii_case(own))
        });
        let [code, duration, note] = named;
        let columns = code.filter(|_| !are_ours).map(|code| Notice::Columns { code, duration, note });
        let others = (0..self.titled).filter(|column| !self.reads(*column)).map(title);
        let others: Vec<_> = others.filter(|title| !title.is_empty()).collect();
        let ignored = (!others.is_empty()).then_some(Notice::Ignored(others));
        columns.into_iter().chain(ignored)
    }
}

impl From<HeaderFault> for MalformedReason {
    fn from(fault: HeaderFault) -> Self {
        match fault {
            HeaderFault::NoCode => Self::NoHeader,
            HeaderFault::Twice => Self::TwoColumns,
        }
    }
}

impl From<RowFault> for MalformedReason {
    fn from(fault: RowFault) -> Self {
        match fault {
            RowFault::NotText => Self::NotText,
            RowFault::Quote => Self::Quote,
        }
    }
}
