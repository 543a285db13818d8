//! What a connection is doing, as those see it who do not hold it.

use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::Instant;

/// What one connection is doing. Each part is set by one task and read by others, who only look whether to disturb it.
#[derive(Debug)]
pub(super) struct Pulse {
    begun: Instant,
    exchange: AtomicU8,
    /// When the last exchange ended, in milliseconds since the connection began.
    resting_since: AtomicU64,
    heard: AtomicBool,
    stalled: AtomicBool,
    parked: AtomicBool,
    half_closed: AtomicBool,
}

/// How far a request and its answer are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
enum Exchange {
    /// There is no request.
    None,
    /// A request is being answered.
    Answering,
    /// The whole answer is ready to be sent.
    Sending,
}

impl Default for Pulse {
    /// That of a connection that begins now.
    fn default() -> Self {
        Self {
            begun: Instant::now(),
            exchange: AtomicU8::new(Exchange::None as u8),
            resting_since: AtomicU64::default(),
            heard: AtomicBool::default(),
            stalled: AtomicBool::default(),
            parked: AtomicBool::default(),
            half_closed: AtomicBool::default(),
        }
    }
}

impl Pulse {
    /// Whether a request is in flight: it has begun, and its answer is not sent.
    pub(super) fn is_in_flight(&self) -> bool {
        !self.is(Exchange::None)
    }

    /// Whether nothing is in flight, nothing half heard and nothing half sent.
    pub(super) fn rests(&self) -> bool {
        !self.is_in_flight() && !self.heard.load(Ordering::Relaxed) && !self.stalled.load(Ordering::Relaxed)
    }

    /// How long ago its last exchange ended; `None` while there is one.
    pub(super) fn rested_for(&self) -> Option<Duration> {
        let since = || Duration::from_millis(self.resting_since.load(Ordering::Relaxed));
        (!self.is_in_flight()).then(|| self.begun.elapsed().saturating_sub(since()))
    }

    /// How well it can be spared: the longer it has rested the better, and best of all where the client has closed its
    /// side, which is how most hang up. `None` while a client waits for its answer.
    pub(super) fn spare_for(&self) -> Option<Duration> {
        if self.is_half_closed() { Some(Duration::MAX) } else { self.rested_for() }
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
        self.exchange.store(Exchange::Answering as u8, Ordering::Relaxed);
    }

    /// Its answer is ready to be sent, or there will be none.
    pub(super) fn send(&self) {
        self.exchange.store(Exchange::Sending as u8, Ordering::Relaxed);
    }

    /// Whether an answer is ready and not sent.
    pub(super) fn is_sending(&self) -> bool {
        self.is(Exchange::Sending)
    }

    /// The exchange is over: what is heard from now on belongs to another.
    pub(super) fn rest(&self) {
        let since = u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.resting_since.store(since, Ordering::Relaxed);
        self.heard.store(false, Ordering::Relaxed);
        self.exchange.store(Exchange::None as u8, Ordering::Relaxed);
    }

    /// Something was read from the client.
    pub(super) fn hear(&self) {
        self.heard.store(true, Ordering::Relaxed);
    }

    /// Whether the client leaves unread what is sent to it.
    pub(super) fn stall(&self, stalled: bool) {
        self.stalled.store(stalled, Ordering::Relaxed);
    }

    /// The client will say no more: it has closed its side, or hung up.
    pub(super) fn half_close(&self) {
        self.half_closed.store(true, Ordering::Relaxed);
    }

    /// Whether the client has closed its side.
    pub(super) fn is_half_closed(&self) -> bool {
        self.half_closed.load(Ordering::Relaxed)
    }

    fn is(&self, exchange: Exchange) -> bool {
        self.exchange.load(Ordering::Relaxed) == exchange as u8
    }
}
