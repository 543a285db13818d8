//! By what an example tells its machine from others.

use std::collections::BTreeSet;

use kami_testkit::skip_for_want_of;

use crate::language::Language;
use crate::server::{Reply, Server};
use crate::user::{HIDING, User, without_machine_id};

in_each_language! { keeps_a_machine_code_where_the_system_has_none }

async fn machine_code(language: Language, user: &User) -> String {
    let server = Server::start([Reply::admission()]).await;
    let (exit, line) = user.run(language, &server.url, &["VIP-1"]).await;
    assert_eq!(exit, 0, "{line}");
    server.requests()[0]["machine_code"].as_str().unwrap().to_owned()
}

async fn keeps_a_machine_code_where_the_system_has_none(language: Language) {
    if without_machine_id().is_none() {
        return skip_for_want_of(HIDING);
    }
    let user = User { has_machine_id: false, ..User::new() };
    let code = machine_code(language, &user).await;
    assert_eq!(machine_code(language, &user).await, code);
    let other = User { has_machine_id: false, ..User::new() };
    assert_ne!(machine_code(language, &other).await, code);
    // an app that was ended while it wrote
    std::fs::write(user.home.0.join(".config/my-app/machine-id"), "0123").unwrap();
    let next = machine_code(language, &user).await;
    assert_eq!(machine_code(language, &user).await, next);
    assert_ne!(next, code);
    // with no place to keep one, each start would be another machine
    std::fs::remove_dir_all(user.home.0.join(".config")).unwrap();
    std::fs::write(user.home.0.join(".config"), "").unwrap();
    let server = Server::start([Reply::admission()]).await;
    assert_eq!(user.run(language, &server.url, &["VIP-1"]).await.0, 2);
    assert_eq!(server.requests().len(), 0);
}

#[tokio::test]
async fn all_examples_make_the_same_machine_code() {
    for has_machine_id in [true, false] {
        if !has_machine_id && without_machine_id().is_none() {
            return skip_for_want_of(HIDING);
        }
        let user = User { has_machine_id, ..User::new() };
        let mut codes = BTreeSet::new();
        for language in Language::ALL {
            codes.insert(machine_code(language, &user).await);
        }
        assert_eq!(codes.len(), 1, "{codes:?}");
        let code = codes.pop_first().unwrap();
        assert!(code.len() == 64 && code.bytes().all(|byte| byte.is_ascii_hexdigit()), "{code}");
    }
}
