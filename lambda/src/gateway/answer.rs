//! Answers as the services of AWS want them from a function.

use axum::http::HeaderMap;
use axum::response::Response;
use http_body_util::BodyExt as _;
use serde_json::{Map, Value, json};

use super::event::Sender;

/// The answer to an event of `sender`; the error is that of a body that broke off.
pub(super) async fn to(sender: Sender, response: Response) -> Result<Value, axum::Error> {
    let (parts, body) = response.into_parts();
    let body = body.collect().await?.to_bytes();
    let headers = headers(&parts.headers);
    let mut answer = json!({
        "statusCode": parts.status.as_u16(),
        // Everything that we answer is text.
        "body": String::from_utf8_lossy(&body),
        "isBase64Encoded": false,
    });
    match sender {
        // AWS does without, but what stands in for it in `cargo lambda watch` does not.
        Sender::HttpApi => answer["cookies"] = json!([]),
        Sender::RestApi => {}
        Sender::LoadBalancer => {
            // Which of the two it reads is a setting of its target group.
            let lists = headers.iter().map(|(name, value)| (name.clone(), json!([value])));
            answer["multiValueHeaders"] = lists.collect::<Map<_, _>>().into();
            answer["statusDescription"] = parts.status.to_string().into();
        }
    }
    answer["headers"] = headers.into();
    Ok(answer)
}

/// One text for each name: several values are one list (RFC 9110, section 5.3).
fn headers(headers: &HeaderMap) -> Map<String, Value> {
    let texts = headers.keys().map(|name| {
        let values = headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes()));
        (name.to_string(), Value::from(values.collect::<Vec<_>>().join(", ")))
    });
    texts.collect()
}

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;
    use axum::response::IntoResponse as _;

    use super::*;

    #[tokio::test]
    async fn every_sender_is_answered_in_its_form() {
        let headers = [("retry-after", "1"), ("vary", "origin")];
        for sender in [Sender::HttpApi, Sender::RestApi, Sender::LoadBalancer] {
            let answer = to(sender, (StatusCode::NOT_FOUND, headers, "{}").into_response()).await.unwrap();
            assert_eq!((&answer["statusCode"], &answer["body"]), (&json!(404), &json!("{}")), "{sender:?}");
            assert_eq!(
                (&answer["headers"]["retry-after"], &answer["isBase64Encoded"]),
                (&json!("1"), &json!(false))
            );
            let (lists, description) = match sender {
                Sender::LoadBalancer => (json!(["1"]), json!("404 Not Found")),
                _ => (Value::Null, Value::Null),
            };
            assert_eq!(answer["multiValueHeaders"]["retry-after"], lists, "{sender:?}");
            assert_eq!(answer["statusDescription"], description, "{sender:?}");
            assert_eq!(answer["cookies"].is_array(), sender == Sender::HttpApi, "{sender:?}");
        }
    }
}
