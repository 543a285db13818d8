//! Running an example as somebody who has an app.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use kami_testkit::{PATIENCE, unique_name};

use crate::language::Language;

/// Somebody with an app: what differs between two of them on the same machine.
pub(crate) struct User {
    pub(crate) home: Home,
    pub(crate) wait: &'static str,
    pub(crate) timeout: &'static str,
    /// The root keys that its app pins, with spaces between them.
    pub(crate) root_keys: String,
    pub(crate) has_machine_id: bool,
    /// Where there are programs that come before those of the system.
    pub(crate) tools: Option<PathBuf>,
}

impl User {
    pub(crate) fn new() -> Self {
        let home = std::env::temp_dir().join(unique_name("kami_client"));
        std::fs::create_dir(&home).unwrap();
        let root_keys = String::new();
        Self { home: Home(home), wait: "0.01", timeout: "20", root_keys, has_machine_id: true, tools: None }
    }

    /// The folder in which its app keeps what it knows.
    pub(crate) fn folder(&self) -> PathBuf {
        self.home.0.join(".config/my-app")
    }

    /// The file with the key by which its app signs.
    pub(crate) fn key(&self) -> PathBuf {
        self.folder().join("device.json")
    }

    /// Runs the example with these arguments until it ends; returns its exit code and the line that it printed.
    pub(crate) async fn run(&self, language: Language, url: &str, arguments: &[&str]) -> (i32, String) {
        let mut command = tokio::task::spawn_blocking(move || language.command()).await.unwrap();
        if !self.has_machine_id {
            let hidden = without_machine_id().expect("the test asked for it before");
            command.splice(0..0, hidden.iter().map(|&word| word.to_owned()));
        }
        let mut process = tokio::process::Command::new(&command[0]);
        process.args(&command[1..]).args(arguments).stdin(Stdio::null()).kill_on_drop(true);
        process.env("KAMI_URL", url).env("KAMI_WAIT", self.wait).env("KAMI_TIMEOUT", self.timeout);
        process.env("KAMI_ROOT_KEYS", &self.root_keys).env("HOME", &self.home.0);
        for inherited in ["XDG_CONFIG_HOME", "http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"] {
            process.env_remove(inherited);
        }
        if let Some(tools) = &self.tools {
            let path = std::env::var_os("PATH").unwrap_or_default();
            let path = std::iter::once(tools.clone()).chain(std::env::split_paths(&path));
            process.env("PATH", std::env::join_paths(path).unwrap());
        }
        let output = tokio::time::timeout(PATIENCE, process.output()).await;
        let output = output.unwrap_or_else(|_| panic!("{language:?} doesn't end")).unwrap();
        let (printed, complaint) =
            (String::from_utf8(output.stdout), String::from_utf8_lossy(&output.stderr));
        let printed = printed.unwrap();
        assert_eq!(complaint, "", "{language:?} after {printed}");
        let line = printed.strip_suffix('\n').unwrap_or_else(|| panic!("{language:?} printed {printed:?}"));
        assert!(!line.contains(char::is_control), "{language:?} printed {printed:?}");
        (output.status.code().unwrap(), line.to_owned())
    }
}

/// Runs the command behind it where the system has no machine id.
const HIDE_IDS: &str = "for id in /etc/machine-id /var/lib/dbus/machine-id; do \
                        [ ! -e $id ] || mount --bind /dev/null $id || exit; done; exec \"$@\"";

/// What to put before a command so that it finds no machine id: nothing where there is none; `None` where one is there and
/// this machine lets nobody hide it, as in an ordinary container.
pub(crate) fn without_machine_id() -> Option<&'static [&'static str]> {
    static FOUND: OnceLock<Option<&[&str]>> = OnceLock::new();
    *FOUND.get_or_init(|| {
        let ways: [&[&str]; 3] = [
            &[],
            &["unshare", "--mount", "sh", "-c", HIDE_IDS, "sh"],
            &["unshare", "--map-root-user", "--mount", "sh", "-c", HIDE_IDS, "sh"],
        ];
        ways.into_iter().find(|way| {
            let look = ["sh", "-c", "! [ -s /etc/machine-id ] && ! [ -s /var/lib/dbus/machine-id ]"];
            let words = [way, look.as_slice()].concat();
            let mut command = Command::new(words[0]);
            let quiet = command.args(&words[1..]).stdin(Stdio::null()).stderr(Stdio::null());
            quiet.status().is_ok_and(|status| status.success())
        })
    })
}

pub(crate) const HIDING: &str = "the right to hide its machine id (user namespaces)";

/// A home folder, gone when dropped.
pub(crate) struct Home(pub(crate) PathBuf);

impl Drop for Home {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}
