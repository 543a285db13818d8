//! Mistakes that a linter lets through, each of which must be found.

use crate::{EDGE as EDGE_TEMPLATE, TEMPLATE, problems, problems_of_edge};

/// A mistake: what is written, what is written instead, and what is then said of it.
type Mistake = (&'static str, &'static str, &'static str);

const FUNCTIONS: &[Mistake] = &[
    ("Binary: kami-expire", "Binary: kami-expiry", "the package has no binary"),
    ("Binary: kami-expire", "Binary: kami-api", "2 functions run kami-api"),
    ("BuildMethod: rust-cargolambda", "BuildMethod: makefile", "not built by cargo-lambda"),
    ("CodeUri: lambda/", "CodeUri: tui/", "is not the package"),
    ("Runtime: provided.al2023", "Runtime: provided.al2", "Runtime is not provided.al2023"),
    ("Handler: bootstrap", "Handler: kami-api", "Handler is not bootstrap"),
    ("Architectures: [!Ref Architecture]", "Architectures: [x86_64]", "architecture is not chosen"),
    ("Default: arm64", "Default: x86_64", "architecture is not chosen"),
    ("DATABASE_SECRET_ARN: !Ref", "DATABASE_SECRET: !Ref", "no setting is called DATABASE_SECRET"),
    ("DATABASE_SECRET_ARN: !Ref", "DATABASE_URL: !Ref", "DATABASE_URL: set it"),
    ("KAMI_TIMEZONE: !Ref", "KAMI_TIME_ZONE: !Ref", "no setting is called KAMI_TIME_ZONE"),
    ("KAMI_TRUSTED_PROXIES: !Ref", "KAMI_PROXIES: !Ref", "no setting is called KAMI_PROXIES"),
    ("Default: Asia/Shanghai", "Default: Shanghai", "KAMI_TIMEZONE: not a time zone"),
    ("Timeout: 15", "Timeout: 10", "ends before a request's own limit"),
    ("Timeout: 300", "Timeout: 4000", "does not let it end between two runs"),
    ("Default: 25\n", "Default: 100\n", "may use up the connections"),
    ("!If [Reserves, 1,", "!If [Reserves, 2,", "may run twice at once"),
    ("rate(1 hour)", "rate(1 day)", "is not run every hour"),
    ("rate(1 hour)", "rate(60 minutes)\n            State: DISABLED", "is not run every hour"),
    ("Type: ScheduleV2", "Type: Schedule", "is not run every hour"),
    (
        "MaximumEventAgeInSeconds: 3000",
        "MaximumEventAgeInSeconds: 7200",
        "is tried again when the next one is due",
    ),
    ("Default: 'off'", "Default: 'on'", "X-Ray is not off by default"),
];

const REFERENCES: &[Mistake] = &[
    ("!Ref TimeZone", "!Ref Timezone", "nothing is called Timezone"),
    ("!Ref TimeZone", "Asia/Shanghai", "the parameter TimeZone is not used"),
    ("!GetAtt ApiRole.Arn", "!GetAtt ApiRole.RoleArn", "nothing has an attribute ApiRole.RoleArn"),
    ("integrations/${HttpApiIntegration}", "integrations/${Integration}", "nothing is called Integration"),
    ("Condition: HasZone", "Condition: HasHostedZone", "no condition is called HasHostedZone"),
    ("!If [Traces, Active", "!If [Traced, Active", "no condition is called Traced"),
    ("Condition: HasZone", "DependsOn: HostedZone", "no resource is called HostedZone"),
    ("Condition: HasAlarmEmail", "Metadata: {}", "the condition HasAlarmEmail decides nothing"),
    ("[AlarmEmail, LogRetentionDays", "[LogRetentionDays", "the groups do not have each parameter once"),
];

const ACCESS: &[Mistake] = &[
    ("      AuthType: NONE", "      AuthType: AWS_IAM", "not one address that anyone may call"),
    ("Condition: HasUrl", "Condition: HasCors", "not one address that anyone may call"),
    ("TargetFunctionArn: !Ref ApiFunction", "TargetFunctionArn: !Ref ExpiryFunction", "not one address"),
    ("FunctionUrlAuthType: NONE", "FunctionUrlAuthType: AWS_IAM", "lets someone else in"),
    (
        "InvokedViaFunctionUrl: true",
        "InvokedViaFunctionUrl: false",
        "ApiInvokePermission lets someone else in",
    ),
    ("Principal: '*'", "Principal: '123456789012'", "nobody is given"),
    ("/*/$default", "/*/*", "HttpApiPermission lets someone else in"),
    (
        "PayloadFormatVersion: '2.0'",
        "PayloadFormatVersion: '1.0'",
        "does not call the API with events that it reads",
    ),
    ("AuthorizationType: NONE", "AuthorizationType: AWS_IAM", "does not let every request through"),
    ("DisableExecuteApiEndpoint: true", "DisableExecuteApiEndpoint: false", "HttpApi does not do its part"),
    ("SecurityPolicy: TLS_1_2", "SecurityPolicy: TLS_1_0", "Domain does not do its part"),
    ("CertificateArn: !Ref CertificateArn", "CertificateArn: none", "Domain does not do its part"),
    ("Stage: !Ref HttpApiStage", "Stage: test", "DomainMapping does not do its part"),
    ("StageName: $default", "StageName: prod", "HttpApiStage does not do its part"),
    ("AutoDeploy: true", "AutoDeploy: false", "HttpApiStage does not do its part"),
    ("ThrottlingRateLimit: !Ref RequestRate", "ThrottlingRateLimit: 9999", "does not bound requests"),
    ("ThrottlingBurstLimit: !Ref RequestRate", "ThrottlingBurstLimit: 9999", "does not bound requests"),
    ("Default: 200\n", "Default: 2000\n", "does not bound requests"),
    (
        "Type: AWS::ApiGatewayV2::Stage\n    Condition: HasDomain",
        "Type: AWS::ApiGatewayV2::Stage\n    Condition: HasUrl",
        "HttpApiStage is not there with the domain name alone",
    ),
    (
        "Type: AWS::ApiGatewayV2::Api\n    Condition: HasDomain\n",
        "Type: AWS::ApiGatewayV2::Api\n",
        "HttpApi is not there with the domain name alone",
    ),
    (
        "      Events:\n",
        "      FunctionUrlConfig: { AuthType: NONE }\n      Events:\n",
        "ExpiryFunction has an address",
    ),
    ("Type: AWS::SNS::Topic", "Type: AWS::SQS::Queue", "is of a type that is not looked at"),
    ("Resource: !Ref DatabaseSecretArn", "Resource: '*'", "ReadDatabaseSecret allows more"),
    ("Action: secretsmanager:GetSecretValue", "Action: secretsmanager:*", "ReadDatabaseSecret allows more"),
    ("Resource: !Ref DatabaseSecretKeyArn", "Resource: '*'", "DecryptDatabaseSecret allows more"),
    ("Effect: Deny", "Effect: Allow", "code in it may change the VPC's network"),
    ("Action: *network-interfaces", "Action: ec2:DescribeSubnets", "code in it may change the VPC's network"),
    ("lambda:SourceFunctionArn: 'false'", "lambda:SourceFunctionArn: 'true'", "code in it may change"),
    ("- ec2:CreateNetworkInterface", "- ec2:RunInstances", "JoinVpc allows more"),
    (
        "Resource: !GetAtt ApiLogs.Arn",
        "Resource: !GetAtt ExpiryLogs.Arn",
        "its role is not for its own logs alone",
    ),
    ("Role: !GetAtt ExpiryRole.Arn", "Role: !GetAtt ApiRole.Arn", "functions share their Role"),
    ("Service: lambda.amazonaws.com", "AWS: '*'", "someone else than Lambda may take on its role"),
    ("LogFormat: JSON", "LogFormat: Text", "Lambda does not log JSON"),
    ("RetentionInDays: !Ref LogRetentionDays", "LogGroupName: kami", "its logs are kept forever"),
    ("    DeletionPolicy: Retain\n", "    DeletionPolicy: Delete\n", "its logs go with the stack"),
];

const ALARMS: &[Mistake] = &[
    ("MetricName: unavailable", "MetricName: unavailables", "nothing emits kami unavailables"),
    ("MetricName: Throttles", "MetricName: Throttled", "nothing emits AWS/Lambda Throttled"),
    ("MetricName: Throttles", "MetricName: Errors", "no alarm watches Throttles of ApiFunction"),
    ("Namespace: kami", "Namespace: Kami", "nothing emits Kami"),
    (
        "Name: FunctionName, Value: !Ref ApiFunction",
        "Name: Function, Value: !Ref ApiFunction",
        "nothing emits AWS/Lambda",
    ),
    (
        "Name: function, Value: !Ref ExpiryFunction",
        "Name: function, Value: !Ref ApiFunction",
        "nothing emits kami expired_cards",
    ),
    ("Value: internal", "Value: broken", "nothing emits kami requests"),
    ("{ Name: route, Value: validate }", "{ Name: path, Value: validate }", "nothing emits kami requests"),
    ("Threshold: 1000", "Threshold: 3000", "does not evaluate Duration"),
    ("ExtendedStatistic: p99", "Statistic: Average", "does not evaluate Duration"),
    ("Threshold: 0.05", "Threshold: 5", "does not evaluate unavailable"),
    ("Threshold: 0.05", "Threshold: 0.99", "does not evaluate unavailable"),
    ("Threshold: 0\n", "Threshold: 1000000\n", "does not evaluate Errors"),
    ("Threshold: 0\n", "Threshold: -1\n", "does not evaluate Errors"),
    ("Period: 300\n", "Period: 86400\n", "does not evaluate Errors"),
    ("EvaluationPeriods: 3\n", "EvaluationPeriods: 300\n", "does not evaluate Errors"),
    ("Statistic: Minimum", "Statistic: Maximum", "does not evaluate signing_seconds_left"),
    ("Threshold: 1209600", "Threshold: 120960", "does not evaluate signing_seconds_left"),
    ("MetricName: signing_seconds_left", "MetricName: signing", "no alarm watches signing_seconds_left"),
    ("Statistic: SampleCount", "Statistic: Sum", "does not evaluate expired_cards"),
    ("TreatMissingData: breaching", "TreatMissingData: notBreaching", "does not evaluate expired_cards"),
    ("EvaluationPeriods: 2", "EvaluationPeriods: 1", "does not evaluate expired_cards"),
    ("&notify [!Ref AlarmTopic]", "&notify []", "AlarmActions tell nobody"),
];

const EDGE: &[Mistake] = &[
    ("AWS::Region, us-east-1", "AWS::Region, eu-west-1", "cannot be made"),
    ("Scope: CLOUDFRONT", "Scope: REGIONAL", "not one for CloudFront"),
    ("DefaultAction: { Allow: {} }", "DefaultAction: { Block: {} }", "not let through"),
    ("AggregateKeyType: IP", "AggregateKeyType: CONSTANT", "not each address"),
    ("EvaluationWindowSec: 60", "EvaluationWindowSec: 600", "not the requests of a minute"),
    ("Default: 300", "Default: 15000", "use up what the API can do"),
    ("ResponseCode: 429", "ResponseCode: 403", "not told why"),
    ("Value: '60'", "Value: '6000'", "not told for how long"),
    ("CustomResponseBodyKey: TooMany", "CustomResponseBodyKey: Blocked", "another form"),
    ("\"reason\":\"too_many_requests\",", "", "another form"),
    ("WebACLId: !GetAtt Guard.Arn", "PriceClass: PriceClass_All", "nothing guards"),
    ("IPV6Enabled: false", "IPV6Enabled: true", "as many addresses as it likes"),
    ("TLSv1.2_2021", "TLSv1", "outdated"),
    ("DomainName: !Ref ApiHost", "DomainName: example.com", "does not go to the API"),
    ("TargetOriginId: api", "TargetOriginId: other", "does not go to the API"),
    ("OriginProtocolPolicy: https-only", "OriginProtocolPolicy: match-viewer", "go on without TLS"),
    ("Id: api", "Id: api\n            OriginAccessControlId: E1", "hash their bodies"),
    ("ViewerProtocolPolicy: https-only", "ViewerProtocolPolicy: allow-all", "come without TLS"),
    ("CachePolicyId: 4135ea2d", "CachePolicyId: 658327ea", "answers are kept"),
    ("OriginRequestPolicyId: b689b0a8", "OriginRequestPolicyId: 216adef6", "under its own name"),
    (", PATCH, DELETE]", "]", "refused in another way"),
    ("Compress: false", "Compress: true", "changed on their way"),
];

#[test]
fn each_mistake_is_found() {
    found(TEMPLATE, problems, &[FUNCTIONS, REFERENCES, ACCESS, ALARMS].concat());
}

#[test]
fn each_mistake_in_front_of_the_api_is_found() {
    found(EDGE_TEMPLATE, problems_of_edge, EDGE);
}

/// Makes each mistake in a template by itself and looks for what should be said of it.
fn found(template: &str, problems: impl Fn(&str) -> Vec<String>, mistakes: &[Mistake]) {
    for (written, instead, said) in mistakes {
        assert!(template.contains(written), "the template does not say {written:?}");
        let found = problems(&template.replacen(written, instead, 1));
        assert!(
            found.iter().any(|problem| problem.contains(said)),
            "{instead:?} for {written:?} should be called {said:?}, not {found:#?}"
        );
    }
}
