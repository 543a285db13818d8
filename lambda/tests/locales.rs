//! The files of `locales/` as the build reads them, and each mistake in one that it has to refuse.

#[path = "../build/locale.rs"]
mod locale;

use self::locale::Locale;

const CHINESE: &str = include_str!("../locales/zh-Hans.toml");
const ENGLISH: &str = include_str!("../locales/en.toml");

/// What is wrong with the two languages, given by name and text.
fn problems(english: (&str, &str), chinese: (&str, &str)) -> String {
    let files = [english, chinese].map(|(name, text)| (name.to_owned(), text.to_owned()));
    Locale::all(&files).err().unwrap_or_default().join("\n")
}

#[test]
fn the_default_language_comes_first_with_its_tag_and_messages() {
    let files = [("en.toml", ENGLISH), ("zh-Hans.toml", CHINESE)];
    let locales = Locale::all(&files.map(|(name, text)| (name.to_owned(), text.to_owned()))).unwrap();
    let found: Vec<_> = locales
        .iter()
        .map(|Locale { tag, is_default, ranges, messages }| {
            (tag.as_str(), *is_default, ranges[0].as_str(), messages["card_expired"].as_str())
        })
        .collect();
    assert_eq!(found, [("zh-Hans", true, "zh", "卡密已过期"), ("en", false, "en", "The card has expired")]);
}

#[test]
fn each_mistake_in_a_language_is_refused_with_what_is_wrong() {
    for (written, instead, said) in [
        ("card_expired =", "card_expires =", "en.toml: the message card_expired is missing"),
        ("card_expired =", "card_expires =", "en.toml: the message card_expires is not in zh-Hans.toml"),
        ("card_expired = \"", "#", "en.toml: the message card_expired is missing"),
        (
            "[messages]",
            "[messages]\nunlocked = \"?\"",
            "en.toml: the message unlocked is not in zh-Hans.toml",
        ),
        ("The card has expired", "", "en.toml: the message card_expired is empty"),
        (
            "The card has expired",
            "The card has expired ",
            "en.toml: the message card_expired is empty, or has",
        ),
        ("The card has expired", r"The card\nhas expired", "or line breaks in it"),
        ("card_expired =", "card_expired = 1 #", "en.toml: "),
        ("ranges =", "range =", "unknown field `range`"),
        ("ranges =", "#", "missing field `ranges`"),
        ("ranges =", "default = true\nranges =", "*: one language has to say default = true, not 2"),
        (r#"["en"]"#, r#"["en", "ZH-cn"]"#, "the range ZH-cn is taken by zh-Hans.toml"),
        (r#"["en"]"#, r#"["en", "en"]"#, "en.toml: the range en is taken by en.toml"),
        (r#"["en"]"#, r#"["en-GB"]"#, "en.toml: its ranges lack its own tag, en"),
        (r#"["en"]"#, r#"["en", "en_GB"]"#, "en.toml: \"en_GB\" is no language range"),
        (r#"["en"]"#, r#"["en", "*"]"#, "en.toml: \"*\" is no language range"),
    ] {
        assert!(ENGLISH.contains(written), "en.toml does not say {written:?}");
        let english = ENGLISH.replacen(written, instead, 1);
        let found = problems(("en.toml", &english), ("zh-Hans.toml", CHINESE));
        assert!(found.contains(said), "{instead:?} for {written:?} should be called {said:?}, not {found:?}");
    }
}

#[test]
fn a_file_is_named_after_its_language_and_one_is_the_default() {
    for name in ["english", "en.yml", "en_GB.toml", "-en.toml", "en-.toml", ".toml"] {
        let found = problems((name, ENGLISH), ("zh-Hans.toml", CHINESE));
        assert!(found.contains(&format!("{name}: it is not named after a language")), "{name}: {found:?}");
    }
    let no_default = CHINESE.replace("default = true", "default = false");
    let found = problems(("en.toml", ENGLISH), ("zh-Hans.toml", &no_default));
    assert_eq!(found, "*: one language has to say default = true, not 0");
}
