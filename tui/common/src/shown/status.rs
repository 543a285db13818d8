//! The statuses of cards.

use kami_core::card::CardStatus;

use crate::words::{Language, say};

/// The word for a status.
pub fn status(language: Language, status: CardStatus) -> String {
    let key = match status {
        CardStatus::Unused => "status.unused",
        CardStatus::Active => "status.active",
        CardStatus::Expired => "status.expired",
        CardStatus::Disabled => "status.disabled",
    };
    say!(language, key)
}
