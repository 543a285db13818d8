//! The apps: seen one by one, made, changed, archived, removed, and what is told apart by them.

use crossterm::event::KeyCode;
use kami_common::column::Column;
use kami_common::words::Language;
use kami_console::input::place::Place;
use kami_console::state::message::{Answer, Done, Effect, Failure, Question, Topic};
use kami_console::state::order::Order;
use kami_console::state::query::Chip;
use kami_console::state::session::Own;
use kami_console::state::statistics::Statistics;
use kami_core::acts::ActRefusal;
use kami_core::app::{App, AppName, NamedValue};
use kami_core::filter::Filter;
use kami_store::{
    ActError, ActOutcome, ActRecord, ActStep, AppActed, AppCost, AppOrder, AppRefusal, AppsFound, LogRecord,
    Loss, Stock, Undoable,
};

use crate::fixtures::{Console, app_counts, apps, cards, counts, grants, now};

fn console() -> Console {
    Console::with_apps((100, 30), Language::ENGLISH)
}

fn name(text: &str) -> AppName {
    text.parse().unwrap()
}

/// A console with the screen of apps in front, the cursor on one of them.
fn on(app: &str) -> Console {
    let mut console = console();
    console.keys("a");
    let place = console.model.apps.all().iter().position(|each| each.name == name(app));
    for _ in 0..=place.unwrap() {
        console.keys("j");
    }
    console.effects.clear();
    console
}

/// What is ordered about an app.
fn ordered(console: &Console) -> Option<AppOrder> {
    match console.question(Topic::Work) {
        Some((_, Question::Do(order))) => match &***order {
            Order::App(order) => Some((**order).clone()),
            _ => None,
        },
        _ => None,
    }
}

/// What is ordered is done, as the act of this number.
fn finish(console: &mut Console, act_id: u64) {
    let order = ordered(console).unwrap();
    let acted = AppActed { app: order.wanted.clone(), act_id };
    console.answer(Topic::Work, Answer::Done(Box::new(Done::App { order: Box::new(order), acted })));
}

fn refuse(console: &mut Console, refusal: AppRefusal) {
    let refused = Done::Refused(ActError::App(refusal));
    console.answer(Topic::Work, Answer::Done(Box::new(refused)));
}

fn come(console: &mut Console, apps: Vec<App>) {
    console.answer(Topic::Apps, Answer::Apps(AppsFound { apps, ..AppsFound::default() }));
}

fn notice(console: &Console) -> &str {
    &console.model.notice.as_ref().unwrap().words
}

fn demo() -> App {
    apps().remove(0)
}

#[test]
fn the_apps_are_asked_for_at_the_start_and_nobody_waits_for_them() {
    let mut console = Console::started((100, 30), Language::ENGLISH);
    assert!(matches!(console.question(Topic::Apps), Some((_, Question::Apps))));
    let away = Answer::Failed(Failure { words: "no such table".to_owned(), passes: false });
    console.answer(Topic::Apps, away);
    assert_eq!(console.model.notice, None, "an older database has none");
}

#[test]
fn what_tells_apps_apart_is_offered_where_there_are_several() {
    for (mut console, several) in
        [(Console::with_cards((100, 30), Language::ENGLISH), false), (console(), true)]
    {
        for keys in [":by app", "f", "C", "n", "i"] {
            console.keys(keys);
            let shown = console.screen();
            let offered = match keys {
                ":by app" | "f" => shown.contains("Filter by app"),
                "C" => shown.lines().any(|line| line.contains(" app ")),
                _ => shown.lines().any(|line| line.contains("  app  ")),
            };
            assert_eq!(offered, several, "{keys}: {shown}");
            console.press(KeyCode::Esc);
        }
        let heads = console.screen().lines().any(|line| line.contains(" APP "));
        assert_eq!(heads, several, "{}", console.screen());
    }
}

#[test]
fn a_card_of_another_app_than_the_usual_one_says_so_wherever_it_is() {
    let mut console = Console::with_cards((140, 30), Language::ENGLISH);
    assert!(!console.screen().contains(" APP ") && !console.screen().contains("app   "));
    let mut rows = cards();
    "demo".clone_into(&mut rows[0].app);
    console.keys("r");
    console.answer_rows(rows);
    assert!(console.screen().contains(" APP "), "{}", console.screen());
    assert!(console.screen().contains("app       demo"), "{}", console.screen());
}

#[test]
fn enter_sees_the_cards_of_one_app_alone_and_counts_them_alone() {
    let mut console = on("demo");
    console.press(KeyCode::Enter);
    assert_eq!(console.model.place(), Place::Cards);
    assert_eq!(console.model.cards.query.chips(), [Chip::App]);
    let of_demo = Filter { app: Some("demo".into()), ..Filter::default() };
    assert!(
        matches!(console.question(Topic::Rows), Some((_, Question::Rows { filter, .. })) if *filter == of_demo)
    );
    let asked = console.question(Topic::Counts);
    assert!(matches!(asked, Some((_, Question::Counts(Some(app)))) if *app == name("demo")));
    let screen = console.screen();
    assert!(screen.contains("app demo ✕"), "{screen}");
    assert!(!screen.contains("12,480 cards"), "these were counted of all: {screen}");
    console.answer(Topic::Counts, Answer::Counts(app_counts().remove(1).counts));
    assert!(console.screen().contains("demo  1,030 cards"), "{}", console.screen());
    assert!(!console.screen().contains(" APP "), "all are of it");
    console.press(KeyCode::Esc);
    assert!(!console.model.cards.query.is_filtered());
    assert!(matches!(console.question(Topic::Counts), Some((_, Question::Counts(None)))));
    console.answer(Topic::Counts, Answer::Counts(counts()));
    assert!(console.screen().contains("  12,480 cards") || console.screen().contains(" 12,480 cards"));
}

#[test]
fn the_first_line_of_the_apps_is_all_of_them() {
    let mut console = on("demo");
    console.press(KeyCode::Enter);
    console.keys("a");
    assert!(console.screen().contains("▌ ✓ demo"), "{}", console.screen());
    console.keys("g");
    for key in ["e", "v", "b", "B", "d"] {
        console.keys(key);
        assert_eq!(
            (console.model.place(), notice(&console)),
            (Place::Apps, "There is no app in this line."),
            "{key}"
        );
    }
    console.press(KeyCode::Enter);
    assert_eq!(console.model.cards.query.filter.app, None);
}

#[test]
fn an_app_is_chosen_from_a_list_with_its_cards() {
    let mut console = console();
    console.keys("f");
    console.press(KeyCode::Enter);
    assert!(matches!(console.question(Topic::Choices), Some((_, Question::AppCounts))));
    console.answer(Topic::Choices, Answer::AppCounts(app_counts()));
    let screen = console.screen();
    for words in ["all apps", "demo  演示 Demo", "1,030", "sold no more  archived", "default"] {
        assert!(screen.contains(words), "{words}: {screen}");
    }
    console.keys("demo");
    console.press(KeyCode::Enter);
    assert_eq!(console.model.cards.query.app(), Some(name("demo")));
    console.press(KeyCode::Backspace);
    assert_eq!(console.model.cards.query.app(), None);
}

#[test]
fn a_saved_view_keeps_its_app() {
    let mut console = on("demo");
    console.press(KeyCode::Enter);
    console.keys("V");
    console.press(KeyCode::Enter);
    assert!(console.screen().contains("app demo"), "{}", console.screen());
    console.keys("of demo");
    console.press(KeyCode::Enter);
    console.press(KeyCode::Esc);
    assert_eq!(console.model.views[0].app, Some(name("demo")));
    console.keys("V");
    console.press(KeyCode::Enter);
    assert_eq!(console.model.cards.query.app(), Some(name("demo")));
}

#[test]
fn the_prefixes_and_the_statistics_are_of_the_app_that_is_looked_at() {
    let mut console = on("demo");
    console.press(KeyCode::Enter);
    console.keys("p");
    let asked = console.question(Topic::Choices);
    assert!(matches!(asked, Some((_, Question::Prefixes(Some(app)))) if *app == name("demo")));
    console.press(KeyCode::Esc);
    console.keys("s");
    let asked = console.question(Topic::Statistics);
    assert!(matches!(asked, Some((_, Question::Statistics(_, Some(app)))) if *app == name("demo")));
    assert!(console.screen().contains("Statistics · demo"), "{}", console.screen());
    let stock = Stock { days: 30, prefixes: Vec::new(), taken_at: now() };
    let counted = Statistics { app: Some(name("demo")), stock: Some(stock), ..Statistics::default() };
    console.answer(Topic::Statistics, Answer::Statistics(counted));
    assert!(console.screen().contains("ago"), "{}", console.screen());
    console.press(KeyCode::Esc);
    console.press(KeyCode::Esc);
    console.keys("s");
    assert!(console.model.statistics.is_none(), "what was counted of one app is not what all have");
    assert!(matches!(console.question(Topic::Statistics), Some((_, Question::Statistics(_, None)))));
}

#[test]
fn cards_are_made_for_the_app_that_is_looked_at_unless_another_is_chosen() {
    for (looked_at, keys, app) in [
        (None, "", "default"),
        (None, "r", "demo"),
        (Some("demo"), "", "demo"),
        (Some("demo"), "r", "default"),
    ] {
        let mut console = console();
        console.model.cards.query.filter.app = looked_at.map(str::to_owned);
        console.keys("nVIP");
        console.press(KeyCode::BackTab);
        assert!(!console.screen().contains("an-app-with"), "none is made for it: {}", console.screen());
        if !keys.is_empty() {
            console.press(KeyCode::Right);
        }
        console.press(KeyCode::Enter);
        let Some((_, Question::Do(order))) = console.question(Topic::Work) else { panic!("{looked_at:?}") };
        assert!(
            matches!(&***order, Order::Generate(wanted) if wanted.app == name(app)),
            "{looked_at:?} {keys}"
        );
    }
    let mut console = on("demo");
    console.press(KeyCode::Enter);
    console.keys("icodes.txt");
    console.press(KeyCode::Enter);
    let asked = console.question(Topic::Import);
    assert!(matches!(asked, Some((_, Question::Import(file))) if file.app == name("demo")));
}

#[test]
fn no_cards_are_made_while_an_app_is_looked_at_that_gets_none() {
    for (app, words) in [
        (
            "an-app-with-a-name-of-32-letters",
            "The app an-app-with-a-name-of-32-letters is archived: no cards are made for it.",
        ),
        ("gone", "There is no app gone."),
    ] {
        for key in ["n", "i"] {
            let mut console = console();
            console.model.cards.query.filter.app = Some(app.to_owned());
            console.keys(key);
            assert_eq!((notice(&console), console.model.place()), (words, Place::Cards), "{key}");
            console.keys("r");
            let made = apps().into_iter().chain([App::blank(name("gone"), now())]);
            come(&mut console, made.map(|app| App { is_archived: false, ..app }).collect());
            console.keys(key);
            assert_eq!(console.model.place(), Place::Form, "{key}: {app} is open now");
        }
    }
}

#[test]
fn cards_are_made_for_no_other_app_than_is_looked_at_where_only_the_database_knows_it() {
    for is_known in [false, true] {
        let mut console = if is_known {
            console()
        } else {
            let mut console = Console::started((100, 30), Language::ENGLISH);
            console.answer_rows(cards());
            console
        };
        if is_known {
            console.keys("r");
            let unreadable = vec!["odd".to_owned()];
            console.answer(Topic::Apps, Answer::Apps(AppsFound { apps: apps(), unreadable }));
        }
        console.model.cards.query.filter.app = Some("odd".into());
        console.keys("nVIP");
        console.press(KeyCode::Enter);
        let Some((_, Question::Do(order))) = console.question(Topic::Work) else {
            panic!("{}", console.screen())
        };
        assert!(matches!(&***order, Order::Generate(wanted) if wanted.app == name("odd")), "{is_known}");
    }
}

#[test]
fn an_export_of_what_is_unused_stays_within_the_app() {
    let mut console = on("demo");
    console.press(KeyCode::Enter);
    console.answer_rows(cards());
    console.keys("x");
    assert!(console.screen().contains("Of the app demo."), "{}", console.screen());
    console.press(KeyCode::Enter);
    let Some((_, Question::Do(order))) = console.question(Topic::Work) else { panic!("nothing was ordered") };
    let Order::Export(order) = &***order else { panic!("something else was ordered") };
    let kami_common::export::Source::Filter(filter) = &order.source else { panic!("no filter") };
    assert_eq!(filter.app.as_deref(), Some("demo"));
}

#[test]
fn an_app_is_added_and_what_is_wrong_is_said_beside_it() {
    let mut console = console();
    console.keys("anMy App");
    assert!(console.screen().contains("1 to 32 of a-z, 0-9 and -"), "{}", console.screen());
    console.press(KeyCode::Enter);
    assert!(ordered(&console).is_none());
    console.control('u');
    console.keys("my-app");
    for (text, wrong) in [
        ("我的应用", None),
        ("2.x", Some("one to four numbers")),
        ("3", None),
        ("ftp://a", Some("an address behind https://")),
        ("欢迎", None),
    ] {
        console.press(KeyCode::Tab);
        console.keys(text);
        if let Some(wrong) = wrong {
            assert!(console.screen().contains(wrong), "{text}: {}", console.screen());
            console.control('u');
        }
    }
    console.press(KeyCode::Enter);
    let order = ordered(&console).unwrap();
    let wanted = order.wanted.clone().unwrap();
    assert_eq!((order.seen, wanted.title.as_str(), wanted.latest), (None, "我的应用", None));
    assert_eq!(wanted.minimum.map(|version| version.to_string()).as_deref(), Some("3"));
    assert_eq!((wanted.url, wanted.notice.as_deref()), (None, Some("欢迎")));
    finish(&mut console, 7);
    assert_eq!(console.model.place(), Place::Apps);
    assert_eq!(notice(&console), "App my-app added.  u undo");
    assert!(console.screen().contains("my-app"), "{}", console.screen());
    assert_eq!(console.model.session.done(), [Own::Act(7)]);
    console.keys("u");
    let asked = console.question(Topic::Undo);
    assert!(
        matches!(asked, Some((_, Question::Undoable { candidates, .. })) if *candidates == [Own::Act(7)])
    );
}

#[test]
fn an_app_that_there_is_already_is_said_in_the_form() {
    let mut console = console();
    console.keys("andemo");
    console.press(KeyCode::Enter);
    refuse(&mut console, AppRefusal::Exists(name("demo")));
    assert_eq!(console.model.place(), Place::Form);
    assert!(console.screen().contains("There is an app demo already."), "{}", console.screen());
}

#[test]
fn a_lowest_version_above_the_newest_is_said_beside_it() {
    let mut console = on("demo");
    console.keys("e");
    for _ in 0..2 {
        console.press(KeyCode::Tab);
    }
    console.keys("2.2");
    assert!(console.screen().contains("the lowest permitted version comes"), "{}", console.screen());
    console.press(KeyCode::Enter);
    assert_eq!((ordered(&console), console.model.place()), (None, Place::Form));
}

#[test]
fn what_turns_customers_away_is_asked_about_and_nothing_else_is() {
    // The app, the keys, and the words of the question where there is one.
    let cases: [(&str, &str, &[&str]); 7] = [
        ("demo", "eDemo 2\n", &[]),
        ("demo", "e\t\t2.0\n", &["Change the app demo?", "Clients below 2.0 will be refused."]),
        ("demo", "e\t\t1\n", &[]),
        ("demo", "b", &["Archive the app demo?", "No more cards are made for it"]),
        ("an-app-with-a-name-of-32-letters", "B", &[]),
        ("an-app-with-a-name-of-32-letters", "d", &["Remove the app an-app-with-a-name-of-32-letters?"]),
        // Cards were counted of it, which may be gone by now.
        ("demo", "d", &["Remove the app demo?"]),
    ];
    for (app, keys, words) in cases {
        let mut console = on(app);
        for key in keys.chars() {
            console.press(match key {
                '\n' => KeyCode::Enter,
                '\t' => KeyCode::Tab,
                key => KeyCode::Char(key),
            });
        }
        assert_eq!(ordered(&console).is_some(), words.is_empty(), "{keys}: {}", console.screen());
        if words.is_empty() {
            continue;
        }
        let screen = console.screen();
        assert!(words.iter().all(|words| screen.contains(words)), "{keys}: {screen}");
        let mut left = on(app);
        left.model = console.model.clone();
        left.keys("n");
        assert!(ordered(&left).is_none(), "{keys}");
        console.wait();
        console.keys("y");
        assert!(ordered(&console).is_some(), "{keys}: {}", console.screen());
    }
}

#[test]
fn that_no_address_says_where_to_get_a_newer_version_is_said_before_older_ones_are_refused() {
    let mut console = on("default");
    console.keys("e");
    console.press(KeyCode::Tab);
    console.press(KeyCode::Tab);
    console.keys("2");
    console.press(KeyCode::Enter);
    assert_eq!(console.model.place(), Place::Confirm);
    assert!(console.screen().contains("No address says where to get a newer one."), "{}", console.screen());
}

#[test]
fn what_cannot_be_done_with_an_app_is_said_before_it_is_asked_for() {
    for (app, key, words) in [
        ("default", "d", "The app default has cards, or is the one that there always is: it stays."),
        ("demo", "B", "The app demo is so already."),
    ] {
        let mut console = on(app);
        console.keys(key);
        assert_eq!((notice(&console), console.model.place()), (words, Place::Apps));
        assert!(ordered(&console).is_none());
    }
}

#[test]
fn whether_an_app_that_is_removed_has_cards_is_for_the_database_to_say() {
    let mut console = on("demo");
    console.keys("d");
    console.wait();
    console.keys("y");
    assert_eq!(ordered(&console), Some(AppOrder { seen: Some(demo()), wanted: None }));
    refuse(&mut console, AppRefusal::Needed(name("demo")));
    let words = "The app demo has cards, or is the one that there always is: it stays.";
    assert_eq!((notice(&console), console.model.place()), (words, Place::Apps));
}

#[test]
fn the_cursor_stays_on_its_app_wherever_that_comes_to_stand() {
    let mut console = on("demo");
    let is_on = |console: &Console, app: &str| {
        let screen = console.screen();
        assert!(screen.contains(&format!("▌   {app} ")), "{app}: {screen}");
    };
    console.keys("b");
    console.wait();
    console.keys("y");
    finish(&mut console, 7);
    is_on(&console, "demo");
    console.keys("B");
    let order = ordered(&console).unwrap();
    assert_eq!(order.app(), Some(&name("demo")), "it went below the others");
    assert_eq!(order.wanted, Some(demo()));
    finish(&mut console, 8);
    is_on(&console, "demo");
    let come = |console: &mut Console, apps| {
        console.keys("r");
        come(console, apps);
    };
    // Others make one that comes before it, and remove it.
    let with = |others: &[&str]| {
        let others = others.iter().map(|app| App::blank(name(app), now()));
        others.chain(apps()).collect::<Vec<_>>()
    };
    come(&mut console, with(&["aaa"]));
    is_on(&console, "demo");
    come(&mut console, with(&["aaa"]).into_iter().filter(|app| app.name != name("demo")).collect());
    is_on(&console, "an-app-with-a…etters");
    come(&mut console, with(&["aaa", "bbb"]));
    is_on(&console, "an-app-with-a…etters");
}

#[test]
fn the_cursor_goes_to_an_app_that_is_made_or_comes_back() {
    let mut console = on("default");
    console.keys("nzzz");
    console.press(KeyCode::Enter);
    finish(&mut console, 7);
    assert!(console.screen().contains("▌   zzz "), "{}", console.screen());
    console.keys("g");
    console.model.session.did(Own::Act(7));
    console.keys("u");
    let undoable = Some(Box::new(Undoable { act: act(7, "app_remove"), loss: None }));
    console.answer(Topic::Undo, Answer::Undoable { undoable, is_redo: false });
    let Some((_, Question::Do(order))) = console.question(Topic::Work) else { panic!("nothing was ordered") };
    let Order::Undo(undoing) = (***order).clone() else { panic!("something else was ordered") };
    let outcome = ActOutcome { act_id: Some(8), subject: Some("demo".into()), ..ActOutcome::default() };
    console.answer(Topic::Work, Answer::Done(Box::new(Done::Undone { undoing, outcome })));
    come(&mut console, apps());
    assert!(console.screen().contains("▌   demo "), "{}", console.screen());
}

#[test]
fn the_cursor_is_on_the_app_that_is_looked_at_once_the_apps_are_known() {
    let mut console = Console::started((100, 30), Language::ENGLISH);
    console.answer_rows(cards());
    console.model.cards.query.filter.app = Some("demo".into());
    console.keys("a");
    console.keys("j");
    come(&mut console, apps());
    assert!(console.screen().contains("▌ ✓ demo "), "{}", console.screen());
}

#[test]
fn an_app_that_was_changed_meanwhile_keeps_what_was_typed_and_takes_the_rest() {
    let mut console = on("demo");
    console.keys("eMine");
    console.press(KeyCode::Enter);
    refuse(&mut console, AppRefusal::Changed(name("demo")));
    assert!(console.screen().contains("was changed meanwhile"), "{}", console.screen());
    let theirs = App { latest: "2.2".parse().ok(), ..demo() };
    come(&mut console, vec![theirs.clone(), apps().remove(2)]);
    assert!(console.screen().contains("2.2"), "{}", console.screen());
    console.press(KeyCode::Enter);
    let order = ordered(&console).unwrap();
    assert_eq!(order.seen, Some(theirs.clone()));
    assert_eq!(order.wanted, Some(App { title: "Mine".into(), ..theirs }));
}

#[test]
fn the_values_of_an_app_are_changed_one_by_one() {
    let value =
        |name: &str, value: &str, is_public| NamedValue { name: name.into(), value: value.into(), is_public };
    let kept = || demo().values;
    for (keys, values) in [
        // One more, which is public.
        ("vone\nkey\tx\t \n", vec![kept().remove(0), kept().remove(1), value("key", "x", true)]),
        // Another text under the same name.
        ("vgree\nhi\n", vec![kept().remove(0), value("greeting", "hi", true)]),
        // An empty one goes.
        ("vgree\n\u{8}\n", vec![kept().remove(0)]),
    ] {
        let mut console = on("demo");
        for key in keys.chars() {
            console.press(match key {
                '\n' => KeyCode::Enter,
                '\t' => KeyCode::Tab,
                '\u{8}' => KeyCode::Backspace,
                key => KeyCode::Char(key),
            });
        }
        let order = ordered(&console).unwrap_or_else(|| panic!("{}", console.screen()));
        assert_eq!(order.wanted, Some(App { values, ..demo() }), "{keys}");
        finish(&mut console, 7);
        assert_eq!((notice(&console), console.model.place()), ("App demo saved.  u undo", Place::Apps));
    }
    let mut console = on("demo");
    console.keys("vone");
    console.press(KeyCode::Enter);
    console.keys("a b");
    assert!(console.screen().contains("a value is called by"), "{}", console.screen());
}

#[test]
fn one_more_value_does_not_take_the_place_of_another() {
    let mut console = on("demo");
    console.keys("vone");
    console.press(KeyCode::Enter);
    console.keys("greeting");
    let words = "the app has a value of this name already";
    assert!(console.screen().contains(words), "{}", console.screen());
    console.press(KeyCode::Tab);
    console.keys("hi");
    console.press(KeyCode::Enter);
    assert_eq!((ordered(&console), console.model.place()), (None, Place::Form));
    console.keys("2");
    assert!(!console.screen().contains(words), "{}", console.screen());
    console.press(KeyCode::Enter);
    let wanted = ordered(&console).unwrap().wanted.unwrap();
    let names: Vec<&str> = wanted.values.iter().map(|value| value.name.as_str()).collect();
    assert_eq!(names, ["config", "greeting", "greeting2"]);
}

#[test]
fn apps_that_cannot_be_read_are_named_as_the_language_lists() {
    for (language, names) in [(Language::ENGLISH, "odd, old"), (Language::of_locale("zh"), "odd、old")] {
        let mut console = Console::with_cards((100, 30), language);
        console.keys("a");
        let unreadable = vec!["odd".to_owned(), "old".to_owned()];
        console.answer(Topic::Apps, Answer::Apps(AppsFound { apps: apps(), unreadable }));
        assert!(console.screen().contains(names), "{}", console.screen());
    }
}

#[test]
fn an_account_that_may_not_configure_does_nothing_with_apps() {
    for key in ["n", "e", "v", "b", "B", "d"] {
        let mut console = on("demo");
        console.model.grants = Some(grants("SELECT, INSERT, UPDATE"));
        console.keys(key);
        assert_eq!(console.model.place(), Place::Apps, "{key}");
        assert!(notice(&console).contains("it lacks EXECUTE on hold_app, EXECUTE on save_app"), "{key}");
    }
    let mut console = on("demo");
    console.model.grants = Some(grants("SELECT, INSERT, UPDATE"));
    console.press(KeyCode::Enter);
    assert_eq!(console.model.cards.query.app(), Some(name("demo")), "looking needs no right");
}

fn act(id: u64, act: &str) -> ActRecord {
    ActRecord {
        id,
        act: act.to_owned(),
        operator: "wang".to_owned(),
        account: None,
        done_at: now(),
        card_count: 0,
        batch_id: None,
        undoes: None,
        subject: Some("demo".to_owned()),
        undone_by: None,
    }
}

#[test]
fn an_act_on_an_app_is_taken_back_and_done_again_from_where_the_apps_are_seen() {
    let mut console = on("demo");
    console.model.session.did(Own::Act(7));
    for (key, undoes, words) in [
        ("u", None, "Undone for the app demo. #7 changed, wang"),
        ("U", Some(7), "Redone for the app demo. #8 undo of #7, wang"),
    ] {
        console.keys(key);
        let act = ActRecord { undoes, id: if undoes.is_some() { 8 } else { 7 }, ..act(7, "app_set") };
        let undoable = Some(Box::new(Undoable { act, loss: None }));
        console.answer(Topic::Undo, Answer::Undoable { undoable, is_redo: undoes.is_some() });
        let Some((_, Question::Do(order))) = console.question(Topic::Work) else {
            panic!("{}", console.screen())
        };
        let Order::Undo(undoing) = (***order).clone() else { panic!("something else was ordered") };
        let outcome = ActOutcome { act_id: Some(8), subject: Some("demo".into()), ..ActOutcome::default() };
        console.effects.retain(|effect| matches!(effect, Effect::Ask { topic: Topic::Work, .. }));
        console.answer(Topic::Work, Answer::Done(Box::new(Done::Undone { undoing, outcome })));
        assert!(notice(&console).starts_with(words), "{}", notice(&console));
        assert!(console.question(Topic::Apps).is_some(), "the apps are others now");
        come(&mut console, apps());
    }
}

#[test]
fn the_question_before_an_act_of_another_is_taken_back_names_the_app() {
    let mut console = on("demo");
    console.keys("u");
    let undoable = Undoable { act: act(7, "app_add"), loss: Some(Loss::App(AppCost::Removed)) };
    let undoable = Some(Box::new(undoable));
    console.answer(Topic::Undo, Answer::Undoable { undoable, is_redo: false });
    let screen = console.screen();
    for words in ["#7 added, app demo, wang", "It goes with all that it tells its clients."] {
        assert!(screen.contains(words), "{words}: {screen}");
    }
    console.wait();
    console.keys("y");
    let Some((_, Question::Do(order))) = console.question(Topic::Work) else { panic!("nothing was ordered") };
    let Order::Undo(undoing) = (***order).clone() else { panic!("something else was ordered") };
    let refused = [(ActRefusal::ChangedSince, 1)].into();
    let outcome = ActOutcome { refused, ..ActOutcome::default() };
    console.answer(Topic::Work, Answer::Done(Box::new(Done::Undone { undoing, outcome })));
    assert!(
        notice(&console).starts_with("Not undone, as the app demo is not as it was left"),
        "{}",
        notice(&console)
    );
}

#[test]
fn the_log_names_the_app_and_what_was_changed_about_it() {
    let mut console = console();
    console.keys("l");
    let step = ActStep { acts: vec![act(7, "app_set")], next: None };
    console.answer(Topic::Acts, Answer::Acts { step, is_first: true, goes_on: false });
    let screen = console.screen();
    assert!(screen.lines().any(|line| line.contains("changed") && line.contains("app demo")), "{screen}");
    console.press(KeyCode::Enter);
    let values = |json: &str| serde_json::from_str(json).ok();
    let record = LogRecord {
        id: 1,
        act_id: 7,
        act: "app_set".into(),
        operator: "wang".into(),
        account: None,
        done_at: now(),
        card_id: None,
        batch_id: None,
        subject: Some("demo".into()),
        full_code: None,
        before: values(r#"{"title":"a","minimum":"1.5"}"#),
        after: values(r#"{"title":"a","minimum":"2.0"}"#),
    };
    console.answer(Topic::LogOfAct, Answer::LogOfAct { records: vec![record], is_first: true, next: None });
    let screen = console.screen();
    for words in ["app demo", "lowest version  1.5 → 2.0"] {
        assert!(screen.contains(words), "{words}: {screen}");
    }
}

#[test]
fn the_odds_of_guessing_a_code_are_those_among_the_cards_of_all_apps() {
    let mut console = on("demo");
    let of_all = console.model.circulating;
    console.press(KeyCode::Enter);
    console.answer(Topic::Counts, Answer::Counts(app_counts().remove(1).counts));
    assert_eq!(console.model.circulating, of_all);
}

#[test]
fn the_apps_are_clicked_and_a_double_click_sees_one() {
    let mut console = console();
    console.keys("a");
    console.double_click(" demo ");
    assert_eq!(console.model.cards.query.app(), Some(name("demo")));
}

#[test]
fn the_column_of_apps_can_be_left_out() {
    let mut console = console();
    console.model.cards.columns.retain(|column| *column != Column::App);
    assert!(!console.screen().contains(" APP "), "{}", console.screen());
}
