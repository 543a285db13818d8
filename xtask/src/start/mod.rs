//! `start.sh`: builds kami, finds or starts a database, serves, opens the console.

mod address;
mod database;
mod home;
mod programs;
mod report;
mod reset;
mod up;
mod words;

use std::ffi::OsString;
use std::fs;
use std::io::{self, IsTerminal as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Command, ExitCode};

use self::database::{compose, compose_is_ready, succeeds};
use self::home::{Home, Used};
use self::report::show_where;
use self::reset::reset;
use self::up::start;
use self::words::say;
use crate::Failure;

/// Runs what `start.sh` was asked for, which has looked at the arguments: `start`, `start --no-console`, `stop`, `status`,
/// `logs`, `reset` or `reset --yes`. Exits with 0 done, 1 failed, 2 usage, 3 does not run.
pub fn run(arguments: &[OsString]) -> Result<ExitCode, Failure> {
    let arguments: Vec<_> = arguments.iter().map(|it| it.to_str().unwrap_or_default()).collect();
    let home = Home::here()?;
    match arguments[..] {
        ["start"] => start(&home, true),
        ["start", "--no-console"] => start(&home, false),
        ["stop"] => stop(&home),
        ["status"] => status(&home),
        ["logs"] => logs(&home),
        ["reset"] => reset(&home, false),
        ["reset", "--yes"] => reset(&home, true),
        _ => Ok(ExitCode::from(2)),
    }
}

fn everything_runs(home: &Home) -> Result<bool, Failure> {
    let programs = || home.running("kami-api").is_some() && home.running("kami-expire").is_some();
    Ok(match home.used() {
        Some(Used::Compose) => compose_is_ready() && is_healthy(home),
        Some(Used::Private) => programs() && home.private()?.status().is_some(),
        Some(Used::Url(_)) => programs(),
        None => false,
    })
}

fn is_healthy(home: &Home) -> bool {
    home.address().is_some_and(|address| address.is_healthy())
}

fn stop_all(home: &Home) -> Result<(), Failure> {
    if home.used() == Some(Used::Compose) {
        succeeds(&mut compose(&["down"]))?;
    } else {
        home.stop_program("kami-api");
        home.stop_program("kami-expire");
        home.private()?.stop()?;
    }
    Ok(())
}

fn stop(home: &Home) -> Result<ExitCode, Failure> {
    if home.used().is_none() {
        say("kami does not run.", "kami 未在运行。");
        return Ok(ExitCode::SUCCESS);
    }
    let _lock = home.lock()?;
    stop_all(home)?;
    home.forget();
    say("kami is stopped.", "kami 已停止。");
    Ok(ExitCode::SUCCESS)
}

fn status(home: &Home) -> Result<ExitCode, Failure> {
    let runs = everything_runs(home)?;
    if runs && is_healthy(home) {
        say("kami runs:", "kami 正在运行:");
        show_where(home)?;
        return Ok(ExitCode::SUCCESS);
    }
    if home.used().is_none() {
        say("kami does not run.", "kami 未在运行。");
        return Ok(ExitCode::from(3));
    }
    if runs {
        let url = home.address().map(|address| address.url()).unwrap_or_default();
        say(
            format_args!("kami runs, but {url}/health does not answer 200:"),
            format_args!("kami 正在运行,但 {url}/health 未回答 200:"),
        );
    } else {
        say("Only a part of kami runs:", "kami 只有一部分在运行:");
    }
    show_where(home)?;
    Ok(ExitCode::from(3))
}

fn logs(home: &Home) -> Result<ExitCode, Failure> {
    if home.used() == Some(Used::Compose) {
        let error = compose(&["logs", "--tail", "100"]).exec();
        return Err(Failure::of("docker", &error));
    }
    let of_programs = fs::read_dir(home.file("log")).into_iter().flatten().flatten();
    let mut files: Vec<_> = of_programs.map(|file| file.path()).collect();
    files.retain(|file| file.extension().is_some_and(|it| it == "log"));
    files.sort();
    files.push(home.file("db/error.log").into());
    files.retain(|file| file.is_file());
    if files.is_empty() {
        say("There are no logs yet.", "还没有日志。");
        return Ok(ExitCode::SUCCESS);
    }
    let follow: &[&str] = if io::stdout().is_terminal() { &["-n", "50", "-F"] } else { &["-n", "200"] };
    Err(Failure::of("tail", &Command::new("tail").args(follow).args(files).exec()))
}
