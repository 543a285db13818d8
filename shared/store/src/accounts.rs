//! Carries out the statements that make an account of the server, change its rights or do away with it.

use mysql_async::Conn;
use mysql_async::prelude::Queryable;

use super::limit::{GRACE, SCREEN};
use super::{Account, Operation, Store, StoreError};

impl Store {
    /// Carries out what [`Account::creation`] said about this account: all of it or, where a part fails, nothing.
    ///
    /// It takes an administrator of the server, and an account that is there already is left as it is.
    pub async fn make_account(&self, account: &Account, statements: &[String]) -> Result<(), StoreError> {
        self.run(SCREEN + GRACE, CarryOut { statements, undo: Some(account.removal()) }).await
    }

    /// Carries out statements about an account that is there: [`Role::grants`](super::Role::grants),
    /// [`Role::narrowing`](super::Role::narrowing) or [`Account::removal`]. Those before one that fails stay done.
    pub async fn change_account(&self, statements: &[String]) -> Result<(), StoreError> {
        self.run(SCREEN + GRACE, CarryOut { statements, undo: None }).await
    }
}

struct CarryOut<'a> {
    statements: &'a [String],
    /// What takes the first statement back.
    undo: Option<String>,
}

impl Operation for CarryOut<'_> {
    type Output = ();

    async fn run(&self, connection: &mut Conn) -> Result<(), StoreError> {
        for (done, statement) in self.statements.iter().enumerate() {
            let Err(error) = connection.query_drop(statement).await else { continue };
            if let Some(undo) = self.undo.as_ref().filter(|_| done > 0) {
                // The first failure is the one to hear of.
                let _: Result<(), mysql_async::Error> = connection.query_drop(undo).await;
            }
            return Err(error.into());
        }
        Ok(())
    }
}
