//! The list of the machines that have seats of a card, of which one loses its own, or all do.

use kami_common::cells::harmless;
use kami_common::shown;
use kami_common::words::{Language, say};
use kami_core::acts::Act as CardAct;
use kami_core::record::CardRecord;
use kami_store::{OneSeat, SeatTaken};

use super::picker::{Item, Picker};
use super::state::{Chosen, List, PickerKind};
use crate::overlay::confirm;
use crate::state::message::{Effect, Question, Topic};
use crate::state::model::Model;
use crate::state::order::{Order, Target};
use crate::state::overlay::as_kind_mut;
use crate::update::target::seats_target;

/// Opens the list of the machines of the card under the cursor, where it may have several.
pub(super) fn open(model: &mut Model) -> Option<Vec<Effect>> {
    let card = Box::new(seats_target(model)?.clone());
    let hint = say!(model.language, "seat.of", code = harmless(&card.full_code));
    let question = Question::Seats(card.id);
    let picker = Picker::waiting().with_hint(hint);
    model.notice = None;
    model.overlays.push(List { card: Some(card), ..List::new(PickerKind::Seats, picker) });
    Some(vec![model.ask(Topic::Choices, question)])
}

/// The machines of a card have come: what is offered stays so while the list is open.
pub(super) fn offer(model: &mut Model, card: u64, seats: &[SeatTaken]) {
    let (language, zone, now) = (model.language, model.zone, model.server_now());
    let Some(list) = waiting(model).filter(|list| list.card.as_ref().is_some_and(|known| known.id == card))
    else {
        return;
    };
    let count = list.card.as_ref().map_or(0, |card| card.seats);
    let all = all(language, shown::seats_taken(language, seats, count, now));
    let each = seats.iter().map(|seat| {
        let machine = Chosen::Seat(Some(seat.machine.clone()));
        Item::new(machine, harmless(&seat.machine), shown::seat(language, zone, now, seat))
    });
    list.picker.fill(each.chain([all]).collect());
}

/// The machines of the card cannot be known: all of them can lose their seats nonetheless, and the list says why it names
/// none.
pub(super) fn offer_all(model: &mut Model, why: &str) {
    let language = model.language;
    if let Some(list) = waiting(model) {
        list.picker.hint = Some(harmless(why).into_owned());
        list.picker.fill(vec![all(language, String::new())]);
    }
}

/// All machines of the card, behind each of them: what takes most is not under the cursor.
fn all(language: Language, detail: String) -> Item<Chosen> {
    Item::new(Chosen::Seat(None), say!(language, "seat.all"), detail)
}

/// The list while it waits for the machines.
fn waiting(model: &mut Model) -> Option<&mut List> {
    let mut lists = model.overlays.iter_mut().filter_map(as_kind_mut::<List>);
    lists.find(|list| list.kind == PickerKind::Seats && list.picker.waiting)
}

/// Takes the seat from a machine that was chosen, or from all.
pub(super) fn free(model: &mut Model, seen: Box<CardRecord>, machine: Option<String>) -> Vec<Effect> {
    let order = match machine {
        Some(machine) => Order::FreeSeat(Box::new(OneSeat { seen: *seen, machine })),
        None => Order::Act { act: CardAct::Unbind, target: Target::One(seen) },
    };
    confirm::submit(model, order)
}
