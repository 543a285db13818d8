//! The packages of the workspace, and which depend on which.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::Failure;

/// A package by its name and its folder, seen from the project's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Package {
    pub(super) name: String,
    folder: String,
    has_tests: bool,
}

/// All of them.
#[derive(Debug)]
pub(super) struct Packages {
    all: Vec<Package>,
    dependants: fn(&str) -> Result<BTreeSet<String>, Failure>,
}

impl Packages {
    /// As cargo knows them in the working folder.
    pub(super) fn of_workspace() -> Result<Self, Failure> {
        let root = std::env::current_dir().map_err(|error| Failure::of("the working folder", &error))?;
        let lines = tree(&["--depth", "0"])?;
        Ok(Self { all: lines.lines().filter_map(|line| package(line, &root)).collect(), dependants })
    }

    #[cfg(test)]
    pub(super) fn given(
        all: &[(&str, &str)],
        dependants: fn(&str) -> Result<BTreeSet<String>, Failure>,
    ) -> Self {
        let package = |&(name, folder): &(&str, &str)| {
            let (folder, has_tests) =
                folder.strip_suffix(" with tests").map_or((folder, false), |it| (it, true));
            Package { name: name.to_owned(), folder: folder.to_owned(), has_tests }
        };
        Self { all: all.iter().map(package).collect(), dependants }
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.all.iter().map(|package| package.name.as_str())
    }

    /// The package that a file is of, and the file's path in it.
    pub(super) fn owner<'a>(&self, file: &'a str) -> Option<(&Package, &'a str)> {
        let within = |package: &Package| file.strip_prefix(package.folder.as_str())?.strip_prefix('/');
        let owners = self.all.iter().filter_map(|package| Some((package, within(package)?)));
        owners.max_by_key(|(package, _)| package.folder.len())
    }

    /// The package where the tests of a package through its outside are: itself, or else the one in whose folder it lies.
    pub(super) fn with_tests_of(&self, package: &Package) -> Option<&Package> {
        let around = |other: &&Package| {
            other.has_tests && (other == &package || Path::new(&package.folder).starts_with(&other.folder))
        };
        self.all.iter().filter(around).max_by_key(|other| other.folder.len())
    }

    /// The package itself and all that depend on it, be it for their tests.
    pub(super) fn dependants(&self, name: &str) -> Result<BTreeSet<String>, Failure> {
        (self.dependants)(name)
    }
}

fn dependants(name: &str) -> Result<BTreeSet<String>, Failure> {
    let lines = tree(&["--edges", "normal,build,dev", "--invert", name])?;
    Ok(lines
        .lines()
        .filter_map(|line| line.split(' ').next())
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect())
}

// A line such as `kami-core v0.1.0 (/home/li/kami/shared/core)`.
fn package(line: &str, root: &Path) -> Option<Package> {
    let (name, rest) = line.split_once(' ')?;
    let (_, folder) = rest.split_once(" (")?;
    let path = Path::new(folder.strip_suffix(')')?);
    let folder = path.strip_prefix(root).ok()?.to_str()?.to_owned();
    Some(Package { name: name.to_owned(), folder, has_tests: path.join("tests").is_dir() })
}

fn tree(arguments: &[&str]) -> Result<String, Failure> {
    let output = Command::new("cargo")
        .args(["tree", "--workspace", "--locked", "--quiet", "--prefix", "none", "--format", "{p}"])
        .args(arguments)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| Failure::of("cargo", &error))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(Failure::new("cargo cannot tell what depends on what, for the reason above"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn package_is_read_from_cargo_s_line() {
        let line = "kami-core v0.1.0 (/项目 kami/shared/core)";
        let core =
            Package { name: "kami-core".to_owned(), folder: "shared/core".to_owned(), has_tests: false };
        assert_eq!(package(line, Path::new("/项目 kami")), Some(core));
        assert_eq!(package("", Path::new("/")), None);
        assert_eq!(package("libc v0.2.1", Path::new("/")), None);
    }

    #[test]
    fn file_is_of_the_innermost_package() {
        let none = |_: &str| Ok(BTreeSet::new());
        let packages = Packages::given(&[("kami-tui", "tui"), ("kami-console", "tui/console")], none);
        let owner = |file| packages.owner(file).map(|(package, path)| (package.name.as_str(), path));
        assert_eq!(owner("tui/console/src/lib.rs"), Some(("kami-console", "src/lib.rs")));
        assert_eq!(owner("tui/tests/console/keys.rs"), Some(("kami-tui", "tests/console/keys.rs")));
        assert_eq!(owner("tuition.rs"), None);
        assert_eq!(owner("README.md"), None);
    }
}
