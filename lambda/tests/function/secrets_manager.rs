//! A stand-in for AWS Secrets Manager that checks each request as AWS does.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use kami_lambda::{Connections, serve};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use ring::{digest, hmac};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

/// The secret that there is.
pub(crate) const ARN: &str = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:kami/database-AbCdEf";

/// With what a request has to be signed.
pub(crate) const CREDENTIALS: [(&str, &str); 3] = [
    ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
    ("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
    ("AWS_SESSION_TOKEN", "AQoDYXdzEPT//////////wEXAMPLE=="),
];

/// What it answers with.
#[derive(Clone, Debug)]
pub(crate) enum Content {
    /// This text.
    Text(String),
    /// The error of this name.
    Error(&'static str),
    /// A fault of its own once, and this text from then on.
    FaultBefore(String),
    /// Nothing, until there is something else.
    Silence,
}

/// The service on a free port of this machine.
#[derive(Clone, Debug)]
pub(crate) struct SecretsManager {
    endpoint: String,
    content: Arc<watch::Sender<Content>>,
    asked: Arc<Mutex<usize>>,
}

impl SecretsManager {
    /// Starts it over HTTP.
    pub(crate) async fn start(content: Content) -> Self {
        let (listener, service) = Self::bind("http", content).await;
        let routes = service.routes();
        tokio::spawn(async move {
            serve(listener, routes, &Connections::default(), std::future::pending()).await;
        });
        service
    }

    /// Starts it over HTTPS; returns its authority's certificate in PEM as well.
    pub(crate) async fn start_with_tls(content: Content) -> (Self, String) {
        let (listener, service) = Self::bind("https", content).await;
        let authority_key = KeyPair::generate().unwrap();
        let mut authority = CertificateParams::new([]).unwrap();
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let root = authority.self_signed(&authority_key).unwrap().pem();
        let issuer = Issuer::new(authority, authority_key);
        let key = KeyPair::generate().unwrap();
        let names = ["127.0.0.1".to_owned()];
        let certificate = CertificateParams::new(names).unwrap().signed_by(&key, &issuer).unwrap();
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let config = ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let routes = service.routes();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, routes) = (acceptor.clone(), routes.clone());
                tokio::spawn(async move {
                    let Ok(stream) = acceptor.accept(stream).await else { return };
                    let http = hyper::server::conn::http1::Builder::new();
                    drop(http.serve_connection(TokioIo::new(stream), TowerToHyperService::new(routes)).await);
                });
            }
        });
        (service, root)
    }

    async fn bind(scheme: &str, content: Content) -> (TcpListener, Self) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("{scheme}://{}", listener.local_addr().unwrap());
        let content = Arc::new(watch::Sender::new(content));
        (listener, Self { endpoint, content, asked: Arc::default() })
    }

    fn routes(&self) -> Router {
        Router::new().route("/", post(get_secret_value)).with_state(self.clone())
    }

    /// The variables with which a function finds it.
    pub(crate) fn variables(&self) -> Vec<(&str, &str)> {
        let mut variables =
            vec![("DATABASE_SECRET_ARN", ARN), ("AWS_ENDPOINT_URL_SECRETS_MANAGER", self.endpoint.as_str())];
        variables.extend(CREDENTIALS);
        variables
    }

    /// Answers with this from now on.
    pub(crate) fn set(&self, content: Content) {
        self.content.send_replace(content);
    }

    /// How often it has been asked.
    pub(crate) fn asked(&self) -> usize {
        *self.asked.lock().unwrap()
    }
}

async fn get_secret_value(
    State(service): State<SecretsManager>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    *service.asked.lock().unwrap() += 1;
    if headers["x-amz-target"] != "secretsmanager.GetSecretValue"
        || headers["content-type"] != "application/x-amz-json-1.1"
        || serde_json::from_slice::<Value>(&body).unwrap() != json!({"SecretId": ARN})
    {
        return refusal("InvalidParameterException");
    }
    if headers["x-amz-security-token"] != CREDENTIALS[2].1 {
        return refusal("UnrecognizedClientException");
    }
    if headers["authorization"] != authorization(&headers, &body) {
        return refusal("InvalidSignatureException");
    }
    let mut content = service.content.subscribe();
    let content = content.wait_for(|content| !matches!(content, Content::Silence)).await.unwrap().clone();
    match content {
        Content::Text(text) => axum::Json(json!({
            "ARN": ARN, "Name": "kami/database", "SecretString": text, "VersionStages": ["AWSCURRENT"],
        }))
        .into_response(),
        Content::Error(name) => refusal(name),
        Content::FaultBefore(text) => {
            service.set(Content::Text(text));
            let fault = axum::Json(json!({"__type": "InternalServiceError", "Message": "no"}));
            (StatusCode::INTERNAL_SERVER_ERROR, fault).into_response()
        }
        Content::Silence => unreachable!("it was waited for something else"),
    }
}

fn refusal(name: &str) -> Response {
    let kind = format!("com.amazonaws.secretsmanager#{name}");
    (StatusCode::BAD_REQUEST, axum::Json(json!({"__type": kind, "Message": "no"}))).into_response()
}

/// The signature that these headers and this body have to have, from what AWS documents.
fn authorization(headers: &HeaderMap, body: &[u8]) -> String {
    let header = |name: &str| headers[name].to_str().unwrap();
    let moment = header("x-amz-date");
    let scope = format!("{}/eu-central-1/secretsmanager/aws4_request", &moment[..8]);
    let signed = "content-type;host;x-amz-date;x-amz-security-token;x-amz-target";
    let lines: Vec<_> = signed.split(';').map(|name| format!("{name}:{}", header(name))).collect();
    let hash = |data: &[u8]| hex(digest::digest(&digest::SHA256, data).as_ref());
    let canonical = ["POST", "/", "", &lines.join("\n"), "", signed, &hash(body)].join("\n");
    let to_sign = ["AWS4-HMAC-SHA256", moment, &scope, &hash(canonical.as_bytes())].join("\n");
    let mut key = format!("AWS4{}", CREDENTIALS[1].1).into_bytes();
    for part in scope.split('/').chain([to_sign.as_str()]) {
        key = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &key), part.as_bytes()).as_ref().to_vec();
    }
    let id = CREDENTIALS[0].1;
    format!("AWS4-HMAC-SHA256 Credential={id}/{scope}, SignedHeaders={signed}, Signature={}", hex(&key))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat()
}
