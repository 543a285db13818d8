//! Copying through a tmux: a real one, one of before 3.2, and one that never answers.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use kami_testkit::{TestDatabase, eventually, unique_name};
use portable_pty::CommandBuilder;

use crate::pseudo_terminal::PseudoTerminal;

/// An empty folder.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let folder = std::env::temp_dir().join(unique_name("copies"));
        fs::create_dir(&folder).unwrap();
        Self(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

/// A tmux of its own in which the console runs.
struct Tmux(Folder);

impl Tmux {
    fn start(url: &str) -> Self {
        let tmux = Self(Folder::new());
        let home = tmux.0.0.display().to_string();
        let variables =
            [format!("DATABASE_URL={url}"), format!("HOME={home}"), "LC_ALL=zh_CN.UTF-8".to_owned()];
        let mut command = tmux.command();
        command.args(["new-session", "-d", "-x", "80", "-y", "24"]);
        for variable in &variables {
            command.args(["-e", variable]);
        }
        assert!(command.arg(env!("CARGO_BIN_EXE_kami")).status().unwrap().success());
        tmux
    }

    fn command(&self) -> Command {
        let mut command = Command::new("tmux");
        command.args(["-u", "-f", "/dev/null", "-S"]).arg(self.0.0.join("socket"));
        command.env_remove("TMUX").env("LC_ALL", "C.UTF-8").env("TERM", "xterm-256color");
        command
    }

    /// What a command of tmux prints; nothing where it fails.
    fn ask(&self, arguments: &[&str]) -> String {
        String::from_utf8(self.command().args(arguments).output().unwrap().stdout).unwrap()
    }

    async fn shows(&self, text: &str) {
        eventually(text, async || self.ask(&["capture-pane", "-p"]).contains(text).then_some(())).await;
    }
}

impl Drop for Tmux {
    fn drop(&mut self) {
        drop(self.command().arg("kill-server").status());
    }
}

#[tokio::test]
async fn in_a_tmux_its_own_buffer_has_the_code() {
    let database = TestDatabase::create().await;
    database.insert_card("VIP", "COPIED").await;
    let tmux = Tmux::start(&database.url());
    tmux.shows("VIP-COPIED").await;
    tmux.ask(&["send-keys", "c"]);
    tmux.shows("已放入 tmux 缓冲区").await;
    assert_eq!(tmux.ask(&["show-buffer"]), "VIP-COPIED");
}

/// The console in a terminal that says that it is a tmux's, which is to be found in a folder.
fn in_tmux(database: &TestDatabase, socket: &Path, programs: &Path) -> PseudoTerminal {
    let mut command = CommandBuilder::new("/usr/bin/env");
    command.arg(format!("TMUX={},1,0", socket.display()));
    command.arg(format!("PATH={}:/usr/bin:/bin", programs.display()));
    command.arg(env!("CARGO_BIN_EXE_kami"));
    PseudoTerminal::run(command, &database.url(), (80, 24))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tmux_that_never_answers_holds_the_console_up_for_nothing() {
    let database = TestDatabase::create().await;
    database.insert_card("VIP", "COPIED").await;
    let folder = Folder::new();
    let socket = folder.0.join("socket");
    // It takes connections in, as every listening socket does, and never says a word.
    let _silent = UnixListener::bind(&socket).unwrap();
    let mut terminal = in_tmux(&database, &socket, &folder.0);
    terminal.wait_for_text("VIP-COPIED");
    terminal.press("c");
    terminal.wait_for_text("Handing it to tmux");
    terminal.wait_for_text("tmux did not take it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tmux_that_is_gone_is_told_of() {
    let database = TestDatabase::create().await;
    database.insert_card("VIP", "COPIED").await;
    let folder = Folder::new();
    let mut terminal = in_tmux(&database, &folder.0.join("socket"), &folder.0);
    terminal.wait_for_text("VIP-COPIED");
    terminal.press("c");
    terminal.wait_for_text("tmux did not take it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tmux_that_does_not_know_the_outer_clipboard_has_the_code_in_its_buffer() {
    let database = TestDatabase::create().await;
    database.insert_card("VIP", "COPIED").await;
    let folder = Folder::new();
    let buffer = folder.0.join("buffer");
    let old = format!(
        "#!/bin/sh\n[ \"$2\" = -w ] && exit 1\n[ \"$*\" = 'load-buffer -' ] && cat >{}\n",
        buffer.display()
    );
    fs::write(folder.0.join("tmux"), old).unwrap();
    fs::set_permissions(folder.0.join("tmux"), fs::Permissions::from_mode(0o700)).unwrap();
    let mut terminal = in_tmux(&database, &folder.0.join("socket"), &folder.0);
    terminal.wait_for_text("VIP-COPIED");
    terminal.press("c");
    terminal.wait_for_text("In tmux's buffer: prefix ] pastes");
    assert_eq!(fs::read_to_string(buffer).unwrap(), "VIP-COPIED");
}
