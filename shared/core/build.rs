//! Gathers the words for spans of time: the files of `spans/`, one a language.

use std::collections::BTreeMap;
use std::path::Path;
use std::{env, fs, io};

/// The headings of a file's lines: the units, each with a constant of its name in `spoken.rs`, and the words for ever.
const HEADINGS: [&str; 9] = ["second", "minute", "hour", "day", "week", "month", "quarter", "year", FOREVER];

const FOREVER: &str = "forever";

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=spans");
    let mut words = BTreeMap::new();
    for file in fs::read_dir("spans")? {
        let path = file?.path();
        if path.extension().is_some_and(|extension| extension == "txt") {
            gather(&fs::read_to_string(&path)?, &mut words)
                .map_err(|said| io::Error::other(format!("{}: {said}", path.display())))?;
        }
    }
    let out = env::var("OUT_DIR").map_err(io::Error::other)?;
    fs::write(Path::new(&out).join("spans.rs"), code(&words))
}

/// Adds the words of one language, each with what it stands for.
fn gather(text: &str, words: &mut BTreeMap<String, &'static str>) -> Result<(), String> {
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (heading, said) = line.split_once(':').ok_or_else(|| format!("no heading in {line:?}"))?;
        let known = HEADINGS.into_iter().find(|known| *known == heading);
        let meant = known.ok_or_else(|| format!("{heading:?} is no unit"))?;
        for word in said.split_whitespace() {
            if word != word.to_lowercase() {
                return Err(format!("{word:?} is not in lower case"));
            }
            if words.insert(word.to_owned(), meant).is_some_and(|other| other != meant) {
                return Err(format!("{word:?} means something else in another line"));
            }
        }
    }
    Ok(())
}

/// The tables, the longer of words that begin alike first.
fn code(words: &BTreeMap<String, &str>) -> String {
    let (units, forever): (Vec<_>, Vec<_>) = words.iter().rev().partition(|(_, meant)| **meant != FOREVER);
    let units: Vec<_> =
        units.iter().map(|(word, meant)| format!("({word:?}, {})", meant.to_uppercase())).collect();
    let forever: Vec<_> = forever.iter().map(|(word, _)| word).collect();
    format!(
        "const UNITS: &[(&str, u64)] = &[{}];\nconst FOREVER: &[&str] = &{forever:?};\n",
        units.join(", ")
    )
}
