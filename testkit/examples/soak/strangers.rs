//! The strangers: each kind of what they try, again and again from addresses of their own.

use std::io;
use std::time::Duration;

use kami_testkit::line_from;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{Instant, interval, sleep_until, timeout};

use crate::customers::{OVERDUE, STRAY};
use crate::tally::Tally;

/// What is tried.
#[derive(Clone, Copy, Debug)]
enum Attack {
    /// Asks for codes that do not exist.
    Guess,
    /// Guesses which machine a card is bound to.
    GuessMachine,
    /// Asks whether the service is well, and hangs up at once.
    HangUpHealth,
    /// Begins a card, and hangs up at once.
    HangUpValidate,
    /// Holds a connection and says nothing.
    Hold,
    /// Begins a head and never ends it.
    HoldHead,
    /// Sends its body a byte a second.
    SlowBody,
    /// Sends requests without end and reads no answer.
    NeverRead,
    /// Sends what is no HTTP, or badly formed.
    Malformed,
    /// Sends a head of 64 KB.
    LargeHead,
    /// Sends a body of a megabyte.
    LargeBody,
    /// Asks for cards whose time is over, each of which may be written down.
    Overdue,
    /// Activates as a machine whose code would be shown as something else.
    HiddenMachine,
}

/// How many of each kind are at it at once, and how long each rests between two tries, in milliseconds.
const ATTACKS: [(Attack, usize, u64); 13] = [
    (Attack::Guess, 8, 20),
    (Attack::GuessMachine, 2, 20),
    (Attack::HangUpHealth, 4, 20),
    (Attack::HangUpValidate, 4, 20),
    (Attack::Hold, 600, 1_000),
    (Attack::HoldHead, 200, 1_000),
    (Attack::SlowBody, 50, 1_000),
    (Attack::NeverRead, 8, 1_000),
    (Attack::Malformed, 4, 20),
    (Attack::LargeHead, 2, 50),
    (Attack::LargeBody, 2, 200),
    (Attack::Overdue, 2, 20),
    (Attack::HiddenMachine, 2, 50),
];

/// How long a line is held at the most.
const HELD: Duration = Duration::from_secs(40);

/// How many requests a guesser sends over one line.
const GUESSES: usize = 10;

const MALFORMED: [&str; 8] = [
    "POST /api/validate HTTP/1.1\r\nHost: k\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
    "POST /api/validate HTTP/1.1\r\nHost: k\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    "GET / HTTP/1.1\r\nHost: k\r\nX: a\r\n b\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: k\r\nX: a\0b\r\n\r\n",
    "GET /api/status/%ff%00 HTTP/1.1\r\nHost: k\r\n\r\n",
    "POST /api/validate HTTP/1.1\r\nHost: k\r\nContent-Length: 5\r\n\r\n{\"a\":",
    "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    "\u{16}\u{3}\u{1}\u{2}\0\u{1}\0\u{1}",
];

/// The strangers at work.
#[derive(Debug)]
pub(crate) struct Strangers {
    tasks: JoinSet<()>,
    tally: Tally,
}

impl Strangers {
    /// Lets them begin; they end at `until`.
    pub(crate) fn start(address: &str, until: Instant) -> Self {
        let (mut tasks, tally) = (JoinSet::new(), Tally::default());
        for (kind, (attack, at_once, rest)) in (2..).zip(ATTACKS) {
            for stranger in 0..at_once {
                // More behind an address than one may hold, so that its bound is met as well.
                let source = [127, 0, kind, u8::try_from(stranger / 80 + 1).unwrap_or(u8::MAX)];
                let (address, tally) = (address.to_owned(), tally.clone());
                tasks.spawn(async move {
                    let mut rest = interval(Duration::from_millis(rest));
                    for number in stranger.. {
                        if rest.tick().await >= until {
                            break;
                        }
                        let attempt = attack.attempt(source, &address, number);
                        let outcome = tokio::select! {
                            outcome = attempt => outcome,
                            () = sleep_until(until) => break,
                        };
                        let outcome = outcome.unwrap_or_else(|error| error.kind().to_string());
                        tally.add(&format!("{attack:?}: {outcome}"));
                    }
                });
            }
        }
        Self { tasks, tally }
    }

    /// Waits for their end and says what they came to.
    pub(crate) async fn end(self) {
        self.tasks.join_all().await;
        println!("strangers:\n{}", self.tally);
    }
}

impl Attack {
    /// Tries once; says how it ended.
    async fn attempt(self, source: [u8; 4], address: &str, number: usize) -> io::Result<String> {
        let mut line = line_from(source, address).await?;
        let status = |path: &str| format!("GET {path} HTTP/1.1\r\nHost: k\r\n\r\n");
        match self {
            Self::Guess => {
                let mut last = String::new();
                for guess in 0..GUESSES {
                    last = exchange(&mut line, &validate(&format!("C1-{number}x{guess}"), "PC-X")).await?;
                }
                return Ok(last);
            }
            Self::GuessMachine => {
                let guess = status(&format!("/api/status/OLD-{}?machine_code=PC-{number}", number % OVERDUE));
                return exchange(&mut line, &guess).await;
            }
            Self::HangUpHealth => line.write_all(status("/health").as_bytes()).await?,
            Self::HangUpValidate => {
                line.write_all(validate(&format!("STRAY-{}", number % STRAY), "PC-X").as_bytes()).await?;
            }
            Self::Hold => return held(&mut line).await,
            Self::HoldHead => {
                line.write_all(b"GET /health HTTP/1.1\r\nHost: k\r\nX-Slow: ").await?;
                return held(&mut line).await;
            }
            Self::SlowBody => return slow_body(&mut line).await,
            Self::NeverRead => return never_read(&mut line, status("/api/status/OLD-1").as_bytes()).await,
            Self::Malformed => return exchange(&mut line, MALFORMED[number % MALFORMED.len()]).await,
            Self::LargeHead => {
                let head = format!("GET /health HTTP/1.1\r\nHost: k\r\nX: {}\r\n\r\n", "x".repeat(64 * 1024));
                return exchange(&mut line, &head).await;
            }
            Self::LargeBody => {
                let body = "x".repeat(1024 * 1024);
                let length = body.len();
                let request = format!(
                    "POST /api/validate HTTP/1.1\r\nHost: k\r\nContent-Length: {length}\r\n\r\n{body}"
                );
                return exchange(&mut line, &request).await;
            }
            Self::Overdue => {
                return exchange(&mut line, &validate(&format!("OLD-{}", number % OVERDUE), "PC-X")).await;
            }
            Self::HiddenMachine => {
                return exchange(&mut line, &validate("STRAY-0", "PC\u{202e}\u{e0041}")).await;
            }
        }
        Ok("hung up".to_owned())
    }
}

fn validate(code: &str, machine: &str) -> String {
    let body = format!(r#"{{"code":"{code}","machine_code":"{machine}"}}"#);
    format!("POST /api/validate HTTP/1.1\r\nHost: k\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

/// Sends a request and returns the status line of its answer.
async fn exchange(line: &mut TcpStream, request: &str) -> io::Result<String> {
    // The server may have answered and closed before all of it was sent.
    let sent = line.write_all(request.as_bytes()).await;
    let mut answer = vec![0; 4_096];
    let length = match timeout(HELD, line.read(&mut answer)).await {
        Ok(read) => read?,
        Err(_) => return Ok("no answer".to_owned()),
    };
    if length == 0 {
        return sent.map(|()| "closed".to_owned());
    }
    let answer = String::from_utf8_lossy(&answer[..length]);
    Ok(answer.split("\r\n").next().unwrap_or_default().to_owned())
}

/// Holds a line until the server has enough of it.
async fn held(line: &mut TcpStream) -> io::Result<String> {
    let mut answer = Vec::new();
    Ok(match timeout(HELD, line.read_to_end(&mut answer)).await {
        Ok(read) => read.map(|_| "closed by the server".to_owned())?,
        Err(_) => "held to the end".to_owned(),
    })
}

async fn slow_body(line: &mut TcpStream) -> io::Result<String> {
    line.write_all(b"POST /api/validate HTTP/1.1\r\nHost: k\r\nContent-Length: 90\r\n\r\n").await?;
    let mut pace = interval(Duration::from_secs(1));
    let sending = async {
        loop {
            pace.tick().await;
            if line.write_all(b" ").await.is_err() {
                return;
            }
        }
    };
    Ok(match timeout(HELD, sending).await {
        Ok(()) => "closed by the server".to_owned(),
        Err(_) => "held to the end".to_owned(),
    })
}

async fn never_read(line: &mut TcpStream, request: &[u8]) -> io::Result<String> {
    let requests = request.repeat(100);
    let sending = async { while line.write_all(&requests).await.is_ok() {} };
    Ok(match timeout(HELD, sending).await {
        Ok(()) => "closed by the server".to_owned(),
        Err(_) => "held to the end".to_owned(),
    })
}
