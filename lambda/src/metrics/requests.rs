//! Requests by route and outcome, and how long they took.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::response::Response;

use super::histogram::{Histogram, Snapshot};
use crate::error::ApiError;

/// A route of the API, as metrics name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    /// `/api/validate`.
    Validate,
    /// `/api/consume`.
    Consume,
    /// `/api/recharge`.
    Recharge,
    /// `/api/release`.
    Release,
    /// `/api/trial`.
    Trial,
    /// `/api/unbind`.
    Unbind,
    /// `/api/status` and `/api/status/{code}`.
    Status,
    /// `/api/apps/{name}`.
    App,
    /// `/api/keys`.
    Keys,
    /// `/api/health` and `/health`.
    Health,
    /// A path that does not exist.
    Other,
}

impl Route {
    /// Every route.
    pub const ALL: [Self; 11] = [
        Self::Validate,
        Self::Consume,
        Self::Recharge,
        Self::Release,
        Self::Trial,
        Self::Unbind,
        Self::Status,
        Self::App,
        Self::Keys,
        Self::Health,
        Self::Other,
    ];

    /// The route of a path that the router knows, or does not.
    pub(crate) fn of(path: Option<&str>) -> Self {
        match path {
            Some("/api/validate") => Self::Validate,
            Some("/api/consume") => Self::Consume,
            Some("/api/recharge") => Self::Recharge,
            Some("/api/release") => Self::Release,
            Some("/api/trial") => Self::Trial,
            Some("/api/unbind") => Self::Unbind,
            Some("/api/status" | "/api/status/{code}") => Self::Status,
            Some("/api/apps/{name}") => Self::App,
            Some("/api/keys") => Self::Keys,
            Some("/api/health" | "/health") => Self::Health,
            _ => Self::Other,
        }
    }

    /// Its name in labels and dimensions.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Validate => "validate",
            Self::Consume => "consume",
            Self::Recharge => "recharge",
            Self::Release => "release",
            Self::Trial => "trial",
            Self::Unbind => "unbind",
            Self::Status => "status",
            Self::App => "app",
            Self::Keys => "keys",
            Self::Health => "health",
            Self::Other => "other",
        }
    }
}

/// How a request ended: well, with one of the errors of the API, or before it was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was answered as its client hoped.
    Valid,
    /// It was answered with this error.
    Failed(ApiError),
    /// Its client hung up before it was answered.
    Cancelled,
}

impl Outcome {
    const COUNT: usize = ApiError::ALL.len() + 2;

    /// Every outcome.
    pub fn all() -> impl Iterator<Item = Self> {
        [Self::Valid, Self::Cancelled].into_iter().chain(ApiError::ALL.into_iter().map(Self::Failed))
    }

    /// How the request of this answer ended: as the answer itself says, or with the error that is its body.
    pub(crate) fn of(answer: &Response) -> Self {
        let noted = answer.extensions().get::<Self>().copied();
        noted.unwrap_or_else(|| answer.extensions().get().copied().map_or(Self::Valid, Self::Failed))
    }

    /// `valid`, the reason that the client is told, or `cancelled`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Failed(error) => error.reason(),
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether the client was answered with a 503.
    pub fn is_unavailable(self) -> bool {
        self == Self::Failed(ApiError::Unavailable)
    }

    const fn index(self) -> usize {
        match self {
            Self::Valid => 0,
            Self::Cancelled => 1,
            Self::Failed(error) => error as usize + 2,
        }
    }
}

impl From<ApiError> for Outcome {
    fn from(error: ApiError) -> Self {
        Self::Failed(error)
    }
}

/// The counters of all requests.
#[derive(Debug, Default)]
pub struct RequestMetrics {
    routes: [RouteMetrics; Route::ALL.len()],
}

#[derive(Debug)]
struct RouteMetrics {
    outcomes: [AtomicU64; Outcome::COUNT],
    durations: Histogram,
}

impl Default for RouteMetrics {
    fn default() -> Self {
        Self { outcomes: [const { AtomicU64::new(0) }; Outcome::COUNT], durations: Histogram::default() }
    }
}

impl RequestMetrics {
    /// Counts a request that ended after this time.
    pub fn record(&self, route: Route, outcome: Outcome, duration: Duration) {
        let metrics = &self.routes[route as usize];
        metrics.outcomes[outcome.index()].fetch_add(1, Ordering::Relaxed);
        metrics.durations.record(duration);
    }

    /// How many requests to this route ended like this.
    pub fn count(&self, route: Route, outcome: Outcome) -> u64 {
        self.routes[route as usize].outcomes[outcome.index()].load(Ordering::Relaxed)
    }

    /// How long the requests to this route took.
    pub(crate) fn durations(&self, route: Route) -> Snapshot {
        self.routes[route as usize].durations.snapshot()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn each_route_and_outcome_has_a_counter_of_its_own() {
        let metrics = RequestMetrics::default();
        let pairs: Vec<_> = Route::ALL
            .into_iter()
            .flat_map(|route| Outcome::all().map(move |outcome| (route, outcome)))
            .collect();
        for (times, (route, outcome)) in (1..).zip(&pairs) {
            (0..times).for_each(|_| metrics.record(*route, *outcome, Duration::ZERO));
        }
        for (times, (route, outcome)) in (1..).zip(&pairs) {
            assert_eq!(metrics.count(*route, *outcome), times, "{} {}", route.as_str(), outcome.as_str());
        }
        let names: HashSet<_> =
            pairs.iter().map(|(route, outcome)| (route.as_str(), outcome.as_str())).collect();
        assert_eq!(names.len(), pairs.len());
        assert_eq!(pairs.len(), Route::ALL.len() * Outcome::COUNT);
    }
}
