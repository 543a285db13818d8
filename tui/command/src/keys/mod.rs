//! `kami keys`: the keys by which apps know that an answer is the server's.
//!
//! They stand in files and never in the database, so that no act on them is in the operator log, and none needs a database.

mod issue;
mod list;
mod new;
mod pin;
mod retire;
mod show;

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use kami_common::key_file::{self, KeyFileProblem};
use kami_common::settings::zone_of_complaints;
use kami_common::words::{Language, say};
use kami_core::zone::Zone;
use kami_trust::key::{PrivateKey, PublicKey};

pub(super) use self::list::moment;
use super::failure::Failure;

/// Make and look at the keys by which apps tell the server's answers from a stranger's
///
/// A root key stays offline and is pinned in the app; it certifies online keys, which sign the answers on the server. The
/// guide is docs/trust.md.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  kami keys new --output root.pem                        on a computer that is no server\n  \
                        kami keys issue --root root.pem --output online.pem    every 90 days, onto the server\n  \
                        kami keys pin root.pem                                 what to paste into the app\n  \
                        kami keys list online.pem"
)]
pub(super) struct Keys {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    New(new::New),
    Issue(issue::Issue),
    List(list::List),
    Show(show::Show),
    Retire(retire::Retire),
    Pin(pin::Pin),
}

/// What all of them need.
struct Surroundings<'a> {
    language: Language,
    zone: Zone,
    variable: &'a dyn Fn(&str) -> Option<String>,
}

impl Keys {
    /// Does what the command below it says.
    pub(super) fn run(
        self,
        language: Language,
        variable: &dyn Fn(&str) -> Option<String>,
    ) -> Result<(), Failure> {
        let surroundings = Surroundings { language, zone: zone_of_complaints(variable), variable };
        match self.command {
            Command::New(new) => new.run(&surroundings),
            Command::Issue(issue) => issue.run(&surroundings),
            Command::List(list) => list.run(&surroundings),
            Command::Show(show) => show.run(&surroundings),
            Command::Retire(retire) => retire.run(&surroundings),
            Command::Pin(pin) => pin.run(&surroundings),
        }
    }
}

impl Surroundings<'_> {
    /// A new key: PKCS #8 in DER, and what is public of it.
    fn new_key(&self) -> Result<(Vec<u8>, PublicKey), Failure> {
        let made = PrivateKey::generate().and_then(|private| {
            let public = PrivateKey::from_pkcs8(&private)?.public();
            Ok((private, public))
        });
        made.map_err(|_| Failure::Failed(anyhow::Error::msg(say!(self.language, "reason.no_randomness"))))
    }

    /// The file that is meant: the one that is named, else the server's.
    fn file(&self, named: Option<PathBuf>) -> Result<PathBuf, Failure> {
        file_or_servers(self.language, named, self.variable)
    }

    /// What is wrong with a file.
    fn unusable(&self, path: &Path, problem: &KeyFileProblem) -> Failure {
        unusable(self.language, path, problem)
    }

    /// Why a file was not written.
    fn unwritten(&self, path: &Path, error: &std::io::Error) -> Failure {
        unwritten(self.language, path, error)
    }
}

/// The file of keys that is named, else the server's.
pub(super) fn file_or_servers(
    language: Language,
    named: Option<PathBuf>,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<PathBuf, Failure> {
    let of_server = || variable(key_file::VARIABLE).filter(|path| !path.is_empty()).map(PathBuf::from);
    let words = || say!(language, "keys.which_file", variable = key_file::VARIABLE);
    named.or_else(of_server).ok_or_else(|| Failure::Usage(words()))
}

/// What is wrong with a file of keys.
pub(super) fn unusable(language: Language, path: &Path, problem: &KeyFileProblem) -> Failure {
    let why = problem.words(language);
    let words = say!(language, "keys.unusable", file = path.display(), why = why);
    match problem {
        KeyFileProblem::File(error) if error.is_missing() => Failure::NotFound(words),
        _ => Failure::Failed(anyhow::Error::msg(words)),
    }
}

/// Why a new file was not written.
pub(super) fn unwritten(language: Language, path: &Path, error: &std::io::Error) -> Failure {
    if error.kind() == std::io::ErrorKind::AlreadyExists {
        return Failure::Refused(say!(language, "keys.exists", file = path.display()));
    }
    let why = kami_common::causes::system(language, error);
    Failure::Failed(anyhow::Error::msg(say!(language, "keys.unwritten", file = path.display(), why = why)))
}
