//! Who may call what, and what the functions may do.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::document::{Function, Template};
use crate::{API, EXPIRE};

/// Every type of resource there is; one of another type may open what nothing here looks at.
const TYPES: [&str; 16] = [
    "AWS::ApiGatewayV2::Api",
    "AWS::ApiGatewayV2::ApiMapping",
    "AWS::ApiGatewayV2::DomainName",
    "AWS::ApiGatewayV2::Integration",
    "AWS::ApiGatewayV2::Route",
    "AWS::ApiGatewayV2::Stage",
    "AWS::CloudWatch::Alarm",
    "AWS::IAM::ManagedPolicy",
    "AWS::IAM::Role",
    "AWS::Lambda::Permission",
    "AWS::Lambda::Url",
    "AWS::Logs::LogGroup",
    "AWS::Route53::RecordSet",
    "AWS::SNS::Subscription",
    "AWS::SNS::Topic",
    "AWS::Serverless::Function",
];

/// What Lambda does to join a function to a VPC, and the function itself must not.
const NETWORK: [&str; 6] = [
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:UnassignPrivateIpAddresses",
];

/// The most requests a second that Lambda takes with the default of `Concurrency`: ten for each.
const MOST: u64 = 250;

/// What is wrong, a sentence each.
pub(crate) fn problems(template: &Template) -> Vec<String> {
    let mut problems = Vec::new();
    for (id, resource) in template.section("Resources") {
        if !resource["Type"].as_str().is_some_and(|kind| TYPES.contains(&kind)) {
            problems.push(format!("{id} is of a type that is not looked at"));
        }
    }
    let functions = template.functions();
    for function in &functions {
        let found = [role(template, function), logs(template, function)].concat();
        problems.extend(found.into_iter().map(|problem| format!("{}: {problem}", function.id)));
    }
    for property in ["Role", "LoggingConfig"] {
        let distinct: BTreeSet<_> =
            functions.iter().map(|function| function.properties[property].to_string()).collect();
        if distinct.len() != functions.len() {
            problems.push(format!("functions share their {property}"));
        }
    }
    if let (Some(api), Some(expiry)) = (template.function(API), template.function(EXPIRE)) {
        problems.extend(callers(template, &api));
        problems.extend(domain(template));
        if !expiry.properties["FunctionUrlConfig"].is_null() {
            problems.push(format!("{} has an address", expiry.id));
        }
    }
    problems
}

/// The one public entry: the function's own address, or the HTTP API's.
fn callers(template: &Template, api: &Function) -> Vec<String> {
    let mut problems = Vec::new();
    let target = json!({"Ref": api.id});
    let urls = template.of_type("AWS::Lambda::Url");
    let public = |url: &Value| {
        url["Condition"] == "HasUrl"
            && url["Properties"]["TargetFunctionArn"] == target
            && url["Properties"]["AuthType"] == "NONE"
    };
    if urls.len() != 1 || !urls.values().all(|url| public(url)) {
        problems.push("the API has not one address that anyone may call".to_owned());
    }
    if *template.entry("Conditions", "HasUrl") != json!({"Fn::Not": [{"Condition": "HasDomain"}]}) {
        problems.push("the API has not either an address or a domain name".to_owned());
    }

    let of_url = |action: &str, key: &str, value: Value| {
        json!({
            "Type": "AWS::Lambda::Permission", "Condition": "HasUrl",
            "Properties": {"Action": action, "FunctionName": target, key: value, "Principal": "*"},
        })
    };
    let wanted = [
        of_url("lambda:InvokeFunctionUrl", "FunctionUrlAuthType", json!("NONE")),
        of_url("lambda:InvokeFunction", "InvokedViaFunctionUrl", json!(true)),
        json!({
            "Type": "AWS::Lambda::Permission", "Condition": "HasDomain",
            "Properties": {
                "Action": "lambda:InvokeFunction", "FunctionName": target, "Principal": "apigateway.amazonaws.com",
                "SourceArn": {"Fn::Sub": "arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:\
                                          ${HttpApi}/*/$default"},
            },
        }),
    ];
    let permissions = template.of_type("AWS::Lambda::Permission");
    for permission in &wanted {
        if !permissions.values().any(|found| *found == permission) {
            problems.push(format!("nobody is given {}", permission["Properties"]));
        }
    }
    for (id, permission) in permissions {
        if !wanted.contains(permission) {
            problems.push(format!("{id} lets someone else in"));
        }
    }

    for (id, integration) in template.of_type("AWS::ApiGatewayV2::Integration") {
        let properties = &integration["Properties"];
        if properties["IntegrationUri"] != json!({"Fn::GetAtt": [api.id, "Arn"]})
            || properties["PayloadFormatVersion"] != "2.0"
        {
            problems.push(format!("{id} does not call the API with events that it reads"));
        }
    }
    for (id, route) in template.of_type("AWS::ApiGatewayV2::Route") {
        if route["Properties"]["RouteKey"] != "$default" || route["Properties"]["AuthorizationType"] != "NONE"
        {
            problems.push(format!("{id} does not let every request through"));
        }
    }
    problems
}

/// The HTTP API: there with the domain name alone, called by it alone, over TLS that is not outdated.
fn domain(template: &Template) -> Vec<String> {
    let mut problems = Vec::new();
    let wanted = [
        ("Api", json!({"ProtocolType": "HTTP", "DisableExecuteApiEndpoint": true})),
        ("Integration", json!({"ApiId": {"Ref": "HttpApi"}, "IntegrationType": "AWS_PROXY"})),
        (
            "Route",
            json!({"ApiId": {"Ref": "HttpApi"}, "Target": {"Fn::Sub": "integrations/${HttpApiIntegration}"}}),
        ),
        ("Stage", json!({"ApiId": {"Ref": "HttpApi"}, "StageName": "$default", "AutoDeploy": true})),
        (
            "DomainName",
            json!({
                "DomainName": {"Ref": "DomainName"},
                "DomainNameConfigurations": [{
                    "CertificateArn": {"Ref": "CertificateArn"}, "EndpointType": "REGIONAL", "SecurityPolicy": "TLS_1_2",
                }],
            }),
        ),
        (
            "ApiMapping",
            json!({
                "ApiId": {"Ref": "HttpApi"}, "DomainName": {"Ref": "Domain"}, "Stage": {"Ref": "HttpApiStage"},
            }),
        ),
    ];
    let stage = &template.entry("Resources", "HttpApiStage")["Properties"]["DefaultRouteSettings"];
    let bound = |limit: &str| template.by_default(&stage[limit]).as_u64().is_some_and(|limit| limit <= MOST);
    if !["ThrottlingRateLimit", "ThrottlingBurstLimit"].into_iter().all(bound) {
        problems.push("HttpApiStage does not bound requests below what Lambda takes".to_owned());
    }
    for (kind, properties) in wanted {
        let found = template.of_type(&format!("AWS::ApiGatewayV2::{kind}"));
        if found.len() != 1 {
            problems.push(format!("there are {} of {kind}", found.len()));
        }
        for (id, resource) in found {
            if resource["Condition"] != "HasDomain" {
                problems.push(format!("{id} is not there with the domain name alone"));
            }
            let mut wanted = properties.as_object().into_iter().flatten();
            if !wanted.all(|(name, value)| resource["Properties"][name] == *value) {
                problems.push(format!("{id} does not do its part of serving the domain name"));
            }
        }
    }
    problems
}

/// A function's role: only Lambda takes it on, for its own logs and what all functions may do.
fn role(template: &Template, function: &Function) -> Vec<String> {
    let mut problems = Vec::new();
    let name = &function.properties["Role"]["Fn::GetAtt"];
    let roles = template.of_type("AWS::IAM::Role");
    let Some(role) = name[0].as_str().and_then(|name| roles.get(name)) else {
        return vec!["it has no role of its own".to_owned()];
    };
    let role = &role["Properties"];
    let trusted = json!([{
        "Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole",
    }]);
    if role["AssumeRolePolicyDocument"]["Statement"] != trusted {
        problems.push("someone else than Lambda may take on its role".to_owned());
    }
    let own_logs = json!([{
        "Effect": "Allow", "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
        "Resource": {"Fn::GetAtt": [function.properties["LoggingConfig"]["LogGroup"]["Ref"], "Arn"]},
    }]);
    let policies = role["Policies"].as_array().map_or(&[][..], Vec::as_slice);
    if policies.len() != 1 || policies[0]["PolicyDocument"]["Statement"] != own_logs {
        problems.push("its role is not for its own logs alone".to_owned());
    }
    if role["ManagedPolicyArns"] != json!([{"Ref": "FunctionPolicy"}]) {
        problems.push("its role has other policies".to_owned());
    }
    let shared = &template.entry("Resources", "FunctionPolicy")["Properties"]["PolicyDocument"]["Statement"];
    let statements = shared.as_array().map_or(&[][..], Vec::as_slice);
    problems.extend(statements.iter().filter_map(|statement| excess(condition_of(statement))));
    let reads_secret =
        statements.iter().any(|statement| statement["Action"] == "secretsmanager:GetSecretValue");
    if !reads_secret {
        problems.push("it may not read the secret".to_owned());
    }
    // With the rights by which Lambda joins it to the VPC.
    let keeps_network = statements.iter().any(|statement| {
        let (condition, statement) = condition_of(statement);
        condition == Some("InVpc")
            && statement["Effect"] == "Deny"
            && statement["Action"] == json!(NETWORK)
            && statement["Resource"] == "*"
            && statement["Condition"] == json!({"Null": {"lambda:SourceFunctionArn": "false"}})
    });
    if !keeps_network {
        problems.push("code in it may change the VPC's network".to_owned());
    }
    problems
}

/// A statement and the condition under which it is there.
fn condition_of(statement: &Value) -> (Option<&str>, &Value) {
    match statement["Fn::If"].as_array().map(Vec::as_slice) {
        Some([condition, statement, _]) => (condition.as_str(), statement),
        _ => (None, statement),
    }
}

/// What a statement allows too much, if it does.
fn excess((condition, statement): (Option<&str>, &Value)) -> Option<String> {
    let sid = statement["Sid"].as_str().unwrap_or("a statement");
    if statement["Effect"] == "Deny" {
        return None;
    }
    let actions = match &statement["Action"] {
        Value::Array(actions) => actions.iter().filter_map(Value::as_str).collect(),
        action => vec![action.as_str().unwrap_or_default()],
    };
    let within = |allowed: &[&str]| actions.iter().all(|action| allowed.contains(action));
    let resource = &statement["Resource"];
    let fits = match condition {
        None => {
            within(&["secretsmanager:GetSecretValue"]) && *resource == json!({"Ref": "DatabaseSecretArn"})
        }
        Some("HasSecretKey") => {
            within(&["kms:Decrypt"])
                && *resource == json!({"Ref": "DatabaseSecretKeyArn"})
                && !statement["Condition"]["StringEquals"]["kms:ViaService"].is_null()
        }
        // Neither service knows narrower resources for these.
        Some("InVpc") => within(&NETWORK),
        Some("Traces") => within(&["xray:PutTraceSegments", "xray:PutTelemetryRecords"]),
        Some(_) => false,
    };
    (!fits).then(|| format!("{sid} allows more than the functions need"))
}

/// A function's log group: its own, in JSON, kept for a while and kept when the stack goes.
fn logs(template: &Template, function: &Function) -> Vec<String> {
    let mut problems = Vec::new();
    let logging = &function.properties["LoggingConfig"];
    if logging["LogFormat"] != "JSON" {
        problems.push("Lambda does not log JSON".to_owned());
    }
    let groups = template.of_type("AWS::Logs::LogGroup");
    let Some(group) = logging["LogGroup"]["Ref"].as_str().and_then(|name| groups.get(name)) else {
        problems.push("it has no log group of the stack".to_owned());
        return problems;
    };
    if template.by_default(&group["Properties"]["RetentionInDays"]).as_u64().is_none() {
        problems.push("its logs are kept forever".to_owned());
    }
    if ["DeletionPolicy", "UpdateReplacePolicy"].iter().any(|policy| group[policy] != "Retain") {
        problems.push("its logs go with the stack".to_owned());
    }
    problems
}
