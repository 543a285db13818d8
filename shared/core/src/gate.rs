//! The gate that every act on cards goes through: whether its operator has to agree first, and how.
//!
//! What the store does to cards it does only with something [`Confirmed`], and only the gate confirms: whoever adds an
//! act cannot forget to ask.

use std::ops::Deref;

use crate::spoken;

/// Above how many cards an act is agreed to by typing their number: it is more than anybody looks through.
const MANY: u64 = 1_000;

/// Above how many cards it is asked whether a batch shall be made: what a seller makes every day is less.
const LARGE_BATCH: u64 = 1_000;

/// What becomes of the cards that an act is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// They are only read.
    Read,
    /// They are made, with codes that are drawn.
    Generate,
    /// They are made, with codes that were shown line by line.
    Import,
    /// They are changed in a way that can be taken back.
    Change,
    /// They go.
    Delete,
    /// Files are made by which machines go on whatever becomes of the cards.
    Certify,
    /// An act is taken back.
    TakeBack {
        /// Whether it was done by the very session that takes it back.
        is_own: bool,
        /// Whether cards go with it, or customers are turned away by it.
        deletes: bool,
    },
}

/// How much an act does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Weight {
    /// To how many cards.
    pub cards: u64,
    /// What becomes of them.
    pub kind: Kind,
}

/// What an operator has to say before an act is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asks {
    /// The act is done as it was asked for.
    Nothing,
    /// A plain yes.
    Yes,
    /// The number of the cards.
    Number,
}

/// What an operator said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer<'a> {
    /// Nothing yet.
    Silence,
    /// A plain yes.
    Yes,
    /// This, where the number of the cards was asked for.
    Typed(&'a str),
    /// Beforehand and in so many words, that this be done: `--yes`, or the number of an act to take back.
    Agreed,
}

/// Something that may be done to cards: its operator agreed to it, or need not be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confirmed<T> {
    what: T,
    at_most: Option<u64>,
}

impl<T> Confirmed<T> {
    /// The same, in the form in which it is carried out.
    pub fn map<U>(self, form: impl FnOnce(T) -> U) -> Confirmed<U> {
        Confirmed { what: form(self.what), at_most: self.at_most }
    }

    /// To how many cards it may be done: to as many as somebody was asked about, or as need no question; `None` where
    /// it was agreed to however many they are.
    pub const fn at_most(&self) -> Option<u64> {
        self.at_most
    }

    /// What was confirmed.
    pub fn into_inner(self) -> T {
        self.what
    }
}

impl<T> Deref for Confirmed<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.what
    }
}

/// Decides which acts need somebody's word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gate {
    /// The most cards that are changed without a question.
    unasked: u64,
}

impl Gate {
    /// The gate of a database; `production` is one that real customers depend on.
    pub const fn new(production: bool) -> Self {
        Self { unasked: if production { 1 } else { 50 } }
    }

    /// What has to be said before an act of this weight.
    pub const fn asks(self, Weight { cards, kind }: Weight) -> Asks {
        let (unasked, looked_through) = self.limits(kind);
        if cards <= unasked {
            Asks::Nothing
        } else if cards <= looked_through {
            Asks::Yes
        } else {
            Asks::Number
        }
    }

    /// Up to how many cards nothing has to be said, and up to how many a plain yes will do.
    const fn limits(self, kind: Kind) -> (u64, u64) {
        match kind {
            Kind::Read | Kind::Import | Kind::TakeBack { is_own: true, deletes: false } => {
                (u64::MAX, u64::MAX)
            }
            Kind::Generate => (LARGE_BATCH, u64::MAX),
            Kind::Change => (self.unasked, MANY),
            Kind::Delete | Kind::Certify => (0, 1),
            Kind::TakeBack { .. } => (0, MANY),
        }
    }

    /// Lets something of this weight pass, or gives it back where that answer is not enough.
    pub fn pass<T>(self, what: T, weight: Weight, answer: Answer<'_>) -> Result<Confirmed<T>, T> {
        let is_enough = match (self.asks(weight), answer) {
            (Asks::Nothing, _) | (_, Answer::Agreed) | (Asks::Yes, Answer::Yes) => true,
            (Asks::Number, Answer::Typed(text)) => spoken::count(text) == Some(weight.cards),
            (Asks::Yes | Asks::Number, _) => false,
        };
        if !is_enough {
            return Err(what);
        }
        let at_most = match answer {
            Answer::Silence => Some(self.limits(weight.kind).0),
            Answer::Yes | Answer::Typed(_) => Some(weight.cards),
            Answer::Agreed => None,
        };
        Ok(Confirmed { what, at_most })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const UNDO: fn(bool, bool) -> Kind = |is_own, deletes| Kind::TakeBack { is_own, deletes };

    fn asks(production: bool, cards: u64, kind: Kind) -> Asks {
        Gate::new(production).asks(Weight { cards, kind })
    }

    #[test]
    fn what_is_asked_before_each_act() {
        for (cards, kind, usually, in_production) in [
            (1, Kind::Change, Asks::Nothing, Asks::Nothing),
            (2, Kind::Change, Asks::Nothing, Asks::Yes),
            (50, Kind::Change, Asks::Nothing, Asks::Yes),
            (51, Kind::Change, Asks::Yes, Asks::Yes),
            (1_000, Kind::Change, Asks::Yes, Asks::Yes),
            (1_001, Kind::Change, Asks::Number, Asks::Number),
            (1, Kind::Delete, Asks::Yes, Asks::Yes),
            (2, Kind::Delete, Asks::Number, Asks::Number),
            (1, Kind::Certify, Asks::Yes, Asks::Yes),
            (100, Kind::Generate, Asks::Nothing, Asks::Nothing),
            (1_000, Kind::Generate, Asks::Nothing, Asks::Nothing),
            (1_001, Kind::Generate, Asks::Yes, Asks::Yes),
            (1_000_000, Kind::Import, Asks::Nothing, Asks::Nothing),
            (u64::MAX, Kind::Read, Asks::Nothing, Asks::Nothing),
            (1_000_000, UNDO(true, false), Asks::Nothing, Asks::Nothing),
            (1, UNDO(true, true), Asks::Yes, Asks::Yes),
            (1, UNDO(false, false), Asks::Yes, Asks::Yes),
            (1_000, UNDO(false, true), Asks::Yes, Asks::Yes),
            (1_001, UNDO(false, false), Asks::Number, Asks::Number),
            (1_001, UNDO(true, true), Asks::Number, Asks::Number),
        ] {
            assert_eq!(asks(false, cards, kind), usually, "{cards} {kind:?}");
            assert_eq!(asks(true, cards, kind), in_production, "{cards} {kind:?} in production");
        }
    }

    #[test]
    fn only_the_answer_that_was_asked_for_opens() {
        let gate = Gate::new(false);
        for (cards, answer, opens) in [
            (50, Answer::Silence, true),
            (51, Answer::Silence, false),
            (51, Answer::Typed("51"), false),
            (51, Answer::Yes, true),
            (51, Answer::Agreed, true),
            (5_000, Answer::Yes, false),
            (5_000, Answer::Typed(""), false),
            (5_000, Answer::Typed("500"), false),
            (5_000, Answer::Typed("y"), false),
            (5_000, Answer::Typed("5000"), true),
            (5_000, Answer::Typed(" 5,000 "), true),
            (5_000, Answer::Typed("５，０００"), true),
            (5_000, Answer::Typed("+5000"), false),
            (5_000, Answer::Typed("-5000"), false),
            (5_000, Answer::Typed("5e3"), false),
            (5_000, Answer::Typed("5000.0"), false),
            (5_000, Answer::Typed("5000 y"), false),
            (5_000, Answer::Typed("99999999999999999999"), false),
            (5_000, Answer::Agreed, true),
        ] {
            let passed = gate.pass("act", Weight { cards, kind: Kind::Change }, answer);
            assert_eq!(passed.is_ok(), opens, "{cards} {answer:?}");
        }
    }

    #[test]
    fn what_passes_is_for_as_many_cards_as_were_agreed_to() {
        for (cards, answer, at_most) in [
            (1, Answer::Silence, Some(50)),
            (40, Answer::Yes, Some(40)),
            (51, Answer::Yes, Some(51)),
            (5_000, Answer::Typed("5000"), Some(5_000)),
            (5_000, Answer::Agreed, None),
        ] {
            let passed = Gate::new(false).pass("act", Weight { cards, kind: Kind::Change }, answer).unwrap();
            assert_eq!(passed.at_most(), at_most, "{cards} {answer:?}");
            assert_eq!(passed.map(str::len).at_most(), at_most, "{cards} {answer:?} in another form");
        }
    }

    proptest! {
        #[test]
        fn more_cards_never_ask_for_less(fewer: u64, more: u64, production: bool, own: bool, deletes: bool) {
            let (fewer, more) = (fewer.min(more), fewer.max(more));
            let rank = |asks| match asks {
                Asks::Nothing => 0,
                Asks::Yes => 1,
                Asks::Number => 2,
            };
            for kind in [Kind::Generate, Kind::Change, Kind::Delete, Kind::Certify, UNDO(own, deletes)] {
                prop_assert!(rank(asks(production, fewer, kind)) <= rank(asks(production, more, kind)));
                prop_assert!(rank(asks(false, more, kind)) <= rank(asks(true, more, kind)));
            }
        }
    }
}
