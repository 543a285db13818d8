//! How many connections were closed or refused by us, and why.

use std::sync::atomic::{AtomicU64, Ordering};

/// Why a connection was closed or refused.
#[derive(Clone, Copy, Debug)]
pub(super) enum Reason {
    /// It was idle and gave way to another of the same client, who was at its limit.
    IdleOfClient,
    /// It was idle and gave way to another, when as many were open as may be.
    Idle,
    /// Its client was at its limit, and none of its connections was idle.
    RefusedToClient,
    /// As many were open as may be, and none was idle.
    Refused,
    /// Its client did not read its answers.
    Unread,
}

impl Reason {
    const ALL: [Self; 5] =
        [Self::IdleOfClient, Self::Idle, Self::RefusedToClient, Self::Refused, Self::Unread];

    /// The word for it in metrics.
    const fn as_str(self) -> &'static str {
        match self {
            Self::IdleOfClient => "idle_of_client",
            Self::Idle => "idle",
            Self::RefusedToClient => "refused_to_client",
            Self::Refused => "refused",
            Self::Unread => "unread",
        }
    }
}

/// A counter for each reason.
#[derive(Debug, Default)]
pub(super) struct TurnedAway([AtomicU64; Reason::ALL.len()]);

impl TurnedAway {
    pub(super) fn count(&self, reason: Reason) {
        self.0[reason as usize].fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn counts(&self) -> impl Iterator<Item = (&'static str, u64)> {
        Reason::ALL
            .into_iter()
            .map(|reason| (reason.as_str(), self.0[reason as usize].load(Ordering::Relaxed)))
    }
}
