//! Rows that no program can read: they hide no other, and are named.

use std::ops::ControlFlow;

use kami_core::acts::Act;
use kami_core::filter::Filter;
use kami_core::operator::Operator;
use kami_store::{
    ActError, ActOutcome, ActProgress, Client, ManyAct, NoCard, Selection, Store, StoreError, Undo,
    Validation,
};
use kami_testkit::{TestDatabase, agreed, tables};

use crate::{code, machine};

/// Six cards, of which 2 to 5 have a moment that no calendar has.
async fn damaged() -> TestDatabase {
    let database = TestDatabase::create().await;
    for card in ["A", "B", "C", "D", "E", "F"] {
        database.insert_card("VIP", card).await;
    }
    for (id, column, text) in [
        (2, "used_at", "0000-00-00"),
        (3, "expire_at", "2024-00-10"),
        (4, "created_at", "2024-02-31"),
        (5, "updated_at", "2024-05-00"),
    ] {
        let change = format!("UPDATE cards SET {column} = '{text}' WHERE id = {id}");
        database.execute(&format!("SET sql_mode = 'ALLOW_INVALID_DATES'; {change}")).await;
    }
    database
}

async fn act(store: &Store, act: &Act, selection: &Selection) -> ActOutcome {
    let go_on = |_: ActProgress| ControlFlow::Continue(());
    let many = agreed(ManyAct { act: act.clone(), selection: selection.clone() });
    store.act_on(&Operator::new("li").unwrap(), &many, &go_on).await.unwrap()
}

#[tokio::test]
async fn an_act_is_done_with_the_others_and_names_them() {
    let database = damaged().await;
    let store = database.store();
    for selection in [Selection::Filter(Filter::default()), Selection::Ids(vec![1, 2, 3, 4, 5, 6])] {
        let mut done = act(&store, &Act::Disable, &selection).await;
        done.unreadable.sort_unstable();
        assert_eq!((done.done, done.unreadable), (2, vec![2, 3, 4, 5]));
        let go_on = |_: ActProgress| ControlFlow::Continue(());
        let undone = store
            .undo(&Operator::new("li").unwrap(), &agreed(Undo { act_id: done.act_id.unwrap() }), &go_on)
            .await
            .unwrap();
        assert_eq!((undone.done, undone.unreadable.len()), (2, 0));
    }
    let none = act(&store, &Act::Disable, &Selection::Ids(vec![3])).await;
    assert_eq!((none.done, none.unreadable, none.act_id), (0, vec![3], None));
}

#[tokio::test]
async fn what_cannot_be_read_any_more_is_named_when_its_act_is_taken_back_and_can_be_tried_again() {
    let database = damaged().await;
    let store = database.store();
    let done = act(&store, &Act::Disable, &Selection::Ids(vec![1, 6])).await;
    database.execute("SET sql_mode = ''; UPDATE cards SET used_at = '0000-00-00' WHERE id = 6").await;
    let operator = Operator::new("li").unwrap();
    let go_on = |_: ActProgress| ControlFlow::Continue(());
    let first = store.undo(&operator, &agreed(Undo { act_id: done.act_id.unwrap() }), &go_on).await.unwrap();
    assert_eq!((first.done, first.unreadable), (1, vec![6]));
    assert!(store.migrate().await.is_ok());
    let second = store.undo(&operator, &agreed(Undo { act_id: done.act_id.unwrap() }), &go_on).await.unwrap();
    assert_eq!((second.done, second.unreadable), (1, vec![]));
}

#[tokio::test]
async fn a_client_of_another_card_is_answered() {
    let database = damaged().await;
    let store = database.store();
    // At the same time, so that some share a query.
    let asked = ["VIP-A", "VIP-B", "VIP-C", "VIP-D", "VIP-F"].map(|card| {
        let store = store.clone();
        tokio::spawn(async move { store.validate(&code(card), &machine("PC"), &Client::default()).await })
    });
    let mut answers = Vec::new();
    for answer in asked {
        answers.push(answer.await.unwrap());
    }
    for (place, id) in [(1, 2), (2, 3), (3, 4)] {
        assert!(
            matches!(&answers[place], Err(StoreError::UndecodableCard(found)) if *found == id),
            "{answers:?}"
        );
    }
    for place in [0, 4] {
        assert!(matches!(&answers[place], Ok(Validation::Admitted { .. })), "{answers:?}");
    }
    let found = store.cards_by_ids(&[1, 2, 6]).await.unwrap();
    assert_eq!((found.cards.len(), found.unreadable), (2, vec![2]));
}

#[tokio::test]
async fn nothing_that_needs_a_transaction_begins_on_a_table_without_one() {
    for table in tables() {
        let database = TestDatabase::create().await;
        database.insert_card("VIP", "A").await;
        database.execute(&format!("ALTER TABLE {table} ENGINE = MyISAM")).await;
        let store = database.store();
        let go_on = |_: ActProgress| ControlFlow::Continue(());
        let all = Selection::Filter(Filter::default());
        let operator = Operator::new("li").unwrap();
        let many = agreed(ManyAct { act: Act::Disable, selection: all.clone() });
        let refused = store.act_on(&operator, &many, &go_on).await.unwrap_err();
        assert!(
            matches!(&refused, ActError::NoTransactions { table: found, engine } if found == table && engine == "MyISAM"),
            "{refused:?}"
        );
        let written: Vec<u64> = database.rows("SELECT COUNT(*) FROM acts", ()).await;
        assert_eq!(written, [0]);
        // The same store goes on as soon as it is fixed.
        assert_eq!(store.migrate().await.unwrap().takeover.tables.len(), 1);
        assert_eq!(act(&store, &Act::Disable, &all).await.done, 1);
    }
}

/// Before the table is in its form.
#[tokio::test]
async fn a_code_that_the_column_cannot_hold_is_no_card() {
    for set in ["utf8mb3", "latin1", "gbk", "ascii"] {
        let database = TestDatabase::create().await;
        database.insert_card("VIP", "A").await;
        database
            .execute(&format!("ALTER TABLE cards MODIFY full_code VARCHAR(128) CHARACTER SET {set} NOT NULL"))
            .await;
        let store = database.store();
        for unknown in ["VIP-😀", "季卡-🀄", "VIP-é\u{1f600}"] {
            let answer = store.validate(&code(unknown), &machine("PC"), &Client::default()).await.unwrap();
            assert_eq!(answer, Validation::NotFound, "{set}: {unknown}");
            assert_eq!(
                store.status(&code(unknown), None, &Client::default()).await.unwrap(),
                Err(NoCard::NotFound)
            );
            assert_eq!(store.card_by_code(&code(unknown)).await.unwrap(), None);
        }
        let before = store.counters().round_trips;
        assert_eq!(
            store.status(&code("VIP-😀"), None, &Client::default()).await.unwrap(),
            Err(NoCard::NotFound)
        );
        assert_eq!(store.counters().round_trips - before, 2, "{set}: as it was sent, and in its one form");
        let known = store.validate(&code("vip-a"), &machine("PC"), &Client::default()).await.unwrap();
        assert!(matches!(known, Validation::Admitted { .. }), "{set}: {known:?}");
    }
}
