//! Ends of transactions that the server refuses, as clusters do when another node was faster.

use std::ops::ControlFlow;

use kami_core::acts::Act;
use kami_core::app::AppName;
use kami_core::duration::CardDuration;
use kami_core::edit::CardEdit;
use kami_core::filter::Filter;
use kami_core::import::ImportCard;
use kami_core::operator::{Note, Operator};
use kami_store::{
    ActError, Client, ExpiryCursor, GenerateOrder, ManyAct, OneAct, OneEdit, Selection, Store, Undo,
    Validation,
};
use kami_testkit::{Proxy, TestDatabase, agreed};

use crate::{code, machine};

/// What servers say of what they rolled back, or did not begin.
const ROLLED_BACK: [(u16, &str); 10] = [
    (1020, "HY000"),
    (1047, "08S01"),
    (1180, "HY000"),
    (1205, "HY000"),
    (1213, "40001"),
    (1290, "HY000"),
    (1836, "HY000"),
    (3100, "HY000"),
    (3101, "40000"),
    (9999, "40000"),
];

async fn behind_proxy(database: &TestDatabase) -> (Store, Proxy) {
    let proxy = Proxy::start(database.port()).await;
    (Store::new(&database.url_through(proxy.port()).parse().unwrap()), proxy)
}

/// How many acts there are, rows of the log, and cards of a status.
async fn counts(database: &TestDatabase, status: &str) -> (u64, u64, u64) {
    let query = "SELECT (SELECT COUNT(*) FROM acts), (SELECT COUNT(*) FROM operator_log), \
                 (SELECT COUNT(*) FROM cards WHERE status = ?)";
    database.rows(query, (status,)).await[0]
}

async fn disable_all(store: &Store) -> Result<u64, ActError> {
    let all = agreed(ManyAct { act: Act::Disable, selection: Selection::Filter(Filter::default()) });
    let operator = Operator::new("anna").unwrap();
    let outcome = store.act_on(&operator, &all, &|_| ControlFlow::Continue(())).await?;
    outcome.failed.map_or(Ok(outcome.done), Err)
}

#[tokio::test]
async fn an_act_whose_commit_was_rolled_back_is_done_again_and_once() {
    for refusal in ROLLED_BACK {
        let database = TestDatabase::create().await;
        let (store, proxy) = behind_proxy(&database).await;
        let order = GenerateOrder {
            duration: CardDuration::Forever,
            ..GenerateOrder::new("VIP".parse().unwrap(), 1_500)
        };
        let operator = Operator::new("anna").unwrap();
        proxy.refuse("COMMIT", refusal, 2);
        store.generate(&operator, &agreed(order), &|_| ControlFlow::Continue(())).await.unwrap();
        assert_eq!(proxy.left_to_refuse(), 0, "{refusal:?}");
        assert_eq!(counts(&database, "UNUSED").await, (1, 1, 1_500), "{refusal:?}");

        proxy.refuse("COMMIT", refusal, 2);
        assert_eq!(disable_all(&store).await.unwrap(), 1_500, "{refusal:?}");
        assert_eq!(proxy.left_to_refuse(), 0, "{refusal:?}");
        assert_eq!(counts(&database, "DISABLED").await, (2, 1_501, 1_500), "{refusal:?}");
    }
}

#[tokio::test]
async fn an_import_an_edit_an_act_on_one_card_and_each_taking_back_are_done_again_and_once() {
    for refusal in [(1020, "HY000"), (1213, "40001"), (3101, "40000")] {
        let database = TestDatabase::create().await;
        let (store, proxy) = behind_proxy(&database).await;
        let anna = Operator::new("anna").unwrap();
        let done = async |what: &str, acts: u64, status: &str, cards: u64| {
            assert_eq!(proxy.left_to_refuse(), 0, "{what}, {refusal:?}");
            let (acts_found, _, cards_found) = counts(&database, status).await;
            assert_eq!((acts_found, cards_found), (acts, cards), "{what}, {refusal:?}");
            proxy.refuse("COMMIT", refusal, 2);
        };
        let undo = async |act_id: u64| {
            let undone =
                store.undo(&anna, &agreed(Undo { act_id }), &|_| ControlFlow::Continue(())).await.unwrap();
            (undone.done, undone.act_id.unwrap())
        };
        let named = |code: &str| ImportCard::new(None, code.to_owned(), CardDuration::Forever);
        let cards = ["ONE", "TWO"].map(named).into_iter().collect();
        proxy.refuse("COMMIT", refusal, 2);
        store.import(&anna, &cards, None, &AppName::default(), &|_| ControlFlow::Continue(())).await.unwrap();
        done("import", 1, "UNUSED", 2).await;

        let seen = store.card_by_code(&code("ONE")).await.unwrap().unwrap().0;
        let edit = CardEdit { note: Some(Note::parse("sold").unwrap()), ..CardEdit::default() };
        let seen = store.edit(&anna, &agreed(OneEdit { edit, seen })).await.unwrap().card.unwrap();
        assert_eq!(seen.note.as_deref(), Some("sold"));
        done("edit", 2, "UNUSED", 2).await;

        let disabled = store.act_on_one(&anna, &agreed(OneAct { act: Act::Disable, seen })).await.unwrap();
        done("act on one card", 3, "DISABLED", 1).await;

        let (cards, undoing) = undo(disabled.act_id).await;
        assert_eq!(cards, 1);
        done("undo", 4, "DISABLED", 0).await;

        let (cards, redoing) = undo(undoing).await;
        assert_eq!(cards, 1);
        done("redo", 5, "DISABLED", 1).await;

        assert_eq!(undo(redoing).await.0, 1);
        done("undo of a redo", 6, "DISABLED", 0).await;

        let two = store.card_by_code(&code("TWO")).await.unwrap().unwrap().0;
        let gone = store.act_on_one(&anna, &agreed(OneAct { act: Act::Delete, seen: two })).await.unwrap();
        done("delete", 7, "UNUSED", 1).await;
        assert_eq!(undo(gone.act_id).await.0, 1);
        done("undo of a delete", 8, "UNUSED", 2).await;

        let edited: Vec<u64> = database.rows("SELECT id FROM acts WHERE act = 'edit'", ()).await;
        assert_eq!(undo(edited[0]).await.0, 1);
        done("undo of an edit", 9, "UNUSED", 2).await;

        let more = std::iter::once(named("THREE")).collect();
        let batch = store
            .import(&anna, &more, None, &AppName::default(), &|_| ControlFlow::Continue(()))
            .await
            .unwrap();
        done("another import", 10, "UNUSED", 3).await;
        let import = store.act_of_batch(batch.id).await.unwrap().unwrap();
        assert_eq!(undo(import).await.0, 1);
        assert_eq!(proxy.left_to_refuse(), 0, "undo of an import, {refusal:?}");
        assert_eq!(counts(&database, "UNUSED").await.2, 2, "{refusal:?}");
    }
}

#[tokio::test]
async fn of_a_commit_that_is_rolled_back_each_time_it_is_known_that_nothing_was_done() {
    let database = TestDatabase::create().await;
    database.insert_card("VIP", "ONE").await;
    let (store, proxy) = behind_proxy(&database).await;
    for refusal in ROLLED_BACK {
        proxy.refuse("COMMIT", refusal, usize::MAX);
        let error = disable_all(&store).await.unwrap_err();
        assert!(matches!(&error, ActError::Store(error) if error.is_transient()), "{refusal:?}: {error}");
        assert_eq!(counts(&database, "DISABLED").await, (0, 0, 0), "{refusal:?}");
    }
}

#[tokio::test]
async fn a_commit_of_which_nobody_knows_is_not_done_again() {
    let database = TestDatabase::create().await;
    database.insert_card("VIP", "ONE").await;
    let (store, proxy) = behind_proxy(&database).await;
    for refusal in [(1053, "08S01"), (1105, "HY000"), (1317, "70100"), (1927, "70100"), (9999, "40003")] {
        proxy.refuse("COMMIT", refusal, 2);
        let error = disable_all(&store).await.unwrap_err();
        assert!(matches!(error, ActError::Uncertain(_)), "{refusal:?}: {error}");
        assert_eq!(proxy.left_to_refuse(), 1, "{refusal:?}");
    }
}

#[tokio::test]
async fn what_the_function_and_the_expiry_job_write_is_written_again() {
    let database = TestDatabase::create().await;
    let (store, proxy) = behind_proxy(&database).await;
    for (number, refusal) in ROLLED_BACK.into_iter().filter(|(code, _)| *code != 3100).enumerate() {
        database.insert_card("VIP", &number.to_string()).await;
        let (name, asker) = (format!("VIP-{number}"), format!("PC-OF-{number}"));
        store.now().await.unwrap();
        // A server that only reads now is left for another connection, and nothing leads from that one to a third.
        let times = if matches!(refusal.0, 1047 | 1290 | 1836) { 1 } else { 3 };
        proxy.refuse(&asker, refusal, times);
        let validation = store.validate(&code(&name), &machine(&asker), &Client::default()).await.unwrap();
        assert!(matches!(validation, Validation::Admitted { .. }), "{refusal:?}: {validation:?}");
        assert_eq!(proxy.left_to_refuse(), 0, "{refusal:?}");
        let bound = "SELECT machine_code FROM cards WHERE full_code = ?";
        assert_eq!(database.rows::<String>(bound, (&name,)).await, [asker], "{refusal:?}");

        let overdue = "UPDATE cards SET expire_at = '2020-01-01' WHERE full_code = '";
        database.execute(&format!("{overdue}{name}'")).await;
        proxy.refuse(&format!("[{}]", number + 1), refusal, 1);
        let batch = store.expire_batch(ExpiryCursor::default()).await.unwrap();
        assert_eq!((batch.expired, proxy.left_to_refuse()), (1, 0), "{refusal:?}");
    }
}
