//! The document as data.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

/// A description of an API by OpenAPI 3.1.
#[derive(Debug)]
pub(crate) struct OpenApi(Value);

/// A method of a path.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Operation<'a> {
    pub(crate) path: &'a str,
    /// In capitals.
    pub(crate) method: &'a str,
    value: &'a Value,
    document: &'a OpenApi,
}

impl OpenApi {
    /// Reads a document; panics if it is no YAML.
    pub(crate) fn parse(text: &str) -> Self {
        Self(serde_saphyr::from_str(text).unwrap())
    }

    /// What is at a place such as `/info/version`; null if nothing.
    pub(crate) fn at(&self, pointer: &str) -> &Value {
        self.0.pointer(pointer).unwrap_or(&Value::Null)
    }

    /// A value, or what it refers to; null if that is not there.
    pub(crate) fn resolve<'a>(&'a self, value: &'a Value) -> &'a Value {
        match value["$ref"].as_str() {
            Some(place) => self.at(place.trim_start_matches('#')),
            None => value,
        }
    }

    /// Every method of every path.
    pub(crate) fn operations(&self) -> Vec<Operation<'_>> {
        let mut operations = Vec::new();
        for (path, methods) in entries(self.at("/paths")) {
            for (method, value) in entries(methods) {
                operations.push(Operation { path, method: upper(method), value, document: self });
            }
        }
        operations
    }

    /// The components that nothing refers to, such as `schemas/Error`.
    pub(crate) fn unused(&self) -> Vec<String> {
        let mut used = BTreeSet::new();
        references(&self.0, &mut used);
        let all = entries(self.at("/components"))
            .flat_map(|(kind, found)| entries(found).map(move |(name, _)| format!("{kind}/{name}")));
        all.filter(|name| !used.contains(format!("#/components/{name}").as_str())).collect()
    }
}

impl<'a> Operation<'a> {
    /// Its parameters.
    pub(crate) fn parameters(&self) -> Vec<&'a Value> {
        let parameters = self.value["parameters"].as_array();
        parameters.into_iter().flatten().map(|value| self.document.resolve(value)).collect()
    }

    /// The body that it wants; null for none.
    pub(crate) fn body(&self) -> &'a Value {
        &self.value["requestBody"]
    }

    /// Its answers by status.
    pub(crate) fn responses(&self) -> BTreeMap<&'a str, &'a Value> {
        entries(&self.value["responses"])
            .map(|(status, value)| (status, self.document.resolve(value)))
            .collect()
    }
}

/// The members of an object, none of anything else.
pub(crate) fn entries(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    value.as_object().into_iter().flat_map(Map::iter).map(|(name, value)| (name.as_str(), value))
}

/// A method as requests have it; whatever else is beside them stays as it is.
fn upper(method: &str) -> &str {
    match method {
        "get" => "GET",
        "post" => "POST",
        "put" => "PUT",
        "delete" => "DELETE",
        other => other,
    }
}

fn references<'a>(value: &'a Value, found: &mut BTreeSet<&'a str>) {
    match value {
        Value::Object(members) => {
            found.extend(value["$ref"].as_str());
            members.values().for_each(|value| references(value, found));
        }
        Value::Array(items) => items.iter().for_each(|value| references(value, found)),
        _ => {}
    }
}
