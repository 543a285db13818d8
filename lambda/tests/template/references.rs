//! Everything that is named exists, and everything that exists is used.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::document::Template;

/// What AWS itself defines.
const PSEUDO: [&str; 6] =
    ["AWS::AccountId", "AWS::NoValue", "AWS::Partition", "AWS::Region", "AWS::StackName", "AWS::URLSuffix"];

/// The attributes that types of resources have, of those that are asked for.
const ATTRIBUTES: [(&str, &[&str]); 5] = [
    ("AWS::ApiGatewayV2::DomainName", &["RegionalDomainName", "RegionalHostedZoneId"]),
    ("AWS::IAM::Role", &["Arn"]),
    ("AWS::Lambda::Url", &["FunctionUrl"]),
    ("AWS::Logs::LogGroup", &["Arn"]),
    ("AWS::Serverless::Function", &["Arn"]),
];

/// What a part of the template names.
#[derive(Debug, Default)]
struct Named {
    /// Parameters, resources and what AWS defines.
    values: BTreeSet<String>,
    attributes: BTreeSet<(String, String)>,
    conditions: BTreeSet<String>,
    resources: BTreeSet<String>,
}

impl Named {
    fn by(values: impl IntoIterator<Item = impl std::borrow::Borrow<Value>>) -> Self {
        let mut named = Self::default();
        values.into_iter().for_each(|value| named.add(value.borrow()));
        named
    }

    fn add(&mut self, value: &Value) {
        match value {
            Value::Array(items) => items.iter().for_each(|item| self.add(item)),
            Value::Object(entries) => {
                for (key, value) in entries {
                    self.add_call(key, value);
                    self.add(value);
                }
            }
            _ => {}
        }
    }

    fn add_call(&mut self, function: &str, argument: &Value) {
        match (function, argument) {
            ("Ref", Value::String(name)) => {
                self.values.insert(name.clone());
            }
            ("Condition", Value::String(name)) => {
                self.conditions.insert(name.clone());
            }
            ("DependsOn", names) => {
                let names = names.as_array().map_or_else(|| vec![names], |names| names.iter().collect());
                self.resources.extend(names.into_iter().filter_map(Value::as_str).map(str::to_owned));
            }
            ("Fn::If", Value::Array(parts)) => {
                self.conditions.insert(parts[0].as_str().unwrap_or_default().to_owned());
            }
            ("Fn::GetAtt", Value::Array(parts)) => {
                let [Some(resource), Some(attribute)] = [parts[0].as_str(), parts[1].as_str()] else {
                    return;
                };
                self.attributes.insert((resource.to_owned(), attribute.to_owned()));
            }
            ("Fn::Sub", Value::String(text)) => {
                for part in text.split("${").skip(1) {
                    let name = part.split('}').next().unwrap_or_default();
                    match name.split_once('.') {
                        Some((resource, attribute)) => {
                            self.attributes.insert((resource.to_owned(), attribute.to_owned()));
                        }
                        None => {
                            self.values.insert(name.to_owned());
                        }
                    }
                }
            }
            _ => {}
        }
    }
}

/// What is wrong, a sentence each.
pub(crate) fn problems(template: &Template) -> Vec<String> {
    let mut problems = Vec::new();
    let [parameters, resources, conditions] =
        ["Parameters", "Resources", "Conditions"].map(|name| template.section(name));
    let used = Named::by(
        ["Globals", "Resources", "Outputs", "Conditions"]
            .iter()
            .flat_map(|name| template.section(name).values()),
    );
    let ruled = Named::by(template.section("Rules").values());

    for name in used.values.union(&ruled.values) {
        let known = parameters.contains_key(name) || resources.contains_key(name);
        if !known && !PSEUDO.contains(&name.as_str()) {
            problems.push(format!("nothing is called {name}"));
        }
    }
    for (id, attribute) in &used.attributes {
        let kind = resources.get(id).map(|resource| &resource["Type"]);
        let known = |(known, attributes): &(&str, &[&str])| {
            kind.is_some_and(|kind| kind == known) && attributes.contains(&attribute.as_str())
        };
        if !ATTRIBUTES.iter().any(known) {
            problems.push(format!("nothing has an attribute {id}.{attribute}"));
        }
    }
    let unknown = used.resources.iter().filter(|name| !resources.contains_key(*name));
    problems.extend(unknown.map(|name| format!("no resource is called {name}")));
    let unknown = used.conditions.iter().filter(|name| !conditions.contains_key(*name));
    problems.extend(unknown.map(|name| format!("no condition is called {name}")));

    let unused = conditions.keys().filter(|name| !used.conditions.contains(*name));
    problems.extend(unused.map(|name| format!("the condition {name} decides nothing")));
    let unused = parameters.keys().filter(|name| !used.values.contains(*name));
    problems.extend(unused.map(|name| format!("the parameter {name} is not used")));
    let silent = parameters.iter().filter(|(_, parameter)| !parameter["Description"].is_string());
    problems.extend(silent.map(|(name, _)| format!("the parameter {name} is not described")));

    let groups = &template.entry("Metadata", "AWS::CloudFormation::Interface")["ParameterGroups"];
    let groups = groups.as_array().into_iter().flatten();
    let mut grouped: Vec<_> = groups
        .flat_map(|group| group["Parameters"].as_array().into_iter().flatten())
        .filter_map(Value::as_str)
        .collect();
    grouped.sort_unstable();
    if !grouped.iter().copied().eq(parameters.keys().map(String::as_str).collect::<BTreeSet<_>>()) {
        problems.push("the groups do not have each parameter once".to_owned());
    }
    problems
}
