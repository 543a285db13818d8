//! The texts of both languages: none is missing, none is left over, and both fill in the same values.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use kami_console::input::keymap::BINDINGS;

/// A text in both languages.
struct Text {
    english: String,
    chinese: String,
}

/// Every text by its key.
fn texts() -> BTreeMap<String, Text> {
    let mut texts = BTreeMap::new();
    for file in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("common/locales")).unwrap() {
        let file = fs::read_to_string(file.unwrap().path()).unwrap();
        for line in file.lines().filter(|line| !line.is_empty() && *line != "_version: 2") {
            let (key, text) = line.split_once(": { en: \"").unwrap_or_else(|| panic!("{line}"));
            let (english, chinese) = text.split_once("\", zh: \"").unwrap_or_else(|| panic!("{line}"));
            let chinese = chinese.strip_suffix("\" }").unwrap_or_else(|| panic!("{line}"));
            let text = Text { english: english.to_owned(), chinese: chinese.to_owned() };
            assert!(texts.insert(key.to_owned(), text).is_none(), "{key} twice");
        }
    }
    texts
}

/// The program's sources, one after another.
fn sources(folder: &Path) -> String {
    let mut all = String::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.push_str(&sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            all.push_str(&fs::read_to_string(path).unwrap());
        }
    }
    all
}

fn program() -> String {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR"));
    ["common/src", "console/src", "command/src"].map(|folder| sources(&crates.join(folder))).concat()
}

/// What is filled into a text.
fn values(text: &str) -> BTreeSet<&str> {
    text.split("%{").skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name).collect()
}

#[test]
fn both_languages_fill_in_the_same_values() {
    for (key, Text { english, chinese }) in texts() {
        assert_eq!(values(&english), values(&chinese), "{key}");
        assert!(!english.is_empty() && !chinese.is_empty(), "{key} says nothing");
    }
}

#[test]
fn each_language_is_written_in_its_own_script() {
    let is_chinese = |character: char| matches!(character, '\u{3000}'..='\u{9fff}' | '\u{ff00}'..='\u{ffef}');
    // Its name is said in the other language: whoever looks for it reads that one. 卡密 is a column's title in files.
    let bilingual = ["act.language"];
    for (key, Text { english, chinese }) in texts() {
        if !bilingual.contains(&key.as_str()) {
            assert!(!english.chars().any(is_chinese), "{key}: {english}");
        }
        let said = chinese.split("%{").map(|part| part.split_once('}').map_or(part, |(_, rest)| rest));
        let words = said.collect::<String>();
        let is_told = bilingual.contains(&key.as_str())
            || words.chars().any(is_chinese)
            || !words.chars().any(|letter| letter.is_ascii_lowercase());
        assert!(
            is_told || ["command.yes_no", "command.doctor.tls"].contains(&key.as_str()),
            "{key}: {chinese}"
        );
    }
}

#[test]
fn every_text_is_said_somewhere() {
    let program = program();
    let composed: BTreeSet<&str> = program
        .split('"')
        .filter_map(|literal| literal.split_once('{').map(|(beginning, _)| beginning))
        .filter(|beginning| beginning.ends_with('.') && !beginning.contains(' '))
        .collect();
    for key in texts().into_keys() {
        let stem = key.strip_suffix(".one").or_else(|| key.strip_suffix(".many")).unwrap_or(&key);
        let is_said = [key.as_str(), stem].iter().any(|key| program.contains(&format!("\"{key}\"")))
            || composed.iter().any(|beginning| key.starts_with(beginning))
            || is_hint(&key);
        assert!(is_said, "nothing says {key}");
    }
}

/// Whether a binding shows it in the hint bar.
fn is_hint(key: &str) -> bool {
    let act = key.replacen("hint.", "act.", 1);
    BINDINGS.iter().any(|binding| binding.hint > 0 && binding.act.key() == act)
}

#[test]
fn every_key_that_is_said_has_its_text() {
    let (program, texts) = (program(), texts());
    for call in program.split("say!(").skip(1) {
        let key =
            call.split_once('"').map(|(before, rest)| (before, rest.split('"').next().unwrap_or_default()));
        let Some((before, key)) = key else { continue };
        let is_plain = key.contains('.') && !key.contains(['{', '%', ' ']) && !before.contains([')', '!']);
        assert!(!is_plain || texts.contains_key(key), "{key} has no text");
    }
    for call in program.split("counted(").skip(1) {
        let key = call.split('"').nth(1).unwrap_or_default();
        let is_plain = key.contains('.') && !key.contains(['{', ' ']) && call.find('"') < call.find(')');
        assert!(!is_plain || texts.contains_key(&format!("{key}.one")), "{key}.one has no text");
    }
    for binding in BINDINGS {
        assert!(texts.contains_key(binding.act.key()), "{}", binding.act.key());
        let hint = binding.act.key().replacen("act.", "hint.", 1);
        assert!(binding.hint == 0 || texts.contains_key(&hint), "{hint}");
    }
}
