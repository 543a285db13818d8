//! A proxy between kami and its database that counts what passes and can break the line.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
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
    refused: Arc<Mutex<Option<Refused>>>,
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

/// Commands that are refused, as a cluster refuses what another node was faster with.
#[derive(Debug)]
struct Refused {
    /// What they say.
    text: Vec<u8>,
    /// The server's answer to them, as a packet.
    answer: Vec<u8>,
    /// How many more.
    left: usize,
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
        let refused = Arc::<Mutex<Option<Refused>>>::default();
        let (stalled, watch_stalled) = watch::channel(false);
        tokio::spawn({
            let (commands, lines) = (Arc::clone(&commands), Arc::clone(&lines));
            let (silent_before, commits) = (Arc::clone(&silent_before), Arc::clone(&commits));
            let (unanswered, refused) = (Arc::clone(&unanswered), Arc::clone(&refused));
            async move {
                while let Ok((client, _)) = listener.accept().await {
                    let Ok(server) = TcpStream::connect(("127.0.0.1", server_port)).await else { continue };
                    client.set_nodelay(true).unwrap();
                    server.set_nodelay(true).unwrap();
                    let (from_client, to_client) = client.into_split();
                    let (from_server, to_server) = server.into_split();
                    let mut lines = lines.lock().unwrap();
                    let (answers, next_answer) = mpsc::unbounded_channel();
                    let passage = Passage {
                        number: lines.len(),
                        commands: Arc::clone(&commands),
                        silent_before: Arc::clone(&silent_before),
                        commits: Arc::clone(&commits),
                        unanswered: Arc::clone(&unanswered),
                        refused: Arc::clone(&refused),
                        answers: answers.clone(),
                        stalled: watch_stalled.clone(),
                    };
                    lines.push(tokio::spawn(async move {
                        tokio::select! {
                            () = passage.pass_commands(from_client, to_server) => {}
                            () = pass(from_server, to_client, next_answer) => {}
                        }
                    }));
                }
            }
        });
        Self { port, commands, stalled, silent_before, commits, unanswered, refused, lines }
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

    /// Refuses the next so many commands that have this text in them, as `COMMIT`, with an error of that number and state:
    /// the server rolls back instead.
    pub fn refuse(&self, text: &str, (code, state): (u16, &str), times: usize) {
        let [low, high] = code.to_le_bytes();
        let answer = [&[0xff, low, high, b'#'], state.as_bytes(), b"as the proxy was told"].concat();
        let refused = Refused { text: text.into(), answer: packet(1, &answer), left: times };
        *self.refused.lock().unwrap() = Some(refused);
    }

    /// How many commands are still to be refused.
    pub fn left_to_refuse(&self) -> usize {
        self.refused.lock().unwrap().as_ref().map_or(0, |refused| refused.left)
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

/// Passes on what the server says, but for what it says next once there is another answer for it.
async fn pass(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut answers: mpsc::UnboundedReceiver<Vec<u8>>,
) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        let answer = answers.try_recv();
        let said = answer.as_deref().unwrap_or(&buffer[..length]);
        if to.write_all(said).await.is_err() {
            return;
        }
    }
}

/// A packet, the first of an exchange or the answer to it.
fn packet(number: u8, payload: &[u8]) -> Vec<u8> {
    let [low, middle, high, ..] = payload.len().to_le_bytes();
    [&[low, middle, high, number], payload].concat()
}

/// The way from one client to the server.
struct Passage {
    number: usize,
    commands: Arc<AtomicUsize>,
    silent_before: Arc<AtomicUsize>,
    commits: Arc<Mutex<Option<(CommitLost, usize)>>>,
    unanswered: Arc<Mutex<Option<Vec<u8>>>>,
    refused: Arc<Mutex<Option<Refused>>>,
    /// What the client hears instead of the server's next answer.
    answers: mpsc::UnboundedSender<Vec<u8>>,
    stalled: watch::Receiver<bool>,
}

/// The command that runs the text behind it.
const QUERY: u8 = 3;

impl Passage {
    fn is_unanswered(&self, payload: &[u8]) -> bool {
        let has = |text: &mut Vec<u8>| payload.windows(text.len()).any(|part| part == text);
        self.unanswered.lock().unwrap().take_if(has).is_some()
    }

    /// What the client hears of this command instead of its being done.
    fn refusal(&self, payload: &[u8]) -> Option<Vec<u8>> {
        let mut refused = self.refused.lock().unwrap();
        let Refused { text, answer, left } = refused.as_mut().filter(|refused| refused.left > 0)?;
        payload.windows(text.len()).any(|part| part == text).then(|| {
            *left -= 1;
            answer.clone()
        })
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
            if number == 0
                && let Some(answer) = self.refusal(&payload)
            {
                let sent = self.answers.send(answer).is_ok();
                if !sent || to.write_all(&packet(0, b"\x03ROLLBACK")).await.is_err() {
                    return;
                }
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
