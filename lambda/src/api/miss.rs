//! What a client is told who is answered nothing of a card: that there is none, to wait, or that he is kept out; of a guess
//! at a machine code, nothing.

use axum::http::request::Parts;
use kami_store::NoCard;

use crate::brake::Brake;
use crate::error::{ApiError, Failure};
use crate::field::Field;

/// Why a client is answered nothing of a card. Who is kept out is charged nothing: the card is there.
pub(super) fn no_card(brake: &Brake, request: &Parts, why: NoCard) -> Failure {
    match why {
        NoCard::NotFound => card_not_found(brake, request),
        NoCard::Blocked => ApiError::Blocked.into(),
    }
}

/// There is no such card, which is charged to the client who asked for it.
///
/// It is charged only once that is known: whoever asks for a card that there is gets his answer, so that nobody is
/// locked out by those who share his address.
pub(super) fn card_not_found(brake: &Brake, request: &Parts) -> Failure {
    brake.charge(request).map_or_else(Failure::Braked, |()| Failure::Error(ApiError::CardNotFound))
}

/// The same where a request names two cards: this is the one.
pub(super) fn named_card_not_found(brake: &Brake, request: &Parts, field: Field) -> Failure {
    brake.charge(request).map_or_else(Failure::Braked, |()| Failure::NoCard(field))
}

/// Whether a client is told if the machine that he says he is has something of a card, which it `has` or not.
///
/// A wrong guess is a miss. While its client is braked, a right one is not told from it: the machine itself loses
/// nothing by that, since it knows its code.
pub(super) fn is_told_apart(brake: &Brake, request: &Parts, has: bool) -> bool {
    if brake.is_on(request) {
        return false;
    }
    if !has {
        // It has an answer of its own, whether it is the last that is let through or one too many.
        let _: Result<(), _> = brake.charge(request);
    }
    true
}
