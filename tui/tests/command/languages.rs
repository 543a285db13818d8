//! Whatever goes wrong is said in the reader's language: no English sentence in another, no Chinese sign in English.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::os::unix::fs::symlink;

use kami_common::words::Language;
use kami_testkit::TestDatabase;

use super::fixtures::{Kami, Ran, ran};

/// A run of `kami` that fails.
struct Failing {
    arguments: Vec<String>,
    /// Variables beside those of every run; one without a value is taken away.
    variables: Vec<(&'static str, Option<String>)>,
}

fn failing(arguments: &[&str]) -> Failing {
    let arguments = arguments.iter().map(|argument| (*argument).to_owned()).collect();
    Failing { arguments, variables: Vec::new() }
}

impl Failing {
    fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.variables.push((name, Some(value.into())));
        self
    }

    fn without(mut self, name: &'static str) -> Self {
        self.variables.push((name, None));
        self
    }

    fn run(&self, kami: &Kami, locale: &str) -> Ran {
        let arguments: Vec<_> = self.arguments.iter().map(String::as_str).collect();
        let mut command = kami.command(&arguments);
        command.env("LC_ALL", locale);
        for (name, value) in &self.variables {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        ran(command.output().unwrap())
    }

    /// That each language is spoken without a word of another.
    #[track_caller]
    fn is_said_in_every_language(&self, kami: &Kami) {
        let what = (&self.arguments, &self.variables);
        let english = self.run(kami, "en_US.UTF-8");
        assert_ne!(english.code, 0, "{what:?}: {english:?}");
        let said = english.err.clone() + &english.out;
        assert!(said.trim().len() > "kami:".len(), "{what:?} says nothing");
        assert!(!said.chars().any(is_chinese), "{what:?}: {said}");
        for language in Language::all().filter(|language| !language.is_source()) {
            let ran = self.run(kami, language.code());
            assert_eq!(english.code, ran.code, "{language:?}, {what:?}: {english:?} {ran:?}");
            let said = ran.err.clone() + &ran.out;
            assert!(said.chars().any(is_chinese), "{language:?}, {what:?}: {said}");
            assert_eq!(english_in(&said), None, "{language:?}, {what:?}: {said}");
        }
    }
}

fn is_chinese(character: char) -> bool {
    matches!(character, '\u{3000}'..='\u{9fff}' | '\u{ff00}'..='\u{ffef}')
}

/// Two English words in a row, as no command, name, path or statement has them here.
fn english_in(text: &str) -> Option<(String, String)> {
    let is_word = |word: &str| word.len() > 1 && word.chars().all(|letter| letter.is_ascii_lowercase());
    text.split(|sign: char| !sign.is_ascii() || sign == '\n').find_map(|part| {
        let words: Vec<_> = part.split(' ').map(|word| word.trim_end_matches([',', ':', ';', '.'])).collect();
        let pairs = words.windows(2).enumerate();
        let mut sentences = pairs.filter(|(place, pair)| {
            let is_command = pair[0] == "kami" || *place > 0 && words[place - 1] == "kami";
            is_word(pair[0]) && is_word(pair[1]) && !is_command
        });
        let (_, pair) = sentences.next()?;
        Some((pair[0].to_owned(), pair[1].to_owned()))
    })
}

#[test]
fn english_words_are_told_from_commands() {
    assert_eq!(english_in("请运行 kami migrate 进行转换"), None);
    assert_eq!(english_in("用 --env-file 指定 api.env"), None);
    assert!(english_in("无法读取：permission denied").is_some());
}

#[tokio::test]
async fn what_is_wrong_with_the_settings_is_said_in_the_readers_language() {
    let kami = Kami::nowhere();
    let config = kami.folder.join(".config/kami");
    fs::create_dir_all(&config).unwrap();
    fs::write(kami.folder.join("latin.env"), b"DATABASE_URL=\xff").unwrap();
    fs::write(kami.folder.join("empty.env"), "").unwrap();
    symlink("loop", kami.folder.join("loop")).unwrap();
    for url in [
        "nonsense",
        "mysql://kami@localhost",
        "mysql://kami@localhost/db?ssl-mode=SOMETIMES",
        "mysql://kami@localhost/db?pool=0",
        "mysql://kami@localhost/db?colour=red",
        "mysql://kami@localhost/db?socket=/s&server-public-key-path=/k",
    ] {
        failing(&["list"]).with("DATABASE_URL", url).is_said_in_every_language(&kami);
    }
    for file in ["missing", ".", "latin.env", "loop", "latin.env/x"] {
        let command = || failing(&["list"]).without("DATABASE_URL").with("DATABASE_URL_FILE", file);
        command().is_said_in_every_language(&kami);
        failing(&["list", "--env-file", file]).is_said_in_every_language(&kami);
    }
    for failing in [
        failing(&[]),
        failing(&["list"]).without("DATABASE_URL"),
        failing(&["list"]).with("DATABASE_URL_FILE", "x"),
        failing(&["list", "--env-file", "empty.env"]),
        failing(&["list"]).without("HOME"),
        failing(&["list"]).with("KAMI_TIMEZONE", "Mars/Olympus"),
        failing(&["list"]).with("USER", "x".repeat(200)),
        failing(&["-e", "prod", "list"]),
        failing(&["--ssh"]),
        failing(&["--ssh"]).with("SSH_ORIGINAL_COMMAND", "ls"),
        failing(&["--ssh", "list"]),
    ] {
        failing.is_said_in_every_language(&kami);
    }
    let environment = "[environments.prod]\nurl = \"mysql://kami@localhost/db\"\n";
    for text in [
        "colour = 1",
        "language = \"fr\"",
        "read_only = \"yes\"",
        "read_only =",
        "=",
        "read_only = true\nread_only = false",
        "[environments.prod]\nproduction = true",
        "time_zone = \"Mars/Olympus\"",
        "operator = \"a\\u0007b\"",
        &format!("{environment}password_env = \"MISSING\""),
        &format!("{environment}password_file = \"missing\""),
        &format!("{environment}password_command = \"exit 3\""),
        &format!("{environment}password_command = \"kill -9 $$\""),
        &format!("{environment}password_prompt = true"),
        &format!("{environment}[environments.dev2]\nurl = \"mysql://kami@localhost/db\""),
    ] {
        fs::write(config.join("config.toml"), text).unwrap();
        failing(&["list"]).without("DATABASE_URL").is_said_in_every_language(&kami);
    }
    fs::write(config.join("config.toml"), b"\xff").unwrap();
    failing(&["list"]).is_said_in_every_language(&kami);
}

/// Somebody who answers each connection with these bytes.
fn stranger(answer: &'static [u8]) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for mut connection in listener.incoming().flatten() {
            // Whoever hangs up first has had his answer.
            drop(connection.write_all(answer));
            drop(connection.shutdown(std::net::Shutdown::Write));
            drop(connection.read_to_end(&mut Vec::new()));
        }
    });
    port
}

#[tokio::test]
async fn why_a_database_does_not_answer_is_said_in_the_readers_language() {
    let kami = Kami::with_cards().await;
    let url = kami.database.url();
    let server = url.rsplit_once('/').unwrap().0;
    let host = server.rsplit_once('@').unwrap().1;
    let at = |port: u16, parameters: &str| format!("mysql://kami:x@127.0.0.1:{port}/db{parameters}");
    let broken = [
        at(1, ""),
        "mysql://kami@no-such-host.invalid/db?ssl-mode=DISABLED".to_owned(),
        at(stranger(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"), ""),
        at(stranger(b""), ""),
        format!("mysql://nobody:wrong@{host}/kami"),
        format!("{server}/{}_missing", kami.database.name()),
        at(1, "?ssl-mode=VERIFY_IDENTITY&ssl-ca=/missing.pem"),
        "mysql://kami:x@localhost/db?socket=/missing.sock".to_owned(),
    ];
    for url in broken {
        for command in [&["list"][..], &["doctor"], &["stats"]] {
            failing(command).with("DATABASE_URL", &url).is_said_in_every_language(&kami);
        }
    }
    let empty = Kami::on(TestDatabase::create_empty().await);
    for command in [
        &["list"][..],
        &["doctor"],
        &["show", "VIP-A"],
        &["disable", "VIP-A"],
        &["import", "-", "--duration", "1d"],
    ] {
        failing(command).is_said_in_every_language(&empty);
    }
    kami.database.execute("DROP TABLE operator_log").await;
    failing(&["log"]).is_said_in_every_language(&kami);
    kami.database.execute("ALTER TABLE cards DROP COLUMN note").await;
    failing(&["list"]).is_said_in_every_language(&kami);
}

#[tokio::test]
async fn why_nothing_was_done_is_said_in_the_readers_language() {
    let kami = Kami::with_cards().await;
    let write = |name: &str, text: &[u8]| fs::write(kami.folder.join(name), text).unwrap();
    write("there.txt", b"");
    write("bad.txt", b"VIP-A\nNO HYPHEN\n");
    write("empty.txt", b"");
    write("book.txt", b"PK\x03\x04....");
    write("quote.csv", b"code,note\nVIP-X,\"open\n");
    write("plain.txt", b"VIP-X\n");
    for arguments in [
        &["show", "VIP-NONE"][..],
        &["enable", "VIP-A"],
        &["unbind", "VIP-A"],
        &["edit", "VIP-A", "--status", "active"],
        &["edit", "VIP-A", "--machine", "PC"],
        &["edit", "VIP-A", "--note", ""],
        &["disable"],
        &["disable", "VIP-A", "--all"],
        &["delete", "VIP-A"],
        &["undo", "999"],
        &["undo"],
        &["--read-only", "disable", "VIP-A"],
        &["--read-only", "migrate"],
        &["generate", "--prefix", "VIP", "--count", "5000"],
        &["generate", "--prefix", "VIP", "--count", "5", "--length", "6"],
        &["generate", "--prefix", "VIP", "--count", "5", "--output", "there.txt"],
        &["generate", "--prefix", "VIP", "--count", "5", "--output", "there.txt/x"],
        &["generate", "--prefix", "VIP", "--count", "5", "--note", &"x".repeat(256)],
        &["export", "--output", "there.txt"],
        &["export", "--output", "there.txt/x"],
        &["export", "--prefix", "NONE"],
        &["export", "VIP-A", "--prefix", "VIP"],
        &["import", "missing.txt"],
        &["import", "."],
        &["import", "bad.txt", "--duration", "1d"],
        &["import", "bad.txt", "--duration", "1d", "--dry-run"],
        &["import", "empty.txt"],
        &["import", "book.txt"],
        &["import", "quote.csv"],
        &["import", "plain.txt"],
        &["import", "plain.txt", "--format", "jsonl"],
        &["log", "--batch", "99", "--code", "VIP-A"],
        &["grants", "--for", "viewer", "x", "--password-file", "missing"],
        &["grants", "--for", "viewer", "x", "--password-file", "empty.txt"],
        &["grants", "--for", "viewer", &"x".repeat(33)],
        &["grants", "--for", "viewer", "x", "--database", &"x".repeat(65)],
    ] {
        failing(arguments).is_said_in_every_language(&kami);
    }
    kami.database
        .execute("UPDATE refinery_schema_history SET version = 1000 ORDER BY version DESC LIMIT 1")
        .await;
    failing(&["migrate"]).is_said_in_every_language(&kami);
    failing(&["doctor"]).is_said_in_every_language(&kami);
}

#[tokio::test]
async fn a_full_disk_is_told_in_the_readers_language() {
    let kami = Kami::with_cards().await;
    for (locale, words) in
        [("en_US.UTF-8", "the disk is full"), ("zh_CN.UTF-8", "磁盘已满"), ("zh_TW.UTF-8", "磁碟已滿")]
    {
        let mut command = kami.command(&["list"]);
        let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let ran = ran(command.env("LC_ALL", locale).stdout(full).output().unwrap()).ends(1);
        assert!(ran.err.contains(words) && ran.err.lines().count() == 1, "{ran:?}");
    }
}

#[test]
fn what_is_wrong_with_a_file_of_keys_is_said_in_the_readers_language() {
    let kami = Kami::nowhere();
    for arguments in [&["new", "-o", "root.pem"][..], &["issue", "--root", "root.pem", "-o", "online.pem"]] {
        kami.run(&[&["keys"], arguments].concat()).ends(0);
    }
    let online = fs::read_to_string(kami.folder.join("online.pem")).unwrap();
    fs::copy(kami.folder.join("root.pem"), kami.folder.join("open.pem")).unwrap();
    let certificate = online.find("-----BEGIN KAMI").unwrap();
    let other = fs::read_to_string(kami.folder.join("root.pem")).unwrap() + &online[certificate..];
    for (file, text, mode) in [
        ("open.pem", online.as_str(), 0o644),
        ("empty.pem", "", 0o600),
        ("cut.pem", &online[..certificate + 40], 0o600),
        ("other.pem", &other, 0o600),
    ] {
        fs::write(kami.folder.join(file), text).unwrap();
        let mode = std::os::unix::fs::PermissionsExt::from_mode(mode);
        fs::set_permissions(kami.folder.join(file), mode).unwrap();
    }
    for arguments in [
        &["new", "-o", "root.pem"][..],
        &["new", "-o", "missing/root.pem"],
        &["issue", "--root", "root.pem", "-o", "x.pem", "--for", "91d"],
        &["issue", "--root", "online.pem", "-o", "x.pem"],
        &["list"],
        &["list", "missing.pem"],
        &["list", "root.pem"],
        &["list", "open.pem"],
        &["list", "empty.pem"],
        &["list", "cut.pem"],
        &["list", "other.pem"],
        &["retire", "abc", "--file", "online.pem"],
        &["retire", "nobody", "--file", "online.pem"],
        &["pin", "root.pem", "root.pem"],
    ] {
        failing(&[&["keys"], arguments].concat()).is_said_in_every_language(&kami);
    }
}
