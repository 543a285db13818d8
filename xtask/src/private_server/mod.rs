//! A private MySQL or MariaDB in a folder of its own, for `start.sh`, `test.sh` and the tests that crash a server.
//!
//! A folder remembers its options, so that a later start needs none. It works for root and for others, and needs no
//! client program.

pub mod command;
mod error_log;
mod find;
mod folder;
mod initialise;
mod launch;
mod options;
mod release;
mod settings;
mod socket;
mod start;
mod stop;

pub use self::find::{Server, servers};
pub use self::folder::Folder;
pub(crate) use self::folder::write_private;
pub use self::options::Options;
pub use self::release::{Kind, Release};
