//! The database's address, and the signing keys beside it, from AWS Secrets Manager.
//!
//! One signed HTTPS call with what is linked anyway: hyper, and the rustls and ring of the database's own connections.
//! `docs/design-secrets.md` weighs that against AWS's SDK, its signing crate and its Lambda layer.
//!
//! The secret is fetched before the first request is taken, since Lambda runs a start with a whole core whatever the
//! function's memory, where a TLS handshake takes a few milliseconds, and because an instance that is kept ready then
//! is. A fetch that fails does not end the process: requests are answered with 503 while it is tried again. When the
//! server refuses the login, the secret is fetched again, as after a rotation, and the next connection uses it.

mod client;
mod settings;
mod signature;
mod value;

use std::sync::Arc;
use std::time::Duration;

use chrono::Utc;
use kami_store::database_url::{DEFAULT_POOL, DatabaseUrl};
use kami_store::{AddressError, AddressFuture, AddressSource};
use tokio::sync::watch;
use tokio::time::Instant;
use tracing::{error, info};

pub use self::settings::SecretSettings;
use crate::signing::Signer;

/// How long after a fetch that failed the next may begin.
const RETRY: Duration = Duration::from_secs(1);

/// How long after a fetch the next may begin because the server refuses the login: a rotation changes the password
/// first and the secret some seconds later.
const RENEWAL: Duration = Duration::from_secs(3);

/// How long keys are used until the secret is fetched again.
const KEYS_KEPT: Duration = Duration::from_hours(1);

/// The same where the last fetch failed, or the keys sign no more.
const KEYS_MISSED: Duration = Duration::from_mins(1);

/// How long a request may wait for the keys to be fetched again.
const RENEWAL_WAIT: Duration = Duration::from_secs(1);

/// The address in a secret, and what it takes to fetch it anew.
#[derive(Debug)]
pub struct SecretSource {
    settings: Arc<SecretSettings>,
    /// Gets the keys that the secret has as well.
    signer: Arc<Signer>,
    /// Fetches run in tasks of their own, which outlive the requests that wait for them.
    state: Arc<watch::Sender<State>>,
}

#[derive(Clone, Debug, Default)]
struct State {
    /// What was fetched last.
    address: Option<DatabaseUrl>,
    /// Why the last fetch failed.
    failure: Option<AddressError>,
    /// When the last fetch ended.
    ended: Option<Instant>,
    under_way: bool,
}

/// What somebody who needs an address does next.
#[derive(Debug, PartialEq, Eq)]
enum Next {
    Take(Result<DatabaseUrl, AddressError>),
    Wait,
    Fetch,
}

impl State {
    fn next(&self, refused: Option<&DatabaseUrl>, now: Instant) -> Next {
        if let Some(address) = self.address.as_ref().filter(|address| refused != Some(address)) {
            return Next::Take(Ok(address.clone()));
        }
        if self.under_way {
            return Next::Wait;
        }
        let pause = if self.failure.is_some() { RETRY } else { RENEWAL };
        if self.ended.is_none_or(|ended| now.duration_since(ended) >= pause) {
            return Next::Fetch;
        }
        let unchanged = self.address.clone().ok_or_else(|| AddressError("it was not fetched".to_owned()));
        Next::Take(self.failure.clone().map_or(unchanged, Err))
    }

    /// Whether the keys may be others by now.
    fn is_renewal_due(&self, is_over: bool, now: Instant) -> bool {
        let kept = if is_over || self.failure.is_some() { KEYS_MISSED } else { KEYS_KEPT };
        !self.under_way && self.ended.is_some_and(|ended| now.duration_since(ended) >= kept)
    }
}

impl SecretSource {
    /// A source that has fetched the secret, or tried to: then it goes on trying as it is asked.
    pub async fn fetched(settings: SecretSettings, signer: Arc<Signer>) -> Self {
        let source = Self { settings: Arc::new(settings), signer, state: Arc::default() };
        // What fails is logged, and told to those who ask.
        drop(source.newest(None).await);
        source
    }

    async fn newest(&self, refused: Option<&DatabaseUrl>) -> Result<DatabaseUrl, AddressError> {
        let mut states = self.state.subscribe();
        loop {
            let next = states.borrow_and_update().next(refused, Instant::now());
            match next {
                Next::Take(address) => return address,
                Next::Wait => drop(states.changed().await),
                Next::Fetch => drop(self.start_fetch()),
            }
        }
    }

    /// Fetches the secret where the last fetch is so old that the keys in it may be others. Who begins that waits for it, up to
    /// a second: under Lambda nothing goes on behind an answer.
    pub async fn renew_keys(&self) {
        let now = Utc::now().timestamp();
        // Where there are none, nobody waits for any: the first come with a new instance.
        let Some(end) = self.signer.keys().all_signed_until(now) else { return };
        let is_due = self.state.borrow().is_renewal_due(end <= now, Instant::now());
        if is_due && self.start_fetch() {
            let mut states = self.state.subscribe();
            let fetched = states.wait_for(|state| !state.under_way);
            // What takes longer is there for the next.
            drop(tokio::time::timeout(RENEWAL_WAIT, fetched).await);
        }
    }

    /// Starts a fetch unless one is under way; says whether it did.
    fn start_fetch(&self) -> bool {
        let begins = self.state.send_if_modified(|state| !std::mem::replace(&mut state.under_way, true));
        if begins {
            let (settings, signer) = (Arc::clone(&self.settings), Arc::clone(&self.signer));
            tokio::spawn(fetch(settings, signer, UnderWay(Arc::clone(&self.state))));
        }
        begins
    }
}

impl AddressSource for SecretSource {
    fn pool(&self) -> usize {
        self.state.borrow().address.as_ref().map_or(DEFAULT_POOL, DatabaseUrl::pool)
    }

    fn address(&self, refused: Option<&DatabaseUrl>) -> AddressFuture<'_> {
        let refused = refused.cloned();
        Box::pin(async move { self.newest(refused.as_ref()).await })
    }
}

/// A fetch under way; it ends when this is dropped, however that comes.
struct UnderWay(Arc<watch::Sender<State>>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.send_modify(|state| {
            state.under_way = false;
            state.ended = Some(Instant::now());
        });
    }
}

/// Takes the signing keys that stand in a secret; those before stay where that cannot be understood.
fn take_keys(settings: &SecretSettings, signer: &Signer, value: &str) {
    let taken = match value::signing_keys(value) {
        Ok(Some(keys)) => signer.take(&keys).map_err(|problem| problem.to_string()),
        Ok(None) => {
            signer.drop_keys();
            Ok(())
        }
        Err(problem) => Err(problem.to_string()),
    };
    if let Err(problem) = taken {
        error!(secret = %settings.arn, problem, "the signing keys stay as they were");
    }
}

/// Fetches the secret and notes what came of it.
async fn fetch(settings: Arc<SecretSettings>, signer: Arc<Signer>, under_way: UnderWay) {
    let fetched = match client::fetch(&settings).await {
        Ok(value) => {
            take_keys(&settings, &signer, &value);
            value::address(&value).map_err(client::FetchError::from)
        }
        Err(failure) => Err(failure),
    };
    let UnderWay(state) = &under_way;
    match fetched {
        Ok(address) => {
            let changed = state.borrow().address.as_ref() != Some(&address);
            info!(secret = %settings.arn, changed, "fetched the database's address");
            state.send_modify(|state| {
                state.address = Some(address);
                state.failure = None;
            });
        }
        Err(failure) => {
            error!(secret = %settings.arn, %failure, "the database's address cannot be fetched");
            let failure = AddressError(failure.to_string());
            state.send_modify(|state| state.failure = Some(failure));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn keys_are_asked_for_each_hour_and_sooner_where_they_are_missed() {
        let now = Instant::now();
        let state = State { ended: Some(now), ..State::default() };
        let due = |state: &State, is_over, minutes| {
            state.is_renewal_due(is_over, now + Duration::from_mins(minutes))
        };
        assert!(!due(&state, false, 59) && due(&state, false, 60));
        assert!(!due(&state, true, 0) && due(&state, true, 1));
        let failed = State { failure: Some(AddressError("away".to_owned())), ..state.clone() };
        assert!(!due(&failed, false, 0) && due(&failed, false, 1));
        assert!(!due(&State { under_way: true, ..state }, true, 99));
        assert!(!due(&State::default(), true, 99), "the first fetch is somebody else's");
    }

    #[tokio::test]
    async fn a_secret_is_fetched_when_it_may_be_another_and_not_too_often() {
        let now = Instant::now();
        let later = |state: &State, seconds, refused: Option<&DatabaseUrl>| {
            state.next(refused, now + Duration::from_secs(seconds))
        };
        let address = |text: &str| text.parse::<DatabaseUrl>().unwrap();
        let (old, new) = (address("mysql://k:old@localhost/d"), address("mysql://k:new@localhost/d"));

        let mut state = State::default();
        assert_eq!(later(&state, 0, None), Next::Fetch);
        state.under_way = true;
        assert_eq!(later(&state, 0, None), Next::Wait);

        let failure = AddressError("away".to_owned());
        state = State { failure: Some(failure.clone()), ended: Some(now), ..State::default() };
        assert_eq!(later(&state, 0, None), Next::Take(Err(failure.clone())));
        assert_eq!(later(&state, 1, None), Next::Fetch);

        state = State { address: Some(old.clone()), ended: Some(now), ..State::default() };
        assert_eq!(later(&state, 60, None), Next::Take(Ok(old.clone())));
        assert_eq!(later(&state, 2, Some(&old)), Next::Take(Ok(old.clone())), "no other is to be had yet");
        assert_eq!(later(&state, 3, Some(&old)), Next::Fetch);
        state.failure = Some(failure.clone());
        assert_eq!(later(&state, 0, Some(&old)), Next::Take(Err(failure)));

        state = State { address: Some(new.clone()), ended: Some(now), ..State::default() };
        assert_eq!(later(&state, 0, Some(&old)), Next::Take(Ok(new)));
    }
}
