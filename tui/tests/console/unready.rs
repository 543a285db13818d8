//! A database that has to be migrated: said, offered, done, and gone on from by itself.

use chrono::TimeDelta;
use crossterm::event::KeyCode;
use kami_common::words::Language;
use kami_console::state::message::{Answer, Message, Topic};
use kami_console::state::model::{Link, ReadOnly};
use kami_console::state::unready::Unready;
use kami_store::{Fault, FaultKind, MigrateError, MigrationPlan, Refusal, TableChange, Takeover};

use crate::fixtures::{Console, cards};

/// What migrating an empty database would do.
fn new() -> MigrationPlan {
    MigrationPlan {
        creates_database: false,
        from_version: 0,
        has_cards: false,
        takeover: Takeover::default(),
        migrations: Vec::new(),
        routines: Vec::new(),
        routines_denied: false,
    }
}

/// The same of a table that a Flask service left on an engine without transactions.
pub(crate) fn flask() -> MigrationPlan {
    let fault = Fault {
        kind: FaultKind::Engine { found: "MyISAM".to_owned() },
        clause: "ENGINE = InnoDB".to_owned(),
    };
    let statement = "ALTER TABLE cards ENGINE = InnoDB".to_owned();
    let tables = vec![TableChange { table: "cards", faults: vec![fault], statement }];
    MigrationPlan { has_cards: true, takeover: Takeover { tables, ..Takeover::default() }, ..new() }
}

/// The same of one that only its owner can decide about.
pub(crate) fn unfit() -> MigrationPlan {
    let refusal = Refusal::Required { column: "shop".to_owned(), kind: "varchar(9)".to_owned() };
    let takeover = Takeover { refusals: vec![refusal], ..Takeover::default() };
    MigrationPlan { has_cards: true, takeover, ..new() }
}

/// The answer of a database that lacks what the plan brings.
pub(crate) fn unready(console: &mut Console, plan: MigrationPlan) {
    console.answer(Topic::Rows, Answer::Unready(Unready::Planned(Box::new(plan))));
}

fn opened(plan: MigrationPlan) -> Console {
    let mut console = Console::started((80, 24), Language::ENGLISH);
    unready(&mut console, plan);
    console
}

#[test]
fn what_lacks_is_migrated_after_a_yes_and_the_console_goes_on_by_itself() {
    for (plan, key) in [(new(), KeyCode::Enter), (flask(), KeyCode::Char('I'))] {
        let mut console = opened(plan);
        console.press(key);
        console.keys("n");
        assert!(console.question(Topic::Schema).is_none());
        console.press(key);
        console.keys("y");
        assert!(matches!(console.model.link, Link::Migrating { .. }));
        assert!(console.screen().contains("Migrating the database… 0 s"), "{}", console.screen());
        let asked = console.effects.len();
        console.tell(Message::Tick(console.model.now + TimeDelta::minutes(5)));
        assert_eq!(console.effects.len(), asked, "nobody asks while it is migrated");
        console.answer(Topic::Schema, Answer::Migrated(Ok(Box::new(new()))));
        console.answer_rows(cards());
        assert_eq!(console.model.link, Link::Up);
        assert!(console.screen().contains("is at this version's schema."), "{}", console.screen());
    }
}

#[test]
fn why_it_was_not_migrated_stays_until_it_is_read() {
    let mut console = opened(flask());
    console.keys("Iy");
    console.answer(Topic::Schema, Answer::Migrated(Err(Box::new(MigrateError::Locked))));
    console.answer(Topic::Rows, Answer::Unready(Unready::Planned(Box::new(flask()))));
    assert!(console.screen().contains("another process is migrating"), "{}", console.screen());
    console.press(KeyCode::Esc);
    assert!(console.screen().contains("the engine MyISAM has no transactions"), "{}", console.screen());
}

#[test]
fn what_cannot_be_migrated_here_is_not_offered() {
    let stuck = Unready::Stuck("install the newer kami".to_owned());
    let read_only = |mut console: Console| {
        console.model.read_only = Some(ReadOnly::Asked);
        console
    };
    let mut newer = Console::started((80, 24), Language::ENGLISH);
    newer.answer(Topic::Rows, Answer::Unready(stuck));
    for (mut console, said) in [
        (opened(unfit()), "let it be empty"),
        (newer, "install the newer kami"),
        (read_only(opened(new())), "Read-only by your settings."),
    ] {
        assert!(console.screen().contains(said), "{}", console.screen());
        console.press(KeyCode::Enter);
        console.keys("Iy");
        assert!(console.question(Topic::Schema).is_none(), "{said}");
    }
}

#[test]
fn what_others_migrate_is_gone_on_from_without_a_key() {
    let mut console = opened(new());
    console.effects.clear();
    console.tell(Message::Tick(console.model.now + TimeDelta::seconds(14)));
    assert!(console.question(Topic::Rows).is_none());
    console.tell(Message::Tick(console.model.now + TimeDelta::seconds(15)));
    console.answer_rows(cards());
    assert_eq!(console.model.link, Link::Up);
    console.keys("I");
    assert!(console.screen().contains("is at this version's schema already."), "{}", console.screen());
}
