//! Log lines, on standard error: what happened and never a password, a full card code or a machine code.

use std::io::{self, IsTerminal};
use std::panic;

use tracing::{Level, error};

use crate::settings::LogFormat;

/// Starts logging, and has every panic logged too.
pub(crate) fn start(format: LogFormat) {
    let lines = tracing_subscriber::fmt()
        .with_max_level(Level::INFO)
        .with_target(false)
        .with_ansi(io::stderr().is_terminal())
        .with_writer(io::stderr);
    match format {
        LogFormat::Text => lines.init(),
        LogFormat::Json => lines.json().flatten_event(true).with_span_list(false).init(),
    }
    // A panic's own words may quote the text at fault, which could be a card code: its place has to do.
    panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        error!(place, "a panic: this is a fault in kami, please report the place");
    }));
}
