//! Deleting the private database and the logs.

use std::io::{self, IsTerminal as _, Write as _};
use std::process::ExitCode;

use super::database::{compose, succeeds};
use super::home::{Home, Used};
use super::stop_all;
use super::words::{failure, say, text};
use crate::Failure;

pub(super) fn reset(home: &Home, yes: bool) -> Result<ExitCode, Failure> {
    if !home.exists() {
        say("There is nothing to reset.", "没有可重置的内容。");
        return Ok(ExitCode::SUCCESS);
    }
    if !yes && !is_confirmed()? {
        say("Nothing was changed.", "未作任何改动。");
        return Ok(ExitCode::FAILURE);
    }
    let lock = home.lock()?;
    if home.used() == Some(Used::Compose) {
        succeeds(&mut compose(&["down", "--volumes"]))?;
    }
    stop_all(home)?;
    home.delete()?;
    drop(lock);
    say("kami is reset.", "kami 已重置。");
    Ok(ExitCode::SUCCESS)
}

fn is_confirmed() -> Result<bool, Failure> {
    if !io::stdin().is_terminal() {
        return Err(failure(
            "reset deletes the private database with all its cards; without a terminal to ask on, say './start.sh reset --yes'",
            "reset 会删除私有数据库及其中全部卡密;没有终端可确认时,请用 ./start.sh reset --yes",
        ));
    }
    say(
        "This stops kami and deletes its private database with all cards, and its logs (a database that DATABASE_URL named stays as it is).",
        "这将停止 kami,并删除其私有数据库(含全部卡密)和日志(DATABASE_URL 所指的数据库不受影响)。",
    );
    let question = text("Type 'yes' to go on:", "输入 yes 继续:");
    drop(write!(io::stdout(), "{question} ").and_then(|()| io::stdout().flush()));
    let mut answer = String::new();
    drop(io::stdin().read_line(&mut answer));
    Ok(answer.trim() == "yes")
}
