//! What is pasted into an app.

use crate::language::Language;

#[test]
fn each_example_is_one_short_file() {
    for language in Language::ALL {
        let text = std::fs::read_to_string(language.page()).unwrap();
        assert!(text.lines().count() <= 150, "{language:?} has {} lines", text.lines().count());
        let wide: Vec<&str> = text.lines().filter(|line| line.chars().count() > 120).collect();
        assert!(wide.is_empty(), "{language:?}: {wide:#?}");
    }
}
