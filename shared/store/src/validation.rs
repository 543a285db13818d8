//! What a client asks of a card, and what that comes to.

use std::net::IpAddr;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use kami_core::app::{App, AppName};
use kami_core::device::Device;
use kami_core::policy::{Lease, OfflineLength};
use kami_core::rules::Refusal;
use kami_core::version::Version;

/// What a client's request to validate a card comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Validation {
    /// The machine is let in.
    Admitted {
        /// The card's number.
        card: u64,
        /// The last second in which the card is valid; `None` lasts for ever.
        expire_at: Option<DateTime<Utc>>,
        /// The database's clock at the decision.
        now: DateTime<Utc>,
        /// The lease of the machine's seat; `None` has it as long as the card.
        lease: Option<Lease>,
        /// For how long its app may start without a network, as far as card, lease and key last.
        offline: Option<OfflineLength>,
        /// How many points are left of it; `None` for a card that has none.
        points: Option<u32>,
        /// The number that its next request brings back, where its seat has the key of a device.
        device_sequence: Option<u32>,
        /// What its app tells a client that says its version.
        app: Option<Arc<App>>,
    },
    /// The client's version is below the lowest that its app lets in.
    TooOld(Arc<App>),
    /// There is such a card, and this machine may not use it now.
    Refused(Refusal),
    /// There is such a card, and the machine, or where it comes from, is kept out.
    Blocked,
    /// There is no such card.
    NotFound,
}

/// What validating a card came to, and which it is.
#[derive(Debug)]
pub(super) struct Judged {
    pub(super) validation: Validation,
    /// Its number, and its last second as it was found; `None` where there is none for the client.
    pub(super) card: Option<(u64, Option<DateTime<Utc>>)>,
}

/// Why a client is answered nothing of a card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoCard {
    /// There is no such card.
    NotFound,
    /// There is one, and its machine, or where it comes from, is kept out.
    Blocked,
}

impl From<NoCard> for Validation {
    fn from(why: NoCard) -> Self {
        match why {
            NoCard::NotFound => Self::NotFound,
            NoCard::Blocked => Self::Blocked,
        }
    }
}

/// What a client says of itself besides card and machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Client {
    /// The app that it is of: no card of another exists for it.
    pub app: AppName,
    /// Its version; who says one is told what there is to know of the app.
    pub version: Option<Version>,
    /// Where it comes from; whoever comes from nowhere that is known is in no network that is kept out.
    pub address: Option<IpAddr>,
    /// The device that signed its request, where one did.
    pub device: Option<Device>,
}
