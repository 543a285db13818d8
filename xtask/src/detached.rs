//! Programs that outlive who starts them.

use std::env;
use std::os::unix::process::CommandExt as _;
use std::process::Command;

/// Runs the program that is given as the first argument apart from this terminal, so that Ctrl-C in it does not reach the
/// program: in a session of its own, or else in a process group of its own. The pid is the program's.
pub(crate) fn detached() -> Command {
    if is_on_path("setsid") {
        Command::new("setsid")
    } else {
        let mut command = Command::new("nohup");
        command.process_group(0);
        command
    }
}

/// Whether a program lies on `PATH`.
pub(crate) fn is_on_path(program: &str) -> bool {
    env::var_os("PATH")
        .is_some_and(|path| env::split_paths(&path).any(|folder| folder.join(program).is_file()))
}
