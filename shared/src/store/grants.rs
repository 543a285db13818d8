//! What a database account may do, read from what the server says it was granted.

use std::collections::BTreeSet;

/// A right that kami needs on one of its tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Privilege {
    /// To read.
    Select,
    /// To add rows.
    Insert,
    /// To change rows.
    Update,
    /// To remove rows.
    Delete,
}

impl Privilege {
    const ALL: [Self; 4] = [Self::Select, Self::Insert, Self::Update, Self::Delete];

    /// The word for it in a GRANT.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Select => "SELECT",
            Self::Insert => "INSERT",
            Self::Update => "UPDATE",
            Self::Delete => "DELETE",
        }
    }
}

/// What kami needs on each of its tables to let operators act.
const NEEDED: [(&str, &[Privilege]); 4] = [
    ("cards", &Privilege::ALL),
    ("batches", &[Privilege::Select, Privilege::Insert]),
    ("acts", &[Privilege::Select, Privilege::Insert, Privilege::Update]),
    ("operator_log", &[Privilege::Select, Privilege::Insert]),
];

/// A right that the account lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MissingGrant {
    /// The table.
    pub table: &'static str,
    /// The right.
    pub privilege: Privilege,
}

/// What an account may do with the tables of kami.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grants {
    held: BTreeSet<(&'static str, Privilege)>,
}

impl Grants {
    /// Reads the lines of SHOW GRANTS for the tables of `database`.
    pub(super) fn read<'a>(lines: impl IntoIterator<Item = &'a str>, database: &str) -> Self {
        let mut grants = Self::default();
        for line in lines {
            let Some(grant) = Line::parse(line) else { continue };
            for (table, privilege) in needed() {
                if grant.covers(database, table, privilege) {
                    if grant.revokes {
                        grants.held.remove(&(table, privilege));
                    } else {
                        grants.held.insert((table, privilege));
                    }
                }
            }
        }
        grants
    }

    /// Whether operators can do everything with it.
    pub fn may_write(&self) -> bool {
        self.missing().is_empty()
    }

    /// Whether cards can at least be looked at.
    pub fn may_read(&self) -> bool {
        self.held.contains(&("cards", Privilege::Select))
    }

    /// What it lacks for that.
    pub fn missing(&self) -> Vec<MissingGrant> {
        needed()
            .filter(|grant| !self.held.contains(grant))
            .map(|(table, privilege)| MissingGrant { table, privilege })
            .collect()
    }
}

fn needed() -> impl Iterator<Item = (&'static str, Privilege)> {
    NEEDED.into_iter().flat_map(|(table, privileges)| privileges.iter().map(move |right| (table, *right)))
}

/// One line of SHOW GRANTS that grants rights on tables, or takes them away again.
struct Line {
    revokes: bool,
    rights: BTreeSet<String>,
    database: Name,
    table: Name,
}

/// What a right is granted on.
enum Name {
    Every,
    /// A table by its name, a database by a pattern of LIKE.
    Only(String),
}

impl Line {
    /// `GRANT SELECT, INSERT ON `kami`.* TO …`; a role that is granted names no rights and is passed over.
    fn parse(line: &str) -> Option<Self> {
        let (revokes, rest) = match line.strip_prefix("GRANT ") {
            Some(rest) => (false, rest),
            None => (true, line.strip_prefix("REVOKE ")?),
        };
        let (rights, rest) = rest.split_once(" ON ")?;
        let rest = rest.strip_prefix("TABLE ").unwrap_or(rest);
        let (database, rest) = name(rest)?;
        let (table, rest) = name(rest.strip_prefix('.')?)?;
        if !rest.starts_with(" TO ") && !rest.starts_with(" FROM ") {
            return None;
        }
        // A right on some columns only, as in `UPDATE (note)`, is not enough.
        let rights = split(rights).into_iter().filter(|right| !right.contains('(')).collect();
        Some(Self { revokes, rights, database, table })
    }

    fn covers(&self, database: &str, table: &str, privilege: Privilege) -> bool {
        let has = |word: &str| self.rights.contains(word);
        let right = has(privilege.word()) || has("ALL PRIVILEGES") || has("ALL");
        let database = match &self.database {
            Name::Every => true,
            Name::Only(pattern) => matches(pattern, database),
        };
        let table = match &self.table {
            Name::Every => true,
            Name::Only(name) => name == table,
        };
        right && database && table
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
    rights.into_iter().map(|right| right.trim().to_uppercase()).collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    fn missing(lines: &[&str]) -> usize {
        Grants::read(lines.iter().copied(), "kami_system").missing().len()
    }

    #[test]
    fn grants_as_both_servers_write_them() {
        for (lines, lacking) in [
            (&["GRANT USAGE ON *.* TO `k`@`%`"][..], 11),
            (&["GRANT ALL PRIVILEGES ON *.* TO `k`@`%` IDENTIFIED BY PASSWORD '*x' WITH GRANT OPTION"], 0),
            (&["GRANT SELECT, INSERT, UPDATE, DELETE, CREATE ON *.* TO `k`@`%` WITH GRANT OPTION"], 0),
            (&["GRANT USAGE ON *.* TO `k`@`%`", "GRANT ALL PRIVILEGES ON `kami_system`.* TO `k`@`%`"], 0),
            (&["GRANT ALL PRIVILEGES ON `kami\\_system`.* TO `k`@`%`"], 0),
            (&["GRANT ALL PRIVILEGES ON `kami%`.* TO `k`@`%`"], 0),
            (&["GRANT ALL PRIVILEGES ON `other`.* TO `k`@`%`"], 11),
            (&["GRANT ALL PRIVILEGES ON `kami\\%`.* TO `k`@`%`"], 11),
            (&["GRANT SELECT ON `kami_system`.* TO `k`@`%`"], 7),
            (&["GRANT SELECT, INSERT, UPDATE, DELETE ON `kami_system`.`cards` TO `k`@`%`"], 7),
            (&["GRANT SELECT, UPDATE (`note`, `status`), INSERT ON `kami_system`.`cards` TO `k`@`%`"], 9),
            (&["GRANT `seller`@`%` TO `k`@`%`"], 11),
            (
                &[
                    "GRANT SELECT, INSERT, UPDATE, DELETE ON *.* TO `k`@`%`",
                    "REVOKE UPDATE, DELETE ON `kami_system`.* FROM `k`@`%`",
                ],
                3,
            ),
            (&["GRANT PROXY ON ``@`` TO `root`@`localhost` WITH GRANT OPTION", "nonsense", ""], 11),
        ] {
            assert_eq!(missing(lines), lacking, "{lines:?}");
        }
    }

    #[test]
    fn what_is_missing_is_named() {
        let grants = Grants::read(["GRANT SELECT ON `d`.* TO `k`@`%`"], "d");
        assert!(grants.may_read() && !grants.may_write());
        let first = MissingGrant { table: "cards", privilege: Privilege::Insert };
        assert_eq!(grants.missing().first(), Some(&first));
        assert_eq!(first.privilege.word(), "INSERT");
        assert!(Grants::read(["GRANT ALL PRIVILEGES ON `d`.* TO `k`@`%`"], "d").may_write());
    }
}
