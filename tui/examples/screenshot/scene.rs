//! A seller with twelve thousand cards, at two past two on a working day.

use chrono::{DateTime, TimeDelta, Utc};
use kami_common::shade::Shade;
use kami_common::words::Language;
use kami_console::input::act::Act;
use kami_console::state::cards::Landing;
use kami_console::state::message::{Answer, Effect, Message, Topic};
use kami_console::state::model::{Location, Model};
use kami_console::state::statistics::{Chart, Statistics, series};
use kami_console::state::theme::{Depth, Theme};
use kami_console::turn::update;
use kami_console::turn::view;
use kami_core::app::AppName;
use kami_core::card::CardStatus;
use kami_core::duration::CardDuration;
use kami_core::filter::{Capped, Sort};
use kami_core::operator::Operator;
use kami_core::record::CardRecord;
use kami_store::{Grants, HistoryEntry, LogRecord, Page, PrefixStock, StatusCounts, Stock};
use ratatui::Terminal;
use ratatui::backend::TestBackend;

use super::svg::svg;

/// The columns of the terminal.
const COLUMNS: u16 = 124;

/// The languages of the READMEs, and what the seller writes down in each.
const NOTES: [(&str, [&str; 4]); 2] = [
    ("en", ["shop A", "shop B", "refunded", "reported lost"]),
    ("zh", ["一号店", "二号店", "已退款", "客户挂失"]),
];

fn notes(language: Language) -> [&'static str; 4] {
    NOTES.iter().find(|(code, _)| *code == language.code()).map_or(NOTES[0].1, |(_, notes)| *notes)
}

/// The name of each picture's file, and the picture.
pub(crate) fn pictures() -> Vec<(String, String)> {
    let mut pictures = Vec::new();
    for language in NOTES.map(|(code, _)| Language::of_locale(code)) {
        for (name, draw) in [("console", cards as fn(Language) -> Seller), ("statistics", statistics)] {
            let name = format!("{name}.{}.svg", language.code());
            pictures.push((name, draw(language).picture()));
        }
    }
    pictures
}

fn now() -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::seconds(1_772_604_120)
}

/// The seller's console, and what it still wants to know.
struct Seller {
    model: Model,
    effects: Vec<Effect>,
}

impl Seller {
    fn new(language: Language, rows_of_screen: u16) -> Self {
        let theme = Theme { depth: Depth::True, shade: Shade::Dark };
        let Ok(operator) = Operator::new("li") else { unreachable!("a name of two letters") };
        let mut model = Model::new(now(), (COLUMNS, rows_of_screen), language, theme, operator);
        model.location = Location {
            environment: Some("shop".to_owned()),
            server: "db-1".to_owned(),
            database: "kamisystem".to_owned(),
            user: "li".to_owned(),
            production: false,
        };
        let mut seller = Self { model, effects: Vec::new() };
        seller.tell(Message::Started);
        let page = Page {
            rows: rows(language),
            unreadable: Vec::new(),
            now: now(),
            sort: Sort::NEWEST,
            has_before: false,
            has_after: true,
        };
        seller.answer(Topic::Rows, Answer::Rows(page, Landing::Top));
        seller.answer(Topic::Total, Answer::Total { total: Some(Capped::Exactly(12_480)), newest: 8 });
        let counts =
            StatusCounts { unused: 9_812, active: 1_204, expired: 1_411, disabled: 53, taken_at: now() };
        seller.answer(Topic::Counts, Answer::Counts(counts));
        let grants = Grants::read(["GRANT ALL PRIVILEGES ON `kamisystem`.* TO `li`@`%`"], "kamisystem");
        seller.answer(Topic::Server, Answer::Server(grants));
        seller
    }

    fn tell(&mut self, message: Message) {
        self.effects.extend(update(&mut self.model, message));
    }

    /// Answers the last question about a topic, if there is one.
    fn answer(&mut self, wanted: Topic, answer: Answer) {
        let asked = self.effects.iter().rev().find_map(|effect| match effect {
            Effect::Ask { id, topic, .. } if *topic == wanted => Some(*id),
            _ => None,
        });
        if let Some(id) = asked {
            self.tell(Message::Answered { id, answer });
        }
    }

    fn picture(&self) -> String {
        let Ok(mut terminal) = Terminal::new(TestBackend::new(self.model.size.0, self.model.size.1));
        let Ok(_) = terminal.draw(|frame| view(&self.model, frame));
        svg(terminal.backend().buffer(), Shade::Dark, "kami -e shop")
    }
}

/// The cards: the cursor on one that was activated and then extended, two marked.
fn cards(language: Language) -> Seller {
    let mut seller = Seller::new(language, 32);
    for act in [Act::Down, Act::Down, Act::Down, Act::Mark, Act::Mark, Act::Up, Act::Up] {
        seller.tell(Message::Act(act));
    }
    let Some(card) = seller.model.cards.current().map(|card| card.id) else { return seller };
    let [note, refunded] = [0, 2].map(|place| notes(language)[place]);
    let values =
        |column: &str, value: serde_json::Value| Some([(column.to_owned(), value)].into_iter().collect());
    let record = |id, act: &str, minutes, column, before: serde_json::Value, after: &str| LogRecord {
        subject: None,
        id,
        act_id: id,
        act: act.to_owned(),
        operator: "li".to_owned(),
        account: None,
        done_at: now() - TimeDelta::minutes(minutes),
        card_id: Some(card),
        batch_id: None,
        full_code: None,
        before: values(column, before),
        after: values(column, after.into()),
    };
    let history = vec![
        record(41, "note", 12, "note", note.into(), refunded),
        record(17, "note", 1_730, "note", serde_json::Value::Null, note),
    ];
    let history = history.into_iter().map(HistoryEntry::from).collect();
    seller.answer(Topic::History, Answer::History(card, history));
    seller
}

/// Made-up numbers that rise and fall with the hours or the days of the week.
fn counts(chart: u8, count: u16) -> Vec<u64> {
    const HOURS: [u64; 24] =
        [52, 61, 58, 64, 70, 83, 91, 88, 74, 55, 31, 17, 9, 5, 4, 3, 6, 12, 21, 33, 41, 47, 56, 49];
    const WEEK: [u64; 7] = [92, 104, 99, 118, 141, 187, 160];
    (0..count)
        .map(|step| {
            let (place, noise) = (usize::from(step), u64::from(step) * (7 + 4 * u64::from(chart)) % 13);
            let usual =
                if count == 24 { HOURS[(place + 5 * usize::from(chart)) % 24] } else { WEEK[place % 7] };
            (usual + 2 * noise) * 9 / (9 + u64::from(chart))
        })
        .collect()
}

fn statistics(language: Language) -> Seller {
    let mut seller = Seller::new(language, 40);
    seller.tell(Message::Act(Act::Statistics));
    let series = series(now(), seller.model.zone);
    let charts =
        (0..).zip(series).map(|(chart, series)| Chart { series, counts: counts(chart, series.count) });
    let stock =
        |prefix: &str, unused, activated| PrefixStock { prefix: prefix.to_owned(), unused, activated };
    let prefixes = vec![
        stock("VIP", 5_210, 1_912),
        stock("BASIC", 3_170, 604),
        stock("学习卡", 96, 433),
        stock("TRIAL", 1_336, 121),
        stock("OLD", 40, 0),
    ];
    let mut expiring_next = rows(language);
    expiring_next.retain(|card| card.status == CardStatus::Active);
    expiring_next.sort_by_key(|card| card.expire_at);
    let statistics = Statistics {
        app: None,
        charts: charts.collect(),
        expiring_next,
        sharing: None,
        copied: None,
        stock: Some(Stock { days: 30, prefixes, taken_at: now() }),
    };
    seller.answer(Topic::Statistics, Answer::Statistics(statistics));
    seller
}

/// What a card of the table has more than its code.
enum Life {
    Unused,
    /// The machine, how long ago it was activated and how long it still lasts, in minutes.
    Used(CardStatus, &'static str, i64, i64),
}

fn rows(language: Language) -> Vec<CardRecord> {
    use CardStatus::{Active, Disabled, Expired};
    use Life::{Unused, Used};
    let [shop_a, shop_b, refund, lost] = notes(language);
    let (hours, days, month, forever) = (
        CardDuration::Seconds(10_800),
        CardDuration::Seconds(86_400),
        CardDuration::Seconds(30 * 86_400),
        CardDuration::Forever,
    );
    let cards = [
        ("VIP", "7KQ2M9XWTR4HP3ND", hours, Unused, shop_a),
        ("VIP", "9D3KTR4HP3NDM2QX", hours, Used(Active, "PC-3F2A81B04C770E9C", 19, 161), shop_a),
        ("VIP", "M2QX9D3KTR4HP3ND", hours, Used(Active, "PC-81B0C2D4E6F80A11", 115, 65), shop_a),
        ("VIP", "TR4H9D3KP3NDM2QX", hours, Used(Expired, "PC-0A9F00B1C2D3E43D", 1_700, -1_520), refund),
        ("VIP", "P3NDM2QX9D3KTR4H", days, Unused, shop_a),
        ("BASIC", "HW5E3UY7A9C2KQ4M", days, Used(Active, "MAC-5E1177E4", 1_002, 438), shop_b),
        ("BASIC", "2WAVXC5HFE7A1B2C", days, Unused, shop_b),
        ("学习卡", "6G8JTK3MZP9RVA2D", month, Used(Active, "工作站-07", 17_280, 25_920), ""),
        ("学习卡", "D4FHJ7KMNP2QRSTV", month, Unused, ""),
        ("学习卡", "X3Y5Z7A9B2C4D6E8", month, Used(Active, "工作站-12", 30_240, 12_960), ""),
        ("VIP", "K9M2P4R6T8V3X5Z7", forever, Unused, ""),
        ("VIP", "C2E4G6J8L3N5Q7S9", hours, Used(Disabled, "PC-77AC01D2E3F45B60", 95, 85), lost),
        ("VIP", "B3D5F7H9K2M4P6R8", hours, Used(Expired, "PC-19D0E1F2A3B4C5D6", 3_100, -2_920), shop_b),
        ("BASIC", "T8V3X5Z7A9C2E4G6", days, Used(Active, "MAC-0C2B91F7", 1_428, 12), shop_b),
        ("BASIC", "J8L3N5Q7S9U2W4Y6", days, Used(Active, "PC-5D6E7F8091A2B3C4", 610, 830), shop_a),
        ("VIP", "F7H9K2M4P6R8T3V5", hours, Unused, shop_a),
        ("VIP", "Z7A9C2E4G6J8L3N5", hours, Unused, shop_a),
        ("VIP", "Q7S9U2W4Y6B3D5F7", hours, Used(Expired, "PC-C4D5E6F708192A3B", 2_050, -1_870), shop_a),
        ("TRIAL", "R8T3V5X7Z9A2C4E6", hours, Unused, ""),
        ("TRIAL", "G6J8L3N5Q7S9U2W4", hours, Unused, ""),
        ("TRIAL", "Y6B3D5F7H9K2M4P6", hours, Used(Active, "MAC-77E4D0A1", 171, 9), ""),
        ("TRIAL", "N5Q7S9U2W4Y6B3D5", hours, Unused, ""),
        ("TRIAL", "A2C4E6G8J3L5N7Q9", hours, Unused, ""),
    ];
    let minutes = TimeDelta::minutes;
    (0..)
        .zip(cards)
        .map(|(place, (prefix, code, duration, life, note))| {
            let (status, machine, used, left) = match life {
                Unused => (CardStatus::Unused, None, None, None),
                Used(status, machine, used, left) => {
                    (status, Some(machine.to_owned()), Some(used), Some(left))
                }
            };
            CardRecord {
                prefix: prefix.to_owned(),
                code: code.to_owned(),
                full_code: format!("{prefix}-{code}"),
                status,
                stored_status: status,
                duration,
                machine_code: machine,
                batch_id: Some(31),
                note: (!note.is_empty()).then(|| note.to_owned()),
                created_at: now() - minutes(44_000),
                used_at: used.map(|ago| now() - minutes(ago)),
                expire_at: left.map(|left| now() + minutes(left)),
                updated_at: Some(now() - minutes(used.unwrap_or(44_000))),
                app: AppName::DEFAULT.to_owned(),
                ..CardRecord::blank(12_480 - place)
            }
        })
        .collect()
}
