//! Holds the workspace to its shape: modules without circles, crates whose arrows go one way, SQL in one place.
//!
//! It reads the sources and asks cargo, and needs no database.

#![expect(clippy::unwrap_used, reason = "in a test the panic is the report")]

mod circles;
mod expansions;
mod made_up;
mod names;
mod references;
mod resolve;
mod rules;
mod sql;
mod tests_only;
mod tree;
mod workspace;

use self::circles::circles;
use self::tree::Tree;
use self::workspace::packages;

#[test]
fn no_modules_lean_on_each_other_in_a_circle() {
    let found: String = packages()
        .iter()
        .flat_map(|package| &package.targets)
        .flat_map(|target| circles(&target.name, &Tree::read(&target.root)))
        .map(|circle| circle.to_string())
        .collect();
    assert!(found.is_empty(), "modules that lean on each other:\n{found}");
}

#[test]
fn each_crate_reaches_only_what_it_may() {
    let broken = rules::broken(&packages());
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn only_the_store_writes_sql() {
    let found: Vec<_> = packages()
        .iter()
        .filter(|package| !sql::MAY_WRITE_IT.contains(&package.name.as_str()))
        .flat_map(|package| &package.targets)
        .filter(|target| !target.is_example)
        .flat_map(|target| sql::statements(&Tree::read(&target.root)))
        .collect();
    assert!(found.is_empty(), "SQL belongs in shared/store or sql/:\n{}", found.join("\n"));
}
