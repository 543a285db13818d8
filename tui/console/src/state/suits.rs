//! What an act can do to the cards that it would be about, as far as that is known here.

use kami_core::acts::{Act as CardAct, ActRefusal, allowed};
use kami_core::card::CardStatus;
use kami_core::record::CardRecord;

use crate::input::act::Act;
use crate::state::cards::Marks;
use crate::state::model::Model;

/// Why an act does nothing to any of the cards that it would be about; none where it does something to one of them, or
/// where that is not known.
pub fn card_refusal(model: &Model, act: Act) -> Option<ActRefusal> {
    let act = probe(act)?;
    let now = model.server_now();
    let refused = |card: &CardRecord| {
        let card = CardRecord { status: card.status_at(now), ..card.clone() };
        allowed(&act, &card, now).err()
    };
    match &model.cards.marks {
        Marks::None => refused(model.cards.current()?),
        Marks::Some(marked) => {
            let row = |id: &u64| model.cards.rows.iter().find(|card| card.id == *id);
            let refusals: Option<Vec<_>> = marked.keys().map(|id| refused(row(id)?)).collect();
            refusals?.first().copied()
        }
        Marks::All { filter, .. } => refused_to_all(&act, filter.status?),
    }
}

/// Whether an act suits what the cards are: of Disable and Enable, whichever may do something to one of them.
pub fn suits(model: &Model, act: Act) -> bool {
    match act {
        Act::Disable => card_refusal(model, act) != Some(ActRefusal::AlreadyDisabled),
        Act::Enable => {
            let is_about_any = model.cards.marks != Marks::None || model.cards.current().is_some();
            is_about_any && card_refusal(model, act) != Some(ActRefusal::NotDisabled)
        }
        _ => true,
    }
}

/// The act on a card by which it is found out whether one does anything; the shortest time for one that gives time.
const fn probe(act: Act) -> Option<CardAct> {
    match act {
        Act::Extend => Some(CardAct::Extend { seconds: 1 }),
        _ => act.on_card(),
    }
}

/// Why an act does nothing to any card of a status.
const fn refused_to_all(act: &CardAct, status: CardStatus) -> Option<ActRefusal> {
    match (act, status) {
        (CardAct::Disable, CardStatus::Disabled) => Some(ActRefusal::AlreadyDisabled),
        (CardAct::Enable, CardStatus::Unused | CardStatus::Active | CardStatus::Expired) => {
            Some(ActRefusal::NotDisabled)
        }
        (CardAct::Unbind, CardStatus::Unused) => Some(ActRefusal::NeverUsed),
        (CardAct::Unbind, CardStatus::Expired) => Some(ActRefusal::Expired),
        _ => None,
    }
}
