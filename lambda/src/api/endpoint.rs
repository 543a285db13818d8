//! The addresses of the API, in one table: what the router takes and `openapi.yaml` is compared with.

use axum::routing::{MethodRouter, get, post};

use super::{Api, app, consume, health, keys, recharge, release, status, trial, unbind, validate};

/// A method of an address, and what answers it.
#[derive(Debug)]
pub struct Endpoint {
    /// The method; one that is GET is HEAD as well.
    pub method: &'static str,
    /// The path, with the names of its parts that vary in braces.
    pub path: &'static str,
    pub(super) handler: fn() -> MethodRouter<Api>,
}

impl Endpoint {
    /// Every endpoint.
    pub const ALL: [Self; 12] = [
        Self { method: "POST", path: "/api/validate", handler: || post(validate::validate) },
        Self { method: "POST", path: "/api/consume", handler: || post(consume::consume) },
        Self { method: "POST", path: "/api/recharge", handler: || post(recharge::recharge) },
        Self { method: "POST", path: "/api/release", handler: || post(release::release) },
        Self { method: "POST", path: "/api/trial", handler: || post(trial::trial) },
        Self { method: "POST", path: "/api/unbind", handler: || post(unbind::unbind) },
        Self { method: "POST", path: "/api/status", handler: || post(status::by_body) },
        Self { method: "GET", path: "/api/status/{code}", handler: || get(status::by_path) },
        Self { method: "GET", path: "/api/apps/{name}", handler: || get(app::app) },
        Self { method: "GET", path: "/api/keys", handler: || get(keys::keys) },
        Self { method: "GET", path: "/api/health", handler: || get(health::health) },
        Self { method: "GET", path: "/health", handler: || get(health::health) },
    ];
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::Route;

    #[test]
    fn each_endpoint_is_counted_under_a_route_of_its_own() {
        for Endpoint { path, .. } in Endpoint::ALL {
            assert_ne!(Route::of(Some(path)), Route::Other, "{path}");
        }
    }
}
