//! Which files a change is about.

use std::ffi::OsStr;
use std::process::Command;

use crate::Failure;

/// The files that differ from `base`, also those that are gone or that git does not know yet.
pub(super) fn changed_files(base: Option<&OsStr>) -> Result<Vec<String>, Failure> {
    let base = match base {
        Some(base) => base.to_str().unwrap_or_default().to_owned(),
        None => git(&["merge-base", "HEAD", "main"]).unwrap_or_else(|_| "HEAD".to_owned()),
    };
    let changed = git(&["diff", "--name-only", "--no-renames", "-z", base.trim()])?;
    let new = git(&["ls-files", "--others", "--exclude-standard", "-z"])?;
    let mut files: Vec<_> = changed
        .split('\0')
        .chain(new.split('\0'))
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect();
    files.sort();
    files.dedup();
    Ok(files)
}

fn git(arguments: &[&str]) -> Result<String, Failure> {
    let output = Command::new("git").args(arguments).output().map_err(|error| Failure::of("git", &error))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        let reason = String::from_utf8_lossy(&output.stderr);
        Err(Failure::new(format!("git {}: {}", arguments.join(" "), reason.trim())))
    }
}
