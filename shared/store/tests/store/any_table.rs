//! Whatever table a Flask installation has: it is taken over with every card answering as before, or left as it is.

use kami_core::acts::Act;
use kami_core::filter::Filter;
use kami_core::operator::Operator;
use kami_core::rules::Refusal;
use kami_store::{Client, ManyAct, MigrateError, Selection, Store, Takeover, Undo, Validation};
use kami_testkit::{TestDatabase, agreed};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};

use crate::flask_table::{Answer, EXTRAS, FlaskTable, table};
use crate::{code, machine};

/// How many tables are made up: each is a database and a few dozen questions.
const TABLES: u32 = 16;

#[test]
fn any_table_is_taken_over_with_every_card_or_left_as_it_is() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let is_maria = runtime.block_on(async {
        let database = TestDatabase::create_empty().await;
        database.rows::<String>("SELECT VERSION()", ()).await[0].contains("MariaDB")
    });
    let engines: &[&str] = if is_maria { &["InnoDB", "MyISAM", "Aria"] } else { &["InnoDB", "MyISAM"] };
    let config =
        Config { cases: TABLES, max_shrink_iters: 40, failure_persistence: None, ..Config::default() };
    TestRunner::new(config).run(&table(engines), |table| runtime.block_on(take_over(&table))).unwrap();
}

async fn take_over(table: &FlaskTable) -> Result<(), TestCaseError> {
    let database = TestDatabase::create_empty().await;
    let store = database.store();
    let now = store.now().await.unwrap().naive_utc();
    database.execute(&table.sql(now)).await;
    let is_fit =
        EXTRAS.iter().all(|(extra, is_fit)| *is_fit || table.extra != Some(extra)) && !table.has_twins();
    let before = looks(&database).await;
    let planned = store.migration_plan().await.unwrap().takeover;
    prop_assert_eq!(looks(&database).await, before.clone(), "a plan changes nothing");
    match store.migrate().await {
        Ok(done) => prop_assert!(is_fit && done.takeover == planned, "taken over: {:?}", done.takeover),
        Err(MigrateError::Unchangeable { .. }) => {
            prop_assert!(!is_fit);
            prop_assert_eq!(looks(&database).await, before, "what cannot be done changes nothing");
            return Ok(());
        }
        Err(MigrateError::Unfit(refusals)) => {
            prop_assert!(!is_fit && !refusals.is_empty(), "refused: {:?}", refusals);
            prop_assert_eq!(looks(&database).await, before, "a refusal changes nothing");
            return Ok(());
        }
        Err(error) => return Err(TestCaseError::fail(error.to_string())),
    }
    prop_assert_eq!(store.inspect_tables().await.unwrap(), Some(Takeover::default()));
    every_card_answers(table, &store).await?;
    every_card_can_be_worked_with(table, &store).await
}

/// The table's definition and all that stands in it.
async fn looks(database: &TestDatabase) -> Vec<String> {
    let made: Vec<(String, String)> = database.rows("SHOW CREATE TABLE cards", ()).await;
    let rows: Vec<(String, i64)> = database.rows("CHECKSUM TABLE cards EXTENDED", ()).await;
    vec![made[0].1.clone(), rows[0].1.to_string()]
}

async fn every_card_answers(table: &FlaskTable, store: &Store) -> Result<(), TestCaseError> {
    for (place, card) in table.held_cards().iter().enumerate() {
        let full_code = table.code(place);
        let ask = async |asker: &str| {
            store.validate(&code(&full_code), &machine(asker), &Client::default()).await.unwrap()
        };
        let own = ask(&FlaskTable::machine(place)).await;
        let other = ask("PC-OTHER").await;
        let is_admitted = matches!(own, Validation::Admitted { .. });
        match card.answer() {
            Answer::Free | Answer::Taken => {
                prop_assert!(is_admitted, "{:?}: {:?}", card, own);
                prop_assert_eq!(other, Validation::Refused(Refusal::MachineMismatch), "{:?}", card);
            }
            Answer::Expired => prop_assert_eq!(own, Validation::Refused(Refusal::Expired), "{:?}", card),
        }
        let case = store.status(&code(&full_code.to_lowercase()), None, &Client::default()).await.unwrap();
        prop_assert!(case.is_ok(), "whatever its case: {full_code}");
    }
    let unknown = store.validate(&code("季卡-😀"), &machine("PC"), &Client::default()).await.unwrap();
    prop_assert_eq!(unknown, Validation::NotFound);
    Ok(())
}

async fn every_card_can_be_worked_with(table: &FlaskTable, store: &Store) -> Result<(), TestCaseError> {
    let operator = Operator::new("li").unwrap();
    let all = ManyAct { act: Act::Disable, selection: Selection::Filter(Filter::default()) };
    let quiet = |_| std::ops::ControlFlow::Continue(());
    let done = store.act_on(&operator, &agreed(all), &quiet).await.unwrap();
    prop_assert_eq!(done.done, table.cards.len() as u64, "{:?}", done);
    let undo = agreed(Undo { act_id: done.act_id.unwrap() });
    let undone = store.undo(&operator, &undo, &quiet).await.unwrap();
    prop_assert_eq!(undone.done, table.cards.len() as u64, "{:?}", undone);
    Ok(())
}
