//! What is different with somebody at a terminal: questions, bars, Ctrl-C.

use std::io::{Read as _, Write as _};
use std::sync::{Arc, Mutex};

use kami_testkit::{TestDatabase, eventually};
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
        Self::of_size((80, 24), kami, arguments, &[])
    }

    fn of_size(
        (cols, rows): (u16, u16),
        kami: &Kami,
        arguments: &[&str],
        variables: &[(&str, &str)],
    ) -> Self {
        let size = PtySize { rows, cols, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).unwrap();
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_kami"));
        command.args(arguments);
        command.cwd(&kami.folder);
        command.env_clear();
        command.env("HOME", &kami.folder);
        command.env("USER", "tester");
        command.env("DATABASE_URL", kami.database.url());
        for (name, value) in variables {
            command.env(name, value);
        }
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
        (&["delete", "--all"], "Delete 2 cards?", "y\r", 4, 2),
        (&["delete", "VIP-B", "GOLD-C"], "Type 2 to do it: ", "2\r", 0, 0),
    ] {
        let mut terminal = Terminal::open(&kami, arguments);
        terminal.shows(question).await;
        terminal.types(answer);
        terminal.ends(code).await;
        assert_eq!(kami.statuses().len(), left, "{arguments:?}");
    }
}

#[tokio::test]
async fn an_app_is_archived_after_a_yes_alone() {
    let kami = Kami::new().await;
    kami.run(&["app", "add", "demo"]).ends(0);
    for (answer, code, left) in [("\r", 4, 2), ("y\r", 0, 1)] {
        let mut terminal = Terminal::open(&kami, &["app", "archive", "demo"]);
        terminal.shows("Archive the app demo?").await;
        terminal.shows("go on.").await;
        terminal.shows("[y/N] ").await;
        terminal.types(answer);
        terminal.ends(code).await;
        assert_eq!(kami.run(&["app", "list", "--json"]).ends(0).json().len(), left, "{answer:?}");
    }
}

#[tokio::test]
async fn ctrl_c_ends_a_bulk_act_at_its_chunk_and_what_is_done_can_be_undone() {
    let kami = Kami::new().await;
    let arguments = ["generate", "--prefix", "VIP", "--count", "60000", "--duration", "1d", "--yes"];
    kami.run(&arguments).ends(0);
    let mut terminal = Terminal::open(&kami, &["disable", "--prefix", "VIP", "--all", "--yes"]);
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
async fn ctrl_c_leaves_nothing_of_a_batch_an_import_or_a_file() {
    let kami = Kami::new().await;
    let codes: Vec<String> = (0..100_000).map(|number| format!("OLD-{number}")).collect();
    std::fs::write(kami.folder.join("codes.txt"), codes.join("\n")).unwrap();
    for (arguments, bar) in [
        (
            &["generate", "--prefix", "VIP", "--count", "1000000", "--duration", "1d", "--yes"][..],
            "generating ",
        ),
        (&["import", "codes.txt", "--duration", "1d"], "importing "),
    ] {
        let mut terminal = Terminal::open(&kami, arguments);
        terminal.shows(bar).await;
        terminal.types("\u{3}");
        terminal.ends(1).await;
        let left = "SELECT (SELECT COUNT(*) FROM cards) + (SELECT COUNT(*) FROM batches) + \
                    (SELECT COUNT(*) FROM acts) + (SELECT COUNT(*) FROM operator_log)";
        assert_eq!(kami.database.rows::<u64>(left, ()).await, [0], "{arguments:?}");
    }
    kami.run(&["generate", "--prefix", "VIP", "--count", "60000", "--duration", "1d", "--yes"]).ends(0);
    let mut terminal = Terminal::open(&kami, &["export", "--output", "out/all.csv"]);
    terminal.shows("exporting ").await;
    terminal.types("\u{3}");
    terminal.ends(1).await;
    assert_eq!(std::fs::read_dir(kami.folder.join("out")).unwrap().count(), 0);
}

#[tokio::test]
async fn notes_are_not_overwritten_without_a_yes() {
    let kami = Kami::with_cards().await;
    for (arguments, answer, code, notes) in [
        (&["note", "VIP-A", "--set", "one"][..], None, 0, [Some("one"), None]),
        (&["note", "--prefix", "VIP", "--all", "--set", "two"], Some("\r"), 4, [Some("one"), None]),
        (&["note", "VIP-A", "VIP-B", "--set", "two"], Some("y\r"), 0, [Some("two"), Some("two")]),
        (&["note", "--prefix", "VIP", "--all", "--clear", "--yes"], None, 0, [None, None]),
        (&["note", "--prefix", "VIP", "--all", "--set", "three"], None, 0, [Some("three"), Some("three")]),
    ] {
        let mut terminal = Terminal::open(&kami, arguments);
        if let Some(answer) = answer {
            terminal.shows("overwrite").await;
            terminal.types(answer);
        }
        terminal.ends(code).await;
        let query = "SELECT note FROM cards WHERE prefix = 'VIP' ORDER BY id";
        assert_eq!(
            kami.database.rows::<Option<String>>(query, ()).await,
            notes.map(|note| note.map(str::to_owned))
        );
    }
    let refused = kami.run(&["note", "--prefix", "VIP", "--all", "--set", "four"]).ends(4);
    assert!(refused.err.contains("2 cards may have a note already"), "{refused:?}");
    kami.run(&["note", "VIP-A"]).ends(2);
}

#[tokio::test]
async fn a_password_is_asked_for_and_not_shown() {
    let kami = Kami::with_cards().await;
    let url = kami.database.url();
    let (scheme, rest) = url.split_once("//").unwrap();
    let (account, place) = rest.split_once('@').unwrap();
    let (user, password) = account.split_once(':').unwrap();
    let folder = kami.folder.join(".config/kami");
    std::fs::create_dir_all(&folder).unwrap();
    let config = format!("[environments.dev]\nurl = \"{scheme}//{user}@{place}\"\npassword_prompt = true\n");
    std::fs::write(folder.join("config.toml"), config).unwrap();
    for (typed, code) in [(password, 0), ("Tr0ub4dor", 1)] {
        let mut terminal = Terminal::open(&kami, &["-e", "dev", "list"]);
        terminal.shows("password of dev: ").await;
        terminal.types(&format!("{typed}\r"));
        terminal.ends(code).await;
        assert!(!terminal.seen.lock().unwrap().contains(typed));
        if code == 0 {
            terminal.shows("VIP-A").await;
        }
    }
    let nobody = kami.run(&["-e", "dev", "list"]).ends(1);
    assert!(nobody.err.contains("it was not typed"), "{nobody:?}");
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

#[tokio::test]
async fn a_terminal_that_does_not_know_its_size_has_a_usual_one() {
    let kami = Kami::with_cards().await;
    let note = "x".repeat(200);
    kami.run(&["edit", "VIP-A", "--note", &note]).ends(0);
    for (size, variables, columns) in [
        ((0, 0), &[][..], 80),
        ((0, 24), &[], 80),
        ((0, 0), &[("COLUMNS", "100")], 100),
        ((0, 0), &[("COLUMNS", "0")], 80),
        ((120, 0), &[("COLUMNS", "100")], 120),
    ] {
        let mut terminal = Terminal::of_size(size, &kami, &["list"], variables);
        terminal.ends(0).await;
        terminal.shows("…\r\n").await;
        let seen = terminal.seen.lock().unwrap().clone();
        let longest = seen.lines().map(|line| line.trim_end().chars().count()).max();
        assert_eq!(longest, Some(columns), "{size:?} {variables:?}: {seen}");
    }
}

#[tokio::test]
async fn which_of_several_environments_is_asked_at_a_terminal_and_refused_without_one() {
    let kami = Kami::with_cards().await;
    let folder = kami.folder.join(".config/kami");
    std::fs::create_dir_all(&folder).unwrap();
    let config = format!(
        "[environments.shop]\nurl = \"mysql://kami@nowhere.invalid/cards\"\nproduction = true\n\
         [environments.trial]\nurl = \"{}\"\n",
        kami.database.url()
    );
    std::fs::write(folder.join("config.toml"), config).unwrap();
    std::process::Command::new("chmod").arg("-R").arg("go-rwx").arg(&kami.folder).status().unwrap();
    // an empty variable is as good as none
    let open = |arguments: &[&str]| Terminal::of_size((80, 24), &kami, arguments, &[("DATABASE_URL", "")]);

    let mut list = open(&["list"]);
    list.shows("1  shop   nowhere.invalid/cards · PRODUCTION").await;
    list.shows("Type its name or 1 to 2:").await;
    list.types("\rtest\r");
    list.shows("There is no \"test\" among them.").await;
    list.types("trial\r");
    list.shows("VIP-A").await;
    list.ends(0).await;

    let mut left = open(&["list"]);
    left.shows("Type its name or 1 to 2:").await;
    left.types("\u{4}");
    left.shows("choose one with -e NAME: shop, trial").await;
    left.ends(2).await;

    let mut console = open(&[]);
    console.shows("Type its name or 1 to 2:").await;
    console.types("2\r");
    console.shows("\u{1b}[?1049h").await;
    console.shows("VIP-A").await;
    console.types("q");
    console.ends(0).await;

    let mut command = kami.command(&["list"]);
    let ran = super::fixtures::ran(command.env_remove("DATABASE_URL").output().unwrap()).ends(2);
    assert!(ran.err.contains("choose one with -e NAME: shop, trial"), "{ran:?}");
}

#[tokio::test]
async fn the_console_makes_and_takes_over_databases_once_that_is_agreed_to() {
    let absent = Kami::on(TestDatabase::absent());
    let flask = Kami::on(TestDatabase::create_empty().await);
    flask.database.execute(super::migrate::OLD).await;
    for (kami, lack, then) in [
        // single words, since what is drawn leaves out the blanks between them
        (&absent, absent.database.name(), "some."),
        (&flask, "MyISAM", "VIP-A"),
    ] {
        let mut console = Terminal::open(kami, &[]);
        console.shows(lack).await;
        console.types("\r");
        console.shows("sure?").await;
        console.shows("yes").await;
        console.types("y");
        console.shows(then).await;
        console.types("q");
        console.ends(0).await;
    }
    assert_eq!(flask.statuses().len(), 1);
}
