//! Which card a text means, whatever the collation of the column says.

use kami_core::canonical::canonical;
use kami_core::card::CardCode;
use kami_store::Client;
use kami_testkit::TestDatabase;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use tokio::runtime::Handle;

use crate::code;

/// Cards as an old installation may have them: each full code beside what the index tells it apart by.
const CARDS: [(&str, &str); 6] = [
    ("VIP", "E1"),
    ("季卡", "É2"),
    ("low", "abc"),
    ("ＷＩＤＥ", "ｘ"),
    ("OLD–DASH", "Z9"),
    ("HID\u{200b}", "DEN"),
];

async fn database() -> TestDatabase {
    let database = TestDatabase::create().await;
    for (prefix, rest) in CARDS {
        database.insert_card(prefix, rest).await;
    }
    database
}

#[tokio::test]
async fn a_code_finds_the_card_that_a_person_would_mean_and_no_other() {
    let database = database().await;
    let store = database.store();
    for (typed, found) in [
        ("VIP-E1", Some("VIP-E1")),
        (" vip-e1\0", Some("VIP-E1")),
        ("ＶＩＰ－Ｅ１", Some("VIP-E1")),
        ("VIP-\u{200b}E1", Some("VIP-E1")),
        ("VIP–E1", Some("VIP-E1")),
        ("VIP——E1", Some("VIP-E1")),
        ("VIP-É1", None),
        ("VIP-Ｅ\u{301}1", None),
        ("VIP-ⓔ1", None),
        ("VIP-E¹", None),
        ("季卡-E2", None),
        ("季卡-é2", Some("季卡-É2")),
        ("季卡-E\u{301}2", Some("季卡-É2")),
        ("LOW-ABC", Some("low-abc")),
        ("wide-x", Some("ＷＩＤＥ-ｘ")),
        ("ＷＩＤＥ－Ｘ", Some("ＷＩＤＥ-ｘ")),
        ("OLD–DASH-Z9", Some("OLD–DASH-Z9")),
        ("HID-DEN", Some("HID\u{200b}-DEN")),
        ("HID\u{200b}-DEN", Some("HID\u{200b}-DEN")),
        ("NONE-😀", None),
    ] {
        let meant = code(typed);
        let status = store.status(&meant, None, &Client::default()).await.unwrap();
        assert_eq!(status.ok().map(|found| found.card.full_code).as_deref(), found, "{typed:?}");
        let shown = store.card_by_code(&meant).await.unwrap();
        assert_eq!(shown.map(|(card, _)| card.full_code).as_deref(), found, "{typed:?}");
    }
}

/// Texts that are near to those of the cards: their characters, and what collations and people take for them.
fn near() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "VIP",
        "vip",
        "ＶＩＰ",
        "-",
        "–",
        "——",
        "－",
        "E",
        "é",
        "É",
        "E\u{301}",
        "ⓔ",
        "1",
        "１",
        "¹",
        "2",
        "季卡",
        "\0",
        "\u{200b}",
        "\u{ad}",
        " ",
        "\u{3000}",
        "low",
        "LOW",
        "abc",
        "ＡＢＣ",
        "😀",
    ]);
    prop::collection::vec(piece, 1..7).prop_map(|pieces| pieces.concat())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn any_text_finds_the_card_of_its_form_or_none() {
    let database = database().await;
    let store = database.store();
    let runtime = Handle::current();
    let trying = tokio::task::spawn_blocking(move || {
        TestRunner::new(Config::with_cases(500)).run(&near(), |text| {
            let Ok(code) = CardCode::parse(&text) else { return Ok(()) };
            let found = runtime
                .block_on(store.status(&code, None, &Client::default()))
                .unwrap()
                .ok()
                .map(|found| found.card.full_code);
            let stored = CARDS.map(|(prefix, rest)| format!("{prefix}-{rest}"));
            let meant = stored.into_iter().find(|stored| canonical(stored) == canonical(&text));
            prop_assert_eq!(found, meant);
            Ok(())
        })
    });
    trying.await.unwrap().unwrap();
}
