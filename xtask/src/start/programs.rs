//! The programs that run in the background.

use std::fs::{self, OpenOptions};
use std::io;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal};

use super::home::Home;
use crate::detached::detached;
use crate::{Failure, processes};

const STOP_TIME: Duration = Duration::from_secs(30);

impl Home {
    /// The pid of a program that was started. `.kami/run/NAME.pid` holds the pid and the path of the program, since a stranger
    /// may have the pid by now.
    pub(super) fn running(&self, name: &str) -> Option<i32> {
        self.running_pid(name).map(|pid| pid.as_raw_nonzero().get())
    }

    fn running_pid(&self, name: &str) -> Option<Pid> {
        let record = self.read(&format!("run/{name}.pid"))?;
        let (pid, path) = record.split_once('\n')?;
        processes::parse_pid(pid).filter(|pid| processes::has_argument(*pid, path.trim_end()))
    }

    /// Runs a program apart from this terminal, so that it outlives this command.
    pub(super) fn launch(
        &self,
        name: &str,
        arguments: &[&str],
        url: &str,
        listen: &str,
    ) -> Result<(), Failure> {
        let (log, path) = (self.file(&format!("log/{name}.log")), format!("{}/{name}", self.programs));
        if fs::metadata(&log).is_ok_and(|log| log.len() > 0) {
            drop(fs::rename(&log, format!("{log}.1")));
        }
        let failed = |error: io::Error| Failure::of(&path, &error);
        let output = OpenOptions::new().append(true).create(true).open(&log).map_err(failed)?;
        let mut command = detached();
        command.arg(&path).args(arguments).env("DATABASE_URL", url).env("KAMI_LISTEN", listen);
        command.stdin(Stdio::null()).stdout(output.try_clone().map_err(failed)?).stderr(output);
        let mut child = command.spawn().map_err(failed)?;
        self.write(&format!("run/{name}.pid"), &format!("{}\n{path}\n", child.id()))?;
        // For a moment between the two, a process that becomes another program has no command line and looks like one
        // that ends.
        let pid = Pid::from_child(&child);
        while !processes::is_program(pid, &path) && matches!(child.try_wait(), Ok(None)) {
            thread::sleep(Duration::from_millis(1));
        }
        thread::spawn(move || drop(child.wait()));
        Ok(())
    }

    pub(super) fn stop_program(&self, name: &str) {
        if let Some(pid) = self.running_pid(name) {
            processes::send(pid, Signal::TERM);
            let end = Instant::now() + STOP_TIME;
            while !processes::wait_until_gone(pid, Duration::from_millis(100)) {
                if Instant::now() >= end {
                    processes::send(pid, Signal::KILL);
                }
            }
        }
        drop(fs::remove_file(self.file(&format!("run/{name}.pid"))));
    }

    /// The end of a program's log, in one line.
    pub(super) fn last_words(&self, name: &str) -> String {
        let log = self.read(&format!("log/{name}.log")).unwrap_or_default();
        log.lines().last().unwrap_or_default().to_owned()
    }
}
