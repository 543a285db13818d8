//! The services as Docker Compose would start them, without Docker: the commands, environment and files are those of
//! `docker-compose.yml`; only paths, host names and the port are those of this machine.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use hyper::StatusCode;
use kami_testkit::{Client, PrivateServer, Program, TestDatabase, eventually, unique_name};

use crate::compose::{Compose, Service};
use crate::contained::SECRETS;

/// The machine that stands in for the containers.
struct Machine {
    compose: Compose,
    folder: PathBuf,
    server: PrivateServer,
    /// Where the API's published port leads to.
    address: String,
}

impl Machine {
    /// The files that the service `prepare` makes, and a database server with the certificate that is among them.
    fn set_up() -> Self {
        let folder = std::env::temp_dir().join(unique_name("kami_compose"));
        let secrets = folder.join("secrets");
        std::fs::create_dir_all(&secrets).unwrap();
        let compose = Compose::read();
        prepare(&compose, &folder);
        let options = compose.service("mysql").command_line();
        let tls: Vec<_> = options
            .into_iter()
            .filter(|option| option.starts_with("--ssl-"))
            .map(|option| in_secrets(option, &secrets))
            .collect();
        let server = PrivateServer::start(&tls.iter().map(String::as_str).collect::<Vec<_>>());
        let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        Self { compose, folder, server, address: free.to_string() }
    }

    fn secrets(&self) -> PathBuf {
        self.folder.join("secrets")
    }

    fn secret(&self, name: &str) -> String {
        std::fs::read_to_string(self.secrets().join(name)).unwrap()
    }

    /// Of the account `kami`, and of root.
    fn passwords(&self) -> [String; 2] {
        ["mysql-password", "mysql-root-password"].map(|name| self.secret(name))
    }

    fn prepare(&self) {
        prepare(&self.compose, &self.folder);
    }

    /// What MySQL's image does at the first start: the database and its user.
    async fn initialise(&self) {
        let service = self.compose.service("mysql");
        let variable = |name: &str| service.environment[name].clone().unwrap();
        let (user, database) = (variable("MYSQL_USER"), variable("MYSQL_DATABASE"));
        let password = self.secret(variable("MYSQL_PASSWORD_FILE").strip_prefix(SECRETS).unwrap());
        let admin = TestDatabase::create_on(&self.server.url()).await;
        admin
            .execute(&format!(
                "CREATE DATABASE IF NOT EXISTS {database};
                 CREATE USER IF NOT EXISTS compose;
                 ALTER USER compose IDENTIFIED BY '{password}';
                 GRANT ALL ON {database}.* TO compose"
            ))
            .await;
        // The account of the tests has the same name, and this machine's address is closer to it.
        let (before, after) = (format!("//{user}:"), "//compose:");
        let host = format!("@127.0.0.1:{}/", admin.port());
        for file in ["database-url", "console-url"] {
            let text = self.secret(file);
            assert!(text.contains(&before) && text.contains("@mysql/"), "the server is the service mysql");
            let text = text.replace(&before, after).replace("@mysql/", &host);
            let text = in_secrets(&text, &self.secrets()) + "&ssl-mode=VERIFY_IDENTITY&ssl-name=mysql";
            std::fs::write(self.secrets().join(file), text).unwrap();
        }
    }

    /// A text of the file as it holds on this machine.
    fn here(&self, text: &str) -> String {
        in_secrets(text, &self.secrets())
            .replace("0.0.0.0:5000", &self.address)
            .replace("0.0.0.0:9100", "127.0.0.1:0")
    }

    fn environment(&self, service: &Service) -> BTreeMap<String, String> {
        let set = service.environment.iter().filter_map(|(name, value)| Some((name, value.as_ref()?)));
        set.map(|(name, value)| (name.clone(), self.here(value))).collect()
    }

    fn command_line(&self, service: &Service, words: &[&str]) -> (PathBuf, Vec<String>) {
        let [program, arguments @ ..] = words else { panic!("{service:?} runs nothing") };
        (built(program), arguments.iter().map(|argument| self.here(argument)).collect())
    }

    /// Starts a service with a command, or its own.
    fn start(&self, name: &str, command: Option<&[&str]>) -> Program {
        let service = self.compose.service(name);
        let mut words = service.command_line();
        if let Some(command) = command {
            words.truncate(service.entrypoint.len());
            words.extend(command);
        }
        let (program, arguments) = self.command_line(service, &words);
        let mut environment = self.environment(service);
        environment.insert("HOME".to_owned(), self.folder.to_str().unwrap().to_owned());
        let variables: Vec<_> = environment.iter().map(|(name, value)| (&**name, &**value)).collect();
        let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
        Program::start(program.to_str().unwrap(), &arguments, &variables)
    }

    /// Runs a service to its end; returns what it printed.
    async fn run(&self, name: &str, command: Option<&[&str]>) -> String {
        let mut program = self.start(name, command);
        let status = program.ended().await;
        assert!(status.success(), "{name} {command:?}: {}", program.output());
        program.output()
    }

    /// What the health check of a service says.
    fn is_healthy(&self, name: &str) -> bool {
        let service = self.compose.service(name);
        let (program, arguments) =
            self.command_line(service, &service.healthcheck.as_ref().unwrap().command_line());
        let environment = self.environment(service);
        let mut check = Command::new(program);
        check.args(arguments).env_clear().envs(environment).stdout(Stdio::null()).stderr(Stdio::null());
        check.status().unwrap().success()
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.folder));
    }
}

/// A text of the file, with the secrets where they are on this machine.
fn in_secrets(text: &str, secrets: &Path) -> String {
    text.replace(SECRETS.trim_end_matches('/'), secrets.to_str().unwrap())
}

/// Runs `prepare` with a `chown` that needs no root. What it writes goes by the containers' paths.
fn prepare(compose: &Compose, folder: &Path) {
    let chown = folder.join("chown");
    std::fs::write(&chown, "#!/bin/sh\n").unwrap();
    std::fs::set_permissions(&chown, PermissionsExt::from_mode(0o755)).unwrap();
    let service = compose.service("prepare");
    let [program, arguments @ ..] = &service.command_line()[..] else { panic!("prepare runs nothing") };
    let secrets = folder.join("secrets");
    let there = format!("cd {}", SECRETS.trim_end_matches('/'));
    let here = format!("cd {}", secrets.display());
    let arguments = arguments.iter().map(|argument| argument.replace(&there, &here));
    let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap());
    let run = Command::new(program)
        .args(arguments)
        .env("PATH", path)
        .env("CONSOLE_USER", "1000:1000")
        .output()
        .unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    assert!(run.stdout.is_empty() && run.stderr.is_empty(), "a password could be among it");
}

/// A program of the workspace; cargo puts them all in one folder.
fn built(program: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_BIN_EXE_kami-api")).with_file_name(program);
    assert!(path.exists(), "{program} is not built: run the tests with ./test.sh, or cargo build first");
    path
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_services_start_serve_and_stop_as_the_file_says() {
    let machine = tokio::task::spawn_blocking(Machine::set_up).await.unwrap();
    machine.initialise().await;
    let passwords = machine.passwords();
    assert!(passwords.iter().all(|password| password.len() == 32) && passwords[0] != passwords[1]);

    assert!(machine.run("migrate", None).await.contains("applied 1 "));
    assert!(!machine.is_healthy("api"), "nothing serves yet");
    let (mut api, mut expire) = (machine.start("api", None), machine.start("expire", None));
    eventually("the API is healthy", async || machine.is_healthy("api").then_some(())).await;
    expire.printed("overdue cards were expired").await;

    let codes = machine
        .run("console", Some(&["generate", "--prefix", "VIP", "--count", "1", "--duration", "30d"]))
        .await;
    let code = codes.lines().find(|line| line.starts_with("VIP-")).unwrap();
    let published = machine.compose.service("api").ports[0].rsplit_once(':').unwrap().1;
    assert_eq!(
        machine.here(&format!("0.0.0.0:{published}")),
        machine.address,
        "it serves on the port published"
    );
    let mut client = Client::connect(&machine.address).await;
    assert_eq!(client.validate(code, "PC-1").await.status, StatusCode::OK);
    assert_eq!(client.validate(code, "PC-2").await.reason(), "machine_mismatch");
    for (program, counted) in [
        (&api, "kami_requests_total{route=\"validate\",outcome=\"machine_mismatch\"} 1"),
        (&expire, "kami_expiry_last_success_timestamp_seconds "),
    ] {
        let metrics = program.printed_after("serving metrics on http://").await;
        let address = metrics.strip_suffix("/metrics").unwrap();
        // How a request ended is known only after its answer has left.
        eventually(counted, async || {
            let (_, text) = Client::connect(address).await.text("/metrics").await;
            text.lines().any(|line| line.starts_with(counted)).then_some(())
        })
        .await;
    }
    assert!(machine.run("console", Some(&["list", "--status", "active"])).await.contains(code));
    machine.run("console", Some(&["doctor"])).await;

    machine.prepare();
    assert_eq!(passwords, machine.passwords(), "a second start makes no new ones");
    std::fs::remove_file(machine.secrets().join("database-url")).unwrap();
    machine.prepare();
    let rotated = machine.passwords();
    assert_ne!(passwords[0], rotated[0]);
    assert_eq!(passwords[1], rotated[1], "root's is another matter");
    for file in ["kami.cnf", "database-url", "console-url"] {
        assert!(machine.secret(file).contains(&rotated[0]), "{file} has the new password");
    }
    machine.initialise().await;
    assert!(machine.run("migrate", None).await.contains("nothing to do"));
    assert!(machine.run("console", Some(&["doctor"])).await.contains("mysql-cert.pem vouches for"));
    for program in [&mut api, &mut expire] {
        program.terminate();
        assert!(program.ended().await.success());
        for password in &passwords {
            assert!(!program.output().contains(password));
        }
    }
}

#[test]
fn addresses_that_verify_nobody_are_made_to_verify_the_server() {
    let folder = std::env::temp_dir().join(unique_name("kami_compose"));
    let secrets = folder.join("secrets");
    std::fs::create_dir_all(&secrets).unwrap();
    let compose = Compose::read();
    prepare(&compose, &folder);
    let [verified, certificate] =
        ["database-url", "mysql-cert.pem"].map(|name| std::fs::read_to_string(secrets.join(name)).unwrap());
    assert!(verified.ends_with("@mysql/kamisystem?ssl-ca=/run/kami/mysql-cert.pem"));
    std::fs::remove_file(secrets.join("mysql-cert.pem")).unwrap();
    let before = verified.replace("ssl-ca=/run/kami/mysql-cert.pem", "ssl-mode=REQUIRED");
    for file in ["database-url", "console-url"] {
        std::fs::write(secrets.join(file), &before).unwrap();
    }
    for _ in 0..2 {
        prepare(&compose, &folder);
        for file in ["database-url", "console-url"] {
            assert_eq!(std::fs::read_to_string(secrets.join(file)).unwrap(), verified, "{file}");
        }
    }
    assert_ne!(std::fs::read_to_string(secrets.join("mysql-cert.pem")).unwrap(), certificate);
    std::fs::remove_dir_all(&folder).unwrap();
}
