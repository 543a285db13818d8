//! `kami keys`, which needs no database.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;

use kami_testkit::{KeyFile, NINETY_DAYS};
use kami_trust::certificate::Certificate;
use kami_trust::key::PublicKey;
use serde_json::Value;

use super::fixtures::{Kami, ran};

impl Kami {
    fn mode(&self, file: &str) -> u32 {
        fs::metadata(self.folder.join(file)).unwrap().permissions().mode() & 0o777
    }

    fn text(&self, file: &str) -> String {
        fs::read_to_string(self.folder.join(file)).unwrap()
    }

    /// A root key, and an online key of each of these apps in a file.
    fn with_keys(self, file: &str, apps: &[&str]) -> Self {
        self.run(&["keys", "new", "--output", "root.pem"]).ends(0);
        let parts = apps.iter().map(|app| {
            let part = format!("{app}.part");
            self.run(&["keys", "issue", "--root", "root.pem", "--output", &part, "--app", app]).ends(0);
            self.text(&part)
        });
        fs::write(self.folder.join(file), parts.collect::<String>()).unwrap();
        fs::set_permissions(self.folder.join(file), Permissions::from_mode(0o600)).unwrap();
        self
    }

    fn kids(&self, file: &str) -> Vec<String> {
        let listed = self.run(&["keys", "list", file, "--json"]).ends(0).json();
        listed.iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
    }
}

#[test]
fn a_root_key_certifies_an_online_key_and_both_are_their_owners_alone() {
    let kami = Kami::nowhere();
    let root = kami.run(&["keys", "new", "--output", "root.pem", "--json"]).ends(0).json().remove(0);
    assert_eq!(kami.mode("root.pem"), 0o600);
    let issue = ["keys", "issue", "--root", "root.pem", "--output", "online.pem"];
    let issued = kami.run(&[&issue[..], &["--app", "demo", "--for", "30d", "--json"]].concat()).ends(0);
    assert_eq!(kami.mode("online.pem"), 0o600);
    let issued = issued.json().remove(0);
    assert_eq!((&issued["root"], &issued["app"]), (&root["kid"], &Value::from("demo")));

    let shown = kami.run(&["keys", "show", "online.pem", "--json"]).ends(0).json().remove(0);
    let pin = PublicKey::parse(root["pin"].as_str().unwrap()).unwrap();
    let certificate = Certificate::verified(shown["certificate"].as_str().unwrap(), &[pin]).unwrap();
    assert_eq!(certificate.app.as_ref().map(kami_core::app::AppName::as_str), Some("demo"));
    assert_eq!(certificate.key.thumbprint(), issued["kid"]);
    assert_eq!(certificate.until - certificate.from, 30 * 86_400 + 3_600, "it begins an hour before");
    assert_eq!(shown["state"], "signing");
    let shown = kami.run(&["keys", "show", "root.pem", "--json"]).ends(0).json().remove(0);
    assert_eq!((&shown["pin"], &shown["state"]), (&root["pin"], &Value::from("root")));
    let pinned = kami.run(&["keys", "pin", "root.pem", "--language", "python"]).ends(0).out;
    assert_eq!(pinned, format!("ROOT_KEYS = [{}]\n", root["pin"]));
    assert_eq!(kami.run(&["keys", "pin", "root.pem"]).ends(0).out.lines().count(), 8);
    assert_eq!(kami.run(&["keys", "pin", "root.pem", "--json"]).ends(0).json()[0]["pins"][0], root["pin"]);
}

#[test]
fn nothing_private_is_printed() {
    let kami = Kami::nowhere().with_keys("online.pem", &["demo"]);
    let secrets: Vec<String> = ["root.pem", "online.pem"]
        .iter()
        .map(|file| kami.text(file).lines().nth(1).unwrap().to_owned())
        .collect();
    for arguments in [
        &["keys", "list", "online.pem"][..],
        &["keys", "list", "online.pem", "--json"],
        &["keys", "show", "online.pem"],
        &["keys", "show", "online.pem", "--json"],
        &["keys", "show", "root.pem"],
        &["keys", "show", "root.pem", "--json"],
        &["keys", "pin", "root.pem"],
        &["keys", "list", "root.pem"],
    ] {
        let shown = kami.run(arguments);
        assert!(secrets.iter().all(|secret| !(shown.out.clone() + &shown.err).contains(secret)), "{shown:?}");
    }
}

#[test]
fn what_is_there_is_not_written_over_and_what_others_read_is_not_used() {
    let kami = Kami::nowhere().with_keys("online.pem", &["demo"]);
    let before = [kami.text("root.pem"), kami.text("online.pem")];
    kami.run(&["keys", "new", "--output", "root.pem"]).ends(4);
    kami.run(&["keys", "issue", "--root", "root.pem", "--output", "online.pem"]).ends(4);
    kami.run(&["keys", "issue", "--root", "root.pem", "--output", "x.pem", "--for", "91d"]).ends(2);
    kami.run(&["keys", "issue", "--root", "nowhere.pem", "--output", "x.pem"]).ends(3);
    kami.run(&["keys", "issue", "--root", "online.pem", "--output", "x.pem"]).ends(1);
    kami.run(&["keys", "pin", "root.pem", "root.pem"]).ends(2);
    kami.run(&["keys", "list"]).ends(2);
    fs::set_permissions(kami.folder.join("root.pem"), Permissions::from_mode(0o640)).unwrap();
    let open = kami.run(&["keys", "issue", "--root", "root.pem", "--output", "x.pem"]).ends(1);
    assert!(open.err.contains("chmod 600"), "{open:?}");
    assert_eq!([kami.text("root.pem"), kami.text("online.pem")], before);
    assert!(!kami.folder.join("x.pem").exists());
}

#[test]
fn a_key_is_retired_only_by_whoever_means_it() {
    let kami = Kami::nowhere().with_keys("online.pem", &["demo", "other"]);
    let [demo, other] = &kami.kids("online.pem")[..] else { panic!("two keys") };
    let retire = |kid: &str, rest: &[&str]| {
        let mut command = kami.command(&[&["keys", "retire", kid], rest].concat());
        ran(command.env("KAMI_SIGNING_KEY_FILE", "online.pem").output().unwrap())
    };
    let asked = retire(&demo[..8], &[]).ends(4);
    assert!(asked.err.contains("No other key signs answers of the app demo"), "{asked:?}");
    retire(&demo[..5], &["--yes"]).ends(2);
    retire("nobody", &["--yes"]).ends(3);
    assert_eq!(kami.kids("online.pem").len(), 2, "nothing was changed");
    let retired = retire(&demo[..8], &["--yes", "--json"]).ends(0).json().remove(0);
    assert_eq!((&retired["kid"], &retired["is_missed"]), (&Value::from(demo.as_str()), &Value::from(true)));
    assert_eq!((kami.kids("online.pem"), kami.mode("online.pem")), (vec![other.clone()], 0o600));
    retire(other, &["--yes"]).ends(4);
    assert_eq!(kami.kids("online.pem"), [other.as_str()], "the last one stays");
}

#[tokio::test]
async fn the_doctor_tells_two_weeks_before_answers_are_signed_no_more() {
    let (kami, keys) = (Kami::new().await, KeyFile::create());
    let check = || {
        let mut doctor = kami.command(&["doctor", "--json"]);
        let told = ran(doctor.env("KAMI_SIGNING_KEY_FILE", keys.path()).output().unwrap()).json().remove(0);
        told["checks"].as_array().unwrap().iter().find(|check| check["name"] == "signing").cloned().unwrap()
    };
    assert_eq!(check()["ok"], true);
    for days in [13, -1] {
        keys.put(&[keys.issue(None, days * 86_400)]);
        let told = check();
        assert!(!told["ok"].as_bool().unwrap() && told["mend"].as_str().unwrap().contains("kami keys issue"));
    }
    keys.put(&[keys.issue(None, NINETY_DAYS)]);
    fs::set_permissions(keys.path(), Permissions::from_mode(0o644)).unwrap();
    assert!(check()["found"].as_str().unwrap().contains("chmod 600"));
}
