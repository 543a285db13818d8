//! What a folder remembers of the options that its server was made with.

use super::release::Kind;

/// How a server is reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Mode {
    /// On a Unix socket that is its owner's alone.
    #[default]
    Socket,
    /// On a port of 127.0.0.1, with a password.
    Tcp,
}

/// The file `settings`: `KEY=VALUE` a line, and `extra` as often as there are further options for the server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Settings {
    pub(super) mode: Mode,
    pub(super) kind: Option<Kind>,
    pub(super) server: String,
    pub(super) port: Option<u16>,
    pub(super) password: String,
    pub(super) time_zone: String,
    pub(super) fast: bool,
    pub(super) socket: String,
    pub(super) extra: Vec<String>,
}

impl Settings {
    pub(super) fn parse(text: &str) -> Self {
        let mut settings = Self::default();
        for (key, value) in text.lines().filter_map(|line| line.split_once('=')) {
            match key {
                "mode" if value == "tcp" => settings.mode = Mode::Tcp,
                "kind" => settings.kind = Kind::of_word(value),
                "server" => value.clone_into(&mut settings.server),
                "port" => settings.port = value.parse().ok(),
                "password" => value.clone_into(&mut settings.password),
                "time_zone" => value.clone_into(&mut settings.time_zone),
                "fast" => settings.fast = !value.is_empty(),
                "socket" => value.clone_into(&mut settings.socket),
                "extra" => settings.extra.push(value.to_owned()),
                _ => {}
            }
        }
        settings
    }

    pub(super) fn render(&self) -> String {
        let mode = match self.mode {
            Mode::Socket => "socket",
            Mode::Tcp => "tcp",
        };
        let mut lines = vec![
            format!("mode={mode}"),
            format!("kind={}", self.kind.map(Kind::word).unwrap_or_default()),
            format!("server={}", self.server),
            format!("port={}", self.port.map(|port| port.to_string()).unwrap_or_default()),
            format!("password={}", self.password),
            format!("time_zone={}", self.time_zone),
            format!("fast={}", if self.fast { "1" } else { "" }),
            format!("socket={}", self.socket),
        ];
        lines.extend(self.extra.iter().map(|option| format!("extra={option}")));
        lines.push(String::new());
        lines.join("\n")
    }

    /// The address at which the account of the server's owner is reached.
    pub(super) fn url(&self) -> String {
        match self.mode {
            Mode::Tcp => {
                let port = self.port.unwrap_or_default();
                // MySQL asks for the password itself, and what answers here is the server that was just started
                let key = if self.kind == Some(Kind::MySql) { "?get-server-public-key=true" } else { "" };
                format!("mysql://kami:{}@127.0.0.1:{port}/kamisystem{key}", self.password)
            }
            Mode::Socket => {
                format!("mysql://kami@localhost/kamisystem?socket={}", percent_encode(&self.socket))
            }
        }
    }
}

fn percent_encode(text: &str) -> String {
    let encode = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'/' | b'.' | b'_' | b'~' | b'-' => {
            char::from(byte).to_string()
        }
        _ => format!("%{byte:02x}"),
    };
    text.bytes().map(encode).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAVED: &str = "mode=tcp\nkind=mysql\nserver=/opt/my sql/mysqld\nport=12345\npassword=0123abcd\n\
        time_zone=+08:00\nfast=1\nsocket=/数据/mysql.sock\nextra=--sql-mode=ANSI\nextra=--max-connections=5\n";

    #[test]
    fn settings_are_read_as_they_were_saved() {
        let settings = Settings::parse(SAVED);
        assert_eq!(settings.extra, ["--sql-mode=ANSI", "--max-connections=5"]);
        assert_eq!(settings.port, Some(12345));
        assert_eq!(settings.render(), SAVED);
        assert_eq!(Settings::parse(&Settings::default().render()), Settings::default());
    }

    #[test]
    fn settings_of_a_newer_version_are_passed_over() {
        assert_eq!(Settings::parse("colour=red\nnonsense\nfast=\n"), Settings::default());
    }

    #[test]
    fn url_names_port_and_password_or_the_socket() {
        let mut settings = Settings::parse(SAVED);
        assert_eq!(
            settings.url(),
            "mysql://kami:0123abcd@127.0.0.1:12345/kamisystem?get-server-public-key=true"
        );
        settings.kind = Some(Kind::MariaDb);
        assert_eq!(settings.url(), "mysql://kami:0123abcd@127.0.0.1:12345/kamisystem");
        settings.mode = Mode::Socket;
        let socket = "mysql://kami@localhost/kamisystem?socket=/%e6%95%b0%e6%8d%ae/mysql.sock";
        assert_eq!(settings.url(), socket);
    }

    #[test]
    fn percent_encoding_leaves_what_needs_none() {
        assert_eq!(percent_encode("/a b/~x-1_2.sock?#%"), "/a%20b/~x-1_2.sock%3f%23%25");
    }
}
