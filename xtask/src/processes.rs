//! Telling processes apart, for pids are given away again.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::io::Errno;
use rustix::process::{Pid, Signal, kill_process, test_kill_process};

/// Whether no such process runs any more.
///
/// A process that ends forgets its command line first, and only then lets go of its files and its port. Where nothing
/// reaps the dead, a zombie without threads is as gone as it gets.
pub(crate) fn is_gone(pid: Pid) -> bool {
    test_kill_process(pid) == Err(Errno::SRCH) || is_zombie(pid)
}

fn is_zombie(pid: Pid) -> bool {
    let state = fs::read_to_string(of(pid, "status")).unwrap_or_default();
    state.lines().any(|line| line.strip_prefix("State:").is_some_and(|it| it.trim_start().starts_with('Z')))
        && fs::read_dir(of(pid, "task")).is_ok_and(|threads| threads.count() == 1)
}

/// Whether a process has forgotten its command line, but not yet let go of its files.
pub(crate) fn is_ending(pid: Pid) -> bool {
    fs::read(of(pid, "cmdline")).is_ok_and(|line| line.is_empty())
        && !is_gone(pid)
        && !is_of_the_kernel(&stat(pid))
}

/// Whether a process runs with just this argument. A zombie runs nothing.
pub(crate) fn has_argument(pid: Pid, argument: &str) -> bool {
    if Path::new("/proc/self").exists() {
        command_line(pid).split(|byte| *byte == 0).any(|it| it == argument.as_bytes())
    } else {
        ps(pid, "command=")
            .is_some_and(|line| format!("{} ", line.trim_end()).contains(&format!("{argument} ")))
    }
}

/// Whether a process has become this program, rather than still being what starts it, whose arguments name it too.
pub(crate) fn is_program(pid: Pid, path: &str) -> bool {
    if Path::new("/proc/self").exists() {
        command_line(pid).split(|byte| *byte == 0).next() == Some(path.as_bytes())
    } else {
        ps(pid, "command=")
            .is_some_and(|line| format!("{} ", line.trim_end()).starts_with(&format!("{path} ")))
    }
}

// A process shows no command line for the moment in which it becomes another program, and again from when it begins to
// end until it has let go of its files and its port. One is not told from the other, so that both are waited for.
fn command_line(pid: Pid) -> Vec<u8> {
    let end = Instant::now() + Duration::from_mins(1);
    loop {
        let line = fs::read(of(pid, "cmdline")).unwrap_or_default();
        if !line.is_empty() || is_gone(pid) || is_of_the_kernel(&stat(pid)) || Instant::now() >= end {
            return line;
        }
        thread::sleep(Duration::from_millis(1));
    }
}

// PF_KTHREAD of linux/sched.h in the flags of proc_pid_stat(5): a kernel's thread never has a command line, and is given
// pids of the same row.
fn is_of_the_kernel(stat: &str) -> bool {
    let flags = stat.rsplit_once(") ").and_then(|(_, fields)| fields.split(' ').nth(6));
    flags.and_then(|flags| flags.parse::<u32>().ok()).is_some_and(|flags| flags & 0x0020_0000 != 0)
}

/// `PID-START`, which no other process will ever be called, though its pid is given away again.
pub(crate) fn name(pid: Pid) -> String {
    let start = if Path::new("/proc/self").exists() {
        let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
        format!("{}-{}", ticks_at_start(&stat(pid)), boot.trim())
    } else {
        let start = ps(pid, "lstart=").unwrap_or_default();
        start.split_whitespace().collect::<Vec<_>>().join("_")
    };
    format!("{}-{start}", pid.as_raw_nonzero())
}

// Clock ticks since the boot; the program's name before it may hold blanks and brackets.
fn ticks_at_start(stat: &str) -> &str {
    stat.rsplit_once(") ").and_then(|(_, fields)| fields.split(' ').nth(19)).unwrap_or_default()
}

fn ps(pid: Pid, column: &str) -> Option<String> {
    let pid = pid.as_raw_nonzero().to_string();
    let output = Command::new("ps")
        .args(["-ww", "-o", column, "-p", &pid])
        .env("LC_ALL", "C")
        .env("TZ", "UTC0")
        .stdin(Stdio::null())
        .output()
        .ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

fn stat(pid: Pid) -> String {
    fs::read_to_string(of(pid, "stat")).unwrap_or_default()
}

fn of(pid: Pid, file: &str) -> String {
    format!("/proc/{}/{file}", pid.as_raw_nonzero())
}

/// Sends a signal; a process that is gone by now is what was wanted.
pub(crate) fn send(pid: Pid, signal: Signal) {
    let _gone = kill_process(pid, signal);
}

/// Whether a process was gone before the time was over.
pub(crate) fn wait_until_gone(pid: Pid, time: Duration) -> bool {
    let end = Instant::now() + time;
    while !is_gone(pid) {
        if Instant::now() >= end {
            return false;
        }
        thread::sleep(Duration::from_millis(20));
    }
    true
}

/// A pid as files hold it.
pub(crate) fn parse_pid(text: &str) -> Option<Pid> {
    text.trim().parse().ok().and_then(Pid::from_raw)
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    // A shell that becomes itself for ever, with itself as its argument.
    const AGAIN: &str = r#"exec sh -c "$1" sh "$1""#;

    #[test]
    fn start_is_found_behind_a_name_with_blanks_and_brackets() {
        let stat = "7 (a) (b) c) S 1 7 7 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 4711 999 1";
        assert_eq!(ticks_at_start(stat), "4711");
        assert_eq!(ticks_at_start(""), "");
    }

    #[test]
    fn child_is_gone_when_it_was_killed_though_nobody_waited_for_it() {
        let mut child =
            Command::new("sleep").arg("100").stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let pid = Pid::from_child(&child);
        assert!(!is_gone(pid));
        while !has_argument(pid, "100") {} // a program that has just begun has no command line yet
        assert!(!has_argument(pid, "10"));
        send(pid, Signal::KILL);
        assert!(wait_until_gone(pid, Duration::from_mins(1)) || !Path::new("/proc/self").exists());
        assert!(!has_argument(pid, "100"));
        child.wait().unwrap();
        assert!(is_gone(pid));
    }

    #[test]
    fn process_that_becomes_one_program_after_another_is_told_by_its_arguments_each_time() {
        let mut shell = Command::new("sh");
        shell.args(["-c", AGAIN, "sh", AGAIN]);
        let mut child = shell.stdin(Stdio::null()).stdout(Stdio::null()).spawn().unwrap();
        let pid = Pid::from_child(&child);
        let told = (0..10_000).all(|_| has_argument(pid, AGAIN));
        send(pid, Signal::KILL);
        child.wait().unwrap();
        assert!(told);
    }

    #[test]
    fn thread_of_the_kernel_is_told_by_its_flags() {
        assert!(is_of_the_kernel("2 (kthreadd) S 0 0 0 0 -1 2129984 0 0 0 0 0 9 0 0 20 0 1 0 12 0 0"));
        assert!(!is_of_the_kernel("7 (a) (b) c) S 1 7 7 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 4711 999 1"));
        assert!(!is_of_the_kernel(""));
        assert!(!is_of_the_kernel(&stat(rustix::process::getpid())));
    }

    #[test]
    fn what_starts_a_program_is_not_that_program_yet() {
        let mut shell = Command::new("sh");
        shell.args(["-c", "read line; exec sleep 100", "sleep"]);
        let mut child = shell.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        let pid = Pid::from_child(&child);
        while !has_argument(pid, "sleep") {}
        assert!(!is_program(pid, "sleep"));
        drop(child.stdin.take());
        let end = Instant::now() + Duration::from_mins(1);
        while !is_program(pid, "sleep") {
            assert!(Instant::now() < end);
        }
        send(pid, Signal::KILL);
        child.wait().unwrap();
    }

    #[test]
    fn name_of_a_process_stays_and_is_no_other_s() {
        let own = rustix::process::getpid();
        let parent = rustix::process::getppid().unwrap();
        assert_eq!(name(own), name(own));
        assert_ne!(name(own), name(parent));
        assert!(name(own).starts_with(&format!("{}-", std::process::id())));
    }
}
