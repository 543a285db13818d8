//! The statements that make an account and give it a role.

use super::{Account, AccountError, Role};

impl Account {
    /// The statements that make it with a password and give it a role; `with_tls` lets it in over TLS alone.
    pub fn creation(
        &self,
        role: Role,
        database: &str,
        password: &str,
        with_tls: bool,
    ) -> Result<Vec<String>, AccountError> {
        let length = password.chars().count();
        if length == 0 || length > 255 || password.chars().any(|one| one == '\\' || one.is_control()) {
            return Err(AccountError::Password);
        }
        let password = password.replace('\'', "''");
        let tls = if with_tls { " REQUIRE SSL" } else { "" };
        let mut statements = vec![format!("CREATE USER {self} IDENTIFIED BY '{password}'{tls}")];
        statements.extend(role.grants(self, database));
        Ok(statements)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_cannot_end_its_quotes() {
        let account = Account::new("k@localhost").unwrap();
        let made = |password| account.creation(Role::Viewer, "d", password, account.is_local());
        let first = made("a'b").unwrap().swap_remove(0);
        assert_eq!(first, "CREATE USER `k`@`localhost` IDENTIFIED BY 'a''b' REQUIRE SSL");
        for password in ["", "a\\", "a\nb"] {
            assert_eq!(made(password), Err(AccountError::Password));
        }
    }
}
