//! The binaries as processes, with what they log.

use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::{Child, Command};
use tokio::task::JoinHandle;

use crate::{Client, PATIENCE, Signal, eventually, send_signal};

/// A running program whose output is kept; killed when dropped.
#[derive(Debug)]
pub struct Program {
    child: Child,
    lines: Arc<Mutex<Vec<String>>>,
    readers: [JoinHandle<()>; 2],
}

impl Program {
    /// Starts a binary with arguments, and with exactly these of the variables that kami reads in its environment.
    pub fn start(binary: &str, arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        let mut command = Command::new(binary);
        for (inherited, _) in std::env::vars_os() {
            let name = inherited.to_string_lossy();
            if ["DATABASE_", "KAMI_", "AWS_", "NOTIFY_"].iter().any(|prefix| name.starts_with(prefix)) {
                command.env_remove(&inherited);
            }
        }
        command.args(arguments).envs(variables.iter().copied());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().unwrap();
        let lines = Arc::default();
        let readers = [
            keep_lines(child.stdout.take().unwrap(), &lines),
            keep_lines(child.stderr.take().unwrap(), &lines),
        ];
        Self { child, lines, readers }
    }

    /// Everything it has printed so far, on both streams.
    pub fn output(&self) -> String {
        self.lines.lock().unwrap().join("\n")
    }

    /// Waits until it has printed a line with this text; returns that line.
    pub async fn printed(&self, text: &str) -> String {
        eventually(&format!("{text} is printed"), async || {
            self.lines.lock().unwrap().iter().find(|line| line.contains(text)).cloned()
        })
        .await
    }

    /// Waits until it has printed a line with this text; returns what follows it there, up to a space or a quote.
    pub async fn printed_after(&self, text: &str) -> String {
        let line = self.printed(text).await;
        let (_, rest) = line.split_once(text).unwrap();
        rest.split([' ', '"']).next().unwrap_or_default().to_owned()
    }

    /// The number of its process.
    pub fn id(&self) -> u32 {
        self.child.id().expect("the program runs")
    }

    /// Asks it to stop, as a process manager does.
    pub fn terminate(&self) {
        send_signal(self.id(), Signal::TERM);
    }

    /// Waits until it has ended by itself, and all that it printed is read.
    pub async fn ended(&mut self) -> ExitStatus {
        let ending = async {
            let status = self.child.wait().await.unwrap();
            for reader in &mut self.readers {
                if !reader.is_finished() {
                    reader.await.unwrap();
                }
            }
            status
        };
        tokio::time::timeout(PATIENCE, ending).await.expect("the program ends")
    }
}

fn keep_lines(
    stream: impl AsyncRead + Send + Unpin + 'static,
    lines: &Arc<Mutex<Vec<String>>>,
) -> JoinHandle<()> {
    let lines = Arc::clone(lines);
    tokio::spawn(async move {
        let mut read = BufReader::new(stream).lines();
        while let Ok(Some(line)) = read.next_line().await {
            lines.lock().unwrap().push(line);
        }
    })
}

/// A running `kami-api` on a free port.
#[derive(Debug)]
pub struct Function {
    /// Its process.
    pub program: Program,
    address: String,
}

impl Function {
    /// Starts `binary` on a database and waits until it listens.
    pub async fn start(binary: &str, database_url: &str) -> Self {
        Self::start_with(binary, &[("DATABASE_URL", database_url)]).await
    }

    /// The same with these variables, which have to say where the database is.
    pub async fn start_with(binary: &str, variables: &[(&str, &str)]) -> Self {
        let variables = [variables, &[("KAMI_LISTEN", "127.0.0.1:0")]].concat();
        let program = Program::start(binary, &[], &variables);
        let address = program.printed_after("listening on http://").await;
        Self { program, address }
    }

    /// `http://127.0.0.1:PORT`.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// `127.0.0.1:PORT`.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// A client with a connection of its own to it.
    pub async fn client(&self) -> Client {
        Client::connect(&self.address).await
    }
}
