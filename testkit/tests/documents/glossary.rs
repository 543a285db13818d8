//! The glossary held against the sources: each name that it says the code has is defined there.

use std::fs;
use std::path::Path;

use super::page::Page;

/// The sources in which names are looked for.
pub(crate) struct Sources(Vec<String>);

impl Sources {
    /// What the project is made of: Rust without its tests, and SQL.
    pub(crate) fn of_project(root: &Path) -> Self {
        let mut sources = Vec::new();
        for folder in ["shared", "lambda", "tui", "sql"] {
            read_into(&mut sources, &root.join(folder));
        }
        Self(sources)
    }

    pub(crate) fn of_text(text: &str) -> Self {
        Self(vec![text.to_owned()])
    }

    /// Whether a name such as `Card`, `Act::Unbind` or `activate_card` is defined, the last two parts of a path in one file.
    fn define(&self, name: &str) -> bool {
        match name.rsplit_once("::") {
            None => self.0.iter().any(|text| defines(text, name)),
            Some((parent, name)) => {
                let parent = parent.rsplit("::").next().unwrap_or(parent);
                let module = format!("mod {parent};");
                let has =
                    |text: &String| defines(text, name) || text.lines().any(|line| is_member(line, name));
                let of_type = |text: &String| defines(text, parent) && has(text);
                self.0.iter().any(of_type)
                    || (self.0.iter().any(|text| text.contains(&module)) && self.0.iter().any(has))
            }
        }
    }
}

/// The names in the glossary that no source defines, and rows that name nothing, a sentence each.
pub(crate) fn complaints(glossary: &Page, sources: &Sources) -> Vec<String> {
    let rows = glossary.sections.iter().flat_map(|section| section.cells.iter().skip(2));
    rows.flat_map(|cells| match cells.as_slice() {
        [word, _, names, _] => {
            let code: Vec<_> = names.split('`').skip(1).step_by(2).collect();
            if code.is_empty() && names != "–" {
                return vec![format!("{word}: it says neither what the code calls it nor –")];
            }
            let unknown = code.into_iter().filter(|name| !sources.define(name));
            unknown.map(|name| format!("{word}: nothing in the code is called {name}")).collect()
        }
        cells => vec![format!("a row has {} cells: {cells:?}", cells.len())],
    })
    .collect()
}

fn read_into(sources: &mut Vec<String>, folder: &Path) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap_or_default();
        if path.is_dir() && name != "tests" && name != "target" {
            read_into(sources, &path);
        } else if path.extension().is_some_and(|extension| extension == "rs" || extension == "sql") {
            sources.push(fs::read_to_string(&path).unwrap());
        }
    }
}

fn defines(text: &str, name: &str) -> bool {
    const KEYWORDS: [&str; 10] = [
        "struct ",
        "enum ",
        "trait ",
        "type ",
        "mod ",
        "const ",
        "fn ",
        "PROCEDURE ",
        "TABLE ",
        "TABLE IF NOT EXISTS ",
    ];
    let ends =
        |rest: &str| !rest.starts_with(|character: char| character.is_alphanumeric() || character == '_');
    text.lines().any(|line| {
        KEYWORDS.iter().any(|keyword| {
            line.split_once(keyword).is_some_and(|(_, rest)| rest.strip_prefix(name).is_some_and(ends))
        })
    })
}

/// Whether a line is a variant or a field of that name.
fn is_member(line: &str, name: &str) -> bool {
    let rest = line.trim_start().trim_start_matches("pub ").strip_prefix(name);
    rest.is_some_and(|rest| {
        rest.starts_with([',', '(', ':']) || rest.starts_with(" {") || rest.starts_with(" =")
    })
}
