//! Each screen at each size, in both languages, with colours and without.

use kami_shared::store::{ActRecord, ActStep, PrefixStock, SearchStep, Stock};
use kami_tui::console::message::{Answer, Failure, Topic};
use kami_tui::console::model::ReadOnly;
use kami_tui::console::saved_view::SavedView;
use kami_tui::console::statistics::{Chart, Statistics};
use kami_tui::console::theme::{Depth, Shade};
use kami_tui::words::Language;
use ratatui::buffer::Buffer;
use ratatui::style::{Color, Modifier};

use crate::fixtures::{Console, now, theme};

const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (200, 50)];

fn snapshot(name: &str, console: &Console) {
    let (columns, rows) = console.model.size;
    let language = console.model.language.code();
    insta::assert_snapshot!(format!("{name}_{language}_{columns}x{rows}"), console.screen());
}

/// The same at every size and in both languages.
fn everywhere(name: &str, prepare: impl Fn(&mut Console)) {
    for size in SIZES {
        for language in Language::ALL {
            let mut console = Console::with_cards(size, language);
            prepare(&mut console);
            snapshot(name, &console);
        }
    }
}

#[test]
fn cards() {
    everywhere("cards", |_| {});
}

#[test]
fn cards_marked_and_filtered() {
    everywhere("marked", |console| {
        console.keys("j  ");
        console.model.cards.query.filter.prefix = Some("VIP".to_owned());
        console.model.cards.query.filter.batch_id = Some(12);
    });
}

#[test]
fn help() {
    everywhere("help", |console| console.keys("?"));
}

#[test]
fn palette() {
    everywhere("palette", |console| console.keys(":"));
}

#[test]
fn ranges_of_time() {
    for language in Language::ALL {
        let mut console = Console::with_cards((80, 24), language);
        console.keys("f");
        for _ in 0..3 {
            console.press(crossterm::event::KeyCode::Down);
        }
        console.press(crossterm::event::KeyCode::Enter);
        snapshot("created", &console);
        console.keys("2026-01..2026-02-14");
        snapshot("created_typed", &console);
        console.press(crossterm::event::KeyCode::Enter);
        snapshot("created_chip", &console);
    }
}

#[test]
fn saved_views_and_settings() {
    let view = |name: &str| SavedView::named(name);
    everywhere("views", |console| {
        let vip =
            SavedView { prefix: Some("VIP".into()), expiring: "7d".parse().ok(), ..view("VIP, a week") };
        console.model.views = vec![view("all"), vip, view("老客户 😀")];
        console.keys("V");
    });
    everywhere("view_form", |console| {
        console.model.cards.query.filter.prefix = Some("VIP".to_owned());
        console.keys("V");
        console.press(crossterm::event::KeyCode::Enter);
        console.keys("VIP");
    });
    everywhere("settings", |console| {
        console.model.files.config = "/home/li/.config/kami/config.toml".into();
        console.model.files.preferences = "/home/li/.config/kami/preferences.toml".into();
        console.model.sources.language = kami_tui::settings::Source::Preferences;
        console.model.sources.zone = kami_tui::settings::Source::Variable("KAMI_TIMEZONE");
        console.keys("S");
        console.press(crossterm::event::KeyCode::PageDown);
    });
}

#[test]
fn forms() {
    everywhere("generate", |console| console.keys("nVIP"));
    everywhere("export", |console| console.keys(" x"));
    everywhere("edit", |console| console.keys("je"));
}

#[test]
fn a_form_with_mistakes_and_codes_that_are_easy_to_guess() {
    for language in Language::ALL {
        let mut console = Console::with_cards((80, 24), language);
        console.keys("nVI P");
        console.press(crossterm::event::KeyCode::Tab);
        console.press(crossterm::event::KeyCode::Tab);
        console.press(crossterm::event::KeyCode::Backspace);
        console.press(crossterm::event::KeyCode::Backspace);
        console.keys("6");
        snapshot("generate_wrong", &console);
    }
}

#[test]
fn statistics() {
    let stock =
        |prefix: &str, unused, activated| PrefixStock { prefix: prefix.to_owned(), unused, activated };
    everywhere("statistics", |console| {
        console.keys("s");
        let charts = kami_tui::console::statistics::series(now(), console.model.zone).map(|series| {
            let counts = (0..u64::from(series.count)).map(|step| step * step * 7 % 61).collect();
            Chart { series, counts }
        });
        let stock = Stock {
            days: 30,
            prefixes: vec![stock("BASIC", 812, 0), stock("VIP", 9_000, 1_200), stock("学习卡", 40, 90)],
            taken_at: now(),
        };
        let statistics = Statistics { charts: charts.to_vec(), stock };
        console.answer(Topic::Statistics, Answer::Statistics(statistics));
    });
}

#[test]
fn the_operator_log() {
    let act = |id, act: &str, card_count, undone_by| ActRecord {
        id,
        act: act.to_owned(),
        operator: "li@10.0.0.7".to_owned(),
        done_at: now() - chrono::TimeDelta::minutes(7),
        card_count,
        batch_id: None,
        undoes: None,
        undone_by,
    };
    let answer = |console: &mut Console, acts: Vec<ActRecord>, next| {
        let step = ActStep { acts, next };
        console.answer(Topic::Acts, Answer::Acts { step, is_first: true, goes_on: false });
    };
    everywhere("log", |console| {
        console.keys("l");
        let acts =
            vec![act(3, "delete", 1, None), act(2, "disable", 12, Some(4)), act(1, "generate", 10_000, None)];
        answer(console, acts, Some(1));
    });
    everywhere("log_filter", |console| {
        console.keys("lf");
        console.keys("li");
        console.press(crossterm::event::KeyCode::BackTab);
        console.keys("2026-01..2026-02");
    });
    for language in Language::ALL {
        let mut console = Console::with_cards((80, 24), language);
        console.keys("l");
        answer(&mut console, Vec::new(), None);
        snapshot("log_empty", &console);
        console.keys("fnobody");
        console.press(crossterm::event::KeyCode::Enter);
        answer(&mut console, Vec::new(), None);
        snapshot("log_nothing_found", &console);
    }
}

#[test]
fn questions_before_a_delete() {
    for language in Language::ALL {
        let mut console = Console::with_cards((80, 24), language);
        console.keys("d");
        snapshot("delete_one", &console);
        console.press(crossterm::event::KeyCode::Esc);
        console.keys("*d");
        snapshot("delete_many", &console);
    }
}

#[test]
fn progress() {
    for language in Language::ALL {
        let mut console = Console::with_cards((80, 24), language);
        console.keys("*b");
        console.model.now = now() + chrono::TimeDelta::seconds(2);
        console.answer(Topic::Work, Answer::Progress { done: 3, share: Some(0.4) });
        snapshot("progress", &console);
    }
}

#[test]
fn the_detail_of_a_card() {
    for language in Language::ALL {
        let mut console = Console::with_cards((80, 24), language);
        console.keys("jjjjjj");
        console.press(crossterm::event::KeyCode::Enter);
        console.answer(Topic::History, Answer::History(2, Vec::new()));
        snapshot("detail", &console);
    }
}

#[test]
fn before_the_database_answers_and_while_it_is_away() {
    for language in Language::ALL {
        let mut console = Console::started((80, 24), language);
        snapshot("connecting", &console);
        let words = "the database is unavailable: Connection refused".to_owned();
        console.answer(Topic::Rows, Answer::Failed(Failure { words, passes: true }));
        snapshot("away", &console);
    }
}

#[test]
fn empty_tables_teach() {
    for language in Language::ALL {
        let mut console = Console::started((80, 24), language);
        console.answer_rows(Vec::new());
        snapshot("no_cards", &console);
        console.keys("/zzz");
        console.answer_rows(Vec::new());
        snapshot("no_match", &console);
    }
}

#[test]
fn a_search_through_all_cards_shows_how_far_it_is() {
    let mut console = Console::with_cards((80, 24), Language::English);
    console.keys("/9D");
    console.press(crossterm::event::KeyCode::Tab);
    let step = SearchStep {
        rows: crate::fixtures::cards().into_iter().take(2).collect(),
        now: now(),
        next: None,
        progress: kami_shared::store::Progress { done: 450, total: 1_000 },
    };
    console.answer(Topic::Rows, Answer::Hits { step, is_first: true, goes_on: true });
    snapshot("searching", &console);
}

#[test]
fn production_and_read_only_are_said_in_words() {
    for language in Language::ALL {
        let mut console = Console::with_cards((80, 24), language);
        console.model.location.production = true;
        console.model.location.environment = Some("prod".to_owned());
        console.model.read_only = Some(ReadOnly::NoGrant);
        snapshot("production", &console);
    }
}

#[test]
fn a_terminal_that_is_too_small_says_so() {
    snapshot("too_small", &Console::with_cards((50, 12), Language::Chinese));
}

/// Every run of cells in one style, as `text{style}`: what colours add to the words.
fn styled(buffer: &Buffer) -> String {
    let color = |color: Color| match color {
        Color::Reset => String::new(),
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
fn colours() {
    for (name, depth, shade) in [
        ("dark", Depth::True, Shade::Dark),
        ("light", Depth::True, Shade::Light),
        ("sixteen", Depth::Sixteen, Shade::Dark),
        ("no_color", Depth::None, Shade::Dark),
    ] {
        let mut console = Console::with_cards((80, 24), Language::English);
        console.model.theme = theme(depth, shade);
        console.keys("j ");
        insta::assert_snapshot!(format!("colours_{name}"), styled(&console.buffer()));
    }
}
