//! Proofs of answers: a client that sends what it never sent before gets its answer signed, whatever that is.

use std::sync::{Arc, OnceLock};

use axum::body::{Body, to_bytes};
use axum::extract::{MatchedPath, Request};
use axum::http::request::Parts;
use axum::http::{Extensions, Method, Uri, header};
use axum::response::Response;
use kami_core::app::AppName;
use kami_store::Store;
use kami_trust::nonce::Nonce;
use kami_trust::proof::{Answered, Bounds, Claims, MEMBER, Question};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};
use tracing::error;
use url::form_urlencoded;

use crate::error::Failure;
use crate::field::Field;
use crate::signing::Signer;

/// What stands for the address of a request that has none of ours.
const NO_ROUTE: &str = "none";

/// Signs answers.
#[derive(Clone, Debug)]
pub(super) struct Prover {
    /// The keys.
    pub(super) signer: Arc<Signer>,
    /// Knows the database's clock.
    pub(super) store: Store,
}

/// Where the question of a request is put as soon as it is read.
#[derive(Clone, Debug, Default)]
pub(super) struct Asked(Arc<OnceLock<Question>>);

impl Prover {
    /// The question of a request, where its address asks it; of a POST the room for it, which its body says.
    ///
    /// Without a key there is none: then a nonce is a field like any other that nobody knows.
    pub(super) async fn begin(&self, request: &mut Request) -> Result<Option<Asked>, Failure> {
        self.signer.refresh().await;
        if self.signer.keys().is_empty() {
            return Ok(None);
        }
        let asked = Asked::default();
        if *request.method() == Method::POST {
            request.extensions_mut().insert(asked.clone());
            return Ok(Some(asked));
        }
        let question = of_query(request.method(), request.uri(), request.extensions())?;
        Ok(question.map(|question| {
            asked.put(question);
            asked
        }))
    }

    /// The answer with its proof, where its request asked for one and there is a key for it.
    pub(super) async fn prove(&self, answer: Response, asked: &Asked) -> Response {
        let Some(question) = asked.0.get() else { return answer };
        if !is_json(&answer) {
            return answer;
        }
        let (mut parts, body) = answer.into_parts();
        // It is all there: nothing of ours is sent while it is made.
        let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
        if body.is_empty() {
            // The answer to a HEAD.
            return Response::from_parts(parts, Body::from(body));
        }
        let bounds = parts.extensions.get().copied().unwrap_or_default();
        let proven = self.proven(question, parts.status.as_u16(), &body, bounds);
        self.signer.count(proven.is_some());
        let Some(proven) = proven else { return Response::from_parts(parts, Body::from(body)) };
        parts.headers.remove(header::CONTENT_LENGTH);
        Response::from_parts(parts, Body::from(proven))
    }

    fn proven(&self, question: &Question, status: u16, body: &[u8], bounds: Bounds) -> Option<Vec<u8>> {
        let answer: Map<String, Value> = serde_json::from_slice(body).ok()?;
        let now = self.store.known_time().timestamp();
        let app: Option<AppName> = question.app.parse().ok();
        let keys = self.signer.keys();
        let Some(key) = keys.signing(app.as_ref(), now) else {
            error!(app = app.as_ref().map(AppName::as_str), "no signing key may sign answers of this app");
            return None;
        };
        let answered = Answered { status, members: answer };
        let claims = Claims::new(question.clone(), answered, bounds, now, key.certificate.until);
        let proof =
            key.sign(&claims).inspect_err(|failure| error!(%failure, "an answer was not signed")).ok()?;
        let mut proven = body.strip_suffix(b"}")?.to_vec();
        proven.reserve(proof.len() + MEMBER.len() + 8);
        proven.extend_from_slice(format!(r#","{MEMBER}":"{proof}"}}"#).as_bytes());
        Some(proven)
    }
}

impl Asked {
    /// Notes what a request asks.
    pub(super) fn put(&self, question: Question) {
        // A request asks once.
        let _: Result<(), Question> = self.0.set(question);
    }
}

/// What a request asks by its body, signed by no device; nothing where it has no nonce.
pub(super) fn question_of(
    request: &Parts,
    fields: &Map<String, Value>,
    body: &[u8],
) -> Result<Option<Question>, Failure> {
    let text = |field: Field| fields.get(field.as_str()).and_then(Value::as_str);
    let nonce = match fields.get(Field::Nonce.as_str()) {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(text)) => nonce(text)?,
        Some(_) => return Err(Failure::InvalidField(Field::Nonce)),
    };
    Ok(Some(Question {
        route: route(&request.method, &request.extensions),
        app: app(text(Field::App)),
        code: text(Field::Code).map(|code| nonce.digest(code)),
        machine: text(Field::MachineCode).map(|machine| nonce.digest(machine)),
        request: Some(nonce.digest(body)),
        device: None,
        nonce,
    }))
}

/// What a request asks by its address alone.
fn of_query(method: &Method, uri: &Uri, extensions: &Extensions) -> Result<Option<Question>, Failure> {
    let Some(query) = uri.query().filter(|query| query.contains("nonce")) else {
        return Ok(None);
    };
    let said = |field: Field| {
        form_urlencoded::parse(query.as_bytes())
            .filter(move |(name, _)| name == field.as_str())
            .map(|said| said.1)
    };
    let mut nonces = said(Field::Nonce);
    let template = extensions.get().map(MatchedPath::as_str);
    let nonce = match (nonces.next(), nonces.next()) {
        (None, _) => return Ok(None),
        (Some(text), None) => nonce(&text),
        (Some(_), Some(_)) => Err(Failure::InvalidField(Field::Nonce)),
    };
    let nonce = match nonce {
        Ok(nonce) => nonce,
        // Of an address that there is not, nothing is wrong but that.
        Err(_) if template.is_none() => return Ok(None),
        Err(failure) => return Err(failure),
    };
    let part = || {
        let (_, part) = uri.path().rsplit_once('/')?;
        Some(percent_decode_str(part).decode_utf8_lossy().into_owned())
    };
    let code = part().filter(|_| template == Some("/api/status/{code}"));
    let name = part().filter(|_| template == Some("/api/apps/{name}"));
    Ok(Some(Question {
        route: route(method, extensions),
        app: name.unwrap_or_else(|| app(said(Field::App).next().as_deref())),
        code: code.map(|code| nonce.digest(code)),
        machine: said(Field::MachineCode).next().map(|machine| nonce.digest(machine.as_bytes())),
        request: Some(nonce.digest(query)),
        device: None,
        nonce,
    }))
}

fn nonce(text: &str) -> Result<Nonce, Failure> {
    text.parse().map_err(|_| Failure::InvalidField(Field::Nonce))
}

/// The app that a request names, as it does.
fn app(text: Option<&str>) -> String {
    text.map(str::trim).filter(|text| !text.is_empty()).unwrap_or(AppName::DEFAULT).to_owned()
}

fn route(method: &Method, extensions: &Extensions) -> String {
    let template = extensions.get().map(MatchedPath::as_str);
    template.map_or_else(|| NO_ROUTE.to_owned(), |template| format!("{method} {template}"))
}

fn is_json(answer: &Response) -> bool {
    answer.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind == "application/json")
}
