//! Runs what a change needs, in under a minute when nothing has to be built anew.

mod git;
mod packages;
mod plan;

use std::env;
use std::ffi::OsString;
use std::io::{self, Write as _};
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

use self::packages::Packages;
use self::plan::{Plan, Step};
use crate::private_server::{Folder, Options, servers};
use crate::{Failure, interruption};

const USAGE: &str = "\
check-change [BASE]: runs what the change since BASE needs. BASE is where the branch left main, or else HEAD; what is not
committed and what git does not know yet count as well.

  format      of all that is Rust, when some of it changed
  shellcheck  of the scripts that changed
  clippy      of the crates that changed and of those that depend on them
  unit tests  of the same
  tests/      of the crates that changed, or of the crate around them: those that changed, and those that are named
              after a file that changed; after a change of sql/ all of kami-store

On the server of KAMI_TEST_DATABASE_URL and KAMI_TEST_SERVER, or else on a private one, the first that private-server
finds. It ends at the first that fails. ./test.sh runs every test, on every server.
";

/// Runs it: 0 all passed, 1 something failed, 2 usage.
pub fn run(arguments: &[OsString]) -> Result<ExitCode, Failure> {
    let mut arguments = arguments.iter();
    let base = arguments.next();
    let is_option = base.as_ref().is_some_and(|base| base.as_encoded_bytes().starts_with(b"-"));
    if is_option || arguments.next().is_some() {
        drop(io::stderr().write_all(USAGE.as_bytes()));
        return Ok(ExitCode::from(2));
    }
    let begin = Instant::now();
    let files = git::changed_files(base.map(OsString::as_os_str))?;
    let packages = Packages::of_workspace()?;
    let plan = Plan::of(&files, &packages, |path| Path::new(path).is_file() && plan::is_script(path))?;
    for step in plan.steps() {
        run_step(&step)?;
    }
    let seconds = begin.elapsed().as_secs();
    say(&format!(
        "{} files changed; what they need passed in {seconds} s. ./test.sh runs the rest",
        files.len()
    ));
    Ok(ExitCode::SUCCESS)
}

fn run_step(step: &Step) -> Result<(), Failure> {
    let line = format!("{} {}", step.program, step.arguments.join(" "));
    say(&line);
    let mut command = Command::new(step.program);
    command.args(&step.arguments).stdin(Stdio::null());
    let server = if step.needs_server { private_server(&mut command)? } else { None };
    let status = command.status();
    if let Some(folder) = server {
        folder.stop()?;
    }
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(_) => Err(Failure::new(format!("failed: {line}"))),
        Err(error) if error.kind() == io::ErrorKind::NotFound && step.program == "shellcheck" => {
            say("shellcheck is not on this machine, so the scripts are not checked");
            Ok(())
        }
        Err(error) => Err(Failure::of(step.program, &error)),
    }
}

// Nothing when whoever runs this named a server.
fn private_server(tests: &mut Command) -> Result<Option<Folder>, Failure> {
    if env::var_os("KAMI_TEST_DATABASE_URL").is_some() && env::var_os("KAMI_TEST_SERVER").is_some() {
        return Ok(None);
    }
    interruption::heed();
    let target = env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
    let path = Path::new(&target).join("script").join("check-change");
    let none =
        || Failure::new("neither MySQL 8.0+ nor MariaDB 10.11+ is on this machine, as the tests need it");
    let server = servers()?.into_iter().next().ok_or_else(none)?;
    let options = Options {
        server: Some(server.path.clone()),
        free_port: true,
        time_zone: Some("+08:00".to_owned()),
        fast: true,
        ..Options::default()
    };
    let (folder, url) = Folder::start(&path, &options)?;
    let address = url.split("kamisystem").next().unwrap_or_default();
    tests.env("KAMI_TEST_DATABASE_URL", address).env("KAMI_TEST_SERVER", server.path);
    Ok(Some(folder))
}

fn say(text: &str) {
    drop(writeln!(io::stderr(), "check-change: {text}"));
}
