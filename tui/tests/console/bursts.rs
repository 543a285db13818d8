//! Keys that come faster than a hand, as a paste makes them in a terminal without bracketed paste.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use kami_common::words::Language;
use kami_console::input::place::Place;
use kami_console::state::message::{Answer, Effect, Message, Question, Topic};
use kami_console::turn;
use kami_core::filter::TextFilter;
use kami_store::Survey;
use kami_testkit::TestDatabase;

use crate::fixtures::Console;
use crate::imports;
use crate::pseudo_terminal::PseudoTerminal;

fn console() -> Console {
    Console::with_cards((80, 24), Language::ENGLISH)
}

fn key(code: KeyCode) -> KeyEvent {
    KeyEvent::new(code, KeyModifiers::NONE)
}

/// The keys that a terminal makes of a text.
fn keys(text: &str) -> Vec<KeyEvent> {
    let code = |character| match character {
        '\r' => KeyCode::Enter,
        '\u{1b}' => KeyCode::Esc,
        '\t' => KeyCode::Tab,
        '\u{7f}' => KeyCode::Backspace,
        character => KeyCode::Char(character),
    };
    text.chars().map(|character| key(code(character))).collect()
}

impl Console {
    /// Presses keys that arrive together.
    fn burst(&mut self, text: &str) {
        if let Some(message) = turn::keys(&self.model, keys(text)) {
            self.tell(message);
        }
    }

    /// Lets time pass, in milliseconds.
    fn pass(&mut self, span: i64) {
        self.model.now += chrono::TimeDelta::milliseconds(span);
    }

    /// Answers how many cards a question is about, if it wants to know.
    fn count(&mut self, cards: u64) {
        if self.question(Topic::Survey).is_some() {
            self.answer(Topic::Survey, Answer::Survey(Survey { cards, ..Survey::default() }));
        }
    }

    fn says(&self, words: &str) -> bool {
        self.model.notice.as_ref().is_some_and(|notice| notice.words.contains(words))
    }
}

fn orders(console: &Console) -> bool {
    let is_order = |effect: &Effect| matches!(effect, Effect::Ask { question: Question::Do(_), .. });
    console.effects.iter().any(is_order)
}

#[test]
fn a_burst_outside_of_a_text_does_nothing_and_says_so() {
    for text in [
        "dy",
        "*b",
        "*d8\r",
        "b\r",
        "uy",
        "VIP-7KQ2M9XWTR4HP3ND\r",
        "请把 VIP-7KQ 停用一下",
        "n\r",
        "q",
        ":delete\r",
        "jjd",
        "bb",
        "  ",
        "/vip",
    ] {
        for places in ["", "\r", "l", "s"] {
            let mut console = console();
            for key in places.chars() {
                console.press(if key == '\r' { KeyCode::Enter } else { KeyCode::Char(key) });
            }
            console.effects.clear();
            let place = console.model.place();
            let keys = if text.len() == 1 { format!("{text}{text}") } else { text.to_owned() };
            console.burst(&keys);
            assert!(console.effects.is_empty(), "{keys:?} at {place:?}");
            assert_eq!(console.model.place(), place, "{keys:?}");
            assert_eq!(console.model.cards.marks.count(), 0, "{keys:?} at {place:?}");
            assert!(console.says("faster than a hand"), "{keys:?} at {place:?}");
        }
    }
}

#[test]
fn moving_goes_on_when_a_slow_line_brings_several_presses_at_once() {
    for (text, row) in [("jj", 2), ("jjk", 1), ("GG", 7), ("Gk", 6)] {
        let mut console = console();
        console.burst(text);
        assert_eq!(console.model.cards.cursor, row, "{text}");
        assert!(console.model.notice.is_none(), "{text}");
    }
    let mut console = console();
    console.keys("*");
    console.burst("\u{1b}j");
    assert_eq!((console.model.cards.marks.count(), console.model.cards.cursor), (0, 1));
}

#[test]
fn no_question_is_answered_by_a_burst() {
    for (opening, answer) in [("d", "yy"), ("d", "y\r"), ("*d8", "\r\r"), ("*d", "8\r")] {
        let mut console = console();
        console.keys(opening);
        let place = console.model.place();
        console.burst(answer);
        assert!(!orders(&console), "{opening} {answer:?}");
        assert_eq!(console.model.place(), place, "{opening} {answer:?}");
        assert!(console.says("faster than a hand"), "{opening} {answer:?}");
    }
}

#[test]
fn a_burst_into_a_text_is_its_first_line() {
    let mut search = console();
    search.keys("/");
    search.burst("VIP-7KQ\rdy\r");
    assert_eq!((search.model.cards.query.text.value(), search.model.place()), ("VIP-7KQ", Place::Search));
    let mut form = console();
    form.keys("n");
    form.burst("VIP\t5\r");
    assert!(!orders(&form));
    assert_eq!(form.model.place(), Place::Form);
    assert!(form.screen().contains("VIP") && form.screen().contains(" 5 "), "{}", form.screen());
    assert!(form.says("only text was typed"));
    let mut palette = console();
    palette.keys(":");
    palette.burst("delete\ry");
    assert_eq!(palette.model.place(), Place::Picker);
    palette.press(KeyCode::Enter);
    assert_eq!(palette.model.place(), Place::Confirm, "what was typed is there for the hand");
}

#[test]
fn a_pasted_chat_finds_the_codes_that_it_speaks_of_with_bracketed_paste_and_without() {
    let chat =
        "张三 11-25 21:03\r你好我的卡 VIP-7KQ2M9XWTR4HP3ND 用不了了\r季卡-8KQ2M9XW，“ＶＩＰ－９ＫＱ２Ｍ９”";
    let codes = "VIP-7KQ2M9XWTR4HP3ND 季卡-8KQ2M9XW VIP-9KQ2M9";
    for is_bracketed in [true, false] {
        let mut console = console();
        console.keys("/");
        if is_bracketed {
            console.tell(Message::Pasted(chat.to_owned()));
        } else {
            console.burst(chat);
        }
        let query = &console.model.cards.query;
        assert_eq!(query.whole_filter().text, Some(TextFilter::Codes(codes.to_owned())), "{is_bracketed}");
        console.answer_rows(Vec::new());
        assert!(console.says("3 of 3 codes are no card's: VIP-7KQ2M9XWTR4HP3ND 季卡-8KQ2M9XW VIP-9KQ2M9"));
        console.press(KeyCode::Esc);
        console.keys("/");
        console.burst("VIP-7KQ2M9XW");
        let text = console.model.cards.query.whole_filter().text;
        assert_eq!(text, Some(TextFilter::CodePrefix("VIP-7KQ2M9XW".to_owned())), "a code alone");
    }
    let mut console = console();
    console.keys("/");
    console.press(KeyCode::BackTab);
    console.tell(Message::Pasted("张三 VIP-7KQ2M9XW".to_owned()));
    let text = console.model.cards.query.whole_filter().text;
    assert_eq!(text, Some(TextFilter::NoteContains("张三 VIP-7KQ2M9XW".to_owned())), "notes may hold codes");
}

#[test]
fn more_codes_than_can_be_searched_for_at_once_are_cut_off_and_it_says_so() {
    let mut console = console();
    console.keys("/");
    let codes: Vec<String> = (0..3_000).map(|number| format!("VIP-{number:08}")).collect();
    console.tell(Message::Pasted(codes.join("\n")));
    assert!(console.says("first 1,538 codes"), "{:?}", console.model.notice);
}

#[test]
fn what_is_left_of_a_paste_belongs_to_it() {
    let mut console = console();
    console.burst("VIP-7KQ2M9XWTR4HP3N");
    console.burst("d");
    assert_eq!(console.model.place(), Place::Cards);
    console.tell(Message::Tick(console.model.now + chrono::TimeDelta::seconds(1)));
    console.burst("d");
    assert_eq!(console.model.place(), Place::Confirm);
}

#[test]
fn the_line_feed_of_a_paste_that_comes_behind_its_text_sends_no_form_and_chooses_nothing() {
    for (opening, text, place) in
        [("n", "VIP", Place::Form), (":", "disable", Place::Picker), ("*d", " 8", Place::ConfirmTyped)]
    {
        let mut console = console();
        console.keys(opening);
        console.count(8);
        console.pass(1_000);
        console.effects.clear();
        console.burst(text);
        console.pass(30);
        console.burst("\r");
        assert_eq!((orders(&console), console.model.place()), (false, place), "{text:?}");
        assert!(console.says("only text was typed"), "{text:?}");
        console.pass(300);
        console.burst("\r");
        assert_ne!(console.model.place(), place, "{text:?} is there for the hand");
    }
}

#[test]
fn no_yes_is_taken_before_its_question_can_have_been_read() {
    for (opening, yes) in [("d", "y"), ("*d8", "\r")] {
        let mut console = console();
        console.keys(opening);
        console.count(8);
        let place = console.model.place();
        for ms in [30, 33, 33, 600, 699] {
            console.pass(ms);
            console.burst(yes);
            assert_eq!((orders(&console), console.model.place()), (false, place), "{opening} after {ms} ms");
            assert!(console.says("once more"), "{opening} after {ms} ms");
        }
        console.pass(700);
        console.burst(yes);
        assert!(orders(&console), "{opening}");
    }
    let mut console = console();
    console.burst("d");
    console.burst("n");
    assert_eq!(console.model.place(), Place::Cards, "a no is always heard");
}

#[test]
fn enter_held_down_in_the_form_of_an_import_does_not_agree_to_what_it_brings() {
    let mut console = imports::asked((80, 24), Language::ENGLISH);
    imports::look(&mut console, "VIP-AAAA1111\nVIP-BBBB2222\n", &[]);
    for _ in 0..30 {
        console.pass(33);
        console.burst("\r");
        assert_eq!((orders(&console), console.model.place()), (false, Place::Import));
    }
    console.pass(700);
    console.burst("\r");
    assert!(orders(&console));
}

#[test]
fn a_bracketed_paste_outside_of_a_text_does_nothing_and_says_so() {
    let mut console = console();
    console.effects.clear();
    console.tell(Message::Pasted("dy\rq".to_owned()));
    assert!(console.effects.is_empty() && console.question(Topic::Work).is_none());
    assert_eq!(console.model.place(), Place::Cards);
    assert!(console.says("faster than a hand"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paste_into_a_real_terminal_deletes_nothing() {
    for (opening, shown, pasted, said) in [
        ("", "1 of 1", "dy\r*by\rVIP-ONE\r", "nothing was done"),
        ("d", "Delete VIP-ONE?", "yy", "nothing was done"),
        ("d", "Delete VIP-ONE?", "y", "once more, please"),
        (":", "Filter by status", "delete\ry", "only text was typed"),
    ] {
        let database = TestDatabase::create().await;
        database.insert_card("VIP", "ONE").await;
        let mut terminal = PseudoTerminal::start(&database.url(), (100, 30));
        terminal.wait_for_text("1 of 1");
        terminal.press(opening);
        terminal.wait_for_text(shown);
        terminal.press(pasted);
        terminal.wait_for_text(said);
        assert_eq!(database.rows::<u64>("SELECT COUNT(*) FROM acts", ()).await, [0], "{pasted:?}");
    }
}

#[test]
fn a_key_is_hinted_at_once_it_is_taken() {
    let mut question = console();
    question.keys("d");
    for (span, is_shown) in [(0, false), (699, false), (1, true)] {
        question.pass(span);
        assert_eq!(
            question.screen().matches("y yes").count(),
            if is_shown { 2 } else { 0 },
            "{}",
            question.screen()
        );
        assert!(question.screen().contains("n no (Enter)"), "{}", question.screen());
    }
    let mut form = console();
    form.keys("n");
    assert!(form.screen().contains("⏎ do it"), "{}", form.screen());
    form.burst("VIP");
    assert!(!form.screen().contains("⏎ do it"), "{}", form.screen());
    form.pass(250);
    assert!(form.screen().contains("⏎ do it"), "{}", form.screen());
}
