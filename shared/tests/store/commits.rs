//! Ends of transactions that the server refuses, as clusters do when another node was faster.

use std::ops::ControlFlow;

use kami_shared::acts::Act;
use kami_shared::code::CodeLength;
use kami_shared::duration::CardDuration;
use kami_shared::filter::Filter;
use kami_shared::operator::Operator;
use kami_shared::store::{ActError, ExpiryCursor, GenerateOrder, ManyAct, Selection, Store, Validation};
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
            prefix: "VIP".parse().unwrap(),
            count: 1_500,
            length: CodeLength::new(16).unwrap(),
            duration: CardDuration::Forever,
            note: None,
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
        proxy.refuse(&asker, refusal, 1);
        let validation = store.validate(&code(&name), &machine(&asker)).await.unwrap();
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
