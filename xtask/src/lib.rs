//! What the scripts and the tests of kami rest on: private database servers, and telling processes apart.

mod failure;
mod interruption;
mod lock;
mod processes;
#[cfg(test)]
mod scratch;

pub mod private_server;

pub use self::failure::Failure;
