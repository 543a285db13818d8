//! Who is kept out: looked for, kept out, let in again.

use chrono::TimeDelta;
use crossterm::event::KeyCode;
use kami_common::reason;
use kami_common::words::Language;
use kami_console::input::place::Place;
use kami_console::overlay::blocks::BlockTable;
use kami_console::state::message::{Answer, Done, Message, Question, Topic};
use kami_console::state::order::Order;
use kami_console::state::session::Own;
use kami_core::acts::ActRefusal;
use kami_core::block::{Block, BlockKey, BlockTarget};
use kami_core::operator::Note;
use kami_store::{
    ActError, ActOutcome, ActRecord, BlockChanges, BlockOrder, BlockRecord, BlockRefusal, BlocksActed,
    BlocksFound, OneBlock, Undoable,
};

use crate::fixtures::{Console, grants, now};

pub(crate) fn block(app: &str, target: &str) -> Block {
    let app = (!app.is_empty()).then(|| app.parse().unwrap());
    Block { key: BlockKey { app, target: target.parse().unwrap() }, reason: None, until: None }
}

/// A machine for good, a network for a while, and one whose time is over.
pub(crate) fn blocks() -> Vec<Block> {
    let until = |days| Some(now() + TimeDelta::days(days));
    vec![
        Block { reason: Note::parse("退款 refund").unwrap(), ..block("", "PC-3F2A0011223344559C") },
        Block { until: until(30), ..block("demo", "203.0.113.0/24") },
        Block { until: until(-1), ..block("", "电脑 7") },
    ]
}

/// They come, as those of these numbers and down.
pub(crate) fn come(console: &mut Console, blocks: Vec<Block>, first: u64, next: Option<u64>) {
    let is_first =
        matches!(console.question(Topic::Blocks), Some((_, Question::Blocks { before: None, .. })));
    let record = |(id, block)| BlockRecord { id, block, created_at: now() - TimeDelta::days(3) };
    let blocks = (0..=first).rev().zip(blocks).map(record).collect();
    let found = BlocksFound { blocks, unreadable: Vec::new(), next, now: Some(now()) };
    console.answer(Topic::Blocks, Answer::Blocks { found, is_first });
}

pub(crate) fn console() -> Console {
    let mut console = Console::with_apps((110, 30), Language::ENGLISH);
    console.keys("K");
    come(&mut console, blocks(), 3, None);
    console.effects.clear();
    console
}

fn asked(console: &Console) -> (String, Option<u64>) {
    match console.question(Topic::Blocks) {
        Some((_, Question::Blocks { text, before, .. })) => (text.clone(), *before),
        _ => panic!("nothing was asked"),
    }
}

pub(crate) fn ordered(console: &Console) -> Option<BlockOrder> {
    match console.question(Topic::Work) {
        Some((_, Question::Do(order))) => match &***order {
            Order::Block(one) => Some(one.order()),
            Order::Blocks(order) => Some((**order).clone()),
            _ => None,
        },
        _ => None,
    }
}

pub(crate) fn finish(console: &mut Console, changes: BlockChanges) {
    let order = Box::new(ordered(console).unwrap());
    let acted = BlocksActed { changes, act_id: 5 };
    console.answer(Topic::Work, Answer::Done(Box::new(Done::Blocks { order, acted })));
}

pub(crate) fn notice(console: &Console) -> &str {
    &console.model.notice.as_ref().unwrap().words
}

#[test]
fn the_list_says_who_is_out_of_what_until_when_and_why() {
    let mut console = console();
    assert_eq!(console.model.place(), Place::Blocks);
    let screen = console.screen();
    for said in [
        "PC-3F2A0011223344559C",
        "machine",
        "all apps",
        "退款 refund",
        "203.0.113.0/24",
        "demo",
        "电脑 7",
        "over",
    ] {
        assert!(screen.contains(said), "{said}: {screen}");
    }
    console.keys("j");
    assert!(console.screen().contains("until 2026-04-03 14:02:00"), "{}", console.screen());
    console.press(KeyCode::Esc);
    assert_eq!(console.model.place(), Place::Cards);
}

#[test]
fn a_long_list_comes_part_by_part() {
    let mut console = Console::with_cards((110, 30), Language::ENGLISH);
    console.keys("K");
    assert_eq!(asked(&console), (String::new(), None));
    let part = |from: u64| (0..200).map(|n| block("", &format!("PC-{}", from - n))).collect::<Vec<_>>();
    come(&mut console, part(100_000), 100_000, Some(99_801));
    console.effects.clear();
    console.keys("jjj");
    assert!(console.question(Topic::Blocks).is_none(), "there is enough below");
    console.keys("G");
    assert_eq!(asked(&console), (String::new(), Some(99_801)));
    console.keys("G");
    come(&mut console, part(99_800), 99_800, Some(99_601));
    let screen = console.screen();
    assert!(screen.contains("400+") && screen.contains("PC-99801"), "{screen}");
}

#[test]
fn what_is_typed_is_looked_for_and_a_paste_is_text_only_there() {
    let mut console = console();
    console.tell(Message::Pasted("dy\n".to_owned()));
    assert_eq!(console.model.place(), Place::Blocks);
    assert!(console.question(Topic::Blocks).is_none() && ordered(&console).is_none());
    console.wait();
    console.keys("/");
    assert_eq!(console.model.place(), Place::BlockSearch);
    console.tell(Message::Pasted("退款\nmore".to_owned()));
    assert_eq!(asked(&console), ("退款".to_owned(), None));
    console.wait();
    come(&mut console, blocks()[..1].to_vec(), 3, None);
    let screen = console.screen();
    assert!(screen.contains("PC-3F2A") && !screen.contains("203.0.113.0"), "{screen}");
    console.press(KeyCode::Enter);
    assert_eq!(console.model.place(), Place::Blocks);
    assert!(console.screen().contains("退款"), "what is looked for stays");
    console.effects.clear();
    console.press(KeyCode::Backspace);
    assert_eq!(asked(&console), (String::new(), None));
    console.keys("/zz");
    come(&mut console, Vec::new(), 0, None);
    assert!(console.screen().contains("Nothing matches."), "{}", console.screen());
    console.press(KeyCode::Esc);
    assert_eq!((console.model.place(), asked(&console)), (Place::Blocks, (String::new(), None)));
}

#[test]
fn a_machine_or_a_network_is_kept_out_by_a_form() {
    let mut console = console();
    console.keys("n203.0.113.7");
    let screen = console.screen();
    assert!(screen.contains("network 203.0.113.7/32"), "it says how it is understood: {screen}");
    for text in ["", "", "30d", "refund"] {
        console.press(KeyCode::Tab);
        console.keys(text);
    }
    console.press(KeyCode::Enter);
    let Some(BlockOrder::Add(blocks)) = ordered(&console) else { panic!("{}", console.screen()) };
    let wanted = Block {
        reason: Note::parse("refund").unwrap(),
        until: Some(now() + TimeDelta::days(30)),
        ..block("", "203.0.113.7")
    };
    assert_eq!(blocks, [wanted]);
    finish(&mut console, BlockChanges { added: 1, ..BlockChanges::default() });
    assert_eq!(notice(&console), "203.0.113.7/32 blocked.  u undo");
    assert_eq!(console.model.place(), Place::Blocks);
    assert_eq!(asked(&console).1, None, "the list is read again");
    assert_eq!(console.model.session.done(), [Own::Act(5)]);
}

#[test]
fn what_cannot_be_is_said_beside_it_and_sends_nothing() {
    let mut console = console();
    console.keys("n203.0.113.0/33");
    for text in ["", "", "soon"] {
        console.press(KeyCode::Tab);
        console.keys(text);
    }
    console.press(KeyCode::Enter);
    let screen = console.screen();
    assert!(screen.contains("write 203.0.113.0/24"), "{screen}");
    assert!(screen.contains("such as 30d, 2026-12-31"), "{screen}");
    assert!(ordered(&console).is_none());
    // As a machine it can be called so.
    console.press(KeyCode::Tab);
    console.press(KeyCode::Right);
    for _ in 0..2 {
        console.press(KeyCode::Tab);
    }
    console.control('u');
    console.press(KeyCode::Enter);
    let Some(BlockOrder::Add(blocks)) = ordered(&console) else { panic!("{}", console.screen()) };
    assert_eq!(blocks[0].key.target, BlockTarget::machine("203.0.113.0/33").unwrap());
    let full = ActError::from(BlockRefusal::TooMany);
    console.answer(Topic::Work, Answer::Done(Box::new(Done::Refused(full))));
    assert!(console.screen().contains("100,000"), "{}", console.screen());
    assert_eq!(console.model.place(), Place::Form, "what was typed stays");
}

#[test]
fn a_network_that_shuts_nearly_everybody_out_is_asked_about() {
    let mut console = console();
    console.keys("n0.0.0.0/0");
    console.press(KeyCode::Enter);
    assert_eq!(console.model.place(), Place::Confirm);
    let screen = console.screen();
    assert!(screen.contains("0.0.0.0/0 shuts nearly every customer out."), "{screen}");
    assert!(ordered(&console).is_none());
    console.press(KeyCode::Enter);
    assert!(ordered(&console).is_none() && console.model.place() == Place::Form, "no is the default");
    console.press(KeyCode::Enter);
    console.wait();
    console.keys("y");
    assert!(matches!(ordered(&console), Some(BlockOrder::Add(blocks)) if blocks[0].key.target.is_broad()));
}

#[test]
fn letting_somebody_in_asks_and_another_reason_replaces() {
    let mut console = console();
    console.keys("jd");
    assert_eq!(console.model.place(), Place::Confirm);
    assert!(console.screen().contains("Unblock 203.0.113.0/24?"), "{}", console.screen());
    console.press(KeyCode::Enter);
    assert!(ordered(&console).is_none() && console.model.place() == Place::Blocks);
    console.keys("dy");
    assert_eq!(ordered(&console), Some(BlockOrder::Remove(vec![blocks()[1].key.clone()])));
    finish(&mut console, BlockChanges { removed: 1, ..BlockChanges::default() });
    assert_eq!(notice(&console), "203.0.113.0/24 unblocked.  u undo");

    come(&mut console, blocks(), 3, None);
    console.keys("ge");
    let screen = console.screen();
    assert!(screen.contains("machine PC-3F2A0011223344559C, all apps"), "whom it is about: {screen}");
    console.press(KeyCode::Tab);
    console.keys("chargeback");
    console.press(KeyCode::Enter);
    let Some(BlockOrder::Add(changed)) = ordered(&console) else { panic!("{}", console.screen()) };
    assert_eq!(changed, [Block { reason: Note::parse("chargeback").unwrap(), ..blocks()[0].clone() }]);
    finish(&mut console, BlockChanges { replaced: 1, ..BlockChanges::default() });
    assert!(
        notice(&console).starts_with("Reason or end of the block changed: PC-3F2A"),
        "{}",
        notice(&console)
    );
}

/// An act on so many blocks is taken back, with this outcome.
fn take_back(console: &mut Console, subject: &str, card_count: u64, outcome: ActOutcome) {
    console.keys("u");
    let act = ActRecord {
        id: 5,
        act: "block_add".to_owned(),
        operator: "li".to_owned(),
        account: None,
        done_at: now(),
        card_count,
        batch_id: None,
        undoes: None,
        subject: Some(subject.to_owned()),
        undone_by: None,
    };
    console.model.session.did(Own::Act(5));
    let undoable = Some(Box::new(Undoable { act, loss: None }));
    console.answer(Topic::Undo, Answer::Undoable { undoable, is_redo: false });
    let Some((_, Question::Do(order))) = console.question(Topic::Work) else {
        panic!("{}", console.screen())
    };
    let Order::Undo(undoing) = (***order).clone() else { panic!("something else was ordered") };
    console.answer(Topic::Work, Answer::Done(Box::new(Done::Undone { undoing, outcome })));
}

#[test]
fn what_is_taken_back_is_read_again() {
    let mut console = console();
    let outcome = ActOutcome { act_id: Some(6), done: 1, ..ActOutcome::default() };
    take_back(&mut console, "network 203.0.113.0/24", 1, outcome);
    assert!(notice(&console).starts_with("Undone for the network 203.0.113.0/24."), "{}", notice(&console));
    assert_eq!(asked(&console), (String::new(), None));
}

#[test]
fn what_cannot_be_taken_back_is_said_of_blocks_and_not_of_cards() {
    let changed = |done, count| ActOutcome {
        act_id: Some(6),
        done,
        refused: [(ActRefusal::ChangedSince, count)].into(),
        ..ActOutcome::default()
    };
    let why = reason::refusal(Language::of_locale("zh"), ActRefusal::ChangedSince);
    for (subject, count, outcome, words) in [
        ("machine PC-1", 1, changed(0, 1), format!("未撤销对机器 PC-1 的封禁改动：{why}。")),
        ("3 blocks", 3, changed(2, 1), format!("已撤销 2 条封禁的改动。 1 条封禁未能撤销：{why}。")),
    ] {
        let mut console = Console::with_apps((110, 30), Language::of_locale("zh"));
        console.keys("K");
        come(&mut console, blocks(), 3, None);
        take_back(&mut console, subject, count, outcome);
        assert!(notice(&console).starts_with(&words), "{}", notice(&console));
    }
}

#[test]
fn the_machine_of_a_card_is_kept_out_from_its_row() {
    let mut console = Console::with_cards((100, 30), Language::ENGLISH);
    console.keys("X");
    assert!(notice(&console).contains("machine"), "an unused card has none: {}", notice(&console));
    assert_eq!(console.model.place(), Place::Cards);
    console.keys("jX");
    assert_eq!(console.model.place(), Place::Form);
    let screen = console.screen();
    assert!(screen.contains("machine PC-3F2A0011223344559C"), "{screen}");
    assert!(ordered(&console).is_none(), "the form is the question");
    console.press(KeyCode::Enter);
    let Some(BlockOrder::Add(blocks)) = ordered(&console) else { panic!("{}", console.screen()) };
    assert_eq!(blocks, [block("", "PC-3F2A0011223344559C")]);
    finish(&mut console, BlockChanges { added: 1, ..BlockChanges::default() });
    assert_eq!(console.model.place(), Place::Cards);
}

#[test]
fn what_is_typed_of_a_card_s_machine_is_why_it_is_kept_out() {
    let mut console = Console::with_apps((100, 30), Language::ENGLISH);
    console.keys("jXrefund");
    console.press(KeyCode::Enter);
    let Some(BlockOrder::Add(blocks)) = ordered(&console) else { panic!("{}", console.screen()) };
    let reason = Note::parse("refund").unwrap();
    assert_eq!(blocks, [Block { reason, ..block("", "PC-3F2A0011223344559C") }]);
}

#[test]
fn what_is_changed_of_a_block_is_its_end_and_its_reason_alone() {
    let over = Block { until: Some(now() - TimeDelta::days(1)), ..block("gone", "PC-1") };
    let other =
        BlockKey { app: Some("gone".parse().unwrap()), target: BlockTarget::machine("10.0.0.1").unwrap() };
    for (is, end, wanted_end) in [
        // Of an app that the console does not know, and a machine that reads as an address.
        (Block { key: other, reason: None, until: None }, "30d", Some(now() + TimeDelta::days(30))),
        // One that is over stays so where nobody touches its end.
        (over.clone(), "", over.until),
    ] {
        let mut console = Console::with_apps((100, 30), Language::ENGLISH);
        console.keys("K");
        come(&mut console, vec![is.clone()], 1, None);
        console.keys("e");
        assert!(console.screen().contains("gone"), "{}", console.screen());
        console.keys(end);
        console.press(KeyCode::Tab);
        console.keys("refund");
        console.press(KeyCode::Enter);
        let Some(BlockOrder::Add(blocks)) = ordered(&console) else { panic!("{}", console.screen()) };
        let reason = Note::parse("refund").unwrap();
        assert_eq!(blocks, [Block { reason, until: wanted_end, ..is }]);
    }
}

#[test]
fn a_double_click_and_enter_change_the_one_that_they_are_on() {
    let mut clicked = console();
    clicked.double_click("203.0.113.0");
    let mut entered = console();
    entered.keys("j");
    entered.press(KeyCode::Enter);
    for console in [clicked, entered] {
        assert_eq!(console.model.place(), Place::Form);
        assert!(console.screen().contains("network 203.0.113.0/24, demo"), "{}", console.screen());
    }
}

#[test]
fn a_double_click_without_the_right_to_change_it_says_so() {
    let mut console = console();
    console.effects.push(console.model.ask(Topic::Server, Question::Server));
    console.answer(Topic::Server, Answer::Server(grants("SELECT")));
    console.double_click("203.0.113.0");
    assert_eq!(console.model.place(), Place::Blocks);
    assert!(console.model.notice.is_some(), "{}", console.screen());
}

/// What the form orders, and what its operator saw.
fn one(console: &Console) -> OneBlock {
    match console.question(Topic::Work) {
        Some((_, Question::Do(order))) => match &***order {
            Order::Block(one) => (**one).clone(),
            other => panic!("{other:?}"),
        },
        _ => panic!("{}", console.screen()),
    }
}

fn is_otherwise(console: &mut Console, is: Option<Block>) {
    let otherwise = Done::BlockedOtherwise(is.map(Box::new));
    console.answer(Topic::Work, Answer::Done(Box::new(otherwise)));
}

#[test]
fn whoever_is_blocked_already_is_shown_with_his_reason_and_his_end_before_they_are_changed() {
    let mut console = Console::with_apps((100, 30), Language::ENGLISH);
    console.keys("jX");
    console.press(KeyCode::Enter);
    assert_eq!(one(&console).seen, None);
    let is = Block { until: Some(now() + TimeDelta::days(30)), ..blocks()[0].clone() };
    is_otherwise(&mut console, Some(is.clone()));
    let screen = console.screen();
    for said in ["change reason and end", "退款 refund", "2026-04-03 14:02:00", "Blocked already"] {
        assert!(screen.contains(said), "{said}: {screen}");
    }
    console.press(KeyCode::Tab);
    console.keys("chargeback");
    console.press(KeyCode::Enter);
    let wanted = Block { reason: Note::parse("chargeback").unwrap(), ..is.clone() };
    assert_eq!(one(&console), OneBlock { seen: Some(is), wanted });
}

#[test]
fn what_was_typed_stays_where_a_block_is_another_by_now_or_gone() {
    let mut console = console();
    console.keys("e");
    console.press(KeyCode::Tab);
    console.keys("chargeback");
    console.press(KeyCode::Enter);
    let seen = blocks().remove(0);
    let reason = Note::parse("chargeback").unwrap();
    let wanted = Block { reason, ..seen.clone() };
    assert_eq!(one(&console), OneBlock { seen: Some(seen.clone()), wanted: wanted.clone() });
    let is = Block { until: Some(now() + TimeDelta::days(30)), ..seen };
    is_otherwise(&mut console, Some(is.clone()));
    assert_eq!(asked(&console).1, None, "the list is read again");
    console.press(KeyCode::Enter);
    let wanted = Block { until: is.until, ..wanted };
    assert_eq!(one(&console), OneBlock { seen: Some(is), wanted: wanted.clone() });
    is_otherwise(&mut console, None);
    assert!(console.screen().contains("Unblocked meanwhile"), "{}", console.screen());
    console.press(KeyCode::Enter);
    assert_eq!(one(&console), OneBlock { seen: None, wanted });
}

/// Whom the cursor is on.
fn current(console: &Console) -> String {
    let list: &BlockTable = console.model.overlays.top().unwrap();
    list.current().map(|record| record.block.key.target.to_string()).unwrap_or_default()
}

#[test]
fn the_cursor_stays_on_whom_it_is_on_and_follows_whoever_is_blocked() {
    let mut console = console();
    console.keys("j");
    assert_eq!(current(&console), "203.0.113.0/24");
    console.keys("r");
    let with_another = || [vec![block("", "PC-NEW")], blocks()].concat();
    come(&mut console, with_another(), 4, None);
    assert_eq!(current(&console), "203.0.113.0/24", "though a colleague blocked another");
    console.keys("n10.1.1.1");
    console.press(KeyCode::Enter);
    finish(&mut console, BlockChanges { added: 1, ..BlockChanges::default() });
    come(&mut console, [vec![block("", "10.1.1.1")], with_another()].concat(), 5, None);
    assert_eq!(current(&console), "10.1.1.1/32");
    // He is let in again elsewhere: the cursor stays in its line.
    console.keys("r");
    come(&mut console, with_another(), 4, None);
    assert_eq!(current(&console), "PC-NEW");
}

#[test]
fn nothing_is_done_with_whom_is_shown_while_others_are_looked_for() {
    let mut console = console();
    console.keys("/203");
    console.press(KeyCode::Enter);
    for key in ["e", "d"] {
        console.keys(key);
        assert_eq!(console.model.place(), Place::Blocks, "{key}");
    }
    come(&mut console, Vec::new(), 0, None);
    for key in ["e", "d"] {
        console.keys(key);
        assert_eq!(notice(&console), "There is nobody in this line.", "{key}");
    }
    console.press(KeyCode::Backspace);
    come(&mut console, blocks(), 3, None);
    console.keys("d");
    assert_eq!(console.model.place(), Place::Confirm);
}

#[test]
fn it_is_said_that_a_card_has_other_machines_which_are_not_blocked() {
    for (seats, is_said) in [(1, false), (3, true)] {
        let mut console = Console::with_cards((100, 30), Language::ENGLISH);
        console.model.cards.rows[1].seats = seats;
        console.keys("jX");
        assert_eq!(console.screen().contains("The card is for 3 machines"), is_said, "{}", console.screen());
    }
}

#[test]
fn on_a_narrow_screen_targets_can_be_told_apart() {
    let mut console = Console::with_cards((44, 24), Language::ENGLISH);
    console.keys("K");
    let alike = ["PC-3F2A0011223344559C", "PC-3F2A0011223344559D"];
    let until = Some(now() + TimeDelta::days(30));
    come(&mut console, alike.map(|target| Block { until, ..block("", target) }).to_vec(), 2, None);
    let screen = console.screen();
    for said in alike.map(|target| &target[13..]).into_iter().chain(["04-03 14:02"]) {
        assert!(screen.lines().any(|line| line.contains(said)), "{said}: {screen}");
    }
}
