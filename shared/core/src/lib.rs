//! The core of kami: cards and the rules they follow.
//!
//! All of it is pure: time and randomness are passed in, and nothing here knows a runtime or a database.

pub mod acts;
pub mod app;
pub mod batch;
pub mod block;
pub mod blocklist;
pub mod canonical;
pub mod card;
pub mod certify;
pub mod code;
pub mod consume;
pub mod device;
mod digits;
pub mod duration;
pub mod edit;
pub mod filter;
pub mod gate;
pub mod hidden;
pub mod import;
pub mod logged;
pub mod mention;
pub mod misses;
pub mod moment;
pub mod operator;
pub mod plan;
pub mod points;
pub mod policy;
pub mod prefix;
pub mod preset;
pub mod price;
pub mod property;
pub mod recharge;
pub mod record;
pub mod rules;
pub mod seats;
pub mod sharing;
pub mod span;
pub mod spoken;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod trial;
pub mod trial_start;
pub mod unbind;
pub mod value;
pub mod version;
pub mod zone;
