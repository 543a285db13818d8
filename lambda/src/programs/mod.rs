//! The two programs, which only wire: everything that they do is elsewhere. A release has both in one file, as they share
//! nearly all of it, and goes by the name that it is called by.

mod kami_api;
mod kami_expire;

use std::path::Path;
use std::process::ExitCode;

pub use self::kami_api::kami_api;
pub use self::kami_expire::kami_expire;

/// Runs the program whose name the process was called by: the job if that is `kami-expire`, else the API.
pub fn called() -> ExitCode {
    if is_expire(std::env::args_os().next().as_deref().map(Path::new)) { kami_expire() } else { kami_api() }
}

fn is_expire(called: Option<&Path>) -> bool {
    called.and_then(Path::file_name).is_some_and(|name| name == "kami-expire")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_that_it_is_called_by_says_which_program_it_is() {
        for (called, expected) in [
            (Some("kami-expire"), true),
            (Some("/usr/bin/kami-expire"), true),
            (Some("/usr/bin/kami-api"), false),
            (Some("/kami-expire/kami-api"), false),
            (Some("bootstrap"), false),
            (Some(""), false),
            (None, false),
        ] {
            assert_eq!(is_expire(called.map(Path::new)), expected, "{called:?}");
        }
    }
}
