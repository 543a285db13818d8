//! A console with a few cards in it, and fingers for its keys.

use chrono::{DateTime, TimeDelta, Utc};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use kami_common::shade::Shade;
use kami_common::words::Language;
use kami_console::input::pointer::Pointer;
use kami_console::state::cards::Landing;
use kami_console::state::message::{Answer, Effect, Message, Question, Topic};
use kami_console::state::model::{Location, Model};
use kami_console::state::theme::{Depth, Theme};
use kami_console::turn::view;
use kami_console::turn::{self, update};
use kami_core::app::{App, AppEdit, AppName, NamedValue};
use kami_core::card::CardStatus;
use kami_core::duration::CardDuration;
use kami_core::filter::{Capped, Sort};
use kami_core::operator::Operator;
use kami_core::record::CardRecord;
use kami_store::{AppCounts, AppsFound, Grants, Page, PresetsFound, StatusCounts};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;

/// The moment at which every test takes place: 14:02 in Shanghai.
pub(crate) fn now() -> DateTime<Utc> {
    "2026-03-04T06:02:00Z".parse().unwrap()
}

/// A console and what it wanted done since it was last asked.
pub(crate) struct Console {
    pub(crate) model: Model,
    pub(crate) effects: Vec<Effect>,
}

pub(crate) fn theme(depth: Depth, shade: Shade) -> Theme {
    Theme { depth, shade }
}

impl Console {
    /// A console that has asked its first questions and has no answer yet.
    pub(crate) fn started(size: (u16, u16), language: Language) -> Self {
        let operator = Operator::new("li").unwrap();
        let mut model = Model::new(now(), size, language, theme(Depth::True, Shade::Dark), operator);
        model.location = Location {
            environment: Some("dev".to_owned()),
            server: "db-1".to_owned(),
            database: "kamisystem".to_owned(),
            user: "li".to_owned(),
            production: false,
        };
        let mut console = Self { model, effects: Vec::new() };
        console.tell(Message::Started);
        console
    }

    /// A console that shows cards.
    pub(crate) fn with_cards(size: (u16, u16), language: Language) -> Self {
        let mut console = Self::started(size, language);
        console.answer_rows(cards());
        console.answer(Topic::Total, Answer::Total { total: Some(Capped::Exactly(8)), newest: 8 });
        console.answer(Topic::Counts, Answer::Counts(counts()));
        console.answer(
            Topic::Apps,
            Answer::Apps(AppsFound { apps: apps().split_off(2), ..AppsFound::default() }),
        );
        console.answer(Topic::Presets, Answer::Presets(PresetsFound::default()));
        console.answer(Topic::Server, Answer::Server(grants("ALL PRIVILEGES")));
        console
    }

    /// A console that shows cards of several apps.
    pub(crate) fn with_apps(size: (u16, u16), language: Language) -> Self {
        let mut console = Self::with_cards(size, language);
        console.keys("a");
        console.answer(Topic::Apps, Answer::Apps(AppsFound { apps: apps(), ..AppsFound::default() }));
        console.answer(Topic::AppCounts, Answer::AppCounts(app_counts()));
        console.press(KeyCode::Esc);
        console.answer_rows(cards_of_apps());
        console
    }

    /// Tells it something.
    pub(crate) fn tell(&mut self, message: Message) {
        self.effects.extend(update(&mut self.model, message));
    }

    /// Presses a key.
    pub(crate) fn press(&mut self, code: KeyCode) {
        self.press_with(code, KeyModifiers::NONE);
    }

    /// Presses a key with Ctrl.
    pub(crate) fn control(&mut self, character: char) {
        self.press_with(KeyCode::Char(character), KeyModifiers::CONTROL);
    }

    fn press_with(&mut self, code: KeyCode, modifiers: KeyModifiers) {
        if let Some(message) = turn::key(&self.model, KeyEvent::new(code, modifiers)) {
            self.tell(message);
        }
    }

    /// Types a text, key by key.
    pub(crate) fn keys(&mut self, text: &str) {
        for character in text.chars() {
            self.press(KeyCode::Char(character));
        }
    }

    /// Clicks twice on the first line that has these words.
    pub(crate) fn double_click(&mut self, words: &str) {
        let row = self.screen().lines().position(|line| line.contains(words)).unwrap();
        for _ in 0..2 {
            self.tell(Message::Pointer(Pointer::Press { column: 12, row: u16::try_from(row).unwrap() }));
        }
    }

    /// The last question about a topic, with its number.
    pub(crate) fn question(&self, wanted: Topic) -> Option<(u64, &Question)> {
        self.effects.iter().rev().find_map(|effect| match effect {
            Effect::Ask { id, topic, question, .. } if *topic == wanted => Some((*id, question)),
            _ => None,
        })
    }

    /// Answers the last question about a topic.
    pub(crate) fn answer(&mut self, topic: Topic, answer: Answer) {
        let (id, _) = self.question(topic).unwrap_or_else(|| panic!("nothing was asked about {topic:?}"));
        self.tell(Message::Answered { id, answer });
    }

    /// Answers the last question for rows: these are all.
    pub(crate) fn answer_rows(&mut self, rows: Vec<CardRecord>) {
        let page = Page {
            rows,
            unreadable: Vec::new(),
            now: now(),
            sort: Sort::NEWEST,
            has_before: false,
            has_after: false,
        };
        self.answer(Topic::Rows, Answer::Rows(page, Landing::Top));
    }

    /// What the terminal shows.
    pub(crate) fn buffer(&self) -> Buffer {
        let (columns, rows) = self.model.size;
        let mut terminal = Terminal::new(TestBackend::new(columns, rows)).unwrap();
        terminal.draw(|frame| view(&self.model, frame)).unwrap();
        terminal.backend().buffer().clone()
    }

    /// Lets so much time go by that no key is too soon, without a clock that would show it.
    pub(crate) fn wait(&mut self) {
        (self.model.asked_at, self.model.pasted_at) = (None, None);
    }

    /// What the terminal shows, without its colours.
    pub(crate) fn screen(&self) -> String {
        let buffer = self.buffer();
        let lines = (0..buffer.area.height).map(|y| {
            let mut line = String::new();
            let mut x = 0;
            while x < buffer.area.width {
                let symbol = buffer[(x, y)].symbol();
                line.push_str(symbol);
                x += u16::try_from(kami_common::cells::cells(symbol).max(1)).unwrap();
            }
            line.trim_end().to_owned()
        });
        lines.collect::<Vec<_>>().join("\n")
    }
}

pub(crate) fn counts() -> StatusCounts {
    StatusCounts { unused: 9_812, active: 1_204, expired: 1_411, disabled: 53, taken_at: now() }
}

/// An app that says all that one can, one that is archived, and the one that there always is.
pub(crate) fn apps() -> Vec<App> {
    let text = |text: &str| Some(text.to_owned());
    let blank = |name: &str| App::blank(name.parse().unwrap(), now() - TimeDelta::days(30));
    let value =
        |name: &str, value: &str, is_public| NamedValue { name: name.into(), value: value.into(), is_public };
    let full = AppEdit {
        title: text("演示 Demo"),
        latest: text("2.1"),
        minimum: text("1.5"),
        url: text("https://example.com/下载"),
        notice: text("今晚维护 \u{1b}[31m\nsecond line"),
        values: vec![
            value("config", "{\"server\":\"a.example.com\"}", false),
            value("greeting", "你好，欢迎使用", true),
        ],
        ..AppEdit::default()
    };
    let archived = App {
        is_archived: true,
        title: "sold no more".to_owned(),
        ..blank("an-app-with-a-name-of-32-letters")
    };
    vec![full.applied(&blank("demo")).unwrap(), archived, blank(AppName::DEFAULT)]
}

/// The cards of the usual app and of another.
pub(crate) fn app_counts() -> Vec<AppCounts> {
    let demo = StatusCounts { unused: 812, active: 204, expired: 11, disabled: 3, taken_at: now() };
    [("default", counts()), ("demo", demo)]
        .map(|(app, counts)| AppCounts { app: app.into(), counts })
        .to_vec()
}

/// The cards, of which two are of another app.
pub(crate) fn cards_of_apps() -> Vec<CardRecord> {
    let mut cards = cards();
    for card in &mut cards[1..3] {
        "demo".clone_into(&mut card.app);
    }
    cards
}

/// One card of each kind, and some that are unkind to a table.
pub(crate) fn cards() -> Vec<CardRecord> {
    let hour = TimeDelta::hours(1);
    let unused = |id, prefix: &str, code: &str| CardRecord {
        prefix: prefix.to_owned(),
        code: code.to_owned(),
        full_code: format!("{prefix}-{code}"),
        duration: CardDuration::Seconds(10_800),
        created_at: now() - hour * 30,
        updated_at: Some(now() - hour * 30),
        app: AppName::DEFAULT.to_owned(),
        ..CardRecord::blank(id)
    };
    let with = |card: CardRecord, status, machine: &str, used: TimeDelta, expires: TimeDelta| CardRecord {
        status,
        stored_status: status,
        machine_code: Some(machine.to_owned()),
        used_at: Some(now() + used),
        expire_at: Some(now() + expires),
        ..card
    };
    let note = |card: CardRecord, note: &str| CardRecord { note: Some(note.to_owned()), ..card };
    let minute = TimeDelta::minutes(1);
    vec![
        CardRecord { batch_id: Some(12), ..note(unused(8, "VIP", "7KQ2M9XWTR4HP3ND"), "shop A") },
        with(
            note(unused(7, "VIP", "9D3KTR4HP3NDM2QX"), "shop A"),
            CardStatus::Active,
            "PC-3F2A0011223344559C",
            -minute * 19,
            minute * 161,
        ),
        with(unused(6, "VIP", "M2QX9D3KTR4HP3ND"), CardStatus::Active, "PC-81B0", -hour * 2, minute / 2),
        with(
            note(unused(5, "VIP", "TR4H9D3KP3NDM2QX"), "a refund that was promised by phone and never paid"),
            CardStatus::Expired,
            "PC-0A9F00000000003D",
            -hour * 30,
            -hour * 27,
        ),
        with(unused(4, "VIP", "P3NDM2QX9D3KTR4H"), CardStatus::Disabled, "MAC-5", -hour, hour * 2),
        CardRecord { duration: CardDuration::Forever, ..unused(3, "学习卡", "2WAVXC5HFE7A1B2C") },
        note(unused(2, "VIP", "A\u{1b}[31mRED\u{7}\u{202e}X"), "emoji 😀👨\u{200d}👩 和中文备注"),
        with(
            unused(1, "一二三四五六七八九十一二三四五六", "ABCDEFGH"),
            CardStatus::Active,
            "工作站-七号\r\n机",
            -hour * 900,
            hour * 900,
        ),
    ]
}

/// What an account may do that has these rights on the whole database.
pub(crate) fn grants(rights: &str) -> Grants {
    Grants::read([format!("GRANT {rights} ON `kamisystem`.* TO `li`@`%`").as_str()], "kamisystem")
}
