//! The codes that a text speaks of: a chat, a mail, a list with names and dates.
//!
//! Only the database knows which codes there are, and Chinese has no spaces: in `我的季卡-7KQ2M9用不了` the code may begin
//! at any of four characters. So each stretch that could be a code is read in all the ways that it could be one, and
//! whoever asks the database looks for all of them.

use std::collections::BTreeSet;
use std::fmt;

use crate::canonical::canonical;
use crate::card::mask;
use crate::code::CodeLength;
use crate::prefix::Prefix;

/// The most ways in which a text is read; what stands behind them is not looked at.
pub const MOST_SPELLINGS: usize = 10_000;

/// The most characters of a code: the width of its column.
const LONGEST: usize = 128;

/// The fewest characters of a word without a hyphen that is taken for a code rather than a name.
const LONG_WORD: usize = 12;

/// A stretch of a text that may be a code.
#[derive(Clone, PartialEq, Eq)]
pub struct Mention {
    /// The stretch with the words that it is glued to before it, in the one form of codes.
    pub written: String,
    /// Whether it looks like a code, as names, dates and numbers do not.
    pub is_likely: bool,
    /// The ways to read it, each in the one form of codes, the likeliest first.
    spellings: Vec<String>,
}

impl Mention {
    /// The ways to read it, each in the one form of codes.
    pub fn spellings(&self) -> &[String] {
        &self.spellings
    }

    /// The likeliest way to read it.
    pub fn likeliest(&self) -> &str {
        self.spellings.first().map_or("", String::as_str)
    }

    /// Whether it is the code of a card.
    pub fn is(&self, full_code: &str) -> bool {
        self.spellings.contains(&canonical(full_code))
    }
}

/// Shows no more of a code than a log line may hold.
impl fmt::Debug for Mention {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Mention({})", mask(&self.written))
    }
}

/// Everything in a text that may be a code, each once, in the order of the text.
pub fn mentions(text: &str) -> Vec<Mention> {
    let (mut known, mut room) = (BTreeSet::new(), MOST_SPELLINGS);
    let mut mentions = Vec::new();
    let words = text.split(|character: char| character.is_whitespace() || character.is_control());
    for mention in words.flat_map(|word| in_word(&canonical(word))) {
        if !known.insert(mention.written.clone()) {
            continue;
        }
        let Some(left) = room.checked_sub(mention.spellings.len()) else { break };
        room = left;
        mentions.push(mention);
    }
    mentions
}

/// What may be a code in a word: each of its runs of what kami makes codes of, and all of it, as a code from elsewhere
/// may hold other signs.
fn in_word(word: &str) -> Vec<Mention> {
    let whole = word.trim_matches(|character: char| !character.is_alphanumeric());
    let mut found: Vec<Mention> =
        word.split(|character| !Prefix::allows(character)).flat_map(in_run).collect();
    if !whole.chars().all(Prefix::allows) {
        found.extend(mention(whole.to_owned(), vec![whole.to_owned()], false));
    }
    found
}

/// What may be a code in a run of letters, digits, `_` and `-`: each piece of ASCII, with words before it or without.
fn in_run(run: &str) -> Vec<Mention> {
    let characters: Vec<char> = run.chars().collect();
    let pieces = characters.chunk_by(|one, next| one.is_ascii() == next.is_ascii());
    let mut begin = 0;
    let mut found = Vec::new();
    for piece in pieces {
        let end = begin + piece.len();
        if piece[0].is_ascii() {
            found.extend(around(&characters, begin, end));
        }
        begin = end;
    }
    found
}

fn around(run: &[char], begin: usize, end: usize) -> Option<Mention> {
    let text = |from: usize, to: usize| {
        let text: String = run[from..to].iter().collect();
        text.trim_matches(['-', '_']).to_owned()
    };
    let core = text(begin, end);
    // `季卡-7KQ2M9` without its 季卡 is nobody's code.
    let has_word_for_prefix = begin > 0 && run[begin] == '-' && !core.contains('-');
    let is_likely = looks_like_code(&core, has_word_for_prefix);
    let may_start = |at: &usize| !run[*at].is_ascii() || *at == 0 || !run[*at - 1].is_ascii();
    let starts = (begin.saturating_sub(Prefix::MAX_CHARS)..begin).filter(may_start);
    let mut spellings: Vec<String> = starts.map(|start| text(start, end)).collect();
    let written = spellings.first().unwrap_or(&core).clone();
    spellings.insert(if has_word_for_prefix { spellings.len() } else { 0 }, core);
    spellings.push(text(0, run.len()));
    mention(written, spellings, is_likely)
}

fn mention(written: String, mut spellings: Vec<String>, is_likely: bool) -> Option<Mention> {
    spellings.dedup();
    spellings.retain(|spelling| (1..=LONGEST).contains(&spelling.chars().count()));
    (!spellings.is_empty()).then_some(Mention { written, is_likely, spellings })
}

fn looks_like_code(text: &str, has_prefix: bool) -> bool {
    let (prefix, code) = text.rsplit_once('-').unwrap_or(("", text));
    if has_prefix || !prefix.is_empty() {
        return code.len() >= usize::from(CodeLength::MIN);
    }
    let has = |is: fn(&u8) -> bool| code.bytes().any(|byte| is(&byte));
    code.len() >= LONG_WORD && has(u8::is_ascii_alphabetic) && has(u8::is_ascii_digit)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn likely(text: &str) -> Vec<String> {
        let likely = mentions(text).into_iter().filter(|mention| mention.is_likely);
        likely.map(|mention| mention.likeliest().to_owned()).collect()
    }

    #[test]
    fn a_code_in_a_sentence_is_seen_however_it_is_written() {
        for sentence in [
            "你好我的卡 VIP-7KQ2M9XW 用不了了",
            "你好我的卡VIP-7KQ2M9XW用不了了",
            "卡号：ＶＩＰ－７ＫＱ２Ｍ９ＸＷ，谢谢！",
            "“vip–7kq2m9xw”",
            "卡号——VIP-7KQ2M9XW——退款",
            "1、VIP-7KQ\u{200b}2M9XW（已退）",
            "①VIP-7KQ2M9XW",
            "[2026/11/25 21:03] 张三: VIP-7KQ2M9XW 13800138000",
            "code=VIP-7KQ2M9XW&x=1",
            "`VIP-7KQ2M9XW`,\r\n\t2026-11-25",
            "VIP-7KQ2M9XW\nVIP-7KQ2M9XW",
        ] {
            assert_eq!(likely(sentence), ["VIP-7KQ2M9XW"], "{sentence}");
        }
    }

    #[test]
    fn a_word_before_a_code_may_belong_to_it_or_not() {
        let found = mentions("我的季卡-7KQ2M9XW用不了");
        assert_eq!(found.len(), 1);
        for code in ["季卡-7KQ2M9XW", "卡-7kq2m9xw", "我的季卡-7KQ2M9XW", "我的季卡-7KQ2M9XW用不了"]
        {
            assert!(found[0].is(code), "{code}");
        }
        assert!(!found[0].is("月卡-7KQ2M9XW"));
        let found = mentions("买了老VIP-7KQ2M9XW");
        assert!(found[0].is("VIP-7KQ2M9XW") && found[0].is("老VIP-7KQ2M9XW"));
        assert_eq!(mentions(&found[0].written), found, "what is written means the same once more");
    }

    #[test]
    fn several_codes_keep_their_order_and_codes_from_elsewhere_are_among_them() {
        assert_eq!(
            likely("VIP-AAAAAA/VIP-BBBBBB、DAY-CCCCCC；ABCD1234EFGH5678 wx: zhangsan"),
            ["VIP-AAAAAA", "VIP-BBBBBB", "DAY-CCCCCC", "ABCD1234EFGH5678"]
        );
        let spellings: Vec<String> =
            mentions("卡 KEY.12:9 好").iter().flat_map(|mention| mention.spellings().to_vec()).collect();
        assert!(spellings.contains(&"KEY.12:9".to_owned()));
    }

    #[test]
    fn names_dates_and_numbers_are_no_likely_codes() {
        for text in ["", "张三 退款12张", "2026-11-25 21:03:44", "13800138000", "DESKTOP", "wxid_1", "——"]
        {
            assert_eq!(likely(text), Vec::<String>::new(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_within_bounds(text in "([A-Z0-9季卡–, ]|\\PC){0,400}") {
            let found = mentions(&text);
            let spellings: Vec<&String> = found.iter().flat_map(Mention::spellings).collect();
            prop_assert!(spellings.len() <= MOST_SPELLINGS);
            prop_assert!(spellings.iter().all(|each| (1..=LONGEST).contains(&each.chars().count())));
        }

        #[test]
        fn a_code_is_found_between_any_words(
            before in "[ 一-龥，。]{0,8}", code in "[A-Z季卡]{1,6}-[A-Z0-9]{6,16}", after in "[ 一-龥，。]{0,8}"
        ) {
            let text = format!("{before}{code}{after}");
            prop_assert!(mentions(&text).iter().any(|mention| mention.is_likely && mention.is(&code)), "{}", text);
        }
    }
}
