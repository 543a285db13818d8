//! AWS's signature version 4, as far as `POST /` without a query needs it.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>

use std::collections::BTreeMap;
use std::fmt;
use std::fmt::Write as _;

use ring::digest::{SHA256, digest};
use ring::hmac::{self, HMAC_SHA256, Key};

/// With what requests are signed; its `Debug` shows nothing.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Credentials {
    /// `AWS_ACCESS_KEY_ID`.
    pub(super) key_id: String,
    /// `AWS_SECRET_ACCESS_KEY`.
    pub(super) key: String,
    /// `AWS_SESSION_TOKEN`, which the credentials of a role have.
    pub(super) token: Option<String>,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials(****)")
    }
}

/// What a signature is good for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scope<'a> {
    /// Such as `eu-central-1`.
    pub(super) region: &'a str,
    /// Such as `secretsmanager`.
    pub(super) service: &'a str,
    /// The moment, as `x-amz-date` has it: `20150830T123600Z`.
    pub(super) moment: &'a str,
}

/// The `Authorization` of `POST /` with this body and exactly these headers, their names in lower case.
pub(super) fn authorization(
    credentials: &Credentials,
    scope: Scope<'_>,
    headers: &BTreeMap<&str, &str>,
    body: &[u8],
) -> String {
    let day = scope.moment.get(..8).unwrap_or(scope.moment);
    let place = format!("{day}/{}/{}/aws4_request", scope.region, scope.service);
    let names = headers.keys().copied().collect::<Vec<_>>().join(";");
    let lines = headers.iter().fold(String::new(), |mut lines, (name, value)| {
        let _: fmt::Result = writeln!(lines, "{name}:{}", value.trim());
        lines
    });
    let canonical = format!("POST\n/\n\n{lines}\n{names}\n{}", hex(digest(&SHA256, body).as_ref()));
    let canonical = hex(digest(&SHA256, canonical.as_bytes()).as_ref());
    let to_sign = format!("AWS4-HMAC-SHA256\n{}\n{place}\n{canonical}", scope.moment);

    let first = format!("AWS4{}", credentials.key).into_bytes();
    let key = [day, scope.region, scope.service, "aws4_request"]
        .iter()
        .fold(first, |key, part| keyed_hash(&key, part.as_bytes()));
    let signature = hex(&keyed_hash(&key, to_sign.as_bytes()));
    format!(
        "AWS4-HMAC-SHA256 Credential={}/{place}, SignedHeaders={names}, Signature={signature}",
        credentials.key_id
    )
}

fn keyed_hash(key: &[u8], data: &[u8]) -> Vec<u8> {
    hmac::sign(&Key::new(HMAC_SHA256, key), data).as_ref().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _: fmt::Result = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A session token of AWS's test suite.
    const TOKEN: &str = "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA==";

    /// Cases of <https://github.com/awslabs/aws-c-auth/tree/v0.9.0/tests/aws-signing-test-suite/v4>.
    #[test]
    fn the_vectors_of_aws() {
        let post_vanilla = "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b";
        let post_sts_header_before = "85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead";
        let post_x_www_form_urlencoded = "d3875051da38690788ef43de4db0d8f280229d82040bfac253562e56c3f20e0b";
        let form = [
            ("content-type", "application/x-www-form-urlencoded"),
            ("content-length", "13"),
            ("x-amz-content-sha256", "9095672bbd1f56dfc5b65f3e153adc8731a4a654192329106275f4c7b24d0b6e"),
        ];
        for (headers, body, signature) in [
            (&[][..], "", post_vanilla),
            (&[("x-amz-security-token", TOKEN)], "", post_sts_header_before),
            (&form, "Param1=value1", post_x_www_form_urlencoded),
        ] {
            let moment = "20150830T123600Z";
            let always = [("host", "example.amazonaws.com"), ("x-amz-date", moment)];
            let headers: BTreeMap<_, _> = headers.iter().copied().chain(always).collect();
            let credentials = Credentials {
                key_id: "AKIDEXAMPLE".to_owned(),
                key: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".to_owned(),
                token: None,
            };
            let scope = Scope { region: "us-east-1", service: "service", moment };
            let names = headers.keys().copied().collect::<Vec<_>>().join(";");
            assert_eq!(
                authorization(&credentials, scope, &headers, body.as_bytes()),
                format!(
                    "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, \
                     SignedHeaders={names}, Signature={signature}"
                )
            );
        }
    }
}
