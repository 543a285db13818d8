//! Where keys go.

macro_rules! places {
    ($($(#[doc = $doc:literal])* $name:ident,)*) => {
        /// Where keys go.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Place {
            $($(#[doc = $doc])* $name,)*
        }

        impl Place {
            /// Every place.
            pub const ALL: &[Self] = &[$(Self::$name),*];
        }
    };
}

places! {
    /// The table of cards.
    Cards,
    /// The search that is typed.
    Search,
    /// The detail of a card, over the table.
    Detail,
    /// A list to choose from.
    Picker,
    /// The list of saved views.
    Views,
    /// A form to fill in.
    Form,
    /// A question that is answered by yes or no.
    Confirm,
    /// A question that is answered by typing a number.
    ConfirmTyped,
    /// Something that is being done.
    Work,
    /// What operators did.
    Log,
    /// Lines to read.
    Report,
    /// What a file would bring.
    Import,
    /// Counts over time.
    Statistics,
    /// The apps.
    Apps,
    /// The presets.
    Presets,
    /// Who is kept out.
    Blocks,
    /// What is looked for among those who are kept out.
    BlockSearch,
}

impl Place {
    /// The screens: each has the keys that all of them have, and leads to the acts of the table.
    pub const SCREENS: &[Self] = &[
        Self::Cards,
        Self::Detail,
        Self::Log,
        Self::Report,
        Self::Import,
        Self::Statistics,
        Self::Apps,
        Self::Presets,
        Self::Blocks,
    ];

    /// Whether it is a screen that lies over the table of cards.
    pub fn is_over_cards(self) -> bool {
        !matches!(self, Self::Cards | Self::Detail) && Self::SCREENS.contains(&self)
    }

    /// Whether the wheel of the mouse moves something here.
    pub const fn scrolls(self) -> bool {
        !matches!(self, Self::Form | Self::Confirm | Self::ConfirmTyped | Self::Work | Self::Statistics)
    }

    /// Whether keys type text here.
    pub const fn takes_text(self) -> bool {
        matches!(
            self,
            Self::Search | Self::Picker | Self::Views | Self::Form | Self::ConfirmTyped | Self::BlockSearch
        )
    }
}
