//! Finding the database servers of this machine.

use std::env;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::release::{Kind, Release};
use crate::Failure;

/// A server program that kami can use: MySQL 8.0+ or MariaDB 10.11+.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// What it is, whatever its file is called.
    pub release: Release,
    /// Its file.
    pub path: String,
}

impl Server {
    /// The server that this file is, if it runs here and is new enough.
    pub fn at(path: &str) -> Option<Self> {
        if !is_program(Path::new(path)) {
            return None;
        }
        let mut question = Command::new(path);
        question.args(["--no-defaults", "--version"]).stdin(Stdio::null()).stderr(Stdio::null());
        let answer = question.env("LC_ALL", "C").output().ok().filter(|answer| answer.status.success())?;
        let release = Release::of_answer(&String::from_utf8_lossy(&answer.stdout))?;
        let server = Self { release, path: path.to_owned() };
        (server.release.is_new_enough() && server.can_initialise()).then_some(server)
    }

    fn can_initialise(&self) -> bool {
        self.release.kind == Kind::MySql || self.installer().is_some()
    }

    /// The program with which `MariaDB` initialises a folder: a script of its own, which calls a program that Debian
    /// packs with the client.
    ///
    /// One that was unpacked beside the system's own brings `mariadb-init` instead, and must not be given the system's
    /// script.
    pub(super) fn installer(&self) -> Option<PathBuf> {
        let unpacked = Path::new(&self.path).with_file_name(UNPACKED_INSTALLER);
        if is_program(&unpacked) {
            return Some(unpacked);
        }
        self.companion("my_print_defaults")?;
        self.companion("mariadb-install-db").or_else(|| self.companion("mysql_install_db"))
    }

    /// A program that comes with the server, perhaps in another package and another folder.
    fn companion(&self, name: &str) -> Option<PathBuf> {
        let beside = Path::new(&self.path).parent()?;
        let near =
            [beside.join(name), beside.join("../bin").join(name), beside.join("../scripts").join(name)];
        near.into_iter().chain(path_folders().map(|folder| folder.join(name))).find(|path| is_program(path))
    }
}

/// The name of the program that stands for the whole of an unpacked `MariaDB`'s own script.
pub(super) const UNPACKED_INSTALLER: &str = "mariadb-init";

fn is_program(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
}

/// The servers that `KAMI_SERVERS` names, all of them and no other; without it one of each release that lies on `PATH`
/// or where systems put it. Fails when a name is no server's.
pub fn servers() -> Result<Vec<Server>, Failure> {
    match env::var("KAMI_SERVERS") {
        Ok(named) if !named.is_empty() => {
            named.split(':').filter(|path| !path.is_empty()).map(named_server).collect()
        }
        _ => Ok(searched()),
    }
}

fn named_server(path: &str) -> Result<Server, Failure> {
    Server::at(path).ok_or_else(|| {
        Failure::new(format!(
            "KAMI_SERVERS names {path}, which is no MySQL 8.0+ or MariaDB 10.11+ server that runs here"
        ))
    })
}

fn searched() -> Vec<Server> {
    let mut found: Vec<Server> = Vec::new();
    let programs = folders().into_iter().flat_map(|folder| [folder.join("mysqld"), folder.join("mariadbd")]);
    for server in programs.filter_map(|path| Server::at(path.to_str()?)) {
        if !found.iter().any(|other| other.release.is_same_series(&server.release)) {
            found.push(server);
        }
    }
    found
}

fn path_folders() -> impl Iterator<Item = PathBuf> {
    env::var_os("PATH")
        .map(|path| env::split_paths(&path).collect::<Vec<_>>())
        .unwrap_or_default()
        .into_iter()
}

fn folders() -> Vec<PathBuf> {
    const USUAL: [&str; 7] = [
        "/usr/sbin",
        "/usr/libexec",
        "/usr/local/sbin",
        "/usr/local/bin",
        "/usr/local/libexec",
        "/usr/local/mysql/bin",
        "/usr/local/mariadb/bin",
    ];
    let brews = [
        env::var_os("HOMEBREW_PREFIX").map(PathBuf::from),
        Some("/opt/homebrew".into()),
        Some("/usr/local".into()),
        Some("/home/linuxbrew/.linuxbrew".into()),
    ];
    let mut folders: Vec<_> = path_folders().chain(USUAL.map(PathBuf::from)).collect();
    folders.extend(brews.into_iter().flatten().flat_map(|brew| brewed(&brew)));
    folders
}

// mysql, mysql@8.4, mariadb, mariadb@11.4, ...
fn brewed(brew: &Path) -> Vec<PathBuf> {
    let formulas =
        fs::read_dir(brew.join("opt")).into_iter().flatten().flatten().map(|formula| formula.path());
    let is_server = |path: &PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        name.starts_with("mysql") || name.starts_with("mariadb")
    };
    let mut folders: Vec<_> = formulas.filter(is_server).map(|path| path.join("bin")).collect();
    folders.sort();
    folders
}
