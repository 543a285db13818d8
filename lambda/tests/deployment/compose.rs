//! `docker-compose.yml` as Docker Compose reads it, as far as it is used there.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::read;

/// The whole file. What it does not know is an error, so that nothing in it goes unread.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Compose {
    pub(crate) services: BTreeMap<String, Service>,
    pub(crate) networks: BTreeMap<String, Network>,
    pub(crate) volumes: BTreeMap<String, BTreeMap<String, String>>,
    /// What services share through YAML's anchors; read there.
    #[serde(rename = "x-contained")]
    _contained: IgnoredAny,
    #[serde(rename = "x-kami")]
    _kami: IgnoredAny,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Service {
    pub(crate) image: String,
    pub(crate) build: Option<String>,
    pub(crate) pull_policy: Option<String>,
    pub(crate) user: Option<String>,
    #[serde(default)]
    pub(crate) entrypoint: Vec<String>,
    #[serde(default)]
    pub(crate) command: Vec<String>,
    #[serde(default)]
    pub(crate) environment: BTreeMap<String, Option<String>>,
    #[serde(default)]
    pub(crate) depends_on: BTreeMap<String, Dependency>,
    #[serde(default)]
    pub(crate) networks: Vec<String>,
    pub(crate) network_mode: Option<String>,
    #[serde(default)]
    pub(crate) ports: Vec<String>,
    pub(crate) volumes: Vec<String>,
    pub(crate) healthcheck: Option<HealthCheck>,
    #[serde(default)]
    pub(crate) profiles: Vec<String>,
    pub(crate) restart: Option<String>,
    #[serde(default)]
    pub(crate) read_only: bool,
    pub(crate) cap_drop: Vec<String>,
    #[serde(default)]
    pub(crate) cap_add: Vec<String>,
    pub(crate) security_opt: Vec<String>,
    #[serde(rename = "mem_limit")]
    _mem_limit: String,
    #[serde(rename = "cpus")]
    _cpus: f64,
    #[serde(rename = "pids_limit")]
    _pids_limit: u32,
    #[serde(default)]
    pub(crate) ulimits: BTreeMap<String, u64>,
    #[serde(rename = "logging")]
    _logging: BTreeMap<String, String>,
    pub(crate) stop_grace_period: Option<String>,
    #[serde(default, rename = "stdin_open")]
    _stdin_open: bool,
    #[serde(default, rename = "tty")]
    _tty: bool,
    #[serde(default, rename = "tmpfs")]
    _tmpfs: Vec<String>,
}

impl Service {
    /// What it runs: a program and its arguments.
    pub(crate) fn command_line(&self) -> Vec<&str> {
        self.entrypoint.iter().chain(&self.command).map(String::as_str).collect()
    }

    /// Whether it runs one of kami's own programs.
    pub(crate) fn is_kami(&self) -> bool {
        self.image == "kami:local"
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Dependency {
    pub(crate) condition: Condition,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Condition {
    ServiceHealthy,
    ServiceCompletedSuccessfully,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct HealthCheck {
    pub(crate) test: Vec<String>,
    #[serde(rename = "interval")]
    _interval: String,
    pub(crate) timeout: String,
    #[serde(rename = "retries")]
    _retries: u32,
    #[serde(rename = "start_period")]
    _start_period: String,
}

impl HealthCheck {
    /// The program and its arguments.
    pub(crate) fn command_line(&self) -> Vec<&str> {
        let (form, command) = self.test.split_first().unwrap();
        assert_eq!(form, "CMD", "an image without a shell can run nothing else");
        command.iter().map(String::as_str).collect()
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Network {
    #[serde(default)]
    pub(crate) internal: bool,
}

impl Compose {
    /// The file with the defaults of its variables.
    pub(crate) fn read() -> Self {
        serde_saphyr::from_str(&interpolated(&read("docker-compose.yml"))).unwrap()
    }

    /// The service of a name.
    pub(crate) fn service(&self, name: &str) -> &Service {
        self.services.get(name).unwrap_or_else(|| panic!("there is no service {name}"))
    }
}

/// The variables that a text takes from the environment, with their defaults.
pub(crate) fn variables(text: &str) -> BTreeSet<(String, String)> {
    let mut found = BTreeSet::new();
    expand(text, |name, default| {
        found.insert((name.to_owned(), default.to_owned()));
        String::new()
    });
    found
}

fn interpolated(text: &str) -> String {
    expand(text, |_, default| default.to_owned())
}

/// Replaces `${NAME:-default}` by what `value` says, and `$$` by `$`; other forms are not used and not known.
fn expand(text: &str, mut value: impl FnMut(&str, &str) -> String) -> String {
    let mut expanded = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        expanded += before;
        rest = if let Some(after) = after.strip_prefix('$') {
            expanded.push('$');
            after
        } else {
            let inner = after.strip_prefix('{').and_then(|after| after.split_once('}'));
            let (inner, after) = inner.unwrap_or_else(|| panic!("a bare $ before {after:.20}"));
            let (name, default) = inner.split_once(":-").unwrap_or_else(|| panic!("{inner} has no default"));
            expanded += &value(name, default);
            after
        };
    }
    expanded + rest
}
