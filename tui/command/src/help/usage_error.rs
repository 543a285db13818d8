//! What is wrong with the arguments, in a language that clap does not speak.

use std::error::Error as _;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use kami_common::cells::harmless;
use kami_common::words::{Language, find, say};

/// What clap says of the arguments, and where to read on; in English where it says something that is not known here.
pub(super) fn words(language: Language, error: &clap::Error) -> String {
    let Some(wrong) = what_is_wrong(language, error) else { return error.to_string() };
    let suggested =
        [ContextKind::SuggestedArg, ContextKind::SuggestedSubcommand, ContextKind::SuggestedValue]
            .into_iter()
            .find_map(|kind| context(language, error, kind));
    let suggestion = suggested
        .map_or_else(String::new, |suggested| say!(language, "usage.suggestion", suggested = suggested));
    format!("{wrong}{suggestion}\n{}", say!(language, "usage.read_on"))
}

fn what_is_wrong(language: Language, error: &clap::Error) -> Option<String> {
    let of = |kind| context(language, error, kind);
    let argument = of(ContextKind::InvalidArg);
    let key = match error.kind() {
        ErrorKind::InvalidSubcommand => {
            let command = of(ContextKind::InvalidSubcommand)?;
            return Some(say!(language, "usage.unknown_command", command = command));
        }
        ErrorKind::MissingSubcommand => return Some(say!(language, "usage.missing_command")),
        ErrorKind::InvalidUtf8 => return Some(say!(language, "usage.not_text")),
        ErrorKind::ArgumentConflict => match of(ContextKind::PriorArg) {
            Some(other) if Some(&other) != argument.as_ref() => {
                return Some(say!(language, "usage.conflict", argument = argument?, other = other));
            }
            _ => "usage.twice",
        },
        ErrorKind::InvalidValue => return Some(wrong_value(language, error, &argument?)),
        ErrorKind::ValueValidation => {
            let value = of(ContextKind::InvalidValue).filter(|value| !value.is_empty());
            let value = value.unwrap_or_else(|| say!(language, "usage.empty"));
            let why = known_reason(language, &error.source()?.to_string());
            let why = why.unwrap_or_else(|| say!(language, "usage.unknown_reason"));
            return Some(say!(language, "usage.refused", argument = argument?, value = value, why = why));
        }
        ErrorKind::UnknownArgument => "usage.unknown_argument",
        ErrorKind::MissingRequiredArgument => "usage.missing",
        ErrorKind::TooManyValues => "usage.too_many",
        ErrorKind::TooFewValues | ErrorKind::WrongNumberOfValues => "usage.wrong_number",
        ErrorKind::NoEquals => "usage.equals",
        _ => return None,
    };
    Some(say!(language, key, argument = argument?))
}

/// That an argument does not take a value, or lacks one, and which it takes.
fn wrong_value(language: Language, error: &clap::Error, argument: &str) -> String {
    let value = context(language, error, ContextKind::InvalidValue).filter(|value| !value.is_empty());
    let wrong = match value {
        Some(value) => say!(language, "usage.wrong_value", argument = argument, value = value),
        None => say!(language, "usage.no_value", argument = argument),
    };
    let valid = context(language, error, ContextKind::ValidValue);
    match valid {
        Some(valid) => say!(language, "usage.valid", wrong = wrong, valid = valid),
        None => wrong,
    }
}

/// What an error says of one thing, several of it as a list; what was typed is made harmless.
fn context(language: Language, error: &clap::Error, kind: ContextKind) -> Option<String> {
    match error.get(kind)? {
        ContextValue::String(text) => Some(harmless(text).into_owned()),
        ContextValue::Strings(texts) if !texts.is_empty() => {
            Some(harmless(&texts.join(&say!(language, "language.comma"))).into_owned())
        }
        _ => None,
    }
}

/// Why a value is refused, in a language; in English where only that is known.
pub(in super::super) fn reason(language: Language, english: &str) -> String {
    known_reason(language, english).unwrap_or_else(|| english.to_owned())
}

fn known_reason(language: Language, english: &str) -> Option<String> {
    if language.is_source() {
        return None;
    }
    if let Some(known) = find(language, &format!("reason_of_value.{english}")) {
        return Some(known);
    }
    if let Some((_, range)) = english.split_once(" is not in ") {
        let (least, most) = range.split_once("..=")?;
        return Some(say!(language, "usage.range", least = least, most = most));
    }
    let letter = english.strip_prefix("a prefix has letters, digits, _ and - only, not ")?;
    Some(say!(language, "usage.prefix_letter", letter = letter))
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use kami_common::words::Language;

    use super::super::in_language;
    use super::words;

    fn said(arguments: &[&str]) -> String {
        let command_line = ["kami"].iter().chain(arguments);
        let chinese = Language::of_locale("zh");
        words(chinese, &in_language(chinese).try_get_matches_from(command_line).unwrap_err())
    }

    #[test]
    fn what_is_wrong_is_said_in_chinese() {
        for (arguments, expected) in [
            (&["list", "--statos", "active"][..], "没有 --statos 这个参数。您是不是想写 --status"),
            (&["lits"], "没有 lits 这个命令。您是不是想写 list"),
            (&["generate", "--prefix", "VIP"], "缺少 --count <NUMBER>"),
            (&["list", "--\u{1b}[31m"], "没有 --␛[31m 这个参数"),
            (&["list", "--limit"], "--limit <NUMBER> 后面缺少值"),
            (&["list", "--limit", "x"], "--limit <NUMBER> 不能是 x：不是整数"),
            (
                &["list", "--sort", "age"],
                "--sort <ORDER> 不能是 age，可以是 newest、code、machine、created、used、expires",
            ),
            (&["stats", "--days", "0"], "--days <NUMBER> 不能是 0：须为 1 到 365"),
            (
                &["edit", "VIP-1", "--duration", "soon"],
                "--duration <DURATION> 不能是 soon：不是时长：请写“永久”，或数字加单位，如 12小时、45天或 1个月",
            ),
            (
                &["edit", "VIP-1", "--prefix", "V P"],
                "--prefix <PREFIX> 不能是 V P：前缀只能有字母、数字、_ 和 -，不能有 ' '",
            ),
            (&["extend", "VIP-1", "--by", "long"], "--by <SPAN> 不能是 long：不是时间长度"),
            (&["list", "--status", "old"], "--status <STATUS> 不能是 old：不是卡的状态"),
            (
                &["edit", "VIP-1", "--points", "many"],
                "--points <NUMBER> 不能是 many：点数为 1 到 1,000,000,000",
            ),
            (
                &["edit", "VIP-1", "--until", "then"],
                "--until <MOMENT> 不能是 then：不是时刻：请写 2026-01-31",
            ),
            (&["list", "--created", "then"], "--created <RANGE> 不能是 then：不是时间范围"),
            (&["delete", "VIP-1", "--all"], "[CODE]... 不能与 --all 一起使用"),
            (&["list", "--json", "--json"], "--json 只能写一次"),
            (&["edit", "VIP-1", "--prefix", ""], "--prefix <PREFIX> 不能是 空：前缀至少 1 个字符"),
            (
                &["edit", "VIP-1", "--prefix", "ABCDEFGHIJKLMNOPQ"],
                "--prefix <PREFIX> 不能是 ABCDEFGHIJKLMNOPQ：前缀最多 16 个字符",
            ),
            (&["generate", "--length", "5"], "--length <NUMBER> 不能是 5：卡密长度为 6 到 32 个字符"),
            (&["generate", "--length", "x"], "--length <NUMBER> 不能是 x：不是字符数"),
            (&["export", "--format", "xls"], "--format <FORM> 不能是 xls：不是文件格式"),
            (&["show", ""], "<CODE>... 不能是 空：为空"),
            (&["show", &"x".repeat(129)], "<CODE>... 不能是 xxx"),
            (&["list", "--json=x"], "--json 不带值，或值太多"),
            (&["list", "--limit", "-1"], "没有 -1 这个参数"),
            (&["list", "--limit=-1"], "--limit <NUMBER> 不能是 -1：不是整数"),
            (&["list", "--limit="], "--limit <NUMBER> 不能是 空：为空"),
            (
                &["list", "--limit", "99999999999999999999999"],
                "--limit <NUMBER> 不能是 99999999999999999999999：数字太大",
            ),
            (
                &["generate", "--prefix", "VIP", "--count", "0"],
                "--count <NUMBER> 不能是 0：须为 1 到 1000000",
            ),
            (&["log", "x", "y"], "没有 y 这个参数"),
            (&["-e", "a", "--env-file", "b"], "--environment <NAME> 不能与 --env-file <FILE> 一起使用"),
            (&["help", "lits"], "没有 lits 这个命令"),
            (&["list", "extra"], "没有 extra 这个参数"),
            (&["import"], "缺少 <FILE>"),
            (&["completions", "cmd"], "<SHELL> 不能是 cmd"),
        ] {
            let said = said(arguments);
            assert!(said.starts_with(expected), "{arguments:?}: {said}");
            assert!(said.ends_with("\n用 --help 查看用法"), "{said}");
        }
    }

    #[test]
    fn an_argument_that_is_no_text_is_refused_in_chinese() {
        use std::os::unix::ffi::OsStringExt as _;
        let arguments = ["kami".into(), "list".into(), "--prefix".into(), OsString::from_vec(vec![0xff])];
        let chinese = Language::of_locale("zh");
        let said = words(chinese, &in_language(chinese).try_get_matches_from(arguments).unwrap_err());
        assert!(said.starts_with("参数不是 UTF-8 文本"), "{said}");
    }
}
