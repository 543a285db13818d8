//! The help and the usage errors in the reader's language. The English texts are those of the arguments themselves; the
//! locale files of the other languages have theirs by the English.

#[cfg(test)]
mod tests;
mod usage_error;

use std::io::{self, Write as _};

use clap::builder::StyledStr;
use clap::error::ErrorKind;
use clap::{Arg, Command, CommandFactory as _};
use kami_common::cells::harmless_lines;
use kami_common::words::{Language, find, say};

use super::Arguments;

pub(super) use self::usage_error::reason;

/// Says in a language why the arguments of this process could not be read, or the help that they ask for, and ends the
/// process with clap's exit code.
pub(super) fn exit(error: &clap::Error, language: Language) -> ! {
    let said = (!language.is_source()).then(|| in_language(language).try_get_matches().err()).flatten();
    let error = said.as_ref().unwrap_or(error);
    let words = match error.kind() {
        ErrorKind::DisplayHelp
        | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
        | ErrorKind::DisplayVersion => error.exit(),
        _ if language.is_source() => error.to_string(),
        _ => format!("kami: {}\n", usage_error::words(language, error)),
    };
    let _: io::Result<()> = write!(io::stderr(), "{}", harmless_lines(&words));
    std::process::exit(error.exit_code())
}

/// The command line with its texts in a language that the sources are not written in.
fn in_language(language: Language) -> Command {
    let mut command = Arguments::command();
    command.build();
    translated(language, command)
}

/// A text of the help in a language, if it is known.
fn translation(language: Language, english: &str) -> Option<String> {
    find(language, &format!("help.{english}"))
}

fn translated(language: Language, command: Command) -> Command {
    let in_words = |text: Option<&StyledStr>| text.map(|text| lines(language, &text.to_string()));
    let (about, long, after) = (
        in_words(command.get_about()),
        in_words(command.get_long_about()),
        in_words(command.get_after_help()),
    );
    let usage = say!(language, "usage.usage");
    let mut command = command
        .help_template(format!(
            "{{before-help}}{{about-with-newline}}\n{usage}{{usage}}\n\n{{all-args}}{{after-help}}"
        ))
        .subcommand_help_heading(lines(language, "Commands"))
        .mut_args(|argument| of_argument(language, argument))
        .mut_subcommands(|command| translated(language, command));
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
fn of_argument(language: Language, argument: Arg) -> Arg {
    let in_words = |text: &StyledStr| lines(language, &text.to_string());
    let usual = if argument.is_positional() { "Arguments" } else { "Options" };
    let heading = lines(language, argument.get_help_heading().unwrap_or(usual));
    let short = argument.get_help().map(in_words).unwrap_or_default();
    let mut long = argument.get_long_help().map_or_else(|| short.clone(), in_words);
    let takes_value = argument.get_action().takes_values();
    let values = if takes_value { argument.get_possible_values() } else { Vec::new() };
    let names: Vec<_> = values.iter().map(|value| value.get_name().to_owned()).collect();
    let default: Vec<_> = argument.get_default_values().iter().map(|value| value.to_string_lossy()).collect();
    let comma = say!(language, "language.comma");
    let mut remarks = Vec::new();
    if !names.is_empty() {
        remarks.push(names.join(&comma));
    }
    if takes_value && !default.is_empty() {
        remarks.push(say!(language, "usage.default", value = default.join(&comma)));
    }
    let remarks = match &remarks[..] {
        [] => String::new(),
        said => {
            let said = said.join(&say!(language, "usage.semicolon"));
            say!(language, "usage.remarks", remarks = said)
        }
    };
    let short = short + &remarks;
    long += &remarks;
    for value in &values {
        if let Some(help) = value.get_help() {
            let said = say!(language, "usage.value", name = value.get_name(), help = in_words(help));
            long.extend(["\n- ", &said]);
        }
    }
    argument
        .help(short)
        .long_help(long)
        .help_heading(heading)
        .hide_default_value(true)
        .hide_possible_values(true)
}

/// A text paragraph by paragraph in a language, or line by line where a paragraph is not known as a whole; what is not
/// known either, such as an example, is the same in every language.
fn lines(language: Language, text: &str) -> String {
    let paragraphs = text.split("\n\n").map(|paragraph| {
        translation(language, paragraph).unwrap_or_else(|| {
            let lines = paragraph.lines();
            let lines = lines.map(|line| translation(language, line).unwrap_or_else(|| line.to_owned()));
            lines.collect::<Vec<_>>().join("\n")
        })
    });
    paragraphs.collect::<Vec<_>>().join("\n\n")
}
