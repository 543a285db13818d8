//! Which database is used, and who logs in to it.

use std::env;
use std::fs;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use super::home::{Home, Used};
use super::words::{failure, text};
use crate::private_server::{Folder, Options, servers, write_private};
use crate::{Failure, interruption, random};

/// `DATABASE_URL`, empty when it is unset.
pub(super) fn given_url() -> String {
    env::var("DATABASE_URL").unwrap_or_default()
}

/// Whether a program ended well; what it is told to say is its own.
pub(super) fn succeeds(command: &mut Command) -> Result<bool, Failure> {
    let status = command.status();
    interruption::check()?;
    Ok(status.is_ok_and(|status| status.success()))
}

pub(super) fn compose(arguments: &[&str]) -> Command {
    let mut command = Command::new("docker");
    command.arg("compose").args(arguments);
    command
}

pub(super) fn compose_is_ready() -> bool {
    let is_quiet = |command: &mut Command| {
        let silent = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        silent.status().is_ok_and(|status| status.success())
    };
    Path::new("docker-compose.yml").exists()
        && is_quiet(&mut compose(&["version"]))
        && is_quiet(Command::new("docker").arg("info"))
}

/// The one that `DATABASE_URL` names, or a private one, for which a server may be installed first, or Docker's.
pub(super) fn choose() -> Result<Used, Failure> {
    let url = given_url();
    if !url.is_empty() {
        Ok(Used::of_url(&url))
    } else if !servers()?.is_empty() || install_server()? {
        Ok(Used::Private)
    } else if compose_is_ready() {
        Ok(Used::Compose)
    } else {
        Err(failure(
            "kami has no database: install MariaDB 10.11+ or MySQL 8.0+, or set DATABASE_URL to one",
            "kami 没有可用的数据库:请安装 MariaDB 10.11+ 或 MySQL 8.0+,或用 DATABASE_URL 指定一个",
        ))
    }
}

fn install_server() -> Result<bool, Failure> {
    let script = "root=$PWD; . scripts/packages.sh; need server";
    succeeds(Command::new("bash").args(["-c", script, "start.sh"]))
}

/// Sellers' cards are in the database that `DATABASE_URL` named. Without it, as after a reboot, a private one with sample
/// cards must not be served in its stead.
pub(super) fn check_remembered(home: &Home) -> Result<(), Failure> {
    let Some(Used::Url(url)) = home.used() else { return Ok(()) };
    if Used::of_url(&given_url()) == Used::Url(url.clone()) {
        return Ok(());
    }
    Err(failure(
        format_args!(
            "kami was started with DATABASE_URL={url}: set DATABASE_URL to that again, or run './start.sh stop' first to use another database"
        ),
        format_args!(
            "kami 上次以 DATABASE_URL={url} 启动:请重新设置同样的 DATABASE_URL;若要改用其他数据库,请先运行 ./start.sh stop"
        ),
    ))
}

/// The URL of an account that may do everything.
pub(super) fn open(home: &Home, used: &Used) -> Result<String, Failure> {
    if *used != Used::Private {
        return Ok(given_url());
    }
    let started = Folder::start(Path::new(&home.file("db")), &Options::default());
    started.map(|(_, url)| url).map_err(|reason| {
        if reason.message().is_empty() {
            return reason;
        }
        failure(
            format_args!("the private database did not start: {reason}"),
            format_args!("私有数据库启动失败:{reason}"),
        )
    })
}

/// A program with an account of the private database that has the rights of its role.
const ACCOUNTS: [(&str, &str, &str); 3] = [
    ("kami-api", "kami_api", "function"),
    ("kami-expire", "kami_expire", "expire"),
    ("kami", "kami_console", "operator"),
];

/// Makes the accounts anew, so that each has what this version's role needs and nothing of an older one's. Their passwords
/// are in `.kami/accounts` and stay, for a console that is open.
pub(super) fn make_accounts(home: &Home, url: &str) -> Result<(), Failure> {
    for (program, account, role) in ACCOUNTS {
        let account = format!("{account}@localhost");
        let password = password_file(home, program)?;
        let grants = |arguments: &[&str]| {
            let mut command = Command::new(format!("{}/kami", home.programs));
            command
                .arg("grants")
                .args(arguments)
                .env("DATABASE_URL", url)
                .stdin(Stdio::null())
                .stdout(Stdio::null());
            command
        };
        // there may be none
        succeeds(grants(&["--drop", "--apply", &account]).stderr(Stdio::null()))?;
        if !succeeds(&mut grants(&["--for", role, "--apply", "--password-file", &password, &account]))? {
            return Err(failure(
                format_args!("the account of {program} could not be made, for the reason above"),
                format_args!("无法建立 {program} 的数据库账号,原因见上"),
            ));
        }
    }
    Ok(())
}

fn password_file(home: &Home, program: &str) -> Result<String, Failure> {
    let file = home.file(&format!("accounts/{program}"));
    if fs::metadata(&file).is_ok_and(|file| file.len() > 0) {
        return Ok(file);
    }
    let make = || {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(home.file("accounts"))?;
        write_private(&file, &random::word()?)
    };
    make().map_err(|error| Failure::of(&file, &error))?;
    Ok(file)
}

/// The URL with which a program logs in. A kami that an older version started has no accounts of its own.
pub(super) fn url_of(home: &Home, program: &str, owner: &str) -> String {
    let account = ACCOUNTS.iter().find(|(name, ..)| *name == program).map(|(_, account, _)| *account);
    let password = home.read(&format!("accounts/{program}")).filter(|password| !password.is_empty());
    match (home.used(), account, password, owner.split_once('@')) {
        (Some(Used::Private), Some(account), Some(password), Some((_, host))) => {
            format!("mysql://{account}:{}@{host}", password.trim_end())
        }
        _ => owner.to_owned(),
    }
}

pub(super) fn describe(home: &Home) -> Result<String, Failure> {
    Ok(match home.used() {
        Some(Used::Private) => match home.private()?.status() {
            Some((pid, release)) => {
                let release = release.replace("mysql", "MySQL").replace("mariadb", "MariaDB");
                text(
                    format_args!("{release}, private, in .kami/db (pid {pid})"),
                    format_args!("{release},私有,位于 .kami/db(pid {pid})"),
                )
            }
            None => text("private, in .kami/db: does not run", "私有,位于 .kami/db:未运行"),
        },
        Some(Used::Url(url)) => url,
        _ => "-".to_owned(),
    })
}
