//! The roles of accounts, and the statements that give an account one: `sql/grants.sql` with names put in.

use std::fmt::Write as _;

use super::line::Line;
use super::{Account, Right};

const TEMPLATE: &str = include_str!("../../../../sql/grants.sql");

/// What stands before the name of a role in the template.
const HEADING: &str = "-- role: ";

/// What stands before the name of a role and what it was given once.
const FORMERLY: &str = "-- formerly: ";

/// What an account is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Looks at everything and changes nothing.
    Viewer,
    /// Does everything that the console offers.
    Operator,
    /// An operator who also upgrades the schema and prunes the log.
    Admin,
    /// The API.
    Function,
    /// The expiry job.
    Expire,
    /// Makes the tables and changes them.
    Migrate,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 6] =
        [Self::Viewer, Self::Operator, Self::Admin, Self::Function, Self::Expire, Self::Migrate];

    /// Its name in the template and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Operator => "operator",
            Self::Admin => "admin",
            Self::Function => "function",
            Self::Expire => "expire",
            Self::Migrate => "migrate",
        }
    }

    /// The roles whose parts of the template it has.
    const fn parts(self) -> &'static [Self] {
        match self {
            Self::Viewer => &[Self::Viewer],
            Self::Operator => &[Self::Operator],
            Self::Admin => &[Self::Operator, Self::Migrate, Self::Admin],
            Self::Function => &[Self::Function],
            Self::Expire => &[Self::Expire],
            Self::Migrate => &[Self::Migrate],
        }
    }

    /// The statements of its own part under a heading, each on one line and without its `;`.
    fn own_statements(self, heading: &str) -> Vec<String> {
        let lines =
            TEMPLATE.lines().skip_while(|line| line.strip_prefix(heading) != Some(self.name())).skip(1);
        let is_inside = |line: &&str| !line.starts_with(HEADING) && !line.starts_with(FORMERLY);
        let lines = lines.take_while(is_inside).filter(|line| !line.starts_with("--"));
        let words: Vec<&str> = lines.flat_map(str::split_whitespace).collect();
        let statements = words.join(" ");
        statements
            .split(';')
            .map(|statement| statement.trim().to_owned())
            .filter(|one| !one.is_empty())
            .collect()
    }

    fn statements(self, heading: &str) -> Vec<String> {
        self.parts().iter().flat_map(|part| part.own_statements(heading)).collect()
    }

    /// What it needs in kami's database, each column by itself.
    pub fn rights(self) -> Vec<Right> {
        rights(self.statements(HEADING))
    }

    /// What older versions gave it beyond that. What another of its parts needs by now is not among it.
    pub(super) fn former_rights(self) -> Vec<Right> {
        let needed = self.rights();
        let mut former = rights(self.statements(FORMERLY));
        former.retain(|right| !needed.iter().any(|other| other.contains(right)));
        former
    }

    /// The GRANTs that give it to an account.
    pub fn grants(self, account: &Account, database: &str) -> Vec<String> {
        put_in(self.statements(HEADING), account, database)
    }

    /// The statements that take back what older versions gave it, and then give it what it needs.
    ///
    /// A server refuses to take what an account does not have, so that each right is given before; and with a right on
    /// a table it takes the same on columns, so that those come last.
    pub fn narrowing(self, account: &Account, database: &str) -> Vec<String> {
        let mut statements = Vec::new();
        for former in put_in(self.statements(FORMERLY), account, database) {
            let revoked = former.replacen("GRANT ", "REVOKE ", 1);
            if let Some((rights, to)) = revoked.rsplit_once(" TO ") {
                statements.extend([former.clone(), format!("{rights} FROM {to}")]);
            }
        }
        statements.extend(self.grants(account, database));
        statements
    }
}

fn rights(statements: Vec<String>) -> Vec<Right> {
    let names = |statement: String| statement.replace("{database}", "`d`").replace("{account}", "a");
    let lines = statements.into_iter().filter_map(|statement| Line::parse(&names(statement)));
    lines.flat_map(|line| line.rights()).collect()
}

/// The statements with names put in.
fn put_in(statements: Vec<String>, account: &Account, database: &str) -> Vec<String> {
    let name = database.replace('`', "``");
    // Before `.*` a name is a pattern of LIKE, before a table it is not.
    let mut pattern = String::new();
    for character in name.chars() {
        if matches!(character, '_' | '%' | '\\') {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    let put_in = |statement: String| {
        let mut text = String::new();
        let mut rest = statement.as_str();
        while let Some((before, after)) = rest.split_once('{') {
            text.push_str(before);
            let (what, after) = after.split_once('}').unwrap_or((after, ""));
            let put = match what {
                "account" => account.to_string(),
                _ if after.starts_with(".*") => format!("`{pattern}`"),
                _ => format!("`{name}`"),
            };
            let _: std::fmt::Result = write!(text, "{put}");
            rest = after;
        }
        text + rest
    };
    statements.into_iter().map(put_in).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Grants, rights_in_words};

    #[test]
    fn each_role_needs_what_the_template_says() {
        for (role, needs) in [
            (
                Role::Viewer,
                "SELECT on cards, SELECT on batches, SELECT on acts, SELECT on operator_log, SELECT on apps, \
                 SELECT on card_seats, SELECT on customer_log, SELECT on presets, SELECT on blocks, \
                 SELECT on mismatches, SELECT on device_keys, SELECT on licences, SELECT on refinery_schema_history",
            ),
            (
                Role::Function,
                "SELECT on cards, SELECT on apps, SELECT on policy_revision, SELECT on card_seats, \
                 SELECT (app, kind, target, until) on blocks, SELECT on device_keys, EXECUTE on activate_card, EXECUTE on bind_card, EXECUTE on activate_card_2, EXECUTE on renew_seat, \
                 EXECUTE on take_seat, EXECUTE on release_seat, EXECUTE on take_points, EXECUTE on recharge_card, \
                 EXECUTE on start_trial, EXECUTE on bind_card_2, EXECUTE on take_seat_2, EXECUTE on unbind_seat, \
                 EXECUTE on start_trial_2, EXECUTE on unbind_seat_2, EXECUTE on read_point_use, EXECUTE on note_mismatches, \
                 EXECUTE on activate_card_3, EXECUTE on bind_card_3, EXECUTE on take_seat_3, EXECUTE on take_device_key, \
                 EXECUTE on note_sequence, EXECUTE on note_copy, EXECUTE on forget_device_keys, \
                 EXECUTE on expire_cards, EXECUTE on expire_cards_2",
            ),
            (
                Role::Expire,
                "SELECT (id, status, expire_at) on cards, EXECUTE on expire_cards, EXECUTE on expire_cards_2, \
                 EXECUTE on forget_point_uses, EXECUTE on forget_mismatches",
            ),
            (
                Role::Migrate,
                "SELECT on *, INSERT on *, CREATE on *, ALTER on *, INDEX on *, CREATE ROUTINE on *, EXECUTE on *, \
                 CREATE on cards, UPDATE on cards, DELETE on cards, CREATE on acts, UPDATE on acts, \
                 CREATE on apps, UPDATE on apps, DELETE on apps, CREATE on policy_revision, UPDATE on policy_revision, \
                 CREATE on card_seats, UPDATE on card_seats, DELETE on card_seats, CREATE on point_uses, \
                 DELETE on point_uses, CREATE on customer_log, CREATE on presets, UPDATE on presets, DELETE on presets, \
                 CREATE on blocks, UPDATE on blocks, DELETE on blocks, CREATE on trials, UPDATE on trials, \
                 CREATE on mismatches, UPDATE on mismatches, DELETE on mismatches, \
                 CREATE on device_keys, UPDATE on device_keys, DELETE on device_keys",
            ),
        ] {
            assert_eq!(rights_in_words(&role.rights()), needs);
        }
        let admin = Role::Admin.rights();
        for role in [Role::Operator, Role::Migrate] {
            assert!(role.rights().iter().all(|right| admin.contains(right)), "{role:?}");
        }
    }

    #[test]
    fn an_account_with_a_roles_grants_lacks_nothing_of_it_and_names_stay_names() {
        let database = "ka`mi_{account}%";
        let account = Account::new("o`p@h%").unwrap();
        for role in Role::ALL {
            let grants = role.grants(&account, database);
            assert!(grants.iter().all(|grant| grant.ends_with(" TO `o``p`@`h%`")), "{grants:?}");
            let found = Grants::read(grants.iter().map(String::as_str), database);
            assert_eq!(found.missing(role), [], "{grants:?}");
            let other = Grants::read(grants.iter().map(String::as_str), "ka`mix{account}x");
            assert_eq!(other.missing(role), role.rights());
        }
    }
}
