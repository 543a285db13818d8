//! The command lines of the two programs.

use std::time::Duration;

use clap::Parser;
use kami_core::span;

use crate::settings::{ApiSettings, Settings};

/// Serves the HTTP API of kami: validate, status and health.
#[derive(Debug, Parser)]
#[command(name = "kami-api", version, after_help = ApiSettings::HELP)]
pub struct ApiArguments {
    /// Ask the kami-api that serves on `KAMI_LISTEN` whether it is well: exits with 0 if it is, else with 1
    #[arg(long)]
    pub health: bool,
}

/// Marks the cards whose time is over as expired: once, or forever with --every.
#[derive(Debug, Parser)]
#[command(name = "kami-expire", version, after_help = Settings::HELP)]
pub struct ExpiryArguments {
    /// Run again and again at this interval, such as 30m or 1h, until stopped
    #[arg(long, value_name = "SPAN", value_parser = span::parse)]
    pub every: Option<Duration>,
}
