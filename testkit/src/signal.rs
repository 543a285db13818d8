//! Signals to processes, sent by ourselves: a bare machine has no program for it.

use rustix::process::{Pid, kill_process};

pub use rustix::process::Signal;

/// Sends a signal to a process that a test started.
pub fn send_signal(process: u32, signal: Signal) {
    let process = i32::try_from(process).ok().and_then(Pid::from_raw).expect("the number of a process");
    kill_process(process, signal).unwrap();
}
