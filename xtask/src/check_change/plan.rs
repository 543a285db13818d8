//! What the files that changed make it necessary to run.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use super::packages::Packages;
use crate::Failure;

/// One program to run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) program: &'static str,
    pub(super) arguments: Vec<String>,
    pub(super) needs_server: bool,
}

/// The tests under `tests/` of one package.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Integration {
    /// Programs of tests to run as a whole.
    whole: BTreeSet<String>,
    /// Names of tests, of which a part is enough.
    names: BTreeSet<String>,
    everything: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Plan {
    has_rust: bool,
    scripts: Vec<String>,
    packages: BTreeSet<String>,
    integration: BTreeMap<String, Integration>,
}

impl Plan {
    pub(super) fn of(
        files: &[String],
        packages: &Packages,
        is_script: impl Fn(&str) -> bool,
    ) -> Result<Self, Failure> {
        let mut plan = Self::default();
        let mut changed = BTreeSet::new();
        for file in files {
            plan.has_rust |= has_extension(file, "rs");
            if is_script(file) {
                plan.scripts.push(file.clone());
            }
            if let Some((package, path)) = packages.owner(file) {
                changed.insert(package.name.clone());
                if let Some(tested) = packages.with_tests_of(package) {
                    plan.integration.entry(tested.name.clone()).or_default().add(path);
                }
            } else if file.starts_with("sql/") {
                changed.insert(STORE.to_owned());
                plan.integration.entry(STORE.to_owned()).or_default().everything = true;
            } else if is_of_all(file) {
                plan.packages.extend(packages.names().map(str::to_owned));
            }
        }
        for name in changed {
            plan.packages.extend(packages.dependants(&name)?);
        }
        Ok(plan)
    }

    /// What has to be run, the quick first.
    pub(super) fn steps(&self) -> Vec<Step> {
        let mut steps = Vec::new();
        if self.has_rust {
            steps.push(step("cargo", &["fmt", "--all", "--check"]));
        }
        if !self.scripts.is_empty() {
            let mut shellcheck = step("shellcheck", &["-x"]);
            shellcheck.arguments.extend(self.scripts.iter().cloned());
            steps.push(shellcheck);
        }
        if !self.packages.is_empty() {
            let named = |before: &[&str], after: &[&str]| {
                let mut cargo = step("cargo", before);
                let packages = self.packages.iter().flat_map(|name| ["--package".to_owned(), name.clone()]);
                cargo.arguments.extend(packages.chain(after.iter().map(|&it| it.to_owned())));
                cargo
            };
            steps.push(named(&["clippy", "--quiet", "--locked"], &["--all-targets", "--", "-D", "warnings"]));
            steps.push(named(&["test", "--quiet", "--locked"], &["--lib", "--bins"]));
        }
        steps.extend(self.integration.iter().flat_map(|(name, tests)| tests.steps(name)));
        steps
    }
}

const STORE: &str = "kami-store";

// What every package is built by.
fn is_of_all(file: &str) -> bool {
    let files = ["Cargo.toml", "Cargo.lock", "clippy.toml", "rust-toolchain.toml"];
    files.contains(&file) || file.starts_with("vendor/")
}

fn has_extension(file: &str, extension: &str) -> bool {
    Path::new(file).extension().is_some_and(|it| it == extension)
}

/// Whether a file says that it is a shell script.
pub(super) fn is_script(path: &str) -> bool {
    let mut begin = [0; 64];
    let length = File::open(path).and_then(|mut file| file.read(&mut begin)).unwrap_or(0);
    let line = String::from_utf8_lossy(&begin[..length]).lines().next().unwrap_or_default().to_owned();
    let program = line.strip_prefix("#!").and_then(|it| it.rsplit(['/', ' ']).next());
    matches!(program, Some("sh" | "bash")) || line.starts_with("# shellcheck shell=")
}

impl Integration {
    // Adds what a changed file, seen from the package's folder, makes necessary.
    fn add(&mut self, path: &str) {
        let parts: Vec<_> = path.split('/').collect();
        match parts[..] {
            ["tests", program] => {
                self.whole.insert(stem(program).to_owned());
            }
            ["tests", program, "main.rs" | "snapshots", ..] => {
                self.whole.insert(program.to_owned());
            }
            ["tests", _, module, ..] => {
                self.names.insert(stem(module).to_owned());
            }
            ["src", .., folder, "mod.rs"] => {
                self.names.insert(folder.to_owned());
            }
            ["src", .., file] if has_extension(file, "rs") && !matches!(stem(file), "lib" | "main") => {
                self.names.insert(stem(file).to_owned());
            }
            _ => {}
        }
    }

    fn steps(&self, package: &str) -> Vec<Step> {
        let tests = |programs: &[String], names: &BTreeSet<String>| {
            let mut cargo =
                step("cargo", &["test", "--quiet", "--locked", "--no-fail-fast", "--package", package]);
            cargo.arguments.extend(programs.iter().flat_map(|name| ["--test".to_owned(), name.clone()]));
            cargo.arguments.push("--".to_owned());
            cargo.arguments.extend(names.iter().cloned());
            cargo.needs_server = true;
            cargo
        };
        let every = ["*".to_owned()];
        if self.everything {
            return vec![tests(&every, &BTreeSet::new())];
        }
        let mut steps = Vec::new();
        if !self.whole.is_empty() {
            steps.push(tests(&self.whole.iter().cloned().collect::<Vec<_>>(), &BTreeSet::new()));
        }
        if !self.names.is_empty() {
            steps.push(tests(&every, &self.names));
        }
        steps
    }
}

fn stem(file: &str) -> &str {
    file.split_once('.').map_or(file, |(stem, _)| stem)
}

fn step(program: &'static str, arguments: &[&str]) -> Step {
    Step { program, arguments: arguments.iter().map(|&it| it.to_owned()).collect(), needs_server: false }
}

#[cfg(test)]
mod tests {
    use super::*;

    // core <- store <- tui, and the console in tui's folder
    fn packages() -> Packages {
        let all = [
            ("kami-core", "shared/core"),
            ("kami-store", "shared/store with tests"),
            ("kami-console", "tui/console"),
            ("kami-tui", "tui with tests"),
        ];
        Packages::given(&all, |name| {
            let dependants: &[&str] = match name {
                "kami-core" => &["kami-core", "kami-store", "kami-tui"],
                "kami-store" => &["kami-store", "kami-tui"],
                "kami-console" => &["kami-console", "kami-tui"],
                _ => &["kami-tui"],
            };
            Ok(dependants.iter().map(|&it| it.to_owned()).collect())
        })
    }

    fn planned(files: &[&str]) -> Vec<String> {
        let files: Vec<_> = files.iter().map(|&file| file.to_owned()).collect();
        let plan = Plan::of(&files, &packages(), |path| has_extension(path, "sh")).unwrap();
        let line = |step: Step| format!("{} {}", step.program, step.arguments.join(" "));
        plan.steps().into_iter().map(line).collect()
    }

    #[test]
    fn document_needs_nothing() {
        assert_eq!(planned(&["README.md", "docs/aws.md", "openapi.yaml"]), Vec::<String>::new());
    }

    #[test]
    fn script_is_looked_over() {
        assert_eq!(planned(&["start.sh", "README.md"]), ["shellcheck -x start.sh"]);
    }

    #[test]
    fn dependants_are_checked_but_only_the_changed_crate_is_tested_from_outside() {
        let packages = "--package kami-store --package kami-tui";
        assert_eq!(
            planned(&[
                "shared/store/src/store/undo.rs",
                "shared/store/src/sql/mod.rs",
                "shared/store/src/lib.rs"
            ]),
            [
                "cargo fmt --all --check".to_owned(),
                format!("cargo clippy --quiet --locked {packages} --all-targets -- -D warnings"),
                format!("cargo test --quiet --locked {packages} --lib --bins"),
                "cargo test --quiet --locked --no-fail-fast --package kami-store --test * -- sql undo"
                    .to_owned(),
            ]
        );
    }

    #[test]
    fn changed_tests_are_run_by_their_module_or_as_a_whole() {
        let last = |file: &str| planned(&[file]).pop().unwrap();
        let tests = "cargo test --quiet --locked --no-fail-fast --package kami-tui";
        assert_eq!(last("tui/tests/console/forms/edit.rs"), format!("{tests} --test * -- forms"));
        assert_eq!(last("tui/tests/console/keys.rs"), format!("{tests} --test * -- keys"));
        assert_eq!(last("tui/tests/console/main.rs"), format!("{tests} --test console --"));
        assert_eq!(last("tui/tests/console/snapshots/one.snap"), format!("{tests} --test console --"));
        assert_eq!(last("tui/tests/roles.rs"), format!("{tests} --test roles --"));
    }

    #[test]
    fn crate_without_tests_of_its_own_is_tested_by_the_one_around_it() {
        let last = |file: &str| planned(&[file]).pop().unwrap();
        assert!(last("tui/console/src/palette.rs").ends_with("--package kami-tui --test * -- palette"));
        assert!(last("shared/core/src/card.rs").ends_with("--package kami-tui --lib --bins"));
    }

    #[test]
    fn schema_is_tested_by_all_of_the_store() {
        let planned = planned(&["sql/migrations/V9__seats.sql"]);
        assert!(planned.last().unwrap().ends_with("--package kami-store --test * --"), "{planned:?}");
    }

    #[test]
    fn what_all_are_built_by_concerns_all() {
        let all = "--package kami-console --package kami-core --package kami-store --package kami-tui";
        for file in ["Cargo.lock", "vendor/mysql_async/src/lib.rs"] {
            assert!(planned(&[file]).iter().any(|line| line.contains(all)), "{file}");
        }
    }

    #[test]
    fn script_is_told_by_its_first_line() {
        let folder = crate::scratch::Scratch::new("scripts");
        let is_script_of = |text: &str| {
            let path = folder.path().join("file");
            std::fs::write(&path, text).unwrap();
            is_script(path.to_str().unwrap())
        };
        assert!(is_script_of("#!/usr/bin/env bash\n") && is_script_of("#!/bin/sh\nset -e\n"));
        assert!(!is_script_of("#!/usr/bin/env python3\n") && !is_script_of("bash\n") && !is_script_of(""));
    }
}
