//! Who the operator log says did it, where no setting says so.

use std::process::Command;

use thiserror::Error;

/// The system's user and, over SSH, where he comes from: `li` or `li@10.0.0.7`.
pub(super) fn of_system(variable: &dyn Fn(&str) -> Option<String>) -> String {
    let set = |name| variable(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty());
    let user = set("USER").or_else(|| set("LOGNAME")).or_else(user_of_the_system);
    let user = user.unwrap_or_else(|| "unknown".to_owned());
    let origin = set("SSH_CONNECTION").or_else(|| set("SSH_CLIENT"));
    match origin.as_deref().and_then(|origin| origin.split_whitespace().next()) {
        Some(origin) => format!("{user}@{origin}"),
        None => user,
    }
}

/// Why an account of SSH whose only shell is kami is not served.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum SshError {
    /// The client asked for a program instead of a terminal.
    #[error("this account opens the console and nothing else: connect without a command")]
    Command,
    /// The key's line says nobody.
    #[error(
        "this key names no operator: its line of authorized_keys needs environment=\"{VARIABLE}=NAME\", and sshd_config PermitUserEnvironment {VARIABLE}"
    )]
    Nobody,
}

/// The variable in which a key's line of `authorized_keys` names its operator.
pub(super) const VARIABLE: &str = "KAMI_OPERATOR";

/// The operator that the key names, where the account is shared and nothing else may say who it is.
pub(super) fn of_key(variable: &dyn Fn(&str) -> Option<String>) -> Result<String, SshError> {
    if variable("SSH_ORIGINAL_COMMAND").is_some() {
        return Err(SshError::Command);
    }
    variable(VARIABLE).filter(|name| !name.trim().is_empty()).ok_or(SshError::Nobody)
}

/// The name of our user where no variable has it, as under cron or in a container.
fn user_of_the_system() -> Option<String> {
    let output = Command::new("id").arg("-un").output().ok()?;
    let name = String::from_utf8(output.stdout).ok()?.trim().to_owned();
    Some(name).filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_names_the_operator_and_a_client_no_command() {
        for (name, command, found) in [
            (Some("alice"), None, Ok("alice".to_owned())),
            (Some("alice"), Some("sh"), Err(SshError::Command)),
            (Some("alice"), Some(""), Err(SshError::Command)),
            (Some(" "), None, Err(SshError::Nobody)),
            (None, None, Err(SshError::Nobody)),
        ] {
            let variable = |variable: &str| match variable {
                "KAMI_OPERATOR" => name.map(str::to_owned),
                "SSH_ORIGINAL_COMMAND" => command.map(str::to_owned),
                _ => Some("root".to_owned()),
            };
            assert_eq!(of_key(&variable), found);
        }
    }

    #[test]
    fn ssh_adds_its_origin() {
        for (ssh, named) in [(None, "li"), (Some("10.0.0.7 50000 10.0.0.1 22"), "li@10.0.0.7")] {
            let variable = |name: &str| match name {
                "USER" => Some("li".to_owned()),
                "SSH_CONNECTION" => ssh.map(str::to_owned),
                _ => None,
            };
            assert_eq!(of_system(&variable), named);
        }
    }
}
