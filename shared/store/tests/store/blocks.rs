//! Who is kept out: of what, from when on, and how that is taken back.

use std::ops::ControlFlow;

use chrono::{DateTime, TimeDelta, Utc};
use kami_core::acts::ActRefusal;
use kami_core::app::App;
use kami_core::block::{Block, BlockKey};
use kami_core::gate::{Asks, Gate};
use kami_core::operator::{Note, Operator};
use kami_store::{
    ActError, ActFilter, ActOutcome, ActRecord, AppOrder, AppRefusal, BlockChanges, BlockOrder, BlockRefusal,
    BlocksActed, Client, LogFilter, LogRecord, Loss, NoCard, OneActed, OneBlock, SeatReturn, Store, Undo,
    Validation,
};
use kami_testkit::{Proxy, TestDatabase, agreed, unique_name};
use tokio::task::JoinSet;

use crate::{code, machine};

fn anna() -> Operator {
    Operator::new("anna").unwrap()
}

fn key(app: &str, target: &str) -> BlockKey {
    let app = (!app.is_empty()).then(|| app.parse().unwrap());
    BlockKey { app, target: target.parse().unwrap() }
}

fn block(app: &str, target: &str) -> Block {
    Block { key: key(app, target), reason: None, until: None }
}

fn for_reason(app: &str, target: &str, reason: &str, until: Option<DateTime<Utc>>) -> Block {
    Block { reason: Note::parse(reason).unwrap(), until, ..block(app, target) }
}

async fn act(store: &Store, order: BlockOrder) -> Result<BlocksActed, ActError> {
    store.act_on_blocks(&anna(), &agreed(order)).await
}

async fn add(store: &Store, blocks: &[Block]) -> BlocksActed {
    act(store, BlockOrder::Add(blocks.to_vec())).await.unwrap()
}

async fn remove(store: &Store, keys: &[BlockKey]) -> Result<BlocksActed, ActError> {
    act(store, BlockOrder::Remove(keys.to_vec())).await
}

async fn undo(store: &Store, act_id: u64) -> ActOutcome {
    store.undo(&anna(), &agreed(Undo { act_id }), &|_| ControlFlow::Continue(())).await.unwrap()
}

async fn all(store: &Store) -> Vec<Block> {
    let found = store.blocks(None, None, 1000).await.unwrap();
    assert!(found.unreadable.is_empty());
    found.blocks.into_iter().rev().map(|record| record.block).collect()
}

fn from(address: &str) -> Client {
    Client { address: Some(address.parse().unwrap()), ..Client::default() }
}

/// Whether the card lets a machine in that comes from there, or keeps it out; nothing else is answered.
async fn is_out(store: &Store, asker: &str, client: &Client) -> bool {
    match store.validate(&code("VIP-A"), &machine(asker), client).await.unwrap() {
        Validation::Admitted { .. } => false,
        Validation::Blocked => true,
        other => panic!("{asker}: {other:?}"),
    }
}

/// A database with another app, `demo`.
async fn with_demo() -> TestDatabase {
    let database = TestDatabase::create().await;
    database.execute("INSERT INTO apps (name, created_at) VALUES ('demo', UTC_TIMESTAMP())").await;
    database
}

/// One with a card for many machines.
async fn with_card() -> TestDatabase {
    let database = with_demo().await;
    database.insert_card("VIP", "A").await;
    database.execute("UPDATE cards SET seats = 100").await;
    database
}

#[tokio::test]
async fn who_is_kept_out_is_so_from_the_commit_on_whatever_he_asks() {
    let database = with_card().await;
    let (operator, function) = (database.store(), database.store());
    let (card, here) = (code("VIP-A"), from("203.0.113.7"));
    assert!(!is_out(&function, "PC-1", &here).await);

    let added = add(&operator, &[block("", "PC-1")]).await;
    assert!(is_out(&function, "PC-1", &here).await);
    assert!(!is_out(&function, "pc-1", &here).await && !is_out(&function, "PC-2", &here).await);
    let status = async |asker: Option<&str>| {
        let asker = asker.map(machine);
        function.status(&card, asker.as_ref(), &here).await.unwrap().map(drop)
    };
    assert_eq!(status(Some("PC-1")).await, Err(NoCard::Blocked));
    assert_eq!((status(None).await, status(Some("PC-2")).await), (Ok(()), Ok(())), "who does not ask as it");
    let release = async |asker: &str| function.release(&card, &machine(asker), &here).await.unwrap();
    assert_eq!(release("PC-1").await, Err(NoCard::Blocked));
    assert_eq!(release("PC-2").await, Ok(SeatReturn::Kept));
    let of_none = function.validate(&code("VIP-NONE"), &machine("PC-1"), &here).await.unwrap();
    assert_eq!(of_none, Validation::NotFound, "a card that is not there is none for anybody");

    undo(&operator, added.act_id).await;
    assert!(!is_out(&function, "PC-1", &here).await);

    add(&operator, &[block("", "203.0.113.0/24")]).await;
    assert!(is_out(&function, "PC-1", &here).await && is_out(&function, "PC-3", &here).await);
    assert_eq!((status(None).await, release("PC-2").await), (Err(NoCard::Blocked), Err(NoCard::Blocked)));
    assert!(!is_out(&function, "PC-1", &from("203.0.114.7")).await);
    assert!(!is_out(&function, "PC-1", &Client::default()).await, "nowhere is in no network");
    assert!(is_out(&function, "PC-1", &from("::ffff:203.0.113.9")).await);
    remove(&operator, &[key("", "203.0.113.99/24")]).await.unwrap();
    assert!(!is_out(&function, "PC-1", &here).await);
}

#[tokio::test]
async fn a_block_is_of_an_app_or_of_all_and_ends_by_the_database_s_clock() {
    let database = with_card().await;
    let store = database.store();
    let client = Client::default();
    let now = store.now().await.unwrap();
    let until = |seconds| Some(now + TimeDelta::seconds(seconds));
    for (blocks, out) in [
        (vec![block("demo", "PC-1")], false),
        (vec![block("default", "PC-1")], true),
        (vec![for_reason("", "PC-1", "refund", until(-2))], false),
        (vec![for_reason("", "PC-1", "refund", until(600))], true),
        (vec![for_reason("", "PC-1", "refund", until(-2)), block("default", "PC-1")], true),
    ] {
        let acted = add(&store, &blocks).await;
        assert_eq!(is_out(&store, "PC-1", &client).await, out, "{blocks:?}");
        undo(&store, acted.act_id).await;
        assert_eq!(all(&store).await, []);
    }
    // A copy knows the ends of those that it has.
    add(&store, &[for_reason("", "PC-1", "", until(600))]).await;
    assert!(is_out(&store, "PC-1", &client).await);
    database.execute("UPDATE blocks SET `until` = '2020-01-01'").await;
    assert!(is_out(&store, "PC-1", &client).await, "nobody has counted a change of it");
    add(&store, &[block("", "PC-2")]).await;
    assert!(!is_out(&store, "PC-1", &client).await);
}

#[tokio::test]
async fn a_block_goes_through_every_act_and_back() {
    let database = with_demo().await;
    let store = database.store();
    let until = Some("2030-01-02T03:04:05Z".parse().unwrap());
    let first = [for_reason("demo", "电脑 1", "退款 \"1\"\n", until), block("", "203.0.113.0/24")];
    let added = add(&store, &first).await;
    assert_eq!(added.changes, BlockChanges { added: 2, ..BlockChanges::default() });
    assert_eq!(all(&store).await, first);

    // What is said of one that is there is replaced; one that stays as it is is no part of the act.
    let second = [for_reason("demo", "电脑 1", "chargeback", None), first[1].clone(), block("", "PC-2")];
    let survey = store.survey_blocks(&BlockOrder::Add(second.to_vec())).await.unwrap();
    let replaced = add(&store, &second).await;
    assert_eq!(replaced.changes, BlockChanges { added: 1, replaced: 1, unchanged: 1, removed: 0 });
    assert_eq!(survey, replaced.changes);
    let unchanged = act(&store, BlockOrder::Add(second.to_vec())).await.unwrap_err();
    assert!(matches!(unchanged, ActError::Block(BlockRefusal::Unchanged)), "{unchanged:?}");
    assert_eq!(all(&store).await, [second[0].clone(), first[1].clone(), second[2].clone()]);
    undo(&store, replaced.act_id).await;
    assert_eq!(all(&store).await, first);

    let missing = key("", "电脑 1");
    let keys = [first[0].key.clone(), missing.clone()];
    let refused = remove(&store, &keys).await.unwrap_err();
    assert!(matches!(&refused, ActError::Block(BlockRefusal::NotBlocked(keys)) if *keys == [missing]));
    assert_eq!(all(&store).await, first, "none is let in then");
    let removed = remove(&store, &[first[0].key.clone(), first[1].key.clone()]).await.unwrap();
    assert_eq!(all(&store).await, []);
    let back = undo(&store, removed.act_id).await;
    assert_eq!((back.done, back.refused.len()), (2, 0));
    assert_eq!(sorted(all(&store).await), sorted(first.to_vec()));
    undo(&store, back.act_id.unwrap()).await;
    assert_eq!(all(&store).await, []);

    let acts = store.acts_step(&ActFilter::default(), None, 50).await.unwrap().acts;
    let told: Vec<_> =
        acts.iter().rev().map(|act| (&*act.act, act.subject.as_deref().unwrap(), act.card_count)).collect();
    assert_eq!(
        told,
        [
            ("block_add", "2 blocks", 2),
            ("block_add", "2 blocks", 2),
            ("undo", "2 blocks", 2),
            ("block_remove", "2 blocks", 2),
            ("undo", "2 blocks", 2),
            ("undo", "2 blocks", 2),
        ]
    );
    assert!(acts.iter().all(ActRecord::is_of_blocks));
    let of_first: Vec<LogRecord> = store.log(&of_act(added.act_id), None, 50).await.unwrap();
    let subjects: Vec<_> = of_first.iter().map(|row| row.subject.as_deref().unwrap()).collect();
    assert_eq!(subjects, ["network 203.0.113.0/24", "machine 电脑 1"]);
    let after = serde_json::json!({
        "app": "demo", "kind": "MACHINE", "target": "电脑 1", "reason": "退款 \"1\"", "until": "2030-01-02 03:04:05",
    });
    assert_eq!((&of_first[1].before, of_first[1].after.as_ref()), (&None, after.as_object()));
    assert!(of_first.iter().all(|row| row.account.as_deref() == Some("kami@127.0.0.1")));
}

fn of_act(act_id: u64) -> LogFilter {
    LogFilter { act_id: Some(act_id), ..LogFilter::default() }
}

fn sorted(mut blocks: Vec<Block>) -> Vec<Block> {
    blocks.sort_by_key(|block| block.key.target.to_string());
    blocks
}

#[tokio::test]
async fn what_was_changed_since_is_not_taken_back_and_the_rest_is() {
    let database = TestDatabase::create().await;
    let store = database.store();
    let added = add(&store, &[block("", "PC-1"), block("", "PC-2"), block("", "PC-3")]).await;
    add(&store, &[for_reason("", "PC-2", "again", None)]).await;
    let back = undo(&store, added.act_id).await;
    assert_eq!((back.done, back.refused), (2, [(ActRefusal::ChangedSince, 1)].into()));
    assert_eq!(all(&store).await, [for_reason("", "PC-2", "again", None)]);
    let twice =
        store.undo(&anna(), &agreed(Undo { act_id: added.act_id }), &|_| ControlFlow::Continue(())).await;
    assert!(matches!(twice, Err(ActError::NotUndoable(_))), "{twice:?}");
    assert_eq!(store.act(added.act_id).await.unwrap().unwrap().undone_by, back.act_id);
    let one =
        act(&store, BlockOrder::Add(vec![block("", "PC-9"), for_reason("", "PC-9", "twice", None)])).await;
    let one = store.act(one.unwrap().act_id).await.unwrap().unwrap();
    assert_eq!((one.subject.as_deref(), one.card_count), (Some("machine PC-9"), 1));
}

#[tokio::test]
async fn who_shuts_nearly_everybody_out_is_asked_and_who_takes_letting_them_in_back_too() {
    let database = TestDatabase::create().await;
    let store = database.store();
    let asks = |order: &BlockOrder| Gate::new(true).asks(order.weight());
    for (target, asked) in [
        ("0.0.0.0/0", Asks::Yes),
        ("10.0.0.0/7", Asks::Yes),
        ("10.0.0.0/8", Asks::Nothing),
        ("::/0", Asks::Yes),
        ("PC-1", Asks::Nothing),
    ] {
        let order = BlockOrder::Add(vec![block("", "PC-1"), block("", target)]);
        assert_eq!(asks(&order), asked, "{target}");
        assert_eq!(asks(&BlockOrder::Remove(vec![key("", target)])), Asks::Nothing, "{target}");
    }
    let added = add(&store, &[block("", "PC-1"), block("", "0.0.0.0/0")]).await;
    let undoable = store.undoable(added.act_id).await.unwrap().unwrap();
    assert_eq!((undoable.loss.clone(), undoable.weight(true).cards), (None, 2));
    let removed = remove(&store, &[key("", "PC-1"), key("", "0.0.0.0/0")]).await.unwrap();
    let undoable = store.undoable(removed.act_id).await.unwrap().unwrap();
    assert_eq!(undoable.loss, Some(Loss::Blocks(vec![key("", "0.0.0.0/0").target])));
    assert_eq!(Gate::new(false).asks(undoable.weight(true)), Asks::Yes);
}

/// Fills the list up to so many.
pub(crate) async fn fill(database: &TestDatabase, count: u32) {
    let rows = format!(
        "INSERT INTO blocks (kind, target, created_at) SELECT 'MACHINE', CONCAT('FILL-', place.n), UTC_TIMESTAMP()
         FROM JSON_TABLE(CONCAT('[', REPEAT('0,', {count} - 1), '0]'), '$[*]' COLUMNS (n FOR ORDINALITY)) AS place"
    );
    database.execute(&rows).await;
}

#[tokio::test]
async fn there_are_so_many_and_no_more_whoever_is_faster() {
    let database = TestDatabase::create().await;
    fill(&database, 99_999).await;
    let (one, other) = (database.store(), database.store());
    let too_many = BlockOrder::Add(vec![block("", "PC-1"), block("", "PC-2")]);
    let refused = act(&one, too_many).await.unwrap_err();
    assert!(matches!(refused, ActError::Block(BlockRefusal::TooMany)), "{refused:?}");
    let count = async || database.rows::<u64>("SELECT COUNT(*) FROM blocks", ()).await.remove(0);
    assert_eq!(
        (count().await, one.acts_step(&ActFilter::default(), None, 9).await.unwrap().acts.len()),
        (99_999, 0),
        "nothing is changed by it"
    );
    let (first, second) = tokio::join!(
        act(&one, BlockOrder::Add(vec![block("", "PC-1")])),
        act(&other, BlockOrder::Add(vec![block("", "PC-2")]))
    );
    assert_eq!([first.is_ok(), second.is_ok()].into_iter().filter(|is_in| *is_in).count(), 1);
    assert_eq!(count().await, 100_000);
    let replaced = add(&one, &[for_reason("", "FILL-1", "one that is there already", None)]).await;
    assert_eq!(replaced.changes.replaced, 1);
}

#[tokio::test]
async fn a_block_costs_no_round_trip_until_the_list_changes_and_a_changed_app_reads_it_no_more() {
    let database = with_card().await;
    let store = database.store();
    let proxy = Proxy::start(database.port()).await;
    let function = Store::new(&database.url_through(proxy.port()).parse().unwrap());
    let here = from("203.0.113.7");
    let validate = async || {
        let before = proxy.commands();
        let out = is_out(&function, "PC-1", &here).await;
        (proxy.commands() - before, out)
    };
    add(&store, &[block("", "203.0.114.0/24"), block("", "PC-9")]).await;
    validate().await;
    validate().await;
    for _ in 0..10 {
        assert_eq!(validate().await, (1, false), "the usual request");
    }
    add(&store, &[block("", "PC-1")]).await;
    assert_eq!(validate().await, (3, true), "the apps and the list are read anew");
    for _ in 0..10 {
        assert_eq!(validate().await, (1, true));
    }
    database.execute("UPDATE policy_revision SET revision = revision + 1").await;
    assert_eq!(validate().await, (2, true), "the apps alone");
    remove(&store, &[key("", "PC-1")]).await.unwrap();
    assert_eq!(validate().await, (3, false));
}

#[tokio::test]
async fn an_account_and_a_schema_of_the_last_version_keep_nobody_out_and_go_on() {
    let database = with_card().await;
    let store = database.store();
    add(&store, &[block("", "PC-1")]).await;
    let (name, account) = (database.name(), unique_name("old"));
    let tables = ["cards", "apps", "policy_revision", "card_seats"];
    let grants = tables.map(|table| format!("GRANT SELECT ON {name}.{table} TO '{account}'@'%';")).concat();
    let create = format!("CREATE USER '{account}'@'%' IDENTIFIED BY 'p'; {grants}");
    database.execute(&create).await;
    database
        .execute("UPDATE cards SET status = 'ACTIVE', machine_code = 'PC-1', used_at = UTC_TIMESTAMP()")
        .await;
    let old = database.as_account(&account, "p").store();
    let client = Client { version: Some("1.0".parse().unwrap()), ..Client::default() };
    let admitted = old.validate(&code("VIP-A"), &machine("PC-1"), &client).await.unwrap();
    assert!(matches!(admitted, Validation::Admitted { app: Some(_), .. }), "{admitted:?}");
    let before = old.counters().round_trips;
    assert!(!is_out(&old, "PC-1", &client).await);
    assert_eq!(old.counters().round_trips - before, 1, "it does not ask each time");
    let columns = "app, kind, target, `until`";
    let grant = format!("GRANT SELECT ({columns}) ON {name}.blocks TO '{account}'@'%'");
    database.execute(&grant).await;
    add(&store, &[block("", "PC-2")]).await;
    assert!(is_out(&old, "PC-1", &client).await);

    database.execute("DROP TABLE blocks; ALTER TABLE policy_revision DROP COLUMN blocks").await;
    database.execute("UPDATE policy_revision SET revision = revision + 1").await;
    for store in [&old, &database.store()] {
        let admitted = store.validate(&code("VIP-A"), &machine("PC-1"), &client).await.unwrap();
        assert!(matches!(admitted, Validation::Admitted { app: Some(_), .. }), "{admitted:?}");
    }
    database.execute(&format!("DROP USER '{account}'@'%'")).await;
}

#[tokio::test]
async fn a_row_that_cannot_be_understood_keeps_nobody_out_and_hides_no_other() {
    let database = with_card().await;
    let store = database.store();
    add(&store, &[block("", "PC-1")]).await;
    database
        .execute(
            "INSERT INTO blocks (app, kind, target, created_at) VALUES
                ('', 'NETWORK', 'everywhere', UTC_TIMESTAMP()), ('', 'PERSON', 'Li', UTC_TIMESTAMP()),
                ('No App', 'MACHINE', 'PC-3', UTC_TIMESTAMP())",
        )
        .await;
    add(&store, &[block("", "PC-2")]).await;
    let client = Client::default();
    assert!(is_out(&store, "PC-1", &client).await && is_out(&store, "PC-2", &client).await);
    assert!(!is_out(&store, "PC-3", &client).await);
    let found = store.blocks(None, None, 1000).await.unwrap();
    assert_eq!((found.blocks.len(), found.unreadable.len(), found.next), (2, 3, None));
}

#[tokio::test]
async fn the_list_is_paged_newest_first_and_by_app() {
    let database = with_demo().await;
    let store = database.store();
    let blocks: Vec<Block> = (1..=5).map(|n| block(["", "demo"][n % 2], &format!("PC-{n}"))).collect();
    add(&store, &blocks).await;
    let mut pages = Vec::new();
    let mut before = None;
    loop {
        let page = store.blocks(None, before, 2).await.unwrap();
        pages.extend(page.blocks.iter().map(|record| record.block.key.target.to_string()));
        before = page.next;
        if before.is_none() {
            break;
        }
    }
    assert_eq!(pages, ["PC-5", "PC-4", "PC-3", "PC-2", "PC-1"]);
    let of =
        async |app: &str| store.blocks(Some(&app.parse().unwrap()), None, 10).await.unwrap().blocks.len();
    assert_eq!((of("demo").await, of("other").await), (5, 2));
}

#[tokio::test]
async fn who_is_looked_for_is_found_by_target_app_and_reason_in_any_case() {
    let database = with_demo().await;
    let store = database.store();
    add(
        &store,
        &[
            block("", "203.0.113.0/24"),
            for_reason("demo", "PC-3F2A", "退款 Refund", None),
            for_reason("", "电脑_7", "100%|sure", None),
        ],
    )
    .await;
    for (text, found) in [
        ("", &["电脑_7", "PC-3F2A", "203.0.113.0/24"][..]),
        ("pc-3f", &["PC-3F2A"]),
        ("3F2A", &["PC-3F2A"]),
        ("DEM", &["PC-3F2A"]),
        ("退款", &["PC-3F2A"]),
        ("refund", &["PC-3F2A"]),
        ("113.0/", &["203.0.113.0/24"]),
        ("电", &["电脑_7"]),
        ("脑_", &["电脑_7"]),
        ("0%|S", &["电脑_7"]),
        ("_", &["电脑_7"]),
        ("%", &["电脑_7"]),
        ("\\", &[]),
        ("' OR ''='", &[]),
        ("PC-4", &[]),
    ] {
        let page = store.blocks_with(text, None, 10).await.unwrap();
        let targets: Vec<_> = page.blocks.iter().map(|record| record.block.key.target.to_string()).collect();
        assert_eq!(
            (&targets[..], page.next),
            (&found.iter().map(ToString::to_string).collect::<Vec<_>>()[..], None),
            "{text}"
        );
    }
    let first = store.blocks_with("电脑", None, 1).await.unwrap();
    let last = store.blocks_with("电脑", first.next, 1).await.unwrap();
    assert_eq!((first.blocks.len(), last.blocks.len(), last.next), (1, 0, None));
}

#[tokio::test]
async fn of_operators_who_saw_nobody_kept_out_one_keeps_him_out_and_the_others_see_that() {
    let database = TestDatabase::create().await;
    let stores = [database.store(), database.store()];
    let reason = |number: usize| for_reason("", "PC-1", &format!("reason {number}"), None);
    for seen in [None, Some(reason(9))] {
        let mut operators = JoinSet::new();
        for number in 0..8 {
            let one = OneBlock { seen: seen.clone(), wanted: reason(number) };
            let store = stores[number % 2].clone();
            operators.spawn(async move { store.act_on_one_block(&anna(), &agreed(one)).await.unwrap() });
        }
        let acted = operators.join_all().await;
        let is = all(&stores[0]).await.remove(0);
        let won = acted.iter().filter(|acted| matches!(acted, OneActed::Done(_))).count();
        let saw = acted.iter().filter(|acted| **acted == OneActed::Otherwise(Some(is.clone()))).count();
        assert_eq!((won, saw), (1, 7), "{acted:?}");
        let log = stores[0].log(&LogFilter::default(), None, 9).await.unwrap();
        let newest = &log[0];
        assert_eq!(newest.before.is_some(), seen.is_some());
        assert_eq!(newest.after.as_ref().unwrap()["reason"], is.reason.unwrap().as_str());
        add(&stores[0], &[reason(9)]).await;
    }
    let same = OneBlock { seen: None, wanted: reason(9) };
    let refused = stores[0].act_on_one_block(&anna(), &agreed(same)).await;
    assert!(matches!(refused, Err(ActError::Block(BlockRefusal::Unchanged))), "{refused:?}");
}

#[tokio::test]
async fn an_app_that_somebody_is_kept_out_of_stays() {
    let database = TestDatabase::create().await;
    let store = database.store();
    let demo = App::blank("demo".parse().unwrap(), store.now().await.unwrap());
    let save = async |seen: Option<App>, wanted: Option<App>| {
        let order = AppOrder { seen, wanted };
        store.save_app(&anna(), &agreed(order)).await
    };
    let made = save(None, Some(demo)).await.unwrap();
    let demo = made.app.unwrap();
    add(&store, &[block("", "PC-1"), block("demo", "PC-2")]).await;
    let has_blocks = |refused: &ActError| matches!(refused, ActError::App(AppRefusal::HasBlocks(_)));
    let refused = save(Some(demo.clone()), None).await.unwrap_err();
    assert!(has_blocks(&refused), "{refused:?}");
    let undoing = agreed(Undo { act_id: made.act_id });
    let refused = store.undo(&anna(), &undoing, &|_| ControlFlow::Continue(())).await.unwrap_err();
    assert!(has_blocks(&refused), "{refused:?}");
    assert_eq!(store.app(&demo.name).await.unwrap().as_ref(), Some(&demo), "nothing of it was done");
    let removed = remove(&store, &[key("demo", "PC-2"), key("", "PC-1")]).await.unwrap();
    save(Some(demo), None).await.unwrap();
    assert_eq!(all(&store).await, []);

    let none =
        act(&store, BlockOrder::Add(vec![block("", "PC-3"), block("demo", "PC-3")])).await.unwrap_err();
    assert!(matches!(none, ActError::App(AppRefusal::NoSuchApp(_))), "{none:?}");
    let undone = undo(&store, removed.act_id).await;
    assert_eq!((undone.done, undone.refused.get(&ActRefusal::AppGone)), (1, Some(&1)));
    assert_eq!(all(&store).await, [block("", "PC-1")]);
}
