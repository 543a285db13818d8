//! Beginning the trial of a machine.

use crate::language::Language;
use crate::server::{Reply, Server};
use crate::start;
use crate::user::User;

#[tokio::test]
async fn a_machine_tries_an_app_once_whatever_its_client_is_written_in() {
    let (database, function) = start().await;
    database.execute("UPDATE apps SET policy = 'trial=86400', minimum = '1.0.0'").await;
    let relay = Server::start([Reply::Relay(function.address().to_owned())]).await;
    let mut begun = None;
    for language in Language::ALL {
        let (exit, line) = User::new().run(language, &relay.url, &["--trial"]).await;
        let (code, until) = line.split_once(" (").unwrap_or_else(|| panic!("{language:?}: {line}"));
        assert!(exit == 0 && code.starts_with("TRIAL-"), "{language:?}: {line}");
        let validated = User::new().run(language, &relay.url, &[code]).await;
        assert_eq!(validated, (0, format!("授权成功 ({until}")), "{language:?}");
        assert_eq!(*begun.get_or_insert(line.clone()), line, "{language:?}");
    }
    database.execute("UPDATE cards SET expire_at = UTC_TIMESTAMP() - INTERVAL 1 SECOND").await;
    for language in Language::ALL {
        let over = User::new().run(language, &relay.url, &["--trial"]).await;
        assert_eq!(over, (1, "试用已结束".to_owned()), "{language:?}");
    }
}
