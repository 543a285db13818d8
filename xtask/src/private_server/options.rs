use std::env;

use crate::Failure;

/// What a server is started with; what is not said here is as the folder remembers it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// The server's program; else the one that the folder was made with, else the first that is found.
    pub server: Option<String>,
    /// Answer on this port of 127.0.0.1, with a password; else only on a Unix socket that is its owner's alone.
    pub port: Option<u16>,
    /// The same on a free port, which the folder remembers.
    pub free_port: bool,
    /// The server's time zone, such as `+08:00`.
    pub time_zone: Option<String>,
    /// For tests: commits survive the server's death, but not the machine's.
    pub fast: bool,
    /// Passed on to the server.
    pub extra: Vec<String>,
}

impl Options {
    /// Whether the server has to answer on a port.
    pub(super) fn wants_port(&self) -> bool {
        self.port.is_some() || self.free_port
    }

    /// The server's program as a path from the root.
    pub(super) fn server(&self) -> Result<Option<String>, Failure> {
        let Some(server) = &self.server else { return Ok(None) };
        let folder = env::current_dir().map_err(|error| Failure::of("the working folder", &error))?;
        Ok(folder.join(server).to_str().map(str::to_owned))
    }
}
