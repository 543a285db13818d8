//! How many connections the process's limit on open files leaves room for.

use tracing::warn;

use super::Bounds;

/// The files that are kept back for all but clients: logs, metrics, signals, and some to spare.
const KEPT_BACK: usize = 64;

/// The bounds that the process can keep, when it also has `database` connections: the limit on its open files is raised
/// as far as it goes first. A bound that has to be lowered is said.
pub fn bounds_for_files(bounds: Bounds, database: usize) -> Bounds {
    let room = open_files(bounds.all + database + KEPT_BACK).saturating_sub(database + KEPT_BACK).max(1);
    if room >= bounds.all {
        return bounds;
    }
    warn!(
        connections = room,
        wanted = bounds.all,
        "the limit on open files leaves room for fewer connections: raise it, as LimitNOFILE or ulimit -n does"
    );
    Bounds { all: room, ..bounds }
}

/// How many files the process may have open, once it has asked for so many.
#[cfg(unix)]
fn open_files(wanted: usize) -> usize {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let count =
        |limit: Option<u64>| limit.map_or(usize::MAX, |files| usize::try_from(files).unwrap_or(usize::MAX));
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if count(current) >= wanted {
        return count(current);
    }
    let raised = Rlimit { current: maximum, maximum };
    if setrlimit(Resource::Nofile, raised).is_ok() { count(maximum) } else { count(current) }
}

#[cfg(not(unix))]
fn open_files(_wanted: usize) -> usize {
    usize::MAX
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_lowered_to_what_there_is_room_for() {
        let few = Bounds { all: 8, each: 4 };
        assert_eq!(bounds_for_files(few, 4), few);
        let Bounds { all, each } = bounds_for_files(Bounds { all: usize::MAX / 4, each: 4 }, 16);
        assert!(all < usize::MAX / 4 || cfg!(not(unix)));
        assert_eq!(each, 4);
    }
}
