//! What is different with somebody at a terminal: questions, bars, Ctrl-C.

use std::io::{Read as _, Write as _};
use std::sync::{Arc, Mutex};

use kami_testkit::eventually;
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

use super::fixtures::Kami;

/// `kami` at a terminal.
struct Terminal {
    child: Box<dyn Child + Send + Sync>,
    keys: Box<dyn std::io::Write + Send>,
    seen: Arc<Mutex<String>>,
    _master: Box<dyn MasterPty + Send>,
}

impl Terminal {
    fn open(kami: &Kami, arguments: &[&str]) -> Self {
        let size = PtySize { rows: 24, cols: 80, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).unwrap();
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_kami"));
        command.args(arguments);
        command.cwd(&kami.folder);
        command.env_clear();
        command.env("HOME", &kami.folder);
        command.env("USER", "tester");
        command.env("DATABASE_URL", kami.database.url());
        let child = pair.slave.spawn_command(command).unwrap();
        let mut out = pair.master.try_clone_reader().unwrap();
        let seen: Arc<Mutex<String>> = Arc::default();
        let shown = Arc::clone(&seen);
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(count @ 1..) = out.read(&mut bytes) {
                shown.lock().unwrap().push_str(&String::from_utf8_lossy(&bytes[..count]));
            }
        });
        Self { child, keys: pair.master.take_writer().unwrap(), seen, _master: pair.master }
    }

    async fn shows(&self, text: &str) {
        let shown = async || self.seen.lock().unwrap().contains(text).then_some(());
        eventually(&format!("{text:?} on the terminal"), shown).await;
    }

    fn types(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
        self.keys.flush().unwrap();
    }

    async fn ends(&mut self, code: u32) {
        let ended = eventually("its end", async || self.child.try_wait().unwrap()).await;
        assert_eq!(ended.exit_code(), code, "{}", self.seen.lock().unwrap());
    }
}

#[tokio::test]
async fn a_delete_asks_and_its_default_is_no() {
    let kami = Kami::with_cards().await;
    for (arguments, question, answer, code, left) in [
        (&["delete", "VIP-A"][..], "Delete one card? [y/N] ", "\r", 4, 3),
        (&["delete", "VIP-A"], "Delete one card? [y/N] ", "y\r", 0, 2),
        (&["delete", "--all"], "Delete 2 cards? Type 2 to do it: ", "y\r", 4, 2),
        (&["delete", "VIP-B", "GOLD-C"], "Delete 2 cards? Type 2 to do it: ", "2\r", 0, 0),
    ] {
        let mut terminal = Terminal::open(&kami, arguments);
        terminal.shows(question).await;
        terminal.types(answer);
        terminal.ends(code).await;
        assert_eq!(kami.statuses().len(), left, "{arguments:?}");
    }
}

#[tokio::test]
async fn ctrl_c_ends_a_bulk_act_at_its_chunk_and_what_is_done_can_be_undone() {
    let kami = Kami::new().await;
    let arguments = ["generate", "--prefix", "VIP", "--count", "60000", "--duration", "1d", "--yes"];
    kami.run(&arguments).ends(0);
    let mut terminal = Terminal::open(&kami, &["disable", "--prefix", "VIP", "--all"]);
    terminal.shows("disabling ").await;
    terminal.types("\u{3}");
    terminal.ends(1).await;
    terminal.shows("To undo it: kami undo 2").await;
    terminal.shows("broken off: what was done until then stays done").await;
    let counts = || kami.run(&["stats", "--json"]).ends(0).json()[0]["cards"].clone();
    let disabled = counts()["disabled"].as_u64().unwrap();
    assert!(disabled > 0 && disabled < 60_000 && disabled.is_multiple_of(1_000), "{disabled}");
    kami.run(&["undo"]).ends(0);
    assert_eq!(counts()["unused"], 60_000);
}

#[tokio::test]
async fn data_on_a_terminal_stays_in_its_width_and_runs_nothing() {
    let kami = Kami::with_cards().await;
    let note = "\u{1b}[2Jx".repeat(30);
    kami.run(&["edit", "VIP-A", "--note", &note]).ends(0);
    let mut terminal = Terminal::open(&kami, &["list"]);
    terminal.ends(0).await;
    terminal.shows("VIP-A ").await;
    let seen = terminal.seen.lock().unwrap().clone();
    assert!(!seen.contains('\u{1b}'), "{seen:?}");
    assert!(seen.lines().all(|line| line.chars().count() <= 81), "{seen}");
}
