use std::collections::BTreeSet;

use crate::references::References;
use crate::tree::{ModuleId, Tree};
use crate::workspace;

/// The crates that ask the database: the store for kami, the others for its tests.
pub(crate) const MAY_WRITE_IT: [&str; 3] = ["kami-store", "kami-testkit", "kami-xtask"];

/// The words that a statement begins with, and one that it has further on, so that prose is told apart.
const STATEMENTS: [(&str, &[&str]); 16] = [
    ("alter", &["table", "user", "database"]),
    ("call", &["("]),
    ("create", &["table", "index", "unique", "user", "database", "procedure", "function", "trigger", "view"]),
    ("delete", &["from"]),
    ("describe", &["card", "operator_log"]),
    ("drop", &["table", "index", "user", "database", "procedure", "function", "trigger", "view"]),
    ("explain", &["select", "update", "delete"]),
    ("grant", &["on"]),
    ("insert", &["into"]),
    ("kill", &["query", "connection"]),
    ("replace", &["into"]),
    ("revoke", &["from"]),
    ("select", &["from", "utc_timestamp()", "?", "1"]),
    ("set", &["session", "global", "names"]),
    ("show", &["grants", "tables", "columns", "index", "create", "full", "variables", "status", "warnings"]),
    ("update", &["set"]),
];

/// Each text of the target that begins as a statement of SQL does.
pub(crate) fn statements(tree: &Tree) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (id, module) in tree.modules.iter().enumerate() {
        let file = module.file.strip_prefix(workspace::folder()).unwrap_or(&module.file).display();
        for text in References::of(ModuleId(id), &module.items).texts {
            if is_statement(&text.text) {
                found.insert(format!(
                    "{file}:{} {}",
                    text.line,
                    text.text.lines().next().unwrap_or_default()
                ));
            }
        }
    }
    found
}

/// Whether the text begins as a statement of SQL does.
pub(crate) fn is_statement(text: &str) -> bool {
    let start = text.trim_start_matches(|sign: char| sign.is_whitespace() || sign == '(');
    let mut words = start.split_whitespace();
    let Some(first) = words.next() else { return false };
    let Some((_, others)) = STATEMENTS.iter().find(|(word, _)| first.eq_ignore_ascii_case(word)) else {
        return false;
    };
    // in capitals, as nobody writes prose
    let is_loud = first.chars().all(|letter| letter.is_ascii_uppercase());
    let rest: Vec<_> = words.map(str::to_ascii_lowercase).collect();
    !rest.is_empty()
        && (is_loud
            || rest
                .iter()
                .any(|word| others.contains(&word.as_str()) || (first == "call" && word.contains('('))))
}
