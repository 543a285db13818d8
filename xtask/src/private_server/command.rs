//! The command line `private-server`.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use super::{Folder, Options, servers};
use crate::{Failure, interruption};

const USAGE: &str = "\
Runs a private MySQL or MariaDB in a folder of its own, for ./start.sh, ./test.sh and the tests that crash a server.

  private-server find                 usable servers (MySQL 8.0+, MariaDB 10.11+), one \"KIND PATH VERSION\" a line,
                                      and one of each release such as 10.11; start takes the first
  private-server start DIR [OPTION]...  initialise DIR when it is empty, start its server, print its URL
      --server PATH     this mysqld or mariadbd; else the one that DIR was made with, else the first found
      --port PORT       answer on 127.0.0.1:PORT, with a password; else only on a Unix socket that is its owner's alone
      --free-port       the same on a free port, which DIR remembers
      --time-zone TZ    the server's time zone, such as +08:00
      --fast            for tests: commits survive the server's death, but not the machine's
      -- OPTION...      passed on to the server
  private-server url DIR              print the URL
  private-server status DIR           0 and \"running PID KIND VERSION\", or 3 and \"stopped\"
  private-server stop DIR             stop it in good order and wait until it is gone
  private-server kill DIR             SIGKILL it and wait until it is gone; start recovers it, at the same URL

DIR remembers its options, so a later start needs none. KAMI_SERVERS names the servers to take, in place of those that
lie on PATH or where systems put them: paths of a mysqld or mariadbd, with colons between them.
It works for root and for others, and needs no client program.
";

/// What is asked for.
#[derive(Debug, PartialEq, Eq)]
enum Command {
    Find,
    Start(PathBuf, Options),
    Url(PathBuf),
    Status(PathBuf),
    Stop(PathBuf),
    Kill(PathBuf),
}

/// Runs it: 0 done, 1 failed, 2 usage, 3 not running.
pub fn run(arguments: &[OsString]) -> Result<ExitCode, Failure> {
    let Some(command) = parse(arguments.to_vec())? else {
        drop(io::stderr().write_all(USAGE.as_bytes()));
        return Ok(ExitCode::from(2));
    };
    let (output, status) = carry_out(command)?;
    io::stdout().write_all(output.as_bytes()).map_err(|error| Failure::of("standard output", &error))?;
    Ok(ExitCode::from(status))
}

fn carry_out(command: Command) -> Result<(String, u8), Failure> {
    let output = match command {
        Command::Find => return find(),
        Command::Start(path, options) => {
            interruption::heed();
            Folder::start(&path, &options)?.1 + "\n"
        }
        Command::Url(path) => Folder::at(&path)?.url()? + "\n",
        Command::Status(path) => {
            let Some((pid, release)) = Folder::at(&path)?.status() else {
                return Ok(("stopped\n".to_owned(), 3));
            };
            format!("running {pid} {release}\n")
        }
        Command::Stop(path) | Command::Kill(path) if !path.is_dir() => String::new(), // so it has no server
        Command::Stop(path) => {
            Folder::at(&path)?.stop()?;
            String::new()
        }
        Command::Kill(path) => {
            Folder::at(&path)?.kill()?;
            String::new()
        }
    };
    Ok((output, 0))
}

fn find() -> Result<(String, u8), Failure> {
    let mut output = String::new();
    for server in servers()? {
        let release = server.release.to_string();
        let (kind, version) = release.split_once(' ').unwrap_or_default();
        let _infallible = writeln!(output, "{kind} {} {version}", server.path);
    }
    let status = u8::from(output.is_empty());
    Ok((output, status))
}

// Nothing when it is no usage.
fn parse(arguments: Vec<OsString>) -> Result<Option<Command>, Failure> {
    let mut arguments = arguments.into_iter();
    let verb = arguments.next();
    let folder = arguments.next().filter(|folder| !folder.is_empty()).map(PathBuf::from);
    let command = match (verb.as_deref().and_then(|verb| verb.to_str()), folder) {
        (Some("find"), None) => Some(Command::Find),
        (Some("start"), Some(folder)) => {
            let rest = arguments.by_ref().map(|it| it.to_string_lossy().into_owned()).collect::<Vec<_>>();
            options(rest)?.map(|options| Command::Start(folder, options))
        }
        (Some("url"), Some(folder)) => Some(Command::Url(folder)),
        (Some("status"), Some(folder)) => Some(Command::Status(folder)),
        (Some("stop"), Some(folder)) => Some(Command::Stop(folder)),
        (Some("kill"), Some(folder)) => Some(Command::Kill(folder)),
        _ => None,
    };
    Ok(command.filter(|_| arguments.next().is_none()))
}

fn options(arguments: Vec<String>) -> Result<Option<Options>, Failure> {
    let mut arguments = arguments.into_iter();
    let mut options = Options::default();
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().filter(|value| !value.is_empty());
        match argument.as_str() {
            "--server" | "--port" | "--time-zone" => {
                let Some(value) = value() else { return Ok(None) };
                match argument.as_str() {
                    "--server" => options.server = Some(value),
                    "--port" => options.port = Some(port(&value)?),
                    _ => options.time_zone = Some(value),
                }
            }
            "--free-port" => options.free_port = true,
            "--fast" => options.fast = true,
            "--" => options.extra = arguments.by_ref().collect(),
            _ => return Ok(None),
        }
    }
    Ok(Some(options))
}

fn port(text: &str) -> Result<u16, Failure> {
    match text.parse() {
        Ok(port) if port > 0 => Ok(port),
        _ => Err(Failure::new(format!("{text} is no port"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Option<Command> {
        parse(line.split(' ').map(OsString::from).collect()).unwrap()
    }

    #[test]
    fn every_option_of_a_start_is_read() {
        let line = "start /d --server /m --port 3307 --free-port --time-zone +08:00 --fast -- --a=1 --fast";
        let options = Options {
            server: Some("/m".to_owned()),
            port: Some(3307),
            free_port: true,
            time_zone: Some("+08:00".to_owned()),
            fast: true,
            extra: vec!["--a=1".to_owned(), "--fast".to_owned()],
        };
        assert_eq!(parsed(line), Some(Command::Start("/d".into(), options)));
        assert_eq!(parsed("start /d"), Some(Command::Start("/d".into(), Options::default())));
    }

    #[test]
    fn each_other_command_takes_a_folder_and_nothing_else() {
        assert_eq!(parsed("find"), Some(Command::Find));
        assert_eq!(parsed("url /d"), Some(Command::Url("/d".into())));
        assert_eq!(parsed("status /d"), Some(Command::Status("/d".into())));
        assert_eq!(parsed("stop /d"), Some(Command::Stop("/d".into())));
        assert_eq!(parsed("kill /d"), Some(Command::Kill("/d".into())));
        for line in
            ["", "url", "url ", "url /d /e", "stop /d --fast", "remove /d", "find /d", "start", "start "]
        {
            assert_eq!(parsed(line), None, "{line}");
        }
    }

    #[test]
    fn what_no_option_is_is_told_from_a_wrong_value() {
        for line in ["start /d --quick", "start /d --server", "start /d --time-zone ", "start /d x"] {
            assert_eq!(parsed(line), None, "{line}");
        }
        for value in ["x", "0", "65536", "-1", "33 07"] {
            let failure = options(vec!["--port".to_owned(), value.to_owned()]).unwrap_err();
            assert_eq!(failure.message(), format!("{value} is no port"));
        }
    }

    #[test]
    fn folder_that_is_not_there_can_be_stopped() {
        let nowhere = || OsString::from("/nonexistent/kami");
        for verb in ["stop", "kill"] {
            let command = parse(vec![verb.into(), nowhere()]).unwrap().unwrap();
            assert_eq!(carry_out(command).unwrap(), (String::new(), 0));
        }
        let status = parse(vec!["status".into(), nowhere()]).unwrap().unwrap();
        assert_eq!(carry_out(status).unwrap(), ("stopped\n".to_owned(), 3));
    }
}
