//! Everything that writes cards, at once on the same few: whatever was faster, each is done whole or refused as it should be.

use std::ops::ControlFlow;

use kami_core::acts::Act;
use kami_core::edit::CardEdit;
use kami_core::filter::Filter;
use kami_core::operator::{Note, Operator};
use kami_store::{
    ActError, Client, ExpiryCursor, ManyAct, OneAct, OneEdit, Selection, Store, StoreError, Undo, Validation,
};
use kami_testkit::{TestDatabase, agreed};

use crate::{code, machine};

const CARDS: usize = 8;
const ROUNDS: usize = 20;

fn name(card: usize) -> String {
    format!("VIP-{}", card % CARDS)
}

/// What may keep an operator from his act while others write: all of it says that nothing was done.
fn is_in_order(error: &ActError) -> bool {
    !matches!(
        error,
        ActError::Uncertain(_) | ActError::Store(StoreError::Refused(_) | StoreError::Unavailable(_))
    )
}

/// Disables and enables all cards, and takes every second of these acts back.
async fn withdraw(store: Store, operator: Operator) {
    for round in 0..ROUNDS {
        let act = if round % 2 == 0 { Act::Disable } else { Act::Enable };
        let all = agreed(ManyAct { act, selection: Selection::Filter(Filter::default()) });
        let outcome = store.act_on(&operator, &all, &|_| ControlFlow::Continue(())).await;
        let act_id = match outcome {
            Ok(outcome) => {
                assert!(outcome.failed.as_ref().is_none_or(is_in_order), "{:?}", outcome.failed);
                outcome.act_id.filter(|_| round % 2 == 1)
            }
            Err(error) => panic!("{error:?}"),
        };
        if let Some(act_id) = act_id {
            let undone =
                store.undo(&operator, &agreed(Undo { act_id }), &|_| ControlFlow::Continue(())).await;
            assert!(undone.as_ref().err().is_none_or(is_in_order), "{undone:?}");
        }
    }
}

/// Writes notes on single cards, and unbinds them from their machines.
async fn tend(store: Store, operator: Operator) {
    for round in 0..2 * ROUNDS {
        let seen = store.card_by_code(&code(&name(round))).await.unwrap().unwrap().0;
        let done = if round % 2 == 0 {
            let edit =
                CardEdit { note: Some(Note::parse(&round.to_string()).unwrap()), ..CardEdit::default() };
            store.edit(&operator, &agreed(OneEdit { edit, seen })).await
        } else {
            store.act_on_one(&operator, &agreed(OneAct { act: Act::Unbind, seen })).await
        };
        assert!(done.as_ref().err().is_none_or(is_in_order), "{done:?}");
    }
}

/// Uses the cards from a machine; two machines that were both let in would need an unbinding between them.
async fn use_cards(store: Store, asker: &'static str) {
    for round in 0..4 * ROUNDS {
        let validation =
            store.validate(&code(&name(round)), &machine(asker), &Client::default()).await.unwrap();
        assert!(!matches!(validation, Validation::NotFound), "{validation:?}");
    }
}

async fn expire(store: Store) {
    for _ in 0..ROUNDS {
        store.expire_batch(ExpiryCursor::default()).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_all_that_writes_the_same_cards_at_once_each_is_whole_or_refused() {
    let database = TestDatabase::create().await;
    for card in 0..CARDS {
        database.insert_card("VIP", &card.to_string()).await;
    }
    let operator = |name| Operator::new(name).unwrap();
    let store = || database.store();
    let tasks = [
        tokio::spawn(withdraw(store(), operator("anna"))),
        tokio::spawn(withdraw(store(), operator("boris"))),
        tokio::spawn(tend(store(), operator("carla"))),
        tokio::spawn(tend(store(), operator("dawei"))),
        tokio::spawn(use_cards(store(), "PC-1")),
        tokio::spawn(use_cards(store(), "PC-2")),
        tokio::spawn(expire(store())),
    ];
    for task in tasks {
        task.await.unwrap();
    }
    // Each act has a row of the log for each card that it says it changed, and no row is without its act.
    let torn = "SELECT COUNT(*) FROM acts WHERE card_count <> (SELECT COUNT(*) FROM operator_log WHERE act_id = acts.id)";
    assert_eq!(database.rows::<u64>(torn, ()).await, [0]);
    let orphans = "SELECT COUNT(*) FROM operator_log WHERE act_id NOT IN (SELECT id FROM acts)";
    assert_eq!(database.rows::<u64>(orphans, ()).await, [0]);
    let bound = "SELECT COUNT(*) FROM cards WHERE (used_at IS NULL) <> (expire_at IS NULL)";
    assert_eq!(database.rows::<u64>(bound, ()).await, [0]);
}
