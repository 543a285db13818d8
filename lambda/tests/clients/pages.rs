//! What is pasted into an app.

use crate::language::Language;

#[test]
fn each_example_is_a_few_short_pages() {
    for (language, page, text) in pages() {
        assert!(text.lines().count() <= 150, "{page} has {} lines", text.lines().count());
        let wide: Vec<&str> = text.lines().filter(|line| line.chars().count() > 120).collect();
        assert!(wide.is_empty(), "{language:?}: {wide:#?}");
    }
}

/// Who may set a variable is the user: what a page trusts is written in it.
#[test]
fn no_variable_says_what_an_example_trusts() {
    for (language, page, text) in pages() {
        let asks = |line: &&str| line.contains("KAMI_") && !line.contains("cfg!(debug_assertions)");
        let asked: Vec<&str> = text.lines().filter(asks).collect();
        assert!(asked.is_empty(), "{language:?} in {page}: {asked:#?}");
    }
}

fn pages() -> impl Iterator<Item = (Language, String, String)> {
    Language::ALL.into_iter().flat_map(|language| {
        language.pages().map(move |page| {
            let text = std::fs::read_to_string(&page).unwrap();
            (language, page.display().to_string(), text)
        })
    })
}
