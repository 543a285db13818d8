//! The core of kami: cards, the rules they follow, and the only code that talks to the database.
//!
//! Everything outside [`store`] is pure: the time and the randomness are passed in.

pub mod acts;
pub mod canonical;
pub mod card;
pub mod code;
pub mod database_url;
pub mod duration;
pub mod edit;
pub mod filter;
pub mod gate;
pub mod hidden;
pub mod mention;
pub mod misses;
pub mod operator;
pub mod plan;
pub mod prefix;
pub mod protection;
pub mod record;
pub mod rules;
pub mod small_file;
pub mod socket;
pub mod span;
pub mod spoken;
pub mod store;
pub mod transfer;
pub mod zone;
