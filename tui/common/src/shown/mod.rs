//! The one place that says to people what there is: statuses, durations, what is left, moments, acts and changes, in the same words on
//! every screen and in every table of the command line.

mod act;
mod app;
mod batch;
mod block;
mod card;
mod change;
mod kept;
mod licence;
mod moment;
mod preset;
mod seat;
mod span;
mod status;

pub use self::act::{act_kind, act_word, doer, subject, touched};
pub use self::app::{
    app_label, device, lease, named_value, offline, trial, unbind_by, unbind_cooldown, unbind_cost,
    unbind_limit, when_copied, when_full,
};
pub use self::block::{block_app, block_changes, block_kind, block_kinds, block_label, block_told, targets};
pub use self::card::{
    DETAILS, Detail, NONE, details, expires, heading, in_column, label, left, numbered, of_card, points,
    prefix, text, value,
};
pub use self::change::{Change, changes, changes_of};
pub use self::licence::{lasts, licence};
pub use self::moment::{local, moment, whole_moment};
pub use self::preset::{PresetField, worth};
pub use self::seat::{cards_done, copies, device_key, seat, seats_lost, seats_taken};
pub use self::span::{duration, span};
pub use self::status::status;
