//! The HTTP API as a Lambda function: events become requests to the [`Router`], and its answers what their sender wants.
//!
//! No event makes the invocation fail: what is sent to an address of AWS is a stranger's to choose, and a failed
//! invocation is a 502 without words.

mod answer;
mod event;

use axum::Router;
use axum::extract::Request;
use lambda_runtime::{LambdaEvent, service_fn, tower::ServiceExt as _};
use serde_json::Value;
use serde_json::value::RawValue;

use self::event::Sender;
use crate::api;
use crate::error::ApiError;

/// Answers events until Lambda ends us.
pub async fn run(router: Router) -> anyhow::Result<()> {
    // Read by ourselves: of what serde_json cannot hold, such as half a surrogate pair, the runtime would make an error.
    let handler = service_fn(async |LambdaEvent { payload, context }: LambdaEvent<Box<RawValue>>| {
        let event = serde_json::from_str(payload.get()).unwrap_or(Value::Null);
        let mut request = event::request(&event).unwrap_or_else(malformed);
        request.extensions_mut().insert(context);
        let Ok(response) = router.clone().oneshot(request).await;
        Ok::<_, lambda_runtime::Error>(answer::to(Sender::of(&event), api::never_stored(response)).await?)
    });
    lambda_runtime::run(handler).await.map_err(anyhow::Error::from_boxed)
}

/// Stands for an event that is no request.
fn malformed() -> Request {
    let mut request = Request::default();
    api::refuse(&mut request, ApiError::InvalidJson);
    request
}
