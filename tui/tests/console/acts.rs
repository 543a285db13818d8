//! What can be done with cards: forms, questions, orders, and what comes of them.

use std::collections::BTreeMap;

use crossterm::event::KeyCode;
use kami_common::words::Language;
use kami_console::input::place::Place;
use kami_console::state::message::{Answer, Done, Effect, Question, Topic};
use kami_console::state::model::ReadOnly;
use kami_console::state::order::{Order, Target};
use kami_console::state::session::Own;
use kami_core::acts::{Act as CardAct, ActRefusal};
use kami_core::card::CardStatus;
use kami_core::edit::StatusEdit;
use kami_core::filter::Filter;
use kami_core::record::CardRecord;
use kami_store::{ActError, ActOutcome, Acted, Batch, Grants, Selection, Survey};

use crate::fixtures::{Console, cards, now};
use crate::imports;

fn console() -> Console {
    Console::with_cards((80, 24), Language::ENGLISH)
}

/// The last order that was given.
fn order(console: &Console) -> Option<&Order> {
    match console.question(Topic::Work) {
        Some((_, Question::Do(order))) => Some(&***order),
        _ => None,
    }
}

fn notice(console: &Console) -> &str {
    &console.model.notice.as_ref().unwrap().words
}

#[test]
fn what_can_be_undone_needs_no_question() {
    for (keys, act) in [("b", CardAct::Disable), ("jm", CardAct::Unbind), ("jjjjB", CardAct::Enable)] {
        let mut console = console();
        console.keys(keys);
        let Some(Order::Act { act: ordered, target: Target::One(_) }) = order(&console) else {
            panic!("{keys} orders nothing");
        };
        assert_eq!(*ordered, act);
    }
}

#[test]
fn an_act_that_the_card_does_not_allow_says_why() {
    for (keys, why) in [("B", "not disabled"), ("m", "never used"), ("jjjjb", "disabled already")] {
        let mut console = console();
        console.keys(keys);
        assert!(order(&console).is_none());
        assert_eq!(notice(&console), why);
    }
}

#[test]
fn nothing_is_changed_where_nothing_may_be() {
    let mut console = console();
    console.model.read_only = Some(ReadOnly::Asked);
    for key in ["n", "e", "b", "B", "m", "+", "N", "d", "u"] {
        console.keys(key);
        assert_eq!(console.model.place(), Place::Cards, "{key}");
        assert_eq!(notice(&console), "Read-only by your settings.");
    }
    assert!(order(&console).is_none());
}

#[test]
fn an_account_of_ssh_reaches_no_files() {
    let mut console = console();
    console.model.confined = true;
    for key in ["x", "i"] {
        console.keys(key);
        assert_eq!(console.model.place(), Place::Cards, "{key}");
        assert_eq!(notice(&console), "Over this SSH account there are no files and no shell.");
    }
}

#[test]
fn an_account_of_ssh_writes_no_file_of_a_batch_that_it_made() {
    let mut console = console();
    console.model.confined = true;
    console.keys("nVIP");
    console.press(KeyCode::Enter);
    let batch = Batch { prefix: Some("VIP".to_owned()), ..imports::batch() };
    console.answer(Topic::Work, Answer::Done(Box::new(Done::Made(batch))));
    console.keys("export");
    console.press(KeyCode::Enter);
    assert_eq!(console.model.place(), Place::Picker);
    assert_eq!(notice(&console), "Over this SSH account there are no files and no shell.");
}

#[test]
fn no_form_of_a_confined_console_reaches_a_file() {
    for keys in ["x", "icodes.txt"] {
        let mut console = console();
        console.keys(keys);
        assert_eq!(console.model.place(), Place::Form);
        console.model.confined = true;
        console.press(KeyCode::Enter);
        assert!(order(&console).is_none() && console.question(Topic::Import).is_none(), "{keys}");
        assert!(
            console.screen().contains("Over this SSH account there are no files"),
            "{}",
            console.screen()
        );
    }
}

#[test]
fn an_act_that_the_account_has_no_right_to_is_refused_with_the_right() {
    let mut console = console();
    let routines =
        ["make_batch_2", "add_cards_2", "change_cards_2", "restore_cards_2", "hold_act", "close_act"];
    let routines =
        routines.map(|routine| format!("GRANT EXECUTE ON PROCEDURE `kamisystem`.`{routine}` TO `li`@`%`"));
    let tables = "GRANT SELECT, INSERT, UPDATE ON `kamisystem`.* TO `li`@`%`";
    let lines = routines.iter().map(String::as_str).chain([tables]);
    console.model.grants = Some(Grants::read(lines, "kamisystem"));
    for key in ["d", "u"] {
        console.keys(key);
        assert_eq!(console.model.place(), Place::Cards, "{key}");
        assert_eq!(
            notice(&console),
            "Your database account may not do that: it lacks EXECUTE on delete_cards_3."
        );
    }
    console.keys("n");
    assert_eq!(console.model.place(), Place::Form);
    assert_eq!(console.model.read_only, None);
}

#[test]
fn a_single_delete_asks_with_default_no() {
    for (answer, deletes) in [
        (KeyCode::Enter, false),
        (KeyCode::Esc, false),
        (KeyCode::Char('n'), false),
        (KeyCode::Char('y'), true),
    ] {
        let mut console = console();
        console.keys("d");
        assert_eq!(console.model.place(), Place::Confirm);
        console.press(answer);
        assert_eq!(order(&console).is_some(), deletes, "{answer:?}");
        assert_eq!(console.model.place(), Place::Cards);
    }
}

#[test]
fn a_bulk_delete_asks_for_its_number() {
    let mut console = console();
    console.keys("*d7");
    assert_eq!(console.model.place(), Place::ConfirmTyped);
    console.answer(Topic::Survey, Answer::Survey(Survey { cards: 8, ..Survey::default() }));
    console.press(KeyCode::Enter);
    assert!(order(&console).is_none());
    console.press(KeyCode::Backspace);
    console.keys("8");
    console.press(KeyCode::Enter);
    let Some(Order::Act { act: CardAct::Delete, target: Target::Many { selection, count: 8 } }) =
        order(&console)
    else {
        panic!("nothing was ordered");
    };
    // Only what was there when it was counted is deleted.
    assert_eq!(*selection, Selection::UpTo { filter: Filter::default(), newest: 8 });
    assert_eq!(console.model.place(), Place::Work);
    console.press(KeyCode::Esc);
    assert!(matches!(console.effects.last(), Some(Effect::BreakOff)));
}

#[test]
fn a_batch_is_ordered_by_its_form_and_a_large_one_asks_again() {
    for (count, place) in [("1,000", Place::Work), ("1005", Place::Confirm)] {
        let mut console = console();
        console.keys("nVIP");
        console.press(KeyCode::Tab);
        console.keys(count);
        console.press(KeyCode::Enter);
        assert_eq!(console.model.place(), place);
        if place == Place::Confirm {
            assert!(
                console.screen().contains("Generate 1,005 cards VIP-…, 3h each?"),
                "{}",
                console.screen()
            );
            console.keys("y");
        }
        let Some(Order::Generate(ordered)) = order(&console) else { panic!("nothing was ordered") };
        assert_eq!(ordered.count.to_string(), count.replace(',', ""));
        assert_eq!((ordered.prefix.as_str(), ordered.length.get()), ("VIP", 16));
    }
}

#[test]
fn cards_that_are_easy_to_guess_are_made_after_a_question_alone() {
    let asked = |language, length| {
        let mut console = Console::with_cards((80, 24), language);
        console.keys("nVIP");
        for _ in 0..2 {
            console.press(KeyCode::Tab);
        }
        for _ in 0..2 {
            console.press(KeyCode::Backspace);
        }
        console.keys(length);
        console.press(KeyCode::Enter);
        console
    };
    for (language, question, odds) in [
        (Language::ENGLISH, "Generate 100 cards whose codes are easy to guess?", "one hit in 96,594 guesses"),
        (Language::of_locale("zh"), "生成 100 张容易被猜中的卡？", "平均猜 96,594 次就中一张"),
    ] {
        for (answer, makes) in [(KeyCode::Enter, false), (KeyCode::Esc, false), (KeyCode::Char('y'), true)] {
            let mut console = asked(language, "6");
            assert_eq!(console.model.place(), Place::Confirm);
            assert!(order(&console).is_none());
            let screen = console.screen();
            assert!(screen.contains(question) && screen.contains(odds), "{screen}");
            console.press(answer);
            assert_eq!(matches!(order(&console), Some(Order::Generate(_))), makes, "{answer:?}");
        }
    }
    // Of 11,116 cards that would let a machine in.
    for (length, place) in [("9", Place::Confirm), ("10", Place::Work)] {
        assert_eq!(asked(Language::ENGLISH, length).model.place(), place, "{length}");
    }
}

#[test]
fn a_form_says_what_is_wrong_and_keeps_what_was_typed() {
    let mut console = console();
    console.keys("nVI P");
    assert!(console.screen().contains("1 to 16 letters or digits"), "{}", console.screen());
    console.press(KeyCode::Enter);
    assert!(order(&console).is_none());
    assert!(console.screen().contains("VI P"));
}

#[test]
fn an_edit_orders_the_difference_alone() {
    let mut console = console();
    console.keys("e");
    console.press(KeyCode::Right);
    console.press(KeyCode::Enter);
    // An active card needs a machine.
    assert!(order(&console).is_none());
    console.keys("PC-9");
    console.press(KeyCode::Enter);
    let Some(Order::Edit { edit, .. }) = order(&console) else { panic!("nothing was ordered") };
    assert!(matches!(&edit.status, Some(StatusEdit::Active { machine }) if machine.as_str() == "PC-9"));
    assert_eq!((&edit.prefix, &edit.duration, &edit.note), (&None, &None, &None));
}

#[test]
fn a_card_without_a_prefix_is_edited_like_any_other_and_filed_under_one() {
    let bare = CardRecord {
        prefix: String::new(),
        code: "ABCD1234EFGH5678".to_owned(),
        full_code: "ABCD1234EFGH5678".to_owned(),
        ..cards().swap_remove(0)
    };
    for (prefix, changed, shows_it) in [("", None, false), ("GOLD", Some("GOLD"), true)] {
        let mut console = Console::started((80, 24), Language::ENGLISH);
        console.answer_rows(vec![bare.clone()]);
        console.keys("e");
        console.press(KeyCode::BackTab);
        console.keys(prefix);
        assert_eq!(console.screen().contains("The code stays as it is."), shows_it, "{}", console.screen());
        console.press(KeyCode::BackTab);
        console.keys("refunded");
        console.press(KeyCode::Enter);
        let Some(Order::Edit { edit, .. }) = order(&console) else { panic!("{}", console.screen()) };
        let filed = edit.prefix.as_ref().map(|prefix| prefix.as_ref().unwrap().as_str());
        assert_eq!((filed, edit.note.is_some()), (changed, true));
    }
}

#[test]
fn a_prefix_that_none_can_have_today_stays_while_the_rest_of_its_card_is_edited() {
    let odd = CardRecord { prefix: "VIP !".to_owned(), ..cards().swap_remove(0) };
    let mut console = Console::started((80, 24), Language::ENGLISH);
    console.answer_rows(vec![odd]);
    console.keys("e");
    console.press(KeyCode::Right);
    console.press(KeyCode::Tab);
    console.keys("PC-9");
    console.press(KeyCode::Enter);
    let Some(Order::Edit { edit, .. }) = order(&console) else { panic!("{}", console.screen()) };
    assert_eq!(edit.prefix, None);
}

#[test]
fn a_card_that_others_changed_is_shown_as_it_is_now_and_what_was_typed_stays() {
    let mut console = console();
    console.keys("e");
    console.press(KeyCode::BackTab);
    console.press(KeyCode::BackTab);
    console.press(KeyCode::End);
    console.keys("!");
    console.press(KeyCode::Enter);
    let card = CardRecord {
        status: CardStatus::Active,
        machine_code: Some("PC-NEW".to_owned()),
        ..cards().swap_remove(0)
    };
    let error = ActError::Changed { card: Box::new(card), now: now() };
    console.answer(Topic::Work, Answer::Done(Box::new(Done::Refused(error))));
    assert_eq!(console.model.cards.rows[0].machine_code.as_deref(), Some("PC-NEW"));
    let screen = console.screen();
    assert!(screen.contains("unused → active") && screen.contains("shop A!"), "{screen}");
    console.press(KeyCode::Enter);
    let Some(Order::Edit { edit, seen }) = order(&console) else { panic!("nothing was ordered") };
    assert_eq!(seen.machine_code.as_deref(), Some("PC-NEW"));
    assert!(edit.status.is_none() && edit.note.is_some());
}

#[test]
fn what_came_of_it_is_said_and_the_row_follows() {
    let mut console = console();
    console.keys("b");
    let card = CardRecord { status: CardStatus::Disabled, ..cards().swap_remove(0) };
    let acted = Acted { card: Some(card), now: now(), act_id: 1 };
    console.answer(
        Topic::Work,
        Answer::Done(Box::new(Done::One { act: "disable", card: 8, acted, machines: None })),
    );
    assert_eq!(notice(&console), "One card disabled.  u undo");
    assert_eq!(console.model.cards.rows[0].status, CardStatus::Disabled);
    console.keys("*b");
    let refused = BTreeMap::from([(ActRefusal::AlreadyDisabled, 2)]);
    let outcome = ActOutcome { act_id: Some(2), done: 6, refused, missing: 1, ..ActOutcome::default() };
    console
        .answer(Topic::Work, Answer::Done(Box::new(Done::Many { act: "disable", outcome, machines: None })));
    assert_eq!(notice(&console), "6 cards disabled. 2 left: disabled already. 1 no longer exist.  u undo");
    assert_eq!(console.model.cards.marks.count(), 0);
    console.keys("u");
    let Some((_, Question::Undoable { candidates, is_redo: false })) = console.question(Topic::Undo) else {
        panic!("nothing was asked");
    };
    assert_eq!(*candidates, [Own::Act(2), Own::Act(1)]);
}

#[test]
fn a_form_that_orders_nothing_outlives_work_that_ends_behind_it() {
    let done = || {
        let acted = Acted { card: Some(cards().swap_remove(0)), now: now(), act_id: 1 };
        Done::One { act: "disable", card: 8, acted, machines: None }
    };
    for keys in ["Vsave\nmine", "Soperator\nmine", "lfmine"] {
        for came in [done(), Done::Refused(ActError::NotFound)] {
            let mut console = console();
            console.keys("b");
            for part in keys.split_inclusive('\n') {
                console.keys(part.trim_end());
                if part.ends_with('\n') {
                    console.press(KeyCode::Enter);
                }
            }
            assert_eq!(console.model.place(), Place::Form, "{keys}");
            console.answer(Topic::Work, Answer::Done(Box::new(came)));
            let screen = console.screen();
            assert_eq!(console.model.place(), Place::Form, "{screen}");
            assert!(screen.contains("mine"), "{screen}");
            assert!(console.model.notice.is_some(), "what came of it stands in the message line");
        }
    }
}

#[test]
fn an_extension_of_a_card_that_others_changed_can_be_ordered_again() {
    let mut console = console();
    console.keys("j+");
    console.press(KeyCode::Enter);
    let card = CardRecord { machine_code: Some("PC-NEW".to_owned()), ..cards().swap_remove(1) };
    let error = ActError::Changed { card: Box::new(card.clone()), now: now() };
    console.answer(Topic::Work, Answer::Done(Box::new(Done::Refused(error))));
    console.press(KeyCode::Enter);
    let Some(Order::Act { act: CardAct::Extend { seconds: 86_400 }, target: Target::One(seen) }) =
        order(&console)
    else {
        panic!("nothing was ordered")
    };
    assert_eq!(**seen, card);
}

#[test]
fn leaving_asks_only_when_something_typed_would_be_lost() {
    let quits = |console: &Console| console.effects.iter().any(|effect| matches!(effect, Effect::Quit));
    let mut untouched = console();
    untouched.keys("q");
    assert!(quits(&untouched));
    let mut typed = console();
    typed.keys("nVIP");
    typed.control('c');
    assert!(!quits(&typed));
    typed.control('c');
    assert!(quits(&typed));
    let mut later = console();
    later.keys("nVIP");
    later.control('c');
    later.keys("X");
    later.control('c');
    assert!(!quits(&later), "more was typed since");
    later.press(KeyCode::Esc);
    later.keys("nVIP");
    later.control('c');
    assert!(!quits(&later), "another form");
}
