//! The places in which a search may look.

/// Where a typed search looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SearchIn {
    /// At the beginning of codes.
    #[default]
    CodeStart,
    /// Anywhere in codes.
    CodePart,
    /// For the whole codes that a text speaks of.
    Codes,
    /// At the beginning of machine codes.
    Machine,
    /// Anywhere in notes.
    Note,
}

impl SearchIn {
    const ALL: [Self; 5] = [Self::CodeStart, Self::CodePart, Self::Codes, Self::Machine, Self::Note];

    /// The key in the locale files.
    pub const fn key(self) -> &'static str {
        match self {
            Self::CodeStart => "search.code_start",
            Self::CodePart => "search.code_part",
            Self::Codes => "search.codes",
            Self::Machine => "search.machine",
            Self::Note => "search.note",
        }
    }

    /// The next one in turn, or the one before.
    #[must_use]
    pub fn turned(self, forward: bool) -> Self {
        let place = Self::ALL.iter().position(|other| *other == self).unwrap_or(0);
        let step = if forward { 1 } else { Self::ALL.len() - 1 };
        Self::ALL[(place + step) % Self::ALL.len()]
    }
}
