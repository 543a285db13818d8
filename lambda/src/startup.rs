//! What both binaries do before their own work: settings, logging, a runtime, and a report if all ends badly.

use std::fmt;
use std::io::{self, Write};
use std::process::ExitCode;

use kami_core::hidden;
use tokio::runtime::Builder;
use tracing::error;

use crate::settings::{ApiSettings, Settings, SettingsError};
use crate::{health, logging};

/// The exit code of a start with wrong settings, as for wrong arguments.
const USAGE: u8 = 2;

/// Asks the `kami-api` that serves where the environment says whether it is well; returns the code to exit with.
pub fn check_health() -> ExitCode {
    let listen = match ApiSettings::listen_from_env() {
        Ok(listen) => listen,
        Err(error) => return complain(&error, ExitCode::from(USAGE)),
    };
    let checked = match Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(health::check(listen)),
        Err(error) => Err(error.into()),
    };
    checked.map_or_else(|error| complain(&format!("{error:#}"), ExitCode::FAILURE), |()| ExitCode::SUCCESS)
}

/// Says on standard error what is wrong.
fn complain(error: &impl fmt::Display, code: ExitCode) -> ExitCode {
    for line in error.to_string().lines() {
        let _: io::Result<()> = writeln!(io::stderr(), "{}", hidden::log_line(line));
    }
    code
}

/// Runs `work` with the settings, as they were read from the environment; returns the code to exit with.
pub fn run<S: AsRef<Settings>>(
    settings: Result<S, SettingsError>,
    work: impl AsyncFnOnce(S) -> anyhow::Result<()>,
) -> ExitCode {
    let settings = match settings {
        Ok(settings) => settings,
        Err(error) => return complain(&error, ExitCode::from(USAGE)),
    };
    let common = settings.as_ref();
    let _logging = logging::start(common.log, common.lambda_function.is_some());
    // Lambda hands an instance one request at a time, so that more threads would only take longer to start.
    let mut threads = if common.lambda_function.is_some() {
        Builder::new_current_thread()
    } else {
        Builder::new_multi_thread()
    };
    let ended = match threads.enable_all().build() {
        Ok(runtime) => runtime.block_on(work(settings)),
        Err(error) => Err(error.into()),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            error!("{error:#}");
            ExitCode::FAILURE
        }
    }
}
