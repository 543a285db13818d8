use std::collections::BTreeSet;
use std::iter;

use crate::workspace::{Package, cargo};

/// What a crate may reach, by whatever way.
struct Rule {
    package: &'static str,
    /// The crates of the workspace that it may reach.
    ours: &'static [&'static str],
    /// The crates of others that it may not.
    never: &'static [&'static str],
}

const DATABASE: &str = "mysql_async";

/// The crates that may name the driver; the last two only serve tests.
const MAY_NAME_THE_DRIVER: [&str; 2] = ["kami-store", "kami-testkit"];

const RULES: [Rule; 10] = [
    Rule { package: "kami-core", ours: &[], never: &["tokio", DATABASE, "hyper", "mio", "clap", "ratatui"] },
    Rule { package: "kami-transfer", ours: &["kami-core"], never: &["tokio", DATABASE, "hyper", "mio"] },
    Rule { package: "kami-store", ours: &["kami-core"], never: &["hyper", "clap", "ratatui"] },
    Rule { package: "kami-lambda", ours: &["kami-core", "kami-store"], never: &["ratatui", "crossterm"] },
    Rule { package: "kami-common", ours: BELOW_COMMON, never: &["clap", "ratatui"] },
    Rule { package: "kami-console", ours: ABOVE_COMMON, never: &["clap"] },
    Rule { package: "kami-command", ours: ABOVE_COMMON, never: &["ratatui", "crossterm"] },
    Rule {
        package: "kami-tui",
        ours: &["kami-core", "kami-store", "kami-transfer", "kami-common", "kami-console", "kami-command"],
        never: &["hyper"],
    },
    Rule { package: "kami-testkit", ours: &["kami-core", "kami-store"], never: &["clap", "ratatui"] },
    Rule { package: "kami-client-example", ours: &[], never: &["tokio", DATABASE] },
];

const BELOW_COMMON: &[&str] = &["kami-core", "kami-store", "kami-transfer"];
const ABOVE_COMMON: &[&str] = &["kami-core", "kami-store", "kami-transfer", "kami-common"];

/// What is not as the rules say, in words.
pub(crate) fn broken(packages: &[Package]) -> Vec<String> {
    let ours: BTreeSet<_> = packages.iter().map(|package| package.name.as_str()).collect();
    let all = reached(&["--workspace"]);
    let mut broken = Vec::new();
    for rule in &RULES {
        let named = iter::once(&rule.package).chain(rule.ours).filter(|name| !ours.contains(*name));
        let unknown: Vec<_> = named.chain(rule.never.iter().filter(|name| !all.contains(**name))).collect();
        if unknown.is_empty() {
            broken.extend(broken_by(rule, &ours));
        } else {
            broken.push(format!("the rule of {} names what does not exist: {unknown:?}", rule.package));
        }
    }
    for package in packages {
        if !RULES.iter().any(|rule| rule.package == package.name) {
            broken.push(format!("{} has no rule of what it may reach", package.name));
        }
        let names_it = package.dependencies.iter().any(|dependency| dependency == DATABASE);
        if names_it && !MAY_NAME_THE_DRIVER.contains(&package.name.as_str()) {
            broken.push(format!("{} names {DATABASE}, which only the store may", package.name));
        }
    }
    broken
}

fn broken_by(rule: &Rule, ours: &BTreeSet<&str>) -> Vec<String> {
    let reached = reached(&["--package", rule.package]);
    let is_wrong = |name: &str| {
        let is_stranger = ours.contains(name) && name != rule.package && !rule.ours.contains(&name);
        is_stranger || rule.never.contains(&name)
    };
    let wrong = reached.iter().filter(|name| is_wrong(name));
    wrong
        .map(|name| {
            format!("{} reaches {name}: cargo tree -e normal -p {} -i {name}", rule.package, rule.package)
        })
        .collect()
}

/// The crates that these are made of, for this machine and without what only tests and build scripts take.
fn reached(of: &[&str]) -> BTreeSet<String> {
    let asked = ["tree", "--edges", "normal", "--prefix", "none", "--format", "{p}"];
    let tree = cargo(&[&asked, of].concat());
    tree.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect()
}
