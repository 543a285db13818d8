//! The first row of a table: which of its columns are the codes, the durations and the notes, in Chinese or English.

use super::split::cells_of_line;
use super::table;
use kami_core::property::Property;
use kami_core::spoken::{self, plain};

/// How many of our columns tell a table of ours: those of the first release, behind which later ones come.
const FIRST_COLUMNS: usize = 10;

/// What separates the cells of a table; of two that explain a header alike, the first is it.
pub(super) const SEPARATORS: [char; 6] = [',', ';', '\t', '|', '，', '；'];

/// The titles that are a unit alone, and the unit.
const UNITS: [(&str, &str); 14] = [
    ("天数", "天"),
    ("天數", "天"),
    ("有效天數", "天"),
    ("使用天數", "天"),
    ("小時數", "小時"),
    ("分鐘數", "分鐘"),
    ("有效天数", "天"),
    ("使用天数", "天"),
    ("小时数", "小时"),
    ("有效小时数", "小时"),
    ("分钟数", "分钟"),
    ("days", "days"),
    ("hours", "hours"),
    ("minutes", "minutes"),
];

/// The titles of a column that says whether a card is still for sale.
const STATUS: [&str; 7] = ["状态", "狀態", "卡密狀態", "使用狀態", "卡密状态", "使用状态", "status"];

/// The words of a row that sums up the others.
const TOTALS: [&str; 14] = [
    "合计",
    "合計",
    "总计",
    "總計",
    "小计",
    "小計",
    "共计",
    "总数",
    "总和",
    "共",
    "total",
    "totals",
    "subtotal",
    "grandtotal",
];

/// Where the columns stand that an import reads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Columns {
    pub(super) code: usize,
    /// Those of all properties that have titles, the code among them.
    places: Vec<(Property, usize)>,
    /// The unit that the title of the durations names, for those that are a number alone.
    pub(super) unit: Option<String>,
    pub(super) status: Option<usize>,
    /// How many columns there are up to the last one with a title.
    pub(super) titled: usize,
    /// The columns before the last of those that have none.
    pub(super) untitled: Vec<usize>,
    /// Whether the table is one that we wrote.
    pub(super) is_ours: bool,
}

/// Why a row is no header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HeaderFault {
    /// No column is known to be that of the codes.
    NoCode,
    /// Two columns have the same meaning.
    Twice,
}

impl Columns {
    /// The columns that a header names.
    pub(super) fn of(header: &[String]) -> Result<Self, HeaderFault> {
        let titles: Vec<String> = header.iter().map(|title| key(title)).collect();
        let place = |names: &[&str]| {
            let is_there = |name: &&&str| titles.iter().any(|title| title == **name);
            let Some(name) = names.iter().find(is_there) else { return Ok(None) };
            one_of(titles.iter().map(|title| title == name))
        };
        let durations: Vec<_> = titles.iter().map(|title| duration_unit(title)).collect();
        let duration = place_of_durations(&durations)?;
        let code = place(Property::FullCode.traits().titles)?.ok_or(HeaderFault::NoCode)?;
        let mut places = Vec::new();
        for property in Property::ALL {
            let found = match property {
                Property::FullCode => Some(code),
                Property::Duration => duration,
                _ => place(property.traits().titles)?,
            };
            places.extend(found.map(|found| (property, found)));
        }
        let is_ours = table::columns().take(FIRST_COLUMNS).all(|own| titles.contains(&key(own)));
        let says_ours =
            |property| matches!(property, Property::App | Property::Policy | Property::ValidUntil);
        places.retain(|(property, _)| is_ours || !says_ours(*property));
        let unit = duration.and_then(|place| durations[place].clone());
        let width = titles.iter().rposition(|title| !title.is_empty()).map_or(0, |last| last + 1);
        Ok(Self {
            code,
            places,
            unit: unit.filter(|unit| !unit.is_empty()),
            status: place(&STATUS)?,
            is_ours,
            titled: width,
            untitled: (0..width).filter(|column| header[*column].trim().is_empty()).collect(),
        })
    }

    /// Where the column of a property stands, if there is one.
    pub(super) fn place(&self, wanted: Property) -> Option<usize> {
        self.places.iter().find(|(property, _)| *property == wanted).map(|(_, place)| *place)
    }

    /// Whether a column is read.
    pub(super) fn reads(&self, column: usize) -> bool {
        self.places.iter().any(|(_, place)| *place == column)
    }
}

/// Where the durations stand, by the units of the titles: of a duration in words and one in a unit, as JSON lines of ours
/// have them, the former.
fn place_of_durations(units: &[Option<String>]) -> Result<Option<usize>, HeaderFault> {
    match one_of(units.iter().map(|unit| unit.as_deref() == Some("")))? {
        None => one_of(units.iter().map(Option::is_some)),
        in_words => Ok(in_words),
    }
}

/// The one place that is marked, if any is.
fn one_of(marks: impl Iterator<Item = bool>) -> Result<Option<usize>, HeaderFault> {
    let mut places = marks.enumerate().filter(|(_, is_marked)| *is_marked).map(|(place, _)| place);
    let first = places.next();
    if places.next().is_none() { Ok(first) } else { Err(HeaderFault::Twice) }
}

/// The separator that a first line such as `sep=;` names for Excel.
pub(super) fn named_separator(line: &str) -> Option<char> {
    let line = line.trim_end_matches(['\r', '\n']).trim_matches('"');
    let (name, separator) = line.split_at_checked(4)?;
    let mut separators = separator.chars();
    separators.next().filter(|_| name.eq_ignore_ascii_case("sep=") && separators.next().is_none())
}

/// The separator under which a line is a header with the most columns.
pub(super) fn separator_of(header: &str) -> Option<char> {
    let count = |separator| {
        let cells = cells_of_line(header, separator);
        (Columns::of(&cells) != Err(HeaderFault::NoCode)).then_some(cells.len())
    };
    let counted = SEPARATORS.iter().rev().filter_map(|separator| Some((count(*separator)?, *separator)));
    counted.max_by_key(|(count, _)| *count).map(|(_, separator)| separator)
}

/// Whether a line has several cells, whatever separates them.
pub(super) fn is_row(line: &str) -> bool {
    line.contains(SEPARATORS)
}

/// Whether a line has nothing but empty cells, whatever separates them.
pub(super) fn is_empty_row(line: &str) -> bool {
    line.chars().all(|character| character.is_whitespace() || SEPARATORS.contains(&character))
}

/// Whether a cell is what spreadsheets write in the row of a sum, such as 合计 or 共100张, which no code is.
pub(super) fn is_total(cell: &str) -> bool {
    let words: String = plain(cell).chars().filter(|character| character.is_alphabetic()).collect();
    let counted = words.strip_suffix(['张', '張', '个', '個', '条', '條', '元']).unwrap_or(&words);
    !cell.contains('-') && (TOTALS.contains(&words.as_str()) || TOTALS.contains(&counted))
}

/// Whether a cell is the title of a column of codes, which no code is.
pub(super) fn is_title(cell: &str) -> bool {
    let title = key(cell);
    Property::FullCode.traits().titles.contains(&title.as_str()) && !cell.contains('-')
}

/// A title less what people write it with: its case, its width, spaces, signs and what stands in brackets.
pub(super) fn key(title: &str) -> String {
    let plain = plain(title);
    let named = plain
        .split('(')
        .next()
        .filter(|named| !named.trim().is_empty() && duration_unit(&letters(named)).is_none());
    letters(named.unwrap_or(&plain))
}

fn letters(text: &str) -> String {
    text.chars().filter(|character| character.is_alphanumeric()).collect()
}

/// The unit that the title of a column of durations names, empty if it names none.
fn duration_unit(title: &str) -> Option<String> {
    if let Some((_, unit)) = UNITS.iter().find(|(name, _)| *name == title) {
        return Some((*unit).to_owned());
    }
    let titles = Property::Duration.traits().titles;
    let unit = titles.iter().find_map(|name| title.strip_prefix(name))?;
    let unit = unit.strip_suffix(['数', '數']).unwrap_or(unit);
    let is_unit = spoken::parse(&format!("1{unit}")).is_ok();
    (is_unit || titles.contains(&title)).then(|| unit.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(header: &str) -> Result<Columns, HeaderFault> {
        let separator = separator_of(header).ok_or(HeaderFault::NoCode)?;
        Columns::of(&cells_of_line(header, separator))
    }

    #[test]
    fn columns_are_known_by_the_titles_that_people_give_them() {
        for (header, [code, duration, note]) in [
            ("code,duration,note", [Some(0), Some(1), Some(2)]),
            ("Note; CODE ;x", [Some(1), None, Some(0)]),
            ("备注\t时长\t卡密", [Some(2), Some(1), Some(0)]),
            ("卡号，有效期（天），备注", [Some(0), Some(1), Some(2)]),
            ("激活码|使用期限", [Some(0), Some(1), None]),
            ("序號,卡號,有效期限,備註", [Some(1), Some(2), Some(3)]),
            ("啟用碼,天數,說明", [Some(0), Some(1), Some(2)]),
            ("序号,卡号,卡密,状态", [Some(2), None, None]),
            ("License Key,Valid for,Remarks", [Some(0), Some(1), Some(2)]),
            ("\"CD-KEY\",\"Duration (days)\"", [Some(0), Some(1), None]),
            ("prefix,code,full_code,duration", [Some(2), Some(3), None]),
            ("ＣＯＤＥ，天数", [Some(0), Some(1), None]),
            ("\u{3000}卡 密*\u{3000}", [Some(0), None, None]),
        ] {
            let found = columns(header).unwrap();
            let places = [Property::FullCode, Property::Duration, Property::Note].map(|one| found.place(one));
            assert_eq!(places, [code, duration, note], "{header}");
        }
        for header in ["", "VIP-A1", "VIP-A1,30d", "名称,价格", "序号", "时长,备注"] {
            assert_eq!(columns(header), Err(HeaderFault::NoCode), "{header}");
        }
        for header in ["code,code", "卡密,备注,备注", "卡密,时长,有效期", "卡密,天数,小时数"]
        {
            assert_eq!(columns(header), Err(HeaderFault::Twice), "{header}");
        }
    }

    #[test]
    fn a_title_may_name_the_unit_of_its_durations() {
        for (title, unit) in [
            ("天数", Some("天")),
            ("有效天数", Some("天")),
            ("时长(小时)", Some("小时")),
            ("时长/分钟", Some("分钟")),
            ("有效期（天）", Some("天")),
            ("Duration (days)", Some("days")),
            ("duration_hours", Some("hours")),
            ("Days", Some("days")),
            ("时长", None),
        ] {
            let found = Columns::of(&["code".to_owned(), title.to_owned()]).unwrap();
            assert_eq!(found.unit.as_deref(), unit, "{title}");
            assert_eq!(found.place(Property::Duration), Some(1), "{title}");
        }
        let both = columns("code,duration_seconds,duration,Month,月").unwrap();
        assert_eq!((both.place(Property::Duration), both.unit), (Some(2), None));
    }

    #[test]
    fn excel_may_be_told_the_separator() {
        for (line, separator) in [
            ("sep=;\r\n", Some(';')),
            ("SEP=\t\n", Some('\t')),
            ("\"sep=,\"", Some(',')),
            ("sep=", None),
            ("sep=;;", None),
            ("卡密", None),
        ] {
            assert_eq!(named_separator(line), separator, "{line:?}");
        }
    }

    #[test]
    fn the_row_of_a_sum_is_none_of_a_card() {
        for total in
            ["合计", " 总计：", "共 100 张", "共100张", "Total", "Grand total: 5", "小计（元）", "ＴＯＴＡＬ"]
        {
            assert!(is_total(total), "{total}");
        }
        for code in ["", "100", "VIP-合计", "TOTAL-A1", "张", "TOTALLY", "A100"] {
            assert!(!is_total(code), "{code}");
        }
    }
}
