//! A stranger in a database server's place who lets everybody in, and answers statements with what does harm.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};

use crate::rogue::{greeting, read_packet, write_packet};

/// What every statement is answered with.
#[derive(Clone, Debug)]
pub enum RogueReply {
    /// A request for this file, as `LOAD DATA LOCAL INFILE` has the server send it.
    File(String),
    /// A row in a packet of so many bytes, at most 16 MB.
    Packet(usize),
    /// Rows without an end.
    Rows,
}

/// The stranger, on a free port of this machine.
#[derive(Debug)]
pub struct RogueDatabase {
    port: u16,
    asked: Arc<AtomicUsize>,
    told: Arc<AtomicUsize>,
}

/// The rows that are written at a time.
const ROWS: usize = 1_000;

/// A login or a change that went well.
const OK: [u8; 7] = [0, 0, 0, 2, 0, 0, 0];

/// The end of the rows; that of definitions is told by their number.
const END: [u8; 7] = [0xfe, 0, 0, 2, 0, 0, 0];

impl RogueReply {
    /// Starts a stranger who answers with it.
    pub async fn start(&self) -> RogueDatabase {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (asked, told) = (Arc::<AtomicUsize>::default(), Arc::<AtomicUsize>::default());
        let (reply, asking, telling) = (self.clone(), Arc::clone(&asked), Arc::clone(&told));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (reply, asked, told) = (reply.clone(), Arc::clone(&asking), Arc::clone(&telling));
                // Whoever has heard enough hangs up.
                tokio::spawn(async move { drop(reply.serve(stream, &asked, &told).await) });
            }
        });
        RogueDatabase { port, asked, told }
    }

    async fn serve(&self, mut stream: TcpStream, asked: &AtomicUsize, told: &AtomicUsize) -> io::Result<()> {
        write_packet(&mut stream, 0, &greeting()).await?;
        let (number, _) = read_packet(&mut stream).await?;
        write_packet(&mut stream, number + 1, &[1, 3]).await?;
        write_packet(&mut stream, number + 2, &OK).await?;
        loop {
            let (number, command) = read_packet(&mut stream).await?;
            if number > 0 {
                // An answer to what was asked for, and no command: its end is an empty packet.
                told.fetch_add(command.len(), Ordering::SeqCst);
                continue;
            }
            match command.split_first() {
                Some((0x16, statement)) => prepared(&mut stream, statement).await?,
                Some((0x17, _)) => {
                    asked.fetch_add(1, Ordering::SeqCst);
                    self.answer(&mut stream).await?;
                }
                // A statement that is forgotten is not answered.
                Some((0x19, _)) => {}
                _ => write_packet(&mut stream, 1, &OK).await?,
            }
        }
    }

    async fn answer(&self, stream: &mut TcpStream) -> io::Result<()> {
        if let Self::File(name) = self {
            return write_packet(stream, 1, &[&[0xfb], name.as_bytes()].concat()).await;
        }
        write_packet(stream, 1, &[1]).await?;
        write_packet(stream, 2, COLUMN).await?;
        let text = match self {
            Self::Packet(size) => *size - 6,
            _ => 100,
        };
        // A row of one long text, in the binary form: no NULL, a length in three bytes or one, and the text.
        let length = u32::try_from(text).unwrap().to_le_bytes();
        let length = if text < 251 { vec![length[0]] } else { vec![0xfd, length[0], length[1], length[2]] };
        let row = [vec![0, 0], length, vec![b'x'; text]].concat();
        if let Self::Packet(_) = self {
            write_packet(stream, 3, &row).await?;
            return write_packet(stream, 4, &END).await;
        }
        let mut number = 2_u8;
        loop {
            let mut rows = Vec::new();
            for _ in 0..ROWS {
                number = number.wrapping_add(1);
                let [low, middle, high, _] = u32::try_from(row.len()).unwrap().to_le_bytes();
                rows.extend([low, middle, high, number]);
                rows.extend(&row);
            }
            stream.write_all(&rows).await?;
        }
    }
}

impl RogueDatabase {
    /// Its address.
    pub fn url(&self) -> String {
        format!("mysql://kami@127.0.0.1:{}/kamisystem?ssl-mode=DISABLED", self.port)
    }

    /// How many statements it has answered.
    pub fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    /// How many bytes it was told where it asked for a file.
    pub fn told(&self) -> usize {
        self.told.load(Ordering::SeqCst)
    }
}

/// That a statement is ready, with as many parameters as it has marks for, and one column.
async fn prepared(stream: &mut TcpStream, statement: &[u8]) -> io::Result<()> {
    let parameters = String::from_utf8_lossy(statement).matches('?').count();
    let count = u8::try_from(parameters).unwrap();
    write_packet(stream, 1, &[0, 1, 0, 0, 0, 1, 0, count, 0, 0, 0, 0]).await?;
    for definition in 0..=count {
        write_packet(stream, 2 + definition, COLUMN).await?;
    }
    Ok(())
}

/// A column `x` of a text.
const COLUMN: &[u8] = b"\x03def\0\0\0\x01x\0\x0c\x2d\0\xff\xff\xff\0\xfd\0\0\0\0\0";
