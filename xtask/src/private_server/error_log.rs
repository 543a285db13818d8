//! All that a server said, and what of it tells why it did not start.

use std::fs::{self, File};
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::Path;

/// The bytes of the log so far.
pub(super) fn end(log: &str) -> u64 {
    fs::metadata(log).map_or(0, |file| file.len())
}

/// What was said since.
pub(super) fn since(log: &str, offset: u64) -> String {
    let mut text = Vec::new();
    if let Ok(mut file) = File::open(log)
        && file.seek(SeekFrom::Start(offset)).is_ok()
    {
        drop(file.read_to_end(&mut text));
    }
    String::from_utf8_lossy(&text).into_owned()
}

/// What went wrong in one sentence.
pub(super) fn reason(said: &str) -> &str {
    const SIGNS: [&str; 5] = ["ERROR", "rror:", "FATAL", "annot", "denied"];
    let is_reason = |line: &&str| {
        SIGNS.iter().any(|sign| line.contains(sign)) && !line.contains("Aborting") && !is_consequence(line)
    };
    let line = said.lines().find(is_reason).or_else(|| said.lines().last()).unwrap_or("it said nothing");
    line.rsplit_once("[ERROR]").map_or(line, |(_, reason)| reason.trim_start())
}

fn is_consequence(line: &str) -> bool {
    line.contains("Fatal error: Can't open and lock") || line.contains("Fatal error: Can`t open and lock")
}

/// The system may keep a packaged server inside its own folders; its word for that is only "permission denied".
pub(super) fn hint(reason: &str) -> &'static str {
    let is_refusal = ["ermission denied", "rrcode: 13", "errno: 13"].iter().any(|sign| reason.contains(sign));
    if is_refusal && Path::new("/etc/apparmor.d/usr.sbin.mysqld").exists() {
        " (AppArmor may be keeping this server to its own folders)"
    } else {
        ""
    }
}

/// Whether the server could not have its port, or its socket.
pub(super) fn is_address_in_use(said: &str) -> bool {
    let said = said.to_lowercase();
    ["bind on tcp/ip", "bind on unix", "address already in use"].iter().any(|sign| said.contains(sign))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reason_is_the_first_error_without_what_stands_before_it() {
        let said = "2026-01-01T00:00:00Z 0 [System] [MY-010116] starting\n\
            2026-01-01T00:00:00Z 0 [ERROR] Fatal error: Can't open and lock privilege tables\n\
            2026-01-01T00:00:00Z 0 [ERROR] [MY-000067] unknown variable 'nonsense=1'.\n\
            2026-01-01T00:00:00Z 0 [ERROR] [MY-010119] Aborting\n";
        assert_eq!(reason(said), "[MY-000067] unknown variable 'nonsense=1'.");
    }

    #[test]
    fn without_an_error_the_last_word_is_the_reason() {
        assert_eq!(reason("one\ntwo\n"), "two");
        assert_eq!(reason(""), "it said nothing");
    }

    #[test]
    fn taken_address_is_told_in_the_words_of_both_servers() {
        assert!(is_address_in_use("[ERROR] Can't start server: Bind on TCP/IP port: Address already in use"));
        assert!(is_address_in_use(
            "[ERROR] Can't start server : Bind on unix socket: Address already in use"
        ));
        assert!(!is_address_in_use("ready for connections"));
    }

    #[test]
    fn log_is_read_from_where_it_ended() {
        let folder = crate::scratch::Scratch::new("log");
        let log = folder.path().join("error.log").display().to_string();
        assert_eq!((end(&log), since(&log, 0)), (0, String::new()));
        fs::write(&log, "before\n").unwrap();
        let offset = end(&log);
        fs::write(&log, "before\nafter\n").unwrap();
        assert_eq!(since(&log, offset), "after\n");
    }
}
