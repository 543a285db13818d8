use std::fmt;
use std::io;

/// Why a command ended early: a sentence for whoever runs it, and the status to exit with.
#[derive(Debug)]
pub struct Failure {
    message: String,
    status: u8,
}

impl Failure {
    /// The usual failure, of status 1.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), status: 1 }
    }

    /// What went wrong with a file of the system's.
    pub(crate) fn of(what: impl fmt::Display, error: &io::Error) -> Self {
        Self::new(format!("{what}: {error}"))
    }

    /// The end that a signal asked for; says nothing, and exits as shells expect it.
    pub(crate) fn interrupted(signal: u8) -> Self {
        Self { message: String::new(), status: 128 + signal }
    }

    /// The sentence, empty where a signal ended the command.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The status to exit with.
    pub fn status(&self) -> u8 {
        self.status
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}
