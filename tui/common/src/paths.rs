//! Paths as people type them.

use std::path::{Path, PathBuf};

/// The path with a leading `~/` put at the home of whoever runs us, as a shell would; unchanged without a home.
pub fn expand(path: &Path) -> PathBuf {
    expand_at(path, std::env::var_os("HOME").map(PathBuf::from).as_deref())
}

fn expand_at(path: &Path, home: Option<&Path>) -> PathBuf {
    match (path.strip_prefix("~"), home) {
        (Ok(rest), Some(home)) if !home.as_os_str().is_empty() => home.join(rest),
        _ => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_tilde_of_its_own_is_the_home() {
        let home = Some(Path::new("/home/li"));
        for (typed, home, meant) in [
            ("~/codes.txt", home, "/home/li/codes.txt"),
            ("~", home, "/home/li"),
            ("~anna/codes.txt", home, "~anna/codes.txt"),
            ("a/~/codes.txt", home, "a/~/codes.txt"),
            ("/tmp/codes.txt", home, "/tmp/codes.txt"),
            ("~/codes.txt", None, "~/codes.txt"),
        ] {
            assert_eq!(expand_at(Path::new(typed), home), Path::new(meant));
        }
    }
}
