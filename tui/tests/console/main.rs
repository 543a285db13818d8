//! The console as its operator meets it: keys in, screens out.

#![expect(clippy::unwrap_used, reason = "in a test the panic is the report")]

mod fixtures;
mod screens;
mod update;
