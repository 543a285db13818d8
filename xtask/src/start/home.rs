//! What is kept under `.kami/`.

use std::env;
use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;

use rustix::process::{Pid, geteuid};

use super::address::Address;
use super::words::failure;
use crate::Failure;
use crate::lock::{Attempt, Lock};
use crate::private_server::Folder;

/// The database that a kami that was started uses; kept in `.kami/run/database`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Used {
    /// The one of `DATABASE_URL`, with its password hidden.
    Url(String),
    /// The one under `.kami/db`.
    Private,
    /// That of Docker Compose, as all the rest.
    Compose,
}

impl Used {
    pub(super) fn of_url(url: &str) -> Self {
        Self::Url(mask(url))
    }

    fn parse(line: &str) -> Option<Self> {
        match line.trim_end() {
            "private" => Some(Self::Private),
            "compose" => Some(Self::Compose),
            other => other.strip_prefix("url ").map(|url| Self::Url(url.to_owned())),
        }
    }

    fn line(&self) -> String {
        match self {
            Self::Url(url) => format!("url {url}\n"),
            Self::Private => "private\n".to_owned(),
            Self::Compose => "compose\n".to_owned(),
        }
    }
}

/// A URL of a database without its password.
fn mask(url: &str) -> String {
    let masked = || {
        let (scheme, rest) = url.split_once("://")?;
        let (login, host) = rest.rsplit_once('@')?;
        let (user, _) = login.split_once(':')?;
        (!user.contains(['/', '@'])).then(|| format!("{scheme}://{user}:****@{host}"))
    };
    masked().unwrap_or_else(|| url.to_owned())
}

/// The project's folder, which is the working folder, and what was built from it.
#[derive(Debug)]
pub(super) struct Home {
    /// `.kami`.
    state: String,
    /// The folder of the programs.
    pub(super) programs: String,
}

impl Home {
    pub(super) fn here() -> Result<Self, Failure> {
        let root = env::current_dir().map_err(|error| Failure::of("the working folder", &error))?;
        let target = env::var("CARGO_TARGET_DIR").ok().filter(|target| !target.is_empty());
        let programs = root.join(target.unwrap_or_else(|| "target".to_owned())).join("release");
        let text = |path: &Path| {
            let none = || Failure::new(format!("{} is not UTF-8", path.display()));
            path.to_str().map(str::to_owned).ok_or_else(none)
        };
        Ok(Self { state: text(&root.join(".kami"))?, programs: text(&programs)? })
    }

    pub(super) fn file(&self, name: &str) -> String {
        format!("{}/{name}", self.state)
    }

    pub(super) fn read(&self, name: &str) -> Option<String> {
        fs::read_to_string(self.file(name)).ok()
    }

    pub(super) fn write(&self, name: &str, text: &str) -> Result<(), Failure> {
        let path = self.file(name);
        fs::write(&path, text).map_err(|error| Failure::of(path, &error))
    }

    pub(super) fn exists(&self) -> bool {
        Path::new(&self.state).is_dir()
    }

    /// Makes the folders, for their owner alone.
    pub(super) fn make(&self) -> Result<(), Failure> {
        let make = || {
            fs::create_dir_all(self.file("run"))?;
            fs::create_dir_all(self.file("log"))?;
            fs::set_permissions(&self.state, fs::Permissions::from_mode(0o700))
        };
        let state = &self.state;
        if make().is_err() {
            return Err(failure(
                format_args!("{state} cannot be written; perhaps another user started kami here"),
                format_args!("无法写入 {state},可能是其他用户在这里启动过 kami"),
            ));
        }
        // root could write there, but would leave files that their owner cannot
        if fs::metadata(state).is_ok_and(|folder| folder.uid() == geteuid().as_raw()) {
            return Ok(());
        }
        Err(failure(
            format_args!("{state} belongs to another user: run this as that user"),
            format_args!("{state} 属于其他用户:请以该用户运行"),
        ))
    }

    /// Deletes all of it.
    pub(super) fn delete(&self) -> Result<(), Failure> {
        fs::remove_dir_all(&self.state).map_err(|error| Failure::of(&self.state, &error))
    }

    /// Two of these at once would stop each other's servers.
    pub(super) fn lock(&self) -> Result<Lock, Failure> {
        let link = self.file("lock");
        loop {
            match Lock::attempt(Path::new(&link)) {
                Attempt::Taken(lock) => return Ok(lock),
                Attempt::Held(Some(pid)) => return Err(at_work(pid)),
                Attempt::Held(None) => {}
            }
            let probe = self.file("lock.probe");
            if fs::write(&probe, "").is_err() {
                let state = &self.state;
                return Err(failure(
                    format_args!("{state} cannot be written"),
                    format_args!("无法写入 {state}"),
                ));
            }
            drop(fs::remove_file(probe));
        }
    }

    pub(super) fn used(&self) -> Option<Used> {
        Used::parse(&self.read("run/database")?)
    }

    /// Where a kami that runs was told to serve, whatever `KAMI_LISTEN` says by now.
    pub(super) fn address(&self) -> Option<Address> {
        Address::parse(self.read("run/listen")?.trim_end())
    }

    pub(super) fn remember(&self, used: &Used, address: &Address) -> Result<(), Failure> {
        self.write("run/database", &used.line())?;
        self.write("run/listen", &format!("{}\n", address.listen))
    }

    pub(super) fn forget(&self) {
        drop(fs::remove_file(self.file("run/database")));
        drop(fs::remove_file(self.file("run/listen")));
    }

    /// The folder of the private database.
    pub(super) fn private(&self) -> Result<Folder, Failure> {
        Folder::at(Path::new(&self.file("db")))
    }
}

fn at_work(pid: Pid) -> Failure {
    let pid = pid.as_raw_nonzero();
    failure(
        format_args!("another start.sh (pid {pid}) is at work here: wait for it"),
        format_args!("另一个 start.sh(pid {pid})正在运行:请等它结束"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn password_is_hidden_whatever_is_in_it() {
        for (url, masked) in [
            ("mysql://li:secret@db/kami", "mysql://li:****@db/kami"),
            ("mysql://li:a@b:c@db:3306/kami?pool=2", "mysql://li:****@db:3306/kami?pool=2"),
            ("mysql://li@db/kami", "mysql://li@db/kami"),
            ("nonsense", "nonsense"),
            ("", ""),
        ] {
            assert_eq!(mask(url), masked);
        }
    }

    #[test]
    fn database_is_remembered_in_a_line() {
        for used in [Used::Private, Used::Compose, Used::Url("mysql://li:****@db/kami".to_owned())] {
            assert_eq!(Used::parse(&used.line()), Some(used));
        }
        assert_eq!(Used::parse(""), None);
    }
}
