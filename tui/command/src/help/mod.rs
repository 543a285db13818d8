//! The help and the usage errors in the reader's language. The English texts are those of the arguments themselves.

mod chinese;
mod usage_error;

use std::io::{self, Write as _};

use clap::builder::StyledStr;
use clap::error::ErrorKind;
use clap::{Arg, Command, CommandFactory as _};
use kami_common::cells::harmless_lines;
use kami_common::words::Language;

use self::chinese::chinese;
use super::Arguments;

const TEMPLATE: &str = "{before-help}{about-with-newline}\n用法：{usage}\n\n{all-args}{after-help}";

/// Says in a language why the arguments of this process could not be read, or the help that they ask for, and ends the
/// process with clap's exit code.
pub(super) fn exit(error: &clap::Error, language: Language) -> ! {
    let said = (language == Language::Chinese).then(|| in_chinese().try_get_matches().err()).flatten();
    let error = said.as_ref().unwrap_or(error);
    let words = match (error.kind(), language) {
        (
            ErrorKind::DisplayHelp
            | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
            | ErrorKind::DisplayVersion,
            _,
        ) => error.exit(),
        (_, Language::English) => error.to_string(),
        (_, Language::Chinese) => format!("kami: {}\n", usage_error::words(error)),
    };
    let _: io::Result<()> = write!(io::stderr(), "{}", harmless_lines(&words));
    std::process::exit(error.exit_code())
}

/// Why a value is refused, in a language; in English where only that is known.
pub(super) fn reason(language: Language, english: &str) -> String {
    match language {
        Language::English => english.to_owned(),
        Language::Chinese => usage_error::reason(english),
    }
}

/// The command line with its texts in Chinese.
fn in_chinese() -> Command {
    let mut command = Arguments::command();
    command.build();
    translated(command)
}

fn translated(command: Command) -> Command {
    let in_words = |text: Option<&StyledStr>| text.map(|text| lines_in_chinese(&text.to_string()));
    let (about, long, after) = (
        in_words(command.get_about()),
        in_words(command.get_long_about()),
        in_words(command.get_after_help()),
    );
    let mut command = command
        .help_template(TEMPLATE)
        .subcommand_help_heading(chinese("Commands").unwrap_or("Commands"))
        .mut_args(argument)
        .mut_subcommands(translated);
    if let Some(about) = about {
        command = command.about(about);
    }
    if let Some(long) = long {
        command = command.long_about(long);
    }
    if let Some(after) = after {
        command = command.after_help(after);
    }
    command
}

/// An argument with its help, its heading and what clap would add in English.
fn argument(argument: Arg) -> Arg {
    let usual = if argument.is_positional() { "Arguments" } else { "Options" };
    let heading = chinese(argument.get_help_heading().unwrap_or(usual)).unwrap_or(usual);
    let short = argument.get_help().map(|help| lines_in_chinese(&help.to_string())).unwrap_or_default();
    let mut long =
        argument.get_long_help().map_or_else(|| short.clone(), |help| lines_in_chinese(&help.to_string()));
    let takes_value = argument.get_action().takes_values();
    let values = if takes_value { argument.get_possible_values() } else { Vec::new() };
    let names: Vec<_> = values.iter().map(|value| value.get_name().to_owned()).collect();
    let default: Vec<_> = argument.get_default_values().iter().map(|value| value.to_string_lossy()).collect();
    let mut remarks = Vec::new();
    if !names.is_empty() {
        remarks.push(names.join("、"));
    }
    if takes_value && !default.is_empty() {
        remarks.push(format!("默认 {}", default.join("、")));
    }
    let remarks = if remarks.is_empty() { String::new() } else { format!("（{}）", remarks.join("；")) };
    let short = short + &remarks;
    long += &remarks;
    for value in values.iter().filter(|value| value.get_help().is_some()) {
        let help = value.get_help().map(|help| lines_in_chinese(&help.to_string())).unwrap_or_default();
        long.extend(["\n- ", value.get_name(), "：", &help]);
    }
    argument
        .help(short)
        .long_help(long)
        .help_heading(heading)
        .hide_default_value(true)
        .hide_possible_values(true)
}

/// A text paragraph by paragraph in Chinese, or line by line where a paragraph is not known as a whole; what is not
/// known either, such as an example, is the same in both languages.
fn lines_in_chinese(text: &str) -> String {
    let paragraphs = text.split("\n\n").map(|paragraph| {
        chinese(paragraph).map_or_else(
            || {
                let lines = paragraph.lines().map(|line| chinese(line).unwrap_or(line));
                lines.collect::<Vec<_>>().join("\n")
            },
            str::to_owned,
        )
    });
    paragraphs.collect::<Vec<_>>().join("\n\n")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::chinese::{ARGUMENTS, COMMANDS, TEXTS, VALUES};
    use super::*;

    /// Every text that the help of a command and of those below it shows, paragraph by paragraph; of examples only
    /// the lines that are not plain commands.
    fn texts(command: &Command, found: &mut BTreeSet<String>) {
        let mut add = |text: Option<&StyledStr>| {
            let text = text.map(ToString::to_string).unwrap_or_default();
            for paragraph in text.split("\n\n").filter(|paragraph| !paragraph.is_empty()) {
                let is_plain = |line: &&str| line.starts_with("  kami ") && !line.trim().contains("   ");
                found.extend(paragraph.lines().filter(|line| !is_plain(line)).map(str::to_owned));
            }
        };
        for text in [command.get_about(), command.get_long_about(), command.get_after_help()] {
            add(text);
        }
        for argument in command.get_arguments() {
            add(argument.get_help());
            add(argument.get_long_help());
            if argument.get_action().takes_values() {
                for value in argument.get_possible_values() {
                    add(value.get_help());
                }
            }
        }
        for heading in command.get_arguments().filter_map(Arg::get_help_heading) {
            found.insert(heading.to_owned());
        }
        command.get_subcommands().for_each(|command| texts(command, found));
    }

    #[test]
    fn every_text_of_the_help_has_its_chinese_and_nothing_more_has() {
        let mut command = Arguments::command();
        command.build();
        let mut needed = BTreeSet::from(["Commands", "Arguments", "Options"].map(str::to_owned));
        texts(&command, &mut needed);
        let known: Vec<_> = [TEXTS, COMMANDS, ARGUMENTS, VALUES].concat();
        for text in &needed {
            assert!(chinese(text).is_some_and(|chinese| chinese != text), "no Chinese for {text:?}");
        }
        for (index, (english, _)) in known.iter().enumerate() {
            assert!(needed.contains(*english), "{english:?} is nowhere in the help");
            assert!(known[..index].iter().all(|(before, _)| before != english), "{english:?} is there twice");
        }
    }

    #[test]
    fn the_help_is_chinese() {
        for arguments in [&["kami", "--help"][..], &["kami", "generate", "--help"], &["kami", "list", "-h"]] {
            let help = in_chinese().try_get_matches_from(arguments).unwrap_err().to_string();
            insta::assert_snapshot!(arguments[1..].join(" ").replace(['-', ' '], ""), help);
        }
    }
}
