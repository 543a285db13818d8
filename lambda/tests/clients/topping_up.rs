//! Topping a card up with another one.

use crate::language::Language;
use crate::server::{Reply, Server};
use crate::start;
use crate::user::User;

#[tokio::test]
async fn a_card_is_topped_up_once_though_the_answer_was_lost() {
    let (database, function) = start().await;
    for (code, values) in [
        ("ONE", "status = 'ACTIVE', used_at = '2026-01-01', expire_at = '2090-01-01'"),
        ("NOT", "points = 1"),
    ] {
        database.insert_card("VIP", code).await;
        database.execute(&format!("UPDATE cards SET {values} WHERE code = '{code}'")).await;
    }
    database
        .execute(
            "INSERT INTO batches (id, card_count, operator, created_at, recharge)
                VALUES (1, 9, 'x', UTC_TIMESTAMP(), 1)",
        )
        .await;
    let mut points = 0;
    for language in Language::ALL {
        let burnt = format!("{language:?}");
        database.insert_card("VIP", &burnt).await;
        let of_points = "UPDATE cards SET batch_id = 1, duration_seconds = NULL, points = 100 WHERE code = ";
        database.execute(&format!("{of_points}'{burnt}'")).await;
        points += 100;
        let (relay, lose) =
            (Reply::Relay(function.address().to_owned()), Reply::Lose(function.address().to_owned()));
        let server = Server::start([lose, relay]).await;
        let user = User::new();
        let with = format!("VIP-{burnt}");
        let told = user.run(language, &server.url, &["--recharge", "VIP-ONE", &with]).await;
        let has = format!("topped up (2090-01-01T08:00:00+08:00, {points} points)");
        assert_eq!(told, (0, has), "{language:?}");
        assert_eq!(server.requests().len(), 2, "{language:?}");

        for (with, message) in [("VIP-NOT", "该卡不能用于充值"), ("VIP-NONE", "充值卡不存在")] {
            let refused = user.run(language, &server.url, &["--recharge", "VIP-ONE", with]).await;
            assert_eq!(refused, (1, message.to_owned()), "{language:?}");
        }
    }
}
