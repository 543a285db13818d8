//! Servers that give their clients another character set than these ask for.

use std::ops::ControlFlow;

use kami_core::acts::Act;
use kami_core::duration::CardDuration;
use kami_core::filter::{Anchor, Filter, Sort};
use kami_core::operator::{Note, Operator};
use kami_store::{Client, GenerateOrder, LogFilter, OneAct, Undo, Validation};
use kami_testkit::{PrivateServer, TestDatabase, agreed};

use crate::{code, machine};

/// What a client asks for while it logs in is ignored, and for accounts without rights on the server undone after it.
const SERVER: [&str; 3] = [
    "--loose-skip-character-set-client-handshake",
    "--character-set-server=latin1",
    "--init-connect=SET NAMES gbk",
];

const PREFIX: &str = "季卡";
const NOTE: &str = "给老王的 \u{1F381} – café";
const MACHINE: &str = "电脑-1号";

/// Takes text through what writes it and what reads it, in a database that has been through it so many times.
async fn text_is_kept(database: &TestDatabase, before: usize) {
    let store = database.store();
    let operator = Operator::new("安娜").unwrap();
    let order = GenerateOrder {
        duration: CardDuration::Forever,
        note: Note::parse(NOTE).unwrap(),
        ..GenerateOrder::new(PREFIX.parse().unwrap(), 2)
    };
    let batch = store.generate(&operator, &agreed(order), &|_| ControlFlow::Continue(())).await.unwrap();
    assert_eq!((batch.prefix.as_deref(), batch.note.as_deref()), (Some(PREFIX), Some(NOTE)));
    let filter = Filter { prefix: Some(PREFIX.to_owned()), ..Filter::default() };
    let page = store.page(&filter, Sort::NEWEST, &Anchor::First, 10).await.unwrap();
    assert_eq!(page.rows.len(), 2 * (before + 1));
    let card = page.rows[0].clone();
    assert_eq!((card.prefix.as_str(), card.note.as_deref()), (PREFIX, Some(NOTE)));

    let full_code = format!("{PREFIX}-{}", card.code);
    let validation = store.validate(&code(&full_code), &machine(MACHINE), &Client::default()).await.unwrap();
    assert!(matches!(validation, Validation::Admitted { .. }), "{validation:?}");
    let other = store.validate(&code(&full_code), &machine("电脑-2号"), &Client::default()).await.unwrap();
    assert!(matches!(other, Validation::Refused(_)), "{other:?}");
    let found = store.status(&code(&full_code), None, &Client::default()).await.unwrap().unwrap().card;
    assert_eq!((found.full_code.as_str(), found.machine_code.as_deref()), (&*full_code, Some(MACHINE)));

    let seen = store.card(card.id).await.unwrap().unwrap().0;
    let note = Note::parse("退款 \u{1F4B8}").unwrap();
    let acted =
        store.act_on_one(&operator, &agreed(OneAct { act: Act::SetNote { note }, seen })).await.unwrap();
    store
        .undo(&operator, &agreed(Undo { act_id: acted.act_id }), &|_| ControlFlow::Continue(()))
        .await
        .unwrap();
    let log =
        store.log(&LogFilter { card_id: Some(card.id), ..LogFilter::default() }, None, 10).await.unwrap();
    assert_eq!((log[0].operator.as_str(), log[0].full_code.as_deref()), ("安娜", Some(&*full_code)));

    // The bytes themselves, so that nothing that is wrong both ways is right.
    let query = "SELECT CAST(prefix AS BINARY), CAST(note AS BINARY), CAST(machine_code AS BINARY) FROM cards WHERE id = ?";
    let stored: Vec<(Vec<u8>, Vec<u8>, Vec<u8>)> = database.rows(query, (card.id,)).await;
    assert_eq!(stored, [(PREFIX.into(), NOTE.into(), MACHINE.into())]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn text_comes_back_as_it_went_in_whatever_the_server_makes_of_its_clients() {
    let server = tokio::task::spawn_blocking(|| PrivateServer::start(&SERVER)).await.unwrap();
    // One database is made by kami, the other was made before it and compares text in its own way.
    let ours = TestDatabase::create_on(&server.url()).await;
    let theirs = TestDatabase::create_on(&server.url()).await;
    let make = format!("DROP DATABASE {0}; CREATE DATABASE {0} COLLATE utf8mb4_bin", theirs.name());
    theirs.execute(&make).await;
    theirs.store().migrate().await.unwrap();
    for database in [ours, theirs] {
        text_is_kept(&database, 0).await;
        let grant = format!("GRANT ALL ON {}.* TO plain@'127.0.0.1'", database.name());
        database.execute("CREATE USER IF NOT EXISTS plain@'127.0.0.1' IDENTIFIED BY 'pw'").await;
        database.execute(&grant).await;
        text_is_kept(&database.as_account("plain", "pw"), 1).await;
    }
}
