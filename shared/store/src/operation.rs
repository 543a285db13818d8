//! What is done on one connection.

use mysql_async::Conn;

use crate::error::StoreError;

/// Work on one connection that does no harm when it is done again after it failed half way.
pub(crate) trait Operation: Sync {
    /// What it finds out.
    type Output: Send;

    /// Whether it changes nothing, so that it may be given up and asked again elsewhere.
    const ONLY_READS: bool = false;

    /// Whether it may run so long on the server that it has to be ended there when nobody waits for it any more.
    const IS_CANCELLED: bool = false;

    /// Does it once.
    fn run(&self, connection: &mut Conn) -> impl Future<Output = Result<Self::Output, StoreError>> + Send;
}
