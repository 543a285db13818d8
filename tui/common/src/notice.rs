//! What a reader of a file of codes took for granted or passed over, in the operator's language.

use kami_transfer::{Encoding, Notice};

use crate::cells::{cut_end, harmless};
use crate::words::{Language, counted, number, say};

/// The most cells of a title that is quoted.
const TITLE: usize = 24;

/// The most titles that are named.
const TITLES: usize = 8;

/// What there is to know.
pub fn words(language: Language, notice: &Notice) -> String {
    match notice {
        Notice::Encoding(Encoding::Gb18030) => say!(language, "notice.gb18030"),
        Notice::Encoding(Encoding::Utf8) => say!(language, "notice.utf8"),
        Notice::Encoding(Encoding::Utf16) => say!(language, "notice.utf16"),
        Notice::Columns { code, duration, note } => {
            let named = [("code", Some(code)), ("duration", duration.as_ref()), ("note", note.as_ref())];
            let named = named.into_iter().filter_map(|(column, named)| {
                Some(say!(language, format!("notice.column.{column}"), title = title(named?)))
            });
            say!(language, "notice.columns", columns = listed(language, named))
        }
        Notice::Ignored(titles) => {
            let named = titles.iter().map(|named| title(named)).take(TITLES);
            let more = (titles.len() > TITLES).then(|| "…".to_owned());
            say!(language, "notice.ignored", titles = listed(language, named.chain(more)))
        }
        Notice::EmptyRows(count) => counted(language, "notice.empty_rows", *count),
        Notice::NoTitles => say!(language, "notice.no_titles"),
        Notice::Title(line) => say!(language, "notice.title", line = number(*line)),
        Notice::Comments(count) => counted(language, "notice.comments", *count),
        Notice::Unmarked(count) => counted(language, "notice.unmarked", *count),
        Notice::Respelled(count) => counted(language, "notice.respelled", *count),
        Notice::Counted(count) => counted(language, "notice.counted", *count),
        Notice::SeveralLines(count, line) => from_line(language, "notice.several_lines", *count, *line),
        Notice::Untitled(count, line) => from_line(language, "notice.untitled", *count, *line),
        Notice::NotUnused(count) => counted(language, "notice.not_unused", *count),
        Notice::Behind(count) => counted(language, "notice.behind", *count),
        Notice::Whole(count) => counted(language, "notice.whole", *count),
        Notice::Filed(count) => counted(language, "notice.filed", *count),
    }
}

/// A title from a file, which may hold anything.
fn title(title: &str) -> String {
    cut_end(&harmless(title), TITLE).into_owned()
}

fn listed(language: Language, parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(&say!(language, "language.comma"))
}

/// What is counted from its first line on.
fn from_line(language: Language, key: &str, count: u64, line: u64) -> String {
    let form = if count == 1 { "one" } else { "many" };
    say!(language, format!("{key}.{form}"), n = number(count), line = number(line))
}
