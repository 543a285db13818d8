//! The one call to Secrets Manager: `GetSecretValue`.
//!
//! <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html>

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use chrono::Utc;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1::handshake;
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use serde_json::json;
use thiserror::Error;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use url::Position;

use super::settings::SecretSettings;
use super::signature::{Scope, authorization};
use super::value::ValueError;

/// How long a fetch may take, a second call included: half of what Lambda grants a function to start.
const LIMIT: Duration = Duration::from_secs(5);

/// How long after a call that failed in passing the second is made.
const RETRY_PAUSE: Duration = Duration::from_millis(100);

/// The largest answer that is read, in bytes: a secret has 64 KiB at most.
const MAX_ANSWER: usize = 256 * 1024;

const TARGET: &str = "secretsmanager.GetSecretValue";

const CONTENT_TYPE: &str = "application/x-amz-json-1.1";

/// Why there is no value; no variant holds any part of it.
#[derive(Debug, Error)]
pub(super) enum FetchError {
    /// The line could not be opened or broke.
    #[error(
        "Secrets Manager cannot be reached at {place} ({cause}): a function in a VPC needs a NAT gateway or an endpoint for secretsmanager"
    )]
    Unreachable {
        /// Its address.
        place: String,
        /// What the system says.
        cause: String,
    },
    /// It did not answer in time.
    #[error(
        "Secrets Manager at {0} did not answer within 5 s: a function in a VPC needs a NAT gateway or an endpoint for secretsmanager, and a security group that lets it out"
    )]
    TimedOut(String),
    /// It answered with an error.
    #[error("Secrets Manager answered {status} {kind}: {}", advice(.kind))]
    Refused {
        /// The HTTP status.
        status: u16,
        /// The error's name.
        kind: String,
    },
    /// It answered with something else than a secret in text.
    #[error("Secrets Manager's answer holds no text: keep the address as the secret's text, not as binary")]
    NoText,
    /// The value is of no use.
    #[error("{0}")]
    Value(#[from] ValueError),
    /// The credentials cannot be sent.
    #[error("the AWS credentials in the environment hold what no HTTP header can")]
    Credentials,
    /// The authorities of `AWS_CA_BUNDLE` cannot be had.
    #[error("AWS_CA_BUNDLE cannot be read as certificates in PEM")]
    Authorities,
}

impl FetchError {
    /// Whether the same call may succeed a moment later: a line that broke, or a fault of the service itself.
    fn is_passing(&self) -> bool {
        match self {
            Self::Unreachable { .. } => true,
            Self::Refused { status, .. } => *status >= 500,
            Self::TimedOut(_) | Self::NoText | Self::Value(_) | Self::Credentials | Self::Authorities => {
                false
            }
        }
    }
}

/// What to do about an error of Secrets Manager.
fn advice(kind: &str) -> &'static str {
    match kind {
        "AccessDeniedException" => {
            "allow the function's role secretsmanager:GetSecretValue on the secret, and kms:Decrypt on its key if it has one of its own"
        }
        "ResourceNotFoundException" => {
            "there is no such secret, or it has no value yet: check DATABASE_SECRET_ARN"
        }
        "DecryptionFailure" => "allow the function's role kms:Decrypt on the secret's key",
        "InvalidRequestException" => "the secret is being deleted: restore it or name another",
        "ExpiredTokenException" | "UnrecognizedClientException" | "InvalidSignatureException" => {
            "the AWS credentials in the environment are not accepted"
        }
        _ => "it is asked again with the next request",
    }
}

#[derive(Deserialize)]
struct Answer {
    #[serde(rename = "SecretString")]
    text: Option<String>,
}

#[derive(Deserialize)]
struct Refusal {
    #[serde(rename = "__type")]
    kind: String,
}

/// Fetches the secret's current value; what fails in passing is tried once more, if there is time for it.
pub(super) async fn fetch(settings: &SecretSettings) -> Result<String, FetchError> {
    let place = &settings.endpoint[Position::BeforeHost..Position::AfterPort];
    let calls = async {
        match call(settings, place).await {
            Err(failure) if failure.is_passing() => {
                tokio::time::sleep(RETRY_PAUSE).await;
                call(settings, place).await
            }
            fetched => fetched,
        }
    };
    tokio::time::timeout(LIMIT, calls).await.unwrap_or_else(|_| Err(FetchError::TimedOut(place.to_owned())))
}

async fn call(settings: &SecretSettings, place: &str) -> Result<String, FetchError> {
    let unreachable =
        |cause: io::Error| FetchError::Unreachable { place: place.to_owned(), cause: cause.to_string() };
    let port = settings.endpoint.port_or_known_default().unwrap_or(443);
    let host = settings.endpoint.host_str().unwrap_or_default().trim_matches(['[', ']']);
    let stream = TcpStream::connect((host, port)).await.map_err(unreachable)?;
    // The end of the handshake and the request are small and follow each other: neither must wait for the other.
    stream.set_nodelay(true).map_err(unreachable)?;
    if settings.endpoint.scheme() == "https" {
        let name =
            ServerName::try_from(host.to_owned()).map_err(|error| unreachable(io::Error::other(error)))?;
        let stream = connector(settings)?.connect(name, stream).await.map_err(unreachable)?;
        ask(settings, place, stream).await
    } else {
        ask(settings, place, stream).await
    }
}

/// TLS that trusts Mozilla's authorities, which are built in and include Amazon's: reading the system's takes longer.
fn connector(settings: &SecretSettings) -> Result<TlsConnector, FetchError> {
    let mut roots = RootCertStore::empty();
    match &settings.authorities {
        Some(file) => {
            let certificates = CertificateDer::pem_file_iter(file).map_err(|_| FetchError::Authorities)?;
            for certificate in certificates {
                let added = certificate.ok().and_then(|certificate| roots.add(certificate).ok());
                added.ok_or(FetchError::Authorities)?;
            }
        }
        None => roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
    }
    let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

async fn ask(
    settings: &SecretSettings,
    place: &str,
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
) -> Result<String, FetchError> {
    let broken =
        |cause: hyper::Error| FetchError::Unreachable { place: place.to_owned(), cause: cause.to_string() };
    let (mut sender, connection) = handshake(TokioIo::new(stream)).await.map_err(broken)?;
    // It ends with the answer, or with us when we give up.
    tokio::spawn(connection);
    let response = sender.send_request(request(settings, place)?).await.map_err(broken)?;
    let (head, body) = response.into_parts();
    let body = Limited::new(body, MAX_ANSWER)
        .collect()
        .await
        .map_err(|cause| FetchError::Unreachable { place: place.to_owned(), cause: cause.to_string() })?;
    let body = body.to_bytes();
    if head.status != StatusCode::OK {
        return Err(FetchError::Refused { status: head.status.as_u16(), kind: kind(&body) });
    }
    let answer: Answer = serde_json::from_slice(&body).map_err(|_| FetchError::NoText)?;
    answer.text.ok_or(FetchError::NoText)
}

/// The signed request.
fn request(settings: &SecretSettings, host: &str) -> Result<Request<Full<Bytes>>, FetchError> {
    let body = json!({"SecretId": settings.arn.as_str()}).to_string();
    let moment = Utc::now().format("%Y%m%dT%H%M%SZ").to_string();
    let mut headers = BTreeMap::from([
        ("content-type", CONTENT_TYPE),
        ("host", host),
        ("x-amz-date", moment.as_str()),
        ("x-amz-target", TARGET),
    ]);
    if let Some(token) = &settings.credentials.token {
        headers.insert("x-amz-security-token", token);
    }
    let scope = Scope { region: settings.arn.region(), service: "secretsmanager", moment: &moment };
    let authorization = authorization(&settings.credentials, scope, &headers, body.as_bytes());
    let request = Request::post("/").header("authorization", authorization);
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    request.body(Full::from(body)).map_err(|_| FetchError::Credentials)
}

/// The error's name in an answer, as far as it can only be a name.
fn kind(body: &[u8]) -> String {
    let kind = serde_json::from_slice::<Refusal>(body).map(|refusal| refusal.kind).unwrap_or_default();
    let name = kind.rsplit('#').next().unwrap_or_default();
    name.chars().filter(char::is_ascii_alphanumeric).take(64).collect()
}
