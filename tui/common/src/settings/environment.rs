//! Which database to work on: a named environment of the configuration, a file, `DATABASE_URL` or `DATABASE_URL_FILE`.

use std::path::{Path, PathBuf};

use kami_store::database_url::DatabaseUrl;
use kami_store::small_file;
use serde::Deserialize;
use url::Url;

use super::password::{self, PasswordError, PasswordSource};
use super::{Config, Paths, SettingsError, Wishes, language_of_complaints};
use crate::words::say;

/// A database of the configuration, such as `[environments.prod]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnvironmentEntry {
    /// Its address; the password may be left out and come from one of the sources below.
    url: String,
    /// Whether real customers depend on it: marked in red and in words.
    #[serde(default)]
    production: bool,
    /// Whether nothing may be changed there.
    #[serde(default)]
    read_only: bool,
    /// The environment variable that holds the password.
    password_env: Option<String>,
    /// The file that holds it, from the configuration's own folder.
    password_file: Option<PathBuf>,
    /// The command that prints it, run by the shell.
    password_command: Option<String>,
    /// Whether to ask for it at the terminal.
    #[serde(default)]
    password_prompt: bool,
}

impl EnvironmentEntry {
    /// Where its password comes from, if not from its address.
    fn password_source(&self) -> Option<PasswordSource<'_>> {
        let variable = self.password_env.as_deref().map(PasswordSource::Variable);
        let file = || self.password_file.as_deref().map(PasswordSource::File);
        let command = || self.password_command.as_deref().map(PasswordSource::Command);
        let prompt = || self.password_prompt.then_some(PasswordSource::Prompt);
        variable.or_else(file).or_else(command).or_else(prompt)
    }

    fn brief(&self, name: &str) -> EnvironmentBrief {
        let url: Option<DatabaseUrl> = self.url.parse().ok();
        let place = url.zip(Url::parse(self.url.trim()).ok());
        EnvironmentBrief {
            name: name.to_owned(),
            place: place.map(|(url, address)| format!("{}/{}", server(&address), url.database())),
            production: self.production,
            read_only: self.read_only,
        }
    }
}

/// What is said of an environment before it is chosen; its password is not asked for yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnvironmentBrief {
    /// Its name in the configuration.
    pub name: String,
    /// Its server and database; none where the address is wrong, which is said once it is chosen.
    pub place: Option<String>,
    /// Whether real customers depend on it.
    pub production: bool,
    /// Whether its entry forbids every change.
    pub read_only: bool,
}

/// A database and how it is spoken of.
#[derive(Clone, Debug)]
pub struct Connection {
    /// The environment's name; none when only an address was given.
    pub name: Option<String>,
    /// Its address, with the password.
    pub url: DatabaseUrl,
    /// The server, as the header shows it.
    pub server: String,
    /// The database account.
    pub user: String,
    /// Whether real customers depend on it.
    pub production: bool,
    /// Whether its entry forbids every change.
    pub read_only: bool,
    /// The file that its password, or the address with it, was read from.
    pub secret_file: Option<PathBuf>,
}

impl Connection {
    fn read_from(self, file: PathBuf) -> Self {
        Self { secret_file: Some(file), ..self }
    }
}

/// Follows the wishes first, then the process's environment, then the configuration.
pub(super) fn choose(
    wishes: &Wishes,
    config: &Config,
    paths: &Paths,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<Connection, SettingsError> {
    if let Some(name) = &wishes.environment {
        return named(name, wishes, config, paths, variable);
    }
    if let Some(path) = &wishes.env_file {
        let place = path.display().to_string();
        let url = env_file_value(&read(path)?, "DATABASE_URL")
            .ok_or_else(|| SettingsError::NoDatabase(path.clone()))?;
        return Ok(unnamed(&place, &url)?.read_from(path.clone()));
    }
    let set = |name| variable(name).filter(|value| !value.trim().is_empty());
    match (set("DATABASE_URL"), set("DATABASE_URL_FILE")) {
        (Some(_), Some(_)) => return Err(SettingsError::TwoAddresses),
        (Some(url), None) => return unnamed("DATABASE_URL", &url),
        (None, Some(file)) => {
            let place = format!("DATABASE_URL_FILE, {file}");
            let url = read(Path::new(&file))?;
            return Ok(unnamed(&place, url.trim())?.read_from(file.into()));
        }
        (None, None) => {}
    }
    let only = || config.environments.keys().next().filter(|_| config.environments.len() == 1);
    match config.environment.as_ref().or_else(only) {
        Some(name) => named(name, wishes, config, paths, variable),
        None if config.environments.is_empty() => Err(SettingsError::NoDatabase(paths.config.clone())),
        None => Err(SettingsError::Unchosen {
            config: paths.config.clone(),
            known: config.environments.iter().map(|(name, entry)| entry.brief(name)).collect(),
        }),
    }
}

fn read(path: &Path) -> Result<String, SettingsError> {
    small_file::read(path).map_err(|source| SettingsError::Unreadable { path: path.to_owned(), source })
}

fn named(
    name: &str,
    wishes: &Wishes,
    config: &Config,
    paths: &Paths,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<Connection, SettingsError> {
    let entry = config.environments.get(name).ok_or_else(|| SettingsError::UnknownEnvironment {
        name: name.to_owned(),
        config: paths.config.clone(),
        known: config.environments.keys().cloned().collect(),
    })?;
    let place = format!("{}, environments.{name}.url", paths.config.display());
    let folder = paths.config.parent().unwrap_or(Path::new("."));
    let ask = || {
        let ask = wishes.ask.ok_or(PasswordError::NotTyped)?;
        ask(&say!(language_of_complaints(variable), "password.prompt", name = name))
    };
    let password = entry
        .password_source()
        .map(|source| password::find(source, folder, &ask, variable))
        .transpose()
        .map_err(|source| SettingsError::Password { environment: name.to_owned(), source })?;
    let secret_file = match entry.password_source() {
        Some(PasswordSource::File(file)) => Some(folder.join(file)),
        _ => None,
    };
    let connection = connection(&place, &entry.url, password.as_deref())?;
    Ok(Connection {
        secret_file,
        name: Some(name.to_owned()),
        production: entry.production,
        read_only: entry.read_only,
        ..connection
    })
}

fn unnamed(place: &str, url: &str) -> Result<Connection, SettingsError> {
    connection(place, url, None)
}

fn connection(place: &str, text: &str, password: Option<&str>) -> Result<Connection, SettingsError> {
    let wrong = |source| SettingsError::Address { place: place.to_owned(), source };
    let checked: DatabaseUrl = text.parse().map_err(wrong)?;
    // Checked above, so that it is an address with a host.
    let Ok(mut address) = Url::parse(text.trim()) else {
        return Err(wrong(kami_store::database_url::DatabaseUrlError::Form));
    };
    let url = match password {
        None => checked,
        Some(password) => {
            // Fails only for an address without a host.
            let _: Result<(), ()> = address.set_password(Some(password));
            address.as_str().parse().map_err(wrong)?
        }
    };
    let server = server(&address);
    let user = address.username().to_owned();
    Ok(Connection { name: None, url, server, user, production: false, read_only: false, secret_file: None })
}

/// The server of an address, as people are told it.
fn server(address: &Url) -> String {
    let host = address.host_str().unwrap_or_default();
    match address.port() {
        _ if address.query_pairs().any(|(name, _)| name == "socket") => "localhost".to_owned(),
        None | Some(3306) => host.to_owned(),
        Some(port) => format!("{host}:{port}"),
    }
}

/// The value of a name in a file of `NAME=value` lines, with or without `export` and quotes.
fn env_file_value(text: &str, name: &str) -> Option<String> {
    let mut values = text.lines().filter_map(|line| {
        let line = line.trim();
        let (key, value) = line.strip_prefix("export ").unwrap_or(line).split_once('=')?;
        (key.trim() == name).then(|| value.trim())
    });
    let value = values.next_back()?;
    let unquoted = ['"', '\''].iter().find_map(|quote| value.strip_prefix(*quote)?.strip_suffix(*quote));
    Some(unquoted.unwrap_or(value).to_owned())
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    fn paths() -> Paths {
        Paths { config: PathBuf::from("/home/li/.config/kami/config.toml"), preferences: PathBuf::new() }
    }

    fn choose_from(config: &str, wish: Option<&str>, url: Option<&str>) -> Result<Connection, SettingsError> {
        let config = toml::from_str(config).unwrap();
        let wishes = Wishes { environment: wish.map(str::to_owned), ..Wishes::default() };
        choose(&wishes, &config, &paths(), &|name| match name {
            "DATABASE_URL" => url.map(str::to_owned),
            "PROD_PASSWORD" => Some("p@ss/word".to_owned()),
            _ => None,
        })
    }

    #[test]
    fn several_environments_are_named_where_none_is_chosen() {
        let several = CONFIG.replace("environment = \"dev\"", "");
        let error = choose_from(&several, None, None).unwrap_err();
        assert!(
            matches!(&error, SettingsError::Unchosen { known, .. } if *known == [
                EnvironmentBrief {
                    name: "dev".to_owned(),
                    place: Some("localhost/kamisystem".to_owned()),
                    production: false,
                    read_only: false,
                },
                EnvironmentBrief {
                    name: "prod".to_owned(),
                    place: Some("db-1:3307/kamisystem".to_owned()),
                    production: true,
                    read_only: true,
                },
            ]),
            "{error}"
        );
        for language in crate::words::Language::all() {
            assert!(error.words(language).contains("-e"), "{}", error.words(language));
            assert!(error.words(language).ends_with("dev, prod"), "{}", error.words(language));
        }
    }

    const CONFIG: &str = r#"
        environment = "dev"

        [environments.dev]
        url = "mysql://li@localhost/kamisystem"

        [environments.prod]
        url = "mysql://kami@db-1:3307/kamisystem"
        password_env = "PROD_PASSWORD"
        production = true
        read_only = true
    "#;

    #[test]
    fn wishes_beat_the_variable_and_the_variable_beats_the_configuration() {
        let url = Some("mysql://kami:secret@10.0.0.7/kamisystem");
        for (wish, url, name, server, user) in [
            (Some("prod"), url, Some("prod"), "db-1:3307", "kami"),
            (None, url, None, "10.0.0.7", "kami"),
            (None, None, Some("dev"), "localhost", "li"),
            (None, Some(" "), Some("dev"), "localhost", "li"),
        ] {
            let connection = choose_from(CONFIG, wish, url).unwrap();
            assert_eq!(connection.name.as_deref(), name);
            assert_eq!((connection.server.as_str(), connection.user.as_str()), (server, user));
        }
    }

    #[test]
    fn the_address_may_be_in_a_file_unless_it_is_a_variable_too() {
        let file = std::env::temp_dir().join(format!("kami-address-{}", std::process::id()));
        std::fs::write(&file, "mysql://kami:secret@10.0.0.7/kamisystem\n").unwrap();
        let choose = |url: Option<&str>| {
            choose(&Wishes::default(), &Config::default(), &paths(), &|name| match name {
                "DATABASE_URL" => url.map(str::to_owned),
                "DATABASE_URL_FILE" => Some(file.display().to_string()),
                _ => None,
            })
        };
        let found = choose(None);
        let both = choose(Some("mysql://kami@localhost/kamisystem"));
        std::fs::remove_file(&file).unwrap();
        assert_eq!(found.unwrap().server, "10.0.0.7");
        assert!(matches!(both, Err(SettingsError::TwoAddresses)), "{both:?}");
        assert!(matches!(choose(None), Err(SettingsError::Unreadable { .. })));
    }

    #[test]
    fn files_from_windows_are_read_wherever_one_is_named() {
        let folder = std::env::temp_dir().join(format!("kami-windows-{}", std::process::id()));
        std::fs::create_dir(&folder).unwrap();
        let address = "mysql://kami:secret@10.0.0.7/kamisystem";
        let utf16 = |text: &str| -> Vec<u8> { text.encode_utf16().flat_map(u16::to_le_bytes).collect() };
        for (name, text) in
            [("env", format!("DATABASE_URL={address}\r\n")), ("url", format!("{address}\r\n"))]
        {
            for (end, bytes) in
                [("8", format!("\u{feff}{text}").into_bytes()), ("16", utf16(&format!("\u{feff}{text}")))]
            {
                std::fs::write(folder.join(name.to_owned() + end), bytes).unwrap();
            }
        }
        std::fs::write(folder.join("password"), "\u{feff}p@ss/word\r\n").unwrap();
        std::fs::write(folder.join("gbk"), b"\xc3\xdc\xc2\xeb").unwrap();
        let choose_file = |env_file: Option<&str>, url_file: Option<&str>| {
            let wishes = Wishes { env_file: env_file.map(|name| folder.join(name)), ..Wishes::default() };
            choose(&wishes, &Config::default(), &paths(), &|name| {
                url_file
                    .filter(|_| name == "DATABASE_URL_FILE")
                    .map(|name| folder.join(name).display().to_string())
            })
        };
        for end in ["8", "16"] {
            assert_eq!(choose_file(Some(&format!("env{end}")), None).unwrap().url, address.parse().unwrap());
            assert_eq!(choose_file(None, Some(&format!("url{end}"))).unwrap().url, address.parse().unwrap());
        }
        let words =
            choose_file(None, Some("gbk")).unwrap_err().words(crate::words::Language::of_locale("zh"));
        assert!(words.ends_with("不是 UTF-8 文本，请另存为 UTF-8"), "{words}");
        let config = format!(
            "[environments.a]\nurl = \"mysql://kami@db-1/kamisystem\"\npassword_file = {:?}",
            folder.join("password")
        );
        let connection = choose_from(&config, None, None).unwrap();
        assert_eq!(connection.url, "mysql://kami:p%40ss%2Fword@db-1/kamisystem".parse().unwrap());
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn an_environment_has_its_marks_and_its_password() {
        let connection = choose_from(CONFIG, Some("prod"), None).unwrap();
        assert!(connection.production && connection.read_only);
        let with_password = "mysql://kami:p%40ss%2Fword@db-1:3307/kamisystem".parse().unwrap();
        assert_eq!(connection.url, with_password);
    }

    #[test]
    fn what_is_wrong_is_said_in_words() {
        for (config, wish, message) in [
            (
                CONFIG,
                Some("test"),
                "no environment \"test\" in /home/li/.config/kami/config.toml; there are dev, prod",
            ),
            (
                "",
                Some("test"),
                "no environment \"test\" in /home/li/.config/kami/config.toml; there is none at all",
            ),
            (
                "[environments.a]\nurl = \"mysql://kami@db-1\"",
                None,
                "/home/li/.config/kami/config.toml, environments.a.url: no database is named: end the address in /kamisystem",
            ),
        ] {
            assert_eq!(choose_from(config, wish, None).unwrap_err().to_string(), message);
        }
        assert!(choose_from("", None, None).unwrap_err().to_string().starts_with("nothing says where"));
    }

    #[test]
    fn a_file_of_variables_is_read_with_quotes_and_without() {
        let text = "# local\nOTHER=1\nexport DATABASE_URL=\"mysql://kami@localhost/kamisystem\"\n";
        assert_eq!(env_file_value(text, "DATABASE_URL").unwrap(), "mysql://kami@localhost/kamisystem");
        assert_eq!(env_file_value("DATABASE_URL=a=b", "DATABASE_URL").unwrap(), "a=b");
        assert_eq!(env_file_value("", "DATABASE_URL"), None);
    }
}
