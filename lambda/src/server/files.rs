//! How many files the process may have open: every connection is one.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tracing::warn;

/// Files for other things than connections of clients: the database, metrics, and connections that are being closed.
const RESERVED: usize = 256;

/// Raises the limit on open files as far as the process may.
pub fn raise_file_limit() {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, ..limit };
    if let Err(error) = setrlimit(Resource::Nofile, raised) {
        warn!(%error, "cannot raise the limit on open files");
    }
}

/// As many of these connections as the limit on open files allows; fewer are told of in the log.
pub fn within_file_limit(connections: usize) -> usize {
    let files = getrlimit(Resource::Nofile).current.and_then(|files| usize::try_from(files).ok());
    let allowed = files.map_or(connections, |files| connections.min(connections_within(files)));
    if allowed < connections {
        warn!(
            wanted = connections,
            allowed,
            "fewer connections than KAMI_MAX_CONNECTIONS: raise the limit on open files (LimitNOFILE=)"
        );
    }
    allowed
}

/// The connections that a limit on open files leaves room for.
fn connections_within(files: usize) -> usize {
    files.saturating_sub(RESERVED).max(files / 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn some_files_are_kept_back() {
        assert_eq!([1024, 300, 65_536].map(connections_within), [768, 150, 65_280]);
    }
}
