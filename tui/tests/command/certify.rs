//! `kami certify`: licence files for machines that are never online.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::process::Stdio;

use kami_trust::key::{PrivateKey, PublicKey};
use kami_trust::licence::Holder;
use kami_trust::proof::Trust;
use serde_json::{Map, Value, json};

use super::fixtures::{Kami, Ran, ran};

/// Three cards, a root key, and an online key for 30 days.
async fn kami() -> Kami {
    let kami = Kami::with_cards().await;
    kami.run(&["keys", "new", "--output", "root.pem"]).ends(0);
    kami.run(&["keys", "issue", "--root", "root.pem", "--output", "online.pem", "--for", "30d"]).ends(0);
    kami
}

impl Kami {
    fn pin(&self) -> PublicKey {
        let shown = self.run(&["keys", "show", "root.pem", "--json"]).ends(0).json().remove(0);
        PublicKey::parse(shown["pin"].as_str().unwrap()).unwrap()
    }

    /// What an app on a machine goes by, so many days from now.
    fn starts(
        &self,
        file: &str,
        machine: &str,
        device: Option<&str>,
        days: i64,
    ) -> Option<Map<String, Value>> {
        let now = chrono::Utc::now().timestamp();
        let trust = Trust { roots: &[self.pin()], clock: now + days * 86_400, latest: now };
        trust.licensed(Holder { app: "default", code: "VIP-A", machine, device }, file).ok()
    }

    fn certify(&self, arguments: &[&str]) -> Ran {
        self.run(&[&["certify", "vip-a", "--machine", "PC-1"], arguments].concat())
    }

    /// The card, its licences and its log, in words.
    async fn state(&self) -> Vec<String> {
        let query = "SELECT CONCAT_WS(' ', full_code, status, machine_code, policy) FROM cards
                     UNION ALL SELECT CONCAT_WS(' ', 'licence', machine_code, thumbprint) FROM licences
                     UNION ALL SELECT CONCAT_WS(' ', 'key', machine_code, thumbprint) FROM device_keys
                     UNION ALL SELECT CONCAT_WS(' ', 'act', act) FROM acts";
        self.database.rows(query, ()).await
    }
}

#[tokio::test]
async fn a_file_is_written_that_an_app_starts_by_and_stands_with_its_card() {
    let kami = kami().await;
    let done = kami.certify(&["--root", "root.pem", "--output", "licence.txt", "--yes"]).ends(0);
    assert_eq!(done.out, "");
    assert!(done.err.starts_with("VIP-A is for PC-1, which has a licence file until 20"), "{done:?}");
    let file = fs::read_to_string(kami.folder.join("licence.txt")).unwrap();
    assert!(
        file.starts_with("-----BEGIN KAMI LICENCE-----\n")
            && file.ends_with("\n-----END KAMI LICENCE-----\n")
    );
    let answer = kami.starts(&file, "PC-1", None, 0).unwrap();
    let shown = kami.run(&["show", "VIP-A", "--json"]).ends(0).json().remove(0);
    assert_eq!((&answer["status"], &answer["message"]), (&json!("success"), &json!("Authorised")));
    let end = |value: &Value| value.as_str().unwrap().parse::<chrono::DateTime<chrono::Utc>>().unwrap();
    assert_eq!(end(&answer["expire_at"]), end(&shown["expire_at"]), "{answer:?}");
    assert_eq!(kami.starts(&file, "PC-2", None, 0), None);
    assert_eq!(kami.starts(&file, "PC-1", None, 1), None, "the card lasts three hours");

    let licence = &shown["licences"][0];
    assert_eq!((&licence["machine"], &licence["is_over"]), (&json!("PC-1"), &json!(false)));
    assert_eq!(licence["until"], shown["expire_at"]);
    assert_eq!(shown["history"][0]["act"], "certify");
    let shown = kami.run(&["show", "VIP-A"]).ends(0).out;
    assert!(shown.contains("Licence file for PC-1 until 20"), "{shown}");
    assert!(shown.contains("licence file - → PC-1") && shown.contains("certified"), "{shown}");
    let logged = kami.run(&["log", "--act", "certify"]).ends(0).out;
    assert!(logged.contains("certified"), "{logged}");
    assert_eq!(kami.run(&["show", "VIP-B", "--json"]).json()[0].get("licences"), None);
}

#[tokio::test]
async fn it_goes_to_standard_output_alone_and_its_words_elsewhere() {
    let kami = kami().await;
    let done = kami.certify(&["--key", "online.pem", "--yes"]).ends(0);
    assert!(kami.starts(&done.out, "PC-1", None, 0).is_some(), "{done:?}");
    assert!(!done.err.contains("BEGIN"), "{done:?}");
    let told = kami.certify(&["--key", "online.pem", "--yes", "--json"]).ends(0).json().remove(0);
    assert!(kami.starts(told["licence"].as_str().unwrap(), "PC-1", None, 0).is_some(), "{told}");
    assert_eq!(
        (&told["act"], &told["code"], &told["machine"]),
        (&json!("certify"), &json!("VIP-A"), &json!("PC-1"))
    );
    let told = kami.certify(&["--root", "root.pem", "--yes", "--json", "--output", "~/other.txt"]).ends(0);
    let told = told.json().remove(0);
    assert_eq!((told.get("licence"), &told["device"]), (None, &Value::Null));
    assert!(kami.folder.join("other.txt").exists() && told["file"].as_str().unwrap().ends_with("/other.txt"));
}

#[tokio::test]
async fn it_lasts_as_long_as_the_certificate_and_with_the_root_key_as_long_as_the_card() {
    let kami = kami().await;
    kami.database.execute("UPDATE cards SET duration_seconds = NULL").await;
    let mut online = kami.command(&["certify", "VIP-A", "--machine", "PC-1", "--yes"]);
    let done = ran(online.env("KAMI_SIGNING_KEY_FILE", "online.pem").output().unwrap()).ends(0);
    assert!(done.err.contains("--root makes a file that lasts as long as the card"), "{done:?}");
    assert!(kami.starts(&done.out, "PC-1", None, 29).is_some());
    assert!(kami.starts(&done.out, "PC-1", None, 31).is_none());
    let done = kami.certify(&["--root", "root.pem", "--yes"]).ends(0);
    assert!(done.err.contains("for ever") && !done.err.contains("--root"), "{done:?}");
    assert!(kami.starts(&done.out, "PC-1", None, 20_000).is_some());
    let until = (chrono::Utc::now() + chrono::TimeDelta::days(9)).format("%Y-%m-%d").to_string();
    let done = kami.certify(&["--root", "root.pem", "--until", &until, "--yes"]).ends(0);
    assert!(kami.starts(&done.out, "PC-1", None, 8).is_some());
    assert!(kami.starts(&done.out, "PC-1", None, 11).is_none());
    // Of several the one that lasts longest is shown.
    let shown = kami.run(&["show", "VIP-A", "--json"]).json().remove(0);
    assert_eq!(
        (shown["licences"].as_array().unwrap().len(), &shown["licences"][0]["until"]),
        (1, &Value::Null)
    );
}

#[tokio::test]
async fn a_file_is_for_one_device_where_its_public_key_is_given_and_no_private_one_is_said_again() {
    let kami = kami().await;
    let key = PrivateKey::from_pkcs8(&PrivateKey::generate().unwrap()).unwrap().public();
    let jwk = serde_json::to_value(key.jwk()).unwrap();
    let before = kami.state().await;
    let mut secret = jwk.clone();
    secret["d"] = "AAAAsecretAAAA".into();
    let mut off_curve = jwk.clone();
    off_curve["y"] = jwk["x"].clone();
    for (device, says) in [
        (secret.to_string(), "private key"),
        (off_curve.to_string(), "public key of P-256"),
        ("{}".to_owned(), "public key of P-256"),
        (key.thumbprint(), "public key of P-256"),
    ] {
        let refused = kami.certify(&["--root", "root.pem", "--yes", "--device", &device]).ends(2);
        assert!(refused.err.contains(says), "{refused:?}");
        assert!(!refused.err.contains("AAAAsecret") && refused.out.is_empty(), "{refused:?}");
        assert_eq!(kami.state().await, before);
    }
    let done = kami.certify(&["--root", "root.pem", "--yes", "--device", &jwk.to_string()]).ends(0);
    assert!(kami.starts(&done.out, "PC-1", Some(&key.thumbprint()), 0).is_some());
    assert!(kami.starts(&done.out, "PC-1", None, 0).is_none());
    let kept = format!("key PC-1 {}", key.thumbprint());
    assert!(kami.state().await.contains(&kept));
}

#[tokio::test]
async fn what_is_refused_changes_nothing_and_leaves_no_file() {
    let kami = kami().await;
    kami.database.execute("UPDATE cards SET status = 'DISABLED' WHERE code = 'B'").await;
    kami.run(&["keys", "issue", "--root", "root.pem", "--output", "other.pem", "--app", "other"]).ends(0);
    fs::write(kami.folder.join("taken.txt"), "mine").unwrap();
    fs::write(kami.folder.join("open.pem"), fs::read(kami.folder.join("root.pem")).unwrap()).unwrap();
    fs::set_permissions(kami.folder.join("open.pem"), Permissions::from_mode(0o644)).unwrap();
    let before = kami.state().await;
    let files = || fs::read_dir(&kami.folder).unwrap().count();
    let count = files();
    let root = ["--root", "root.pem"];
    for (arguments, code, says) in [
        (&["certify", "VIP-X", "--machine", "PC-1", "--root", "root.pem", "--yes"][..], 3, "VIP-X"),
        (
            &["certify", "VIP-B", "--machine", "PC-1", "--root", "root.pem", "--yes", "--output", "new"],
            4,
            "disabled",
        ),
        (&["certify", "VIP-A", "--machine", "PC-1", "--root", "none.pem", "--yes"], 3, "none.pem"),
        (&["certify", "VIP-A", "--machine", "PC-1", "--root", "online.pem", "--yes"], 1, "online.pem"),
        (&["certify", "VIP-A", "--machine", "PC-1", "--root", "open.pem", "--yes"], 1, "open.pem"),
        (&["certify", "VIP-A", "--machine", "PC-1", "--key", "root.pem", "--yes"], 1, "root.pem"),
        (&["certify", "VIP-A", "--machine", "PC-1", "--key", "other.pem", "--yes"], 4, "default"),
        (&["certify", "VIP-A", "--machine", "PC-1", "--yes"], 2, "KAMI_SIGNING_KEY_FILE"),
        (&["certify", "VIP-A", "--machine", "PC\u{202e}1", "--root", "root.pem", "--yes"], 2, "invisible"),
        (&["certify", "VIP-A", "--machine", " ", "--root", "root.pem", "--yes"], 2, "empty"),
        (&["certify", "VIP-A", "--root", "root.pem", "--yes"], 2, "--machine"),
        (
            &[
                "certify",
                "VIP-A",
                "--machine",
                "PC-1",
                "--root",
                "root.pem",
                "--yes",
                "--output",
                "taken.txt",
            ],
            4,
            "taken.txt",
        ),
        (
            &["certify", "VIP-A", "--machine", "PC-1", "--root", "root.pem", "--yes", "--output", "no/new"],
            1,
            "no/new",
        ),
        (
            &[
                "certify",
                "VIP-A",
                "--machine",
                "PC-1",
                "--root",
                "root.pem",
                "--yes",
                "--until",
                "2099-01-01",
            ],
            4,
            "ends with its card",
        ),
        (&["certify", "VIP-A", "--machine", "PC-1", "--root", "root.pem", "--output", "new"], 4, "--yes"),
        (&["--read-only", "certify", "VIP-A", "--machine", "PC-1", "--root", "root.pem", "--yes"], 4, ""),
    ] {
        let refused = kami.run(arguments).ends(code);
        assert!(refused.err.contains(says) && refused.out.is_empty(), "{arguments:?}: {refused:?}");
        assert_eq!((kami.state().await, files()), (before.clone(), count), "{arguments:?}");
    }
    assert_eq!(fs::read_to_string(kami.folder.join("taken.txt")).unwrap(), "mine");
    kami.database.execute("UPDATE cards SET duration_seconds = NULL").await;
    let refused = kami.certify(&["--key", "online.pem", "--until", "2099-01-01", "--yes"]).ends(4);
    assert!(refused.err.contains("--root"), "{refused:?}");
    // The last word is the database's: others have the seat by then, and the file goes again.
    kami.database.execute("UPDATE cards SET status = 'ACTIVE', machine_code = 'PC-2' WHERE code = 'A'").await;
    let full = kami.certify(&[&root[..], &["--yes", "--output", "new"]].concat()).ends(4);
    assert!(full.err.contains("Other machines have the seats"), "{full:?}");
    assert_eq!(files(), count);
}

#[tokio::test]
async fn nobody_is_certified_unasked_and_nothing_of_it_is_undone() {
    let kami = kami().await;
    let asked = kami.certify(&["--root", "root.pem"]).ends(4);
    assert!(asked.err.contains("Make a licence file by which PC-1 may use VIP-A until"), "{asked:?}");
    assert!(
        asked.err.contains("Nobody can call the file back") && asked.err.contains("when-full=refuse"),
        "{asked:?}"
    );
    kami.certify(&["--root", "root.pem", "--yes"]).ends(0);
    let before = kami.state().await;
    let undone = kami.run(&["undo", "1"]).ends(4);
    assert!(
        undone.err.contains("cannot be called back") && undone.err.contains("kami disable"),
        "{undone:?}"
    );
    assert_eq!(kami.state().await, before);
}

#[tokio::test]
async fn whoever_reads_no_more_keeps_the_card() {
    let kami = kami().await;
    let mut command = kami.command(&["certify", "VIP-A", "--machine", "PC-1", "--root", "root.pem", "--yes"]);
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let failed = ran(command.stdout(Stdio::from(full)).output().unwrap());
    assert_eq!(failed.code, 1, "{failed:?}");
    // The card is the machine's, and another file is made for it.
    let again = kami.certify(&["--root", "root.pem", "--yes"]).ends(0);
    assert!(kami.starts(&again.out, "PC-1", None, 0).is_some());
}
