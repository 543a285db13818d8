//! Presets: their acts, what batches keep of them, and what their cards come to.

use std::ops::ControlFlow;

use kami_core::app::{App, AppName};
use kami_core::duration::CardDuration;
use kami_core::gate::{Answer, Confirmed, Gate, Kind, Weight};
use kami_core::operator::Operator;
use kami_core::points::Points;
use kami_core::preset::{Preset, PresetEdit, PresetName};
use kami_core::price::{Currency, Price};
use kami_core::seats::Seats;
use kami_store::{
    ActError, ActOutcome, AppOrder, AppRefusal, Batch, GenerateOrder, LogFilter, PresetActed, PresetOrder,
    PresetRefusal, Store, Undo,
};
use kami_testkit::TestDatabase;

fn app(text: &str) -> AppName {
    text.parse().unwrap()
}

fn name(text: &str) -> PresetName {
    text.parse().unwrap()
}

fn yuan() -> Currency {
    "CNY".parse().unwrap()
}

fn anna() -> Operator {
    Operator::new("anna").unwrap()
}

fn agreed<T>(weight: Weight, what: T) -> Confirmed<T> {
    Gate::new(true).pass(what, weight, Answer::Agreed).ok().unwrap()
}

fn month(of: &str) -> Preset {
    let blank = Preset::blank(app(of), name("month"), "VIP".parse().unwrap());
    Preset { duration: CardDuration::Seconds(30 * 86_400), price: Price::new(990, yuan()).ok(), ..blank }
}

async fn save(
    store: &Store,
    seen: Option<&Preset>,
    wanted: Option<&Preset>,
) -> Result<PresetActed, ActError> {
    let order = PresetOrder { seen: seen.cloned(), wanted: wanted.cloned() };
    store.save_preset(&anna(), &agreed(order.weight(), order)).await
}

async fn save_app(store: &Store, seen: Option<App>, wanted: Option<App>) -> Result<u64, ActError> {
    let order = AppOrder { seen, wanted };
    Ok(store.save_app(&anna(), &agreed(order.weight(), order)).await?.act_id)
}

async fn undo(store: &Store, act_id: u64) -> Result<ActOutcome, ActError> {
    let undoable = store.undoable(act_id).await.unwrap().unwrap();
    assert_eq!(undoable.loss, None);
    let undo = agreed(undoable.weight(true), Undo { act_id });
    store.undo(&anna(), &undo, &|_| ControlFlow::Continue(())).await
}

async fn generate(store: &Store, preset: &Preset, count: u32) -> Batch {
    let order = GenerateOrder {
        app: preset.app.clone(),
        duration: preset.duration,
        preset: Some(preset.for_batch()),
        ..GenerateOrder::new(preset.prefix.clone(), count)
    };
    let order = agreed(Weight { cards: u64::from(count), kind: Kind::Generate }, order);
    store.generate(&anna(), &order, &|_| ControlFlow::Continue(())).await.unwrap()
}

#[tokio::test]
async fn a_preset_goes_through_every_act_and_back() {
    let database = TestDatabase::create().await;
    let store = database.store();
    let (default, called) = (AppName::default(), name("month"));
    let found = async || store.preset(&default, &called).await.unwrap();
    let first = month("default");
    let added = save(&store, None, Some(&first)).await.unwrap();
    assert_eq!((added.preset.as_ref(), found().await.as_ref()), (Some(&first), Some(&first)));
    let edit = PresetEdit {
        prefix: Some("季卡".parse().unwrap()),
        duration: Some(CardDuration::Forever),
        valid_until: Some(Some("2027-01-31T16:00:00Z".parse().unwrap())),
        points: Some(Some(Points::new(Points::MAX).unwrap())),
        seats: Some(Seats::new(1_000).unwrap()),
        price: Some("9999999.999".to_owned()),
        currency: Some("KWD".to_owned()),
        recharges: Some(true),
    };
    let second = edit.applied(&first).unwrap();
    let set = save(&store, Some(&first), Some(&second)).await.unwrap();
    assert_eq!(found().await.as_ref(), Some(&second));
    let removed = save(&store, Some(&second), None).await.unwrap();
    assert_eq!((removed.preset, found().await), (None, None));
    let back = undo(&store, removed.act_id).await.unwrap();
    assert_eq!((back.subject.as_deref(), back.refused.len()), (Some("default/month"), 0));
    assert_eq!(found().await.as_ref(), Some(&second));
    // The taking back of a taking back as well, as all of them keep the same form.
    let gone = undo(&store, back.act_id.unwrap()).await.unwrap();
    assert_eq!(found().await, None);
    undo(&store, gone.act_id.unwrap()).await.unwrap();
    undo(&store, set.act_id).await.unwrap();
    assert_eq!(found().await.as_ref(), Some(&first));
    undo(&store, added.act_id).await.unwrap();
    assert_eq!(found().await, None);
    let log = store.log(&LogFilter::default(), None, 50).await.unwrap();
    let told: Vec<_> = log.iter().rev().map(|row| row.act.as_str()).collect();
    let acts = ["preset_add", "preset_set", "preset_remove", "undo", "undo", "undo", "undo", "undo"];
    assert_eq!(told, acts);
    assert!(log.iter().all(|row| row.subject.as_deref() == Some("default/month")));
    assert!(log.iter().all(|row| row.account.as_deref() == Some("kami@127.0.0.1")));
}

#[tokio::test]
async fn an_act_on_a_preset_is_refused_where_it_does_not_fit() {
    let database = TestDatabase::create().await;
    let store = database.store();
    let refusal = |result: Result<PresetActed, ActError>| match result {
        Err(ActError::Preset(refusal)) => refusal,
        other => panic!("{other:?}"),
    };
    let first = month("default");
    let dearer = Preset { price: Price::new(1_990, yuan()).ok(), ..first.clone() };
    let called = || name("month");
    assert_eq!(refusal(save(&store, Some(&first), None).await), PresetRefusal::NoSuchPreset(called()));
    let added = save(&store, None, Some(&first)).await.unwrap();
    assert_eq!(refusal(save(&store, None, Some(&first)).await), PresetRefusal::Exists(called()));
    assert_eq!(refusal(save(&store, Some(&first), Some(&first)).await), PresetRefusal::Unchanged(called()));
    assert_eq!(refusal(save(&store, Some(&dearer), None).await), PresetRefusal::Changed(called()));
    let none = save(&store, None, Some(&month("none"))).await;
    assert!(matches!(&none, Err(ActError::App(AppRefusal::NoSuchApp(it))) if *it == app("none")), "{none:?}");
    save(&store, Some(&first), Some(&dearer)).await.unwrap();
    let stale = undo(&store, added.act_id).await.unwrap();
    assert_eq!((stale.act_id, stale.refused.len()), (None, 1), "it was changed since");
    let acts: Vec<u64> = database.rows("SELECT id FROM acts", ()).await;
    assert_eq!(acts.len(), 2, "what was refused stands nowhere");
}

#[tokio::test]
async fn an_app_has_a_hundred_presets_and_no_more() {
    let database = TestDatabase::create().await;
    let (store, other) = (database.store(), database.store());
    let numbered = |number: usize| Preset { name: name(&format!("p{number}")), ..month("default") };
    for number in 1..Preset::MAX {
        save(&store, None, Some(&numbered(number))).await.unwrap();
    }
    // The last place is one's.
    let (last, late) = (numbered(100), numbered(101));
    let (one, two) = tokio::join!(save(&store, None, Some(&last)), save(&other, None, Some(&late)));
    let refused: Vec<_> = [one, two].into_iter().filter_map(Result::err).collect();
    assert!(matches!(refused[..], [ActError::Preset(PresetRefusal::TooMany)]), "{refused:?}");
    assert_eq!(store.presets(Some(&AppName::default())).await.unwrap().presets.len(), Preset::MAX);
    // Nor by an account that goes round this program.
    database.execute("INSERT INTO acts (act, operator) VALUES ('x', 'x')").await;
    let act: u64 = database.rows("SELECT MAX(id) FROM acts", ()).await[0];
    for (of, called, values, is_saved) in [
        ("default", "more", "'{\"prefix\":\"A\"}'", false),
        ("none", "more", "'{\"prefix\":\"A\"}'", false),
        ("default", "p1", "'{\"prefix\":\"A\"}'", true),
        ("default", "p1", "NULL", true),
    ] {
        for routine in ["save_preset_2", "save_preset"] {
            let call = format!("CALL {routine}({act}, '{of}', '{called}', {values})");
            let saved = database.try_execute(&format!("START TRANSACTION; {call}; ROLLBACK")).await;
            assert_eq!(saved.is_ok(), is_saved, "{call}: {saved:?}");
        }
    }
}

#[tokio::test]
async fn an_app_with_presets_stays() {
    let database = TestDatabase::create().await;
    let store = database.store();
    let added =
        save_app(&store, None, Some(App::blank(app("demo"), store.now().await.unwrap()))).await.unwrap();
    let demo = store.app(&app("demo")).await.unwrap().unwrap();
    let preset = save(&store, None, Some(&month("demo"))).await.unwrap();
    let has_presets = |refused: &ActError| matches!(refused, ActError::App(AppRefusal::HasPresets(_)));
    let refused = save_app(&store, Some(demo.clone()), None).await.unwrap_err();
    assert!(has_presets(&refused), "{refused:?}");
    let undoing = agreed(Weight { cards: 1, kind: Kind::Delete }, Undo { act_id: added });
    let refused = store.undo(&anna(), &undoing, &|_| ControlFlow::Continue(())).await.unwrap_err();
    assert!(has_presets(&refused), "{refused:?}");
    let taken = undo(&store, preset.act_id).await.unwrap().act_id.unwrap();
    save_app(&store, Some(demo), None).await.unwrap();
    let homeless = undo(&store, taken).await.unwrap_err();
    assert!(matches!(homeless, ActError::App(AppRefusal::NoSuchApp(_))), "{homeless:?}");
}

#[tokio::test]
async fn a_batch_keeps_what_its_preset_was() {
    let database = TestDatabase::create().await;
    let store = database.store();
    let first = Preset { recharges: true, ..month("default") };
    save(&store, None, Some(&first)).await.unwrap();
    let batch = generate(&store, &first, 2).await;
    let dearer = Preset { price: Price::new(1_990, yuan()).ok(), ..first.clone() };
    save(&store, Some(&first), Some(&dearer)).await.unwrap();
    save(&store, Some(&dearer), None).await.unwrap();
    let kept = store.batch(batch.id).await.unwrap().unwrap();
    assert_eq!((kept.preset.as_ref(), &kept), (Some(&first.for_batch()), &batch));
    let logged =
        store.log(&LogFilter { act: Some("generate".into()), ..LogFilter::default() }, None, 1).await;
    let values = logged.unwrap().remove(0).after.unwrap();
    let kept: Vec<_> = ["preset", "price", "currency", "recharge"].map(|key| values[key].to_string()).into();
    assert_eq!(kept, ["\"month\"", "990", "\"CNY\"", "1"]);
    // What cannot be understood hides no batch, and programs of before write nothing.
    database
        .execute("UPDATE batches SET currency = '???'; INSERT INTO batches (card_count, operator, created_at) VALUES (1, 'x', '2026-01-01')")
        .await;
    let presets: Vec<_> =
        store.batches(None, 9).await.unwrap().into_iter().map(|batch| batch.preset).collect();
    assert_eq!(presets, [None, None]);
}

#[tokio::test]
async fn what_each_preset_sold_is_counted_by_currency() {
    let database = TestDatabase::create().await;
    let store = database.store();
    let now = store.now().await.unwrap();
    save_app(&store, None, Some(App::blank(app("demo"), now))).await.unwrap();
    let yen = "JPY".parse().unwrap();
    let first = month("default");
    let abroad = Preset { price: Price::new(500, yen).ok(), ..first.clone() };
    let free = Preset { name: name("free"), price: None, ..first.clone() };
    for preset in [&first, &first, &abroad, &free, &month("demo")] {
        generate(&store, preset, 3).await;
    }
    database.insert_card("VIP", "OTHER").await;
    database
        .execute(
            "UPDATE cards SET status = 'ACTIVE', used_at = UTC_TIMESTAMP() WHERE batch_id IN (1, 2, 3) LIMIT 7;
             UPDATE cards SET status = 'DISABLED' WHERE batch_id = 1 ORDER BY id LIMIT 1;
             UPDATE cards SET status = 'EXPIRED' WHERE batch_id = 4 ORDER BY id LIMIT 1;
             UPDATE cards SET status = 'EXPIRED', used_at = UTC_TIMESTAMP() WHERE batch_id = 5 ORDER BY id LIMIT 1;
             DELETE FROM cards WHERE batch_id = 4 AND status = 'UNUSED' ORDER BY id LIMIT 1",
        )
        .await;
    let told = async |of: Option<&AppName>| {
        let counted = store.preset_counts(of).await.unwrap();
        let told = counted.into_iter().map(|of| {
            let counts = [of.counts.unused, of.counts.active, of.counts.expired, of.counts.disabled];
            let worth: Vec<_> = of
                .worth
                .iter()
                .map(|(currency, amount)| format!("{} {currency}", currency.written(*amount)))
                .collect();
            (format!("{}/{}", of.app, of.preset), counts, of.sold, worth.join(", "))
        });
        told.collect::<Vec<_>>()
    };
    let demo = ("demo/month".to_owned(), [2, 0, 1, 0], 1, "9.90 CNY".to_owned());
    let free = ("default/free".to_owned(), [1, 0, 1, 0], 0, String::new());
    let sold = ("default/month".to_owned(), [2, 6, 0, 1], 7, "59.40 CNY, 500 JPY".to_owned());
    assert_eq!(told(None).await, [free, sold, demo.clone()]);
    assert_eq!(told(Some(&app("demo"))).await, [demo]);
}

#[tokio::test]
async fn a_preset_that_cannot_be_understood_hides_no_other() {
    let database = TestDatabase::create().await;
    let store = database.store();
    save(&store, None, Some(&month("default"))).await.unwrap();
    database
        .execute(
            "INSERT INTO presets (app, name, prefix, price) VALUES ('default', 'half', 'A', 1);
             INSERT INTO presets (app, name, prefix, points) VALUES ('default', 'none', 'A', 0);
             INSERT INTO presets (app, name, prefix, seats) VALUES ('default', 'seats', 'A', 1001)",
        )
        .await;
    let found = store.presets(None).await.unwrap();
    assert_eq!(found.presets, [month("default")]);
    assert_eq!(found.unreadable, ["default/half", "default/none", "default/seats"]);
}
