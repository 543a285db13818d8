//! The binaries as processes, with what they log.

use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::{Child, Command};
use tokio::task::JoinHandle;

use crate::{Client, PATIENCE, eventually};

/// A running program whose output is kept; killed when dropped.
#[derive(Debug)]
pub struct Program {
    child: Child,
    lines: Arc<Mutex<Vec<String>>>,
    readers: [JoinHandle<()>; 2],
}

impl Program {
    /// Starts a binary with arguments, and with exactly these variables of kami in its environment.
    pub fn start(binary: &str, arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        let mut command = Command::new(binary);
        for inherited in
            ["DATABASE_URL", "KAMI_LISTEN", "KAMI_TIMEZONE", "KAMI_LOG", "AWS_LAMBDA_RUNTIME_API"]
        {
            command.env_remove(inherited);
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

    /// The number of its process.
    pub fn id(&self) -> u32 {
        self.child.id().expect("the program runs")
    }

    /// Asks it to stop, as a process manager does.
    pub async fn terminate(&self) {
        let sent = Command::new("kill").args(["-TERM", &self.id().to_string()]).status().await.unwrap();
        assert!(sent.success());
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
        let variables = [("DATABASE_URL", database_url), ("KAMI_LISTEN", "127.0.0.1:0")];
        let program = Program::start(binary, &[], &variables);
        let line = program.printed("listening on http://").await;
        let (_, address) = line.split_once("listening on http://").unwrap();
        Self { program, address: address.to_owned() }
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
