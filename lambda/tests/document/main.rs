//! `openapi.yaml` held against the code, both ways: against the table of its endpoints, what it reads of a request, and
//! what a running `kami-api` answers to each endpoint in each way that an answer can come about.

#![expect(clippy::unwrap_used, reason = "in a test the panic is the report")]

mod answers;
mod comparison;
mod examples;
mod mistakes;
mod openapi;
mod requests;
mod responses;
mod schema;
mod wire;

use std::collections::BTreeSet;

use kami_lambda::api::{ApiError, Endpoint};
use tokio::sync::OnceCell;

use self::answers::{Answer, ELSEWHERE};
use self::comparison::problems;

const OPENAPI: &str = include_str!("../../../openapi.yaml");

/// What `kami-api` answers, asked once for all tests.
async fn answers() -> &'static [Answer] {
    static ANSWERS: OnceCell<Vec<Answer>> = OnceCell::const_new();
    ANSWERS.get_or_init(answers::gather).await
}

#[tokio::test]
async fn the_document_says_what_the_code_does() {
    assert_eq!(problems(OPENAPI, answers().await), [""; 0]);
}

#[tokio::test]
async fn answers_of_each_endpoint_were_proven_and_refused_a_malformed_nonce() {
    let answers = answers().await;
    for endpoint in Endpoint::ALL.map(|endpoint| (endpoint.method, endpoint.path)) {
        let of_it = || answers.iter().filter(|answer| answer.endpoint == endpoint);
        assert!(
            of_it().any(|answer| answer.status < 404 && answer.body["proof"].is_string()),
            "{endpoint:?}"
        );
        assert!(of_it().any(|answer| answer.body["field"] == "nonce"), "{endpoint:?}");
    }
    let elsewhere = |answer: &&Answer| answer.endpoint.0 == ELSEWHERE && answer.body["proof"].is_string();
    assert!(answers.iter().any(|answer| elsewhere(&answer)));
}

#[tokio::test]
async fn every_error_was_answered_with_its_status_and_has_a_reason_of_its_own() {
    let answered: BTreeSet<_> =
        answers().await.iter().map(|answer| (answer.status, answer.body["reason"].as_str())).collect();
    for error in ApiError::ALL {
        assert!(
            answered.contains(&(error.status().as_u16(), Some(error.reason()))),
            "{error:?}: {answered:?}"
        );
    }
    let reasons: BTreeSet<_> = ApiError::ALL.into_iter().map(ApiError::reason).collect();
    assert_eq!(reasons.len(), ApiError::ALL.len());
}
