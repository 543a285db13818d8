//! A database server of a test's own, to be broken.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A server started by `scripts/private-server`; gone with its files when dropped.
#[derive(Debug)]
pub struct PrivateServer {
    folder: PathBuf,
    url: String,
}

impl PrivateServer {
    /// Starts a server of the kind that is being tested, with extra options for it.
    pub fn start(options: &[&str]) -> Self {
        let folder = std::env::temp_dir().join(crate::unique_name("kami_server"));
        std::fs::create_dir(&folder).unwrap();
        let server =
            std::env::var("KAMI_TEST_SERVER").expect("the tests need a server: run them with ./test.sh");
        let mut private = Self { folder, url: String::new() };
        let arguments = ["--server", &server, "--free-port", "--fast", "--time-zone", "+08:00", "--"];
        private.url = private.run("start", &[&arguments, options].concat());
        private
    }

    /// Its address without a database.
    pub fn url(&self) -> String {
        self.url.split("kamisystem").next().unwrap().to_owned()
    }

    /// Kills it without warning and waits until it is gone.
    pub fn kill(&self) {
        self.run("kill", &[]);
    }

    /// Starts it again, at the same address.
    pub fn restart(&self) {
        assert_eq!(self.run("start", &[]), self.url);
    }

    fn run(&self, verb: &str, arguments: &[&str]) -> String {
        let Output { status, stdout, stderr } = self.script(verb).args(arguments).output().unwrap();
        assert!(status.success(), "private-server {verb}: {}", String::from_utf8_lossy(&stderr));
        String::from_utf8(stdout).unwrap().trim().to_owned()
    }

    fn script(&self, verb: &str) -> Command {
        let mut script =
            Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts/private-server"));
        script.arg(verb).arg(&self.folder);
        script
    }
}

impl Drop for PrivateServer {
    fn drop(&mut self) {
        drop(self.script("kill").output());
        drop(std::fs::remove_dir_all(&self.folder));
    }
}
