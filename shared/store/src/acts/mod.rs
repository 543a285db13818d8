//! What operators do with cards, each act in one transaction with its rows of the operator log.

mod app;
mod app_order;
mod batch;
mod block;
mod block_order;
mod block_values;
mod certify;
mod generate_order;
mod many;
mod one;
mod preset;
mod preset_order;
mod recharge;
mod seat;
mod undo;
mod undoable;
mod unmake;
mod values;
mod write;

use std::fmt;
use std::time::Duration;

use chrono::{DateTime, Utc};
use mysql_async::Conn;
use mysql_async::prelude::Queryable;
use thiserror::Error;

pub use self::app::AppActed;
pub use self::app_order::{AppCost, AppOrder, AppRefusal};
pub use self::batch::{OnMade, Standing};
pub use self::block::{BlockChanges, BlocksActed, OneActed};
pub use self::block_order::{BlockOrder, BlockRefusal, OneBlock};
pub use self::certify::{Certified, OneLicence};
pub use self::generate_order::GenerateOrder;
pub use self::many::{ActOutcome, ManyAct};
pub use self::one::{Acted, OneAct, OneEdit};
pub use self::preset::PresetActed;
pub use self::preset_order::{PresetOrder, PresetRefusal};
pub use self::recharge::{RechargeActed, RechargeUndo};
pub use self::seat::OneSeat;
pub use self::undo::UndoRefusal;
pub use self::undoable::{Loss, Undo, Undoable};
use super::{Store, StoreError};
use kami_core::acts::ActRefusal;
use kami_core::batch::MAX_BATCH;
use kami_core::certify::CertifyRefusal;
use kami_core::record::CardRecord;

/// How many cards one transaction of an act on many changes: about 50 ms of row locks.
const CHUNK: usize = 1000;

/// How long one step of an act may take, the waiting for others' locks included.
const STEP: Duration = Duration::from_mins(1);

/// How long a commit may take before nobody can say whether it was done.
const COMMIT: Duration = Duration::from_secs(30);

/// How often a step is repeated after a deadlock.
const REPEATS: usize = 4;

/// Why an act was not done; without saying otherwise, nothing of it was.
#[derive(Debug, Error)]
pub enum ActError {
    /// The store was opened for reading.
    #[error("this connection is read-only")]
    ReadOnly,
    /// There is no such card.
    #[error("there is no such card")]
    NotFound,
    /// The card does not allow it.
    #[error(transparent)]
    Refused(#[from] ActRefusal),
    /// The card is not what the operator saw any more.
    #[error("the card was changed meanwhile")]
    Changed {
        /// What it is now.
        card: Box<CardRecord>,
        /// The database's clock when it was read.
        now: DateTime<Utc>,
    },
    /// Another card has the code that this one would get.
    #[error("another card has that code")]
    CodeExists,
    /// Some of the codes to import are there already, or stand twice in the import.
    #[error("{} of the codes are there already", .0.0.len())]
    CodesExist(TakenCodes),
    /// No code of that length is left for the prefix.
    #[error("there are too few free codes of that length")]
    CodesExhausted,
    /// A batch has 1 to [`MAX_BATCH`] cards.
    #[error("a batch has 1 to {MAX_BATCH} cards")]
    BatchSize,
    /// The operating system gave no random numbers.
    #[error("the operating system gives no random numbers")]
    NoRandomness,
    /// A table that it would write has an engine without transactions: what fails half way would stay half done.
    #[error("the table {table} has the engine {engine}, which has no transactions: run kami migrate")]
    NoTransactions {
        /// By its name.
        table: String,
        /// By the name that the server has for it.
        engine: String,
    },
    /// More cards are meant by now than somebody agreed to.
    #[error("{found} cards are meant by now, and {agreed} were agreed to")]
    MoreThanAgreed {
        /// How many there are at least.
        found: u64,
        /// How many it may be done to.
        agreed: u64,
    },
    /// The operator broke it off.
    #[error("cancelled")]
    Cancelled,
    /// An app does not allow it.
    #[error(transparent)]
    App(#[from] AppRefusal),
    /// A preset does not allow it.
    #[error(transparent)]
    Preset(#[from] PresetRefusal),
    /// The list of those who are kept out does not allow it.
    #[error(transparent)]
    Block(#[from] BlockRefusal),
    /// No licence file is made.
    #[error(transparent)]
    Certify(#[from] CertifyRefusal),
    /// It cannot be undone.
    #[error(transparent)]
    NotUndoable(#[from] UndoRefusal),
    /// The line broke while the act was made final: it may have been done.
    #[error(
        "the connection broke while the act was made final: look into the operator log whether it was done"
    )]
    Uncertain(#[source] StoreError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Codes that cannot be had.
#[derive(Clone, PartialEq, Eq)]
pub struct TakenCodes(pub Vec<String>);

/// Shows how many there are: codes are not for logs.
impl fmt::Debug for TakenCodes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TakenCodes({})", self.0.len())
    }
}

impl From<mysql_async::Error> for ActError {
    fn from(error: mysql_async::Error) -> Self {
        match &error {
            mysql_async::Error::Server(refusal) if refusal.code == DUPLICATE => Self::CodeExists,
            _ => Self::Store(error.into()),
        }
    }
}

/// The server's number for a second row with the same unique key.
const DUPLICATE: u16 = 1062;

/// Work that is done whole or not at all.
trait Transaction: Sync {
    /// What it comes to.
    type Output: Send;

    /// Does it once, between the beginning and the end of a transaction.
    fn run(&self, connection: &mut Conn) -> impl Future<Output = Result<Self::Output, ActError>> + Send;
}

impl Store {
    fn must_be_writable(&self) -> Result<(), ActError> {
        if self.is_read_only() { Err(ActError::ReadOnly) } else { Ok(()) }
    }

    /// Does `work` in one transaction, again if the server rolled it back for what others did. Dropped half way, nothing
    /// of it remains.
    async fn transact<T: Transaction>(&self, limit: Duration, work: T) -> Result<T::Output, ActError> {
        self.must_be_writable()?;
        let mut last = StoreError::Contended;
        for _ in 0..REPEATS {
            let mut lease = self.pool.lend().await?;
            // Waiting for the end of the connection would leave the locks where they are for that long.
            let connection = lease.begin(true)?;
            let done = tokio::time::timeout(limit, async {
                let lacking =
                    self.engines.without_transactions(connection).await.map_err(TransactionFailure::Begin)?;
                if let Some((table, engine)) = lacking {
                    return Err(TransactionFailure::Work(ActError::NoTransactions { table, engine }));
                }
                let begun = connection.query_drop("START TRANSACTION").await;
                begun.map_err(|error| TransactionFailure::Begin(error.into()))?;
                work.run(connection).await.map_err(TransactionFailure::Work)
            })
            .await
            .unwrap_or(Err(TransactionFailure::Work(ActError::Store(StoreError::TimedOut))));
            let done = match done {
                Ok(output) => commit(connection).await.map(|()| output),
                Err(failure) => Err(failure),
            };
            match done {
                Ok(output) => {
                    lease.give_back();
                    return Ok(output);
                }
                Err(TransactionFailure::Begin(error)) => {
                    let reused = lease.reused;
                    lease.close();
                    self.pool.forget_idle(Duration::ZERO);
                    if !(error.wants_another_connection() && reused) {
                        return Err(error.into());
                    }
                }
                Err(TransactionFailure::Work(error)) => {
                    if matches!(error, ActError::Store(StoreError::TimedOut)) {
                        return Err(error);
                    }
                    if connection.query_drop("ROLLBACK").await.is_ok() {
                        lease.give_back();
                    }
                    if !matches!(&error, ActError::Store(error) if error.is_rolled_back()) {
                        return Err(error);
                    }
                }
                Err(TransactionFailure::Commit(error)) => {
                    // Another connection may lead to a server that takes it, and on this one nothing is left to end.
                    lease.close();
                    self.pool.forget_idle(Duration::ZERO);
                    if !error.is_no_commit() {
                        return Err(ActError::Uncertain(error));
                    }
                    last = error;
                }
            }
        }
        Err(last.into())
    }
}

/// Makes what was done final, within [`COMMIT`].
async fn commit(connection: &mut Conn) -> Result<(), TransactionFailure> {
    let committed = tokio::time::timeout(COMMIT, connection.query_drop("COMMIT")).await;
    let committed = committed.map_or(Err(StoreError::TimedOut), |done| Ok(done?));
    committed.map_err(TransactionFailure::Commit)
}

/// Where a transaction failed: before its work began it can be begun again on another connection, and of its end only
/// some failures say that it was not done.
enum TransactionFailure {
    Begin(StoreError),
    Work(ActError),
    Commit(StoreError),
}
