//! Saying what runs where.

use super::database::{self, compose, succeeds};
use super::home::{Home, Used};
use super::words::{print, say};
use crate::Failure;

pub(super) fn show_where(home: &Home) -> Result<(), Failure> {
    if home.used() == Some(Used::Compose) {
        succeeds(&mut compose(&["ps"]))?;
        return Ok(());
    }
    let pid = |name: &str| home.running(name).map_or_else(|| "-".to_owned(), |pid| pid.to_string());
    let (api, expire) = (pid("kami-api"), pid("kami-expire"));
    let url = home.address().map(|address| address.url()).unwrap_or_default();
    let database = database::describe(home)?;
    say(
        format_args!("  API       {url} (pid {api}, log in .kami/log/kami-api.log)"),
        format_args!("  接口      {url}(pid {api},日志 .kami/log/kami-api.log)"),
    );
    say(
        format_args!("  expiry    every hour (pid {expire}, log in .kami/log/kami-expire.log)"),
        format_args!("  过期任务  每小时一次(pid {expire},日志 .kami/log/kami-expire.log)"),
    );
    say(format_args!("  database  {database}"), format_args!("  数据库    {database}"));
    Ok(())
}

pub(super) fn show_help(home: &Home) {
    let url = home.address().map(|address| address.url()).unwrap_or_default();
    let body = r#"{"code":"VIP-DEMO123456","machine_code":"my-machine-1"}"#;
    print("");
    say("Try it:", "试一试:");
    print(format_args!("  curl -s {url}/api/validate -H 'Content-Type: application/json' -d '{body}'"));
    say(
        "Then: ./start.sh (console), ./start.sh status, logs, stop or reset",
        "之后:./start.sh(控制台),./start.sh status、logs、stop、reset",
    );
}
