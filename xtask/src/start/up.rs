//! Bringing kami up, or finding that it runs.

use std::env;
use std::io::{self, IsTerminal as _};
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use super::address::Address;
use super::database::{self, compose, given_url, succeeds};
use super::home::{Home, Used};
use super::report::{show_help, show_where};
use super::words::{failure, say};
use super::{everything_runs, stop_all};
use crate::{Failure, interruption};

const READY_TIME: Duration = Duration::from_mins(1);

pub(super) fn start(home: &Home, with_console: bool) -> Result<ExitCode, Failure> {
    home.make()?;
    interruption::heed();
    let lock = home.lock()?;
    let owner_url = if everything_runs(home)? {
        say("kami already runs:", "kami 已在运行:");
        reach_database(home)?
    } else {
        database::check_remembered(home)?;
        let remembered = home.used();
        if remembered.is_some() {
            stop_all(home)?; // what is left of one that was killed
        }
        let address = wanted_address()?;
        let used = database::choose()?;
        let url = bring_up(home, &address, &used).inspect_err(|_| abandon(home, remembered.as_ref()))?;
        say("kami runs:", "kami 已启动:");
        Some(url)
    };
    drop(lock);
    show_where(home)?;
    show_help(home);
    if let Some(url) = owner_url.filter(|_| with_console) {
        open_console(home, &url);
    }
    Ok(ExitCode::SUCCESS)
}

// Where KAMI_LISTEN says, if that can be had.
fn wanted_address() -> Result<Address, Failure> {
    let listen = env::var("KAMI_LISTEN").ok().filter(|listen| !listen.is_empty());
    let listen = listen.unwrap_or_else(|| "127.0.0.1:5000".to_owned());
    let Some(address) = Address::parse(&listen) else {
        return Err(failure(
            format_args!(
                "KAMI_LISTEN is {listen}, but it must be an IP address and a port, such as 127.0.0.1:5000"
            ),
            format_args!("KAMI_LISTEN 为 {listen},应为 IP 地址加端口,例如 127.0.0.1:5000"),
        ));
    };
    if !address.is_taken() {
        return Ok(address);
    }
    let (port, next) = (address.port(), address.port().saturating_add(1));
    let holder = address.holder();
    let someone = holder
        .as_deref()
        .unwrap_or("another program, perhaps another copy of kami or, on a Mac, the AirPlay receiver");
    let chinese = holder.as_deref().unwrap_or("其他程序(可能是另一份 kami,在 Mac 上也可能是隔空播放接收器)");
    Err(failure(
        format_args!(
            "port {port} is taken by {someone}: stop that, or choose another port, such as KAMI_LISTEN=127.0.0.1:{next} ./start.sh"
        ),
        format_args!(
            "端口 {port} 已被 {chinese} 占用:请先停止它,或换一个端口,例如 KAMI_LISTEN=127.0.0.1:{next} ./start.sh"
        ),
    ))
}

// Returns the URL of the database's owner.
fn bring_up(home: &Home, address: &Address, used: &Used) -> Result<String, Failure> {
    home.remember(used, address)?;
    let mut url = String::new();
    if *used == Used::Compose {
        let up = succeeds(compose(&["up", "-d", "--build"]).env("KAMI_LISTEN", &address.listen))?;
        if !up || !succeeds(&mut compose(&["run", "--rm", "migrate", "migrate", "--demo"]))? {
            return Err(failure(
                "Docker Compose could not start kami, for the reason above",
                "Docker Compose 启动 kami 失败,原因见上",
            ));
        }
    } else {
        build()?;
        url = database::open(home, used)?;
        let kami = format!("{}/kami", home.programs);
        if !succeeds(Command::new(kami).args(["migrate", "--demo"]).env("DATABASE_URL", &url))? {
            return Err(failure(
                "the database could not be set up, for the reason above",
                "数据库初始化失败,原因见上",
            ));
        }
        if *used == Used::Private {
            database::make_accounts(home, &url)?;
        }
        let launch = |name: &str, arguments: &[&str]| {
            home.launch(name, arguments, &database::url_of(home, name, &url), &address.listen)
        };
        launch("kami-api", &[])?;
        launch("kami-expire", &["--every", "1h"])?;
    }
    wait_for_health(home, address, used)?;
    Ok(url)
}

fn build() -> Result<(), Failure> {
    say("Building kami (the first time takes some minutes) ...", "正在编译 kami(首次需要几分钟)…");
    if succeeds(Command::new("cargo").args(["build", "--release", "--locked", "--bins"]))? {
        return Ok(());
    }
    Err(failure("kami could not be built; the compiler says why above", "kami 编译失败,原因见上方编译器输出"))
}

fn wait_for_health(home: &Home, address: &Address, used: &Used) -> Result<(), Failure> {
    let end = Instant::now() + READY_TIME;
    while !address.is_healthy() {
        check_alive(home, used, "kami-api")?;
        if Instant::now() >= end {
            let (url, seconds) = (address.url(), READY_TIME.as_secs());
            return Err(failure(
                format_args!(
                    "kami-api does not answer {url}/health with 200 within {seconds} seconds; './start.sh logs' tells more"
                ),
                format_args!("kami-api 在 {seconds} 秒内未能在 {url}/health 回答 200;详情见 .kami/log"),
            ));
        }
        interruption::pause()?;
    }
    check_alive(home, used, "kami-api")?; // another program may have answered, having taken the port first
    check_alive(home, used, "kami-expire")
}

fn check_alive(home: &Home, used: &Used, name: &str) -> Result<(), Failure> {
    if *used == Used::Compose || home.running(name).is_some() {
        return Ok(());
    }
    let words = home.last_words(name);
    Err(failure(format_args!("{name} ended at once: {words}"), format_args!("{name} 启动后随即退出:{words}")))
}

// A start that fails or is broken off stops what it had started. It forgets its own database, so that a slip in
// DATABASE_URL can be mended, but not one that has served before.
fn abandon(home: &Home, remembered: Option<&Used>) {
    drop(stop_all(home));
    if !matches!(remembered, Some(Used::Url(_))) {
        home.forget();
    }
}

// The console of a kami that already runs needs the URL that kami was started with, which is kept nowhere.
fn reach_database(home: &Home) -> Result<Option<String>, Failure> {
    let given = given_url();
    match home.used() {
        Some(Used::Private) => {
            if !given.is_empty() {
                say(
                    "It uses its private database; DATABASE_URL counts after ./start.sh stop.",
                    "它使用私有数据库;DATABASE_URL 在 ./start.sh stop 之后才生效。",
                );
            }
            home.private()?.url().map(Some)
        }
        Some(Used::Url(url)) if Used::of_url(&given) != Used::Url(url.clone()) => {
            say(
                format_args!("It uses {url}; set DATABASE_URL to that to open the console."),
                format_args!("它使用 {url};把 DATABASE_URL 设为它即可打开控制台。"),
            );
            Ok(None)
        }
        _ => Ok(Some(given)),
    }
}

// The console is for a person; scripts and CI get the prompt back.
fn open_console(home: &Home, url: &str) {
    let is_for_a_person = io::stdin().is_terminal() && io::stdout().is_terminal();
    if !is_for_a_person || env::var_os("CI").is_some_and(|ci| !ci.is_empty()) {
        return;
    }
    let opened = if home.used() == Some(Used::Compose) {
        compose(&["run", "--rm", "console"]).status()
    } else {
        let url = database::url_of(home, "kami", url);
        Command::new(format!("{}/kami", home.programs)).env("DATABASE_URL", url).status()
    };
    if opened.is_ok() {
        say(
            "The console is closed; kami runs on. './start.sh stop' stops it.",
            "控制台已关闭,kami 仍在运行;./start.sh stop 可停止它。",
        );
    }
}
