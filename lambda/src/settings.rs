//! What the environment may set, read once and checked as a whole.

use std::env::VarError;
use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::str::FromStr;

use kami_core::zone::Zone;
use thiserror::Error;

use crate::api::Origins;
use crate::database::Database;
use crate::proxies::TrustedProxies;
use crate::server::Bounds;
use crate::signing::KeyFile;

/// Where the field's clients of the Flask service already look.
const DEFAULT_LISTEN: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 5000);

/// How log lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// Lines for people.
    Text,
    /// One JSON object a line, for programs.
    Json,
}

/// The settings that both programs have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// `DATABASE_URL`, `DATABASE_URL_FILE` or `DATABASE_SECRET_ARN`: where the cards are.
    pub database: Database,
    /// `KAMI_METRICS`: the address to serve metrics on outside Lambda; by default none are served.
    pub metrics: Option<SocketAddr>,
    /// `KAMI_LOG`: text, or json, which is the default under Lambda.
    pub log: LogFormat,
    /// The name of the function if AWS Lambda runs us, as it does when its runtime API is in the environment.
    pub lambda_function: Option<String>,
}

/// The settings of `kami-api`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiSettings {
    /// Those that it shares with `kami-expire`.
    pub common: Settings,
    /// `KAMI_LISTEN`: the address to serve on outside Lambda; 127.0.0.1:5000 by default.
    pub listen: SocketAddr,
    /// `KAMI_TIMEZONE`: the zone in which answers show moments; Asia/Shanghai by default.
    pub zone: Zone,
    /// `KAMI_TRUSTED_PROXIES`: the proxies that tell the truth about whom they forward; none by default.
    pub trusted_proxies: TrustedProxies,
    /// `KAMI_MAX_CONNECTIONS`: how many connections of clients may be open at once; 4,096 by default.
    pub bounds: Bounds,
    /// `KAMI_SIGNING_KEY_FILE`: the keys that answers are signed with; by default none are.
    pub signing_keys: Option<KeyFile>,
    /// `KAMI_CORS_ORIGINS`: the origins whose web pages may call the API outside Lambda; none by default.
    pub origins: Option<Origins>,
}

impl AsRef<Settings> for Settings {
    fn as_ref(&self) -> &Settings {
        self
    }
}

impl AsRef<Settings> for ApiSettings {
    fn as_ref(&self) -> &Settings {
        &self.common
    }
}

/// Everything that is wrong with the environment, a line each.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub struct SettingsError(Vec<String>);

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the environment has to be fixed first:")?;
        self.0.iter().try_for_each(|line| write!(f, "\n  {line}"))
    }
}

struct Listen(SocketAddr);

impl FromStr for Listen {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self).map_err(|_| "use an IP address and a port, such as 127.0.0.1:5000")
    }
}

struct MaxConnections(usize);

impl FromStr for MaxConnections {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let count = text.parse().ok().filter(|count| (1..=1_000_000).contains(count));
        count.map(Self).ok_or("use a number of connections, 1 to 1000000")
    }
}

impl FromStr for LogFormat {
    type Err = &'static str;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        match word {
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            _ => Err("use text or json"),
        }
    }
}

/// What both programs read, as `--help` explains it.
macro_rules! common_help {
    () => {
        "\
Environment:
  DATABASE_URL   where the cards are: mysql://user:password@host:3306/kamisystem
                 ?ssl-mode=  DISABLED, REQUIRED or VERIFY_IDENTITY (the default, but to this machine)
                 &ssl-ca=    a file of certificates to trust instead of the system's
                 &ssl-name=  the name in the server's certificate, if it is not the host's
                 &socket=    a Unix socket instead of host and port
                 &server-public-key-path=  the file of the server's key that a password sent without TLS is encrypted with
                 &get-server-public-key=true  with any key that is answered with instead: whoever answers can have it
                 &pool=      the most connections at once (16)
  DATABASE_URL_FILE    instead: a file that holds it
  DATABASE_SECRET_ARN  instead: the secret of AWS Secrets Manager that holds it, or the JSON of an RDS secret
  KAMI_METRICS   the address to serve metrics for Prometheus on, at /metrics (unset: none)
  KAMI_LOG       text or json"
    };
}

impl Settings {
    /// The settings as `--help` explains them.
    pub const HELP: &'static str = common_help!();

    /// Reads the settings from the process's environment.
    pub fn from_env() -> Result<Self, SettingsError> {
        Self::read(|name| std::env::var(name))
    }

    /// Reads the settings with `variable`; an empty variable counts as unset.
    pub fn read(variable: impl Fn(&str) -> Result<String, VarError>) -> Result<Self, SettingsError> {
        let mut reading = Reading::new(variable);
        let settings = reading.common();
        reading.end(settings)
    }
}

impl ApiSettings {
    /// The settings as `--help` explains them.
    pub const HELP: &'static str = concat!(
        common_help!(),
        "
  KAMI_LISTEN    the address to serve on (127.0.0.1:5000)
  KAMI_TIMEZONE  the zone in which moments are shown (Asia/Shanghai)
  KAMI_TRUSTED_PROXIES  the proxies in front of it, as addresses and networks: 127.0.0.1, 10.0.0.0/8 (none)
  KAMI_MAX_CONNECTIONS  the most connections of clients at once (4096); 64 of them from one address that is no such proxy
  KAMI_SIGNING_KEY_FILE the keys that sign answers, as `kami keys issue` writes them (unset: no answer is signed)
  KAMI_CORS_ORIGINS     the origins whose web pages may call the API: https://app.example.com, or * for all (none)"
    );

    /// Reads the settings from the process's environment.
    pub fn from_env() -> Result<Self, SettingsError> {
        Self::read(|name| std::env::var(name))
    }

    /// Reads `KAMI_LISTEN` alone from the process's environment.
    pub fn listen_from_env() -> Result<SocketAddr, SettingsError> {
        let mut reading = Reading::new(|name: &str| std::env::var(name));
        let listen = reading.listen();
        reading.end(Some(listen))
    }

    /// Reads the settings with `variable`; an empty variable counts as unset.
    pub fn read(variable: impl Fn(&str) -> Result<String, VarError>) -> Result<Self, SettingsError> {
        let mut reading = Reading::new(variable);
        let common = reading.common();
        let listen = reading.listen();
        let zone = reading.parsed("KAMI_TIMEZONE").unwrap_or_default();
        let trusted_proxies = reading.parsed("KAMI_TRUSTED_PROXIES").unwrap_or_default();
        let bounds = reading
            .parsed("KAMI_MAX_CONNECTIONS")
            .map_or_else(Bounds::default, |MaxConnections(all)| Bounds::of(all));
        let origins = reading.parsed("KAMI_CORS_ORIGINS");
        let signing_keys = reading.signing_keys();
        reading.end(common.map(|common| Self {
            common,
            listen,
            zone,
            trusted_proxies,
            bounds,
            signing_keys,
            origins,
        }))
    }
}

/// Variables as they are read, and what is wrong with them so far.
struct Reading<V> {
    variable: V,
    wrong: Vec<String>,
}

impl<V: Fn(&str) -> Result<String, VarError>> Reading<V> {
    fn new(variable: V) -> Self {
        Self { variable, wrong: Vec::new() }
    }

    fn value(&mut self, name: &str) -> Option<String> {
        match (self.variable)(name) {
            Ok(value) => Some(value).filter(|value| !value.trim().is_empty()),
            Err(VarError::NotPresent) => None,
            Err(VarError::NotUnicode(_)) => {
                self.wrong.push(format!("{name}: not readable as UTF-8"));
                None
            }
        }
    }

    fn parsed<T: FromStr<Err: fmt::Display>>(&mut self, name: &str) -> Option<T> {
        let text = self.value(name)?;
        text.trim().parse().map_err(|error| self.wrong.push(format!("{name}: {error}"))).ok()
    }

    /// What both programs read; nothing where the database cannot be told.
    fn common(&mut self) -> Option<Settings> {
        let lambda_function = self
            .value("AWS_LAMBDA_RUNTIME_API")
            .map(|_| self.value("AWS_LAMBDA_FUNCTION_NAME").unwrap_or_else(|| "kami".to_owned()));
        let database = Database::read(|name| self.value(name));
        let database = database.map_err(|lines| self.complain(lines)).ok();
        let metrics = self.parsed("KAMI_METRICS").map(|Listen(metrics)| metrics);
        let default_log = if lambda_function.is_some() { LogFormat::Json } else { LogFormat::Text };
        let log = self.parsed("KAMI_LOG").unwrap_or(default_log);
        Some(Settings { database: database?, metrics, log, lambda_function })
    }

    fn listen(&mut self) -> SocketAddr {
        self.parsed("KAMI_LISTEN").map_or(DEFAULT_LISTEN, |Listen(listen)| listen)
    }

    fn signing_keys(&mut self) -> Option<KeyFile> {
        let name = "KAMI_SIGNING_KEY_FILE";
        let path = self.value(name)?;
        let file = KeyFile::new(Path::new(&path));
        file.map_err(|problem| self.wrong.push(format!("{name}: {path}: {problem}"))).ok()
    }

    /// Notes what else is wrong, unless that follows from what could not be read.
    fn complain(&mut self, lines: Vec<String>) {
        if self.wrong.is_empty() {
            self.wrong = lines;
        }
    }

    /// What was read, if nothing is wrong.
    fn end<T>(self, read: Option<T>) -> Result<T, SettingsError> {
        read.filter(|_| self.wrong.is_empty()).ok_or(SettingsError(self.wrong))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<ApiSettings, SettingsError> {
        ApiSettings::read(|name| {
            let found = variables.iter().find(|(variable, _)| *variable == name);
            found.map(|(_, value)| (*value).to_owned()).ok_or(VarError::NotPresent)
        })
    }

    const DATABASE: (&str, &str) = ("DATABASE_URL", "mysql://kami:secret@localhost/kamisystem");

    #[test]
    fn defaults_suit_the_clients_of_the_flask_service() {
        let settings = read(&[DATABASE, ("KAMI_LOG", "")]).unwrap();
        assert_eq!(settings.listen.to_string(), "127.0.0.1:5000");
        assert_eq!(settings.zone, "Asia/Shanghai".parse().unwrap());
        assert_eq!((settings.common.log, settings.common.lambda_function), (LogFormat::Text, None));
    }

    #[test]
    fn lambda_is_known_by_its_runtime_api() {
        let settings = read(&[DATABASE, ("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9001")]).unwrap().common;
        assert_eq!((settings.log, settings.lambda_function.as_deref()), (LogFormat::Json, Some("kami")));
    }

    #[test]
    fn everything_that_is_wrong_is_said_at_once_without_the_password() {
        let error = read(&[
            ("DATABASE_URL", "mysql://kami:secret@localhost"),
            ("KAMI_LISTEN", "5000"),
            ("KAMI_METRICS", "on"),
            ("KAMI_TIMEZONE", "Shanghai"),
            ("KAMI_LOG", "yaml"),
            ("KAMI_MAX_CONNECTIONS", "0"),
            ("KAMI_CORS_ORIGINS", "example.com"),
        ])
        .unwrap_err()
        .to_string();
        assert_eq!(
            error,
            "the environment has to be fixed first:\n  \
             DATABASE_URL: no database is named: end the address in /kamisystem\n  \
             KAMI_METRICS: use an IP address and a port, such as 127.0.0.1:5000\n  \
             KAMI_LOG: use text or json\n  \
             KAMI_LISTEN: use an IP address and a port, such as 127.0.0.1:5000\n  \
             KAMI_TIMEZONE: not a time zone: use an IANA name such as Asia/Shanghai, Europe/Berlin or UTC\n  \
             KAMI_MAX_CONNECTIONS: use a number of connections, 1 to 1000000\n  \
             KAMI_CORS_ORIGINS: use origins with commas between and no slash at their end, such as https://example.com, \
             or * for all"
        );
        assert!(read(&[]).unwrap_err().to_string().contains("DATABASE_URL: set it to mysql://"));
    }
}
