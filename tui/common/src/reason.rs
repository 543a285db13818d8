//! Why an act was not done, in the operator's language.

use kami_core::acts::ActRefusal;
use kami_core::app::{App, AppError, NamedValue};
use kami_core::batch::MAX_BATCH;
use kami_core::block::{MAX_BLOCKS, NoTarget};
use kami_core::certify::CertifyRefusal;
use kami_core::operator::Note;
use kami_core::policy::{NoLease, NoOffline, NoUnbinding, PolicyPart};
use kami_core::preset::{Preset, PresetError};
use kami_core::price::{NoCurrency, NoPrice, Price};
use kami_core::property::{Property, Traits};
use kami_core::trial::NoTrial;
use kami_core::version::NoVersion;
use kami_store::socket::UntrustedSocket;
use kami_store::{
    ActError, AppRefusal, BlockRefusal, PresetRefusal, Right, StoreError, UndoRefusal, Withheld,
    rights_in_words,
};
use kami_transfer::blocks::BlockFault;
use kami_transfer::import::{MAX_BYTES, MAX_MALFORMED, MalformedReason, ReadError};

use crate::causes;
use crate::cells::harmless;
use crate::export::ExportError;
use crate::shown;
use crate::words::{Language, number, say};

/// Why a card does not allow an act.
pub fn refusal(language: Language, refusal: ActRefusal) -> String {
    let key = match refusal {
        ActRefusal::AlreadyDisabled => "reason.already_disabled",
        ActRefusal::NotDisabled => "reason.not_disabled",
        ActRefusal::NeverUsed => "reason.never_used",
        ActRefusal::Expired => "reason.expired",
        ActRefusal::NotBound => "reason.not_bound",
        ActRefusal::NoSeat => "reason.no_seat",
        ActRefusal::NeverExpires => "reason.never_expires",
        ActRefusal::TooLong => "reason.too_long",
        ActRefusal::Unchanged => "reason.unchanged",
        ActRefusal::ChangedSince => "reason.changed_since",
        ActRefusal::AppGone => "reason.app_gone",
        ActRefusal::CodeTaken => "reason.code_taken",
    };
    say!(language, key)
}

/// Why an account may not do something.
pub fn no_right(language: Language, lacking: &[Right]) -> String {
    say!(language, "reason.no_right", rights = rights_in_words(lacking))
}

/// Why the database gave no answer.
pub fn store_error(language: Language, error: &StoreError) -> String {
    let why = error.cause().map(|cause| causes::database(language, &cause)).unwrap_or_default();
    match error {
        StoreError::Unavailable(_) => say!(language, "store.unavailable", why = why),
        StoreError::NoAddress(why) => say!(language, "store.no_address", why = why),
        StoreError::Withheld(why) => withheld(language, why),
        StoreError::TimedOut => say!(language, "store.timed_out"),
        StoreError::Contended => say!(language, "store.contended"),
        StoreError::Abandoned => say!(language, "store.abandoned"),
        StoreError::Undecodable => say!(language, "store.undecodable"),
        StoreError::UndecodableCard(id) => unreadable(language, &[*id]),
        StoreError::NotIndexed => say!(language, "store.not_indexed"),
        StoreError::Refused(_) => say!(language, "store.refused", why = why),
    }
}

/// Why the password was not sent.
fn withheld(language: Language, why: &Withheld) -> String {
    match why {
        Withheld::Unproven => say!(language, "store.unproven"),
        Withheld::UselessKey => say!(language, "store.useless_key"),
        Withheld::Socket(UntrustedSocket { entry, owner }) => {
            say!(language, "store.untrusted_socket", entry = entry.display(), owner = owner)
        }
    }
}

/// That the rows of some cards cannot be understood, with the numbers of the first few.
pub fn unreadable(language: Language, ids: &[u64]) -> String {
    const NAMED: usize = 10;
    let named = ids.iter().take(NAMED).map(u64::to_string).collect::<Vec<_>>().join(", ");
    let ids = if ids.len() > NAMED { named + ", …" } else { named };
    say!(language, "store.unreadable", ids = ids)
}

/// Why a file of codes cannot be read to its end.
pub fn read_error(language: Language, error: &ReadError) -> String {
    match error {
        ReadError::TooLarge => say!(language, "upload.too_large", most = MAX_BYTES / 1024 / 1024),
        ReadError::LongRow(line) => say!(language, "upload.long_row", line = number(*line)),
        ReadError::TooManyCards => say!(language, "upload.too_many", most = number(u64::from(MAX_BATCH))),
        ReadError::TooManyBlocks => {
            say!(language, "upload.too_many_blocks", most = number(u64::from(MAX_BLOCKS)))
        }
        ReadError::TooManyMalformed => {
            say!(language, "upload.malformed", most = number(MAX_MALFORMED as u64))
        }
        ReadError::NoDuration => say!(language, "command.needs_duration"),
        ReadError::OpenQuote(line) => say!(language, "upload.open_quote", line = number(*line)),
        ReadError::Workbook => say!(language, "upload.workbook"),
        ReadError::Io(error) => causes::system(language, error),
    }
}

/// What is wrong with a line of such a file.
pub fn malformed(language: Language, reason: MalformedReason) -> String {
    let key = match reason {
        MalformedReason::Word => "malformed.word",
        MalformedReason::Code => "malformed.code",
        MalformedReason::Value(property) => {
            let (label, problem) = (shown::label(language, property), problem(language, property));
            return say!(language, "malformed.value", property = label, problem = problem);
        }
        MalformedReason::Repeated(line) => {
            return say!(language, "malformed.repeated", line = number(line));
        }
        MalformedReason::Alike(line) => return say!(language, "malformed.alike", line = number(line)),
        MalformedReason::RowInQuotes(line) => {
            return say!(language, "malformed.row_in_quotes", line = number(line));
        }
        MalformedReason::NoHeader => "malformed.no_header",
        MalformedReason::TwoColumns => "malformed.two_columns",
        MalformedReason::HeaderAgain => "malformed.header_again",
        MalformedReason::Total => "malformed.total",
        MalformedReason::NoCode => "malformed.no_code",
        MalformedReason::OtherApp => "malformed.other_app",
        MalformedReason::NoUnit => "malformed.no_unit",
        MalformedReason::SeveralCells => "malformed.several_cells",
        MalformedReason::TooManyCells => "malformed.too_many_cells",
        MalformedReason::Quote => "malformed.quote",
        MalformedReason::NotText => "malformed.not_text",
        MalformedReason::MadeNumber => "malformed.made_number",
        MalformedReason::MadeDate => "malformed.made_date",
    };
    say!(language, key)
}

/// What a property can be, where something else was typed for it.
pub fn problem(language: Language, property: Property) -> String {
    let Traits { word, most_chars, .. } = property.traits();
    say!(language, format!("problem.{}", word.unwrap_or_default()), most = most_chars)
}

/// Why no file was written.
pub fn export_error(language: Language, error: &ExportError) -> String {
    match error {
        ExportError::NoCards => say!(language, "reason.no_cards"),
        ExportError::NoBlocks => say!(language, "block.nobody"),
        ExportError::Cancelled => say!(language, "reason.no_file"),
        ExportError::Exists(path) => say!(language, "reason.file_exists", path = path.display()),
        ExportError::File { path, source } => {
            say!(language, "reason.file", path = path.display(), why = causes::system(language, source))
        }
        ExportError::Store(error) => store_error(language, error),
    }
}

/// Why an app, or cards of one, cannot be had.
fn app_refusal(language: Language, refusal: &AppRefusal) -> String {
    let (key, app) = match refusal {
        AppRefusal::Closed => return say!(language, "reason.app_closed"),
        AppRefusal::NoSuchApp(app) => ("reason.no_such_app", app),
        AppRefusal::Exists(app) => ("reason.app_exists", app),
        AppRefusal::Archived(app) => ("reason.app_archived", app),
        AppRefusal::Needed(app) => ("reason.app_needed", app),
        AppRefusal::Changed(app) => ("reason.app_changed", app),
        AppRefusal::HasPresets(app) => ("reason.app_has_presets", app),
        AppRefusal::HasBlocks(app) => ("reason.app_has_blocks", app),
        AppRefusal::Unchanged(app) => ("reason.app_unchanged", app),
    };
    say!(language, key, app = app)
}

/// Why nobody is kept out or let in again.
fn block_refusal(language: Language, refusal: &BlockRefusal) -> String {
    match refusal {
        BlockRefusal::TooMany => say!(language, "reason.blocks_full", most = number(u64::from(MAX_BLOCKS))),
        BlockRefusal::Unchanged => say!(language, "reason.block_unchanged"),
        BlockRefusal::NotBlocked(keys) => {
            let targets = shown::targets(language, keys.iter().map(|key| &key.target));
            say!(language, "reason.not_blocked", targets = targets)
        }
    }
}

/// Why a text names neither a machine nor a network.
pub fn no_target(language: Language, error: NoTarget) -> String {
    match error {
        NoTarget::Network => say!(language, "problem.network"),
        NoTarget::Machine(_) => say!(language, "problem.machine"),
    }
}

/// What is wrong with a line of a table of those who are kept out.
pub fn block_fault(language: Language, fault: BlockFault) -> String {
    let of = |field: &str, problem: String| {
        say!(language, "malformed.value", property = shown::block_label(language, field), problem = problem)
    };
    match fault {
        BlockFault::Line(reason) => malformed(language, reason),
        BlockFault::Target(error) => no_target(language, error),
        BlockFault::NoHeader => say!(language, "malformed.no_target_header"),
        BlockFault::NoTarget => say!(language, "malformed.no_target"),
        BlockFault::Kind => say!(language, "malformed.kind"),
        BlockFault::App => of("app", problem(language, Property::App)),
        BlockFault::Reason => of("reason", say!(language, "problem.note", most = Note::MAX_CHARS)),
        BlockFault::Until => of("until", say!(language, "problem.valid_until")),
        BlockFault::Repeated(line) => say!(language, "malformed.block_repeated", line = number(line)),
    }
}

/// Why an app cannot have what was typed for it.
pub fn app_error(language: Language, error: &AppError) -> String {
    match error {
        AppError::Title => say!(language, "problem.title", most = App::MAX_TITLE),
        AppError::Lease(NoLease) => say!(language, "problem.lease"),
        AppError::Offline(NoOffline) => say!(language, "problem.offline"),
        AppError::Trial(NoTrial) => say!(language, "problem.trial"),
        AppError::Unbind(NoUnbinding::By) => say!(language, "problem.unbind"),
        AppError::Unbind(NoUnbinding::Cooldown) => say!(language, "problem.unbind_cooldown"),
        AppError::Unbind(NoUnbinding::Limit) => say!(language, "problem.unbind_limit"),
        AppError::Unbind(NoUnbinding::Cost) => say!(language, "problem.unbind_cost"),
        AppError::Policy => say!(language, "problem.policy_size", most = PolicyPart::MAX_BYTES),
        AppError::Version(NoVersion) => say!(language, "problem.version"),
        AppError::Url => say!(language, "problem.url", most = App::MAX_URL),
        AppError::Notice => say!(language, "problem.notice", most = App::MAX_NOTICE),
        AppError::ValueName => say!(language, "problem.value_name", most = NamedValue::MAX_NAME),
        AppError::ValueSize { name } => {
            say!(language, "problem.value_size", name = name, most = NamedValue::MAX_BYTES)
        }
        AppError::TooManyValues => say!(language, "problem.value_count", most = App::MAX_VALUES),
        AppError::MinimumAboveLatest => say!(language, "problem.minimum"),
    }
}

/// Why a preset cannot be had.
fn preset_refusal(language: Language, refusal: &PresetRefusal) -> String {
    let (key, preset) = match refusal {
        PresetRefusal::TooMany => return say!(language, "reason.too_many_presets", most = Preset::MAX),
        PresetRefusal::NoSuchPreset(preset) => ("reason.no_such_preset", preset),
        PresetRefusal::Exists(preset) => ("reason.preset_exists", preset),
        PresetRefusal::Changed(preset) => ("reason.preset_changed", preset),
        PresetRefusal::Unchanged(preset) => ("reason.preset_unchanged", preset),
    };
    say!(language, key, preset = preset)
}

/// Why a preset cannot have what was typed for it.
pub fn preset_error(language: Language, error: PresetError) -> String {
    match error {
        PresetError::Currency(NoCurrency) => say!(language, "problem.currency"),
        PresetError::Price(NoPrice::Amount) => say!(language, "problem.price"),
        PresetError::Price(NoPrice::Decimals { currency }) => {
            say!(language, "problem.price_decimals", currency = currency, decimals = currency.decimals())
        }
        PresetError::Price(NoPrice::TooHigh { currency }) => {
            let most = currency.written(Price::MAX);
            say!(language, "problem.price_high", most = most, currency = currency)
        }
        PresetError::Unpriced => say!(language, "problem.unpriced"),
        PresetError::Amountless => say!(language, "problem.amountless"),
        PresetError::Moment => say!(language, "problem.until"),
        PresetError::Pointless => say!(language, "problem.recharge"),
    }
}

/// Why no licence file was made, as a key of the locale files.
const fn certify_refusal(refusal: CertifyRefusal) -> &'static str {
    match refusal {
        CertifyRefusal::Disabled => "reason.certify.disabled",
        CertifyRefusal::Expired => "reason.certify.expired",
        CertifyRefusal::Blocked => "reason.certify.blocked",
        CertifyRefusal::SeatsFull => "reason.certify.seats_full",
        CertifyRefusal::Over => "reason.certify.over",
        CertifyRefusal::OutlastsCard => "reason.certify.outlasts_card",
        CertifyRefusal::OutlastsKey => "reason.certify.outlasts_key",
        CertifyRefusal::Policy => "reason.certify.policy",
    }
}

/// Why an act was not done.
pub fn act_error(language: Language, error: &ActError) -> String {
    let key = match error {
        ActError::Refused(why) => return refusal(language, *why),
        ActError::Store(error) => return store_error(language, error),
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
            UndoRefusal::Certified => "reason.certified",
        },
        ActError::App(why) => return app_refusal(language, why),
        ActError::Preset(why) => return preset_refusal(language, why),
        ActError::Block(why) => return block_refusal(language, why),
        ActError::Certify(why) => certify_refusal(*why),
        ActError::NoTransactions { table, engine } => {
            return say!(language, "reason.no_transactions", table = table, engine = harmless(engine));
        }
        ActError::MoreThanAgreed { found, agreed } => {
            let (found, agreed) = (number(*found), number(*agreed));
            return say!(language, "reason.more_than_agreed", n = found, agreed = agreed);
        }
        ActError::ReadOnly => "reason.read_only",
        ActError::NotFound => "reason.not_found",
        ActError::Changed { .. } => "reason.changed",
        ActError::CodeExists => "reason.code_exists",
        ActError::CodesExhausted => "reason.codes_exhausted",
        ActError::Cancelled => "reason.cancelled",
        ActError::Uncertain(_) => "reason.uncertain",
        ActError::BatchSize => {
            return say!(language, "reason.batch_size", most = number(u64::from(MAX_BATCH)));
        }
        ActError::NoRandomness => "reason.no_randomness",
    };
    say!(language, key)
}
