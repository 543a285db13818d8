//! Where the database is: known from the start, or learned from elsewhere, and learned anew when a login is refused.

use std::fmt;
use std::pin::Pin;

use thiserror::Error;

use crate::database_url::DatabaseUrl;

/// What [`AddressSource::address`] returns.
pub type AddressFuture<'a> = Pin<Box<dyn Future<Output = Result<DatabaseUrl, AddressError>> + Send + 'a>>;

/// Knows or finds out where the database is. A store asks it for each new connection.
pub trait AddressSource: fmt::Debug + Send + Sync {
    /// The most connections at once; asked once, when a store is made.
    fn pool(&self) -> usize;

    /// The address to connect to. The server did not accept the login of `refused`: another is returned if there is
    /// one by now, else the same.
    fn address(&self, refused: Option<&DatabaseUrl>) -> AddressFuture<'_>;
}

/// Why nobody knows where the database is, in words for an operator's log that hold no secret.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct AddressError(pub String);

/// An address that is known from the start stays what it is.
impl AddressSource for DatabaseUrl {
    fn pool(&self) -> usize {
        self.pool()
    }

    fn address(&self, _: Option<&DatabaseUrl>) -> AddressFuture<'_> {
        Box::pin(std::future::ready(Ok(self.clone())))
    }
}
