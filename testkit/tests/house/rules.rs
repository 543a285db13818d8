use std::collections::BTreeSet;
use std::iter;

use crate::workspace::{Package, cargo, packages};

/// What a crate may reach, by whatever way.
struct Rule<'a> {
    package: &'a str,
    /// The crates of the workspace that it may reach.
    ours: &'a [&'a str],
    /// The crates of others that it may not.
    never: &'a [&'a str],
}

const DATABASE: &str = "mysql_async";

/// The crates that may name the driver, the second for tests alone.
const MAY_NAME_THE_DRIVER: [&str; 2] = ["kami-store", "kami-testkit"];

/// What each crate may reach; one without a rule may reach none of ours.
const RULES: &[Rule] = &[
    Rule { package: "kami-core", ours: &[], never: &["tokio", DATABASE, "hyper", "mio", "clap", "ratatui"] },
    Rule { package: "kami-transfer", ours: &["kami-core"], never: &["tokio", DATABASE, "hyper", "mio"] },
    Rule { package: "kami-trust", ours: &["kami-core"], never: &["tokio", DATABASE, "hyper", "mio", "clap"] },
    Rule { package: "kami-store", ours: &["kami-core"], never: &["hyper", "clap", "ratatui"] },
    Rule {
        package: "kami-lambda",
        ours: &["kami-core", "kami-store", "kami-trust"],
        never: &["ratatui", "crossterm"],
    },
    Rule { package: "kami-common", ours: BELOW_COMMON, never: &["clap", "ratatui"] },
    Rule { package: "kami-console", ours: ABOVE_COMMON, never: &["clap"] },
    Rule { package: "kami-command", ours: ABOVE_COMMON, never: &["ratatui", "crossterm"] },
    Rule {
        package: "kami-tui",
        ours: &[
            "kami-core",
            "kami-store",
            "kami-transfer",
            "kami-trust",
            "kami-common",
            "kami-console",
            "kami-command",
        ],
        never: &["hyper"],
    },
    Rule {
        package: "kami-testkit",
        ours: &["kami-core", "kami-store", "kami-trust", "kami-xtask"],
        never: &["clap", "ratatui"],
    },
    Rule { package: "kami-xtask", ours: &[], never: &["tokio", DATABASE, "hyper", "clap", "ratatui"] },
    Rule {
        package: "kami-package",
        ours: &[
            "kami-core",
            "kami-store",
            "kami-transfer",
            "kami-trust",
            "kami-common",
            "kami-command",
            "kami-lambda",
        ],
        never: &["ratatui"],
    },
];

const BELOW_COMMON: &[&str] = &["kami-core", "kami-store", "kami-transfer", "kami-trust"];
const ABOVE_COMMON: &[&str] = &["kami-core", "kami-store", "kami-transfer", "kami-trust", "kami-common"];

/// What is not as the rules say, in words.
pub(crate) fn broken(packages: &[Package]) -> Vec<String> {
    let known = Known::of(packages);
    let mut broken: Vec<_> = RULES.iter().flat_map(|rule| known.broken_by(rule)).collect();
    for package in packages {
        if !RULES.iter().any(|rule| rule.package == package.name) {
            broken.extend(known.broken_by(&Rule { package: &package.name, ours: &[], never: &[] }));
        }
        let names_it = package.dependencies.iter().any(|dependency| dependency == DATABASE);
        if names_it && !MAY_NAME_THE_DRIVER.contains(&package.name.as_str()) {
            broken.push(format!("{} names {DATABASE}, which only the store may", package.name));
        }
    }
    broken
}

/// The crates that there are.
struct Known<'a> {
    ours: BTreeSet<&'a str>,
    all: BTreeSet<String>,
}

impl<'a> Known<'a> {
    fn of(packages: &'a [Package]) -> Self {
        let ours = packages.iter().map(|package| package.name.as_str()).collect();
        Self { ours, all: reached(&["--workspace"]) }
    }

    fn broken_by(&self, rule: &Rule) -> Vec<String> {
        let strangers = iter::once(&rule.package).chain(rule.ours).filter(|name| !self.ours.contains(*name));
        let missing = rule.never.iter().filter(|name| !self.all.contains(**name));
        let unknown: Vec<_> = strangers.chain(missing).collect();
        if !unknown.is_empty() {
            return vec![format!("the rule of {} names what does not exist: {unknown:?}", rule.package)];
        }
        let is_wrong = |name: &str| {
            let is_other = self.ours.contains(name) && name != rule.package;
            is_other && !rule.ours.contains(&name) || rule.never.contains(&name)
        };
        let reached = reached(&["--package", rule.package]);
        let wrong = reached.iter().filter(|name| is_wrong(name));
        wrong.map(|name| format!("{0} reaches {name}: cargo tree -e normal -p {0}", rule.package)).collect()
    }
}

/// The crates that these are made of, for this machine and without what only tests and build scripts take.
fn reached(of: &[&str]) -> BTreeSet<String> {
    let asked = ["tree", "--edges", "normal", "--prefix", "none", "--format", "{p}"];
    let tree = cargo(&[&asked, of].concat());
    tree.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect()
}

#[test]
fn a_crate_that_reaches_what_its_rule_forbids_is_told_with_it() {
    let packages = packages();
    let known = Known::of(&packages);
    let store = known.broken_by(&Rule { package: "kami-store", ours: &["kami-core"], never: &[DATABASE] });
    assert_eq!(store, ["kami-store reaches mysql_async: cargo tree -e normal -p kami-store"]);
    let transfer = known.broken_by(&Rule { package: "kami-transfer", ours: &[], never: &[DATABASE] });
    assert_eq!(transfer, ["kami-transfer reaches kami-core: cargo tree -e normal -p kami-transfer"]);
}

#[test]
fn a_rule_that_names_no_crate_is_told() {
    let packages = packages();
    let known = Known::of(&packages);
    for rule in [
        Rule { package: "kami-nobody", ours: &[], never: &[] },
        Rule { package: "kami-core", ours: &["kami-nobody"], never: &[] },
        Rule { package: "kami-core", ours: &[], never: &["kami-nobody"] },
    ] {
        let told = known.broken_by(&rule).join("\n");
        assert!(told.contains("names what does not exist: [\"kami-nobody\"]"), "{told}");
    }
}
