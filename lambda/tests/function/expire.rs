//! The expiry job by itself.

use kami_testkit::{Program, Proxy, TestDatabase, eventually};

use crate::EXPIRE;

/// A database with this many overdue cards.
async fn overdue(count: usize) -> TestDatabase {
    let database = TestDatabase::create().await;
    for card in 0..count {
        database.insert_card("OLD", &card.to_string()).await;
    }
    database
        .execute("UPDATE cards SET status = 'ACTIVE', machine_code = 'PC', expire_at = '2020-01-01'")
        .await;
    database
}

#[tokio::test]
async fn it_runs_once_and_prints_what_it_did() {
    let database = overdue(3).await;
    let url = database.url();
    for printed in ["3 cards expired", "0 cards expired"] {
        let mut program = Program::start(EXPIRE, &[], &[("DATABASE_URL", &url)]);
        assert!(program.ended().await.success());
        program.printed(printed).await;
    }
    let statuses: Vec<(String, u64)> =
        database.rows("SELECT status, COUNT(*) FROM cards GROUP BY status", ()).await;
    assert_eq!(statuses, [("EXPIRED".to_owned(), 3)]);
}

#[tokio::test]
async fn it_runs_again_and_again_until_it_is_stopped() {
    let database = overdue(1).await;
    let url = database.url();
    let mut program = Program::start(EXPIRE, &["--every", "1s"], &[("DATABASE_URL", &url)]);
    program.printed("expired=1").await;
    database.execute("UPDATE cards SET status = 'ACTIVE'").await;
    eventually("the next run expires it again", async || {
        let statuses: Vec<String> = database.rows("SELECT status FROM cards", ()).await;
        (statuses == ["EXPIRED"]).then_some(())
    })
    .await;
    program.terminate();
    assert!(program.ended().await.success());
}

#[tokio::test]
async fn a_database_that_is_away_fails_one_run_and_is_waited_for_by_the_other() {
    let away = "mysql://kami:secret@127.0.0.1:1/kamisystem";
    let mut once = Program::start(EXPIRE, &[], &[("DATABASE_URL", away)]);
    assert_eq!(once.ended().await.code(), Some(1));
    once.printed("the database is unavailable").await;

    let mut forever = Program::start(EXPIRE, &["--every", "1h"], &[("DATABASE_URL", away)]);
    forever.printed("overdue cards could not be expired").await;
    forever.terminate();
    assert!(forever.ended().await.success());
    assert!(!(once.output() + &forever.output()).contains("secret"));
}

#[tokio::test]
async fn it_stops_in_good_order_while_the_database_hangs() {
    let database = overdue(1).await;
    let proxy = Proxy::start(database.port()).await;
    proxy.stall(true);
    let url = database.url_through(proxy.port());
    let mut program = Program::start(EXPIRE, &["--every", "1h"], &[("DATABASE_URL", &url)]);
    eventually("it waits for the database", async || (proxy.connections() > 0).then_some(())).await;
    program.terminate();
    assert!(program.ended().await.success(), "{}", program.output());
    program.printed("complete=false").await;
}

#[tokio::test]
async fn a_wrong_interval_is_refused() {
    let mut program = Program::start(EXPIRE, &["--every", "often"], &[]);
    assert_eq!(program.ended().await.code(), Some(2));
    program.printed("such as 90s, 30m, 3h or 7d").await;
}
