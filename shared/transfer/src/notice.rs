//! What a reader of a file took for granted or passed over, for whoever imports it to see before it is done.

use super::encoding::Encoding;

/// Something about a file that its operator should know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// Its encoding was guessed.
    Encoding(Encoding),
    /// Columns with other titles than ours: which of them are the codes, and which the durations and notes if any.
    Columns {
        /// The title of the codes.
        code: String,
        /// The title of the durations.
        duration: Option<String>,
        /// The title of the notes.
        note: Option<String>,
    },
    /// Columns that are not taken over, by their titles.
    Ignored(Vec<String>),
    /// So many rows of the table are empty.
    EmptyRows(u64),
    /// A table without titles is read as a list of codes.
    NoTitles,
    /// The line, from 1, with nothing but the title of a column.
    Title(u64),
    /// So many comments could be codes.
    Comments(u64),
    /// So many codes had an apostrophe or `="…"` of a spreadsheet around them.
    Unmarked(u64),
    /// So many codes had characters that nobody sees, of full width, or another kind of hyphen.
    Respelled(u64),
    /// So many durations count months as 30 days or years as 365.
    Counted(u64),
    /// So many cells have several lines, the first of them in the row of this line, from 1.
    SeveralLines(u64, u64),
    /// So many rows have a text in a column without a title, which is not taken over, the first in this line, from 1.
    Untitled(u64, u64),
    /// So many rows say that their card was used or disabled, and will be unused.
    NotUnused(u64),
    /// So many codes stand behind the prefix of their row now, as in `VIP-A1`.
    Behind(u64),
    /// So many codes have no prefix, and are taken whole.
    Whole(u64),
    /// So many codes do not begin with the prefix that they are filed under, and are taken whole.
    Filed(u64),
}

/// What was met so far.
#[derive(Default)]
pub(super) struct Met {
    pub(super) empty_rows: u64,
    pub(super) title: Option<u64>,
    pub(super) comments: u64,
    pub(super) unmarked: u64,
    pub(super) respelled: u64,
    pub(super) counted: u64,
    /// How many, and the line of the first.
    pub(super) several_lines: Option<(u64, u64)>,
    pub(super) untitled: Option<(u64, u64)>,
    pub(super) not_unused: u64,
    pub(super) behind: u64,
}

impl Met {
    /// What there is to say of it.
    pub(super) fn notices(self) -> impl Iterator<Item = Notice> {
        let counts = [
            (Notice::EmptyRows as fn(u64) -> Notice, self.empty_rows),
            (Notice::Comments, self.comments),
            (Notice::Unmarked, self.unmarked),
            (Notice::Respelled, self.respelled),
            (Notice::Counted, self.counted),
            (Notice::NotUnused, self.not_unused),
            (Notice::Behind, self.behind),
        ];
        let counts = counts.into_iter().filter(|(_, count)| *count > 0).map(|(notice, count)| notice(count));
        let several = self.several_lines.map(|(count, line)| Notice::SeveralLines(count, line));
        let untitled = self.untitled.map(|(count, line)| Notice::Untitled(count, line));
        self.title.map(Notice::Title).into_iter().chain(counts).chain(several).chain(untitled)
    }
}

/// One more of what is counted from its first line on.
pub(super) fn one_more(met: &mut Option<(u64, u64)>, line: u64) {
    let (count, first) = met.unwrap_or((0, line));
    *met = Some((count + 1, first));
}
