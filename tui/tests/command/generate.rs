//! `kami generate`.

use std::process::Stdio;
use std::time::Duration;

use kami_testkit::eventually;
use rustix::process::{Pid, Signal, kill_process};

use super::fixtures::{Kami, ran};

#[tokio::test]
async fn codes_go_to_standard_output_and_words_to_standard_error() {
    let kami = Kami::new().await;
    let arguments = ["generate", "--prefix", "季卡-1", "--count", "3", "--duration", "45d", "--length", "8"];
    let made = kami.run(&arguments).ends(0);
    let codes: Vec<&str> = made.out.lines().collect();
    assert_eq!(codes.len(), 3);
    assert!(codes.iter().all(|code| code.starts_with("季卡-1-") && code.chars().count() == 13), "{codes:?}");
    assert_eq!(made.err, "3 cards made. Batch #1.\n");
    let listed = kami.run(&["list", "--batch", "1", "--json"]).ends(0).json();
    assert!(listed.iter().all(|card| card["duration"] == "45d" && card["status"] == "unused"), "{listed:?}");
    let made = kami.run(&[&arguments[..], &["--json", "--note", "May"]].concat()).ends(0).json();
    assert!(made.iter().all(|card| card["batch"] == 2 && card["note"] == "May"), "{made:?}");
}

#[tokio::test]
async fn without_a_duration_cards_last_three_hours_and_it_says_so() {
    let kami = Kami::new().await;
    let arguments = ["generate", "--prefix", "VIP", "--count", "1"];
    let made = kami.run(&arguments).ends(0);
    assert_eq!(
        made.err,
        "One card made. Batch #1.\nEach lasts 3h from its activation: --duration says otherwise.\n"
    );
    let json = kami.run(&[&arguments[..], &["--json"]].concat()).ends(0).json();
    assert_eq!((&json[0]["duration"], &json[0]["duration_seconds"]), (&"3h".into(), &10_800.into()));
    let mut command = kami.command(&["generate", "--prefix", "VIP", "--count", "1", "--duration", "1个月"]);
    let month = ran(command.env("LANG", "zh_CN.UTF-8").arg("--json").output().unwrap()).ends(0);
    assert_eq!(month.json()[0]["duration"], "30d");
    assert!(!month.err.contains("--duration"), "{month:?}");
}

#[tokio::test]
async fn many_cards_are_told_in_words_and_need_a_yes() {
    let kami = Kami::new().await;
    let generate = |count, more: &[&'static str]| {
        kami.run(&[&["generate", "--prefix", "VIP", "--count", count, "--duration", "1d"], more].concat())
    };
    let ran = generate("1001", &[]).ends(4);
    assert_eq!(
        ran.err,
        "kami: Generate 1,001 cards VIP-…, 1d each? Without a terminal to ask at, that needs --yes.\n"
    );
    kami.run(&["list"]).ends(3);
    for (count, more, made) in [("1000", &[][..], 1_000), ("1001", &["--yes"], 1_001)] {
        let ran = generate(count, more).ends(0);
        assert_eq!(ran.out.lines().count(), made);
    }
    kami.run(&["list", "--contains", "-", "--limit", "1"]).ends(0);
}

#[tokio::test]
async fn a_file_is_private_and_never_written_over() {
    use std::os::unix::fs::PermissionsExt as _;
    let kami = Kami::new().await;
    let arguments =
        ["generate", "--prefix", "VIP", "--count", "2", "--duration", "1d", "--output", "new/codes.csv"];
    let ran = kami.run(&arguments).ends(0);
    assert_eq!(ran.out, "new/codes.csv\n");
    let path = kami.folder.join("new/codes.csv");
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.starts_with("\u{feff}code,status,") && text.lines().count() == 3, "{text}");
    kami.run(&arguments).ends(4);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
    assert_eq!(kami.statuses().len(), 2, "no cards without their file");
}

#[tokio::test]
async fn wrong_wishes_end_with_2() {
    let kami = Kami::new().await;
    for (name, value) in [
        ("--prefix", "a b"),
        ("--count", "0"),
        ("--count", "1000001"),
        ("--duration", "soon"),
        ("--length", "5"),
    ] {
        let mut arguments =
            vec!["generate", "--prefix", "VIP", "--count", "1", "--duration", "1d", "--length", "8"];
        let at = arguments.iter().position(|argument| *argument == name).unwrap();
        arguments[at + 1] = value;
        kami.run(&arguments).ends(2);
    }
}

#[tokio::test]
async fn broken_off_nothing_of_a_batch_exists() {
    let kami = Kami::new().await;
    let arguments = ["generate", "--prefix", "VIP", "--count", "1000000", "--duration", "1d", "--yes"];
    let mut command = kami.command(&arguments);
    let child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let count =
        "SELECT COUNT(*) FROM information_schema.processlist WHERE db = ? AND info LIKE 'INSERT INTO cards%'";
    eventually("the batch is being made", async || {
        let open: Vec<u64> = kami.database.rows(count, (kami.database.name(),)).await;
        (open[0] > 0).then_some(())
    })
    .await;
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    let ran = tokio::task::spawn_blocking(|| ran(child.wait_with_output().unwrap()));
    let ran = tokio::time::timeout(Duration::from_mins(1), ran).await.unwrap().unwrap().ends(1);
    assert_eq!(ran.err, "Breaking off…\nkami: Broken off: nothing was done.\n");
    kami.run(&["list"]).ends(3);
}

#[tokio::test]
async fn codes_that_are_easy_to_guess_are_refused_unless_they_are_wanted() {
    let kami = Kami::new().await;
    let arguments = ["generate", "--prefix", "VIP", "--duration", "1d", "--yes"];
    let with = |more: &[&'static str]| kami.run(&[&arguments[..], more].concat());
    let refused = with(&["--length", "6", "--count", "20000"]).ends(4);
    assert_eq!(
        refused.err,
        "kami: Too easy to guess: one hit in 53,687 guesses, 4m at 200 guesses a second. Make codes longer. At least \
         --length 11 here, or --weak to make them all the same: nothing was made.\n"
    );
    kami.run(&["list"]).ends(3);
    let made = with(&["--length", "6", "--count", "20", "--weak"]).ends(0);
    assert!(made.err.starts_with("Too easy to guess: one hit in 53,687,091 guesses, 3d 2h"), "{made:?}");
    assert_eq!(made.out.lines().count(), 20);
    let mut command = kami.command(&["generate", "--prefix", "VIP", "--count", "1", "--duration", "1d"]);
    let chinese = ran(command.args(["--length", "8"]).env("LANG", "zh_CN.UTF-8").output().unwrap()).ends(4);
    assert!(chinese.err.contains("至少需要 --length 9"), "{chinese:?}");
}

#[tokio::test]
async fn only_cards_of_the_prefix_that_let_a_machine_in_make_guessing_easier() {
    let kami = Kami::new().await;
    let make = |prefix: &str, count: &str| {
        kami.run(&["generate", "--prefix", prefix, "--count", count, "--duration", "1d", "--length", "8"])
    };
    make("VIP", "17").ends(0);
    make("VIP", "1").ends(4);
    make("GOLD", "1").ends(0);
    kami.run(&["disable", "--all", "--prefix", "VIP"]).ends(0);
    make("VIP", "1").ends(0);
}
