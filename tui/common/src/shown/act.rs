//! What operators did, and who it was.

use kami_store::{ActRecord, Subject};

use super::block::blocks;
use crate::cells::harmless;
use crate::words::{Language, counted, say};

/// The word for an act of the log; an act of a later version keeps its own name.
pub fn act_word(language: Language, act: &str) -> String {
    let key = format!("log.act.{act}");
    let word = say!(language, key.clone());
    if word.ends_with(&key) { harmless(act).into_owned() } else { word }
}

/// The word for a kind of acts by itself, which tells those on apps and those on presets from one another.
pub fn act_kind(language: Language, act: &str) -> String {
    let word = act_word(language, act);
    match act.split_once('_') {
        Some((of @ ("app" | "preset"), _)) => say!(language, format!("log.of.{of}"), act = word),
        _ => word,
    }
}

/// Who did something: the name that the operator gave, and the account that the server knows them by.
pub fn doer(operator: &str, account: Option<&str>) -> String {
    let operator = harmless(operator);
    account.map_or_else(|| operator.to_string(), |account| format!("{operator} ({})", harmless(account)))
}

/// What an act was done to: how many cards, which app or preset, or who was kept out.
pub fn touched(language: Language, act: &ActRecord) -> String {
    match act.subject() {
        Some(it) => subject(language, it),
        None => counted(language, "log.cards", act.card_count),
    }
}

/// What an act was done to that is no card.
pub fn subject(language: Language, subject: Subject<'_>) -> String {
    match subject {
        Subject::App(app) => say!(language, "log.app", name = harmless(app)),
        Subject::Preset { app, name } => {
            say!(language, "log.preset", name = harmless(&format!("{app}/{name}")))
        }
        Subject::Blocks(whom) => blocks(language, whom),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_done_to_apps_and_presets_is_told_apart_by_itself() {
        for (act, english, chinese) in [
            ("app_remove", "app removed", "应用：移除"),
            ("preset_remove", "preset removed", "预设：移除"),
            ("block_remove", "unblocked", "解封"),
            ("delete", "deleted", "删除"),
            ("later_act", "later_act", "later_act"),
        ] {
            assert_eq!(act_kind(Language::ENGLISH, act), english);
            assert_eq!(act_kind(Language::of_locale("zh"), act), chinese);
        }
    }
}
