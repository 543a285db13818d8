//! The history of a card: what customers did to it beside what operators did.

use kami_store::{HistoryEntry, HistoryPlace};

use crate::code;
use crate::seats::is_in;
use crate::unbind::{frees, let_pass, with_card};

#[tokio::test]
async fn the_history_of_a_card_has_what_customers_did_beside_what_operators_did_page_by_page() {
    let database = with_card(1, "unbind=machine", None).await;
    let store = database.store();
    for asker in ["PC-1", "PC-2"] {
        assert!(is_in(&store, asker).await && frees(&store, asker).await);
        let_pass(&database, 60).await;
    }
    // Six acts of operators, between and after those of the customers.
    database
        .execute(
            "UPDATE customer_log SET done_at = '2026-01-01' + INTERVAL id * 10 MINUTE;
             INSERT INTO acts (id, act, operator) VALUES (1, 'note', 'li');
             INSERT INTO operator_log (act_id, act, operator, done_at, card_id)
                SELECT 1, 'note', 'li', '2026-01-01' + INTERVAL minute MINUTE, cards.id
                FROM cards JOIN (SELECT 5 AS minute UNION ALL SELECT 10 UNION ALL SELECT 15 UNION ALL SELECT 25
                    UNION ALL SELECT 26 UNION ALL SELECT 27) AS minutes ORDER BY minute",
        )
        .await;
    let card = store.card_by_code(&code("VIP-A")).await.unwrap().unwrap().0.id;
    let whole = store.card_history(card, HistoryPlace::default(), 50).await.unwrap();
    let words: Vec<_> = whole.iter().map(HistoryEntry::act).collect();
    let (own, theirs) = ("customer_unbind", "note");
    assert_eq!(words, [theirs, theirs, theirs, own, theirs, theirs, own, theirs]);
    assert!(whole.is_sorted_by_key(|entry| std::cmp::Reverse(entry.done_at())));
    let HistoryEntry::Customer(record) = &whole[3] else { panic!("{:?}", whole[3]) };
    assert_eq!((record.machine.as_deref(), record.other_card), (Some("PC-2"), None));
    assert_eq!(record.before.as_ref().unwrap()["machine_code"], "PC-2");
    assert!(!format!("{record:?}").contains("PC-2"));
    for size in 1..9 {
        let (mut paged, mut place) = (Vec::new(), HistoryPlace::default());
        loop {
            let page = store.card_history(card, place, size).await.unwrap();
            assert!(page.len() <= size);
            if page.is_empty() {
                break;
            }
            place = place.behind(&page);
            paged.extend(page);
        }
        assert_eq!(paged, whole, "pages of {size}");
    }
}

#[tokio::test]
async fn the_history_of_a_card_names_the_other_one_while_it_is_there() {
    let database = with_card(1, "", None).await;
    database.insert_card("VIP", "B").await;
    let store = database.store();
    let ids: Vec<u64> = database.rows("SELECT id FROM cards ORDER BY code", ()).await;
    database
        .execute(&format!(
            "INSERT INTO customer_log (card_id, act, done_at, machine_code, other_card_id) VALUES
                ({0}, 'RECHARGE', UTC_TIMESTAMP(), NULL, {1}), ({0}, 'TRIAL', UTC_TIMESTAMP(), 'PC-1', NULL),
                ({1}, 'BURN', UTC_TIMESTAMP(), NULL, {0})",
            ids[0], ids[1]
        ))
        .await;
    let told = async |card: u64| {
        let history = store.card_history(card, HistoryPlace::default(), 50).await.unwrap();
        let of = |entry| match entry {
            HistoryEntry::Customer(record) => (record.act, record.other_card, record.other_code),
            HistoryEntry::Operator(record) => panic!("{record:?}"),
        };
        history.into_iter().map(of).collect::<Vec<_>>()
    };
    let trial = ("customer_trial".to_owned(), None, None);
    let recharge =
        |code: Option<&str>| ("customer_recharge".to_owned(), Some(ids[1]), code.map(str::to_owned));
    let burn = ("customer_burn".to_owned(), Some(ids[0]), Some("VIP-A".to_owned()));
    assert_eq!(told(ids[0]).await, [trial.clone(), recharge(Some("VIP-B"))]);
    assert_eq!(told(ids[1]).await, [burn]);
    database.execute("DELETE FROM cards WHERE code = 'B'").await;
    assert_eq!(told(ids[0]).await, [trial, recharge(None)]);
}
