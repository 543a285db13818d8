//! Where an environment's password comes from, when not from its address: never from an argument.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crossterm::event::{Event, KeyCode, KeyEventKind, KeyModifiers, read};
use crossterm::terminal::{disable_raw_mode, enable_raw_mode};
use kami_store::small_file::{self, SmallFileError};
use thiserror::Error;

use super::language_of_complaints;
use crate::words::say;

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
    environment: &str,
    source: PasswordSource<'_>,
    folder: &Path,
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
        PasswordSource::Prompt => {
            prompt(&say!(language_of_complaints(variable), "password.prompt", name = environment))?
        }
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

/// Asks at the terminal, without an echo.
fn prompt(words: &str) -> Result<String, PasswordError> {
    use std::io::Write as _;
    let mut out = io::stderr();
    // Before the words, since whoever reads them types, and must neither be echoed nor have his Enter read as a line feed.
    enable_raw_mode().map_err(|_| PasswordError::NotTyped)?;
    let _: io::Result<()> = write!(out, "{words}").and_then(|()| out.flush());
    let typed = read_line();
    drop(disable_raw_mode());
    let _: io::Result<()> = writeln!(out);
    typed
}

fn read_line() -> Result<String, PasswordError> {
    let mut line = String::new();
    loop {
        let Event::Key(key) = read().map_err(|_| PasswordError::NotTyped)? else { continue };
        if key.kind == KeyEventKind::Release {
            continue;
        }
        match key.code {
            KeyCode::Enter => return Ok(line),
            KeyCode::Esc => return Err(PasswordError::NotTyped),
            KeyCode::Char('c' | 'd') if key.modifiers.contains(KeyModifiers::CONTROL) => {
                return Err(PasswordError::NotTyped);
            }
            KeyCode::Backspace => drop(line.pop()),
            KeyCode::Char(character) => line.push(character),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find_in(source: PasswordSource<'_>) -> Result<String, PasswordError> {
        find("prod", source, Path::new("/nowhere"), &|name| (name == "SECRET").then(|| "s".to_owned()))
    }

    #[test]
    fn each_source_gives_the_password_without_its_line_end() {
        assert_eq!(find_in(PasswordSource::Variable("SECRET")).unwrap(), "s");
        assert_eq!(find_in(PasswordSource::Command("echo ' a b '")).unwrap(), " a b ");
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
