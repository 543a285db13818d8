//! The value of a secret: an address as it is, or the JSON in which RDS keeps what belongs to one.

use kami_store::database_url::{DatabaseUrl, DatabaseUrlError};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value};
use thiserror::Error;

/// What members of the JSON become parameters of the address.
const PARAMETERS: [&str; 6] =
    ["ssl-mode", "ssl-ca", "ssl-name", "pool", "server-public-key-path", "get-server-public-key"];

/// The member of the JSON that holds the text of a file of signing keys.
const SIGNING_KEYS: &str = "signing_keys";

/// What is wrong with a secret's value; no variant holds any part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(super) enum ValueError {
    /// It begins like JSON and is none.
    #[error("its value is neither a mysql:// address nor a JSON object")]
    Form,
    /// A member that is needed is missing or is no text.
    #[error(
        "its JSON has no {0}: it needs username, password, host and dbname (RDS's own secrets lack the last two: add them, or keep a mysql:// address in a secret of your own)"
    )]
    Missing(&'static str),
    /// It is the secret of another kind of database.
    #[error("its JSON is for another engine than mysql or mariadb")]
    Engine,
    /// There are signing keys, but not as the text of their file.
    #[error(
        "its signing_keys are not the text of a file of `kami keys issue`: leave them out to sign nothing"
    )]
    SigningKeys,
    /// The address is wrong.
    #[error("its address is wrong: {0}")]
    Address(#[from] DatabaseUrlError),
}

/// The address that a secret's value holds.
pub(super) fn address(value: &str) -> Result<DatabaseUrl, ValueError> {
    let value = value.trim();
    if !value.starts_with('{') {
        return Ok(value.parse()?);
    }
    let members: Map<String, Value> = serde_json::from_str(value).map_err(|_| ValueError::Form)?;
    let engine = members.get("engine").and_then(Value::as_str).unwrap_or("mysql");
    if !engine.contains("mysql") && !engine.contains("mariadb") {
        return Err(ValueError::Engine);
    }
    let member = |name| text(&members, name).ok_or(ValueError::Missing(name));
    let encoded = |text: String| utf8_percent_encode(&text, NON_ALPHANUMERIC).to_string();
    let (user, password) = (encoded(member("username")?), encoded(member("password")?));
    let (host, database) = (member("host")?, encoded(member("dbname")?));
    let host = if host.contains(':') { format!("[{host}]") } else { host };
    let port = text(&members, "port").unwrap_or_else(|| "3306".to_owned());
    let parameters: Vec<_> = PARAMETERS
        .iter()
        .filter_map(|name| Some(format!("{name}={}", encoded(text(&members, name)?))))
        .collect();
    let address = format!("mysql://{user}:{password}@{host}:{port}/{database}?{}", parameters.join("&"));
    Ok(address.parse()?)
}

/// The signing keys that a secret's value holds as well; `None` where it says that there are none.
pub(super) fn signing_keys(value: &str) -> Result<Option<String>, ValueError> {
    let value = value.trim();
    if !value.starts_with('{') {
        return Ok(None);
    }
    let members: Map<String, Value> = serde_json::from_str(value).map_err(|_| ValueError::Form)?;
    match members.get(SIGNING_KEYS) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if !text.is_empty() => Ok(Some(text.clone())),
        Some(_) => Err(ValueError::SigningKeys),
    }
}

/// A member as text; a number, as RDS writes the port, as its digits, and a flag as its word.
fn text(members: &Map<String, Value>, name: &str) -> Option<String> {
    match members.get(name)? {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_form_is_an_address() {
        for (value, expected) in [
            (
                "mysql://kami:p%40@db.example.com/kamisystem?pool=2\n",
                "mysql://kami:p%40@db.example.com/kamisystem?pool=2",
            ),
            (
                r#"{"username":"ka mi","password":"p@:/?#[]%41ü","engine":"mysql","host":"db.example.com",
                    "port":3307,"dbname":"kamisystem","dbInstanceIdentifier":"kami"}"#,
                "mysql://ka%20mi:p%40%3A%2F%3F%23%5B%5D%2541%C3%BC@db.example.com:3307/kamisystem?",
            ),
            (
                r#"{"username":"k","password":"p","host":"::1","port":"3308","dbname":"d","ssl-ca":"/opt/rds.pem"}"#,
                "mysql://k:p@[::1]:3308/d?ssl-ca=%2Fopt%2Frds%2Epem",
            ),
            (r#"{"username":"k","password":"p","host":"h","dbname":"d"}"#, "mysql://k:p@h:3306/d?"),
        ] {
            assert_eq!(address(value), Ok(expected.parse().unwrap()), "{value}");
        }
    }

    #[test]
    fn signing_keys_stand_beside_the_address() {
        let pem = "-----BEGIN PRIVATE KEY-----\n";
        let members = json!({"username": "k", "host": "h", "signing_keys": pem});
        assert_eq!(signing_keys(&members.to_string()), Ok(Some(pem.to_owned())));
        for value in ["mysql://k:p@h/d", "{}", r#"{"signing_keys":null}"#] {
            assert_eq!(signing_keys(value), Ok(None), "{value}");
        }
        // Whatever a slip of the hand made of it, nobody said that nothing is to be signed.
        for (value, error) in [
            (r#"{"signing_keys":"a",}"#, ValueError::Form),
            (r#"{"signing_keys":""}"#, ValueError::SigningKeys),
            (r#"{"signing_keys":[]}"#, ValueError::SigningKeys),
        ] {
            assert_eq!(signing_keys(value), Err(error), "{value}");
        }
    }

    #[test]
    fn what_is_wrong_is_named_without_the_value() {
        for (value, error) in [
            ("", ValueError::Address(DatabaseUrlError::Form)),
            ("secret", ValueError::Address(DatabaseUrlError::Form)),
            ("{secret", ValueError::Form),
            (r#"{"username":"k","password":"p"}"#, ValueError::Missing("host")),
            (r#"{"username":"k","password":"p","host":"h"}"#, ValueError::Missing("dbname")),
            (r#"{"username":"k","host":"h","dbname":"d","password":""}"#, ValueError::Missing("password")),
            (
                r#"{"username":"k","password":"p","host":"h","dbname":"d","engine":"postgres"}"#,
                ValueError::Engine,
            ),
            (
                r#"{"username":"k","password":"p","host":"h","dbname":"d","port":"x"}"#,
                ValueError::Address(DatabaseUrlError::Form),
            ),
        ] {
            assert_eq!(address(value), Err(error), "{value}");
        }
    }
}
