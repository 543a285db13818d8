//! The template as plain JSON: the short forms of functions written out, the globals given to each function.

use std::collections::BTreeMap;

use saphyr::{LoadableYamlNode as _, Scalar, Yaml};
use serde_json::{Map, Value, json};

/// A template of the Serverless Application Model.
#[derive(Debug)]
pub(crate) struct Template(Value);

/// A function with the properties that it has in the end.
#[derive(Debug)]
pub(crate) struct Function {
    /// Its logical id.
    pub(crate) id: String,
    /// How it is built: the resource's metadata.
    pub(crate) build: Value,
    /// Its own properties and those of all functions.
    pub(crate) properties: Value,
}

impl Template {
    /// Reads a template; panics if it is no YAML of one document.
    pub(crate) fn parse(text: &str) -> Self {
        let documents = Yaml::load_from_str(text).unwrap();
        let [document] = documents.as_slice() else { panic!("the template is one document") };
        Self(plain(document))
    }

    /// A section such as `Parameters`, which has to be there.
    pub(crate) fn section(&self, name: &str) -> &Map<String, Value> {
        self.0[name].as_object().unwrap_or_else(|| panic!("the template has a section {name}"))
    }

    /// What a section has under a name; null if nothing.
    pub(crate) fn entry(&self, section: &str, name: &str) -> &Value {
        &self.0[section][name]
    }

    /// The resources of a type, by logical id.
    pub(crate) fn of_type(&self, kind: &str) -> BTreeMap<&str, &Value> {
        let resources = self.section("Resources").iter();
        resources.filter(|(_, found)| found["Type"] == kind).map(|(id, found)| (id.as_str(), found)).collect()
    }

    /// Every function.
    pub(crate) fn functions(&self) -> Vec<Function> {
        let globals = &self.0["Globals"]["Function"];
        let functions = self.of_type("AWS::Serverless::Function");
        functions
            .into_iter()
            .map(|(id, resource)| Function {
                id: id.to_owned(),
                build: resource["Metadata"].clone(),
                properties: merged(globals, &resource["Properties"]),
            })
            .collect()
    }

    /// The function that is built from a binary.
    pub(crate) fn function(&self, binary: &str) -> Option<Function> {
        self.functions().into_iter().find(|function| function.binary() == Some(binary))
    }

    /// What a value is when every parameter has its default.
    pub(crate) fn by_default<'a>(&'a self, value: &'a Value) -> &'a Value {
        match value["Ref"].as_str() {
            Some(parameter) => &self.entry("Parameters", parameter)["Default"],
            None => value,
        }
    }
}

impl Function {
    /// The binary that it is built from.
    pub(crate) fn binary(&self) -> Option<&str> {
        self.build["BuildProperties"]["Binary"].as_str()
    }
}

/// Objects by key, lists one after the other; otherwise `over` wins: so are globals merged.
fn merged(under: &Value, over: &Value) -> Value {
    match (under, over) {
        (Value::Object(under), Value::Object(over)) => {
            let mut all = under.clone();
            for (key, value) in over {
                let value = under.get(key).map_or_else(|| value.clone(), |under| merged(under, value));
                all.insert(key.clone(), value);
            }
            Value::Object(all)
        }
        (Value::Array(under), Value::Array(over)) => [under.as_slice(), over].concat().into(),
        (under, Value::Null) => under.clone(),
        (_, over) => over.clone(),
    }
}

fn plain(node: &Yaml<'_>) -> Value {
    match node {
        Yaml::Value(Scalar::Null) => Value::Null,
        Yaml::Value(Scalar::Boolean(value)) => json!(value),
        Yaml::Value(Scalar::Integer(value)) => json!(value),
        Yaml::Value(Scalar::FloatingPoint(value)) => json!(value.into_inner()),
        Yaml::Value(Scalar::String(value)) => json!(value),
        Yaml::Sequence(items) => items.iter().map(plain).collect(),
        Yaml::Mapping(entries) => {
            let key = |key: &Yaml<'_>| key.as_str().expect("keys are text").to_owned();
            entries.iter().map(|(name, value)| (key(name), plain(value))).collect::<Map<_, _>>().into()
        }
        Yaml::Tagged(tag, node) => called(&tag.suffix, &plain(node)),
        other => panic!("cannot be read: {other:?}"),
    }
}

/// `!GetAtt A.B` is `{"Fn::GetAtt": ["A", "B"]}`.
fn called(function: &str, argument: &Value) -> Value {
    match (function, argument) {
        ("Ref" | "Condition", _) => json!({function: argument}),
        ("GetAtt", Value::String(path)) => {
            let (resource, attribute) = path.split_once('.').expect("a resource and its attribute");
            json!({"Fn::GetAtt": [resource, attribute]})
        }
        _ => json!({format!("Fn::{function}"): argument}),
    }
}
