//! Everything that the document and the code do not say alike.

use std::collections::BTreeSet;

use kami_lambda::api::Endpoint;

use crate::answers::Answer;
use crate::openapi::OpenApi;
use crate::{examples, requests, responses};

/// What is wrong with a document, a sentence each, by what the code says of itself and what it answered.
pub(crate) fn problems(text: &str, answers: &[Answer]) -> Vec<String> {
    let document = OpenApi::parse(text);
    [
        of_whole(&document),
        of_endpoints(&document),
        requests::problems(&document),
        responses::problems(&document, answers),
        examples::problems(&document, answers),
    ]
    .concat()
}

fn of_whole(document: &OpenApi) -> Vec<String> {
    let version = document.at("/info/version");
    let is_ours = *version == env!("CARGO_PKG_VERSION");
    let wrong = (!is_ours).then(|| format!("the version is {}, not {version}", env!("CARGO_PKG_VERSION")));
    // What is not in the document cannot refer to its answer.
    let unused = document.unused().into_iter().filter(|name| name != "responses/NotFound");
    wrong.into_iter().chain(unused.map(|name| format!("nothing refers to {name}"))).collect()
}

fn of_endpoints(document: &OpenApi) -> Vec<String> {
    let ours: BTreeSet<_> = Endpoint::ALL.iter().map(|endpoint| (endpoint.method, endpoint.path)).collect();
    let theirs: BTreeSet<_> =
        document.operations().iter().map(|operation| (operation.method, operation.path)).collect();
    let lacking = ours.difference(&theirs).map(|(method, path)| format!("{method} {path} is not described"));
    let invented = theirs.difference(&ours).map(|(method, path)| format!("there is no {method} {path}"));
    lacking.chain(invented).collect()
}
