//! Fuzzy matching: the letters of a query in their order, the closer together and the earlier the better.

/// How well `text` matches `query`, the higher the better; `None` where letters are missing. Case does not matter.
pub fn score(query: &str, text: &str) -> Option<i32> {
    let text: Vec<char> = text.chars().flat_map(char::to_lowercase).collect();
    let mut score = 0;
    let mut from = 0;
    let mut last = None;
    for wanted in query.chars().flat_map(char::to_lowercase).filter(|character| !character.is_whitespace()) {
        let at = from + text[from..].iter().position(|character| *character == wanted)?;
        let starts_word = at == 0 || !text[at - 1].is_alphanumeric();
        let follows = last.is_some_and(|last| last + 1 == at);
        score += if follows { 8 } else { 0 } + if starts_word { 6 } else { 0 };
        score -= i32::try_from(at - from).unwrap_or(i32::MAX).min(20);
        last = Some(at);
        from = at + 1;
    }
    Some(score - i32::try_from(text.len()).unwrap_or(i32::MAX).min(64) / 8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_in_order_match() {
        for (query, text, matches) in [
            ("", "VIP", true),
            ("vp", "VIP", true),
            ("pv", "VIP", false),
            ("导出", "导出未使用的卡", true),
            ("gen card", "Generate cards", true),
        ] {
            assert_eq!(score(query, text).is_some(), matches, "{query}");
        }
    }

    #[test]
    fn close_and_early_letters_win() {
        for (query, better, worse) in
            [("vip", "VIP", "VENICE-IP"), ("ex", "Export", "Generate next"), ("un", "Undo", "Bound")]
        {
            assert!(score(query, better) > score(query, worse), "{query}");
        }
    }
}
