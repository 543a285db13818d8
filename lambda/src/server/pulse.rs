//! What a connection is doing, as those see it who do not hold it.

use std::sync::atomic::{AtomicBool, Ordering};

/// What one connection is doing. Each part is set by one task and read by others, who only look whether to disturb it.
#[derive(Debug, Default)]
pub(super) struct Pulse {
    in_flight: AtomicBool,
    heard: AtomicBool,
    stalled: AtomicBool,
    parked: AtomicBool,
}

impl Pulse {
    /// Whether a request is in flight.
    pub(super) fn is_in_flight(&self) -> bool {
        self.in_flight.load(Ordering::Relaxed)
    }

    /// Whether nothing is in flight, nothing half heard and nothing half sent.
    pub(super) fn rests(&self) -> bool {
        !self.is_in_flight() && !self.heard.load(Ordering::Relaxed) && !self.stalled.load(Ordering::Relaxed)
    }

    /// Whether it is waited for on the bare line, and has no memory left to give back.
    pub(super) fn is_parked(&self) -> bool {
        self.parked.load(Ordering::Relaxed)
    }

    /// Whether it is waited for on the bare line from now on.
    pub(super) fn park(&self, parked: bool) {
        self.parked.store(parked, Ordering::Relaxed);
    }

    /// A request begins.
    pub(super) fn begin(&self) {
        self.in_flight.store(true, Ordering::Relaxed);
    }

    /// Its answer is ready: what is heard from now on belongs to another.
    pub(super) fn end(&self) {
        self.heard.store(false, Ordering::Relaxed);
        self.in_flight.store(false, Ordering::Relaxed);
    }

    /// Something was read from the client.
    pub(super) fn hear(&self) {
        self.heard.store(true, Ordering::Relaxed);
    }

    /// Whether the client leaves unread what is sent to it.
    pub(super) fn stall(&self, stalled: bool) {
        self.stalled.store(stalled, Ordering::Relaxed);
    }
}
