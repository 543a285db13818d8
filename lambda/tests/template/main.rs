//! `template.yaml` held against the code that it deploys, `deploy/aws/edge.yaml` against what goes through it, and each check against a template that it must refuse.

#![expect(clippy::unwrap_used, reason = "in a test the panic is the report")]

mod access;
mod alarms;
mod document;
mod edge;
mod functions;
mod mistakes;
mod references;

use std::path::Path;

use self::document::Template;

const TEMPLATE: &str = include_str!("../../../template.yaml");

const EDGE: &str = include_str!("../../../deploy/aws/edge.yaml");

/// The binary that answers client apps.
const API: &str = "kami-api";

/// The binary that expires cards.
const EXPIRE: &str = "kami-expire";

/// The binaries to deploy.
const BINARIES: [&str; 2] = [API, EXPIRE];

/// Everything that is wrong with a template, a sentence each.
fn problems(text: &str) -> Vec<String> {
    let template = Template::parse(text);
    [
        references::problems(&template),
        functions::problems(&template),
        access::problems(&template),
        alarms::problems(&template),
    ]
    .concat()
}

#[test]
fn the_template_means_what_the_code_expects() {
    assert_eq!(problems(TEMPLATE), [""; 0]);
}

/// Everything that is wrong with what goes in front of the API, a sentence each.
fn problems_of_edge(text: &str) -> Vec<String> {
    edge::problems(&Template::parse(text))
}

#[test]
fn what_goes_in_front_of_the_api_limits_each_address_and_changes_nothing() {
    assert_eq!(problems_of_edge(EDGE), [""; 0]);
}

#[test]
fn the_binaries_are_those_of_the_package() {
    let built = [env!("CARGO_BIN_EXE_kami-api"), env!("CARGO_BIN_EXE_kami-expire")];
    let names = built.map(|path| Path::new(path).file_stem().unwrap().to_str().unwrap());
    assert_eq!(names, BINARIES);
}
