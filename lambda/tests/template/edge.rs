//! What goes in front of the API: it limits each address, keeps no answer, and lets everything else through as it is.

use serde_json::json;

use crate::document::Template;

/// The names of the policies that come with `CloudFront`.
const CACHING_DISABLED: &str = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad";
const ALL_VIEWER_EXCEPT_HOST_HEADER: &str = "b689b0a8-53d0-40ab-baf2-68738e2966ac";

/// The most requests a minute that leave an API of the default size to others as well.
const MOST: u64 = 60 * 250 / 10;

/// What is wrong, a sentence each.
pub(crate) fn problems(template: &Template) -> Vec<String> {
    let mut problems = Vec::new();
    let mut must = |holds: bool, otherwise: &str| {
        if !holds {
            problems.push(otherwise.to_owned());
        }
    };
    let assertion = &template.entry("Rules", "InRegionOfCloudFront")["Assertions"][0]["Assert"];
    let there = json!({"Fn::Equals": [{"Ref": "AWS::Region"}, "us-east-1"]});
    must(*assertion == there, "it may be deployed where CloudFront's guards cannot be made");

    let guard = &template.entry("Resources", "Guard")["Properties"];
    must(guard["Scope"] == "CLOUDFRONT", "the guard is not one for CloudFront");
    must(guard["DefaultAction"] == json!({"Allow": {}}), "whoever breaks no rule is not let through");
    let rule = &guard["Rules"][0];
    let limit = &rule["Statement"]["RateBasedStatement"];
    must(limit["AggregateKeyType"] == "IP", "it is not each address that is limited");
    must(limit["EvaluationWindowSec"] == 60, "it is not the requests of a minute that are limited");
    let allowed = template.by_default(&limit["Limit"]).as_u64();
    must(allowed.is_some_and(|allowed| allowed <= MOST), "one address may use up what the API can do");
    let refusal = &rule["Action"]["Block"]["CustomResponse"];
    must(refusal["ResponseCode"] == 429, "who is refused is not told why");
    let waits = json!([{"Name": "retry-after", "Value": "60"}]);
    must(refusal["ResponseHeaders"] == waits, "who is refused is not told for how long");
    let body = guard["CustomResponseBodies"]["TooMany"]["Content"].as_str().unwrap_or_default();
    let body: serde_json::Value = serde_json::from_str(body).unwrap_or_default();
    let told = refusal["CustomResponseBodyKey"] == "TooMany" && body["status"] == "error";
    must(told && body["reason"].is_string() && body["message"].is_string(), "a refusal has another form");

    let edge = &template.entry("Resources", "Edge")["Properties"]["DistributionConfig"];
    must(edge["WebACLId"] == json!({"Fn::GetAtt": ["Guard", "Arn"]}), "nothing guards the distribution");
    must(edge["IPV6Enabled"] == false, "one client has as many addresses as it likes");
    let certificate = &edge["ViewerCertificate"]["Fn::If"][1];
    must(certificate["MinimumProtocolVersion"] == "TLSv1.2_2021", "it takes TLS that is outdated");
    let origin = &edge["Origins"][0];
    must(origin["DomainName"] == json!({"Ref": "ApiHost"}), "it does not go to the API");
    let way = &origin["CustomOriginConfig"];
    must(way["OriginProtocolPolicy"] == "https-only", "requests go on without TLS");
    must(origin["OriginAccessControlId"].is_null(), "clients would have to hash their bodies");
    let behavior = &edge["DefaultCacheBehavior"];
    must(behavior["TargetOriginId"] == origin["Id"], "it does not go to the API");
    must(behavior["ViewerProtocolPolicy"] == "https-only", "requests come without TLS");
    must(behavior["CachePolicyId"] == CACHING_DISABLED, "answers are kept");
    must(
        behavior["OriginRequestPolicyId"] == ALL_VIEWER_EXCEPT_HOST_HEADER,
        "the function does not get what clients send, under its own name",
    );
    let methods = behavior["AllowedMethods"].as_array().map_or(0, Vec::len);
    must(methods == 7, "a method is refused in another way than by the API");
    must(behavior["Compress"] == false, "answers are changed on their way");
    problems
}
