//! What the scripts and the tests of kami rest on: private database servers, telling processes
//! apart, and what a change has to pass.

mod failure;
mod interruption;
mod lock;
mod processes;
#[cfg(test)]
mod scratch;

pub mod check_change;
pub mod private_server;

pub use self::failure::Failure;
