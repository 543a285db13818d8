//! Making the files of a new server.

use std::fs;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, geteuid, kill_process_group};

use super::error_log;
use super::find::{Server, UNPACKED_INSTALLER};
use super::folder::{Folder, make_folder};
use super::release::Kind;
use super::settings::{Mode, Settings};
use crate::{Failure, interruption, processes};

const NEW_DATA: &str = "data.new";

/// The file that holds the name of the process that initialises, for a later start if this one is killed.
const INITIALISER: &str = "initialiser";

/// Makes `data`, all of it or nothing.
pub(super) fn initialise(folder: &Folder, server: &Server, settings: &Settings) -> Result<(), Failure> {
    let new = folder.file(NEW_DATA);
    end_left_initialiser(folder)?;
    drop(fs::remove_dir_all(&new)); // left by an initialisation that was cut short
    for made in [&new, &folder.file("tmp")] {
        make_folder(Path::new(made)).map_err(|error| Failure::of(made, &error))?;
    }
    let log = folder.file("error.log");
    let offset = error_log::end(&log);
    if !run(folder, server, settings, &new)?.success() {
        // where mariadb-init writes
        let said = error_log::since(&log, offset)
            + &fs::read_to_string(format!("{new}/init.log")).unwrap_or_default();
        let reason = error_log::reason(&said);
        return Err(Failure::new(format!(
            "{} could not initialise {}: {reason}{}",
            server.path,
            folder.path(),
            error_log::hint(reason)
        )));
    }
    fs::rename(&new, folder.file("data")).map_err(|error| Failure::of(&new, &error))
}

fn run(folder: &Folder, server: &Server, settings: &Settings, new: &str) -> Result<ExitStatus, Failure> {
    let mut command = installer(server, settings, new)?;
    let log = folder.open_log()?;
    let copy = log.try_clone().map_err(|error| Failure::of("the log", &error))?;
    command.stdin(Stdio::null()).stdout(copy).stderr(log).env("LC_ALL", "C").current_dir(folder.path());
    // two servers that share a folder for temporary files remove each other's
    command.env("TMPDIR", folder.file("tmp"));
    let status = wait(folder, &mut command);
    drop(fs::remove_file(folder.file(INITIALISER)));
    status
}

// It writes on when the start that it belongs to is killed.
fn end_left_initialiser(folder: &Folder) -> Result<(), Failure> {
    let name = fs::read_to_string(folder.file(INITIALISER)).unwrap_or_default();
    let Some(pid) = name.split('-').next().and_then(processes::parse_pid) else { return Ok(()) };
    if !processes::is_gone(pid) && processes::name(pid) == name {
        let _gone = kill_process_group(pid, Signal::KILL);
        if !processes::wait_until_gone(pid, Duration::from_mins(1)) {
            let number = pid.as_raw_nonzero();
            return Err(Failure::new(format!(
                "process {number} initialises {} and cannot be killed",
                folder.path()
            )));
        }
    }
    Ok(())
}

// An installer and all that it starts end with a start that is broken off.
fn wait(folder: &Folder, command: &mut Command) -> Result<ExitStatus, Failure> {
    let failed = |error| Failure::of("the initialisation", &error);
    let mut child = command.process_group(0).spawn().map_err(failed)?;
    folder.write(INITIALISER, &processes::name(Pid::from_child(&child)))?;
    loop {
        if let Some(status) = child.try_wait().map_err(failed)? {
            return Ok(status);
        }
        if let Err(interrupted) = interruption::pause() {
            let _gone = kill_process_group(Pid::from_child(&child), Signal::KILL);
            drop(child.wait());
            return Err(interrupted);
        }
    }
}

fn installer(server: &Server, settings: &Settings, new: &str) -> Result<Command, Failure> {
    let mut command = match server.release.kind {
        Kind::MySql => Command::new(&server.path),
        Kind::MariaDb => {
            let gone = || Failure::new(format!("{} has no mariadb-install-db", server.path));
            let installer = server.installer().ok_or_else(gone)?;
            if installer.ends_with(UNPACKED_INSTALLER) {
                let mut command = Command::new(installer);
                command.arg(new);
                return Ok(command);
            }
            Command::new(installer)
        }
    };
    // MariaDB's script stumbles over blanks in a path, and knows "./" as the working folder
    let data = if server.release.kind == Kind::MariaDb { format!("./{NEW_DATA}") } else { new.to_owned() };
    command.args(["--no-defaults", &format!("--datadir={data}"), "--performance-schema=OFF"]);
    if geteuid().is_root() {
        command.arg("--user=root");
    }
    if settings.fast {
        command.args(["--innodb-flush-log-at-trx-commit=0", "--innodb-doublewrite=OFF"]);
    }
    match server.release.kind {
        Kind::MySql => command.args([
            "--initialize-insecure",
            "--mysqlx=OFF",
            "--secure-file-priv=NULL",
            "--skip-log-bin",
        ]),
        // without this method it would make root accounts that need no password
        Kind::MariaDb => command
            .args([
                "--auth-root-authentication-method=socket",
                &format!("--auth-root-socket-user={}", user()?),
            ])
            .args(["--skip-test-db", "--skip-name-resolve"]),
    };
    Ok(command)
}

fn user() -> Result<String, Failure> {
    let output = Command::new("id").arg("-un").output().map_err(|error| Failure::of("id -un", &error))?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Writes down how the server itself makes the owner's account, in a file that nobody else can read: there may be no
/// client on the machine.
pub(super) fn write_init_file(folder: &Folder, server: &Server, settings: &Settings) -> Result<(), Failure> {
    let account = match settings.mode {
        Mode::Socket => "'kami'@'localhost'",
        Mode::Tcp => "'kami'@'127.0.0.1'",
    };
    let mut statements = format!(
        "CREATE USER IF NOT EXISTS {account} IDENTIFIED BY '{}';\n\
         GRANT ALL PRIVILEGES ON *.* TO {account} WITH GRANT OPTION;\n",
        settings.password
    );
    let is_unpacked = || server.installer().is_some_and(|installer| installer.ends_with(UNPACKED_INSTALLER));
    if server.release.kind == Kind::MariaDb && is_unpacked() {
        // it leaves root accounts that need no password
        statements.push_str("DROP USER IF EXISTS root@localhost, root@'127.0.0.1';\n");
    }
    folder.write("init.sql", &statements)
}
