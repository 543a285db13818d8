//! The machines, the apps and the cards that a step may be about.

use proptest::prelude::*;
use proptest::sample::select;

use super::model::World;
use super::start::{CODES, TOPS};

/// The last has what nobody sees: no card is bound to it.
pub(super) const MACHINES: [&str; 5] = ["PC-0", "PC-1", "PC-2", "我的电脑", "PC\u{200b}4"];

pub(super) const APPS: [&str; 3] = ["default", "demo", "pay"];

/// How many cards a round is about.
pub(super) const DECK: usize = 5;

pub(super) type Deck = [usize; DECK];

/// Which card.
#[derive(Clone, Copy, Debug)]
pub(super) enum Which {
    /// One of those that the round is about.
    Card(usize),
    /// One that may top others up.
    Top(usize),
    /// The one with which a machine tries an app.
    TrialOf(&'static str, usize),
    /// One that there is not.
    None,
}

pub(super) fn any_machine() -> impl Strategy<Value = usize> {
    prop_oneof![10 => 0..2_usize, 10 => 0..MACHINES.len() - 1, 1 => Just(MACHINES.len() - 1)]
}

pub(super) fn any_card() -> impl Strategy<Value = Which> {
    prop_oneof![
        24 => (0..DECK).prop_map(Which::Card),
        2 => (0..TOPS.len()).prop_map(Which::Top),
        3 => (select(&APPS[..]), any_machine()).prop_map(|(app, machine)| Which::TrialOf(app, machine)),
        1 => Just(Which::None),
    ]
}

/// The cards that a round is about, by their places in [`CODES`].
pub(super) fn any_deck() -> impl Strategy<Value = Deck> {
    prop::sample::subsequence((0..CODES.len()).collect::<Vec<_>>(), DECK)
        .prop_map(|places| places.try_into().unwrap())
}

impl Which {
    /// The code of the card.
    pub(super) fn code(self, deck: Deck, world: &World) -> String {
        match self {
            Self::Card(number) => CODES[deck[number]].to_owned(),
            Self::Top(number) => TOPS[number].to_owned(),
            Self::TrialOf(app, machine) => {
                let trial = world.trials.get(&(app.to_owned(), MACHINES[machine].to_owned()));
                trial.map_or_else(|| "TRIAL-NONE".to_owned(), |(code, _)| code.clone())
            }
            Self::None => "VIP-NONE".to_owned(),
        }
    }
}
