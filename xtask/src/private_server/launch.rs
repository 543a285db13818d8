//! Starting a server's process, and waiting for its own word that it serves.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::geteuid;

use super::error_log;
use super::folder::{Folder, make_folder};
use super::release::Kind;
use super::settings::{Mode, Settings};
use super::socket;
use crate::detached::detached;
use crate::{Failure, interruption};

/// How long a server may take: crash recovery on a slow disk is slow, and one that dies is noticed at once.
pub(super) const READY_TIME: Duration = Duration::from_mins(3);

/// A server of which it is not sure yet that it stays. Dropped before [`Launched::keep`], it leaves nothing behind.
#[derive(Debug)]
pub(super) struct Launched<'a> {
    folder: &'a Folder,
    socket: String,
    child: Option<Child>,
}

impl Launched<'_> {
    /// The server serves, and outlives this value. As long as this process lives, it buries it.
    pub(super) fn keep(mut self) {
        if let Some(mut child) = self.child.take() {
            thread::spawn(move || drop(child.wait()));
        }
    }
}

impl Drop for Launched<'_> {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            drop(child.kill());
            drop(child.wait());
            drop(fs::remove_file(self.folder.file("pid")));
            socket::remove(self.folder, &self.socket);
        }
    }
}

/// How a launch ended that nothing broke off.
#[derive(Debug)]
pub(super) enum Outcome<'a> {
    Serves(Launched<'a>),
    /// The server ended by itself, having said this.
    Ended(String),
}

/// Starts the server apart from the caller's terminal and its open files.
pub(super) fn launch<'a>(folder: &'a Folder, settings: &mut Settings) -> Result<Outcome<'a>, Failure> {
    socket::place(folder, settings)?;
    socket::remove_left(&settings.socket);
    folder.save_settings(settings)?;
    let log = folder.file("error.log");
    let offset = error_log::end(&log);
    let child = spawn(folder, settings)?;
    let pid = child.id();
    let mut launched = Launched { folder, socket: settings.socket.clone(), child: Some(child) };
    folder.write("pid", &format!("{pid}\n"))?;
    let end = Instant::now() + READY_TIME;
    while !error_log::since(&log, offset).contains("ready for connections") {
        if launched.child.as_mut().is_none_or(|child| !matches!(child.try_wait(), Ok(None))) {
            return Ok(Outcome::Ended(error_log::since(&log, offset)));
        }
        if Instant::now() >= end {
            let seconds = READY_TIME.as_secs();
            let server = &settings.server;
            return Err(Failure::new(format!(
                "{server} did not get ready within {seconds} seconds; its log is {log}"
            )));
        }
        interruption::pause()?;
    }
    Ok(Outcome::Serves(launched))
}

fn spawn(folder: &Folder, settings: &Settings) -> Result<Child, Failure> {
    let temporary = folder.file("tmp");
    make_folder(Path::new(&temporary)).map_err(|error| Failure::of(&temporary, &error))?;
    let log = folder.open_log()?;
    let copy = log.try_clone().map_err(|error| Failure::of("the log", &error))?;
    let mut command = with_many_files();
    command.arg(&settings.server).args(options(folder, settings));
    command.stdin(Stdio::null()).stdout(copy).stderr(log).env("LC_ALL", "C").env("TMPDIR", temporary);
    command.spawn().map_err(|error| Failure::of(&settings.server, &error))
}

// Many connections need many files; far more only cost memory.
fn with_many_files() -> Command {
    let mut command = detached();
    let raised = "ulimit -Sn 32768 2>/dev/null || ulimit -Sn \"$(ulimit -Hn)\" 2>/dev/null; exec \"$@\"";
    command.args(["/bin/sh", "-c", raised, "sh"]);
    command
}

fn options(folder: &Folder, settings: &Settings) -> Vec<String> {
    let mut options = vec!["--no-defaults".to_owned(), folder.data_option()];
    options.push(format!("--socket={}", settings.socket));
    options.push(format!("--log-error={}", folder.file("error.log")));
    let mut add = |option: &str| options.push(option.to_owned());
    for option in [
        "--character-set-server=utf8mb4",
        "--skip-name-resolve",
        "--skip-log-bin",
        "--performance-schema=OFF",
    ] {
        add(option);
    }
    if geteuid().is_root() {
        add("--user=root");
    }
    if settings.kind == Some(Kind::MySql) {
        add("--mysqlx=OFF");
        add("--secure-file-priv=NULL");
    }
    match (settings.mode, settings.port) {
        (Mode::Tcp, Some(port)) => {
            add("--bind-address=127.0.0.1");
            add(&format!("--port={port}"));
        }
        _ => add("--skip-networking"),
    }
    if settings.fast {
        add("--innodb-flush-log-at-trx-commit=2");
        add("--max-connections=1000");
    } else {
        add("--innodb-flush-log-at-trx-commit=1");
    }
    if !settings.time_zone.is_empty() {
        add(&format!("--default-time-zone={}", settings.time_zone));
    }
    let init = folder.file("init.sql");
    if Path::new(&init).is_file() {
        add(&format!("--init-file={init}"));
    }
    options.extend(settings.extra.iter().cloned());
    options
}
