//! Requests by route and outcome, and how long they took.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::extract::MatchedPath;
use axum::response::Response;

use super::histogram::{Histogram, Snapshot};
use crate::api::ApiError;

/// A route of the API, as metrics name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    /// `/api/validate`.
    Validate,
    /// `/api/status/{code}`.
    Status,
    /// `/api/health` and `/health`.
    Health,
    /// A path that does not exist.
    Other,
}

impl Route {
    /// Every route.
    pub const ALL: [Self; 4] = [Self::Validate, Self::Status, Self::Health, Self::Other];

    /// The route of a path that the router knows, or does not.
    pub(crate) fn of(path: Option<&MatchedPath>) -> Self {
        match path.map(MatchedPath::as_str) {
            Some("/api/validate") => Self::Validate,
            Some("/api/status/{code}") => Self::Status,
            Some("/api/health" | "/health") => Self::Health,
            _ => Self::Other,
        }
    }

    /// Its name in labels and dimensions.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Validate => "validate",
            Self::Status => "status",
            Self::Health => "health",
            Self::Other => "other",
        }
    }
}

/// How a request ended: well, or with one of the errors of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome(Option<ApiError>);

impl Outcome {
    /// The number of outcomes.
    const COUNT: usize = ApiError::ALL.len() + 1;

    /// Every outcome.
    pub fn all() -> impl Iterator<Item = Self> {
        std::iter::once(None).chain(ApiError::ALL.into_iter().map(Some)).map(Self)
    }

    /// How the request of this answer ended: as the answer itself says, or with the error that is its body.
    pub(crate) fn of(answer: &Response) -> Self {
        let noted = answer.extensions().get::<Self>().copied();
        noted.unwrap_or_else(|| Self(answer.extensions().get().copied()))
    }

    /// `valid`, or the reason that the client is told.
    pub const fn as_str(self) -> &'static str {
        match self.0 {
            None => "valid",
            Some(error) => error.reason(),
        }
    }

    /// Whether the client was answered with a 503.
    pub fn is_unavailable(self) -> bool {
        self.0 == Some(ApiError::Unavailable)
    }

    const fn index(self) -> usize {
        match self.0 {
            None => 0,
            Some(error) => error as usize + 1,
        }
    }
}

impl From<ApiError> for Outcome {
    fn from(error: ApiError) -> Self {
        Self(Some(error))
    }
}

/// The counters of all requests.
#[derive(Debug, Default)]
pub struct RequestMetrics {
    routes: [RouteMetrics; Route::ALL.len()],
}

#[derive(Debug, Default)]
struct RouteMetrics {
    outcomes: [AtomicU64; Outcome::COUNT],
    durations: Histogram,
}

impl RequestMetrics {
    /// Counts a request that was answered after this time.
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
    pub(super) fn durations(&self, route: Route) -> Snapshot {
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
