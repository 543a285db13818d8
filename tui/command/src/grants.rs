//! `kami grants`: the statements that give a database account a role, printed or carried out.

use std::io::{self, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use kami_common::settings::{Settings, SettingsError, Wishes, language_of_complaints};
use kami_common::words::{Language, say};
use kami_core::hidden;
use kami_store::{Account, Role, draw_password, small_file};
use serde_json::json;

use super::failure::Failure;
use super::output::message;
use super::said;
use super::session::Session;

/// Print the statements that make a database account with the rights of a role, and no more
///
/// An administrator of the server runs them, after kami migrate; with --apply kami does. Else it connects to nothing. The
/// password is drawn anew unless a file has it.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
#[command(after_help = "Examples:\n  kami grants --for operator li@10.0.0.% | mysql\n  \
                  kami grants --for function kami_api --password-file api.password | mysql\n  \
                  kami grants --for operator --existing li@10.0.0.% | mysql   before an upgrade's programs\n  \
                  kami grants --for operator --narrow li@10.0.0.% | mysql     after them\n  \
                  kami grants --for operator --apply li@10.0.0.%              where DATABASE_URL is an administrator's\n  \
                  kami grants --drop li@10.0.0.% | mysql")]
pub(super) struct Grants {
    /// What the account is for
    #[arg(long = "for", value_name = "ROLE", required_unless_present = "drop")]
    role: Option<RoleName>,
    /// The account; without a host it connects from everywhere (%)
    #[arg(value_name = "NAME[@HOST]")]
    account: String,
    /// The database; by default that of `DATABASE_URL` or of the environment
    #[arg(long, value_name = "NAME")]
    database: Option<String>,
    /// Read the password from this file, or with - from standard input
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// The account is there already: only give it what it lacks
    #[arg(long, conflicts_with_all = ["password_file", "plaintext"])]
    existing: bool,
    /// The account is there already: also take back what older versions gave it, once none of their programs runs
    #[arg(long, conflicts_with_all = ["existing", "password_file", "plaintext"])]
    narrow: bool,
    /// Let the account in without TLS, as on a private network of one machine
    #[arg(long)]
    plaintext: bool,
    /// Carry the statements out instead of printing them, as the account of `DATABASE_URL` or of the environment
    #[arg(long)]
    apply: bool,
    /// Do away with the account instead
    #[arg(long, conflicts_with_all = ["role", "database", "password_file", "existing", "narrow", "plaintext"])]
    drop: bool,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// A role as the command line names it.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum RoleName {
    /// Looks at everything and changes nothing
    Viewer,
    /// Does everything that the console offers
    Operator,
    /// An operator who also upgrades the schema and prunes the log
    Admin,
    /// The API: reads cards, activates and expires them
    Function,
    /// The expiry job
    Expire,
    /// Makes the tables and changes them
    Migrate,
}

impl From<RoleName> for Role {
    fn from(name: RoleName) -> Self {
        match name {
            RoleName::Viewer => Self::Viewer,
            RoleName::Operator => Self::Operator,
            RoleName::Admin => Self::Admin,
            RoleName::Function => Self::Function,
            RoleName::Expire => Self::Expire,
            RoleName::Migrate => Self::Migrate,
        }
    }
}

/// The statements, and the password if it was drawn here.
struct Printed {
    statements: Vec<String>,
    password: Option<String>,
}

impl Grants {
    /// Prints the statements, or carries them out.
    pub(super) async fn run(
        self,
        wishes: &Wishes,
        variable: &dyn Fn(&str) -> Option<String>,
    ) -> Result<(), Failure> {
        let account = Account::new(&self.account)?;
        let Printed { statements, password } = match self.role {
            Some(role) => self.give(&account, role.into(), &self.database(wishes, variable)?, variable)?,
            None => Printed { statements: vec![account.removal()], password: None },
        };
        if self.apply {
            self.carry_out(&account, &statements, wishes, variable).await?;
        }
        let mut out = io::stdout().lock();
        if self.json {
            let role = self.role.map(|role| Role::from(role).name());
            let object = json!({
                "account": account.to_string(), "role": role, "statements": statements, "password": password,
            });
            writeln!(out, "{}", hidden::json(&object.to_string()))?;
            return Ok(out.flush()?);
        }
        let language = language_of_complaints(variable);
        if self.apply {
            writeln!(out, "{}", self.done(language, &account))?;
        } else {
            for statement in &statements {
                writeln!(out, "{statement};")?;
            }
        }
        out.flush()?;
        if let Some(password) = password {
            // In statements on a terminal it stands above; elsewhere nobody has seen it yet.
            if self.apply || !out.is_terminal() {
                message(&say!(language, "command.grants.password", password = password));
            }
            message(&say!(language, "command.grants.once"));
        }
        if self.plaintext && !account.is_local() {
            message(&say!(language, "command.grants.plaintext"));
        }
        Ok(())
    }

    async fn carry_out(
        &self,
        account: &Account,
        statements: &[String],
        wishes: &Wishes,
        variable: &dyn Fn(&str) -> Option<String>,
    ) -> Result<(), Failure> {
        let session = Session::new(Settings::read(wishes, variable).map_err(|error| said(&error, variable))?);
        if session.settings.read_only {
            return Err(Failure::Refused(say!(session.language, "read_only.asked")));
        }
        let done = if self.drop || self.existing || self.narrow {
            session.store.change_account(statements).await
        } else {
            session.store.make_account(account, statements).await
        };
        session.store.close().await;
        Ok(done?)
    }

    /// What was carried out.
    fn done(&self, language: Language, account: &Account) -> String {
        match self.role {
            Some(role) => {
                let role = Role::from(role).name();
                say!(language, "command.grants.given", account = account, role = role)
            }
            None => say!(language, "command.grants.dropped", account = account),
        }
    }

    fn give(
        &self,
        account: &Account,
        role: Role,
        database: &str,
        variable: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Printed, Failure> {
        if self.narrow {
            return Ok(Printed { statements: role.narrowing(account, database), password: None });
        }
        if self.existing {
            return Ok(Printed { statements: role.grants(account, database), password: None });
        }
        let given = self.password_file.as_deref().map(read).transpose();
        let given = given.map_err(|error| said(&error, variable))?;
        let drawn = if given.is_none() {
            let no_randomness =
                |_| anyhow::Error::msg(say!(language_of_complaints(variable), "reason.no_randomness"));
            Some(draw_password().map_err(no_randomness)?)
        } else {
            None
        };
        let password = given.as_ref().or(drawn.as_ref()).map_or("", String::as_str);
        let with_tls = !self.plaintext && !account.is_local();
        let statements = account.creation(role, database, password, with_tls)?;
        Ok(Printed { statements, password: drawn })
    }

    fn database(
        &self,
        wishes: &Wishes,
        variable: &dyn Fn(&str) -> Option<String>,
    ) -> Result<String, Failure> {
        if let Some(name) = &self.database {
            let is_name = (1..=64).contains(&name.chars().count()) && !name.chars().any(hidden::is_hidden);
            return if is_name {
                Ok(name.clone())
            } else {
                Err(Failure::Usage(say!(language_of_complaints(variable), "command.database_name")))
            };
        }
        let settings = Settings::read(wishes, variable).map_err(|error| said(&error, variable))?;
        Ok(settings.connection.url.database().into_owned())
    }
}

/// The password in a file, less its line end.
fn read(path: &Path) -> Result<String, SettingsError> {
    let read = if path == Path::new("-") {
        small_file::read_from(io::stdin().lock())
    } else {
        small_file::read(path)
    };
    let text = read.map_err(|source| SettingsError::Unreadable { path: path.to_owned(), source })?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}
