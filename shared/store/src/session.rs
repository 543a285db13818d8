//! What a session is told so that a server's own settings cannot change what kami does. Parts of a SET statement.

/// Text goes both ways as it is: a server may ignore which character set its client asks for while it logs in, and may
/// change it afterwards. The collation is that of the tables, which every version of both servers has.
pub(super) const NAMES: &str = "NAMES utf8mb4 COLLATE utf8mb4_unicode_ci";

/// What does not fit is refused and not cut off, no moment is stored that no calendar has, and quotes, backslashes and
/// `||` mean what they mean by default.
pub(super) const MODE: &str = "sql_mode = 'STRICT_ALL_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,\
                               NO_ENGINE_SUBSTITUTION'";

/// The same for a migration, which lets moments that no calendar has through to where they are fixed, and gives a card
/// numbered 0 no other number.
pub(super) const TAKEOVER_MODE: &str = "sql_mode = CONCAT('STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION,\
                                        NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES' \
                                        /*!80000 , ',TIME_TRUNCATE_FRACTIONAL' */)";

/// The isolation that acts are written for. A server that logs statements instead of rows refuses to write in a weaker
/// one (error 1665), and in a stronger one every reader would lock. Each server takes the other's name for a comment.
pub(super) const ISOLATION: &str =
    "/*M! tx_isolation */ /*!80000 transaction_isolation */ = 'REPEATABLE-READ'";
