//! Limits on time that the server itself keeps, and ours behind them.

use std::time::Duration;

/// How long a client's request may wait for the database in all, from asking for a connection to the last row.
pub const REQUEST_LIMIT: Duration = Duration::from_secs(2);

/// How long the statements that fill a screen may run on the server.
pub(super) const SCREEN: Duration = Duration::from_secs(3);

/// How long counts and statistics over everything may run on the server.
pub(super) const BACKGROUND: Duration = Duration::from_mins(2);

/// How much longer than the server we wait: for a connection, and for the answer on its way.
pub(super) const GRACE: Duration = Duration::from_secs(5);

/// How long the server may take to end work that nobody waits for any more.
pub(super) const KILL: Duration = Duration::from_secs(5);

/// The query with a limit on time, in the words of MySQL and of MariaDB: each takes the other's for a comment.
pub(super) fn limited(limit: Duration, query: &str) -> String {
    let milliseconds = limit.as_millis();
    let hinted = query.replacen("SELECT", &format!("SELECT /*+ MAX_EXECUTION_TIME({milliseconds}) */"), 1);
    format!("/*M! SET STATEMENT max_statement_time = {:.3} FOR */ {hinted}", limit.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_servers_are_told() {
        assert_eq!(
            limited(Duration::from_millis(1500), "(SELECT id FROM cards) UNION ALL (SELECT 1)"),
            "/*M! SET STATEMENT max_statement_time = 1.500 FOR */ \
             (SELECT /*+ MAX_EXECUTION_TIME(1500) */ id FROM cards) UNION ALL (SELECT 1)"
        );
    }
}
