//! Whatever a spreadsheet program makes of some cards, the importer reads the same cards in the same lines.

use encoding_rs::GB18030;
use kami_transfer::Defaults;
use kami_transfer::import::parse_csv;
use proptest::prelude::*;
use proptest::sample::select;

/// A duration as people write it, and its seconds.
const DURATIONS: [(&str, Option<u32>); 10] = [
    ("30天", Some(2_592_000)),
    (" 30D ", Some(2_592_000)),
    ("1个月", Some(2_592_000)),
    ("720小时", Some(2_592_000)),
    ("3 h", Some(10_800)),
    ("1年", Some(31_536_000)),
    ("永久", None),
    ("forever", None),
    ("３０分钟", Some(1_800)),
    ("90m", Some(5_400)),
];

#[derive(Clone, Debug)]
struct Card {
    code: String,
    duration: (&'static str, Option<u32>),
    note: String,
    /// How many empty rows follow it.
    empty: usize,
}

/// How a program writes a table.
#[derive(Clone, Debug)]
struct Program {
    titles: (&'static str, &'static str, &'static str),
    order: [usize; 3],
    separator: &'static str,
    names_separator: bool,
    end: &'static str,
    encoding: &'static str,
    quotes_all: bool,
    empty_columns: usize,
}

fn cards() -> impl Strategy<Value = Vec<Card>> {
    let card = (select(&DURATIONS[..]), "[a-z老客户备注，。\", ;\t\n]{0,12}", 0..3_usize);
    prop::collection::vec(card, 1..8).prop_map(|cards| {
        let numbered = cards.into_iter().enumerate();
        let card = |(number, (duration, note, empty)): (usize, (_, String, _))| Card {
            code: format!("VIP-SP{number:04}"),
            duration,
            note,
            empty,
        };
        numbered.map(card).collect()
    })
}

fn programs() -> impl Strategy<Value = Program> {
    let titles = select(
        &[
            ("code", "duration", "note"),
            ("卡密", "时长", "备注"),
            (" CODE ", "有效期", "Remark"),
            ("激活码", "使用期限", "说明"),
            ("License Key", "Valid for", "Notes"),
        ][..],
    );
    let order = select(&[[0, 1, 2], [2, 1, 0], [1, 2, 0]][..]);
    let form = (select(&[",", ";", "\t"][..]), any::<bool>(), select(&["\r\n", "\n", "\r"][..]));
    let encoding = select(&["utf-8", "utf-8 marked", "utf-16le", "utf-16be", "gb18030"][..]);
    (titles, order, form, encoding, any::<bool>(), 0..4_usize).prop_map(
        |(titles, order, (separator, names_separator, end), encoding, quotes_all, empty_columns)| Program {
            titles,
            order,
            separator,
            names_separator,
            end,
            encoding,
            quotes_all,
            empty_columns,
        },
    )
}

impl Program {
    fn row(&self, cells: [&str; 3]) -> String {
        let quoted = |cell: &str| {
            if self.quotes_all || cell.contains(['"', ',', ';', '\t', '\n']) {
                format!("\"{}\"", cell.replace('"', "\"\""))
            } else {
                cell.to_owned()
            }
        };
        let cells = self.order.map(|column| quoted(cells[column]));
        cells.join(self.separator) + &self.separator.repeat(self.empty_columns) + self.end
    }

    /// The file, and the line in which each card stands.
    fn write(&self, cards: &[Card]) -> (Vec<u8>, Vec<u64>) {
        let mut text = String::new();
        let mut lines = Vec::new();
        if self.names_separator {
            text = format!("sep={}{}", self.separator, self.end);
        }
        text += &self.row([self.titles.0, self.titles.1, self.titles.2]);
        for card in cards {
            // A break within a cell is an LF everywhere.
            let ends = text.replace("\r\n", "\n").matches(['\r', '\n']).count();
            lines.push(ends as u64 + 1);
            text += &self.row([&card.code, card.duration.0, &card.note]);
            let empty = self.separator.repeat(2 + self.empty_columns) + self.end;
            text += &empty.repeat(card.empty);
        }
        let marked = format!("\u{feff}{text}");
        let bytes = match self.encoding {
            "utf-8" => text.into_bytes(),
            "utf-8 marked" => marked.into_bytes(),
            "utf-16le" => marked.encode_utf16().flat_map(u16::to_le_bytes).collect(),
            "utf-16be" => marked.encode_utf16().flat_map(u16::to_be_bytes).collect(),
            _ => GB18030.encode(&text).0.into_owned(),
        };
        (bytes, lines)
    }
}

proptest! {
    #[test]
    fn cards_come_back_as_they_were_typed(cards in cards(), program in programs()) {
        let (bytes, lines) = program.write(&cards);
        let parsed = parse_csv(bytes.as_slice(), &Defaults::default()).unwrap();
        prop_assert_eq!(&parsed.malformed, &[]);
        let read: Vec<_> = parsed
            .cards
            .iter()
            .map(|row| (row.line, row.full_code, row.duration.seconds(), row.note.unwrap_or_default()))
            .collect();
        let typed: Vec<_> = cards
            .iter()
            .zip(lines)
            .map(|(card, line)| (line, card.code.as_str(), card.duration.1, card.note.trim()))
            .collect();
        prop_assert_eq!(read, typed);
    }
}
