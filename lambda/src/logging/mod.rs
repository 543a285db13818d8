//! Log lines, on standard error: what happened and never a password, a full card code or a machine code.
//!
//! Requests cause lines, and whoever sends them must not fill the log, nor stop what serves: whatever is logged, by
//! whichever crate, goes through one [`Throttle`], and off Lambda through one bounded [`Queue`] to a thread that writes.

mod cut;
mod line;
mod queue;
mod throttle;

use std::io::{self, IsTerminal as _};
use std::panic;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use tracing::{Dispatch, Level, dispatcher, error, info, warn};
use tracing_subscriber::fmt::MakeWriter;

use self::line::{Fields, Lines};
use self::queue::{Queue, Work};
use self::throttle::{HeldBack, Throttle};
use crate::settings::LogFormat;

/// How long the lines under way may take to be written when the program ends.
const END_LIMIT: Duration = Duration::from_secs(1);

/// Keeps logging complete: when it is dropped, at the program's end, what is still to be said is written.
#[derive(Debug)]
pub(crate) struct Logging(Arc<Queue>);

impl Drop for Logging {
    fn drop(&mut self) {
        self.0.end(END_LIMIT);
    }
}

/// Starts logging, and has every panic logged too.
///
/// Under Lambda each line is written before its request is answered, since right after that the process is frozen, and
/// what a thread had still to write might never be. Lambda always reads; elsewhere a reader that stops must stop nobody.
pub(crate) fn start(format: LogFormat, on_lambda: bool) -> Logging {
    let throttle = Arc::<Throttle>::default();
    let queue = Arc::<Queue>::default();
    let itself = dispatch(format, None, io::stderr);
    let thread = thread::Builder::new().name("log".to_owned()).spawn({
        let (throttle, queue) = (Arc::clone(&throttle), Arc::clone(&queue));
        move || dispatcher::with_default(&itself, || write_out(&queue, &throttle))
    });
    let throttled = Some((throttle, Arc::clone(&queue)));
    let lines = if on_lambda || thread.is_err() {
        dispatch(format, throttled, io::stderr)
    } else {
        dispatch(format, throttled, Arc::clone(&queue))
    };
    // It fails where a test has started logging before.
    drop(dispatcher::set_global_default(lines));
    // A panic's own words may quote the text at fault, which could be a card code: its place has to do.
    panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        error!(place, "a panic: this is a fault in kami, please report the place");
    }));
    Logging(queue)
}

/// What writes lines in that form to `writer`.
fn dispatch<W>(format: LogFormat, throttled: Option<(Arc<Throttle>, Arc<Queue>)>, writer: W) -> Dispatch
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let coloured = io::stderr().is_terminal();
    let lines = tracing_subscriber::fmt()
        .with_max_level(Level::INFO)
        .with_target(false)
        .with_ansi(coloured)
        .with_writer(writer);
    match format {
        LogFormat::Text => lines
            .fmt_fields(Fields)
            .map_event_format(|text| Lines { inner: text.with_ansi(coloured), format, throttled })
            .finish()
            .into(),
        LogFormat::Json => lines
            .json()
            .flatten_event(true)
            .with_span_list(false)
            .map_event_format(|json| Lines { inner: json, format, throttled })
            .finish()
            .into(),
    }
}

/// Writes what the queue has to standard error until it ends. What this thread itself has to say it writes at once and
/// unthrottled: there is at most one such line a second for each place in the program.
fn write_out(queue: &Queue, throttle: &Throttle) {
    let mut held_back = false;
    loop {
        let Work { lines, lost, ending } = queue.next(held_back);
        for line in lines {
            // Nobody is left to be told if it fails.
            drop(io::Write::write_all(&mut io::stderr(), &line));
        }
        if lost > 0 {
            warn!(lost, "lines were lost, since nobody read standard error");
        }
        let settled = if ending { throttle.take_all() } else { throttle.take_ended(Instant::now()) };
        settled.iter().for_each(tell);
        if ending {
            return queue.ended();
        }
        held_back = throttle.holds_back();
    }
}

/// Says how many lines of a place were held back since the last that was written.
fn tell(HeldBack { level, message, repeated }: &HeldBack) {
    match *level {
        Level::ERROR => error!(repeated, "held back: {message}"),
        Level::WARN => warn!(repeated, "held back: {message}"),
        _ => info!(repeated, "held back: {message}"),
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use kami_core::hidden::is_hidden;
    use serde_json::Value;

    use super::*;

    /// What is logged of values that together hold every character there is, in either format.
    fn logged(format: LogFormat, values: &[String]) -> String {
        let path = std::env::temp_dir().join(format!("kami-log-{}-{format:?}", std::process::id()));
        let lines = dispatch(format, None, Arc::new(File::create(&path).unwrap()));
        dispatcher::with_default(&lines, || {
            for value in values {
                error!(error = %value, "{value}");
            }
        });
        let logged = std::fs::read_to_string(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        logged
    }

    #[test]
    fn a_line_hides_nothing_whatever_is_logged() {
        let all: Vec<char> = ('\0'..=char::MAX).collect();
        let values: Vec<String> = all.chunks(100).map(|chunk| chunk.iter().collect()).collect();
        for format in [LogFormat::Text, LogFormat::Json] {
            let logged = logged(format, &values);
            assert_eq!(logged.lines().count(), values.len());
            assert!(!logged.chars().any(|character| character != '\n' && is_hidden(character)));
            if format == LogFormat::Json {
                for (line, value) in logged.lines().zip(&values) {
                    assert_eq!(serde_json::from_str::<Value>(line).unwrap()["error"], **value);
                }
            }
        }
    }
}
