use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use kami_common::words::Language;

use super::*;

/// Every language that the sources are not written in.
fn translations() -> impl Iterator<Item = Language> {
    Language::all().filter(|language| !language.is_source())
}

/// The English texts under a heading of a language's file.
fn texts_of(language: Language, heading: &str) -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../common/locales");
    let file = fs::read_to_string(folder.join(format!("{}.yml", language.code()))).unwrap();
    let lines = file.lines().skip_while(|line| *line != format!("{heading}:")).skip(1);
    let lines = lines.take_while(|line| line.is_empty() || line.starts_with("  "));
    let pairs = lines.filter(|line| line.starts_with("  \"")).map(|line| {
        let pair: serde_json::Map<_, _> = serde_json::from_str(&format!("{{{line}}}")).unwrap();
        pair.into_iter().next().unwrap().0
    });
    pairs.collect()
}

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
fn every_text_of_the_help_is_translated_into_each_language_and_nothing_more_is() {
    let mut command = Arguments::command();
    command.build();
    let mut needed = BTreeSet::from(["Commands", "Arguments", "Options"].map(str::to_owned));
    texts(&command, &mut needed);
    for language in translations() {
        for text in &needed {
            let said = translation(language, text);
            assert!(said.is_some_and(|said| said != *text), "{language:?}: {text:?} is not translated");
        }
        let known = texts_of(language, "help");
        for (index, english) in known.iter().enumerate() {
            assert!(needed.contains(english), "{language:?}: {english:?} is nowhere in the help");
            assert!(!known[..index].contains(english), "{language:?}: {english:?} is there twice");
        }
    }
}

/// The sources of the crates whose values the command line reads.
fn sources(folder: &Path) -> String {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let texts = entries.map(|path| match path.extension() {
        Some(extension) if extension == "rs" => fs::read_to_string(&path).unwrap(),
        _ if path.is_dir() => sources(&path),
        _ => String::new(),
    });
    texts.collect()
}

#[test]
fn every_reason_that_is_translated_is_one_that_a_value_is_refused_for() {
    let crates = [
        "../../shared/core/src",
        "../../shared/store/src",
        "../../shared/transfer/src",
        "../common/src",
        "src",
    ];
    let program: String =
        crates.iter().map(|folder| sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder))).collect();
    // Of a reason with a bound the sources have what stands before it.
    let filled_in: Vec<_> = program
        .split('"')
        .filter_map(|literal| literal.split_once('{').map(|(beginning, _)| beginning))
        .filter(|beginning| beginning.contains(' ') && beginning.len() > 8)
        .collect();
    let of_numbers =
        ["x", "", "99999999999", "-99999999999"].map(|text| text.parse::<i32>().unwrap_err().to_string());
    let mut all = translations().map(|language| (language, texts_of(language, "reason_of_value")));
    let (first, expected) = all.next().unwrap();
    for english in &expected {
        let is_known = program.contains(&format!("\"{english}\""))
            || filled_in.iter().any(|beginning| english.starts_with(beginning))
            || of_numbers.contains(english);
        assert!(is_known, "{first:?}: nothing is refused because it is {english:?}");
    }
    for (language, found) in all {
        assert_eq!(found, expected, "{language:?} has other reasons than {first:?}");
    }
}

#[test]
fn the_help_is_chinese() {
    let chinese = Language::of_locale("zh");
    for arguments in [&["kami", "--help"][..], &["kami", "generate", "--help"], &["kami", "list", "-h"]] {
        let help = in_language(chinese).try_get_matches_from(arguments).unwrap_err().to_string();
        insta::assert_snapshot!(arguments[1..].join(" ").replace(['-', ' '], ""), help);
    }
}
