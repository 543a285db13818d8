//! Apps: their acts, and what clients of one are told.

use std::ops::ControlFlow;

use kami_core::acts::{Act, ActRefusal};
use kami_core::app::{App, AppEdit, AppName, NamedValue};
use kami_core::code::CodeLength;
use kami_core::duration::CardDuration;
use kami_core::gate::{Answer, Asks, Confirmed, Gate, Kind, Weight};
use kami_core::operator::Operator;
use kami_core::policy::{DevicePolicy, UnbindBy, WhenCopied, WhenFull};
use kami_store::{
    ActError, ActOutcome, AppActed, AppCost, AppOrder, AppRefusal, BucketWidth, Client, Event, GenerateOrder,
    LogFilter, Loss, ManyAct, NoCard, Selection, Store, Undo, Validation,
};
use kami_testkit::TestDatabase;
use mysql_async::prelude::Queryable;

use crate::{code, machine};

fn name(text: &str) -> AppName {
    text.parse().unwrap()
}

fn anna() -> Operator {
    Operator::new("anna").unwrap()
}

fn agreed<T>(weight: Weight, what: T) -> Confirmed<T> {
    Gate::new(true).pass(what, weight, Answer::Agreed).ok().unwrap()
}

async fn save(store: &Store, seen: Option<App>, wanted: Option<App>) -> Result<AppActed, ActError> {
    let order = AppOrder { seen, wanted };
    store.save_app(&anna(), &agreed(order.weight(), order)).await
}

async fn add(store: &Store, app: &str) -> App {
    let now = store.now().await.unwrap();
    save(store, None, Some(App::blank(name(app), now))).await.unwrap().app.unwrap()
}

async fn edit(store: &Store, app: &App, edit: AppEdit) -> Result<AppActed, ActError> {
    save(store, Some(app.clone()), Some(edit.applied(app).unwrap())).await
}

async fn archive(store: &Store, app: &App) -> AppActed {
    save(store, Some(app.clone()), Some(App { is_archived: true, ..app.clone() })).await.unwrap()
}

async fn undo(store: &Store, act_id: u64) -> ActOutcome {
    let undoable = store.undoable(act_id).await.unwrap().unwrap();
    let undo = agreed(undoable.weight(true), Undo { act_id });
    store.undo(&anna(), &undo, &|_| ControlFlow::Continue(())).await.unwrap()
}

async fn generate(store: &Store, app: &str) -> Result<kami_store::Batch, ActError> {
    let order = GenerateOrder {
        app: name(app),
        length: CodeLength::new(10).unwrap(),
        duration: CardDuration::Seconds(100),
        ..GenerateOrder::new("VIP".parse().unwrap(), 3)
    };
    store
        .generate(&anna(), &agreed(Weight { cards: 3, kind: Kind::Generate }, order), &|_| {
            ControlFlow::Continue(())
        })
        .await
}

fn full() -> AppEdit {
    let text = |text: &str| Some(text.to_owned());
    let value =
        |name: &str, is_public| NamedValue { name: name.into(), value: "值 \"1\"\n".into(), is_public };
    AppEdit {
        title: text("演示 Demo"),
        lease: text("10m"),
        when_full: Some(WhenFull::Oldest),
        trial: text("1d"),
        unbind: Some(UnbindBy::Anyone),
        unbind_cooldown: text("24h"),
        unbind_limit: text("3"),
        unbind_cost: text("5p"),
        offline: text("7d"),
        device: Some(DevicePolicy::Required),
        when_copied: Some(WhenCopied::Refuse),
        latest: text("2.1"),
        minimum: text("1.5"),
        url: text("https://example.com/下载"),
        notice: text("第一行\n\\ \"第二行\""),
        values: vec![value("b", true), value("a", false)],
    }
}

#[tokio::test]
async fn an_app_goes_through_every_act_and_back() {
    let database = TestDatabase::create().await;
    let store = database.store();
    let found = store.apps().await.unwrap();
    assert_eq!(found.apps.iter().map(|app| app.name.as_str()).collect::<Vec<_>>(), ["default"]);
    let added = add(&store, "demo").await;
    let set = edit(&store, &added, full()).await.unwrap();
    let is = set.app.unwrap();
    assert_eq!(is, App { created_at: is.created_at, ..full().applied(&added).unwrap() });
    assert_eq!(store.app(&name("demo")).await.unwrap(), Some(is.clone()));
    let archived = archive(&store, &is).await;
    let back = undo(&store, archived.act_id).await;
    assert_eq!((back.subject.as_deref(), back.refused.len()), (Some("demo"), 0));
    assert_eq!(store.app(&name("demo")).await.unwrap(), Some(is.clone()));
    undo(&store, set.act_id).await;
    assert_eq!(store.app(&name("demo")).await.unwrap(), Some(added.clone()));
    let removed = save(&store, Some(added.clone()), None).await.unwrap();
    assert_eq!((removed.app, store.app(&name("demo")).await.unwrap()), (None, None));
    undo(&store, removed.act_id).await;
    assert!(store.app(&name("demo")).await.unwrap().unwrap().is_same_state(&added));
    let acts: Vec<_> = store.log(&LogFilter::default(), None, 50).await.unwrap();
    let told: Vec<_> =
        acts.iter().rev().map(|row| (row.act.as_str(), row.subject.as_deref().unwrap())).collect();
    let expected = ["app_add", "app_set", "app_archive", "undo", "undo", "app_remove", "undo"];
    assert_eq!(told, expected.map(|act| (act, "demo")));
    assert!(acts.iter().all(|row| row.account.as_deref() == Some("kami@127.0.0.1")));
}

#[tokio::test]
async fn an_act_on_an_app_is_refused_where_it_does_not_fit() {
    let database = TestDatabase::create().await;
    let store = database.store();
    let demo = add(&store, "demo").await;
    let refusal = |result: Result<AppActed, ActError>| match result {
        Err(ActError::App(refusal)) => refusal,
        other => panic!("{other:?}"),
    };
    let demo_name = || name("demo");
    assert_eq!(refusal(save(&store, None, Some(demo.clone())).await), AppRefusal::Exists(demo_name()));
    assert_eq!(refusal(edit(&store, &demo, AppEdit::default()).await), AppRefusal::Unchanged(demo_name()));
    let gone = App { name: name("gone"), ..demo.clone() };
    assert_eq!(refusal(save(&store, Some(gone), None).await), AppRefusal::NoSuchApp(name("gone")));
    let titled =
        edit(&store, &demo, AppEdit { title: Some("x".into()), ..AppEdit::default() }).await.unwrap();
    assert_eq!(refusal(save(&store, Some(demo), None).await), AppRefusal::Changed(demo_name()));
    let demo = titled.app.unwrap();
    generate(&store, "demo").await.unwrap();
    assert_eq!(refusal(save(&store, Some(demo.clone()), None).await), AppRefusal::Needed(demo_name()));
    let default = store.app(&AppName::default()).await.unwrap().unwrap();
    let needed = AppRefusal::Needed(AppName::default());
    assert_eq!(refusal(save(&store, Some(default), None).await), needed);
    let latest = AppEdit { latest: Some("1".into()), ..AppEdit::default() };
    let later = edit(&store, &demo, latest).await.unwrap().app.unwrap();
    let stale = undo(&store, titled.act_id).await;
    assert_eq!((stale.act_id, stale.refused.len()), (None, 1), "it was changed since");
    assert_eq!(store.app(&demo_name()).await.unwrap(), Some(later));
}

#[tokio::test]
async fn no_card_is_made_for_an_app_that_is_none_or_archived() {
    let database = TestDatabase::create().await;
    let store = database.store();
    let demo = add(&store, "demo").await;
    archive(&store, &demo).await;
    for (app, refusal) in
        [("none", AppRefusal::NoSuchApp(name("none"))), ("demo", AppRefusal::Archived(name("demo")))]
    {
        match generate(&store, app).await {
            Err(ActError::App(found)) => assert_eq!(found, refusal),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(database.rows::<u64>("SELECT COUNT(*) FROM cards", ()).await, [0]);
    // Nor by an account that goes round this program.
    let mut connection = database.connect().await;
    connection.query_drop("INSERT INTO acts (act, operator) VALUES ('x', 'x')").await.unwrap();
    let act = connection.last_insert_id().unwrap();
    let batch = format!(
        "CALL make_batch_2({act}, JSON_OBJECT('origin', 'GENERATED', 'card_count', 1, 'app', 'demo'), UTC_TIMESTAMP())"
    );
    connection.query_drop(batch).await.unwrap();
    for app in ["demo", "none", "DEFAULT"] {
        let add = format!(
            "CALL add_cards_2({act}, JSON_ARRAY(JSON_OBJECT('prefix', '', 'code', 'X', 'full_code', 'X', 'app', '{app}')))"
        );
        assert!(connection.query_drop(add).await.is_err(), "{app}");
    }
}

#[tokio::test]
async fn a_card_exists_for_clients_of_its_app_alone() {
    let database = TestDatabase::create().await;
    let store = database.store();
    add(&store, "demo").await;
    generate(&store, "demo").await.unwrap();
    let full_code = database.rows::<String>("SELECT full_code FROM cards LIMIT 1", ()).await.remove(0);
    let (card, pc) = (code(&full_code), machine("PC-1"));
    let of = |app: &str| Client { app: name(app), ..Client::default() };
    for app in ["default", "other"] {
        assert_eq!(store.validate(&card, &pc, &of(app)).await.unwrap(), Validation::NotFound);
        assert_eq!(store.status(&card, None, &of(app)).await.unwrap(), Err(NoCard::NotFound));
    }
    let admitted = store.validate(&card, &pc, &of("demo")).await.unwrap();
    assert!(matches!(admitted, Validation::Admitted { app: None, .. }), "{admitted:?}");
    assert!(store.status(&card, None, &of("demo")).await.unwrap().is_ok());
}

#[tokio::test]
async fn who_says_a_version_is_told_of_the_app_as_it_is_at_that_moment() {
    let database = TestDatabase::create().await;
    let (store, console) = (database.store(), database.store());
    database.insert_card("VIP", "ONE").await;
    let versioned = |version: &str| Client { version: Some(version.parse().unwrap()), ..Client::default() };
    let ask = async |version: &str| {
        store.validate(&code("VIP-ONE"), &machine("PC-1"), &versioned(version)).await.unwrap()
    };
    let told = |validation| match validation {
        Validation::Admitted { app, .. } => app.unwrap(),
        other => panic!("{other:?}"),
    };
    assert!(told(ask("1").await).latest.is_none());
    let default = store.app(&AppName::default()).await.unwrap().unwrap();
    // It signs nothing.
    edit(&console, &default, AppEdit { device: None, ..full() }).await.unwrap();
    assert_eq!(told(ask("1.5").await).values.len(), 2);
    let refused = ask("1.4.9").await;
    assert!(matches!(&refused, Validation::TooOld(app) if app.url.is_some()), "{refused:?}");
    let client = Client::default();
    let silent = store.validate(&code("VIP-ONE"), &machine("PC-1"), &client).await.unwrap();
    assert!(matches!(silent, Validation::Admitted { app: None, .. }));
}

#[tokio::test]
async fn statistics_are_of_one_app_or_of_all() {
    let database = TestDatabase::create().await;
    let store = database.store();
    database
        .execute(
            "INSERT INTO cards (prefix, code, full_code, status, used_at, expire_at, app) VALUES
             ('A', '1', 'A-1', 'ACTIVE', UTC_TIMESTAMP(), UTC_TIMESTAMP() + INTERVAL 3 HOUR, 'demo'),
             ('A', '2', 'A-2', 'ACTIVE', UTC_TIMESTAMP(), UTC_TIMESTAMP() + INTERVAL 1 HOUR, 'default'),
             ('A', '3', 'A-3', 'UNUSED', NULL, NULL, 'demo'),
             ('B', '4', 'B-4', 'UNUSED', NULL, NULL, 'default')",
        )
        .await;
    let (demo, start) = (name("demo"), store.now().await.unwrap() - chrono::TimeDelta::hours(1));
    for (app, unused, active, prefixes, next) in [
        (None, 2, 2, &[("A", 1, 2), ("B", 1, 0)][..], &["A-2", "A-1"][..]),
        (Some(&demo), 1, 1, &[("A", 1, 1)], &["A-1"]),
    ] {
        let counts = store.counts_by_status(app).await.unwrap();
        assert_eq!((counts.unused, counts.active, counts.total()), (unused, active, unused + active));
        let stock = store.stock(7, app).await.unwrap();
        let stock: Vec<_> =
            stock.prefixes.iter().map(|of| (of.prefix.as_str(), of.unused, of.activated)).collect();
        assert_eq!(stock, prefixes);
        let totals = store.prefix_counts(app).await.unwrap();
        let totals: Vec<_> =
            totals.iter().map(|of| (of.prefix.as_str(), of.counts.unused, of.counts.active)).collect();
        assert_eq!(totals, prefixes);
        let histogram = store.histogram(Event::Activated, start, BucketWidth::Hour, 2, app).await.unwrap();
        assert_eq!(histogram.counts.iter().sum::<u64>(), active);
        let soonest = store.expiring_next(10, app).await.unwrap();
        assert_eq!(soonest.iter().map(|card| card.full_code.as_str()).collect::<Vec<_>>(), next);
    }
    let apps = store.app_counts().await.unwrap();
    let apps: Vec<_> = apps.iter().map(|of| (of.app.as_str(), of.counts.total())).collect();
    assert_eq!(apps, [("default", 2), ("demo", 2)]);
}

#[tokio::test]
async fn what_an_undo_costs_customers_is_known_beforehand() {
    let database = TestDatabase::create().await;
    let store = database.store();
    let added = add(&store, "demo").await;
    let text = |text: &str| Some(text.to_owned());
    let lowest = |minimum: &str| AppEdit { minimum: text(minimum), ..AppEdit::default() };
    let raised = edit(&store, &added, lowest("2.0")).await.unwrap();
    let lowered = edit(&store, &raised.app.unwrap(), lowest("1.0")).await.unwrap();
    let is = lowered.app.unwrap();
    let archived = archive(&store, &is).await;
    let open = save(&store, archived.app, Some(is)).await.unwrap();
    let first = store.log(&LogFilter::default(), None, 50).await.unwrap().pop().unwrap().act_id;
    let refuses = AppCost::Refuses { minimum: "2.0".parse().unwrap(), has_url: false };
    for (act, cost) in [
        (first, Some(AppCost::Removed)),
        (raised.act_id, None),
        (lowered.act_id, Some(refuses)),
        (archived.act_id, None),
        (open.act_id, Some(AppCost::Archived)),
    ] {
        let undoable = store.undoable(act).await.unwrap().unwrap();
        assert_eq!(undoable.loss, cost.map(Loss::App), "act {act}");
        let asks = Gate::new(false).asks(undoable.weight(true));
        assert_eq!(asks, if undoable.loss.is_some() { Asks::Yes } else { Asks::Nothing });
    }
}

#[tokio::test]
async fn a_version_is_what_clients_are_told_as_it_is_written() {
    let database = TestDatabase::create().await;
    let store = database.store();
    let mut app = add(&store, "demo").await;
    for latest in ["2.1", "v2.1", "2.1.0", "2.1+5"] {
        let written = AppEdit { latest: Some(latest.to_owned()), ..AppEdit::default() };
        app = edit(&store, &app, written).await.unwrap().app.unwrap();
        assert_eq!(app.latest.as_ref().unwrap().as_str(), latest);
    }
}

#[tokio::test]
async fn a_card_comes_back_to_no_app_that_is_gone() {
    let database = TestDatabase::create().await;
    let store = database.store();
    let demo = add(&store, "demo").await;
    generate(&store, "demo").await.unwrap();
    generate(&store, "default").await.unwrap();
    let ids: Vec<u64> = database.rows("SELECT id FROM cards", ()).await;
    let deletion = ManyAct { act: Act::Delete, selection: Selection::Ids(ids) };
    let weight = Weight { cards: 6, kind: Kind::Delete };
    let on = |_| ControlFlow::Continue(());
    let deleted = store.act_on(&anna(), &agreed(weight, deletion), &on).await.unwrap().act_id.unwrap();
    let removed = save(&store, Some(demo), None).await.unwrap();
    let back = undo(&store, deleted).await;
    assert_eq!((back.done, back.refused), (3, [(ActRefusal::AppGone, 3)].into()));
    let homes: Vec<String> = database.rows("SELECT DISTINCT app FROM cards", ()).await;
    assert_eq!(homes, ["default"]);
    // Nor by an account that goes round this program.
    let mut connection = database.connect().await;
    connection
        .query_drop(format!("INSERT INTO acts (act, operator, undoes) VALUES ('undo', 'x', {deleted})"))
        .await
        .unwrap();
    let act = connection.last_insert_id().unwrap();
    let query = "SELECT CAST(JSON_ARRAYAGG(id) AS CHAR) FROM operator_log WHERE act = 'delete' AND full_code IN
        (SELECT full_code FROM operator_log WHERE act_id = ? AND JSON_VALUE(values_before, '$.app') = 'demo')";
    let rows: String = connection.exec_first(query, (deleted,)).await.unwrap().unwrap();
    assert!(connection.exec_drop("CALL restore_cards_2(?, ?)", (act, rows)).await.is_err());
    undo(&store, removed.act_id).await;
    let restored = format!("SELECT COUNT(*) FROM cards WHERE app = '{}'", "demo");
    assert_eq!(database.rows::<u64>(&restored, ()).await, [0]);
}

#[tokio::test]
async fn cards_that_are_made_for_one_app_hold_no_other() {
    let database = TestDatabase::create().await;
    let store = database.store();
    for name in ["a1", "a2", "zz"] {
        add(&store, name).await;
    }
    let mut making = database.connect().await;
    making.query_drop("START TRANSACTION; INSERT INTO acts (act, operator) VALUES ('x', 'x')").await.unwrap();
    let act: u64 = making.query_first("SELECT MAX(id) FROM acts").await.unwrap().unwrap();
    let batch = format!(
        "CALL make_batch_2({act}, JSON_OBJECT('origin', 'GENERATED', 'card_count', 1), UTC_TIMESTAMP())"
    );
    making.query_drop(batch).await.unwrap();
    let card = format!(
        "CALL add_cards_2({act}, JSON_ARRAY(JSON_OBJECT('prefix', '', 'code', 'X', 'full_code', 'X', 'app', 'a1')))"
    );
    making.query_drop(card).await.unwrap();
    for (app, is_held) in [("default", false), ("a1", true), ("a2", false), ("zz", false)] {
        let change = format!(
            "SET SESSION innodb_lock_wait_timeout = 1; UPDATE apps SET title = 'x' WHERE name = '{app}'"
        );
        let changed = database.try_execute(&change).await;
        assert_eq!(changed.is_err(), is_held, "{app}: {changed:?}");
    }
}

#[tokio::test]
async fn a_policy_of_a_later_version_outlives_an_edit_of_this_one() {
    let database = TestDatabase::create().await;
    let store = database.store();
    database.execute("UPDATE apps SET policy = 'lease=600 unbind=machine'").await;
    let default = store.app(&AppName::default()).await.unwrap().unwrap();
    let titled =
        edit(&store, &default, AppEdit { title: Some("x".into()), ..AppEdit::default() }).await.unwrap();
    undo(&store, titled.act_id).await;
    let policies: Vec<String> = database.rows("SELECT policy FROM apps", ()).await;
    assert_eq!(policies, ["lease=600 unbind=machine"]);
}
