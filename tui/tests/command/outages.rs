//! What goes wrong between kami and its database, or at the same time, and what the operator hears of it.

use std::process::Stdio;

use kami_core::card::{CardCode, MachineCode};
use kami_testkit::{CommitLost, Proxy, Queryable as _, eventually};

use super::fixtures::{Kami, ran};

const UNCERTAIN: &str = "look into the log whether it was done";

/// How many acts there are, and how many cards of a status.
async fn acts_and_cards(kami: &Kami, status: &str) -> (u64, u64) {
    let query = "SELECT (SELECT COUNT(*) FROM acts), (SELECT COUNT(*) FROM cards WHERE status = ?)";
    kami.database.rows(query, (status,)).await[0]
}

#[tokio::test(flavor = "multi_thread")]
async fn of_an_act_whose_answer_is_lost_the_log_says_whether_it_was_done() {
    let generate = ["generate", "--prefix", "VIP", "--count", "1500", "--duration", "1d", "--yes"];
    let disable = ["disable", "--prefix", "VIP", "--all", "--yes"];
    for (lost, passed, arguments, status, done) in [
        (CommitLost::Before, 0, &["disable", "VIP-A"][..], "DISABLED", 0),
        (CommitLost::After, 0, &["disable", "VIP-A"], "DISABLED", 1),
        (CommitLost::Before, 1, &disable, "DISABLED", 1_000),
        (CommitLost::After, 1, &disable, "DISABLED", 1_502),
        (CommitLost::Before, 0, &generate, "UNUSED", 3),
        (CommitLost::After, 0, &generate, "UNUSED", 1_503),
    ] {
        let kami = Kami::with_cards().await;
        if arguments == disable {
            kami.run(&generate).ends(0);
        }
        let acts = acts_and_cards(&kami, status).await.0;
        let proxy = Proxy::start(kami.database.port()).await;
        proxy.lose_commit(lost, passed);
        let mut command = kami.command(arguments);
        command.env("DATABASE_URL", kami.database.url_through(proxy.port()));
        let ran = tokio::task::spawn_blocking(move || ran(command.output().unwrap())).await.unwrap().ends(1);
        assert!(ran.err.contains(UNCERTAIN), "{lost:?} {arguments:?}: {ran:?}");
        let is_logged = u64::from(lost == CommitLost::After || passed > 0);
        // The server may still be about to do what it read.
        eventually(&format!("{lost:?} {arguments:?}"), async || {
            (acts_and_cards(&kami, status).await == (acts + is_logged, done)).then_some(())
        })
        .await;
        if is_logged == 1 {
            kami.run(&["undo", "--yes"]).ends(0);
            let left = if status == "UNUSED" { 3 } else { 0 };
            assert_eq!(acts_and_cards(&kami, status).await, (acts + 2, left), "{lost:?} {arguments:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_that_an_activation_comes_before_is_refused() {
    let kami = Kami::with_cards().await;
    // An activation that has not come to its end holds the card while the edit reads it as it was.
    let mut activation = kami.database.connect().await;
    activation.query_drop("START TRANSACTION").await.unwrap();
    activation
        .query_drop(
            "UPDATE cards SET status = 'ACTIVE', machine_code = 'PC-1', used_at = UTC_TIMESTAMP(), \
             expire_at = UTC_TIMESTAMP() + INTERVAL 3 HOUR WHERE full_code = 'VIP-A'",
        )
        .await
        .unwrap();
    let edit = kami.command(&["edit", "VIP-A", "--prefix", "GOLD"]).stderr(Stdio::piped()).spawn().unwrap();
    let waiting = "SELECT COUNT(*) FROM information_schema.processlist WHERE db = DATABASE() AND info LIKE '%FOR UPDATE'";
    eventually("the edit waits for the card", async || {
        (kami.database.rows::<u64>(waiting, ()).await[0] > 0).then_some(())
    })
    .await;
    activation.query_drop("COMMIT").await.unwrap();
    let refused = ran(edit.wait_with_output().unwrap()).ends(4);
    assert!(refused.err.contains("changed"), "{refused:?}");
    let store = kami.database.store();
    let machine = MachineCode::parse("PC-1").unwrap();
    store
        .validate(&CardCode::parse("VIP-A").unwrap(), &machine, &kami_store::Client::default())
        .await
        .unwrap();
    assert_eq!(kami.run(&["show", "VIP-A", "--json"]).ends(0).json()[0]["machine"], "PC-1");
}
