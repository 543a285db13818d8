//! What the scripts and the tests of kami rest on: private database servers, what a change has
//! to pass, and `start.sh` once Rust is there.

mod detached;
mod failure;
mod interruption;
mod lock;
mod processes;
mod random;
#[cfg(test)]
mod scratch;

pub mod check_change;
pub mod private_server;
pub mod start;

pub use self::failure::Failure;
