//! A database server of a test's own, to be broken.

use std::path::Path;

use kami_xtask::private_server::{Folder, Options};

/// A server as `scripts/private-server` starts it; gone with its files when dropped.
#[derive(Debug)]
pub struct PrivateServer {
    folder: Folder,
    url: String,
}

impl PrivateServer {
    /// Starts a server of the kind that is being tested, with extra options for it.
    pub fn start(options: &[&str]) -> Self {
        let path = std::env::temp_dir().join(crate::unique_name("kami_server"));
        let server =
            std::env::var("KAMI_TEST_SERVER").expect("the tests need a server: run them with ./test.sh");
        let options = Options {
            server: Some(server),
            free_port: true,
            time_zone: Some("+08:00".to_owned()),
            fast: true,
            extra: options.iter().map(|&option| option.to_owned()).collect(),
            ..Options::default()
        };
        let (folder, url) = Folder::start(&path, &options).unwrap_or_else(|failure| panic!("{failure}"));
        Self { folder, url }
    }

    /// Its address without a database.
    pub fn url(&self) -> String {
        self.url.split("kamisystem").next().unwrap().to_owned()
    }

    /// Kills it without warning and waits until it is gone.
    pub fn kill(&self) {
        self.folder.kill().unwrap();
    }

    /// Starts it again, at the same address.
    pub fn restart(&self) {
        let path = Path::new(self.folder.path());
        assert_eq!(Folder::start(path, &Options::default()).unwrap().1, self.url);
    }
}

impl Drop for PrivateServer {
    fn drop(&mut self) {
        drop(self.folder.kill());
        drop(std::fs::remove_dir_all(self.folder.path()));
    }
}
