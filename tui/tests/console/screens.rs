//! Each screen at each size, in both languages, with colours and without: one file of texts and one of styles a screen.

use std::fmt::Write as _;

use crossterm::event::KeyCode;
use kami_common::causes;
use kami_common::saved_view::SavedView;
use kami_common::shade::Shade;
use kami_common::words::{Language, say};
use kami_console::overlay::confirm::Confirm;
use kami_console::overlay::form::field::{AppField, FieldName};
use kami_console::state::message::{Answer, Done, Effect, Failure, Topic};
use kami_console::state::model::ReadOnly;
use kami_console::state::order::Undoing;
use kami_console::state::statistics::{Chart, Statistics};
use kami_console::state::theme::Depth;
use kami_core::acts::ActRefusal;
use kami_core::app::AppEdit;
use kami_core::card::CardStatus;
use kami_core::policy::{UnbindBy, WhenFull};
use kami_core::property::Property;
use kami_core::record::CardRecord;
use kami_store::{
    ActError, ActOutcome, ActRecord, ActStep, AppsFound, Batch, BatchOrigin, HistoryEntry, LogRecord, Loss,
    PrefixCounts, PrefixStock, SearchCursor, SearchStep, Sharing, StatusCounts, Stock, Survey, Undoable,
};
use ratatui::buffer::Buffer;
use ratatui::style::{Color, Modifier};

use crate::fixtures::{Console, cards, now, theme};
use crate::{
    block_files, blocks, copied_keys, fixtures, imports, kinds, licences, presets, seats, shared, unready,
};

const SIZES: [(u16, u16); 4] = [(40, 20), (80, 24), (120, 40), (200, 50)];

/// A console that shows cards.
const CARDS: fn((u16, u16), Language) -> Console = Console::with_cards;

/// A console that shows cards of several apps.
const APPS: fn((u16, u16), Language) -> Console = Console::with_apps;

/// A console whose database has not answered yet.
const STARTED: fn((u16, u16), Language) -> Console = Console::started;

/// A screen: its name, where its console begins, and what leads to it.
pub(crate) type Screen = (&'static str, fn((u16, u16), Language) -> Console, fn(&mut Console));

pub(crate) const SCREENS: [Screen; 77] = [
    ("cards", CARDS, |_| {}),
    ("marked", CARDS, |console| {
        console.keys("j  ");
        console.model.cards.query.filter.prefix = Some("VIP".to_owned());
        console.model.cards.query.filter.batch_id = Some(12);
    }),
    ("production", CARDS, |console| {
        console.model.location.production = true;
        console.model.location.environment = Some("prod".to_owned());
        console.model.read_only = Some(ReadOnly::NoGrant);
    }),
    ("connecting", STARTED, |_| {}),
    ("away", STARTED, |console| {
        let refused = refused(console);
        console.answer(Topic::Rows, Answer::Failed(refused));
    }),
    ("away_with_cards", CARDS, |console| {
        console.keys("r");
        let refused = refused(console);
        console.answer(Topic::Rows, Answer::Failed(refused));
    }),
    ("unready", STARTED, |console| unready::unready(console, unready::flask())),
    ("unfit", STARTED, |console| unready::unready(console, unready::unfit())),
    ("loading", CARDS, |console| {
        console.keys("/VIP");
        console.model.now = now() + chrono::TimeDelta::milliseconds(300);
    }),
    ("no_cards", STARTED, |console| console.answer_rows(Vec::new())),
    ("no_match", CARDS, |console| {
        console.keys("/zzz");
        console.answer_rows(Vec::new());
    }),
    ("searching", CARDS, |console| {
        console.keys("/9D");
        console.press(KeyCode::Tab);
        let step = SearchStep {
            rows: cards().into_iter().take(2).collect(),
            unreadable: Vec::new(),
            now: now(),
            next: Some(SearchCursor::over(1, 550)),
            progress: kami_store::Progress { done: 450, total: 1_000 },
        };
        console.answer(Topic::Rows, Answer::Hits { step, is_first: true, goes_on: true });
    }),
    ("detail", CARDS, |console| {
        console.keys("jjjjjj");
        console.press(KeyCode::Enter);
        console.answer(Topic::History, Answer::History(2, Vec::new()));
    }),
    ("history", CARDS, |console| {
        console.keys("j");
        console.press(KeyCode::Enter);
        console.answer(
            Topic::History,
            Answer::History(7, history().into_iter().map(HistoryEntry::from).collect()),
        );
    }),
    ("licences", CARDS, licences::come),
    ("generate", CARDS, |console| console.keys("nVIP")),
    ("generate_preset", APPS, |console| {
        presets::come(console, presets::presets());
        console.keys("n");
        console.press(KeyCode::Right);
    }),
    ("presets", APPS, |console| {
        presets::come(console, presets::presets());
        console.keys("Pj");
        console.answer(Topic::PresetCounts, Answer::PresetCounts(None, presets::counts()));
    }),
    ("preset_form", CARDS, |console| {
        presets::come(console, presets::presets());
        console.keys("Pe");
    }),
    ("preset_remove", CARDS, |console| {
        presets::come(console, presets::presets());
        console.keys("Pjd");
    }),
    ("blocks", APPS, |console| {
        console.keys("K");
        blocks::come(console, blocks::blocks(), 3, Some(1));
    }),
    ("blocks_export", APPS, |console| {
        console.keys("K");
        blocks::come(console, blocks::blocks(), 3, None);
        console.keys("x");
    }),
    ("blocks_import", APPS, |console| {
        console.keys("K");
        blocks::come(console, blocks::blocks(), 3, None);
        block_files::look(console, block_files::TABLE);
    }),
    ("blocks_import_wrong", APPS, |console| {
        console.keys("K");
        blocks::come(console, blocks::blocks(), 3, None);
        block_files::look(console, "机器码,应用,备注,金额\nPC-9,,,\n电脑 8,none,,\n,demo,,\n");
    }),
    ("block_form", APPS, |console| {
        console.keys("jX");
        console.press(KeyCode::Tab);
    }),
    ("generate_wrong", CARDS, |console| {
        console.keys("nVI P");
        console.press(KeyCode::Tab);
        console.press(KeyCode::Tab);
        console.press(KeyCode::Backspace);
        console.press(KeyCode::Backspace);
        console.keys("6");
    }),
    ("generating", CARDS, |console| {
        order_batch(console);
        console.model.now = now() + chrono::TimeDelta::seconds(2);
        console.answer(Topic::Work, Answer::Progress { done: 37, share: None });
    }),
    ("generated", CARDS, |console| {
        order_batch(console);
        let batch = Batch {
            origin: BatchOrigin::Generated,
            prefix: Some("VIP".to_owned()),
            card_count: 100,
            ..imports::batch()
        };
        console.answer(Topic::Work, Answer::Done(Box::new(Done::Made(batch))));
    }),
    ("edit", CARDS, |console| console.keys("je")),
    ("conflict", CARDS, |console| {
        console.keys("e");
        console.press(KeyCode::BackTab);
        console.press(KeyCode::BackTab);
        console.keys("!");
        console.press(KeyCode::Enter);
        let card = CardRecord {
            status: CardStatus::Active,
            machine_code: Some("PC-NEW".to_owned()),
            ..cards().swap_remove(0)
        };
        let error = ActError::Changed { card: Box::new(card), now: now() };
        console.answer(Topic::Work, Answer::Done(Box::new(Done::Refused(error))));
    }),
    ("extend", CARDS, |console| console.keys("j+")),
    ("delete_one", CARDS, |console| console.keys("d")),
    ("delete_many", CARDS, |console| console.keys("*d")),
    ("counting", CARDS, |console| {
        console.keys("*d");
        console.answer(Topic::Survey, Answer::Surveying(0.344));
    }),
    ("many", CARDS, |console| {
        console.model.location.production = true;
        console.keys("*b");
        console.answer(Topic::Survey, Answer::Survey(survey()));
    }),
    ("undo", CARDS, |console| {
        console.keys("u");
        console
            .answer(Topic::Undo, Answer::Undoable { undoable: Some(Box::new(undoable())), is_redo: false });
        console.answer(Topic::Survey, Answer::Survey(Survey { batches: None, ..survey() }));
    }),
    ("undone", CARDS, |console| {
        let undoing = Undoing { undoable: undoable(), is_own: true, is_redo: false };
        let outcome = ActOutcome { act_id: Some(1_043), done: 500, ..ActOutcome::default() };
        console.keys("b");
        let undone = Done::Undone { undoing: Box::new(undoing), outcome };
        console.answer(Topic::Work, Answer::Done(Box::new(undone)));
    }),
    ("progress", CARDS, |console| {
        console.keys("*b");
        console.model.now = now() + chrono::TimeDelta::seconds(2);
        console.answer(Topic::Work, Answer::Progress { done: 3, share: Some(0.4) });
    }),
    ("done", CARDS, |console| {
        console.keys("*b");
        let refused = [(ActRefusal::AlreadyDisabled, 2)].into();
        let outcome = ActOutcome { act_id: Some(2), done: 6, refused, missing: 0, ..ActOutcome::default() };
        console.answer(
            Topic::Work,
            Answer::Done(Box::new(Done::Many { act: "disable", outcome, machines: None })),
        );
    }),
    ("export", CARDS, |console| console.keys(" x")),
    ("import", CARDS, |console| console.keys("i")),
    ("import_lines", imports::asked, |console| {
        let text = "VIP-7KQ2M9XWTR4HP3ND\n\nNOHYPHEN\nVIP-\u{1b}[31m\nvip-7kq2m9xwtr4hp3nd\n学习卡-2WAVXC5HFE7A1B2C\n\
                    一二三四五六七八九十一二三四五六-ABCDEFGHJKLMNPQRSTUVWXYZ23456789ABCDEFGHJKLMNPQRSTUVWXYZ23456789\nP.X-1\n";
        imports::look(console, text, &[1]);
    }),
    ("import_all_new", imports::asked, |console| {
        let text = (0..3_000).map(|number| format!("VIP-{number:016}")).collect::<Vec<_>>().join("\n");
        imports::look(console, &text, &[]);
    }),
    ("prefixes", CARDS, |console| {
        console.keys("p");
        let counts = [("VIP", 9_000), ("学习卡", 40), ("BASIC", 812)].map(|(prefix, unused)| PrefixCounts {
            prefix: prefix.to_owned(),
            counts: StatusCounts { unused, active: 0, expired: 0, disabled: 0, taken_at: now() },
        });
        console.answer(Topic::Choices, Answer::Prefixes(counts.to_vec()));
    }),
    ("shared", CARDS, |console| {
        shared::filter(console);
        console.answer_rows(shared::shared().into_iter().skip(1).take(1).collect());
    }),
    ("created", CARDS, filter_by_creation),
    ("created_typed", CARDS, |console| {
        filter_by_creation(console);
        console.keys("2026-01..2026-02-14");
    }),
    ("created_chip", CARDS, |console| {
        filter_by_creation(console);
        console.keys("2026-01..2026-02-14");
        console.press(KeyCode::Enter);
    }),
    ("views", CARDS, |console| {
        let vip = SavedView {
            prefix: Some("VIP".into()),
            expiring: "7d".parse().ok(),
            ..SavedView::named("VIP, a week")
        };
        console.model.views = vec![SavedView::named("all"), vip, SavedView::named("老客户 😀")];
        console.keys("V");
    }),
    ("view_form", CARDS, |console| {
        console.model.cards.query.filter.prefix = Some("VIP".to_owned());
        console.keys("V");
        console.press(KeyCode::Enter);
        console.keys("VIP");
    }),
    ("settings", CARDS, |console| {
        console.model.files.config = "/home/li/.config/kami/config.toml".into();
        console.model.files.preferences = "/home/li/.config/kami/preferences.toml".into();
        console.model.sources.language = kami_common::settings::Source::Preferences;
        console.model.sources.zone = kami_common::settings::Source::Variable("KAMI_TIMEZONE");
        console.keys("S");
        console.press(KeyCode::PageDown);
    }),
    ("statistics", CARDS, |console| {
        console.keys("s");
        console.answer(Topic::Statistics, Answer::Statistics(statistics(console)));
    }),
    ("statistics_counting", CARDS, |console| {
        console.keys("s");
        let mut begun = statistics(console);
        begun.charts.truncate(3);
        console.answer(Topic::Statistics, Answer::Statistics(Statistics { stock: None, ..begun }));
    }),
    ("apps", APPS, |console| console.keys("ajj")),
    ("apps_all", APPS, |console| console.keys("a")),
    ("app_form", APPS, |console| {
        console.keys("ajje");
        console.press(KeyCode::Tab);
        console.keys("1");
    }),
    ("app_values", APPS, |console| console.keys("ajjv")),
    ("app_filter", APPS, |console| {
        console.keys("ajj");
        console.press(KeyCode::Enter);
        console.answer_rows(fixtures::cards_of_apps().split_off(1));
        console.answer(Topic::Counts, Answer::Counts(fixtures::app_counts().remove(1).counts));
        console.keys("n");
    }),
    ("leases", CARDS, |console| {
        console.keys("a");
        let leased = AppEdit {
            lease: Some("10m".to_owned()),
            when_full: Some(WhenFull::Oldest),
            ..AppEdit::default()
        };
        let apps = fixtures::apps().into_iter().map(|app| leased.applied(&app).unwrap()).collect();
        console.answer(Topic::Apps, Answer::Apps(AppsFound { apps, ..AppsFound::default() }));
        console.keys("jje");
        kinds::go_to(console, FieldName::App(AppField::Lease));
    }),
    ("app_rules", CARDS, |console| {
        console.keys("a");
        let said = AppEdit {
            trial: Some("20p".to_owned()),
            unbind: Some(UnbindBy::Machine),
            unbind_cooldown: Some("24h".to_owned()),
            unbind_limit: Some("3".to_owned()),
            ..AppEdit::default()
        };
        let apps = fixtures::apps().into_iter().map(|app| said.applied(&app).unwrap()).collect();
        console.answer(Topic::Apps, Answer::Apps(AppsFound { apps, ..AppsFound::default() }));
        console.keys("jje");
        kinds::go_to(console, FieldName::App(AppField::UnbindCost));
        console.keys("5");
    }),
    ("seats", seats::on_card, |console| {
        console.press(KeyCode::Enter);
        console.answer(Topic::Seats, Answer::Seats(7, seats::machines()));
        console.answer(Topic::History, Answer::History(7, Vec::new()));
    }),
    ("copied_keys", seats::on_card, |console| {
        console.press(KeyCode::Enter);
        console.answer(Topic::Seats, Answer::Seats(7, copied_keys::machines()));
        console.answer(Topic::History, Answer::History(7, Vec::new()));
    }),
    ("copied_keys_unbind", copied_keys::unbinding, |_| {}),
    ("unbind_one", seats::unbinding, |console| console.press(KeyCode::Down)),
    ("fewer_seats", seats::editing, |console| console.keys("1")),
    ("seats_lost", seats::editing, |console| {
        console.keys("1");
        console.press(KeyCode::Enter);
    }),
    ("kinds", kinds::shown, |_| {}),
    ("kinds_detail", kinds::shown, |console| {
        console.keys("j");
        console.press(KeyCode::Enter);
        console.answer(Topic::History, Answer::History(7, kinds::history()));
    }),
    ("kinds_generate", CARDS, |console| kinds::generate(console, "2026-12-31", "1000")),
    ("kinds_edit", kinds::shown, |console| {
        console.keys("je");
        kinds::type_into(console, Property::ValidUntil, "2026-03-01");
    }),
    ("kinds_import", CARDS, |console| {
        console.keys("icodes.txt");
        kinds::type_into(console, Property::Points, "1,000");
        console.press(KeyCode::BackTab);
    }),
    ("log", CARDS, |console| {
        console.keys("l");
        let acts = [("delete", 1, None), ("disable", 12, Some(4)), ("generate", 10_000, None)];
        let acts = (0..).zip(acts).map(|(id, (act, card_count, undone_by))| ActRecord {
            id: 3 - id,
            act: act.to_owned(),
            operator: "li@10.0.0.7".to_owned(),
            account: Some("kami_li@10.0.0.%".to_owned()),
            done_at: now() - chrono::TimeDelta::minutes(7),
            card_count,
            batch_id: None,
            undoes: None,
            subject: None,
            undone_by,
        });
        answer_acts(console, acts.collect(), Some(1));
    }),
    ("log_filter", CARDS, |console| {
        console.keys("lf");
        console.keys("li");
        console.press(KeyCode::BackTab);
        console.keys("2026-01..2026-02");
    }),
    ("log_empty", CARDS, |console| {
        console.keys("l");
        answer_acts(console, Vec::new(), None);
    }),
    ("log_nothing_found", CARDS, |console| {
        console.keys("l");
        answer_acts(console, Vec::new(), None);
        console.keys("fnobody");
        console.press(KeyCode::Enter);
        answer_acts(console, Vec::new(), None);
    }),
    ("help", CARDS, |console| console.keys("?")),
    ("palette", CARDS, |console| console.keys(":")),
];

fn refused(console: &Console) -> Failure {
    let language = console.model.language;
    let why = causes::system(language, &std::io::ErrorKind::ConnectionRefused.into());
    let words = say!(language, "store.unavailable", why = why);
    Failure { words, passes: true }
}

fn filter_by_creation(console: &mut Console) {
    console.keys("f");
    for _ in 0..3 {
        console.press(KeyCode::Down);
    }
    console.press(KeyCode::Enter);
}

fn answer_acts(console: &mut Console, acts: Vec<ActRecord>, next: Option<u64>) {
    let step = ActStep { acts, next };
    console.answer(Topic::Acts, Answer::Acts { step, is_first: true, goes_on: false });
}

fn survey() -> Survey {
    Survey {
        cards: 1_234,
        statuses: vec![(CardStatus::Unused, 1_200), (CardStatus::Active, 34)],
        prefixes: Some([("VIP".to_owned(), 1_000), ("学习卡".to_owned(), 234)].into()),
        batches: Some([(None, 34), (Some(12), 1_200)].into()),
    }
}

/// The making of a batch by somebody else.
fn undoable() -> Undoable {
    let act = ActRecord {
        id: 1_042,
        act: "generate".to_owned(),
        operator: "wang".to_owned(),
        account: Some("kami_wang@10.0.0.7".to_owned()),
        done_at: now() - chrono::TimeDelta::hours(20),
        card_count: 500,
        batch_id: Some(12),
        undoes: None,
        subject: None,
        undone_by: None,
    };
    Undoable { act, loss: Some(Loss::Cards) }
}

fn order_batch(console: &mut Console) {
    console.keys("nVIP");
    console.press(KeyCode::Enter);
}

/// What operators did to the second card.
fn history() -> Vec<LogRecord> {
    let values = |text: &str| Some(serde_json::from_str(text).unwrap());
    let record = |id, act: &str, minutes, before: &str, after: &str| LogRecord {
        id,
        act_id: id,
        act: act.to_owned(),
        operator: "li@10.0.0.7".to_owned(),
        account: Some("kami_li@10.0.0.%".to_owned()),
        done_at: now() - chrono::TimeDelta::minutes(minutes),
        card_id: Some(7),
        batch_id: None,
        subject: None,
        full_code: Some("VIP-9D3KTR4HP3NDM2QX".to_owned()),
        before: values(before),
        after: values(after),
    };
    vec![
        record(3, "enable", 3, r#"{"status":"disabled"}"#, r#"{"status":"active"}"#),
        record(2, "disable", 5, r#"{"status":"active"}"#, r#"{"status":"disabled"}"#),
        record(
            1,
            "extend",
            1_700,
            r#"{"expire_at":"2026-03-04 07:43:00"}"#,
            r#"{"expire_at":"2026-03-04 08:43:00"}"#,
        ),
    ]
}

fn statistics(console: &Console) -> Statistics {
    let charts = kami_console::state::statistics::series(now(), console.model.zone).map(|series| {
        let counts = (0..u64::from(series.count)).map(|step| step * step * 7 % 61).collect();
        Chart { series, counts }
    });
    let stock =
        |prefix: &str, unused, activated| PrefixStock { prefix: prefix.to_owned(), unused, activated };
    let prefixes = vec![stock("BASIC", 812, 0), stock("VIP", 9_000, 1_200), stock("学习卡", 12, 90)];
    Statistics {
        app: None,
        charts: charts.to_vec(),
        expiring_next: cards().into_iter().filter(|card| card.status == CardStatus::Active).collect(),
        sharing: Some(Sharing { shared: 3, cards: 41, requests: 907 }),
        copied: Some(2),
        stock: Some(Stock { days: 30, prefixes, taken_at: now() }),
    }
}

/// The screens that are drawn in every language; the others are in the two that differ most in what their words need.
const IN_EVERY_LANGUAGE: [&str; 3] = ["cards", "generate", "help"];

#[test]
fn every_screen_at_every_size_in_english_and_chinese_and_some_in_every_language() {
    for (name, start, lead) in SCREENS {
        let mut texts = String::new();
        for size @ (columns, rows) in SIZES {
            let in_every_language = IN_EVERY_LANGUAGE.contains(&name) && size == (80, 24);
            for language in Language::all() {
                if !(in_every_language || ["en", "zh"].contains(&language.code())) {
                    continue;
                }
                let mut console = start(size, language);
                lead(&mut console);
                console.wait();
                let _ = writeln!(texts, "━━━ {columns}×{rows} {}\n{}", language.code(), console.screen());
            }
        }
        insta::assert_snapshot!(name, texts);
    }
}

#[test]
fn every_screen_on_a_light_ground_and_without_colours() {
    for (name, start, lead) in SCREENS {
        let mut styles = String::new();
        for (title, depth, shade) in
            [("light", Depth::True, Shade::Light), ("no colour", Depth::None, Shade::Dark)]
        {
            let mut console = start((80, 24), Language::ENGLISH);
            console.model.theme = theme(depth, shade);
            lead(&mut console);
            console.wait();
            let _ = writeln!(styles, "━━━ {title}\n{}", styled(&console.buffer()));
        }
        insta::assert_snapshot!(format!("styles_{name}"), styles);
    }
}

#[test]
fn every_screen_leaves_the_message_and_the_hints_alone_however_little_room_there_is() {
    for (name, start, lead) in SCREENS {
        for language in Language::all() {
            for (columns, rows) in [(36, 12), (40, 20), (60, 15), (61, 16), (80, 18), (160, 15), (250, 60)] {
                let last_lines = |rows| {
                    let mut console = start((columns, rows), language);
                    lead(&mut console);
                    let screen = console.screen();
                    screen.lines().skip(usize::from(rows) - 2).map(str::to_owned).collect::<Vec<_>>()
                };
                assert_eq!(last_lines(rows), last_lines(30), "{name} at {columns}×{rows} {language:?}");
            }
        }
    }
}

#[test]
fn every_screen_is_drawn_anew_on_demand() {
    for (name, start, lead) in SCREENS {
        let mut console = start((80, 24), Language::ENGLISH);
        lead(&mut console);
        let before = console.screen();
        console.effects.clear();
        console.control('l');
        assert!(matches!(console.effects[..], [Effect::Redraw]), "{name}: {:?}", console.effects);
        assert_eq!(console.screen(), before, "{name}");
    }
}

#[test]
fn every_question_is_whole_however_little_room_there_is() {
    let bare = |text: &str| text.replace(char::is_whitespace, "");
    let framed = |line: &str| Some(line.get(line.find('│')? + '│'.len_utf8()..line.rfind('│')?)?.to_owned());
    let mut asked = 0;
    for (name, start, lead) in SCREENS {
        for language in Language::all() {
            for size in [(36, 12), (40, 20), (60, 15)] {
                let mut console = start(size, language);
                lead(&mut console);
                let Some(confirm) = console.model.overlays.top::<Confirm>() else { continue };
                asked += 1;
                let screen = bare(&console.screen().lines().filter_map(framed).collect::<String>());
                for part in [&confirm.question, &confirm.consequence] {
                    assert!(screen.contains(&bare(part)), "{name} {size:?}: {part}\n{}", console.screen());
                }
            }
        }
    }
    assert!(asked > 12, "{asked} questions");
}

#[test]
fn a_terminal_that_is_too_small_says_so() {
    insta::assert_snapshot!("too_small", Console::with_cards((30, 9), Language::of_locale("zh")).screen());
}

/// Every run of cells in one style, as `text{style}`: what colours add to the words.
fn styled(buffer: &Buffer) -> String {
    let grounds = [(Depth::True, Shade::Dark), (Depth::True, Shade::Light), (Depth::Indexed, Shade::Dark)]
        .map(|(depth, shade)| theme(depth, shade).ground());
    let color = |color: Color| match color {
        Color::Reset => String::new(),
        // What everything stands on goes without saying.
        color if grounds.iter().any(|ground| [ground.fg, ground.bg].contains(&Some(color))) => String::new(),
        Color::Rgb(red, green, blue) => format!("#{red:02x}{green:02x}{blue:02x}"),
        other => format!("{other:?}"),
    };
    let mut lines = Vec::new();
    for y in 0..buffer.area.height {
        let mut runs: Vec<(String, String)> = Vec::new();
        for x in 0..buffer.area.width {
            let cell = &buffer[(x, y)];
            let modifier = if cell.modifier == Modifier::empty() {
                String::new()
            } else {
                format!("{:?}", cell.modifier)
            };
            let style = [color(cell.fg), color(cell.bg).replacen('#', "on#", 1), modifier];
            let style = style.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
            match runs.last_mut() {
                Some((text, last)) if *last == style => text.push_str(cell.symbol()),
                _ => runs.push((cell.symbol().to_owned(), style)),
            }
        }
        let runs = runs
            .iter()
            .map(|(text, style)| if style.is_empty() { text.clone() } else { format!("{text}{{{style}}}") });
        lines.push(runs.collect::<String>().trim_end().to_owned());
    }
    lines.join("\n")
}

#[test]
fn the_cards_in_each_depth_of_colour() {
    for (name, depth) in [("true", Depth::True), ("indexed", Depth::Indexed), ("sixteen", Depth::Sixteen)] {
        let mut console = Console::with_cards((80, 24), Language::ENGLISH);
        console.model.theme = theme(depth, Shade::Dark);
        console.keys("j ");
        insta::assert_snapshot!(format!("depth_{name}"), styled(&console.buffer()));
    }
}
