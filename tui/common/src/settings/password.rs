//! Where an environment's password comes from, when not from its address: never from an argument.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use kami_store::small_file::{self, SmallFileError};
use thiserror::Error;

/// Where a password comes from.
#[derive(Clone, Copy, Debug)]
pub(super) enum PasswordSource<'a> {
    /// The environment variable that holds it.
    Variable(&'a str),
    /// The file that holds it, from the configuration's own folder.
    File(&'a Path),
    /// The command that prints it, run by the shell.
    Command(&'a str),
    /// Whoever sits at the terminal.
    Prompt,
}

/// Asks whoever sits at the terminal for a password, in these words and without an echo.
pub type AskPassword = fn(&str) -> Result<String, PasswordError>;

/// Why there is no password.
#[derive(Debug, Error)]
pub enum PasswordError {
    /// Its variable is not set.
    #[error("the variable {0} is not set")]
    Unset(String),
    /// Its file cannot be read.
    #[error("{} cannot be read: {source}", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: SmallFileError,
    },
    /// Its command cannot be started.
    #[error("its command cannot be started: {0}")]
    Command(io::Error),
    /// Its command failed.
    #[error("its command failed with {0}")]
    Failed(std::process::ExitStatus),
    /// Nobody can be asked, or nobody answered.
    #[error("it was not typed")]
    NotTyped,
}

/// The password by its source.
pub(super) fn find(
    source: PasswordSource<'_>,
    folder: &Path,
    ask: &dyn Fn() -> Result<String, PasswordError>,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<String, PasswordError> {
    let password = match source {
        PasswordSource::Variable(name) => {
            variable(name).ok_or_else(|| PasswordError::Unset(name.to_owned()))?
        }
        PasswordSource::File(path) => {
            let path = folder.join(path);
            small_file::read(&path).map_err(|source| PasswordError::File { path, source })?
        }
        PasswordSource::Command(command) => output_of(command)?,
        PasswordSource::Prompt => ask()?,
    };
    Ok(password.trim_end_matches(['\r', '\n']).to_owned())
}

fn output_of(command: &str) -> Result<String, PasswordError> {
    let output = Command::new("sh")
        .args(["-c", command])
        .stdin(Stdio::inherit())
        .stderr(Stdio::inherit())
        .output()
        .map_err(PasswordError::Command)?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(PasswordError::Failed(output.status))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find_in(source: PasswordSource<'_>) -> Result<String, PasswordError> {
        let variable = |name: &str| (name == "SECRET").then(|| "s".to_owned());
        find(source, Path::new("/nowhere"), &|| Ok("typed\n".to_owned()), &variable)
    }

    #[test]
    fn each_source_gives_the_password_without_its_line_end() {
        assert_eq!(find_in(PasswordSource::Variable("SECRET")).unwrap(), "s");
        assert_eq!(find_in(PasswordSource::Command("echo ' a b '")).unwrap(), " a b ");
        assert_eq!(find_in(PasswordSource::Prompt).unwrap(), "typed");
    }

    #[test]
    fn a_source_that_fails_is_named_without_its_content() {
        for (source, message) in [
            (PasswordSource::Variable("MISSING"), "the variable MISSING is not set"),
            (
                PasswordSource::File(Path::new("pw")),
                "/nowhere/pw cannot be read: No such file or directory (os error 2)",
            ),
            (PasswordSource::Command("exit 3"), "its command failed with exit status: 3"),
        ] {
            assert_eq!(find_in(source).unwrap_err().to_string(), message);
        }
    }
}
