//! What an act would touch and what an undo would do, told before it is done.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicU64, Ordering};

use kami_core::acts::Act;
use kami_core::card::CardStatus;
use kami_core::duration::CardDuration;
use kami_core::filter::{Filter, TextFilter};
use kami_core::gate::{Kind, Weight};
use kami_core::operator::Operator;
use kami_store::{ActProgress, GenerateOrder, Loss, ManyAct, Selection, Store, Survey, Undo};
use kami_testkit::{TestDatabase, agreed};

fn anna() -> Operator {
    Operator::new("anna").unwrap()
}

fn on(_: ActProgress) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

/// Makes a batch; returns its number.
async fn batch(store: &Store, prefix: &str, count: u32) -> u64 {
    let order = GenerateOrder {
        duration: CardDuration::Forever,
        ..GenerateOrder::new(prefix.parse().unwrap(), count)
    };
    store.generate(&anna(), &agreed(order), &|_| ControlFlow::Continue(())).await.unwrap().id
}

async fn act(store: &Store, act: Act, selection: Selection) -> u64 {
    let done = store.act_on(&anna(), &agreed(ManyAct { act, selection }), &on).await.unwrap();
    done.act_id.unwrap()
}

async fn survey(store: &Store, selection: &Selection) -> Survey {
    store.survey(selection, &on).await.unwrap().unwrap()
}

#[tokio::test]
async fn a_survey_tells_statuses_and_what_is_few() {
    let database = TestDatabase::create().await;
    let store = database.store();
    let vip = batch(&store, "VIP", 1_500).await;
    let gold = batch(&store, "GOLD", 20).await;
    database.insert_card("VIP", "OLD").await;
    let of_gold = Filter { batch_id: Some(gold), ..Filter::default() };
    act(&store, Act::Disable, Selection::Filter(of_gold.clone())).await;
    let whole = Survey {
        cards: 1_521,
        statuses: vec![(CardStatus::Unused, 1_501), (CardStatus::Disabled, 20)],
        prefixes: Some(BTreeMap::from([("GOLD".to_owned(), 20), ("VIP".to_owned(), 1_501)])),
        batches: Some(BTreeMap::from([(None, 1), (Some(vip), 1_500), (Some(gold), 20)])),
    };
    let newest = store.newest_card().await.unwrap();
    let filter = |filter: Filter| Selection::UpTo { filter, newest };
    let every = filter(Filter::default());
    assert_eq!(survey(&store, &every).await, whole);
    database.insert_card("VIP", "NEWER").await;
    assert_eq!(survey(&store, &every).await, whole, "what is made later is not among them");
    assert_eq!(survey(&store, &Selection::Ids((1..=newest).collect())).await, whole);

    let text = |text: TextFilter| Filter { text: Some(text), ..Filter::default() };
    let status = |status| Filter { status: Some(status), ..Filter::default() };
    let prefix = |prefix: &str| Filter { prefix: Some(prefix.to_owned()), ..Filter::default() };
    for (filtered, cards) in [
        (of_gold, 20),
        (status(CardStatus::Disabled), 20),
        (status(CardStatus::Active), 0),
        (prefix("VIP"), 1_501),
        (Filter { status: Some(CardStatus::Unused), ..prefix("GOLD") }, 0),
        (text(TextFilter::CodePrefix("VIP-OL".to_owned())), 1),
        (text(TextFilter::CodeContains("LD".to_owned())), survey_of_codes(&database, "LD").await),
    ] {
        let survey = survey(&store, &filter(filtered.clone())).await;
        assert_eq!(survey.cards, cards, "{filtered:?}");
        assert_eq!(survey.statuses.iter().map(|(_, count)| count).sum::<u64>(), cards);
    }
    for other in ["A", "B", "C", "D"] {
        database.insert_card(other, "X").await;
    }
    let survey = survey(&store, &Selection::Filter(Filter::default())).await;
    assert_eq!((survey.cards, survey.prefixes), (1_526, None), "six prefixes are not few");
}

/// How many cards but the newest have this in their codes, as the server counts.
async fn survey_of_codes(database: &TestDatabase, part: &str) -> u64 {
    let query = "SELECT COUNT(*) FROM cards WHERE full_code LIKE ? AND full_code <> 'VIP-NEWER'";
    database.rows(query, (format!("%{part}%"),)).await.remove(0)
}

#[tokio::test]
async fn a_survey_goes_in_steps_and_can_be_broken_off() {
    let database = TestDatabase::create().await;
    let store = database.store();
    batch(&store, "VIP", 3_000).await;
    let steps = AtomicU64::new(0);
    let stop = |_: ActProgress| {
        steps.fetch_add(1, Ordering::Relaxed);
        ControlFlow::Break(())
    };
    let ids = Selection::Ids((1..=3_000).collect());
    assert_eq!(store.survey(&ids, &stop).await.unwrap(), None);
    assert_eq!(steps.into_inner(), 1);
}

#[tokio::test]
async fn an_undo_says_beforehand_whether_cards_go_with_it() {
    let database = TestDatabase::create().await;
    let store = database.store();
    let batch = batch(&store, "VIP", 30).await;
    let all = || Selection::Filter(Filter { batch_id: Some(batch), ..Filter::default() });
    let generate = store.act_of_batch(batch).await.unwrap().unwrap();
    let disable = act(&store, Act::Disable, all()).await;
    let undo = async |act_id| {
        let undone = store.undo(&anna(), &agreed(Undo { act_id }), &on).await.unwrap();
        undone.act_id.unwrap()
    };
    let enabled = undo(disable).await;
    let delete = act(&store, Act::Delete, all()).await;
    let restored = undo(delete).await;
    let deleted_again = undo(restored).await;
    for (act_id, deletes) in [
        (generate, true),
        (disable, false),
        (enabled, false),
        (delete, false),
        (restored, true),
        (deleted_again, false),
    ] {
        let undoable = store.undoable(act_id).await.unwrap().unwrap();
        assert_eq!((undoable.act.id, &undoable.loss), (act_id, &deletes.then_some(Loss::Cards)));
        let weight = Weight { cards: 30, kind: Kind::TakeBack { is_own: true, deletes } };
        assert_eq!(undoable.weight(true), weight);
    }
    assert_eq!(store.undoable(9_999).await.unwrap(), None);
    assert_eq!(store.act_of_batch(9_999).await.unwrap(), None);
    assert_eq!(store.last_act_of(&anna()).await.unwrap().unwrap().act.id, generate);
}
