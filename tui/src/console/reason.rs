//! Why an act was not done, in the operator's language.

use kami_shared::acts::ActRefusal;
use kami_shared::store::{ActError, Right, UndoRefusal, rights_in_words};

use crate::export::ExportError;
use crate::words::{Language, number, say};

/// Why a card does not allow an act.
pub fn refusal(language: Language, refusal: ActRefusal) -> String {
    let key = match refusal {
        ActRefusal::AlreadyDisabled => "reason.already_disabled",
        ActRefusal::NotDisabled => "reason.not_disabled",
        ActRefusal::NeverUsed => "reason.never_used",
        ActRefusal::Expired => "reason.expired",
        ActRefusal::NotBound => "reason.not_bound",
        ActRefusal::NeverExpires => "reason.never_expires",
        ActRefusal::TooLong => "reason.too_long",
        ActRefusal::Unchanged => "reason.unchanged",
        ActRefusal::ChangedSince => "reason.changed_since",
        ActRefusal::CodeTaken => "reason.code_taken",
    };
    say!(language, key)
}

/// Why an account may not do something.
pub fn no_right(language: Language, lacking: &[Right]) -> String {
    say!(language, "reason.no_right", rights = rights_in_words(lacking))
}

/// Why no file was written.
pub fn export_error(language: Language, error: &ExportError) -> String {
    match error {
        ExportError::NoCards => say!(language, "reason.no_cards"),
        ExportError::Cancelled => say!(language, "reason.no_file"),
        ExportError::Exists(path) => say!(language, "reason.file_exists", path = path.display()),
        ExportError::File { path, source } => {
            say!(language, "reason.file", path = path.display(), why = source)
        }
        ExportError::Store(error) => error.to_string(),
    }
}

/// Why an act was not done.
pub fn act_error(language: Language, error: &ActError) -> String {
    let key = match error {
        ActError::Refused(why) => return refusal(language, *why),
        ActError::Store(error) => return error.to_string(),
        ActError::CodesExist(codes) => {
            return say!(language, "reason.codes_exist", n = number(codes.0.len() as u64));
        }
        ActError::NotUndoable(why) => match why {
            UndoRefusal::NoSuchAct => "reason.no_such_act",
            UndoRefusal::AlreadyUndone => "reason.already_undone",
            UndoRefusal::BatchInUse { batch_id, cards } => {
                let key = "reason.batch_in_use";
                return say!(language, key, n = number(*cards), batch = batch_id);
            }
        },
        ActError::ReadOnly => "reason.read_only",
        ActError::NotFound => "reason.not_found",
        ActError::Changed { .. } => "reason.changed",
        ActError::CodeExists => "reason.code_exists",
        ActError::CodesExhausted => "reason.codes_exhausted",
        ActError::Cancelled => "reason.cancelled",
        ActError::Uncertain(_) => "reason.uncertain",
        other => return other.to_string(),
    };
    say!(language, key)
}
