//! What somebody gets who copies what an app keeps, where its seller wants keys of devices: the function itself answers.

use kami_testkit::{Function, KeyFile, TestDatabase};

use crate::language::Language;
use crate::scene::nowhere;
use crate::user::User;

const MISMATCH: (i32, &str) = (1, "设备密钥不匹配");

/// A third of the time for which an app starts without a network, after which the next number is told, and a moment.
const A_THIRD_PASSES: &str = "UPDATE device_keys SET sequence_at = sequence_at - INTERVAL 21 MINUTE";

/// An app of somebody else, or of the same user, into whose folder these files were copied.
fn copy(owner: &User, files: &[&str]) -> User {
    let user = User { root_keys: owner.root_keys.clone(), ..User::new() };
    std::fs::create_dir_all(user.folder()).unwrap();
    for file in files {
        std::fs::copy(owner.folder().join(file), user.folder().join(file)).unwrap();
    }
    user
}

/// Somebody who has a card on a machine, and a server.
struct Owner<'a> {
    language: Language,
    function: &'a Function,
    database: &'a TestDatabase,
    user: User,
    code: String,
}

impl Owner<'_> {
    async fn is_let_in(&self, user: &User, who: &str) {
        let (exit, line) = user.run(self.language, &self.function.base_url(), &[&self.code]).await;
        assert!(exit == 0 && line.starts_with("授权成功 (20"), "{:?}: {who}: {line}", self.language);
    }

    async fn is_refused(&self, user: &User, who: &str) {
        let (exit, line) = user.run(self.language, &self.function.base_url(), &[&self.code]).await;
        assert_eq!((exit, line.as_str()), MISMATCH, "{:?}: {who}", self.language);
    }

    async fn alone(&self, user: &User) -> i32 {
        user.run(self.language, &nowhere().await, &[&self.code]).await.0
    }

    /// The app starts twice: it is told a number, and brings it back.
    async fn goes_on(&self) {
        for _ in 0..2 {
            self.is_let_in(&self.user, "the owner").await;
        }
        self.database.execute(A_THIRD_PASSES).await;
    }

    async fn is_robbed(&self) {
        self.goes_on().await;
        self.is_refused(&copy(&self.user, &[]), "a copied machine code").await;
        self.is_refused(&copy(&self.user, &["device.json"]), "a copied key file").await;
        let stale = copy(&self.user, &["device.json", "licence.json"]);
        let bare = copy(&self.user, &["licence.json"]);
        self.goes_on().await;
        assert_eq!(self.alone(&bare).await, 2, "{:?}: a lease without its key", self.language);
        // nobody can tell it from its owner's until it asks
        assert_eq!(self.alone(&stale).await, 0, "{:?}: a lease with its key", self.language);
        self.is_refused(&stale, "a copied key file with a stale lease").await;
        assert_eq!(self.alone(&stale).await, 2, "{:?}: that ends its lease", self.language);
        self.is_let_in(&self.user, "the owner, robbed").await;
    }
}

#[tokio::test]
async fn who_copies_what_an_app_keeps_is_refused() {
    let (database, keys) = (TestDatabase::create().await, KeyFile::create());
    database.execute("UPDATE apps SET policy = 'device=required when-copied=refuse offline=1h'").await;
    let url = database.url();
    let variables = [("DATABASE_URL", &*url), ("KAMI_SIGNING_KEY_FILE", keys.name())];
    let function = Function::start_with(env!("CARGO_BIN_EXE_kami-api"), &variables).await;
    for language in Language::ALL {
        let code = format!("VIP-{language:?}");
        database.insert_card("VIP", &format!("{language:?}")).await;
        let user = User { root_keys: keys.root().pin(), ..User::new() };
        let owner = Owner { language, function: &function, database: &database, user, code };
        owner.is_robbed().await;
    }
}

#[tokio::test]
async fn an_app_that_signs_nothing_is_told_so() {
    let (database, function) = crate::start().await;
    database.execute("UPDATE apps SET policy = 'device=required'").await;
    database.insert_card("VIP", "ONE").await;
    let told = User::new().run(Language::Shell, &function.base_url(), &["VIP-ONE"]).await;
    assert_eq!(told, (1, "该卡密需要设备签名，请更新软件".to_owned()));
}
