//! Which environment is meant, asked at the terminal where the configuration has several and nothing chooses.

use std::io::{self, BufRead, IsTerminal as _, Write};

use kami_common::cells::{cells, harmless, pad_right};
use kami_common::settings::{EnvironmentBrief, Settings, SettingsError, Wishes, language_of_complaints};
use kami_common::words::{Language, say};
use rustix::termios::{QueueSelector, tcflush};

/// Reads the settings, once whoever sits at the terminal has said which of several environments it is. Elsewhere, and
/// over SSH, where the account's configuration alone says so, several without a choice are refused.
pub(super) fn settings(
    wishes: Wishes,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<Settings, SettingsError> {
    let (config, known) = match Settings::read(&wishes, variable) {
        Err(SettingsError::Unchosen { config, known }) if !wishes.confined && has_terminal() => {
            (config, known)
        }
        read => return read,
    };
    // What was typed before the question, as the rest of a paste, is no answer to it.
    let _: Result<(), rustix::io::Errno> = tcflush(io::stdin(), QueueSelector::IFlush);
    let language = language_of_complaints(variable);
    match ask(language, &known, &mut io::stdin().lock(), &mut io::stderr()) {
        Some(name) => Settings::read(&Wishes { environment: Some(name), ..wishes }, variable),
        None => Err(SettingsError::Unchosen { config, known }),
    }
}

fn has_terminal() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Asks until a name or a number of the list is typed; `None` where nothing more comes.
fn ask(
    language: Language,
    known: &[EnvironmentBrief],
    answers: &mut impl BufRead,
    terminal: &mut impl Write,
) -> Option<String> {
    writeln!(terminal, "{}", list(language, known)).ok()?;
    loop {
        write!(terminal, "{} ", say!(language, "environment.which", n = known.len())).ok()?;
        terminal.flush().ok()?;
        let mut answer = String::new();
        if answers.read_line(&mut answer).ok()? == 0 {
            return None;
        }
        let answer = answer.trim();
        if let Some(chosen) = meant(answer, known) {
            return Some(chosen.name.clone());
        }
        if !answer.is_empty() {
            writeln!(terminal, "{}", say!(language, "environment.none_such", text = harmless(answer)))
                .ok()?;
        }
    }
}

/// The environments, a line each: number, name, where it is, and what it forbids or who depends on it.
fn list(language: Language, known: &[EnvironmentBrief]) -> String {
    let names: Vec<_> = known.iter().map(|environment| harmless(&environment.name)).collect();
    let width = names.iter().map(|name| cells(name)).max().unwrap_or(0);
    let digits = known.len().to_string().len();
    let mut lines = vec![say!(language, "environment.several")];
    for (number, (environment, name)) in (1..).zip(known.iter().zip(names)) {
        let mut parts = vec![environment.place.as_deref().map(|place| harmless(place).into_owned())];
        parts.push(environment.production.then(|| say!(language, "header.production")));
        parts.push(environment.read_only.then(|| say!(language, "header.read_only")));
        let said: Vec<String> = parts.into_iter().flatten().collect();
        lines.push(format!("  {number:>digits$}  {}  {}", pad_right(&name, width), said.join(" · ")));
    }
    lines.join("\n")
}

/// The environment that an answer names, or whose number in the list it is, also in full-width digits.
fn meant<'a>(answer: &str, known: &'a [EnvironmentBrief]) -> Option<&'a EnvironmentBrief> {
    let by_name = || known.iter().find(|environment| environment.name == answer);
    let by_number = || {
        let number: usize = kami_core::canonical::canonical(answer).parse().ok()?;
        known.get(number.checked_sub(1)?)
    };
    by_name().or_else(by_number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known() -> Vec<EnvironmentBrief> {
        [("店铺", true, false), ("dev", false, false), ("3", false, true)]
            .map(|(name, production, read_only)| EnvironmentBrief {
                name: name.to_owned(),
                place: Some(format!("{name}.lan/kamisystem")),
                production,
                read_only,
            })
            .into()
    }

    fn asked(typed: &str) -> (Option<String>, String) {
        let mut shown = Vec::new();
        let chosen = ask(Language::of_locale("zh"), &known(), &mut typed.as_bytes(), &mut shown);
        (chosen, String::from_utf8(shown).unwrap())
    }

    #[test]
    fn a_name_or_a_number_chooses_and_nothing_else_does() {
        for (typed, chosen) in [
            ("dev\n", Some("dev")),
            ("2\n", Some("dev")),
            (" ２ \n", Some("dev")),
            ("店铺\r\n", Some("店铺")),
            // a name beats a number
            ("3\n", Some("3")),
            ("\n\n1\n", Some("店铺")),
            ("0\n4\n-1\nde\nDEV\n99999999999999999999\n", None),
            ("", None),
        ] {
            assert_eq!(asked(typed).0.as_deref(), chosen, "{typed:?}");
        }
    }

    #[test]
    fn the_list_names_what_is_production_and_what_is_read_only() {
        let (_, shown) = asked("x\u{1b}[2J\n2\n");
        assert_eq!(
            shown,
            "配置中有多个环境：\n  \
               1  店铺  店铺.lan/kamisystem · 生产环境\n  \
               2  dev   dev.lan/kamisystem\n  \
               3  3     3.lan/kamisystem · 只读\n\
             使用哪一个？请输入名称或编号（1–3）： 没有“x␛[2J”。\n\
             使用哪一个？请输入名称或编号（1–3）： "
        );
    }
}
