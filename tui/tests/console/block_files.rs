//! Who is kept out, written to a file and read from one.

use crossterm::event::KeyCode;
use kami_common::block_import::{BlockImport, read_blocks};
use kami_common::export::{ExportError, ExportedBlocks};
use kami_console::input::place::Place;
use kami_console::state::message::{Answer, Done, Question, Topic};
use kami_console::state::model::ReadOnly;
use kami_console::state::order::Order;
use kami_console::state::session::Own;
use kami_core::block::Block;
use kami_core::zone::Zone;
use kami_store::{ActError, BlockChanges, BlockOrder, BlockRefusal};

use crate::blocks::{blocks, console, finish, notice, ordered};
use crate::fixtures::{Console, apps, now};

/// The file that is ordered.
fn exported(console: &Console) -> Option<std::path::PathBuf> {
    match console.question(Topic::Work) {
        Some((_, Question::Do(order))) => match &***order {
            Order::ExportBlocks(path) => Some(path.clone()),
            _ => None,
        },
        _ => None,
    }
}

fn written(unreadable: usize) -> Answer {
    let path = "exports/blocks.csv".into();
    Answer::Done(Box::new(Done::BlocksExported(ExportedBlocks { count: 3, unreadable, path })))
}

#[test]
fn all_of_them_are_written_to_a_file_which_is_named() {
    let mut console = console();
    console.keys("x");
    assert_eq!(console.model.place(), Place::Form);
    let screen = console.screen();
    assert!(screen.contains("exports/blocks_20260304_140200.csv"), "{screen}");
    console.press(KeyCode::Enter);
    assert_eq!(exported(&console).unwrap().to_str(), Some("exports/blocks_20260304_140200.csv"));
    let is_there = ExportError::Exists("exports/blocks_20260304_140200.csv".into());
    console.answer(Topic::Work, Answer::Done(Box::new(Done::NotExported(is_there))));
    assert_eq!(console.model.place(), Place::Form, "another name can be typed");
    assert!(console.screen().contains("is there already"), "{}", console.screen());
    for (unreadable, words) in [
        (0, "3 blocks written into exports/blocks.csv"),
        (
            2,
            "3 blocks written into exports/blocks.csv; 2 rows of the table blocks cannot be understood and keep nobody out.",
        ),
    ] {
        console.keys("x");
        console.press(KeyCode::Enter);
        console.answer(Topic::Work, written(unreadable));
        assert_eq!((console.model.place(), notice(&console)), (Place::Blocks, words));
    }
}

#[test]
fn whoever_is_kept_from_files_writes_none_of_them() {
    let mut console = console();
    console.keys("x");
    console.model.confined = true;
    console.press(KeyCode::Enter);
    assert_eq!(exported(&console), None, "not even from a form that is open");
    console.press(KeyCode::Esc);
    console.keys("x");
    assert_eq!(console.model.place(), Place::Blocks);
    assert_eq!(notice(&console), "Over this SSH account there are no files and no shell.");
}

/// What a table of this text would do, where these are kept out already.
fn import_of(text: &str, found: &[Block]) -> BlockImport {
    let found = found.iter().map(|block| (block.key.clone(), block.clone())).collect();
    let parsed = read_blocks(text.as_bytes(), Zone::default(), now()).unwrap();
    BlockImport::new(parsed, &apps(), &found)
}

/// A console that looks at a table of this text.
fn looking_at(text: &str) -> Console {
    let mut console = console();
    look(&mut console, text);
    console
}

/// Looks at a table of this text.
pub(crate) fn look(console: &mut Console, text: &str) {
    console.keys("iblocks.csv");
    console.press(KeyCode::Enter);
    let import = Box::new(import_of(text, &blocks()));
    console.answer(Topic::Import, Answer::BlockImport { path: "blocks.csv".into(), import });
    console.wait();
}

/// One who is not kept out, one with another reason, and one who is so already.
pub(crate) const TABLE: &str =
    "target,app,reason\nPC-9,,\n203.0.113.0/24,demo,\u{1b}[31m\nPC-3F2A0011223344559C,,退款 refund\n";

#[test]
fn a_file_is_looked_at_line_by_line_before_all_or_none_of_it_are_blocked() {
    let mut console = looking_at(TABLE);
    assert!(matches!(
        console.question(Topic::Import),
        Some((_, Question::ImportBlocks(path, _))) if path.to_str() == Some("blocks.csv")
    ));
    assert_eq!(console.model.place(), Place::Import);
    let screen = console.screen();
    for words in [
        "1 new   1 changed   1 so already   0 malformed",
        "machine PC-9",
        "network 203.0.113.0/24",
        "~ changed",
    ] {
        assert!(screen.contains(words), "{words}: {screen}");
    }
    console.press(KeyCode::Enter);
    let Some(BlockOrder::Add(ordered)) = ordered(&console) else { panic!("{}", console.screen()) };
    assert_eq!(ordered.len(), 3);
    finish(&mut console, BlockChanges { added: 1, replaced: 1, unchanged: 1, ..BlockChanges::default() });
    assert_eq!(
        notice(&console),
        "One blocked. Of one the reason or the end was changed. One was so already.  u undo"
    );
    assert_eq!((console.model.place(), console.model.session.done()), (Place::Blocks, vec![Own::Act(5)]));
    assert!(console.model.awaits(Topic::Blocks), "the list is another now");
}

#[test]
fn a_line_that_is_wrong_stands_in_the_way_of_all_and_comes_first() {
    for (wrong, words) in [
        ("PC-8,none,\n", "There is no app none."),
        ("203.0.113.0/33,,\n", "no network: write 203.0.113.0/24"),
        ("PC-9,,again\n", "the same as in line 2"),
    ] {
        let mut console = looking_at(&(TABLE.to_owned() + wrong));
        let screen = console.screen();
        let lines: Vec<_> =
            screen.lines().filter(|line| line.contains("✗") || line.contains("+ new")).collect();
        assert!(lines[0].contains("5  ✗ malformed") && lines[0].contains(words), "{screen}");
        assert!(screen.contains("nobody is blocked"), "{screen}");
        console.press(KeyCode::Enter);
        assert_eq!((console.model.place(), ordered(&console)), (Place::Import, None));
        console.press(KeyCode::Esc);
        assert_eq!(console.model.place(), Place::Form, "another file can be named");
    }
    let mut console = looking_at("target\n");
    console.press(KeyCode::Enter);
    assert_eq!((notice(&console), ordered(&console)), ("The file names nobody.", None));
}

#[test]
fn a_file_that_would_shut_nearly_everybody_out_is_asked_about() {
    let mut console = looking_at("target\n0.0.0.0/0\nPC-9\n");
    console.press(KeyCode::Enter);
    assert_eq!((console.model.place(), ordered(&console)), (Place::Confirm, None));
    assert!(console.screen().contains("0.0.0.0/0"), "{}", console.screen());
    console.press(KeyCode::Enter);
    assert_eq!((console.model.place(), ordered(&console)), (Place::Import, None), "no is the default");
    console.press(KeyCode::Enter);
    console.wait();
    console.keys("y");
    assert!(matches!(ordered(&console), Some(BlockOrder::Add(blocks)) if blocks.len() == 2));
}

#[test]
fn what_is_refused_of_a_file_leaves_it_to_be_tried_again() {
    let mut console = looking_at(TABLE);
    console.press(KeyCode::Enter);
    let refused = Done::Refused(ActError::Block(BlockRefusal::Unchanged));
    console.answer(Topic::Work, Answer::Done(Box::new(refused)));
    assert_eq!(console.model.place(), Place::Import);
    assert_eq!(notice(&console), "Just so they are blocked already.");
}

#[test]
fn nobody_imports_who_may_not_block_or_is_kept_from_files() {
    for (confined, read_only, words) in [
        (true, None, "Over this SSH account there are no files and no shell."),
        (false, Some(ReadOnly::Asked), "Read-only by your settings."),
    ] {
        let mut console = console();
        (console.model.confined, console.model.read_only) = (confined, read_only);
        console.keys("i");
        assert_eq!((console.model.place(), notice(&console)), (Place::Blocks, words));
    }
    let mut console = console();
    console.keys("iblocks.csv");
    console.model.confined = true;
    console.press(KeyCode::Enter);
    assert!(console.question(Topic::Import).is_none(), "not even from a form that is open");
}

#[test]
fn a_table_that_cannot_be_read_says_why_beside_what_was_typed() {
    let mut console = console();
    console.keys("i");
    console.press(KeyCode::Enter);
    assert!(console.question(Topic::Import).is_none(), "no file is named");
    console.keys("blocks.csv");
    console.press(KeyCode::Enter);
    let error = std::io::Error::from(std::io::ErrorKind::NotFound).into();
    console.answer(Topic::Import, Answer::Unreadable { path: "blocks.csv".into(), error });
    let screen = console.screen();
    assert!(screen.contains("blocks.csv cannot be read: there is no such file"), "{screen}");
}
