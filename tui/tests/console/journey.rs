//! Whole journeys through a real pseudo-terminal, against a real server.

use std::os::unix::fs::PermissionsExt as _;

use kami_core::card::{CardCode, MachineCode};
use kami_core::operator::Note;
use kami_store::Client;
use kami_testkit::TestDatabase;
use portable_pty::CommandBuilder;

use crate::pseudo_terminal::PseudoTerminal;

const ESCAPE: &str = "\x1b";
const ENTER: &str = "\r";
const BACKSPACE: &str = "\x7f";
const TAB: &str = "\t";

#[tokio::test(flavor = "multi_thread")]
async fn from_the_first_card_to_the_last() {
    let database = TestDatabase::create().await;
    let mut terminal = PseudoTerminal::start(&database.url(), (120, 40));
    terminal.wait_for_text("There are no cards yet.");

    fill_in_a_batch(&mut terminal);
    terminal.press_hinted(ENTER, "⏎ do it");
    terminal.wait_for_text("10,000 cards VIP-…, 3h each");
    terminal.press_hinted("y", "y yes");
    terminal.wait_for_text("10,000 cards made.");
    terminal.press_hinted(ENTER, "⏎ choose");
    terminal.wait_for_text("batch #1 ✕");
    terminal.wait_for_text("1 of 10,000");

    terminal.press(" ");
    terminal.wait_for_text("1 marked");
    terminal.press(" ");
    terminal.wait_for_text("2 marked");
    terminal.press("b");
    terminal.wait_for_text("2 cards disabled.");
    terminal.wait_for_text("⊘ 2 disabled");
    terminal.press("u");
    terminal.wait_for_text("Undone for 2 cards.");
    terminal.wait_for_text("⊘ 0 disabled");

    // Another activates the card while its form is open.
    terminal.press("g");
    terminal.wait_for_text("1 of 10,000");
    let code = current_code(&terminal);
    terminal.press("e");
    terminal.wait_for_text("edit card");
    let machine = MachineCode::parse("PC-OTHER").unwrap();
    let (store, card) = (database.store(), CardCode::parse(&code).unwrap());
    store.validate(&card, &machine, &Client::default()).await.unwrap();
    terminal.press(TAB);
    for field in ["duration", "last moment", "points", "seats", "policy"] {
        terminal.wait_for_text(&format!("▌ {field} "));
        terminal.press(TAB);
    }
    terminal.type_into("note", "sold");
    terminal.press_hinted(ENTER, "⏎ do it");
    terminal.wait_for_text("Changed by others meanwhile:");
    terminal.wait_for_text("unused → active");
    terminal.press_hinted(ENTER, "⏎ do it");
    terminal.wait_for_text("Saved.");
    terminal.wait_for(&code, |screen| screen.contains("PC-OTHER") && screen.contains("sold"));

    terminal.press("d");
    terminal.wait_for_text("Delete VIP-");
    terminal.press_hinted("y", "y yes");
    terminal.wait_for_text("One card deleted.");
    terminal.wait_for_text("9,999 cards");
    terminal.press("u");
    terminal.wait_for_text("Undone for one card.");
    terminal.wait_for_text("10,000 cards");

    search_by_hand(&mut terminal, &code);
    terminal.wait_for_text("1 of 1 ");
    terminal.press(ESCAPE);
    terminal.wait_for_text("1 of 10,000");
    terminal.press("G");
    terminal.wait_for_text("10,000 of 10,000");

    find_the_edit_in_the_log(&mut terminal);

    terminal.press("s");
    terminal.wait_for("the statistics", |screen| {
        let next = screen.split("EXPIRING NEXT").nth(1);
        screen.contains("USED 30D") && next.is_some_and(|next| next.contains(&code))
    });
    terminal.press(ESCAPE);
    terminal.wait_for("the table", |screen| !screen.contains("EXPIRING NEXT"));

    terminal.press("x");
    terminal.wait_for_text("exports/unused_cards_");
    terminal.press_hinted(ENTER, "⏎ do it");
    terminal.wait_for_text("9,999 cards written to exports/unused_cards_");
    let file = std::fs::read_dir(terminal.home().join("exports")).unwrap().next().unwrap().unwrap();
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let text = std::fs::read_to_string(file.path()).unwrap();
    assert!(text.starts_with("# Unused card codes\n# Exported: "), "{text}");
    assert!(text.contains("\n# Total: 9999\n"), "{text}");
    assert_eq!(text.lines().filter(|line| line.starts_with("VIP-")).count(), 9_999);
    assert!(!text.contains(&code));

    std::fs::write(terminal.home().join("codes.txt"), "# from elsewhere\nOLD-1\nold-1\nOLD-2\n").unwrap();
    let import = |terminal: &mut PseudoTerminal| {
        terminal.press("i");
        terminal.wait_for_text("╭ import ");
        terminal.type_into("file", "codes.txt");
        terminal.press(TAB);
        terminal.type_into("duration", "30d");
        terminal.press_hinted(ENTER, "⏎ do it");
    };
    import(&mut terminal);
    terminal.wait_for_text("2 new   0 already there   1 malformed");
    terminal.press(ESCAPE);
    terminal.wait_for("the form", |screen| !screen.contains("1 malformed") && screen.contains("╭ import "));
    terminal.press(ESCAPE);
    terminal.wait_for("the table", |screen| !screen.contains("╭ import "));
    std::fs::write(terminal.home().join("codes.txt"), "OLD-1\nOLD-2\n").unwrap();
    import(&mut terminal);
    terminal.wait_for_text("2 new   0 already there   0 malformed");
    terminal.press_hinted(ENTER, "⏎ import");
    terminal.wait_for_text("2 cards imported.");
    terminal.press_hinted(ENTER, "⏎ choose");
    terminal.wait_for_text("batch #2 ✕");
    terminal.wait_for("the imported cards", |screen| screen.contains("OLD-1") && screen.contains("1 of 2 "));

    terminal.press("q");
    assert_eq!(terminal.wait_for_end(), 0);
    terminal.wait_until_given_back();
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_card_for_several_machines_one_is_freed_and_has_its_seat_again() {
    let database = TestDatabase::create().await;
    database.insert_card("VIP", "A").await;
    database.execute("UPDATE cards SET seats = 3, policy = 'lease=86400'").await;
    let (store, card) = (database.store(), CardCode::parse("VIP-A").unwrap());
    for machine in ["PC-1", "PC-2", "PC-3"] {
        store.validate(&card, &MachineCode::parse(machine).unwrap(), &Client::default()).await.unwrap();
    }
    let mut terminal = PseudoTerminal::start(&database.url(), (140, 40));
    terminal.wait_for_text("3 of 3 taken");
    terminal.press("m");
    terminal.wait_for_text("▌ PC-1");
    for key in ["2", "3"] {
        terminal.press(key);
        terminal.wait_for_text(&format!("▌ PC-{key}"));
        terminal.press(BACKSPACE);
        terminal.wait_for_text("▌ PC-1");
    }
    terminal.press("2");
    terminal.wait_for_text("▌ PC-2");
    terminal.press_hinted(ENTER, "⏎ choose");
    terminal.wait_for_text("PC-2 has lost its seat.  u undo");
    terminal.wait_for("who is left", |screen| screen.contains("2 of 3 taken") && screen.contains("unbound"));
    terminal.press("u");
    terminal.wait_for_text("Undone for one card.");
    terminal.wait_for_text("3 of 3 taken");

    terminal.press("m");
    terminal.wait_for_text("▌ PC-1");
    terminal.press("all");
    terminal.wait_for_text("▌ all of them");
    terminal.press_hinted(ENTER, "⏎ choose");
    terminal.wait_for_text("3 machines lose their seats.");
    terminal.press_hinted("y", "y yes");
    terminal.wait_for_text("One card unbound from its 3 machines.  u undo");
    terminal.press("u");
    terminal.wait_for_text("3 of 3 taken");

    terminal.press("e");
    terminal.wait_for_text("▌ status ");
    for field in ["machine", "duration", "last moment", "points", "seats"] {
        terminal.press(TAB);
        terminal.wait_for_text(&format!("▌ {field} "));
    }
    terminal.press("1");
    terminal.wait_for_text("2 machines lose their seats.");
    terminal.press_hinted(ENTER, "⏎ do it");
    terminal.wait_for_text("Lower the seats to 1?");
    terminal.press_hinted("y", "y yes");
    terminal.wait_for_text("Saved.");
    terminal.wait_for_text("1 of 1 taken");
    terminal.press("l");
    terminal.wait_for_text("edited");
    terminal.press_hinted(ENTER, "⏎ choose");
    terminal
        .wait_for("the log", |screen| screen.contains("seats  3 → 1") && screen.contains("machines  PC-"));
    for title in ["╭ edited", "╭ operator log"] {
        terminal.press(ESCAPE);
        terminal.wait_for("one less", |screen| !screen.contains(title));
    }
    terminal.press("q");
    assert_eq!(terminal.wait_for_end(), 0);
}

/// Opens the form of a batch and fills in what is not there yet.
fn fill_in_a_batch(terminal: &mut PseudoTerminal) {
    terminal.press("n");
    terminal.wait_for_text("generate cards");
    terminal.type_into("prefix", "VIP");
    terminal.press(TAB);
    terminal.type_into("cards", "10000");
}

/// Types a code into the search as a hand does, so that the keys behind it belong to no paste.
fn search_by_hand(terminal: &mut PseudoTerminal, code: &str) {
    terminal.press("/");
    terminal.wait_for_text("begins with");
    for end in 1..=code.len() {
        terminal.press(&code[end - 1..end]);
        terminal.wait_for_text(&format!("/ {}", &code[..end]));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_is_made_looked_at_sold_refused_and_all_of_it_taken_back() {
    let database = TestDatabase::create().await;
    database.insert_card("VIP", "A").await;
    let mut terminal = PseudoTerminal::start(&database.url(), (120, 40));
    terminal.wait_for_text("1 of 1");
    terminal.press("a");
    terminal.wait_for_text("▌ ✓ all apps");
    terminal.press("n");
    terminal.wait_for_text("▌ app ");
    terminal.press("demo");
    terminal.wait_for_text("▌ app              demo");
    terminal.press_hinted(ENTER, "⏎ do it");
    terminal.wait_for_text("App demo added.  u undo");
    terminal.wait_for_text("▌   demo");
    terminal.press_hinted(ENTER, "⏎ choose");
    terminal.wait_for_text("demo  0 cards");
    terminal.press("n");
    terminal.wait_for_text("▸demo");
    terminal.press("DEMO");
    terminal.wait_for_text("DEMO-7KQ2M9XWTR4HP3ND");
    terminal.press_hinted(ENTER, "⏎ do it");
    terminal.wait_for_text("100 cards made.");
    terminal.press(ESCAPE);
    terminal.wait_for("its cards, counted", |screen| {
        !screen.contains("See the batch") && screen.contains("demo  100 cards")
    });
    terminal.press("a");
    terminal.wait_for_text("▌ ✓ demo");
    terminal.press("e");
    terminal.wait_for_text("▌ title ");
    terminal.press(TAB);
    terminal.wait_for_text("▌ latest version ");
    terminal.press(TAB);
    terminal.wait_for_text("▌ lowest version ");
    terminal.press("2.0");
    terminal.wait_for_text("▌ lowest version   2.0");
    terminal.press_hinted(ENTER, "⏎ do it");
    terminal.wait_for_text("Clients below 2.0 will be refused.");
    terminal.press_hinted("y", "y yes");
    terminal.wait_for_text("2.0: clients below it are refused");
    terminal.press("u");
    terminal.wait_for_text("Undone for the app demo.");
    terminal.wait_for("the app as it was", |screen| !screen.contains("clients below it are refused"));
    let minimums: Vec<Option<String>> =
        database.rows("SELECT minimum FROM apps WHERE name = 'demo'", ()).await;
    assert_eq!(minimums, [None]);
    assert_eq!(database.rows::<u64>("SELECT COUNT(*) FROM cards WHERE app = 'demo'", ()).await, [100]);
}

/// Opens the log, filters it by the kind of act, and goes from the act to what it changed and back to the table.
fn find_the_edit_in_the_log(terminal: &mut PseudoTerminal) {
    terminal.press("l");
    terminal.wait_for("the log", |screen| screen.contains("generated") && screen.contains("taken back"));
    terminal.press("f");
    terminal.wait_for_text("filter the log");
    terminal.press(TAB);
    terminal.wait_for_text("‹ any ›");
    terminal.press(" ");
    terminal.wait_for_text("‹ generated ›");
    terminal.press(" ");
    terminal.wait_for_text("‹ imported ›");
    terminal.press(" ");
    terminal.wait_for_text("‹ edited ›");
    terminal.press_hinted(ENTER, "⏎ do it");
    // The head of the list comes with its answer: one act.
    terminal.wait_for("the edit", |screen| {
        screen.lines().any(|line| line.contains("│ edited ") && line.contains(" 1 │"))
    });
    terminal.press_hinted(ENTER, "⏎ choose");
    terminal.wait_for_text("note  - → sold");
    terminal.press(ENTER);
    terminal.wait_for("the list", |screen| !screen.contains("note  - → sold"));
    terminal.press(ESCAPE);
    terminal.wait_for("the table", |screen| !screen.contains("operator log"));
}

/// The code of the row under the cursor.
fn current_code(terminal: &PseudoTerminal) -> String {
    let text = terminal.text();
    let row = text.lines().find(|line| line.contains('▌')).unwrap();
    row.split_whitespace().find(|word| word.starts_with("VIP-")).unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn moving_costs_few_bytes_and_standing_still_none() {
    let database = TestDatabase::create().await;
    for number in 0..200 {
        database.insert_card("VIP", &format!("{number:016}")).await;
    }
    let mut terminal = PseudoTerminal::start(&database.url(), (120, 40));
    terminal.wait_for_text("1 of 200");
    terminal.wait_for_text("No operator has changed this card.");
    let before = terminal.bytes_sent();
    terminal.press("j");
    terminal.wait_for_text("2 of 200");
    terminal.wait_for("the history", |screen| {
        screen.contains("VIP-0000000000000198") && screen.contains("No operator has changed this card.")
    });
    let moved = terminal.bytes_sent() - before;
    assert!(moved < 1_000, "{moved}");
    println!("j costs {moved} bytes");
}

#[test]
fn a_terminal_that_does_not_know_its_size_shows_the_console() {
    let mut shell = CommandBuilder::new("/bin/sh");
    shell.args(["-c", &format!("stty rows 0 cols 0; exec {}", env!("CARGO_BIN_EXE_kami"))]);
    let mut terminal = PseudoTerminal::run(shell, "mysql://kami:secret@127.0.0.1:1/kamisystem", (80, 24));
    terminal.wait_for_text("The database is away");
    terminal.press("q");
    assert_eq!(terminal.wait_for_end(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn presets_are_sold_and_machines_kept_out() {
    let database = TestDatabase::create().await;
    let mut terminal = PseudoTerminal::start(&database.url(), (110, 36));
    terminal.wait_for_text("There are no cards yet.");
    terminal.press("P");
    terminal.wait_for_text("No presets yet.");
    terminal.press("n");
    terminal.wait_for_text("╭ add preset ");
    for (start, _) in "month".char_indices() {
        // What may be typed stands behind what is.
        let typed = &"month"[..=start];
        terminal.press(&typed[start..]);
        terminal.wait_for_text(&format!(" {typed}  of a-z"));
    }
    terminal.press(TAB);
    for (field, text) in [("prefix", "VIP"), ("duration", "30d")] {
        terminal.type_into(field, text);
        terminal.press(TAB);
    }
    for field in ["last moment", "points", "seats"] {
        terminal.wait_for_text(&format!("▌ {field} "));
        terminal.press(TAB);
    }
    terminal.type_into("price", "9.90");
    terminal.press(TAB);
    terminal.wait_for_text("▌ currency ");
    for (start, _) in "CNY".char_indices() {
        let typed = &"CNY"[..=start];
        terminal.press(&typed[start..]);
        terminal.wait_for_text(&format!("▌ currency     {typed}"));
    }
    terminal.press_hinted(ENTER, "⏎ do it");
    terminal.wait_for_text("Preset default/month added.");
    terminal.wait_for_text("9.90 CNY · VIP · 30d");

    terminal.press(ESCAPE);
    terminal.wait_for_text("There are no cards yet.");
    terminal.press("n");
    terminal.wait_for_text("A card costs 9.90 CNY.");
    terminal.press_hinted(ENTER, "⏎ do it");
    terminal.wait_for_text("100 cards made.");
    terminal.press_hinted(ENTER, "⏎ choose");
    terminal.wait_for_text("batch #1 ✕");
    terminal.wait_for_text("1 of 100");
    let store = database.store();
    let batch = store.batches(None, 1).await.unwrap().remove(0);
    let preset = batch.preset.unwrap();
    assert_eq!((preset.name.as_str(), preset.price.unwrap().to_string()), ("month", "9.90 CNY".to_owned()));

    let (card, machine) = (CardCode::parse(&current_code(&terminal)).unwrap(), "PC-LOUD");
    let validate = async || {
        let machine = MachineCode::parse(machine).unwrap();
        store.validate(&card, &machine, &Client::default()).await.unwrap()
    };
    validate().await;
    terminal.press("r");
    terminal.wait_for_text(machine);
    terminal.press("X");
    terminal.wait_for_text("machine PC-LOUD");
    terminal.press_hinted(ENTER, "⏎ do it");
    terminal.wait_for_text("PC-LOUD blocked.");
    assert!(format!("{:?}", validate().await).contains("Blocked"), "from the next request on");

    terminal.press("K");
    terminal.wait_for_text("all apps");
    terminal.press("/");
    terminal.wait_for_text("⏎ choose");
    for (typed, key) in [("l", "l"), ("lo", "o")] {
        terminal.press(key);
        terminal.wait_for(typed, |screen| screen.contains(&format!("/ {typed}")) && screen.contains(machine));
    }
    terminal.press("x");
    terminal.wait_for_text("Nothing matches.");
    terminal.press(BACKSPACE);
    terminal.wait_for_text(machine);
    terminal.press_hinted(ENTER, "⏎ choose");
    terminal.press_hinted("d", "d unblock");
    terminal.wait_for_text("Unblock PC-LOUD?");
    terminal.press_hinted("y", "y yes");
    terminal.wait_for_text("PC-LOUD unblocked.");
    assert!(store.blocks(None, None, 9).await.unwrap().blocks.is_empty());
    terminal.press("u");
    terminal.wait_for_text("Undone for the machine PC-LOUD.");
    terminal.wait_for_text("all apps");
    assert_eq!(store.blocks(None, None, 9).await.unwrap().blocks.len(), 1);

    terminal.press(ESCAPE);
    terminal.wait_for("the cards", |screen| !screen.contains("blocked machines and networks"));
    terminal.press("X");
    terminal.wait_for_text("▌ reason");
    terminal.press_hinted(ENTER, "⏎ do it");
    terminal.wait_for_text("Just so they are blocked already.");
    terminal.type_into("reason", "refund");
    terminal.press_hinted(ENTER, "⏎ do it");
    terminal.wait_for_text("Blocked already:");
    terminal.press_hinted(ENTER, "⏎ do it");
    terminal.wait_for_text("Reason or end of the block changed: PC-LOUD.");
    let blocks = store.blocks(None, None, 9).await.unwrap().blocks;
    assert_eq!(blocks[0].block.reason.as_ref().map(Note::as_str), Some("refund"));
}
