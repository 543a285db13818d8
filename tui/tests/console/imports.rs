//! Importing a file: asked for, looked at line by line, done as a whole or not at all.

use crossterm::event::KeyCode;
use kami_common::export::Source;
use kami_common::words::Language;
use kami_console::input::place::Place;
use kami_console::overlay::import::Preview;
use kami_console::state::import::{Import, ImportFile};
use kami_console::state::message::{Answer, Done, Effect, Failure, Question, Topic};
use kami_console::state::model::ReadOnly;
use kami_console::state::order::Order;
use kami_core::app::AppName;
use kami_core::duration::CardDuration;
use kami_core::filter::Filter;
use kami_core::operator::Note;
use kami_core::record::CardRecord;
use kami_store::{ActError, Batch, BatchOrigin, Standing, TakenCodes};
use kami_transfer::import::parse_txt;
use kami_transfer::table::{csv_header, csv_line};
use kami_transfer::{Defaults, Filing};

use crate::fixtures::{Console, cards, now};

/// A console whose import form was filled in and submitted.
pub(crate) fn asked(size: (u16, u16), language: Language) -> Console {
    let mut console = Console::with_cards(size, language);
    console.keys("icodes.txt");
    console.press(KeyCode::Tab);
    console.keys("45d");
    for _ in 0..3 {
        console.press(KeyCode::Tab);
    }
    console.keys("old shop");
    console.press(KeyCode::Enter);
    console
}

/// The file that the form asked for.
fn file(console: &Console) -> ImportFile {
    match console.question(Topic::Import) {
        Some((_, Question::Import(file))) => file.clone(),
        _ => panic!("no file was asked for"),
    }
}

/// Answers what each line of `text` would do, of whose cards those of `exist` are there already.
pub(crate) fn look(console: &mut Console, text: &str, exist: &[usize]) {
    let file = file(console);
    let parsed = parse_txt(text.as_bytes(), &file.defaults).unwrap();
    let of_card = |card| if exist.contains(&card) { Standing::There } else { Standing::New };
    let standings: Vec<_> = (0..parsed.cards.len()).map(of_card).collect();
    console.answer(Topic::Import, Answer::Import(Box::new(Import::new(file, parsed, &standings))));
}

fn is_ordered(console: &Console) -> bool {
    matches!(console.question(Topic::Work), Some((_, Question::Do(order))) if matches!(***order, Order::Import { .. }))
}

pub(crate) fn batch() -> Batch {
    Batch {
        app: Some("default".into()),
        id: 13,
        origin: BatchOrigin::Imported,
        prefix: None,
        card_count: 2,
        code_length: None,
        duration: CardDuration::Forever,
        points: None,
        valid_until: None,
        seats: Some(1),
        policy: None,
        preset: None,
        note: None,
        operator: "li".to_owned(),
        account: Some("kami_li@%".to_owned()),
        created_at: now(),
    }
}

#[test]
fn a_file_is_asked_for_with_what_its_cards_lack() {
    let console = asked((80, 24), Language::ENGLISH);
    assert_eq!(
        file(&console),
        ImportFile {
            path: "codes.txt".into(),
            defaults: Defaults::lasting(CardDuration::Seconds(45 * 86_400)),
            note: Note::parse("old shop").unwrap(),
            app: AppName::default(),
        }
    );
    let mut nameless = Console::with_cards((80, 24), Language::ENGLISH);
    nameless.keys("i");
    nameless.press(KeyCode::Enter);
    assert!(nameless.question(Topic::Import).is_none());
    assert!(nameless.screen().contains("the file with the codes"), "{}", nameless.screen());
}

#[test]
fn the_prefix_of_a_file_is_named_in_its_form_or_that_it_has_none() {
    for (keys, filing) in
        [("", Filing::AsWritten), (" ", Filing::Whole), ("GOLD", Filing::Under("GOLD".parse().unwrap()))]
    {
        let mut console = Console::with_cards((80, 24), Language::of_locale("zh"));
        console.keys("icodes.txt");
        for _ in 0..5 {
            console.press(KeyCode::Tab);
        }
        assert!(console.screen().contains("或输入前缀"), "{}", console.screen());
        console.keys(keys);
        console.press(KeyCode::Enter);
        assert_eq!(file(&console).defaults.filing, filing);
    }
}

#[test]
fn a_file_whose_lines_are_all_new_is_imported_and_its_batch_seen() {
    let mut console = asked((80, 24), Language::ENGLISH);
    look(&mut console, "# codes\nVIP-A1\nBASIC-B2\n", &[]);
    assert_eq!(console.model.place(), Place::Import);
    assert!(!is_ordered(&console));
    console.press(KeyCode::Enter);
    let Some((_, Question::Do(order))) = console.question(Topic::Work) else { panic!("nothing was ordered") };
    let Order::Import { cards, note, app } = &***order else { panic!("something else was ordered") };
    let codes: Vec<&str> = cards.iter().map(|card| card.full_code).collect();
    assert_eq!(codes, ["VIP-A1", "BASIC-B2"]);
    assert_eq!((note.as_ref().map(Note::as_str), app), (Some("old shop"), &AppName::default()));
    assert_eq!(console.model.place(), Place::Work);
    console.answer(Topic::Work, Answer::Done(Box::new(Done::Made(batch()))));
    assert_eq!(console.model.notice.as_ref().unwrap().words, "2 cards imported.");
    console.press(KeyCode::Enter);
    assert_eq!(console.model.place(), Place::Cards);
    assert_eq!(console.model.cards.query.filter.batch_id, Some(13));
}

#[test]
fn what_was_guessed_about_a_file_is_shown_above_its_lines() {
    for (language, notices) in [
        (
            Language::ENGLISH,
            ["code = 卡密, duration = 时长", "One empty row was passed over.", "a month counts as 30"],
        ),
        (Language::of_locale("zh"), ["卡密＝卡密、时长＝时长", "已跳过 1 个空行。", "一月按 30 天"]),
    ] {
        let mut console = asked((80, 24), language);
        look(&mut console, "卡密\t时长\nVIP-A1\t1个月\n\t\nVIP-B2\t30天\n", &[]);
        let screen = console.screen();
        assert!(notices.iter().all(|notice| screen.contains(notice)), "{screen}");
        assert!(screen.contains("VIP-A1") && screen.contains("VIP-B2"), "{screen}");
        console.press(KeyCode::Enter);
        assert!(is_ordered(&console));
    }
}

#[test]
fn which_apps_get_cards_is_said_where_the_file_names_others() {
    for (apps, said) in
        [(["demo", "default", "demo"], Some("By app: default 1, demo 2.")), (["default"; 3], None)]
    {
        let row = |(number, app): (u64, &str)| {
            let full_code = format!("VIP-{number}");
            csv_line(&CardRecord { full_code, app: app.to_owned(), ..cards().remove(0) })
        };
        let table: String = [csv_header()].into_iter().chain((1..).zip(apps).map(row)).collect();
        let mut console = asked((80, 24), Language::ENGLISH);
        look(&mut console, &table, &[]);
        let screen = console.screen();
        match said {
            Some(words) => assert!(screen.contains(words), "{screen}"),
            None => assert!(!screen.contains("By app"), "{screen}"),
        }
        assert!(["VIP-1", "VIP-2", "VIP-3"].iter().all(|code| screen.contains(code)), "{screen}");
        console.press(KeyCode::Enter);
        assert!(is_ordered(&console));
    }
}

#[test]
fn a_file_of_codes_that_are_easy_to_guess_is_shown_with_a_warning_and_imported_all_the_same() {
    for (language, warning) in [
        (Language::ENGLISH, "Some are easy to guess: one hit in 1.1 × 10⁹ guesses"),
        (Language::of_locale("zh"), "有些卡密容易被猜中：平均猜 1.1 × 10⁹ 次就中一张"),
    ] {
        for (code, exist, is_warned) in [
            ("VIP-ABCDEF", [].as_slice(), true),
            ("VIP-7KQ2M9XWTR4HP3ND", &[], false),
            // Nothing is imported then, so that there is nothing to guess.
            ("VIP-ABCDEF", &[0], false),
        ] {
            let mut console = asked((80, 24), language);
            look(&mut console, code, exist);
            assert_eq!(console.screen().contains(warning), is_warned, "{}", console.screen());
            console.press(KeyCode::Enter);
            assert_eq!(is_ordered(&console), exist.is_empty());
        }
    }
}

#[test]
fn the_batch_is_exported_when_it_is_made() {
    let mut console = asked((80, 24), Language::ENGLISH);
    look(&mut console, "VIP-A1\nVIP-B2\n", &[]);
    console.press(KeyCode::Enter);
    let batch = Batch { prefix: Some("VIP".to_owned()), ..batch() };
    console.answer(Topic::Work, Answer::Done(Box::new(Done::Made(batch))));
    console.keys("export");
    console.press(KeyCode::Enter);
    assert_eq!(console.model.place(), Place::Form);
    assert!(console.screen().contains("▸the batch"), "{}", console.screen());
    console.press(KeyCode::Enter);
    let Some((_, Question::Do(order))) = console.question(Topic::Work) else { panic!("nothing was ordered") };
    let Order::Export(order) = &***order else { panic!("something else was ordered") };
    let filter = Filter { batch_id: Some(13), prefix: Some("VIP".to_owned()), ..Filter::default() };
    assert_eq!(order.source, Source::Filter(filter));
    assert!(order.path.display().to_string().starts_with("exports/unused_cards_VIP_"), "{order:?}");
}

#[test]
fn nothing_is_imported_while_a_line_stands_in_the_way() {
    for (text, exist) in [("VIP-A1\nVIP-B2", [1].as_slice()), ("VIP-A1\nVIP", &[]), ("# nothing", &[])] {
        let mut console = asked((80, 24), Language::ENGLISH);
        look(&mut console, text, exist);
        console.press(KeyCode::Enter);
        assert!(!is_ordered(&console), "{text}");
        assert_eq!(console.model.place(), Place::Import);
        console.press(KeyCode::Esc);
        assert_eq!(console.model.place(), Place::Form);
        assert!(console.screen().contains("codes.txt"));
    }
}

#[test]
fn an_import_is_broken_off_and_its_file_is_still_there_to_try_again() {
    let mut console = asked((80, 24), Language::ENGLISH);
    look(&mut console, "VIP-A1\nVIP-B2", &[]);
    console.press(KeyCode::Enter);
    console.press(KeyCode::Esc);
    assert!(matches!(console.effects.last(), Some(Effect::BreakOff)));
    console.answer(Topic::Work, Answer::Done(Box::new(Done::Refused(ActError::Cancelled))));
    assert_eq!(console.model.place(), Place::Import);
    assert_eq!(console.model.notice.as_ref().unwrap().words, "Broken off: nothing was done.");
    console.press(KeyCode::Enter);
    let taken = ActError::CodesExist(TakenCodes(vec!["VIP-A1".to_owned()]));
    console.answer(Topic::Work, Answer::Done(Box::new(Done::Refused(taken))));
    assert_eq!(console.model.notice.as_ref().unwrap().words, "1 of the codes are there already.");
}

#[test]
fn a_file_that_cannot_be_looked_at_says_why_beside_what_was_typed() {
    let mut console = asked((80, 24), Language::ENGLISH);
    let file = file(&console);
    let error = std::io::Error::from(std::io::ErrorKind::NotFound);
    console.answer(Topic::Import, Answer::Unreadable { path: file.path, error: error.into() });
    assert!(
        console.screen().contains("codes.txt cannot be read: there is no such file"),
        "{}",
        console.screen()
    );
    console.press(KeyCode::Enter);
    let failure = Failure { words: "the database is unavailable".to_owned(), passes: true };
    console.answer(Topic::Import, Answer::Failed(failure));
    assert!(console.screen().contains("the database is unavailable"), "{}", console.screen());
    console.press(KeyCode::Enter);
    console.press(KeyCode::Esc);
    assert!(matches!(console.effects.last(), Some(Effect::Cancel(Topic::Import))));
}

#[test]
fn long_files_are_scrolled() {
    let mut console = asked((80, 24), Language::ENGLISH);
    let text = (0..50).map(|number| format!("VIP-{number}")).collect::<Vec<_>>().join("\n");
    look(&mut console, &text, &[]);
    for (key, scroll) in [
        (KeyCode::Char('j'), 1),
        (KeyCode::Char('k'), 0),
        (KeyCode::PageDown, 14),
        (KeyCode::Char('G'), 36),
        (KeyCode::Down, 36),
        (KeyCode::Char('g'), 0),
    ] {
        console.press(key);
        let Some(preview) = console.model.overlays.top::<Preview>() else { panic!("{key:?}") };
        assert_eq!(preview.scroll, scroll, "{key:?}");
    }
}

#[test]
fn a_console_that_may_not_write_imports_nothing() {
    let mut console = Console::with_cards((80, 24), Language::ENGLISH);
    console.model.read_only = Some(ReadOnly::Asked);
    console.keys("i");
    assert_eq!(console.model.place(), Place::Cards);
    assert_eq!(console.model.notice.as_ref().unwrap().words, "Read-only by your settings.");
}
