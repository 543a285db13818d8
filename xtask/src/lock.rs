//! A lock is a link to its holder's name, made and filled in one act.
//!
//! To take one from the dead, a process first gets the lock on just that, `LINK.HOLDER`, and then renames it to `LINK`:
//! only it may, so `LINK` still is the dead one's.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use rustix::process::{Pid, getpid};

use crate::processes;

/// A lock that this process holds; given back when dropped.
#[derive(Debug)]
pub(crate) struct Lock {
    link: PathBuf,
    was_broken: bool,
}

/// What became of a try to take a lock.
#[derive(Debug)]
pub(crate) enum Attempt {
    Taken(Lock),
    /// The process that has it, if it is known.
    Held(Option<Pid>),
}

impl Lock {
    /// Takes the lock if it is free or its holder is dead.
    pub(crate) fn attempt(link: &Path) -> Attempt {
        if symlink(processes::name(getpid()), link).is_ok() {
            return Attempt::Taken(Self { link: link.to_owned(), was_broken: false });
        }
        let Some(holder) = holder(link) else {
            return Attempt::Held(None); // released just now
        };
        let pid = holder.split('-').next().and_then(processes::parse_pid);
        if let Some(pid) = pid.filter(|pid| !processes::is_gone(*pid) && processes::name(*pid) == holder) {
            return Attempt::Held(Some(pid));
        }
        let mut successor = link.as_os_str().to_owned();
        successor.push(format!(".{holder}"));
        let Attempt::Taken(mut right) = Self::attempt(Path::new(&successor)) else {
            return Attempt::Held(pid);
        };
        if self::holder(link).as_ref() != Some(&holder) || fs::rename(&successor, link).is_err() {
            return Attempt::Held(None); // another was faster
        }
        link.clone_into(&mut right.link);
        right.was_broken = true;
        Attempt::Taken(right)
    }

    /// Whether whoever held it before died over it.
    pub(crate) fn was_broken(&self) -> bool {
        self.was_broken
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        if holder(&self.link).is_some_and(|holder| holder == processes::name(getpid())) {
            drop(fs::remove_file(&self.link));
        }
    }
}

fn holder(link: &Path) -> Option<String> {
    fs::read_link(link).ok()?.into_os_string().into_string().ok()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread;

    use super::*;
    use crate::scratch::Scratch;

    #[test]
    fn lock_is_held_until_it_is_given_back() {
        let folder = Scratch::new("lock");
        let link = folder.path().join("lock");
        let Attempt::Taken(lock) = Lock::attempt(&link) else { panic!("it is free") };
        assert!(!lock.was_broken());
        assert!(matches!(Lock::attempt(&link), Attempt::Held(Some(pid)) if pid == getpid()));
        drop(lock);
        assert!(matches!(Lock::attempt(&link), Attempt::Taken(_)));
    }

    #[test]
    fn lock_of_the_dead_is_taken_by_exactly_one() {
        let folder = Scratch::new("dead");
        let link = folder.path().join("lock");
        // this pid runs, but is another process by now
        symlink(format!("{}-1", std::process::id()), &link).unwrap();
        let taken = AtomicUsize::new(0);
        thread::scope(|scope| {
            for _ in 0..16 {
                scope.spawn(|| {
                    if let Attempt::Taken(lock) = Lock::attempt(&link) {
                        assert!(lock.was_broken());
                        taken.fetch_add(1, Ordering::Relaxed);
                        std::mem::forget(lock);
                    }
                });
            }
        });
        assert_eq!(taken.into_inner(), 1);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside the lock");
    }
}
