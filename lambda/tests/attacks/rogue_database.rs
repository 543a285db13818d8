//! A program on the database's port, while the database is down, that asks for the password.

use hyper::StatusCode;
use kami_testkit::{Demand, Function, RogueServer, eventually};

use crate::{API, figure};

const REQUESTS: usize = 50;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_answers_on_the_databases_port_is_not_told_the_password() {
    for (demand, parameters) in [
        (Demand::Password, "ssl-mode=DISABLED"),
        (Demand::Password, "ssl-mode=REQUIRED"),
        (Demand::Plugin("mysql_clear_password"), "ssl-mode=REQUIRED"),
    ] {
        let rogue = RogueServer::start(demand).await;
        let function = Function::start(API, &rogue.url_with(parameters)).await;
        let mut client = function.client().await;
        for _ in 0..REQUESTS {
            let answer = client.validate("VIP-ONE", "PC-1").await;
            assert_eq!((answer.status, answer.reason()), (StatusCode::SERVICE_UNAVAILABLE, "unavailable"));
        }
        eventually("it hangs up", async || (rogue.ended() > 0).then_some(())).await;
        let logins = rogue.ended();
        figure(
            &format!("a stranger in the database's place asks for {demand:?}, {parameters}"),
            format!("{} of {logins} logins told it anything", rogue.told().len()),
        );
        assert_eq!(rogue.told(), Vec::<Vec<u8>>::new());
        assert!(logins <= REQUESTS + 1, "one try a request, and one at the start: {logins}");
        assert!(!function.program.output().contains("sesame"));
        if demand == Demand::Password {
            function
                .program
                .printed("get-server-public-key=true lets whoever answers have the password")
                .await;
        }
    }
}
