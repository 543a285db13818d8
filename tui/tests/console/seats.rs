//! Seats of cards: who has them, one machine freed or all, fewer of them, and the leases of apps.

use chrono::TimeDelta;
use crossterm::event::{KeyCode, KeyEvent};
use kami_common::words::Language;
use kami_console::input::place::Place;
use kami_console::overlay::form::field::{AppField, FieldName};
use kami_console::state::message::{Answer, Done, Effect, Failure, Message, Question, Topic};
use kami_console::state::order::{Order, Target};
use kami_console::state::session::Own;
use kami_console::turn;
use kami_core::acts::{Act as CardAct, ActRefusal};
use kami_core::app::{App, AppEdit};
use kami_core::policy::WhenFull;
use kami_core::record::CardRecord;
use kami_core::seats::Seats;
use kami_store::{
    ActError, ActOutcome, Acted, AppsFound, CustomerRecord, Grants, HistoryEntry, OneSeat, SeatTaken,
    StoreError,
};
use serde_json::json;

use crate::fixtures::{Console, apps, cards, now};
use crate::kinds::go_to;

/// A machine that was heard of so many minutes ago, and how many minutes its lease still lasts.
pub(crate) fn seat(machine: &str, seen: i64, lease: Option<i64>) -> SeatTaken {
    SeatTaken {
        machine: machine.to_owned(),
        seen_at: Some(now() - TimeDelta::minutes(seen)),
        lease_until: lease.map(|minutes| now() + TimeDelta::minutes(minutes)),
        is_over: lease.is_some_and(|minutes| minutes < 0),
        key: None,
    }
}

/// The machines of the second card, of which one is unkind to a terminal.
pub(crate) fn machines() -> Vec<SeatTaken> {
    vec![
        seat("PC-3F2A0011223344559C", 1, Some(9)),
        seat("工作站-七号", 4, Some(6)),
        seat("PC\u{1b}[31m\u{202e}4", 30, Some(-20)),
    ]
}

/// The cards, of which the second is for four machines, with a lease.
fn shared() -> Vec<CardRecord> {
    let mut cards = cards();
    let card = &mut cards[1];
    (card.seats, card.policy) = (4, Some("lease=600 when-full=oldest".to_owned()));
    cards
}

/// A console with the cursor on a card for four machines.
pub(crate) fn on_card(size: (u16, u16), language: Language) -> Console {
    let mut console = Console::with_cards(size, language);
    console.keys("r");
    console.answer_rows(shared());
    console.keys("j");
    console
}

fn console() -> Console {
    on_card((80, 24), Language::ENGLISH)
}

/// The console with the machines of the card to choose from.
pub(crate) fn unbinding(size: (u16, u16), language: Language) -> Console {
    let mut console = on_card(size, language);
    console.keys("m");
    console.answer(Topic::Choices, Answer::Seats(7, machines()));
    console
}

/// The form of the card, whose machines are known.
pub(crate) fn editing(size: (u16, u16), language: Language) -> Console {
    let mut console = on_card(size, language);
    console.keys("e");
    console.answer(Topic::Seats, Answer::Seats(7, machines()));
    for _ in 0..5 {
        console.press(KeyCode::Tab);
    }
    console
}

/// What is ordered.
pub(crate) fn order(console: &Console) -> Option<Order> {
    match console.question(Topic::Work) {
        Some((_, Question::Do(order))) => Some((***order).clone()),
        _ => None,
    }
}

fn notice(console: &Console) -> &str {
    console.model.notice.as_ref().map_or("", |notice| &notice.words)
}

fn asks_for_seats(console: &Console) -> Option<u64> {
    match console.question(Topic::Seats) {
        Some((_, Question::Seats(card))) => Some(*card),
        _ => None,
    }
}

fn failure(passes: bool) -> Answer {
    Answer::Failed(Failure { words: "no right to card_seats".to_owned(), passes })
}

#[test]
fn who_has_seats_is_asked_only_of_cards_that_may_have_several_or_leased_ones() {
    let lease =
        |app: App| AppEdit { lease: Some("10m".to_owned()), ..AppEdit::default() }.applied(&app).unwrap();
    let second = || cards().swap_remove(1);
    for (card, is_leased, asked) in [
        (second(), false, false),
        (CardRecord { seats: 2, ..second() }, false, true),
        (CardRecord { policy: Some("lease=60".into()), ..second() }, false, true),
        (second(), true, true),
        (CardRecord { policy: Some("lease=off".into()), ..second() }, true, false),
        (CardRecord { seats: 2, machine_code: None, ..second() }, false, false),
    ] {
        for size in [(80, 24), (140, 40)] {
            let mut console = Console::with_cards(size, Language::ENGLISH);
            console.keys("r");
            if is_leased {
                let apps = apps().into_iter().map(lease).collect();
                console.answer(Topic::Apps, Answer::Apps(AppsFound { apps, ..AppsFound::default() }));
            }
            console.answer_rows(vec![cards().swap_remove(0), card.clone()]);
            console.keys("j");
            console.press(KeyCode::Enter);
            assert_eq!(asks_for_seats(&console), asked.then_some(7), "{card:?} {is_leased} {size:?}");
        }
    }
}

#[test]
fn the_detail_says_how_many_seats_are_taken_and_by_whom() {
    let mut console = on_card((80, 30), Language::ENGLISH);
    console.press(KeyCode::Enter);
    assert!(console.screen().contains("seats     4"), "{}", console.screen());
    console.answer(Topic::Seats, Answer::Seats(7, machines()));
    let screen = console.screen();
    for words in [
        "seats     2 of 4 taken",
        "last seen today 14:01, lease until today 14:11",
        "工作站-七号",
        "PC␛[31m�4",
        "last seen today 13:32, lease over today 13:42",
        "policy    lease=10m when-full=oldest",
    ] {
        assert!(screen.contains(words), "{words}: {screen}");
    }
    // Its lease goes over while it is looked at.
    console.tell(Message::Tick(now() + TimeDelta::minutes(7)));
    assert!(console.screen().contains("1 of 4 taken"), "{}", console.screen());
}

#[test]
fn a_card_for_one_machine_says_nothing_of_seats() {
    let mut console = Console::with_cards((80, 40), Language::ENGLISH);
    console.keys("j");
    console.press(KeyCode::Enter);
    let screen = console.screen();
    assert!(
        screen.contains("machine ") && !screen.contains("seats") && !screen.contains("policy"),
        "{screen}"
    );
}

#[test]
fn of_many_machines_the_last_ones_are_named_and_the_others_counted() {
    let mut console = on_card((80, 60), Language::ENGLISH);
    console.press(KeyCode::Enter);
    let many = (1..=13).map(|number| seat(&format!("PC-{number:02}"), number, None)).collect();
    console.answer(Topic::Seats, Answer::Seats(7, many));
    let screen = console.screen();
    assert!(screen.contains("PC-10  since today 13:52") && screen.contains("and 3 more"), "{screen}");
    assert!(!screen.contains("PC-11"), "{screen}");
}

#[test]
fn machines_that_cannot_be_read_leave_the_detail_without_them_and_nobody_is_told() {
    for passes in [false, true] {
        let mut console = console();
        console.press(KeyCode::Enter);
        console.answer(Topic::Seats, failure(passes));
        assert_eq!(notice(&console), "");
        assert!(console.screen().contains("seats     4"), "{}", console.screen());
    }
}

#[test]
fn the_machines_are_asked_for_again_with_the_rows_and_not_for_another_card() {
    let mut console = console();
    console.press(KeyCode::Enter);
    console.answer(Topic::Seats, Answer::Seats(7, machines()));
    console.effects.clear();
    console.keys("r");
    console.answer_rows(cards_of(4));
    assert_eq!(asks_for_seats(&console), Some(7), "its row does not tell of further machines");
    assert!(console.model.awaits(Topic::Seats), "nothing gave it up again");
    assert!(console.screen().contains("2 of 4 taken"), "until they come, those known are shown");
    console.keys("j");
    assert!(!console.model.awaits(Topic::Seats));
}

/// The cards, of which the second is for so many machines.
fn cards_of(seats: u16) -> Vec<CardRecord> {
    let mut cards = cards();
    cards[1].seats = seats;
    cards.rotate_left(1);
    cards
}

#[test]
fn what_changed_about_a_card_that_is_looked_at_is_read_with_its_history() {
    let mut console = console();
    console.press(KeyCode::Enter);
    console.answer(Topic::History, Answer::History(7, Vec::new()));
    console.keys("r");
    let mut rows = cards_of(4);
    rows[0].note = Some("another".to_owned());
    console.answer_rows(rows);
    assert!(console.model.awaits(Topic::History));
}

#[test]
fn what_a_customer_did_is_told_as_his_without_an_operator() {
    let values = |values: serde_json::Value| values.as_object().cloned();
    let record = |id, act: &str, before, after| CustomerRecord {
        id,
        act: act.to_owned(),
        done_at: now() - TimeDelta::minutes(3),
        machine: Some("PC-1".to_owned()),
        other_card: None,
        other_code: None,
        before: values(before),
        after: values(after),
    };
    let entries = [
        record(2, "customer_unbind_lost", json!({"machines": ["PC\u{1b}2"]}), json!({})),
        record(1, "customer_unbind", json!({"machine_code": "PC-1"}), json!({"machine_code": null})),
        CustomerRecord {
            other_card: Some(9),
            other_code: Some("VIP-9".to_owned()),
            ..record(3, "customer_recharge", json!({"points": 1}), json!({"points": 2}))
        },
        CustomerRecord { other_card: Some(8), ..record(4, "customer_burn", json!({}), json!({})) },
        record(5, "customer_trial", json!(null), json!(null)),
        record(6, "customer_copy", json!(null), json!(null)),
    ];
    for (language, words) in [
        (
            "en_US",
            [
                "customer unbound, lost",
                "machines  PC␛2 → -",
                "customer unbound",
                "machine  PC-1 → -",
                "customer topped up",
                "other card  VIP-9",
                "points  1 → 2",
                "used to top up",
                "other card  #8",
                "trial begun",
                "machine  PC-1",
                "device key copied",
            ],
        ),
        (
            "zh_CN",
            [
                "客户解绑丢失机器",
                "机器  PC␛2 → -",
                "客户解绑",
                "机器码  PC-1 → -",
                "客户充值",
                "另一张卡  VIP-9",
                "点数  1 → 2",
                "用于充值",
                "另一张卡  #8",
                "开始试用",
                "机器码  PC-1",
                "设备密钥被复制",
            ],
        ),
        (
            "zh_TW",
            [
                "客戶解綁遺失機器",
                "機器  PC␛2 → -",
                "客戶解綁",
                "機器碼  PC-1 → -",
                "客戶儲值",
                "另一張卡  VIP-9",
                "點數  1 → 2",
                "用於儲值",
                "另一張卡  #8",
                "開始試用",
                "機器碼  PC-1",
                "裝置金鑰被複製",
            ],
        ),
    ] {
        let mut console = on_card((80, 44), Language::of_locale(language));
        console.press(KeyCode::Enter);
        let history = entries.iter().cloned().map(HistoryEntry::Customer).collect();
        console.answer(Topic::History, Answer::History(7, history));
        let screen = console.screen();
        for word in words {
            assert!(screen.contains(word), "{word}: {screen}");
        }
    }
}

#[test]
fn one_machine_or_all_can_be_chosen_to_lose_their_seats() {
    for (keys, machine) in [
        ("", Some("PC-3F2A0011223344559C")),
        ("七号", Some("工作站-七号")),
        ("31m", Some("PC\u{1b}[31m\u{202e}4")),
        ("all of", None),
    ] {
        let mut console = unbinding((80, 24), Language::ENGLISH);
        assert_eq!(console.model.place(), Place::Picker);
        console.keys(keys);
        console.wait();
        console.press(KeyCode::Enter);
        if machine.is_none() {
            console.wait();
            console.keys("y");
        }
        match (machine, order(&console)) {
            (Some(machine), Some(Order::FreeSeat(one))) => {
                assert_eq!(*one, OneSeat { seen: seen(), machine: machine.to_owned() });
            }
            (None, Some(Order::Act { act: CardAct::Unbind, target: Target::One(card) })) => {
                assert_eq!(*card, seen());
            }
            (_, other) => panic!("{keys}: {other:?}"),
        }
    }
}

fn seen() -> CardRecord {
    shared().swap_remove(1)
}

/// Presses a key as a hand does, which may be too soon.
fn press_by_hand(console: &mut Console, code: KeyCode) {
    if let Some(message) = turn::keys(&console.model, vec![code.into()]) {
        console.tell(message);
    }
}

#[test]
fn a_list_that_nobody_can_have_read_takes_no_enter() {
    let mut console = unbinding((80, 24), Language::ENGLISH);
    press_by_hand(&mut console, KeyCode::Enter);
    assert_eq!((console.model.place(), order(&console).is_none()), (Place::Picker, true));
    assert!(notice(&console).contains("before the question could be read"), "{}", notice(&console));
    console.wait();
    press_by_hand(&mut console, KeyCode::Enter);
    assert!(matches!(order(&console), Some(Order::FreeSeat(_))));
}

/// A console that has been told to take the seats of all of these machines.
fn freeing_all(seats: Vec<SeatTaken>) -> Console {
    let mut console = console();
    console.keys("m");
    console.answer(Topic::Choices, Answer::Seats(7, seats));
    for _ in 0..9 {
        console.press(KeyCode::Down);
    }
    console.wait();
    console.press(KeyCode::Enter);
    console
}

#[test]
fn several_machines_lose_their_seats_only_after_a_question_that_names_them() {
    let mut console = freeing_all(machines());
    let screen = console.screen();
    for words in ["Unbind all machines of", "2 machines lose their seats.", "  PC-3F2A", "  工作站-七号"]
    {
        assert!(screen.contains(words), "{words}: {screen}");
    }
    assert!(!screen.contains("PC␛[31m"), "its lease is over: {screen}");
    press_by_hand(&mut console, KeyCode::Char('y'));
    assert_eq!(
        (console.model.place(), order(&console).is_none()),
        (Place::Confirm, true),
        "nobody has read it"
    );
    console.wait();
    console.keys("y");
    let Some(Order::Act { act: CardAct::Unbind, target: Target::One(card) }) = order(&console) else {
        panic!("{}", console.screen())
    };
    let acted = Acted { card: Some(*card), act_id: 9, now: now() };
    let done = Done::One { act: "unbind", card: 7, acted, machines: Some(3) };
    console.answer(Topic::Work, Answer::Done(Box::new(done)));
    assert_eq!(notice(&console), "One card unbound from its 3 machines.  u undo");
}

#[test]
fn the_enter_that_chose_all_machines_and_one_more_free_none() {
    let mut console = freeing_all(machines());
    press_by_hand(&mut console, KeyCode::Enter);
    assert!(order(&console).is_none());
}

#[test]
fn the_only_machine_that_has_a_seat_loses_it_without_a_question() {
    let console = freeing_all(vec![seat("PC-1", 1, Some(9)), seat("PC-2", 9, Some(-1))]);
    assert!(matches!(order(&console), Some(Order::Act { act: CardAct::Unbind, .. })));
}

#[test]
fn long_machines_are_told_apart_by_their_ends() {
    let mut console = console();
    console.keys("m");
    let long = |end| seat(&format!("{}{end}", "WORKSTATION-".repeat(9)), 1, Some(9));
    console.answer(Topic::Choices, Answer::Seats(7, vec![long("ONE"), long("TWO")]));
    let screen = console.screen();
    assert!(screen.contains("ONE ") && screen.contains("TWO "), "{screen}");
    for _ in 0..2 {
        console.press(KeyCode::Down);
    }
    console.wait();
    console.press(KeyCode::Enter);
    let screen = console.screen();
    let lines: Vec<_> = screen.lines().collect();
    let head = lines.iter().position(|line| line.contains("lose their seats.")).unwrap();
    assert!(lines[head + 1].contains("│   WORKSTATION-"), "no empty line: {screen}");
    assert!(lines[head + 2].contains("│   "), "the rest stands below its beginning: {screen}");
}

#[test]
fn marked_cards_say_how_many_machines_they_lost() {
    for (done, machines, words) in [
        (2, Some(5), "2 cards unbound from 5 machines in all."),
        (2, Some(2), "2 cards unbound from their machines."),
        (2, None, "2 cards unbound from their machines."),
    ] {
        let mut console = console();
        console.keys(" km");
        let outcome = ActOutcome { done, ..ActOutcome::default() };
        let done = Done::Many { act: "unbind", outcome, machines };
        console.answer(Topic::Work, Answer::Done(Box::new(done)));
        assert_eq!(notice(&console), words);
    }
}

#[test]
fn nothing_is_freed_before_the_machines_are_there_nor_by_leaving_the_list_nor_by_a_paste() {
    let mut console = console();
    console.keys("m");
    assert!(console.screen().contains("Loading…"), "{}", console.screen());
    console.press(KeyCode::Enter);
    console.press(KeyCode::Esc);
    assert!(order(&console).is_none() && !console.model.awaits(Topic::Choices));
    let mut console = unbinding((80, 24), Language::ENGLISH);
    let keys = "PC-3\n"
        .chars()
        .map(|key| KeyEvent::from(if key == '\n' { KeyCode::Enter } else { KeyCode::Char(key) }));
    console.tell(Message::Burst(keys.collect()));
    console.tell(Message::Pasted("工作站\n".to_owned()));
    assert!(order(&console).is_none(), "{}", console.screen());
    assert_eq!(console.model.place(), Place::Picker);
}

#[test]
fn the_machines_stay_as_they_came_while_they_are_chosen_from() {
    let mut console = unbinding((80, 24), Language::ENGLISH);
    console.press(KeyCode::Down);
    let asked = console.model.ask(Topic::Seats, Question::Seats(7));
    console.effects.push(asked);
    console.answer(Topic::Seats, Answer::Seats(7, machines().split_off(2)));
    console.wait();
    console.press(KeyCode::Enter);
    assert!(matches!(order(&console), Some(Order::FreeSeat(one)) if one.machine == "工作站-七号"));
}

#[test]
fn marked_cards_and_cards_for_one_machine_are_unbound_as_ever() {
    let mut console = console();
    console.keys(" km");
    assert!(matches!(
        order(&console),
        Some(Order::Act { act: CardAct::Unbind, target: Target::Many { count: 1, .. } })
    ));
    let mut console = Console::with_cards((80, 24), Language::ENGLISH);
    console.keys("jm");
    assert!(matches!(order(&console), Some(Order::Act { act: CardAct::Unbind, target: Target::One(_) })));
    assert!(console.question(Topic::Choices).is_none() && console.question(Topic::Seats).is_none());
}

#[test]
fn an_account_that_may_not_read_the_machines_is_told_what_it_lacks() {
    let mut console = console();
    let routines = ["change_cards_2", "hold_act", "close_act"];
    let routines =
        routines.map(|routine| format!("GRANT EXECUTE ON PROCEDURE `kamisystem`.`{routine}` TO `li`@`%`"));
    let tables = ["cards", "batches", "acts", "operator_log"];
    let tables =
        tables.map(|table| format!("GRANT SELECT, INSERT, UPDATE ON `kamisystem`.`{table}` TO `li`@`%`"));
    let lines = routines.iter().chain(&tables).map(String::as_str);
    console.model.grants = Some(Grants::read(lines, "kamisystem"));
    console.keys("m");
    assert_eq!(console.model.place(), Place::Cards);
    assert_eq!(notice(&console), "Your database account may not do that: it lacks SELECT on card_seats.");
}

#[test]
fn machines_that_cannot_be_read_are_offered_together_and_asked_about() {
    let mut console = console();
    console.keys("m");
    console.answer(Topic::Choices, failure(false));
    assert_eq!(notice(&console), "no right to card_seats");
    console.wait();
    console.model.notice = None;
    let screen = console.screen();
    assert!(screen.contains("all of them") && screen.contains("no right to card_seats"), "{screen}");
    console.press(KeyCode::Enter);
    assert!(order(&console).is_none());
    let screen = console.screen();
    assert!(screen.contains("It is not known which machines lose their seats."), "{screen}");
    console.wait();
    console.keys("y");
    assert!(matches!(order(&console), Some(Order::Act { act: CardAct::Unbind, target: Target::One(_) })));
}

#[test]
fn the_machines_are_asked_for_anew_once_the_database_is_back() {
    let mut console = console();
    console.keys("m");
    console.answer(Topic::Choices, failure(true));
    assert_eq!(notice(&console), "no right to card_seats");
    console.answer(Topic::Rows, failure(true));
    console.press(KeyCode::Enter);
    assert!(order(&console).is_none(), "{}", console.screen());
    console.effects.clear();
    console.tell(Message::Tick(now() + TimeDelta::seconds(20)));
    console.answer_rows(cards_of(4));
    assert!(matches!(console.question(Topic::Choices), Some((_, Question::Seats(7)))));
    console.answer(Topic::Choices, Answer::Seats(7, machines()));
    assert!(console.screen().contains("工作站-七号"), "{}", console.screen());
}

/// A console that has been told to take the seat of the second machine.
fn freeing() -> Console {
    let mut console = unbinding((80, 24), Language::ENGLISH);
    console.keys("七号");
    console.wait();
    console.press(KeyCode::Enter);
    console
}

#[test]
fn a_machine_that_was_freed_is_named_and_can_be_given_its_seat_back() {
    let mut console = freeing();
    let Some(Order::FreeSeat(order)) = order(&console) else { panic!("nothing was ordered") };
    let acted = Acted { card: Some(order.seen.clone()), act_id: 9, now: now() };
    console.answer(Topic::Work, Answer::Done(Box::new(Done::Seat { order, acted })));
    assert_eq!(notice(&console), "工作站-七号 has lost its seat.  u undo");
    assert_eq!(console.model.session.done(), [Own::Act(9)]);
    assert!(matches!(console.question(Topic::Rows), Some((_, Question::Rows { .. }))));
}

#[test]
fn a_seat_that_cannot_be_taken_says_why() {
    let changed = CardRecord { note: Some("theirs".to_owned()), ..seen() };
    for (error, words) in [
        (ActError::Refused(ActRefusal::NoSeat), "that machine has no seat of it"),
        (ActError::Changed { card: Box::new(changed), now: now() }, "The card was changed meanwhile"),
        (ActError::NotFound, "The card no longer exists."),
        (ActError::Store(StoreError::TimedOut), "did not answer in time"),
        (ActError::ReadOnly, "This connection is read-only."),
    ] {
        let mut console = freeing();
        console.effects.retain(|effect| matches!(effect, Effect::Ask { topic: Topic::Work, .. }));
        let is_stale = !matches!(error, ActError::ReadOnly | ActError::Changed { .. });
        console.answer(Topic::Work, Answer::Done(Box::new(Done::Refused(error))));
        assert!(notice(&console).contains(words), "{words}: {}", notice(&console));
        assert_eq!(console.question(Topic::Rows).is_some(), is_stale, "{words}");
    }
}

#[test]
fn fewer_seats_than_are_taken_are_asked_about_with_the_machines_that_lose_theirs() {
    for (keys, lost) in [("2", 0), ("3", 0), ("1", 1)] {
        let mut console = editing((80, 24), Language::ENGLISH);
        console.keys(keys);
        let is_said = console.screen().contains("One machine loses its seat");
        assert_eq!(is_said, lost > 0, "{}", console.screen());
        console.press(KeyCode::Enter);
        assert_eq!(order(&console).is_none(), lost > 0, "{keys}");
    }
    let mut console = editing((80, 24), Language::ENGLISH);
    console.keys("1");
    console.press(KeyCode::Enter);
    let screen = console.screen();
    assert!(screen.contains("Lower the seats to 1?") && screen.contains("工作站-七号"), "{screen}");
    console.keys("n");
    assert_eq!((console.model.place(), order(&console).is_none()), (Place::Form, true));
    console.press(KeyCode::Enter);
    console.wait();
    console.keys("y");
    assert!(
        matches!(order(&console), Some(Order::Edit { edit, .. }) if edit.seats.map(Seats::get) == Some(1))
    );
}

#[test]
fn where_the_machines_are_not_known_the_form_says_who_goes_first_and_asks() {
    for answer in [None, Some(failure(false)), Some(failure(true))] {
        let mut console = console();
        console.keys("e");
        if let Some(answer) = answer {
            console.answer(Topic::Seats, answer);
        }
        for _ in 0..5 {
            console.press(KeyCode::Tab);
        }
        assert!(console.screen().contains("machines at once"), "{}", console.screen());
        console.keys("1");
        assert!(console.screen().contains("those lose theirs first"), "{}", console.screen());
        console.press(KeyCode::Enter);
        assert!(order(&console).is_none());
        assert!(console.screen().contains("It is not known which machines lose"), "{}", console.screen());
        console.wait();
        console.keys("y");
        assert!(matches!(order(&console), Some(Order::Edit { .. })));
    }
}

#[test]
fn as_many_seats_or_more_are_not_asked_about_where_the_machines_are_not_known() {
    let mut console = console();
    console.keys("e");
    for _ in 0..5 {
        console.press(KeyCode::Tab);
    }
    console.keys("5");
    console.press(KeyCode::Enter);
    assert!(matches!(order(&console), Some(Order::Edit { .. })));
}

#[test]
fn what_cannot_be_a_number_of_seats_or_a_policy_is_said_beside_it() {
    let cases: [(&str, usize, &str, &str); 6] = [
        ("je", 5, "0", "a number from 1 to 1,000"),
        ("je", 5, "1001", "a number from 1 to 1,000"),
        ("je", 6, "lease=1s", "such as lease=10m when-full=oldest, or nothing"),
        ("nVIP", 6, "二", "a number from 1 to 1,000"),
        ("nVIP", 7, "when-full=never", "such as lease=10m when-full=oldest, or nothing"),
        ("icodes.txt", 6, "-1", "a number from 1 to 1,000"),
    ];
    for (keys, tabs, text, words) in cases {
        let mut console = Console::with_cards((80, 24), Language::ENGLISH);
        console.keys(keys);
        for _ in 0..tabs {
            console.press(KeyCode::Tab);
        }
        console.keys(text);
        assert!(console.screen().contains(words), "{keys} {text}: {}", console.screen());
        console.press(KeyCode::Enter);
        let asked = console.question(Topic::Import).is_some() || order(&console).is_some();
        assert!(!asked && console.screen().contains(words), "{keys} {text}: {}", console.screen());
    }
}

#[test]
fn cards_are_made_and_imported_for_as_many_machines_as_are_typed() {
    for (keys, tabs, seats) in
        [("nVIP", 6, ""), ("nVIP", 6, "3"), ("icodes.txt", 6, ""), ("icodes.txt", 6, "3")]
    {
        let mut console = Console::with_cards((80, 24), Language::ENGLISH);
        console.keys(keys);
        for _ in 0..tabs {
            console.press(KeyCode::Tab);
        }
        console.keys(seats);
        if keys == "nVIP" {
            console.press(KeyCode::Tab);
            console.keys("lease=10m");
        }
        console.press(KeyCode::Enter);
        let wanted = seats.parse().unwrap_or(1);
        match (console.question(Topic::Import), order(&console)) {
            (Some((_, Question::Import(file))), None) => assert_eq!(file.defaults.seats.get(), wanted),
            (None, Some(Order::Generate(batch))) => {
                assert_eq!((batch.seats.get(), batch.policy.to_string()), (wanted, "lease=600".to_owned()));
            }
            other => panic!("{keys}: {other:?}"),
        }
    }
}

#[test]
fn a_policy_of_a_later_version_stays_as_long_as_nobody_touches_it() {
    let mut console = console();
    console.keys("r");
    let mut cards = cards_of(1);
    cards[0].policy = Some("when-full=newest".to_owned());
    console.answer_rows(cards);
    console.keys("e");
    console.press(KeyCode::BackTab);
    console.press(KeyCode::BackTab);
    console.keys("sold");
    console.press(KeyCode::Enter);
    let Some(Order::Edit { edit, .. }) = order(&console) else { panic!("{}", console.screen()) };
    assert_eq!((edit.policy, edit.note.is_some()), (None, true));
}

#[test]
fn an_app_is_asked_for_its_lease_and_its_rule_and_says_them_where_they_are_not_as_usual() {
    let mut console = Console::with_apps((100, 30), Language::ENGLISH);
    console.keys("aj");
    assert!(!console.screen().contains("when full"), "{}", console.screen());
    console.keys("e");
    go_to(&mut console, FieldName::App(AppField::Lease));
    assert!(console.screen().contains("a seat not heard of for so long is free"), "{}", console.screen());
    console.keys("59s");
    assert!(console.screen().contains("off, or 60 seconds to 30 days"), "{}", console.screen());
    console.press(KeyCode::Enter);
    assert!(order(&console).is_none());
    console.control('u');
    console.keys("10分钟");
    console.press(KeyCode::Tab);
    console.press(KeyCode::Right);
    console.press(KeyCode::Enter);
    let Some(Order::App(wanted)) = order(&console) else { panic!("{}", console.screen()) };
    let app = wanted.wanted.clone().unwrap();
    assert_eq!(app.policy.to_string(), "lease=600 when-full=oldest");
    let acted = kami_store::AppActed { app: Some(app), act_id: 3 };
    console.answer(Topic::Work, Answer::Done(Box::new(Done::App { order: wanted, acted })));
    let screen = console.screen();
    assert!(
        screen.contains("lease           10m") && screen.contains("when full       oldest gives way"),
        "{screen}"
    );
    console.keys("e");
    go_to(&mut console, FieldName::App(AppField::WhenFull));
    console.press(KeyCode::Left);
    console.press(KeyCode::BackTab);
    console.keys("off");
    console.press(KeyCode::Enter);
    let Some(Order::App(wanted)) = order(&console) else { panic!("{}", console.screen()) };
    let policy = wanted.wanted.unwrap().policy;
    assert_eq!((policy.lease, policy.when_full), (None, None::<WhenFull>));
}
