//! What a database account may do, read from what the server says it was granted, and what each role needs.

mod account;
mod creation;
mod line;
mod role;

use std::fmt;

pub use self::account::{Account, AccountError, draw_password};
use self::line::Line;
pub use self::role::Role;

/// A kind of right on tables and routines.
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
    /// To make tables.
    Create,
    /// To change tables.
    Alter,
    /// To make and drop indexes.
    Index,
    /// To make routines.
    CreateRoutine,
    /// To call a routine.
    Execute,
}

impl Privilege {
    const ALL: [Self; 9] = [
        Self::Select,
        Self::Insert,
        Self::Update,
        Self::Delete,
        Self::Create,
        Self::Alter,
        Self::Index,
        Self::CreateRoutine,
        Self::Execute,
    ];

    /// The word for it in a GRANT.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Select => "SELECT",
            Self::Insert => "INSERT",
            Self::Update => "UPDATE",
            Self::Delete => "DELETE",
            Self::Create => "CREATE",
            Self::Alter => "ALTER",
            Self::Index => "INDEX",
            Self::CreateRoutine => "CREATE ROUTINE",
            Self::Execute => "EXECUTE",
        }
    }

    fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|privilege| privilege.word() == word)
    }
}

/// A right on kami's database, as it is displayed: `UPDATE (note) on cards`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Right {
    /// The kind.
    pub privilege: Privilege,
    /// The table or routine; none is every one, those of the future too.
    pub table: Option<String>,
    /// The only column that it is for.
    pub column: Option<String>,
}

impl Right {
    /// Whether who has it has the other one too.
    fn contains(&self, other: &Self) -> bool {
        self.privilege == other.privilege
            && (self.table.is_none() || self.table == other.table)
            && (self.column.is_none() || self.column == other.column)
    }
}

impl fmt::Display for Right {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.privilege.word())?;
        if let Some(column) = &self.column {
            write!(f, " ({column})")?;
        }
        write!(f, " on {}", self.table.as_deref().unwrap_or("*"))
    }
}

/// What operators do, as far as rights tell it apart; each is logged in the same transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Permission {
    /// Making cards.
    Make,
    /// Changing cards.
    Change,
    /// Deleting cards.
    Delete,
    /// Making licence files for machines.
    Certify,
    /// Making, changing and removing apps.
    Configure,
    /// Making, changing and removing presets, and making cards by one.
    Price,
    /// Keeping machines and networks out, and letting them in again.
    Block,
    /// Taking an act back, which may do all of that to a card.
    Undo,
}

impl Permission {
    /// Every permission.
    pub const ALL: [Self; 8] = [
        Self::Make,
        Self::Change,
        Self::Delete,
        Self::Certify,
        Self::Configure,
        Self::Price,
        Self::Block,
        Self::Undo,
    ];

    /// Whether it needs this one of an operator's rights.
    fn needs(self, right: &Right) -> bool {
        if right.table.as_deref() == Some("make_batch_3") {
            return self == Self::Price;
        }
        match right.table.as_deref().map(without_number) {
            Some("cards") => {
                right.privilege == Privilege::Select
                    || !matches!(self, Self::Make | Self::Configure | Self::Price | Self::Block)
            }
            Some("apps") => matches!(self, Self::Make | Self::Configure | Self::Price | Self::Undo),
            Some("hold_app") => matches!(self, Self::Configure | Self::Price),
            Some("save_app") => self == Self::Configure,
            Some("presets" | "save_preset") => self == Self::Price,
            Some("blocks" | "hold_blocks" | "save_blocks" | "remove_blocks") => self == Self::Block,
            Some("batches" | "make_batch" | "add_cards") => self == Self::Make,
            Some("card_seats") => self == Self::Change,
            Some("change_cards") => matches!(self, Self::Change | Self::Undo),
            Some("certify_card") => self == Self::Certify,
            Some("delete_cards") => matches!(self, Self::Delete | Self::Undo),
            Some("clear_device_keys") => matches!(self, Self::Change | Self::Delete | Self::Undo),
            Some("restore_cards" | "hold_act" | "close_act") => self == Self::Undo,
            Some("acts" | "operator_log") => true,
            _ => false,
        }
    }
}

/// The name of a table or a routine; the successor of a routine that was released has a number behind it.
fn without_number(name: &str) -> &str {
    let numberless = name.trim_end_matches(|character: char| character.is_ascii_digit());
    if numberless == name { name } else { numberless.strip_suffix('_').unwrap_or(name) }
}

/// Whether an act leaves out what the right is for where an account of the last version lacks it.
fn is_left_out(right: &Right) -> bool {
    right.table.as_deref() == Some("clear_device_keys")
}

/// The right on the routine of the last version that is called in the place of its successor.
fn predecessor(right: &Right) -> Option<Right> {
    let is_successor = right.table.as_deref() == Some("delete_cards_3");
    is_successor.then(|| Right { table: Some("delete_cards_2".to_owned()), ..right.clone() })
}

/// What an account may do in kami's database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grants {
    lines: Vec<Line>,
    database: String,
}

impl Grants {
    /// Reads the lines of SHOW GRANTS for the tables of `database`.
    pub fn read<'a>(lines: impl IntoIterator<Item = &'a str>, database: &str) -> Self {
        let lines = lines.into_iter().filter_map(Line::parse).collect();
        Self { lines, database: database.to_owned() }
    }

    fn holds(&self, right: &Right) -> bool {
        let covering: Vec<_> = self.lines.iter().filter(|line| line.covers(&self.database, right)).collect();
        // What is revoked in one database is so only from what was granted on all of them.
        let is_revoked = covering.iter().any(|line| line.revokes);
        covering.iter().any(|line| !line.revokes && (!is_revoked || !line.is_global()))
    }

    /// What a role needs and it lacks.
    pub fn missing(&self, role: Role) -> Vec<Right> {
        role.rights().into_iter().filter(|right| !self.holds(right)).collect()
    }

    /// What older versions gave a role by name and it still has, though the role needs it no more.
    pub fn outgrown(&self, role: Role) -> Vec<Right> {
        let named = |right: &Right| {
            self.lines.iter().any(|line| line.is_by_name() && line.covers(&self.database, right))
        };
        role.former_rights().into_iter().filter(named).collect()
    }

    /// What a permission needs and it lacks. It does without the successor of a routine where that is called in its place,
    /// and without what is left out then.
    pub fn missing_for(&self, permission: Permission) -> Vec<Right> {
        let rights = Role::Operator.rights().into_iter();
        let lacks = |right: &Right| {
            !self.holds(right)
                && !is_left_out(right)
                && !predecessor(right).is_some_and(|old| self.holds(&old))
        };
        rights.filter(|right| permission.needs(right) && lacks(right)).collect()
    }

    /// Whether no permission at all can be done with it.
    pub fn only_reads(&self) -> bool {
        Permission::ALL.into_iter().all(|permission| !self.missing_for(permission).is_empty())
    }
}

/// Rights in words, the columns of a table together: `INSERT on cards, UPDATE (note, status) on cards`.
pub fn rights_in_words(rights: &[Right]) -> String {
    let mut words: Vec<String> = Vec::new();
    let same = |a: &Right, b: &Right| {
        (a.privilege, &a.table) == (b.privilege, &b.table) && a.column.is_some() && b.column.is_some()
    };
    for group in rights.chunk_by(same) {
        let columns: Vec<&str> = group.iter().filter_map(|right| right.column.as_deref()).collect();
        let column = (!columns.is_empty()).then(|| columns.join(", "));
        words.push(Right { column, ..group[0].clone() }.to_string());
    }
    words.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn missing(lines: &[&str]) -> usize {
        Grants::read(lines.iter().copied(), "kami_system").missing(Role::Operator).len()
    }

    #[test]
    fn the_successor_of_a_routine_needs_what_the_routine_did() {
        for (name, plain) in
            [("change_cards", "change_cards"), ("change_cards_2", "change_cards"), ("cards2", "cards2")]
        {
            assert_eq!(without_number(name), plain);
        }
    }

    #[test]
    fn grants_as_both_servers_write_them() {
        let all = Role::Operator.rights().len();
        let (reading, routines) = (13, 16);
        for (lines, lacking) in [
            (&["GRANT USAGE ON *.* TO `k`@`%`"][..], all),
            (&["GRANT ALL PRIVILEGES ON *.* TO `k`@`%` IDENTIFIED BY PASSWORD '*x' WITH GRANT OPTION"], 0),
            (&["GRANT SELECT, INSERT, UPDATE, EXECUTE, CREATE ON *.* TO `k`@`%` WITH GRANT OPTION"], 0),
            (&["GRANT USAGE ON *.* TO `k`@`%`", "GRANT ALL PRIVILEGES ON `kami_system`.* TO `k`@`%`"], 0),
            (&["GRANT ALL PRIVILEGES ON `kami\\_system`.* TO `k`@`%`"], 0),
            (&["GRANT ALL PRIVILEGES ON `kami%`.* TO `k`@`%`"], 0),
            (&["GRANT ALL PRIVILEGES ON `other`.* TO `k`@`%`"], all),
            (&["GRANT ALL PRIVILEGES ON `kami\\%`.* TO `k`@`%`"], all),
            (&["GRANT ALL PRIVILEGES ON `kami%`.`cards` TO `k`@`%`"], all),
            (&["GRANT SELECT ON `kami_system`.* TO `k`@`%`"], all - reading),
            (&["GRANT EXECUTE ON `kami_system`.* TO `k`@`%`"], all - routines),
            (&["GRANT EXECUTE ON PROCEDURE `kami_system`.`add_cards_2` TO `k`@`%`"], all - 1),
            (&["GRANT EXECUTE ON FUNCTION `kami_system`.`add_cards_2` TO `k`@`%`"], all),
            (&["GRANT SELECT, INSERT, UPDATE, DELETE ON `kami_system`.`acts` TO `k`@`%`"], all - 4),
            (&["GRANT SELECT, INSERT (`act`, `undoes`) ON `kami_system`.`acts` TO `k`@`%`"], all - 3),
            (&["GRANT SELECT, INSERT (act,undoes) ON `kami_system`.`acts` TO `k`@`%`"], all - 3),
            (&["GRANT SELECT (`id`) ON `kami_system`.`cards` TO `k`@`%`"], all),
            (&["GRANT `seller`@`%` TO `k`@`%`"], all),
            (
                &[
                    "GRANT SELECT, INSERT, UPDATE, EXECUTE ON *.* TO `k`@`%`",
                    "REVOKE INSERT, EXECUTE ON `kami_system`.* FROM `k`@`%`",
                    "GRANT EXECUTE ON PROCEDURE `kami_system`.`add_cards_2` TO `k`@`%`",
                ],
                3 + routines - 1,
            ),
            (&["GRANT PROXY ON ``@`` TO `root`@`localhost` WITH GRANT OPTION", "nonsense", ""], all),
        ] {
            assert_eq!(missing(lines), lacking, "{lines:?}");
        }
    }

    #[test]
    fn what_a_permission_lacks_is_named() {
        let act = "INSERT (act, operator, undoes) on acts";
        for (grant, permission, lacking) in [
            (
                "SELECT ON `d`.*",
                Permission::Make,
                &*format!("{act}, EXECUTE on make_batch_2, EXECUTE on add_cards_2"),
            ),
            (
                "SELECT ON `d`.*",
                Permission::Delete,
                &*format!("UPDATE (updated_at) on cards, {act}, EXECUTE on delete_cards_3"),
            ),
            ("SELECT, INSERT, UPDATE, EXECUTE ON `d`.*", Permission::Change, ""),
            (
                "SELECT ON `d`.*",
                Permission::Certify,
                &*format!("UPDATE (updated_at) on cards, {act}, EXECUTE on certify_card"),
            ),
            (
                "SELECT, INSERT ON `d`.*",
                Permission::Price,
                "EXECUTE on hold_app, EXECUTE on save_preset_2, EXECUTE on make_batch_3",
            ),
            ("SELECT, INSERT ON `d`.*", Permission::Configure, "EXECUTE on hold_app, EXECUTE on save_app"),
            (
                "SELECT, INSERT, UPDATE ON `d`.*",
                Permission::Undo,
                "EXECUTE on change_cards_2, EXECUTE on restore_cards_2, EXECUTE on hold_act, EXECUTE on close_act, \
                 EXECUTE on delete_cards_3",
            ),
            ("ALL PRIVILEGES ON `d`.*", Permission::Undo, ""),
        ] {
            let grants = Grants::read([&*format!("GRANT {grant} TO `k`@`%`")], "d");
            assert_eq!(rights_in_words(&grants.missing_for(permission)), lacking, "{grant}, {permission:?}");
        }
        let last = [
            "GRANT SELECT, INSERT, UPDATE ON `d`.* TO `k`@`%`",
            "GRANT EXECUTE ON PROCEDURE `d`.`delete_cards_2` TO `k`@`%`",
        ];
        let last = Grants::read(last, "d");
        assert_eq!(
            rights_in_words(&last.missing_for(Permission::Delete)),
            "",
            "as an account of the last version"
        );
        let missing = rights_in_words(&last.missing(Role::Operator));
        let newest = "EXECUTE on delete_cards_3, EXECUTE on clear_device_keys, EXECUTE on certify_card";
        assert!(missing.ends_with(newest), "{missing}");
        assert!(Grants::read(["GRANT SELECT ON `d`.* TO `k`@`%`"], "d").only_reads());
        assert!(
            !Grants::read(["GRANT SELECT, INSERT, UPDATE, EXECUTE ON `d`.* TO `k`@`%`"], "d").only_reads()
        );
    }

    #[test]
    fn each_routine_of_an_operator_belongs_to_a_permission() {
        for right in Role::Operator.rights() {
            let is_needed = Permission::ALL.into_iter().any(|permission| permission.needs(&right));
            assert!(is_needed || right.privilege != Privilege::Execute, "{right}: see Permission::needs");
        }
    }

    #[test]
    fn what_a_role_has_outgrown_is_told_from_what_was_given_on_everything() {
        let outgrown = |grant: &str, role| {
            rights_in_words(&Grants::read([&*format!("GRANT {grant} TO `k`@`%`")], "d").outgrown(role))
        };
        let update = "UPDATE (`status`, `updated_at`) ON `d`.`cards`";
        assert_eq!(outgrown(update, Role::Expire), "UPDATE (status, updated_at) on cards");
        assert_eq!(outgrown("INSERT ON `d`.`operator_log`", Role::Operator), "INSERT on operator_log");
        for role in Role::ALL {
            assert_eq!(outgrown("ALL PRIVILEGES ON `d`.*", role), "", "{role:?}");
        }
        assert_eq!(outgrown("INSERT (`act`), UPDATE (`updated_at`) ON `d`.`acts`", Role::Operator), "");
    }
}
