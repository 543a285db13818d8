//! Who is kept out, as tables: written for spreadsheets, and read from whatever program wrote them.

use std::collections::HashMap;
use std::io::Read;

use chrono::{DateTime, Utc};
use thiserror::Error;

use super::bounds::MAX_MALFORMED;
use super::cell::harmless;
use super::header::{SEPARATORS, is_empty_row, key, named_separator};
use super::lines::Lines;
use super::notice::Notice;
use super::refusal::{MalformedReason, ReadError};
use super::repair::{damage, unmarked};
use super::split::{Row, cells_of_line};
use super::table::{moment, row};
use kami_core::app::AppName;
use kami_core::block::{Block, BlockKey, BlockTarget, MAX_BLOCKS, NoTarget, is_written_as_network};
use kami_core::operator::Note;

/// What a column says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Column {
    Target,
    Kind,
    App,
    Reason,
    Until,
}

/// The titles of targets that are machines, whatever their codes look like.
const MACHINES: [&str; 9] =
    ["machine", "machinecode", "机器码", "機器碼", "机器", "機器", "设备", "設備", "裝置"];

/// The titles of targets that are networks.
const NETWORKS: [&str; 10] =
    ["network", "cidr", "ip", "ipaddress", "网段", "網段", "网络", "網路", "ip地址", "ip位址"];

impl Column {
    /// Every column, in the order in which they are written.
    const ALL: [Self; 5] = [Self::Target, Self::Kind, Self::App, Self::Reason, Self::Until];

    /// Whether it is known by that title.
    fn is_titled(self, title: &str) -> bool {
        let says_kind = self == Self::Target && (MACHINES.contains(&title) || NETWORKS.contains(&title));
        says_kind || self.titles().contains(&title)
    }

    /// The titles by which it is known, in lower case and without spaces and signs; the first is ours.
    const fn titles(self) -> &'static [&'static str] {
        match self {
            Self::Target => &["target", "目标", "目標"],
            Self::Kind => &["kind", "type", "类型", "類型"],
            Self::App => &["app", "应用", "應用"],
            Self::Reason => &["reason", "note", "原因", "备注", "備註"],
            Self::Until => {
                &["until", "ends", "expires", "截止", "截止时间", "截止時間", "到期", "到期时间", "到期時間"]
            }
        }
    }
}

/// What is wrong with a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum BlockFault {
    /// What may be wrong with a line of any table.
    #[error(transparent)]
    Line(MalformedReason),
    /// The first line names no column of targets.
    #[error("the first line has to name the columns, one of them target")]
    NoHeader,
    /// It says of nobody that he is kept out.
    #[error("no target in this row")]
    NoTarget,
    /// It names neither a machine nor a network.
    #[error(transparent)]
    Target(NoTarget),
    /// It is of no kind that there is.
    #[error("its kind is machine or network")]
    Kind,
    /// What it says of the app is no name of one.
    #[error("no name of an app")]
    App,
    /// The reason is too long.
    #[error("a reason has at most {max} characters", max = Note::MAX_CHARS)]
    Reason,
    /// The end is no moment.
    #[error("no moment")]
    Until,
    /// The same is kept out of the same further up.
    #[error("the same as in line {0}")]
    Repeated(u64),
}

/// What a table of those who are kept out holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ParsedBlocks {
    /// Who is kept out, each with the number of its line, from 1.
    pub blocks: Vec<(u64, Block)>,
    /// The lines that say nothing of the kind, and why: at most [`MAX_MALFORMED`], behind which nothing is read.
    pub malformed: Vec<(u64, BlockFault)>,
    /// What was taken for granted or passed over.
    pub notices: Vec<Notice>,
}

/// Reads a table whose first line names its columns in Chinese or English: the targets, and if they are there their kinds, apps,
/// reasons and ends, which `until` reads. A target without a kind is what the title says, else told by its form, and one without
/// an app is kept out of all.
pub fn parse_blocks(
    mut source: impl Read,
    until: &dyn Fn(&str) -> Option<DateTime<Utc>>,
) -> Result<ParsedBlocks, ReadError> {
    let mut lines = Lines::new(&mut source);
    let mut parsed = ParsedBlocks::default();
    let mut empty_rows = 0;
    if let Some(table) = Table::begin(&mut lines, &mut parsed)? {
        let mut seen = HashMap::new();
        while let Some(row) = Row::read(&mut lines, table.separator)? {
            if row.is_empty() {
                empty_rows += u64::from(row.cells.len() > 1);
                continue;
            }
            let block = table.block(&row, until).and_then(|block| {
                let first = *seen.entry(block.key.clone()).or_insert(row.line);
                if first == row.line { Ok(block) } else { Err(BlockFault::Repeated(first)) }
            });
            match block {
                Ok(block) => parsed.blocks.push((row.line, block)),
                Err(fault) => parsed.malformed.push((row.line, fault)),
            }
            if parsed.blocks.len() > MAX_BLOCKS as usize {
                return Err(ReadError::TooManyBlocks);
            }
            if parsed.malformed.len() == MAX_MALFORMED {
                break;
            }
        }
    }
    parsed.notices.extend(lines.guessed().map(Notice::Encoding));
    parsed.notices.extend(Some(Notice::EmptyRows(empty_rows)).filter(|_| empty_rows > 0));
    Ok(parsed)
}

/// How a table is read.
struct Table {
    separator: char,
    /// Where each column stands, in the order of [`Column::ALL`].
    places: [Option<usize>; Column::ALL.len()],
    /// How many columns have a title, up to the last.
    titled: usize,
    /// What the title of the targets says that they are.
    said: Said,
}

/// What a title says of the targets under it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Said {
    Machines,
    Networks,
    Nothing,
}

impl Said {
    fn of(title: &str) -> Self {
        if MACHINES.contains(&title) {
            Self::Machines
        } else if NETWORKS.contains(&title) {
            Self::Networks
        } else {
            Self::Nothing
        }
    }

    /// Who is meant by a text of which nothing else is said: what looks like a network is no machine unless that is said of it
    /// alone.
    fn target(self, text: &str) -> Result<BlockTarget, BlockFault> {
        match self {
            Self::Machines if is_written_as_network(text) => return Err(BlockFault::Kind),
            Self::Machines => BlockTarget::machine(text),
            Self::Networks => BlockTarget::network(text),
            Self::Nothing => text.parse(),
        }
        .map_err(BlockFault::Target)
    }
}

impl Table {
    /// Reads the header; none, and why not, where it names no targets.
    fn begin(lines: &mut Lines<'_>, parsed: &mut ParsedBlocks) -> Result<Option<Self>, ReadError> {
        let mut named = None;
        loop {
            let line = String::from_utf8_lossy(lines.peek()?).into_owned();
            let separator = named_separator(&line).filter(|_| named.is_none());
            if separator.is_some() || !line.is_empty() && is_empty_row(&line) {
                named = separator.or(named);
                lines.read(&mut Vec::new(), 0)?;
                continue;
            }
            let separator = named.or_else(|| separator_of(&line)).unwrap_or(',');
            let Some(header) = Row::read(lines, separator)? else { return Ok(None) };
            let table = match header.fault {
                Some(fault) => Err(BlockFault::Line(fault.into())),
                None => Self::of(separator, &header.cells),
            };
            return Ok(match table {
                Ok(table) => {
                    parsed.notices.extend(table.ignored(&header.cells));
                    Some(table)
                }
                Err(fault) => {
                    parsed.malformed.push((header.line, fault));
                    None
                }
            });
        }
    }

    fn of(separator: char, header: &[String]) -> Result<Self, BlockFault> {
        let titles: Vec<String> = header.iter().map(|title| key(title)).collect();
        let mut places = [None; Column::ALL.len()];
        for (place, column) in places.iter_mut().zip(Column::ALL) {
            let mut found = titles.iter().enumerate().filter(|(_, title)| column.is_titled(title));
            *place = found.next().map(|(place, _)| place);
            if found.next().is_some() {
                return Err(BlockFault::Line(MalformedReason::TwoColumns));
            }
        }
        let last = titles.iter().rposition(|title| !title.is_empty());
        let said = places[Column::Target as usize].map_or(Said::Nothing, |place| Said::of(&titles[place]));
        let table = Self { separator, places, titled: last.map_or(0, |last| last + 1), said };
        if table.place(Column::Target).is_some() { Ok(table) } else { Err(BlockFault::NoHeader) }
    }

    const fn place(&self, column: Column) -> Option<usize> {
        self.places[column as usize]
    }

    /// The columns that are not taken over.
    fn ignored(&self, header: &[String]) -> Option<Notice> {
        let others = header.iter().enumerate().filter(|(place, _)| !self.places.contains(&Some(*place)));
        let titles = others.map(|(_, title)| title.trim().to_owned()).filter(|title| !title.is_empty());
        Some(Notice::Ignored(titles.collect())).filter(|notice| *notice != Notice::Ignored(Vec::new()))
    }

    /// Who a row says is kept out.
    fn block(&self, row: &Row, until: &dyn Fn(&str) -> Option<DateTime<Utc>>) -> Result<Block, BlockFault> {
        if let Some(fault) = row.fault {
            return Err(BlockFault::Line(fault.into()));
        }
        if row.cells.iter().skip(self.titled).any(|cell| !cell.trim().is_empty()) {
            return Err(BlockFault::Line(MalformedReason::TooManyCells));
        }
        let cell =
            |column| self.place(column).and_then(|place| row.cells.get(place)).map_or("", |cell| &**cell);
        // What was written as a text bears a mark.
        if let Some(damage) = damage(cell(Column::Target).trim()) {
            return Err(BlockFault::Line(damage.into()));
        }
        let [target, kind, app, reason, end] =
            Column::ALL.map(|column| unmarked(cell(column)).0.trim().to_owned());
        let target = match (&*target, &*kind) {
            ("", _) => return Err(BlockFault::NoTarget),
            (target, "") => self.said.target(target)?,
            (target, kind) => of_kind(kind, target).ok_or(BlockFault::Kind)?.map_err(BlockFault::Target)?,
        };
        let app = Some(app).filter(|app| !app.is_empty()).map(|app| app.parse::<AppName>());
        let end = Some(end).filter(|end| !end.is_empty()).map(|end| until(&end).ok_or(BlockFault::Until));
        Ok(Block {
            key: BlockKey { app: app.transpose().map_err(|_| BlockFault::App)?, target },
            reason: Note::parse(&reason).map_err(|_| BlockFault::Reason)?,
            until: end.transpose()?,
        })
    }
}

/// One of the kind that a row says, in the words of any language.
fn of_kind(kind: &str, target: &str) -> Option<Result<BlockTarget, NoTarget>> {
    match Said::of(&key(kind)) {
        Said::Machines => Some(BlockTarget::machine(target)),
        Said::Networks => Some(BlockTarget::network(target)),
        Said::Nothing => None,
    }
}

/// The separator under which a line names targets with the most columns.
fn separator_of(header: &str) -> Option<char> {
    let count = |separator| {
        let cells = cells_of_line(header, separator);
        (Table::of(separator, &cells).err() != Some(BlockFault::NoHeader)).then_some(cells.len())
    };
    let counted = SEPARATORS.iter().rev().filter_map(|separator| Some((count(*separator)?, *separator)));
    counted.max_by_key(|(count, _)| *count).map(|(_, separator)| separator)
}

/// The first line of a table of those who are kept out, behind the mark by which spreadsheets know UTF-8.
pub fn blocks_header() -> String {
    format!("\u{feff}{}", row(Column::ALL.into_iter().map(|column| column.titles()[0].to_owned())))
}

/// One who is kept out, as a line of it.
pub fn blocks_line(block: &Block) -> String {
    let Block { key: BlockKey { app, target }, reason, until } = block;
    row(Column::ALL.into_iter().map(|column| match column {
        Column::Target => harmless(&target.to_string()),
        Column::Kind => target.kind().to_owned(),
        Column::App => app.as_ref().map_or("", AppName::as_str).to_owned(),
        Column::Reason => harmless(reason.as_ref().map_or("", Note::as_str)),
        Column::Until => until.map(moment).unwrap_or_default(),
    }))
}

#[cfg(test)]
mod tests {
    use encoding_rs::GB18030;
    use proptest::prelude::*;

    use super::*;
    use crate::Encoding;

    fn parsed(bytes: &[u8]) -> ParsedBlocks {
        let until = |text: &str| DateTime::parse_from_rfc3339(text).ok().map(|moment| moment.to_utc());
        parse_blocks(bytes, &until).unwrap()
    }

    fn block(target: BlockTarget, app: &str, reason: &str, until: &str) -> Block {
        let app = (!app.is_empty()).then(|| app.parse().unwrap());
        let until = (!until.is_empty()).then(|| until.parse().unwrap());
        Block { key: BlockKey { app, target }, reason: Note::parse(reason).unwrap(), until }
    }

    #[test]
    fn each_program_s_table_is_read() {
        let text = "目标,应用,原因,截止时间\r\n电脑-1,demo,\"退款, 两次\",2030-01-01T00:00:00Z\r\n203.0.113.9/24,,,\r\n";
        let expected = [
            (2, block(BlockTarget::machine("电脑-1").unwrap(), "demo", "退款, 两次", "2030-01-01T00:00:00Z")),
            (3, block(BlockTarget::network("203.0.113.0/24").unwrap(), "", "", "")),
        ];
        let utf16: Vec<u8> = format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect();
        let excel = format!("sep=;\n{}", text.replace(", ", "，").replace(',', ";").replace('，', ", "));
        for (bytes, first, notices) in [
            (text.as_bytes().to_vec(), 2, vec![]),
            (format!("\u{feff}{text}").into_bytes(), 2, vec![]),
            (GB18030.encode(text).0.into_owned(), 2, vec![Notice::Encoding(Encoding::Gb18030)]),
            (utf16, 2, vec![]),
            (excel.into_bytes(), 3, vec![]),
            (format!("\n,,\n{text}").into_bytes(), 4, vec![]),
        ] {
            let parsed = parsed(&bytes);
            assert_eq!((&parsed.malformed, &parsed.notices), (&vec![], &notices));
            let expected = expected.clone().map(|(line, block)| (line + first - 2, block));
            assert_eq!(parsed.blocks, expected);
        }
        let titles = parsed(b"Target,colour,Note\nPC-1,red,\n,,\n");
        let notices = [Notice::Ignored(vec!["colour".into()]), Notice::EmptyRows(1)];
        assert_eq!((titles.blocks.len(), &*titles.notices), (1, &notices[..]));
        assert_eq!(parsed(b""), ParsedBlocks::default());
    }

    #[test]
    fn a_line_that_cannot_be_is_named_by_its_number() {
        let long = "x".repeat(256);
        for (row, fault) in [
            ("203.0.113.0/33,,,,", BlockFault::Target(NoTarget::Network)),
            (",,demo,,", BlockFault::NoTarget),
            ("PC-1,person,,,", BlockFault::Kind),
            ("PC-1,network,,,", BlockFault::Target(NoTarget::Network)),
            ("PC-1,,My App,,", BlockFault::App),
            (&format!("PC-1,,,{long},"), BlockFault::Reason),
            ("PC-1,,,,soon", BlockFault::Until),
            ("PC-1,,,,,x", BlockFault::Line(MalformedReason::TooManyCells)),
            ("8.68533E+14,,,,", BlockFault::Line(MalformedReason::MadeNumber)),
            ("8.68533E+14,machine,,,", BlockFault::Line(MalformedReason::MadeNumber)),
            ("5-Mar,,,,", BlockFault::Line(MalformedReason::MadeDate)),
            ("\"PC\"1,,,,", BlockFault::Line(MalformedReason::Quote)),
            ("PC-0,,,again,", BlockFault::Repeated(2)),
        ] {
            let text = format!("target,kind,app,reason,until\nPC-0,,,,\n\n{row}\nPC-2,,,,\n");
            let parsed = parsed(text.as_bytes());
            assert_eq!((parsed.blocks.len(), parsed.malformed), (2, vec![(4, fault)]), "{row}");
        }
        assert_eq!(parsed(b"target\nPC-\xff\n").malformed, [(2, BlockFault::Line(MalformedReason::NotText))]);
        assert_eq!(parsed(b"PC-1\nPC-2\n").malformed, [(1, BlockFault::NoHeader)]);
        let twice = [(1, BlockFault::Line(MalformedReason::TwoColumns))];
        assert_eq!(parsed("机器码,网段\n".as_bytes()).malformed, twice);
        let many = format!("target\n{}", ",\u{200b}\n".repeat(MAX_MALFORMED + 5));
        assert_eq!(parsed(many.as_bytes()).malformed.len(), MAX_MALFORMED);
        let many: Vec<String> = (0..=MAX_BLOCKS).map(|number| format!("PC-{number}")).collect();
        let read = parse_blocks(format!("target\n{}", many.join("\n")).as_bytes(), &|_| None);
        assert!(matches!(read, Err(ReadError::TooManyBlocks)), "{read:?}");
    }

    #[test]
    fn a_title_or_a_kind_says_what_the_targets_are() {
        let kinds = |text: &str| -> Vec<_> {
            let parsed = parsed(text.as_bytes());
            let kinds = parsed.blocks.iter().map(|(_, block)| Ok(block.key.target.kind()));
            kinds.chain(parsed.malformed.iter().map(|(_, fault)| Err(*fault))).collect()
        };
        let not_network = BlockFault::Target(NoTarget::Network);
        for (text, expected) in [
            ("target\nPC-1\n203.0.113.7\n", vec![Ok("machine"), Ok("network")]),
            ("机器码\nPC-1\n10.1.2.3\n", vec![Ok("machine"), Err(BlockFault::Kind)]),
            ("設備,類型\n10.1.2.3,machine\n10.1.2.3,網段\n", vec![Ok("machine"), Ok("network")]),
            ("machine,kind\n00:1A:2B:3C:4D:5E:6F:70,机器\n", vec![Ok("machine")]),
            (
                "ip\n203.0.113.7\n203.0.113\n203.0.113.*\n",
                vec![Ok("network"), Err(not_network), Err(not_network)],
            ),
            ("网段,类型\nPC-1,机器\nPC-2,IP\n", vec![Ok("machine"), Err(not_network)]),
        ] {
            assert_eq!(kinds(text), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_as_it_was(
            machine in "\\PC{1,20}|[-=+@0-9.:/\"',;]{1,12}", reason in "\\PC{0,20}|[-=+@\"',;\n]{0,8}", seconds in 0..4_000_000_000_i64,
        ) {
            let Ok(target) = BlockTarget::machine(&machine) else { return Ok(()) };
            let Ok(reason) = Note::parse(&reason) else { return Ok(()) };
            let until = DateTime::from_timestamp(seconds, 0);
            let network = BlockTarget::network("2001:db8::/32").unwrap();
            let blocks = [(target, "demo", until), (network, "", None)].map(|(target, app, until)| {
                Block { reason: reason.clone(), until, ..block(target, app, "", "") }
            });
            let text: String = [blocks_header()].into_iter().chain(blocks.iter().map(blocks_line)).collect();
            let read: Vec<_> = parsed(text.as_bytes()).blocks.into_iter().map(|(_, block)| block).collect();
            prop_assert_eq!(read, blocks);
        }

        #[test]
        fn no_file_is_too_much(bytes: Vec<u8>, text in "target,until\n[A-C,\"'\n-]{0,40}") {
            for bytes in [&bytes[..], text.as_bytes()] {
                drop(parse_blocks(bytes, &|_| None));
            }
        }
    }
}
