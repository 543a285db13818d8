//! The published description of the API, held against the code.

use std::collections::HashSet;

use kami_lambda::api::{ApiError, Language};

const OPENAPI: &str = include_str!("../../../openapi.yaml");

#[test]
fn every_error_is_described_with_its_status_and_words() {
    for error in ApiError::ALL {
        let reason = error.reason();
        assert!(
            OPENAPI.contains(&format!("            - {reason}\n")),
            "openapi.yaml does not list {reason}"
        );
        assert!(OPENAPI.contains(&format!("reason: {reason}")), "openapi.yaml shows no example of {reason}");
        for message in Language::all().map(|language| error.message(language)) {
            assert!(OPENAPI.contains(&format!("message: {message}")), "openapi.yaml does not show {message}");
        }
        assert!(OPENAPI.contains(&format!("        \"{}\":", error.status().as_u16())), "{}", error.status());
    }
    let reasons: HashSet<_> = ApiError::ALL.into_iter().map(ApiError::reason).collect();
    assert_eq!(reasons.len(), ApiError::ALL.len());
}

#[test]
fn the_version_is_that_of_the_code() {
    assert!(OPENAPI.contains(&format!("version: {}\n", env!("CARGO_PKG_VERSION"))));
}
