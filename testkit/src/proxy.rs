//! A proxy between kami and its database that counts what passes and can break the line.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// A proxy on a free port of this machine, in front of one of its other ports.
#[derive(Debug)]
pub struct Proxy {
    port: u16,
    commands: Arc<AtomicUsize>,
    stalled: watch::Sender<bool>,
    /// How many of the first connections pass nothing on.
    silent_before: Arc<AtomicUsize>,
    /// What becomes of a transaction's end, and how many more pass unharmed.
    commits: Arc<Mutex<Option<(CommitLost, usize)>>>,
    /// What a command says whose answer is lost.
    unanswered: Arc<Mutex<Option<Vec<u8>>>>,
    lines: Arc<Mutex<Vec<JoinHandle<()>>>>,
}

/// Where the end of a transaction is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommitLost {
    /// On its way to the server, which never hears of it.
    Before,
    /// The server's answer on its way back: it is done.
    After,
}

impl Proxy {
    /// Starts it in front of `server_port`.
    pub async fn start(server_port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let commands = Arc::new(AtomicUsize::new(0));
        let lines = Arc::<Mutex<Vec<_>>>::default();
        let silent_before = Arc::new(AtomicUsize::new(0));
        let commits = Arc::<Mutex<_>>::default();
        let unanswered = Arc::<Mutex<_>>::default();
        let (stalled, watch_stalled) = watch::channel(false);
        tokio::spawn({
            let (commands, lines) = (Arc::clone(&commands), Arc::clone(&lines));
            let (silent_before, commits) = (Arc::clone(&silent_before), Arc::clone(&commits));
            let unanswered = Arc::clone(&unanswered);
            async move {
                while let Ok((client, _)) = listener.accept().await {
                    let Ok(server) = TcpStream::connect(("127.0.0.1", server_port)).await else { continue };
                    client.set_nodelay(true).unwrap();
                    server.set_nodelay(true).unwrap();
                    let (from_client, to_client) = client.into_split();
                    let (from_server, to_server) = server.into_split();
                    let mut lines = lines.lock().unwrap();
                    let passage = Passage {
                        number: lines.len(),
                        commands: Arc::clone(&commands),
                        silent_before: Arc::clone(&silent_before),
                        commits: Arc::clone(&commits),
                        unanswered: Arc::clone(&unanswered),
                        stalled: watch_stalled.clone(),
                    };
                    lines.push(tokio::spawn(async move {
                        tokio::select! {
                            () = passage.pass_commands(from_client, to_server) => {}
                            () = pass(from_server, to_client) => {}
                        }
                    }));
                }
            }
        });
        Self { port, commands, stalled, silent_before, commits, unanswered, lines }
    }

    /// The port it listens on.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// How many commands have gone to the server so far: each costs one round trip.
    pub fn commands(&self) -> usize {
        self.commands.load(Ordering::SeqCst)
    }

    /// How many connections have been made so far.
    pub fn connections(&self) -> usize {
        self.lines.lock().unwrap().len()
    }

    /// Stops passing on what clients send, or goes on with it: a server that hangs.
    pub fn stall(&self, stalled: bool) {
        self.stalled.send_replace(stalled);
    }

    /// Passes nothing on any more on the connections made so far, without closing them: a network that forgot them.
    pub fn silence(&self) {
        self.silent_before.store(self.connections(), Ordering::SeqCst);
    }

    /// Cuts the line at the end of a transaction, once so many others have passed.
    pub fn lose_commit(&self, lost: CommitLost, after: usize) {
        *self.commits.lock().unwrap() = Some((lost, after));
    }

    /// Cuts the line behind the next command that has this text in it: the server does it, and nobody hears of it.
    pub fn lose_answer_to(&self, text: &str) {
        *self.unanswered.lock().unwrap() = Some(text.into());
    }

    /// Whether there still is an answer to be lost.
    pub fn is_to_lose(&self) -> bool {
        self.unanswered.lock().unwrap().is_some()
    }

    /// Cuts every connection: a server that died.
    pub fn cut(&self) {
        self.lines.lock().unwrap().iter().for_each(JoinHandle::abort);
    }
}

async fn pass(mut from: OwnedReadHalf, mut to: OwnedWriteHalf) {
    drop(tokio::io::copy(&mut from, &mut to).await);
}

/// The way from one client to the server.
struct Passage {
    number: usize,
    commands: Arc<AtomicUsize>,
    silent_before: Arc<AtomicUsize>,
    commits: Arc<Mutex<Option<(CommitLost, usize)>>>,
    unanswered: Arc<Mutex<Option<Vec<u8>>>>,
    stalled: watch::Receiver<bool>,
}

/// The command that runs the text behind it.
const QUERY: u8 = 3;

impl Passage {
    fn is_unanswered(&self, payload: &[u8]) -> bool {
        let has = |text: &mut Vec<u8>| payload.windows(text.len()).any(|part| part == text);
        self.unanswered.lock().unwrap().take_if(has).is_some()
    }

    /// What becomes of this command.
    fn fate(&self, payload: &[u8]) -> Option<CommitLost> {
        if self.is_unanswered(payload) {
            return Some(CommitLost::After);
        }
        if payload.split_first() != Some((&QUERY, b"COMMIT")) {
            return None;
        }
        let mut commits = self.commits.lock().unwrap();
        match &mut *commits {
            Some((_, left @ 1..)) => {
                *left -= 1;
                None
            }
            _ => commits.take().map(|(lost, _)| lost),
        }
    }

    /// Passes the client's packets on one by one. A packet is its length in three bytes, its number in the exchange
    /// in one, and its payload; the first of an exchange, number 0, is a command.
    async fn pass_commands(mut self, mut from: OwnedReadHalf, mut to: OwnedWriteHalf) {
        let mut head = [0; 4];
        while from.read_exact(&mut head).await.is_ok() {
            let [low, middle, high, number] = head;
            let mut payload = vec![0; usize::from(low) | usize::from(middle) << 8 | usize::from(high) << 16];
            if from.read_exact(&mut payload).await.is_err() {
                return;
            }
            if number == 0 {
                self.commands.fetch_add(1, Ordering::SeqCst);
            }
            if self.number < self.silent_before.load(Ordering::SeqCst) {
                continue;
            }
            let lost = if number == 0 { self.fate(&payload) } else { None };
            if lost == Some(CommitLost::Before) {
                return;
            }
            let passes = self.stalled.wait_for(|stalled| !stalled).await.is_ok();
            if !passes || to.write_all(&head).await.is_err() || to.write_all(&payload).await.is_err() {
                return;
            }
            // What is sent is still read by the server, which finds nobody to answer.
            if lost == Some(CommitLost::After) {
                return;
            }
        }
    }
}
