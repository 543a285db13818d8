//! Cards that seem to be shared, as the console marks, shows and finds them.

use crossterm::event::KeyCode;
use kami_common::words::Language;
use kami_console::input::act::Act;
use kami_console::state::message::{Answer, Message, Question, Topic};
use kami_console::state::query::Chip;
use kami_core::record::CardRecord;
use kami_core::sharing::Mismatches;

use crate::fixtures::{Console, cards};

/// The cards, of which one was asked for by five machines and another by two.
pub(crate) fn shared() -> Vec<CardRecord> {
    let mut cards = cards();
    cards[1].mismatches = Mismatches { machines: 5, requests: 120 };
    cards[4].mismatches = Mismatches { machines: 2, requests: 2 };
    cards
}

/// Sees only what seems to be shared, or all again.
pub(crate) fn filter(console: &mut Console) {
    console.tell(Message::Act(Act::FilterShared));
}

fn filtered(console: &Console) -> bool {
    let Some((_, Question::Rows { filter, .. })) = console.question(Topic::Rows) else {
        panic!("no rows were asked for");
    };
    filter.is_shared
}

#[test]
fn a_card_is_marked_in_the_table_and_of_another_its_detail_tells_as_well() {
    let mut console = Console::with_cards((120, 40), Language::ENGLISH);
    assert!(!console.screen().contains("shared?"), "{}", console.screen());
    console.keys("r");
    console.answer_rows(shared());
    let screen = console.screen();
    let marked: Vec<&str> = screen.lines().filter(|line| line.contains(" machines")).collect();
    assert!(marked.len() == 1 && marked[0].contains("VIP-9D3KTR4HP3NDM2QX"), "{screen}");
    for (row, told) in [
        (1, Some("shared?   5 machines without a seat, 120 refusals in 24 h")),
        (4, Some("shared?   2 machines without a seat, 2 refusals in 24 h")),
        (0, None),
    ] {
        let mut console = Console::with_cards((80, 24), Language::ENGLISH);
        console.keys("r");
        console.answer_rows(shared());
        (0..row).for_each(|_| console.keys("j"));
        console.press(KeyCode::Enter);
        console.answer(Topic::History, Answer::History(8 - row, Vec::new()));
        let screen = console.screen();
        assert_eq!(screen.contains("without a seat"), told.is_some(), "{screen}");
        assert!(told.is_none_or(|told| screen.contains(told)), "{screen}");
    }
}

#[test]
fn the_filter_is_turned_on_and_off_and_goes_like_any_other() {
    let mut console = Console::with_cards((80, 24), Language::ENGLISH);
    console.keys("fshared");
    console.press(KeyCode::Enter);
    assert!(filtered(&console));
    console.answer_rows(shared().split_off(7));
    assert_eq!(console.model.cards.query.chips(), [Chip::Shared]);
    assert!(console.screen().contains("shared? ✕"), "{}", console.screen());
    let view = console.model.cards.saved_as("shared");
    assert!(view.is_shared);
    console.press(KeyCode::Backspace);
    assert!(!filtered(&console));
    console.answer_rows(shared());
    for is_shared in [true, false] {
        filter(&mut console);
        assert_eq!(filtered(&console), is_shared);
        console.answer_rows(shared());
    }
}
