//! Who the operator log says did it, where no setting says so.

use std::process::Command;

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
