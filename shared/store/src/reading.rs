//! How a client's question reads a card: as this version does, or as far as an account or a schema of the last one lets it.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use tracing::info;

use super::StoreError;

/// How long a lesser way is gone before the full one is tried again: somebody may have migrated or granted meanwhile.
const KEPT: Duration = Duration::from_secs(10);

/// A way to read a card, and whether the seats of machines are read with it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Reading {
    /// With its app, and the revision of the apps.
    #[default]
    Full,
    /// With its app: the account may not read the rest.
    WithoutRevision,
    /// As a schema has it that knows no apps: every card is one of the default app.
    WithoutApps,
}

impl Reading {
    /// The columns that it reads, the database's clock among them, of rows of `cards`, and `card_seats` as `seat`.
    pub(super) const fn columns(self, with_seats: bool) -> &'static str {
        macro_rules! with {
            ($($rest:literal),*) => {
                concat!(
                    "cards.id, cards.full_code, cards.status, cards.duration_seconds, cards.machine_code, \
                     cards.created_at, cards.used_at, cards.expire_at, UTC_TIMESTAMP(), ",
                    $($rest),*
                )
            };
        }
        match self {
            Self::Full if with_seats => with!(
                "cards.app, (SELECT revision FROM policy_revision WHERE id = 1), ",
                "cards.seats, cards.lease_until, cards.policy, cards.valid_until, cards.points, \
                 seat.machine_code, seat.lease_until"
            ),
            Self::Full => with!(
                "cards.app, (SELECT revision FROM policy_revision WHERE id = 1), ",
                "cards.seats, cards.lease_until, cards.policy, cards.valid_until, cards.points, NULL, NULL"
            ),
            Self::WithoutRevision => {
                with!(
                    "cards.app, NULL, cards.seats, cards.lease_until, cards.policy, cards.valid_until, cards.points, NULL, NULL"
                )
            }
            Self::WithoutApps => with!("'default', NULL, 1, NULL, NULL, NULL, NULL, NULL, NULL"),
        }
    }

    /// The way that may do where this one failed.
    fn lesser(self, error: &StoreError) -> Option<Self> {
        match self {
            Self::Full if error.is_denied() => Some(Self::WithoutRevision),
            Self::Full | Self::WithoutRevision if error.is_of_schema() => Some(Self::WithoutApps),
            _ => None,
        }
    }
}

/// The way that did last; clones of a store share it.
#[derive(Debug, Default)]
pub(super) struct Readings(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// The last lesser way, and since when it is gone.
    lesser: Option<(Reading, Instant)>,
    /// The least that was ever told of.
    told: Reading,
}

impl Readings {
    /// The way to go now.
    pub(super) fn now(&self) -> Reading {
        let lesser = self.state().lesser.filter(|(_, since)| since.elapsed() < KEPT);
        lesser.map(|(reading, _)| reading).unwrap_or_default()
    }

    /// The way to go after `reading` failed like that, if there is one. It is told of once, not each time that the full way
    /// was tried again in vain.
    pub(super) fn after(&self, reading: Reading, error: &StoreError) -> Option<Reading> {
        let lesser = reading.lesser(error)?;
        let mut state = self.state();
        state.lesser = Some((lesser, Instant::now()));
        if state.told < lesser {
            state.told = lesser;
            info!(reading = ?lesser, "cards are read without what the account or the schema has not: {error}");
        }
        Some(lesser)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_lesser_way_is_gone_for_a_while_and_then_the_full_one_is_tried_again() {
        let denied = || StoreError::from(server_error(1142));
        let unknown = || StoreError::from(server_error(1054));
        let readings = Readings::default();
        assert_eq!(readings.now(), Reading::Full);
        assert_eq!(readings.after(Reading::Full, &denied()), Some(Reading::WithoutRevision));
        assert_eq!(readings.after(Reading::WithoutRevision, &unknown()), Some(Reading::WithoutApps));
        assert_eq!(readings.now(), Reading::WithoutApps);
        tokio::time::advance(KEPT).await;
        assert_eq!(readings.now(), Reading::Full);
        assert_eq!(readings.after(Reading::Full, &unknown()), Some(Reading::WithoutApps));
    }

    #[test]
    fn what_no_lesser_way_helps_fails() {
        for reading in [Reading::WithoutRevision, Reading::WithoutApps] {
            assert_eq!(reading.lesser(&StoreError::from(server_error(1142))), None);
        }
        assert_eq!(Reading::WithoutApps.lesser(&StoreError::from(server_error(1146))), None);
        assert_eq!(Reading::Full.lesser(&StoreError::TimedOut), None);
    }

    fn server_error(code: u16) -> mysql_async::Error {
        mysql_async::Error::Server(mysql_async::ServerError {
            code,
            message: String::new(),
            state: String::new(),
        })
    }
}
