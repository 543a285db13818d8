//! Keys of devices, as the console tells them with the seats, and finds the cards of those that were copied.

use chrono::TimeDelta;
use crossterm::event::KeyCode;
use kami_common::words::Language;
use kami_console::input::act::Act;
use kami_console::state::message::{Answer, Message, Question, Topic};
use kami_console::state::query::Chip;
use kami_core::record::CardRecord;
use kami_store::{DeviceKey, SeatTaken};

use crate::fixtures::{Console, cards, now};
use crate::seats::{on_card, seat};

/// The machines of the second card: one whose key was copied, one with a key, and one without.
pub(crate) fn machines() -> Vec<SeatTaken> {
    let key = |letters: &str, copies| {
        let copied_at = (copies > 0).then(|| now() - TimeDelta::minutes(3));
        Some(DeviceKey { thumbprint: letters.repeat(5), copies, copied_at })
    };
    vec![
        SeatTaken { key: key("hnO7dUFr", 12), ..seat("PC-3F2A0011223344559C", 1, Some(9)) },
        SeatTaken { key: key("cVJ\u{1b}[31m", 0), ..seat("工作站-七号", 4, Some(6)) },
        seat("PC-4", 30, Some(-20)),
    ]
}

/// The list of the machines of that card.
pub(crate) fn unbinding(size: (u16, u16), language: Language) -> Console {
    let mut console = on_card(size, language);
    console.keys("m");
    console.answer(Topic::Choices, Answer::Seats(7, machines()));
    console
}

fn filtered(console: &Console) -> bool {
    let Some((_, Question::Rows { filter, .. })) = console.question(Topic::Rows) else {
        panic!("no rows were asked for");
    };
    filter.is_copied
}

#[test]
fn a_seat_tells_its_key_and_that_it_was_copied_in_the_detail_and_in_the_list_of_machines() {
    let mut detail = on_card((120, 40), Language::ENGLISH);
    detail.press(KeyCode::Enter);
    detail.answer(Topic::Seats, Answer::Seats(7, machines()));
    let screen = detail.screen();
    assert!(screen.contains("copied key: in 12") && screen.contains("hnO7dUFr"), "{screen}");
    assert!(screen.contains("cVJ␛[31m") && screen.matches("copied key").count() == 1, "{screen}");
    for size in [(40, 20), (80, 24), (120, 40)] {
        let screen = unbinding(size, Language::ENGLISH).screen();
        assert!(
            screen.contains("4559C copied key") || screen.contains("copied key: in 12 minutes"),
            "{screen}"
        );
    }
}

#[test]
fn who_has_a_seat_of_a_card_for_one_machine_is_asked_where_devices_have_keys() {
    for (policy, asked) in [("device=allowed", true), ("device=required", true), ("device=off", false)] {
        let mut console = Console::with_cards((80, 24), Language::ENGLISH);
        console.keys("r");
        let card = CardRecord { policy: Some(policy.into()), ..cards().swap_remove(1) };
        console.answer_rows(vec![cards().swap_remove(0), card]);
        console.keys("j");
        console.press(KeyCode::Enter);
        assert_eq!(console.question(Topic::Seats).is_some(), asked, "{policy}");
    }
}

#[test]
fn cards_with_a_copied_key_are_seen_alone_and_all_again() {
    let mut console = Console::with_cards((80, 24), Language::ENGLISH);
    console.keys("fcopied");
    console.press(KeyCode::Enter);
    assert!(filtered(&console));
    console.answer_rows(cards().split_off(7));
    assert_eq!(console.model.cards.query.chips(), [Chip::Copied]);
    assert!(console.screen().contains("copied key ✕"), "{}", console.screen());
    assert!(console.model.cards.saved_as("copied").is_copied);
    console.press(KeyCode::Backspace);
    assert!(!filtered(&console));
    console.answer_rows(cards());
    for is_copied in [true, false] {
        console.tell(Message::Act(Act::FilterCopied));
        assert_eq!(filtered(&console), is_copied);
        console.answer_rows(cards());
    }
}
