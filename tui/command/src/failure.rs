//! Why a command did not do what was asked, and the code with which it ends.

use std::io;

use kami_common::export::ExportError;
use kami_common::words::{Language, say};
use kami_common::{causes, reason};
use kami_store::{AccountError, ActError, AppRefusal, BlockRefusal, PresetRefusal, StoreError, UndoRefusal};
use thiserror::Error;

use super::help;

/// Why a command did not do what was asked, in words for its user.
#[derive(Debug, Error)]
pub enum Failure {
    /// Something broke.
    #[error("{0:#}")]
    Failed(anyhow::Error),
    /// The arguments do not go together.
    #[error("{0}")]
    Usage(String),
    /// There is no such card, act or batch.
    #[error("{0}")]
    NotFound(String),
    /// It may not be done, or not now.
    #[error("{0}")]
    Refused(String),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The system failed, where something was to be read or written.
    #[error(transparent)]
    System(io::Error),
    /// Whoever read the output has seen enough.
    #[error("the output is no longer read")]
    Unread,
}

impl Failure {
    /// The exit code; a reader that has seen enough is no failure.
    pub const fn code(&self) -> u8 {
        match self {
            Self::Unread => 0,
            Self::Failed(_) | Self::Store(_) | Self::System(_) => 1,
            Self::Usage(_) => 2,
            Self::NotFound(_) => 3,
            Self::Refused(_) => 4,
        }
    }

    /// The same in a language, where it has only its own words.
    #[must_use]
    pub fn said_in(self, language: Language) -> Self {
        match self {
            Self::Store(error) => Self::Failed(anyhow::Error::msg(reason::store_error(language, &error))),
            Self::System(error) => {
                let words = say!(language, "command.system", why = causes::system(language, &error));
                Self::Failed(anyhow::Error::msg(words))
            }
            Self::Usage(words) => Self::Usage(help::reason(language, &words)),
            other => other,
        }
    }

    /// What an act's failure means for the command.
    pub(super) fn of_act(language: Language, error: &ActError) -> Self {
        let words = reason::act_error(language, error);
        match error {
            ActError::NotFound
            | ActError::App(AppRefusal::NoSuchApp(_))
            | ActError::Preset(PresetRefusal::NoSuchPreset(_))
            | ActError::Block(BlockRefusal::NotBlocked(_))
            | ActError::NotUndoable(UndoRefusal::NoSuchAct) => Self::NotFound(words),
            ActError::BatchSize => Self::Usage(words),
            ActError::ReadOnly
            | ActError::Refused(_)
            | ActError::Changed { .. }
            | ActError::MoreThanAgreed { .. }
            | ActError::CodeExists
            | ActError::CodesExist(_)
            | ActError::CodesExhausted
            | ActError::App(_)
            | ActError::Preset(_)
            | ActError::Block(_)
            | ActError::Certify(_)
            | ActError::NoTransactions { .. }
            | ActError::NotUndoable(_) => Self::Refused(words),
            ActError::NoRandomness | ActError::Cancelled | ActError::Uncertain(_) | ActError::Store(_) => {
                Self::Failed(anyhow::Error::msg(words))
            }
        }
    }

    /// The same of a line of a file, where it has words for its user.
    #[must_use]
    pub(super) fn in_line(self, language: Language, line: u64) -> Self {
        let said = |why| say!(language, "command.in_line", line = line, why = why);
        match self {
            Self::NotFound(why) => Self::NotFound(said(why)),
            Self::Refused(why) => Self::Refused(said(why)),
            other => other,
        }
    }

    /// What it means for the command that no file was written.
    pub(super) fn of_export(language: Language, error: &ExportError) -> Self {
        let words = reason::export_error(language, error);
        match error {
            ExportError::NoCards | ExportError::NoBlocks => Self::NotFound(words),
            ExportError::Exists(_) => Self::Refused(words),
            ExportError::Cancelled | ExportError::File { .. } | ExportError::Store(_) => {
                Self::Failed(anyhow::Error::msg(words))
            }
        }
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        match error.downcast() {
            Ok(error) => Self::System(error),
            Err(error) => Self::Failed(error),
        }
    }
}

impl From<AccountError> for Failure {
    fn from(error: AccountError) -> Self {
        Self::Usage(error.to_string())
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe { Self::Unread } else { Self::System(error) }
    }
}
