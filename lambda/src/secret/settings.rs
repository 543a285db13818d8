//! Where the secret is and who we are to AWS, from the variables that Lambda sets.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use url::Url;

use super::signature::Credentials;

/// Everything that it takes to fetch the secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretSettings {
    /// `DATABASE_SECRET_ARN`: which secret.
    pub(super) arn: SecretArn,
    /// `AWS_ENDPOINT_URL_SECRETS_MANAGER`: where Secrets Manager is, if not where the secret's region has it.
    pub(super) endpoint: Url,
    /// `AWS_CA_BUNDLE`: a file of the authorities to trust instead of Mozilla's.
    pub(super) authorities: Option<PathBuf>,
    /// `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN`.
    pub(super) credentials: Credentials,
}

/// The name of a secret in all of AWS: `arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SecretArn {
    text: String,
    partition: String,
    region: String,
}

impl SecretArn {
    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    pub(super) fn region(&self) -> &str {
        &self.region
    }

    fn endpoint(&self) -> Option<Url> {
        let suffix = match self.partition.as_str() {
            "aws" | "aws-us-gov" => "amazonaws.com",
            "aws-cn" => "amazonaws.com.cn",
            _ => return None,
        };
        Url::parse(&format!("https://secretsmanager.{}.{suffix}", self.region)).ok()
    }
}

impl FromStr for SecretArn {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts: Vec<_> = text.splitn(7, ':').collect();
        let is_plain = |part: &str| {
            !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        };
        match parts[..] {
            ["arn", partition, "secretsmanager", region, account, "secret", name]
                if [partition, region, account].into_iter().all(is_plain) && !name.is_empty() =>
            {
                Ok(Self { text: text.to_owned(), partition: partition.to_owned(), region: region.to_owned() })
            }
            _ => Err("use the secret's whole ARN: arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME"),
        }
    }
}

impl fmt::Display for SecretArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl SecretSettings {
    /// The settings for a secret; `Err` says, a line each, what is wrong with them.
    pub(crate) fn read(
        arn: &str,
        mut value: impl FnMut(&str) -> Option<String>,
    ) -> Result<Self, Vec<String>> {
        let mut wrong = Vec::new();
        let arn: Option<SecretArn> =
            arn.trim().parse().map_err(|error| wrong.push(format!("DATABASE_SECRET_ARN: {error}"))).ok();
        let name = "AWS_ENDPOINT_URL_SECRETS_MANAGER";
        let endpoint = match value(name) {
            Some(text) => Url::parse(text.trim())
                .ok()
                .filter(|url| matches!(url.scheme(), "http" | "https") && url.host().is_some()),
            None => arn.as_ref().and_then(SecretArn::endpoint),
        };
        if arn.is_some() && endpoint.is_none() {
            wrong.push(format!("{name}: set it to the https:// address of Secrets Manager"));
        }
        let mut key = |name: &str| {
            let found = value(name);
            if found.is_none() {
                wrong.push(format!(
                    "{name}: Lambda sets it; elsewhere it is needed to fetch DATABASE_SECRET_ARN"
                ));
            }
            found
        };
        let (key_id, key) = (key("AWS_ACCESS_KEY_ID"), key("AWS_SECRET_ACCESS_KEY"));
        let token = value("AWS_SESSION_TOKEN");
        let authorities = value("AWS_CA_BUNDLE").map(PathBuf::from);
        match (arn, endpoint, key_id, key) {
            (Some(arn), Some(endpoint), Some(key_id), Some(key)) => {
                Ok(Self { arn, endpoint, authorities, credentials: Credentials { key_id, key, token } })
            }
            _ => Err(wrong),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(arn: &str, variables: &[(&str, &str)]) -> Result<SecretSettings, Vec<String>> {
        let keys = [("AWS_ACCESS_KEY_ID", "AKID"), ("AWS_SECRET_ACCESS_KEY", "topsecret")];
        SecretSettings::read(arn, |name| {
            let mut all = variables.iter().chain(&keys);
            all.find(|(variable, _)| *variable == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn a_secret_is_fetched_where_its_name_says() {
        for (arn, endpoint) in [
            (
                "arn:aws:secretsmanager:eu-central-1:123456789012:secret:kami/db-AbCdEf",
                "https://secretsmanager.eu-central-1.amazonaws.com/",
            ),
            (
                "arn:aws-cn:secretsmanager:cn-north-1:123456789012:secret:kami:x",
                "https://secretsmanager.cn-north-1.amazonaws.com.cn/",
            ),
        ] {
            let settings = read(arn, &[]).unwrap();
            assert_eq!((settings.arn.as_str(), settings.endpoint.as_str()), (arn, endpoint));
            assert!(!format!("{settings:?}").contains("topsecret"));
            let elsewhere = [("AWS_ENDPOINT_URL_SECRETS_MANAGER", "http://127.0.0.1:4566")];
            assert_eq!(read(arn, &elsewhere).unwrap().endpoint.as_str(), "http://127.0.0.1:4566/");
        }
    }

    #[test]
    fn what_is_wrong_is_said() {
        for arn in [
            "kami/db",
            "arn:aws:s3:::bucket",
            "arn:aws:secretsmanager::1:secret:kami",
            "arn:aws:secretsmanager:evil.example/:1:secret:kami",
            "arn:aws:secretsmanager:eu-central-1:1:secret:",
        ] {
            let wrong = read(arn, &[]).unwrap_err();
            assert!(wrong.len() == 1 && wrong[0].starts_with("DATABASE_SECRET_ARN: use the"), "{wrong:?}");
        }
        let arn = "arn:aws-iso:secretsmanager:us-iso-east-1:1:secret:kami";
        let wrong = SecretSettings::read(arn, |_| None).unwrap_err();
        for (line, name) in wrong.iter().zip([
            "AWS_ENDPOINT_URL_SECRETS_MANAGER",
            "AWS_ACCESS_KEY_ID",
            "AWS_SECRET_ACCESS_KEY",
        ]) {
            assert!(line.starts_with(name), "{line}");
        }
        assert_eq!(wrong.len(), 3);
    }
}
