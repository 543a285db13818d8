//! Batches: whole or not at all.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicU64, Ordering};

use chrono::{DateTime, Utc};
use kami_core::acts::Act;
use kami_core::app::AppName;
use kami_core::code::CodeLength;
use kami_core::duration::CardDuration;
use kami_core::edit::CardEdit;
use kami_core::filter::{Anchor, Filter, Sort};
use kami_core::import::{ImportCard, ImportCards};
use kami_core::operator::{Note, Operator};
use kami_core::points::Points;
use kami_core::record::CardRecord;
use kami_store::{
    ActError, ActFilter, BatchOrigin, Client, GenerateOrder, LogFilter, ManyAct, OneAct, OneEdit, Selection,
    Standing, Store, Undo, UndoRefusal,
};
use kami_testkit::{Proxy, TestDatabase, agreed, eventually};
use serde_json::json;

use crate::{code, machine};

fn anna() -> Operator {
    Operator::new("anna").unwrap()
}

fn on(_: u64) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

fn order(prefix: &str, count: u32, length: u8) -> GenerateOrder {
    GenerateOrder {
        length: CodeLength::new(length).unwrap(),
        duration: CardDuration::Seconds(86_400),
        note: Note::parse("for the fair").unwrap(),
        ..GenerateOrder::new(prefix.parse().unwrap(), count)
    }
}

async fn is_empty(database: &TestDatabase) -> bool {
    let counts: Vec<(u64, u64, u64, u64)> = database
        .rows(
            "SELECT (SELECT COUNT(*) FROM cards), (SELECT COUNT(*) FROM batches), (SELECT COUNT(*) FROM acts), \
             (SELECT COUNT(*) FROM operator_log)",
            (),
        )
        .await;
    counts == [(0, 0, 0, 0)]
}

#[tokio::test]
async fn a_batch_is_made_whole_and_logged() {
    let database = TestDatabase::create().await;
    let store = database.store();
    let made = AtomicU64::new(0);
    let batch = store
        .generate(&anna(), &agreed(order("季卡", 2_345, 16)), &|count| {
            assert!(made.swap(count, Ordering::SeqCst) < count);
            ControlFlow::Continue(())
        })
        .await
        .unwrap();
    assert_eq!(made.into_inner(), 2_345);
    assert_eq!(
        (batch.origin, batch.prefix.as_deref(), batch.card_count),
        (BatchOrigin::Generated, Some("季卡"), 2_345)
    );
    assert_eq!((batch.code_length, batch.duration), (Some(16), CardDuration::Seconds(86_400)));
    assert_eq!(store.batches(None, 10).await.unwrap(), std::slice::from_ref(&batch));
    assert_eq!(store.batches(Some(batch.id), 10).await.unwrap(), []);
    let filter = Filter { batch_id: Some(batch.id), ..Filter::default() };
    assert_eq!(store.count_exact(&filter).await.unwrap(), 2_345);
    let page = store.page(&filter, Sort::NEWEST, &Anchor::First, 1).await.unwrap();
    let card = &page.rows[0];
    assert_eq!(card.full_code, format!("季卡-{}", card.code));
    assert_eq!((card.code.len(), card.note.as_deref()), (16, Some("for the fair")));
    assert_eq!(card.created_at, batch.created_at);
    let acts = store.acts_step(&ActFilter::default(), None, 10).await.unwrap().acts;
    assert_eq!(
        (acts[0].act.as_str(), acts[0].card_count, acts[0].batch_id),
        ("generate", 2_345, Some(batch.id))
    );
    assert_eq!(
        store.log(&LogFilter::default(), None, 10).await.unwrap().len(),
        1,
        "one row for the whole batch"
    );
    for count in [0, kami_core::batch::MAX_BATCH + 1] {
        let refused = store.generate(&anna(), &agreed(order("VIP", count, 16)), &on).await.unwrap_err();
        assert!(matches!(refused, ActError::BatchSize), "{refused}");
    }
}

#[tokio::test]
async fn a_batch_is_undone_and_brought_back_while_nobody_has_used_it() {
    let database = TestDatabase::create().await;
    let store = database.store();
    let go_on = |_| ControlFlow::Continue(());
    let batch = store.generate(&anna(), &agreed(order("VIP", 2_500, 16)), &on).await.unwrap();
    let filter = Filter { batch_id: Some(batch.id), ..Filter::default() };
    let cards = async || store.page(&filter, Sort::NEWEST, &Anchor::First, 5_000).await.unwrap().rows;
    let made = cards().await;
    // An act that was taken back leaves the cards as they were made.
    let many = ManyAct { act: Act::Disable, selection: Selection::Filter(filter.clone()) };
    let disable = store.act_on(&anna(), &agreed(many), &go_on).await.unwrap();
    store.undo(&anna(), &agreed(Undo { act_id: disable.act_id.unwrap() }), &go_on).await.unwrap();

    let last = store.last_undoable(&anna()).await.unwrap().unwrap();
    assert_eq!((last.act.as_str(), last.batch_id), ("generate", Some(batch.id)));
    let undone = store.undo(&anna(), &agreed(Undo { act_id: last.id }), &go_on).await.unwrap();
    assert_eq!((undone.done, undone.refused.len(), undone.missing), (2_500, 0, 0));
    assert_eq!(cards().await, []);
    assert_eq!(store.last_undoable(&anna()).await.unwrap(), None);
    let again = store.undo(&anna(), &agreed(Undo { act_id: last.id }), &go_on).await.unwrap_err();
    assert!(matches!(again, ActError::NotUndoable(UndoRefusal::AlreadyUndone)), "{again}");

    let back = store.undo(&anna(), &agreed(Undo { act_id: undone.act_id.unwrap() }), &go_on).await.unwrap();
    assert_eq!(back.done, 2_500);
    let same = |cards: Vec<CardRecord>| -> Vec<CardRecord> {
        cards.into_iter().map(|card| CardRecord { updated_at: None, ..card }).collect()
    };
    assert_eq!(same(cards().await), same(made));
}

#[tokio::test]
async fn a_batch_is_not_undone_once_a_card_of_it_was_used_or_changed() {
    let database = TestDatabase::create().await;
    let store = database.store();
    let go_on = |_| ControlFlow::Continue(());
    for touch in ["activate", "note", "note again"] {
        let batch = store.generate(&anna(), &agreed(order("VIP", 3, 16)), &on).await.unwrap();
        let generate = store.last_undoable(&anna()).await.unwrap().unwrap();
        let filter = Filter { batch_id: Some(batch.id), ..Filter::default() };
        let cards = store.page(&filter, Sort::NEWEST, &Anchor::First, 3).await.unwrap().rows;
        if touch == "activate" {
            store.validate(&code(&cards[0].full_code), &machine("PC-1"), &Client::default()).await.unwrap();
        } else {
            let note = Act::SetNote { note: Note::parse("sold").unwrap() };
            let noted = store
                .act_on_one(&anna(), &agreed(OneAct { act: note, seen: cards[0].clone() }))
                .await
                .unwrap();
            if touch == "note again" {
                let undone =
                    store.undo(&anna(), &agreed(Undo { act_id: noted.act_id }), &go_on).await.unwrap();
                store.undo(&anna(), &agreed(Undo { act_id: undone.act_id.unwrap() }), &go_on).await.unwrap();
            }
        }
        let refused = store.undo(&anna(), &agreed(Undo { act_id: generate.id }), &go_on).await.unwrap_err();
        let ActError::NotUndoable(refusal) = refused else { panic!("{touch}: {refused}") };
        assert_eq!(refusal, UndoRefusal::BatchInUse { batch_id: batch.id, cards: 1 }, "{touch}");
        assert_eq!(store.count_exact(&filter).await.unwrap(), 3);
    }
}

#[tokio::test]
async fn a_batch_that_is_broken_off_leaves_nothing() {
    let database = TestDatabase::create().await;
    let store = database.store();
    let stop = |count| if count < 3_000 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) };
    let error = store.generate(&anna(), &agreed(order("VIP", 10_000, 16)), &stop).await.unwrap_err();
    assert!(matches!(error, ActError::Cancelled), "{error}");
    assert!(is_empty(&database).await);

    // Nobody waits for the answer any more: the line is closed in the middle.
    let begun = std::sync::Arc::new(tokio::sync::Notify::new());
    let work = {
        let (store, begun) = (store.clone(), begun.clone());
        tokio::spawn(async move {
            let report = move |_| {
                begun.notify_one();
                ControlFlow::Continue(())
            };
            store.generate(&anna(), &agreed(order("VIP", 200_000, 16)), &report).await.map(|_| ())
        })
    };
    begun.notified().await;
    work.abort();
    assert!(work.await.unwrap_err().is_cancelled());
    assert!(is_empty(&database).await);
    eventually("the server has taken the batch back", async || {
        let running: Vec<u64> = database
            .rows(
                "SELECT COUNT(*) FROM information_schema.innodb_trx \
                 JOIN information_schema.processlist ON processlist.id = trx_mysql_thread_id WHERE db = DATABASE()",
                (),
            )
            .await;
        (running[0] == 0).then_some(())
    })
    .await;
    assert!(is_empty(&database).await);
    store.generate(&anna(), &agreed(order("VIP", 10, 16)), &on).await.unwrap();
}

#[tokio::test]
async fn a_line_that_breaks_in_the_middle_of_a_batch_leaves_nothing() {
    let database = TestDatabase::create().await;
    let proxy = Proxy::start(database.port()).await;
    let store = Store::new(&database.url_through(proxy.port()).parse().unwrap());
    let breaking = |count| {
        if count == 3_000 {
            proxy.cut();
        }
        ControlFlow::Continue(())
    };
    for count in [3_000, 5_000] {
        let error = store.generate(&anna(), &agreed(order("VIP", count, 16)), &breaking).await.unwrap_err();
        assert!(matches!(&error, ActError::Store(error) if error.is_transient()), "{error}");
    }
    assert!(is_empty(&database).await);
    store.generate(&anna(), &agreed(order("VIP", 2_000, 16)), &breaking).await.unwrap();
    // The broken connections still hold their locks for a moment, but on nothing that anybody else wants.
    let counts: Vec<u64> = database.rows("SELECT COUNT(*) FROM cards", ()).await;
    assert_eq!(counts, [2_000]);
}

#[tokio::test]
async fn nobody_sees_half_a_batch() {
    let database = TestDatabase::create().await;
    let (store, reader) = (database.store(), database.store());
    let filter = Filter::default();
    let (begun, waiting) = (tokio::sync::Notify::new(), AtomicU64::new(0));
    let making = async {
        store
            .generate(&anna(), &agreed(order("VIP", 20_000, 16)), &|count| {
                waiting.store(count, Ordering::SeqCst);
                begun.notify_one();
                ControlFlow::Continue(())
            })
            .await
            .unwrap();
    };
    let looking = async {
        begun.notified().await;
        let mut looks = 0;
        loop {
            let seen = reader.count_exact(&filter).await.unwrap();
            assert!(seen == 0 || seen == 20_000, "{seen}");
            looks += 1;
            if seen > 0 {
                return looks;
            }
        }
    };
    let ((), looks) = tokio::join!(making, looking);
    assert!(looks > 1);
}

#[tokio::test]
async fn codes_that_are_taken_are_drawn_again() {
    let database = TestDatabase::create().await;
    let store = database.store();
    // On each connection the first card of all is given a code that is taken, as an unlucky draw would.
    database.insert_card("VIP", "TAKEN").await;
    database
        .execute(
            "CREATE TRIGGER unlucky BEFORE INSERT ON cards FOR EACH ROW
             SET NEW.full_code = IF(@drawn IS NULL, 'VIP-TAKEN', NEW.full_code), @drawn = 1",
        )
        .await;
    store.generate(&anna(), &agreed(order("ÜNI", 5_000, 6)), &on).await.unwrap();
    database.execute("DROP TRIGGER unlucky; DELETE FROM cards WHERE prefix = 'VIP'").await;
    // The same prefix to the database, spelled otherwise: the new codes must differ from the old ones all the same.
    store.generate(&anna(), &agreed(order("uni", 5_000, 6)), &on).await.unwrap();
    let distinct: Vec<u64> = database.rows("SELECT COUNT(DISTINCT full_code) FROM cards", ()).await;
    assert_eq!(distinct, [10_000]);
    let two: Vec<u64> = database.rows("SELECT COUNT(DISTINCT batch_id) FROM cards", ()).await;
    assert_eq!(two, [2]);
}

fn import(full: &[(&str, &str)]) -> ImportCards {
    full.iter()
        .map(|(prefix, code)| {
            ImportCard::new(prefix.parse().ok(), format!("{prefix}-{code}"), CardDuration::Forever)
        })
        .collect()
}

#[tokio::test]
async fn an_import_is_previewed_and_done_whole() {
    let database = TestDatabase::create().await;
    let store: Store = database.store();
    database.insert_card("VIP", "OLD").await;
    let cards = import(&[("VIP", "NEW"), ("vip", "old"), ("季卡", "NEW")]);
    assert_eq!(store.import_preview(&cards).await.unwrap(), [Standing::New, Standing::There, Standing::New]);
    let refused = store.import(&anna(), &cards, None, &AppName::default(), &on).await.unwrap_err();
    let ActError::CodesExist(taken) = &refused else { panic!("{refused}") };
    assert_eq!(taken.0, ["VIP-OLD"]);
    assert!(!format!("{refused:?}").contains("OLD"));
    let twice = store
        .import(&anna(), &import(&[("A", "X"), ("a", "x")]), None, &AppName::default(), &on)
        .await
        .unwrap_err();
    assert!(matches!(&twice, ActError::CodesExist(taken) if taken.0 == ["a-x"]), "{twice}");
    assert!(store.batches(None, 10).await.unwrap().is_empty());

    let note = Note::parse("from the old shop").unwrap();
    let cards = import(&[("VIP", "NEW"), ("季卡", "LONGER")]);
    let batch = store.import(&anna(), &cards, note.as_ref(), &AppName::default(), &on).await.unwrap();
    assert_eq!((batch.origin, batch.prefix, batch.code_length), (BatchOrigin::Imported, None, None));
    assert_eq!((batch.card_count, batch.duration), (2, CardDuration::Forever));
    assert_eq!(store.import_preview(&cards).await.unwrap(), [Standing::There, Standing::There]);
    let many: Vec<_> = (0..2_500).map(|code| format!("{code:06}")).collect();
    let pairs: Vec<_> = many.iter().map(|code| ("MANY", code.as_str())).collect();
    let cards = import(&pairs);
    assert!(!store.import_preview(&cards).await.unwrap().contains(&Standing::There));
    store.import(&anna(), &cards, None, &AppName::default(), &on).await.unwrap();
    assert!(!store.import_preview(&cards).await.unwrap().contains(&Standing::New));
}

#[tokio::test]
async fn codes_of_any_groups_are_imported_found_filed_and_taken_back_as_they_are() {
    let database = TestDatabase::create().await;
    let store: Store = database.store();
    database.insert_card("VIP", "OLD").await;
    let codes = ["ABCD1234EFGH5678", "550e8400-e29b-41d4-a716-446655440000", "VIP_ABC_123"];
    let cards = |prefix: &str| -> ImportCards {
        let card =
            |code: &&str| ImportCard::new(prefix.parse().ok(), (*code).to_owned(), CardDuration::Forever);
        codes.iter().map(card).collect()
    };
    let batch = store.import(&anna(), &cards(""), None, &AppName::default(), &on).await.unwrap();
    assert_eq!((batch.prefix.as_deref(), batch.card_count), (Some(""), 3));
    assert_eq!(store.import_preview(&cards("VIP")).await.unwrap(), [Standing::There; 3]);
    let found = async |prefix: &str| {
        let filter = Filter { prefix: Some(prefix.into()), ..Filter::default() };
        let page = store.page(&filter, Sort::NEWEST, &Anchor::First, 10).await.unwrap();
        page.rows
    };
    let whole = |cards: &[CardRecord]| {
        let cards = cards.iter().rev().map(|card| (card.full_code.as_str(), card.code.as_str()));
        cards.eq(codes.map(|code| (code, code)))
    };
    assert!(whole(&found("").await));
    store.validate(&code(codes[1]), &machine("PC-1"), &Client::default()).await.unwrap();

    for prefix in ["GOLD", ""] {
        let seen = found(if prefix.is_empty() { "GOLD" } else { "" }).await.pop().unwrap();
        let edit = CardEdit { prefix: Some(prefix.parse().ok()), ..CardEdit::default() };
        let edited = store.edit(&anna(), &agreed(OneEdit { edit, seen })).await.unwrap().card.unwrap();
        assert_eq!((edited.prefix.as_str(), edited.full_code.as_str()), (prefix, codes[0]));
    }

    database.execute("DELETE FROM cards WHERE prefix = ''").await;
    let batch = store.import(&anna(), &cards("GOLD"), None, &AppName::default(), &on).await.unwrap();
    assert_eq!(batch.prefix.as_deref(), Some("GOLD"));
    assert!(whole(&found("gold").await));
    assert_eq!(found("").await, []);
}

/// How long a card lasts, its points, its last moment and its end.
type Kind = (CardDuration, Option<u32>, Option<DateTime<Utc>>, Option<DateTime<Utc>>);

/// Every card of a batch, as it was made.
async fn kinds(store: &Store, batch_id: u64) -> Vec<(String, Kind)> {
    let filter = Filter { batch_id: Some(batch_id), ..Filter::default() };
    let mut cards = store.page(&filter, Sort::NEWEST, &Anchor::First, 10).await.unwrap().rows;
    cards.sort_by(|one, other| one.full_code.cmp(&other.full_code));
    let kind = |card: &CardRecord| (card.duration, card.points, card.valid_until, card.expire_at);
    cards.iter().map(|card| (card.full_code.clone(), kind(card))).collect()
}

/// The points and the last moment that the log and the batches keep of the last batch.
async fn kept(database: &TestDatabase, store: &Store) -> [(serde_json::Value, serde_json::Value); 2] {
    let after = store.log(&LogFilter::default(), None, 1).await.unwrap().remove(0).after.unwrap();
    let row: Vec<(Option<u32>, Option<String>)> = database
        .rows("SELECT points, CAST(valid_until AS CHAR) FROM batches ORDER BY id DESC LIMIT 1", ())
        .await;
    let row = row.into_iter().map(|(points, until)| (json!(points), json!(until))).next().unwrap();
    [(after["points"].clone(), after["valid_until"].clone()), row]
}

/// Takes the last act back.
async fn undo(store: &Store) {
    let act_id = store.last_undoable(&anna()).await.unwrap().unwrap().id;
    let undone = store.undo(&anna(), &agreed(Undo { act_id }), &|_| ControlFlow::Continue(())).await.unwrap();
    assert!(undone.refused.is_empty(), "{undone:?}");
}

#[tokio::test]
async fn generated_cards_their_batch_and_the_log_keep_points_and_a_last_moment() {
    let database = TestDatabase::create().await;
    let store = database.store();
    let until: DateTime<Utc> = "2126-12-31T15:59:59Z".parse().unwrap();
    let (points, forever) = (Points::new(100).unwrap(), CardDuration::Forever);
    for (duration, points, valid_until) in [
        (forever, Some(points), None),
        (forever, None, Some(until)),
        (CardDuration::Seconds(60), Some(points), Some(until)),
    ] {
        let order = GenerateOrder { duration, points, valid_until, ..order("VIP", 2, 16) };
        let batch = store.generate(&anna(), &agreed(order), &on).await.unwrap();
        let points = points.map(Points::get);
        assert_eq!((batch.points, batch.valid_until), (points, valid_until));
        let stored = (json!(points), json!(valid_until.map(|_| "2126-12-31 15:59:59")));
        assert_eq!(kept(&database, &store).await, [stored.clone(), stored]);
        let made = kinds(&store, batch.id).await;
        // A card that was never used is over at its last moment: the index of what expires has it.
        let kind = (duration, points, valid_until, valid_until);
        assert!(made.iter().all(|(_, made)| *made == kind), "{made:?}");

        // Deleted and brought back, they are what they were.
        let filter = Filter { batch_id: Some(batch.id), ..Filter::default() };
        let many = ManyAct { act: Act::Delete, selection: Selection::Filter(filter) };
        store.act_on(&anna(), &agreed(many), &|_| ControlFlow::Continue(())).await.unwrap();
        assert_eq!(kinds(&store, batch.id).await, []);
        undo(&store).await;
        assert_eq!(kinds(&store, batch.id).await, made);
    }
}

#[tokio::test]
async fn imported_cards_keep_points_and_last_moments_of_their_own_and_their_batch_what_they_share() {
    let database = TestDatabase::create().await;
    let store = database.store();
    let (past, until) = ("2026-01-01T00:00:00Z".parse().unwrap(), "2126-12-31T15:59:59Z".parse().unwrap());
    let import = async |kinds: &[(Option<u32>, Option<DateTime<Utc>>)]| {
        let cards: ImportCards = (0..)
            .zip(kinds)
            .map(|(place, (points, valid_until))| ImportCard {
                points: *points,
                valid_until: *valid_until,
                ..ImportCard::new("VIP".parse().ok(), format!("VIP-AP000{place}"), CardDuration::Forever)
            })
            .collect();
        store.import(&anna(), &cards, None, &AppName::default(), &on).await.unwrap()
    };
    let of_log = json!("2126-12-31 15:59:59");
    for (cards, points, valid_until, last) in [
        (&[(Some(5), Some(until)), (Some(5), Some(until))][..], Some(5), Some(until), of_log),
        (&[(Some(0), None), (Some(7), Some(until)), (None, Some(past))], None, None, json!(null)),
    ] {
        let batch = import(cards).await;
        assert_eq!((batch.points, batch.valid_until), (points, valid_until));
        let stored = (json!(points), last);
        assert_eq!(kept(&database, &store).await, [stored.clone(), stored]);
        let made = kinds(&store, batch.id).await;
        let told: Vec<_> = made.iter().map(|(_, (_, points, until, _))| (*points, *until)).collect();
        assert_eq!(told, cards);
        assert!(made.iter().all(|(_, (_, _, until, end))| until == end), "{made:?}");
        undo(&store).await;
        assert_eq!(kinds(&store, batch.id).await, []);
    }
}
