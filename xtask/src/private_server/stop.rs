//! Ending a folder's server, in good order or not.

use std::fs;
use std::io::{self, Write as _};
use std::time::Duration;

use rustix::process::Signal;

use super::folder::Folder;
use super::socket;
use crate::{Failure, processes};

const STOP_TIME: Duration = Duration::from_mins(2);

impl Folder {
    /// Stops the server in good order and waits until it is gone; one that does not stop in two minutes is killed, saying
    /// so on standard error.
    pub fn stop(&self) -> Result<(), Failure> {
        if let Some(pid) = self.running() {
            processes::send(pid, Signal::TERM);
            if !processes::wait_until_gone(pid, STOP_TIME) {
                let (number, seconds) = (pid.as_raw_nonzero(), STOP_TIME.as_secs());
                let said = format!("process {number} did not stop within {seconds} seconds, so it is killed");
                drop(writeln!(io::stderr(), "private-server: {said}"));
                processes::send(pid, Signal::KILL);
                if !processes::wait_until_gone(pid, Duration::from_secs(10)) {
                    return Err(Failure::new(format!("process {number} cannot be stopped")));
                }
            }
        }
        drop(fs::remove_file(self.file("pid")));
        socket::remove(self, &self.settings().socket);
        Ok(())
    }

    /// Kills the server without warning and waits until it is gone; a start recovers it, at the same URL.
    pub fn kill(&self) -> Result<(), Failure> {
        let Some(pid) = self.pid() else { return Ok(()) };
        let number = pid.as_raw_nonzero();
        if self.is_ours(pid) {
            processes::send(pid, Signal::KILL);
            if !processes::wait_until_gone(pid, Duration::from_mins(1)) {
                return Err(Failure::new(format!("process {number} cannot be killed")));
            }
        } else if processes::is_ending(pid) {
            return Err(Failure::new(format!("process {number} was killed, but does not end")));
        }
        drop(fs::remove_file(self.file("pid")));
        Ok(())
    }
}
