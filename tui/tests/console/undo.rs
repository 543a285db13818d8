//! Taking back and doing again: named, and without a question only what this session did.

use crossterm::event::KeyCode;
use kami_common::words::Language;
use kami_console::input::place::Place;
use kami_console::state::message::{Answer, Done, Question, Topic};
use kami_console::state::order::Order;
use kami_console::state::session::Own;
use kami_core::card::CardStatus;
use kami_store::{ActOutcome, ActRecord, Loss, Survey, Undoable};

use crate::fixtures::{Console, now};

fn console() -> Console {
    Console::with_cards((100, 30), Language::ENGLISH)
}

fn undoable(id: u64, act: &str, deletes: bool) -> Undoable {
    let act = ActRecord {
        id,
        act: act.to_owned(),
        operator: "wang".to_owned(),
        account: Some("kami_wang@10.0.0.7".to_owned()),
        done_at: now(),
        card_count: 500,
        batch_id: None,
        undoes: None,
        subject: None,
        undone_by: None,
    };
    Undoable { act, loss: deletes.then_some(Loss::Cards) }
}

fn offer(console: &mut Console, key: &str, undoable: Undoable) {
    console.keys(key);
    let is_redo = key == "U";
    console.answer(Topic::Undo, Answer::Undoable { undoable: Some(Box::new(undoable)), is_redo });
}

/// The number of the act that is being taken back.
fn ordered(console: &Console) -> Option<u64> {
    match console.question(Topic::Work) {
        Some((_, Question::Do(order))) => match &***order {
            Order::Undo(undoing) => Some(undoing.undoable.act.id),
            _ => None,
        },
        _ => None,
    }
}

/// What is being taken back is.
fn finish(console: &mut Console, by: u64) {
    let Some((_, Question::Do(order))) = console.question(Topic::Work) else { panic!("nothing was ordered") };
    let Order::Undo(undoing) = (***order).clone() else { panic!("something else was ordered") };
    let outcome = ActOutcome { act_id: Some(by), done: 500, ..ActOutcome::default() };
    console.answer(Topic::Work, Answer::Done(Box::new(Done::Undone { undoing, outcome })));
}

#[test]
fn what_others_did_and_what_deletes_is_taken_back_after_a_question_that_names_it() {
    for (is_own, deletes) in [(false, false), (false, true), (true, true)] {
        let mut console = console();
        if is_own {
            console.model.session.did(Own::Act(1_042));
        }
        offer(&mut console, "u", undoable(1_042, "disable", deletes));
        assert_eq!(ordered(&console), None);
        assert_eq!(console.model.place(), Place::Confirm);
        let screen = console.screen();
        for named in ["#1042 disabled, 500 cards", "wang", "(kami_wang@10.0.0.7)", "2026-03-04 14:02:00"] {
            assert!(screen.contains(named), "{named}: {screen}");
        }
        assert_eq!(screen.contains("500 cards are deleted with it"), deletes, "{screen}");
        assert_eq!(screen.contains("It was not done in this session."), !is_own, "{screen}");
        console.press(KeyCode::Enter);
        assert_eq!(ordered(&console), None, "no is the default");
        offer(&mut console, "u", undoable(1_042, "disable", deletes));
        console.keys("y");
        assert_eq!(ordered(&console), Some(1_042));
    }
}

#[test]
fn the_cards_of_a_batch_are_shown_before_its_making_is_taken_back() {
    let mut console = console();
    let act = ActRecord { batch_id: Some(7), ..undoable(5, "generate", true).act };
    offer(&mut console, "u", Undoable { act, loss: Some(Loss::Cards) });
    console.keys("y");
    assert_eq!(ordered(&console), None, "they are not counted yet");
    let statuses = vec![(CardStatus::Unused, 480), (CardStatus::Active, 20)];
    console.answer(Topic::Survey, Answer::Survey(Survey { cards: 500, statuses, ..Survey::default() }));
    let screen = console.screen();
    assert!(screen.contains("unused 480, active 20"), "{screen}");
    assert!(screen.contains("500 cards are deleted with it"), "{screen}");
    console.keys("y");
    assert_eq!(ordered(&console), Some(5));
}

#[test]
fn what_this_session_did_is_taken_back_at_once_named_and_done_again() {
    let mut console = console();
    console.model.session.did(Own::Act(5));
    offer(&mut console, "u", undoable(5, "disable", false));
    assert_eq!(ordered(&console), Some(5));
    finish(&mut console, 6);
    let words = &console.model.notice.as_ref().unwrap().words;
    assert!(words.starts_with("Undone for 500 cards. #5 disabled, wang, today 14:02"), "{words}");
    assert!(words.ends_with("U redo"), "{words}");

    console.keys("U");
    let asked = console.question(Topic::Undo).map(|(_, question)| question.clone());
    let Some(Question::Undoable { candidates, is_redo: true }) = asked else { panic!("nothing was asked") };
    assert_eq!(candidates, [Own::Act(6)]);
    console.answer(
        Topic::Undo,
        Answer::Undoable { undoable: Some(Box::new(undoable(6, "undo", false))), is_redo: true },
    );
    assert_eq!(ordered(&console), Some(6));
    finish(&mut console, 7);
    assert!(console.model.notice.as_ref().unwrap().words.starts_with("Redone for 500 cards."));
    assert_eq!(console.model.session.done(), [Own::Act(7)]);
}

#[test]
fn doing_a_deletion_again_asks() {
    let mut console = console();
    console.model.session.did(Own::Act(5));
    offer(&mut console, "u", undoable(5, "delete", false));
    finish(&mut console, 6);
    offer(&mut console, "U", undoable(6, "undo", true));
    assert_eq!(console.model.place(), Place::Confirm);
    assert!(console.screen().contains("500 cards are deleted with it"), "{}", console.screen());
}

#[test]
fn nothing_is_taken_back_twice_or_where_there_is_nothing() {
    let mut console = console();
    console.keys("U");
    assert_eq!(console.model.notice.as_ref().unwrap().words, "You have undone nothing that could be redone.");
    assert!(console.question(Topic::Undo).is_none());
    console.keys("u");
    console.answer(Topic::Undo, Answer::Undoable { undoable: None, is_redo: false });
    assert_eq!(console.model.notice.as_ref().unwrap().words, "You have done nothing that could be undone.");
    assert_eq!(ordered(&console), None);
}

#[test]
fn a_question_does_not_come_up_in_the_middle_of_something_else() {
    let mut console = console();
    console.keys("un");
    assert_eq!(console.model.place(), Place::Form);
    console.answer(
        Topic::Undo,
        Answer::Undoable { undoable: Some(Box::new(undoable(5, "disable", true))), is_redo: false },
    );
    assert_eq!(console.model.place(), Place::Form);
    console.keys("y");
    assert_eq!(ordered(&console), None);
}

#[test]
fn what_was_taken_back_is_called_what_it_is() {
    for (subject, undone, redone) in [
        (None, "Undone for 500 cards.", "Redone for 500 cards."),
        (Some("demo"), "Undone for the app demo.", "Redone for the app demo."),
        (Some("demo/month"), "Undone for the preset demo/month.", "Redone for the preset demo/month."),
        (Some("500 blocks"), "Undone for 500 blocks.", "Redone for 500 blocks."),
    ] {
        let of = |id| {
            let mut undoable = undoable(id, "undo", false);
            undoable.act.subject = subject.map(str::to_owned);
            undoable
        };
        let mut console = console();
        console.model.session.did(Own::Act(5));
        for (key, id, words) in [("u", 5, undone), ("U", 6, redone)] {
            offer(&mut console, key, of(id));
            finish(&mut console, id + 1);
            let said = &console.model.notice.as_ref().unwrap().words;
            assert!(said.starts_with(words), "{said}");
        }
    }
}
