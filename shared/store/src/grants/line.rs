//! A line of SHOW GRANTS, or a statement of `sql/grants.sql`: which rights on what.

use super::{Privilege, Right};

/// A GRANT of rights on tables and routines, or a REVOKE that takes them away again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// Whether it takes the rights away; a server has that only for rights that were given on every database.
    pub(super) revokes: bool,
    rights: Vec<Granted>,
    database: Name,
    table: Name,
}

/// A right as it was granted: `UPDATE`, or `UPDATE (note, status)`.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Granted {
    word: String,
    /// The only columns that it is for; none where it is for all.
    columns: Vec<String>,
}

/// What a right is granted on.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Name {
    Every,
    /// By its name; a database as a whole by a pattern of LIKE.
    Only(String),
}

impl Line {
    /// `GRANT SELECT, INSERT ON `kami`.* TO …`; a role that is granted names no rights and is passed over.
    pub(super) fn parse(line: &str) -> Option<Self> {
        let (revokes, rest) = match line.strip_prefix("GRANT ") {
            Some(rest) => (false, rest),
            None => (true, line.strip_prefix("REVOKE ")?),
        };
        let (rights, rest) = rest.split_once(" ON ")?;
        let rest = rest.strip_prefix("TABLE ").or_else(|| rest.strip_prefix("PROCEDURE ")).unwrap_or(rest);
        let (database, rest) = name(rest)?;
        let (table, rest) = name(rest.strip_prefix('.')?)?;
        if !rest.starts_with(" TO ") && !rest.starts_with(" FROM ") {
            return None;
        }
        let rights = split(rights).iter().map(|right| Granted::parse(right)).collect();
        Some(Self { revokes, rights, database, table })
    }

    /// Whether it speaks of every database.
    pub(super) fn is_global(&self) -> bool {
        matches!(self.database, Name::Every)
    }

    /// Whether it speaks of one table or routine, by its name.
    pub(super) fn is_by_name(&self) -> bool {
        matches!(self.table, Name::Only(_))
    }

    /// Whether it speaks of this right in `database`.
    pub(super) fn covers(&self, database: &str, right: &Right) -> bool {
        let database = match (&self.database, &self.table) {
            (Name::Every, _) => true,
            (Name::Only(pattern), Name::Every) => matches(pattern, database),
            (Name::Only(name), Name::Only(_)) => name == database,
        };
        let table = match &self.table {
            Name::Every => true,
            Name::Only(name) => right.table.as_ref() == Some(name),
        };
        database && table && self.rights.iter().any(|granted| granted.covers(right))
    }

    /// What it grants, each column by itself.
    pub(super) fn rights(&self) -> Vec<Right> {
        let table = match &self.table {
            Name::Every => None,
            Name::Only(name) => Some(name.clone()),
        };
        let mut rights = Vec::new();
        for granted in &self.rights {
            let Some(privilege) = Privilege::of_word(&granted.word) else { continue };
            let of = |column| Right { privilege, table: table.clone(), column };
            if granted.columns.is_empty() {
                rights.push(of(None));
            }
            rights.extend(granted.columns.iter().cloned().map(Some).map(of));
        }
        rights
    }
}

impl Granted {
    fn parse(text: &str) -> Self {
        let (word, columns) = text.split_once('(').unwrap_or((text, ""));
        let columns = columns.split([',', ')']).map(|column| column.trim().trim_matches('`').to_owned());
        Self {
            word: word.trim().to_uppercase(),
            columns: columns.filter(|column| !column.is_empty()).collect(),
        }
    }

    fn covers(&self, right: &Right) -> bool {
        let is_meant = self.word == right.privilege.word() || matches!(&*self.word, "ALL PRIVILEGES" | "ALL");
        let is_wide_enough = self.columns.is_empty()
            || right.column.as_ref().is_some_and(|column| self.columns.contains(column));
        is_meant && is_wide_enough
    }
}

/// The rights of a list, apart from commas inside parentheses.
fn split(list: &str) -> Vec<String> {
    let mut rights = vec![String::new()];
    let mut depth = 0_u32;
    for character in list.chars() {
        match character {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if character == ',' && depth == 0 {
            rights.push(String::new());
        } else if let Some(right) = rights.last_mut() {
            right.push(character);
        }
    }
    rights
}

/// The name at the beginning of a text, and what follows it.
fn name(text: &str) -> Option<(Name, &str)> {
    if let Some(rest) = text.strip_prefix('*') {
        return Some((Name::Every, rest));
    }
    let quoted = text.strip_prefix('`')?;
    let mut name = String::new();
    let mut characters = quoted.char_indices().peekable();
    while let Some((place, character)) = characters.next() {
        if character != '`' {
            name.push(character);
        } else if characters.next_if(|(_, next)| *next == '`').is_some() {
            name.push('`');
        } else {
            return Some((Name::Only(name), &quoted[place + 1..]));
        }
    }
    None
}

/// Whether a name matches a pattern of LIKE, in which `\` makes the next character mean itself.
fn matches(pattern: &str, name: &str) -> bool {
    let mut rest = pattern.chars();
    match rest.next() {
        None => name.is_empty(),
        Some('%') => {
            let tails = name.char_indices().map(|(place, _)| &name[place..]).chain([""]);
            tails.into_iter().any(|tail| matches(rest.as_str(), tail))
        }
        Some(character) => {
            let mut of_name = name.chars();
            let Some(found) = of_name.next() else { return false };
            let literal = if character == '\\' { rest.next() } else { Some(character) };
            let fits = (character == '_') || literal == Some(found);
            fits && matches(rest.as_str(), of_name.as_str())
        }
    }
}
