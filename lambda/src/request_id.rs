//! The id by which one request is found in logs: its client's, Lambda's, or a new one.

use std::fmt;

use axum::http::{Extensions, HeaderMap, HeaderName, HeaderValue};
use lambda_runtime::Context;
use tokio::task::futures::TaskLocalFuture;

/// The header that carries the id, in a request and in its answer.
pub(crate) const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The longest id that is taken over from a client, in bytes.
const MAX_LENGTH: usize = 128;

/// An id of visible ASCII characters, at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RequestId(HeaderValue);

tokio::task_local! {
    /// The request that this task answers.
    static CURRENT: RequestId;
}

impl RequestId {
    /// Under Lambda its own id, which its log lines have as well; else the client's if it is usable, so that a proxy's
    /// log and ours tell of the same request; else one at random.
    pub(crate) fn of(headers: &HeaderMap, extensions: &Extensions) -> Self {
        let on_lambda = extensions.get::<Context>().map(|context| HeaderValue::from_str(&context.request_id));
        match on_lambda {
            Some(Ok(id)) if is_usable(&id) => Self(id),
            Some(_) => Self::random(),
            None => Self::of_client(headers).unwrap_or_else(Self::random),
        }
    }

    fn of_client(headers: &HeaderMap) -> Option<Self> {
        let mut ids = headers.get_all(X_REQUEST_ID).iter();
        // Of two it could not be said which is meant.
        let id = ids.next().filter(|_| ids.next().is_none())?;
        is_usable(id).then(|| Self(id.clone()))
    }

    /// 128 bits at random, in hexadecimal digits.
    fn random() -> Self {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let bytes: [u8; 16] = rand::random();
        let mut id = [0; 32];
        for (digits, byte) in id.chunks_exact_mut(2).zip(bytes) {
            digits.copy_from_slice(&[DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
        }
        Self(HeaderValue::from_bytes(&id).unwrap_or(HeaderValue::from_static("0")))
    }

    /// Answers a request under this id: the log lines meanwhile have it. It can be taken back from the future.
    pub(crate) fn scope<F: Future>(self, answering: F) -> TaskLocalFuture<Self, F> {
        CURRENT.scope(self, answering)
    }

    /// What `read` makes of the id of the request that is being answered; `None` outside of requests.
    pub(crate) fn with_current<T>(read: impl FnOnce(&Self) -> T) -> Option<T> {
        CURRENT.try_with(read).ok()
    }

    pub(crate) fn as_str(&self) -> &str {
        self.0.to_str().unwrap_or_default()
    }

    pub(crate) fn into_value(self) -> HeaderValue {
        self.0
    }
}

fn is_usable(id: &HeaderValue) -> bool {
    (1..=MAX_LENGTH).contains(&id.len()) && id.as_bytes().iter().all(u8::is_ascii_graphic)
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id_for(values: &[&[u8]]) -> String {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(X_REQUEST_ID, HeaderValue::from_bytes(value).unwrap());
        }
        RequestId::of(&headers, &Extensions::new()).to_string()
    }

    #[test]
    fn a_usable_id_is_taken_over_and_any_other_replaced() {
        let longest = "x".repeat(MAX_LENGTH);
        for usable in ["a", "7f1c/{}\"~", longest.as_str()] {
            assert_eq!(id_for(&[usable.as_bytes()]), usable);
        }
        let too_long = "x".repeat(MAX_LENGTH + 1);
        let (id, line) = ("a".as_bytes(), "a b".as_bytes());
        for unusable in [
            &[][..],
            &["".as_bytes()],
            &[line],
            &["季".as_bytes()],
            &[b"a\tb"],
            &[too_long.as_bytes()],
            &[id, id],
        ] {
            let made = id_for(unusable);
            assert!(made.len() == 32 && made.bytes().all(|byte| byte.is_ascii_hexdigit()), "{made}");
        }
        assert_ne!(id_for(&[]), id_for(&[]));
    }

    #[test]
    fn under_lambda_its_own_id_counts() {
        let mut context = Context::default();
        context.request_id = "8476a536-e9f4-11e8-9739-2dfe598c3fcd".to_owned();
        let mut extensions = Extensions::new();
        extensions.insert(context);
        let headers = HeaderMap::from_iter([(X_REQUEST_ID, HeaderValue::from_static("client"))]);
        assert_eq!(RequestId::of(&headers, &extensions).to_string(), "8476a536-e9f4-11e8-9739-2dfe598c3fcd");
    }
}
