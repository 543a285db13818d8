//! The console of kami. The binary only wires: everything it does is here.

pub mod command;
