//! Taking a customer's top-up back: by the card that was burnt, after a question, and never in the middle of something else.

use chrono::TimeDelta;
use crossterm::event::KeyCode;
use kami_common::words::Language;
use kami_console::input::place::Place;
use kami_console::state::message::{Answer, Done, Question, Topic};
use kami_console::state::model::ReadOnly;
use kami_console::state::order::{Order, Unrecharging};
use kami_console::state::session::Own;
use kami_core::acts::ActRefusal;
use kami_core::record::CardRecord;
use kami_store::{ActError, RechargeUndo, TopUp};

use crate::fixtures::{Console, cards, now};
use crate::seats::order;

fn burnt() -> CardRecord {
    cards().swap_remove(3)
}

fn top_up() -> TopUp {
    TopUp { record: 41, card: 7, done_at: now() - TimeDelta::hours(27) }
}

/// A console with the cursor on a card that may have been burnt.
fn on_card(language: Language) -> Console {
    let mut console = Console::with_cards((80, 24), language);
    console.keys("jjj");
    console
}

fn choose(console: &mut Console) {
    console.keys(":Take a top-up");
    console.press(KeyCode::Enter);
}

/// A console that has been told to take the top-up back, and what the database says of that.
fn chosen(top_up: Option<(TopUp, Option<CardRecord>)>) -> Console {
    let mut console = on_card(Language::ENGLISH);
    choose(&mut console);
    answer(&mut console, top_up);
    console
}

fn answer(console: &mut Console, top_up: Option<(TopUp, Option<CardRecord>)>) {
    let top_up = top_up.map(|(top_up, topped)| (top_up, topped.map(Box::new)));
    console.answer(Topic::Undo, Answer::TopUp { burnt: Box::new(burnt()), top_up });
}

fn found() -> (TopUp, Option<CardRecord>) {
    (top_up(), Some(cards().swap_remove(1)))
}

fn notice(console: &Console) -> &str {
    console.model.notice.as_ref().map_or("", |notice| &notice.words)
}

fn asked_of(console: &Console) -> Option<u64> {
    match console.question(Topic::Undo) {
        Some((_, Question::TopUp(card))) => Some(card.id),
        _ => None,
    }
}

fn ordered(console: &Console) -> Option<Box<Unrecharging>> {
    match order(console) {
        Some(Order::Unrecharge(wanted)) => Some(wanted),
        _ => None,
    }
}

#[test]
fn a_top_up_is_taken_back_after_a_question_that_names_both_cards_and_u_undoes_that() {
    let mut console = chosen(Some(found()));
    assert_eq!(asked_of(&console), Some(5));
    assert_eq!(console.model.place(), Place::Confirm);
    let screen = console.screen().split_whitespace().collect::<Vec<_>>().join(" ");
    for words in ["Take back that VIP-TR4H9D3KP3NDM2QX topped", "VIP-9D3KTR4HP3NDM2QX", "u undoes it."] {
        assert!(screen.contains(words), "{words}: {screen}");
    }
    console.press(KeyCode::Enter);
    assert!(ordered(&console).is_none(), "no is the default");
    choose(&mut console);
    answer(&mut console, Some(found()));
    console.wait();
    console.keys("y");
    let wanted = ordered(&console).unwrap();
    assert_eq!(wanted.undo(), RechargeUndo { record: 41 });
    console.answer(Topic::Work, Answer::Done(Box::new(Done::Unrecharged { order: wanted, act_id: 9 })));
    assert_eq!(
        notice(&console),
        "Top-up of VIP-9D3KTR4HP3NDM2QX taken back; VIP-TR4H9D3KP3NDM2QX is unused again.  u undo"
    );
    assert_eq!(console.model.session.done(), [Own::Act(9)]);
    assert!(
        console.model.awaits(Topic::Rows) && console.model.awaits(Topic::Counts),
        "both cards are others"
    );
}

#[test]
fn what_cannot_be_taken_back_is_refused_in_the_words_of_the_command() {
    for (top_up, words) in [
        (None, "VIP-TR4H9D3KP3NDM2QX has topped no card up. Name the card that was burnt."),
        (
            Some((top_up(), None)),
            "The card that VIP-TR4H9D3KP3NDM2QX topped up is gone. If it was deleted, kami undo of that brings it back.",
        ),
    ] {
        let console = chosen(top_up);
        assert_eq!((console.model.place(), notice(&console)), (Place::Cards, words));
    }
    let mut console = chosen(Some(found()));
    console.wait();
    console.keys("y");
    let refused = Done::Refused(ActError::Refused(ActRefusal::ChangedSince));
    console.answer(Topic::Work, Answer::Done(Box::new(refused)));
    assert!(notice(&console).contains("changed since"), "{}", notice(&console));
    assert!(console.model.session.done().is_empty());
}

#[test]
fn it_is_in_the_palette_of_the_table_and_of_a_card_and_has_no_key() {
    let mut console = on_card(Language::ENGLISH);
    console.press(KeyCode::Enter);
    assert_eq!(console.model.place(), Place::Detail);
    choose(&mut console);
    assert_eq!(asked_of(&console), Some(5));
    answer(&mut console, Some(found()));
    assert_eq!(console.model.place(), Place::Confirm);
    for (language, name) in [("en", "Take a top-up back"), ("zh", "撤销充值"), ("zh-Hant", "復原儲值")]
    {
        let language = Language::all().find(|known| known.code() == language).unwrap();
        let mut console = on_card(language);
        console.keys("?");
        console.tell(kami_console::state::message::Message::Pasted(name.to_owned()));
        assert_eq!(console.screen().matches(name).count(), 1, "only what was typed: {}", console.screen());
        console.press(KeyCode::Esc);
        console.keys(":");
        console.tell(kami_console::state::message::Message::Pasted(name.to_owned()));
        assert_eq!(console.screen().matches(name).count(), 2, "{}", console.screen());
    }
}

#[test]
fn nobody_is_asked_in_the_middle_of_something_else_or_where_nothing_may_be_changed() {
    let mut console = on_card(Language::ENGLISH);
    choose(&mut console);
    console.keys("n");
    answer(&mut console, Some(found()));
    assert_eq!(console.model.place(), Place::Form);
    let mut console = on_card(Language::ENGLISH);
    console.model.read_only = Some(ReadOnly::Asked);
    choose(&mut console);
    assert_eq!(asked_of(&console), None);
    assert!(console.screen().contains("Read-only by your settings."), "{}", console.screen());
}
