//! What the function uses meanwhile: its memory, its files, its connections to the database.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use kami_testkit::{Function, Queryable as _, TestDatabase};
use tokio::task::JoinHandle;
use tokio::time::{Instant, interval};

use crate::POOL;

/// How often it is looked at.
const PACE: Duration = Duration::from_millis(250);

/// How much its memory may grow between the second quarter and the end: what an allocator keeps varies by that much.
const GROWTH_KIB: usize = 4 * 1024;

/// The function under watch.
#[derive(Debug)]
pub(crate) struct Watch {
    samples: JoinHandle<Vec<Sample>>,
    database: TestDatabase,
    aborted: u64,
}

#[derive(Clone, Copy, Debug)]
struct Sample {
    memory_kib: usize,
    files: usize,
    connections: usize,
}

impl Watch {
    /// Begins to look, until `until`.
    pub(crate) async fn start(function: &Function, database: &TestDatabase, until: Instant) -> Self {
        let aborted = aborted_connects(database).await;
        let process = PathBuf::from(format!("/proc/{}", function.program.id()));
        let samples = tokio::spawn(look(process, database.clone(), until));
        Self { samples, database: database.clone(), aborted }
    }

    /// Says what was seen; whether it all stayed within its bounds.
    pub(crate) async fn end(self) -> bool {
        let samples = self.samples.await.unwrap();
        let most = |part: &[Sample], of: fn(&Sample) -> usize| part.iter().map(of).max().unwrap_or_default();
        let quarters: Vec<&[Sample]> = samples.chunks(samples.len().div_ceil(4)).collect();
        let of_memory: Vec<usize> =
            quarters.iter().map(|part| most(part, |sample| sample.memory_kib)).collect();
        // How many clients are connected goes up and down; what is not closed any more raises the least.
        let least = |part: &[Sample]| part.iter().map(|sample| sample.files).min().unwrap_or_default();
        let of_files: Vec<usize> = quarters.iter().map(|part| least(part)).collect();
        let connections = most(&samples, |sample| sample.connections);
        let aborted = aborted_connects(&self.database).await - self.aborted;
        println!("memory, the most in each quarter, KiB: {of_memory:?}");
        println!("open files, the least in each quarter: {of_files:?}");
        println!(
            "connections to the database: {connections} at the most, of {POOL}; aborted while connecting: {aborted}"
        );
        of_memory[3] <= of_memory[1] + GROWTH_KIB
            && of_files[3] <= of_files[1] + POOL
            && connections <= POOL
            && aborted == 0
    }
}

async fn look(process: PathBuf, database: TestDatabase, until: Instant) -> Vec<Sample> {
    let mut connection = database.connect().await;
    let mut samples = Vec::new();
    let mut pace = interval(PACE);
    while pace.tick().await < until {
        let status = fs::read_to_string(process.join("status")).unwrap();
        let memory = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        let connections: Option<usize> = connection
            .exec_first(
                "SELECT COUNT(*) FROM information_schema.processlist WHERE db = ? AND id <> CONNECTION_ID()",
                (database.name(),),
            )
            .await
            .unwrap();
        samples.push(Sample {
            memory_kib: memory.split_whitespace().next().unwrap().parse().unwrap(),
            files: fs::read_dir(process.join("fd")).unwrap().count(),
            connections: connections.unwrap(),
        });
    }
    connection.disconnect().await.unwrap();
    samples
}

/// The logins that were broken off, for which a server shuts a host out at last.
async fn aborted_connects(database: &TestDatabase) -> u64 {
    let rows: Vec<(String, String)> = database.rows("SHOW GLOBAL STATUS LIKE 'Aborted_connects'", ()).await;
    rows[0].1.parse().unwrap()
}
