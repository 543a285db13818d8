//! What deploys kami to one machine, held against the programs that it runs.

#![expect(clippy::unwrap_used, reason = "in a test the panic is the report")]

mod compose;
mod contained;
mod stack;
mod systemd;

use std::path::{Path, PathBuf};

/// A file of the project.
fn project_file(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

/// The text of a file of the project.
fn read(path: &str) -> String {
    std::fs::read_to_string(project_file(path)).unwrap()
}
