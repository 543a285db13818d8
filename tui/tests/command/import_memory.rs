//! The memory that `kami import` takes for what nobody vouches for.

#![cfg(target_os = "linux")]

use std::fs;
use std::io::{Read as _, Write as _};
use std::process::{Child, Stdio};

use super::fixtures::Kami;

const MB: usize = 1024 * 1024;

/// The most memory that a process has taken so far, in bytes; none once it has ended.
fn peak(child: &Child) -> Option<usize> {
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().trim_end_matches(" kB").parse::<usize>().unwrap() * 1024)
}

/// Pours blocks into a dry run until it has had enough; returns the most memory that was seen, its exit code and what it
/// said. What it prints is read by blocks as well, so that it is seen while it reports.
fn pour(
    kami: &Kami,
    form: &str,
    blocks: impl Iterator<Item = Vec<u8>> + Send,
) -> (usize, Option<i32>, String) {
    let mut command = kami.command(&["import", "-", "--format", form, "--duration", "1d", "--dry-run"]);
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let (mut stdin, mut stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    let mut most = 0;
    for block in blocks {
        if stdin.write_all(&block).is_err() {
            break;
        }
        most = most.max(peak(&child).unwrap_or(0));
    }
    drop(stdin);
    let mut block = vec![0; MB / 16];
    while stdout.read(&mut block).unwrap() > 0 {
        most = most.max(peak(&child).unwrap_or(0));
    }
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    (most, child.wait().unwrap().code(), said)
}

/// A beginning, and then the same again up to 70 MB.
fn flood(start: &str, repeated: &str) -> impl Iterator<Item = Vec<u8>> + Send + use<> {
    let block = repeated.repeat(MB / repeated.len()).into_bytes();
    std::iter::once(start.as_bytes().to_vec()).chain(std::iter::repeat_n(block, 70))
}

/// So many cards with different codes.
fn cards(count: u32) -> impl Iterator<Item = Vec<u8>> + Send {
    (0..count / 10_000).map(|block| {
        (0..10_000).flat_map(|code| format!("VIP-{block:06}{code:010}\n").into_bytes()).collect()
    })
}

#[tokio::test]
async fn no_input_takes_more_than_100_mb() {
    let kami = Kami::new().await;
    let blank = format!("{}\n", " ".repeat(60));
    let quoted = (
        "csv",
        "code,note\nVIP-A,\"",
        "a\n",
        1,
        "the quotation mark that opens a cell in line 2 is not closed",
    );
    let floods = [
        ("txt", "", blank.as_str(), 1, "more than 64 MB"),
        ("txt", "", "A", 1, "line 1 is too long"),
        ("txt", "", "\0", 1, "line 1 is too long"),
        ("txt", "", "x\n", 4, "more than 10,000 of its lines are no cards"),
        ("txt", "", "VIP-A\n", 4, "more than 10,000 of its lines are no cards"),
        quoted,
        ("csv", "code,note\n", ",", 1, "line 2 is too long"),
        ("csv", "code,note\n", "\n", 1, "more than 64 MB"),
        ("csv", "code,note\n", "x,y\n", 4, "more than 10,000 of its lines are no cards"),
    ];
    for (form, start, repeated, expected, why) in floods {
        let (most, code, said) = pour(&kami, form, flood(start, repeated));
        println!("{form} {repeated:.3?}…: {} MB, {}", most / MB, said.trim());
        assert!(code == Some(expected) && said.contains(why), "{code:?} {said}");
        assert!(most < 100 * MB, "{form} {repeated:.3?}: {most}");
    }
    for (count, expected) in [(100_000, 0), (3_000_000, 4)] {
        let (most, code, said) = pour(&kami, "txt", cards(count));
        println!("{count} cards: {} MB, {}", most / MB, said.trim());
        assert_eq!(code, Some(expected), "{said}");
        assert!(most < 100 * MB, "{count}: {most}");
    }
}
