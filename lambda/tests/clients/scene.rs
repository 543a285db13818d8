//! A seller, who proves what he answers, and somebody who has his app.

use std::path::PathBuf;
use std::sync::Arc;

use kami_trust::key::PrivateKey;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::language::Language;
use crate::server::{Reply, Server, admission};
use crate::signer::{Signer, new_key, now};
use crate::user::User;

pub(crate) const DAY: i64 = 24 * 3600;
pub(crate) const GRANTED: &str = "授权成功 (2026-01-01T15:00:00+08:00)";

/// A seller, who proves what he answers, and somebody who has his app.
pub(crate) struct Scene {
    pub(crate) root: PrivateKey,
    pub(crate) signer: Arc<Signer>,
    pub(crate) root_keys: String,
    pub(crate) user: User,
}

impl Scene {
    pub(crate) fn new() -> Self {
        let root = new_key();
        let root_keys = root.public().pin();
        let user = User { root_keys: root_keys.clone(), ..User::new() };
        Self { signer: Arc::new(Signer::new(&root, None, DAY)), root, root_keys, user }
    }

    /// An answer whose proof says more than most.
    pub(crate) fn reply(&self, status: u16, answer: Value, more: fn() -> Value) -> Reply {
        let signer = Arc::clone(&self.signer);
        Reply::made(move |asked| {
            let mut claims = asked.claims(status, &answer);
            claims.as_object_mut().unwrap().extend(more().as_object().unwrap().clone());
            (status, signer.proven(answer.clone(), &claims))
        })
    }

    /// What somebody is told who asks a server that answers so.
    pub(crate) async fn told(
        &self,
        language: Language,
        replies: Vec<Reply>,
        arguments: &[&str],
    ) -> (i32, String) {
        let server = Server::start(replies).await;
        self.user.run(language, &server.url, arguments).await
    }

    /// The same of an admission that lets start without a network for a day.
    pub(crate) async fn admitted(&self, language: Language) {
        self.let_in(language, "VIP-1").await;
    }

    pub(crate) async fn let_in(&self, language: Language, code: &str) {
        let reply = self.reply(200, admission(), || json!({"offline_until": now() + DAY}));
        let told = self.told(language, vec![reply], &[code]).await;
        assert_eq!(told, (0, GRANTED.to_owned()), "{language:?}");
    }

    /// The exit code of an app that starts without a network.
    pub(crate) async fn alone(&self, language: Language, code: &str) -> i32 {
        self.user.run(language, &nowhere().await, &[code]).await.0
    }

    /// The file with its lease.
    pub(crate) fn lease(&self) -> PathBuf {
        self.user.folder().join("licence.json")
    }

    /// Changes a number of that file.
    pub(crate) fn change(&self, name: &str, change: impl Fn(i64) -> i64) {
        let mut kept: Value = serde_json::from_slice(&std::fs::read(self.lease()).unwrap()).unwrap();
        kept[name] = change(kept[name].as_i64().unwrap()).into();
        std::fs::write(self.lease(), kept.to_string()).unwrap();
    }
}

/// An address where nobody answers.
pub(crate) async fn nowhere() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}
