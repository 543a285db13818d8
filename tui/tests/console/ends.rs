//! How the console ends or stops: the terminal is given back whatever happens.

use kami_common::fault::report_panics;
use kami_common::words::Language;
use kami_console::shell::terminal::Screen;
use kami_testkit::{Signal, TestDatabase, eventually, send_signal};
use portable_pty::CommandBuilder;

use crate::pseudo_terminal::PseudoTerminal;

/// Where no database answers.
const AWAY: &str = "mysql://kami:secret@127.0.0.1:1/kamisystem";

#[test]
fn a_signal_gives_the_terminal_back() {
    for signal in [Signal::TERM, Signal::HUP, Signal::INT] {
        let mut terminal = PseudoTerminal::start("mysql://kami:secret@127.0.0.1:1/kamisystem", (80, 24));
        terminal.wait_for_text("The database is away");
        assert!(!terminal.echoes());
        assert!(!terminal.text().contains("secret"));
        send_signal(terminal.process(), signal);
        terminal.wait_for_end();
        terminal.wait_until_given_back();
        assert!(terminal.echoes(), "{signal:?}");
    }
}

#[test]
fn a_dropped_line_ends_the_console() {
    let mut terminal = PseudoTerminal::start(AWAY, (80, 24));
    terminal.wait_for_text("The database is away");
    terminal.hang_up("?");
    terminal.wait_for_end();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_line_ends_the_console_without_a_signal() {
    let mut shell = CommandBuilder::new("/bin/sh");
    // In a session of its own no signal tells it.
    shell.args(["-c", &format!("setsid sh -c 'echo $$ >process; exec {}'", env!("CARGO_BIN_EXE_kami"))]);
    let mut terminal = PseudoTerminal::run(shell, AWAY, (80, 24));
    terminal.wait_for_text("The database is away");
    let process = std::fs::read_to_string(terminal.home().join("process")).unwrap();
    let runs = || std::path::Path::new("/proc").join(process.trim()).join("exe").exists();
    assert!(runs());
    terminal.hang_up("?");
    eventually("the console's end", async || (!runs()).then_some(())).await;
}

/// Waits until the shell reads what is typed.
fn wait_for_prompt(terminal: &PseudoTerminal) {
    terminal.wait_until_given_back();
    terminal.wait_for("the shell's prompt", |screen| screen.trim_end().ends_with("shell>"));
}

#[tokio::test(flavor = "multi_thread")]
async fn ctrl_z_leaves_the_terminal_to_the_shell_and_fg_comes_back() {
    let database = TestDatabase::create().await;
    database.insert_card("VIP", "ONE").await;
    let mut shell = CommandBuilder::new("/bin/sh");
    shell.arg("-i");
    let mut terminal = PseudoTerminal::run(shell, &database.url(), (80, 24));
    terminal.wait_for_text("shell>");
    for has_list in [false, true] {
        terminal.press(&format!("{}\r", env!("CARGO_BIN_EXE_kami")));
        terminal.wait_for_text("1 of 1");
        if has_list {
            terminal.press("?");
            terminal.wait_for_text("Mark or unmark");
        }
        terminal.press("\u{1a}");
        wait_for_prompt(&terminal);
        eventually("the shell's echo", async || terminal.echoes().then_some(())).await;
        terminal.press("fg\r");
        terminal.wait_for_text("1 card ");
        eventually("the console's keys", async || (!terminal.echoes()).then_some(())).await;
        terminal.press("\u{3}");
        wait_for_prompt(&terminal);
        terminal.press("echo gone=$?\r");
        terminal.wait_for_text("gone=0");
        wait_for_prompt(&terminal);
        terminal.press("clear\r");
        terminal.wait_for("a cleared screen", |screen| !screen.contains("gone=0"));
    }
    terminal.press("exit\r");
    terminal.wait_for_end();
}

/// No test, but a program: the test below starts it in a terminal of its own.
#[test]
#[ignore = "a program that the test below runs, which ends in a panic"]
fn child_that_panics() {
    report_panics(Language::ENGLISH);
    let mut screen = Screen::claim("xterm-256color", false).unwrap();
    screen.draw(|frame| frame.render_widget("a console", frame.area())).unwrap();
    std::io::stdin().read_line(&mut String::new()).unwrap();
    panic!("\u{1b}[31mVIP-7KQ2M9XW");
}

#[test]
fn a_panic_gives_the_terminal_back_and_says_its_place_alone() {
    let mut child = CommandBuilder::new(std::env::current_exe().unwrap());
    child.args(["--exact", "ends::child_that_panics", "--ignored", "--nocapture"]);
    let mut terminal = PseudoTerminal::run(child, AWAY, (120, 24));
    terminal.wait_for_text("a console");
    assert!(!terminal.echoes());
    terminal.press("\n");
    assert_eq!(terminal.wait_for_end(), 1);
    terminal.wait_until_given_back();
    assert!(terminal.echoes());
    terminal.wait_for_text("this is a fault in kami, at tui/tests/console/ends.rs:");
    assert!(!terminal.text().contains("VIP-7KQ2M9XW"), "{}", terminal.text());
}
