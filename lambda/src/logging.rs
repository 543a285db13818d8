//! Log lines, on standard error: what happened and never a password, a full card code or a machine code.

use std::fmt;
use std::io::{self, IsTerminal};
use std::panic;

use kami_shared::hidden;
use tracing::{Event, Level, Subscriber, error};
use tracing_subscriber::field::RecordFields;
use tracing_subscriber::fmt::format::{DefaultFields, Writer};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

use crate::api::RequestId;
use crate::settings::LogFormat;

/// Starts logging, and has every panic logged too.
pub(crate) fn start(format: LogFormat) {
    let lines = tracing_subscriber::fmt()
        .with_max_level(Level::INFO)
        .with_target(false)
        .with_ansi(io::stderr().is_terminal())
        .with_writer(io::stderr);
    match format {
        LogFormat::Text => lines.fmt_fields(FieldsOfRequest).init(),
        LogFormat::Json => {
            lines.json().flatten_event(true).with_span_list(false).map_event_format(JsonOfRequest).init();
        }
    }
    // A panic's own words may quote the text at fault, which could be a card code: its place has to do.
    panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        error!(place, "a panic: this is a fault in kami, please report the place");
    }));
}

/// The fields of a line, in which nothing is hidden, with the id of the request that it belongs to.
///
/// A span for each request would do the same, but costs each 1.4 µs, and hardly any logs a line.
struct FieldsOfRequest;

impl<'w> FormatFields<'w> for FieldsOfRequest {
    fn format_fields<R: RecordFields>(&self, mut writer: Writer<'w>, fields: R) -> fmt::Result {
        let mut line = String::new();
        DefaultFields::new().format_fields(Writer::new(&mut line), fields)?;
        writer.write_str(&hidden::log_line(&line))?;
        RequestId::with_current(|id| write!(writer, " request_id={id}")).unwrap_or(Ok(()))
    }
}

/// The same for lines in JSON: `request_id` is a member beside the others.
struct JsonOfRequest<F>(F);

impl<S, N, F> FormatEvent<S, N> for JsonOfRequest<F>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'w> FormatFields<'w> + 'static,
    F: FormatEvent<S, N>,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut line = String::new();
        self.0.format_event(context, Writer::new(&mut line), event)?;
        let line = hidden::json(&line);
        let Some(id) = RequestId::with_current(|id| serde_json::Value::from(id.to_string())) else {
            return writer.write_str(&line);
        };
        let members = line.strip_prefix('{').unwrap_or(&line);
        write!(writer, "{{\"request_id\":{id},{members}")
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::sync::Arc;

    use kami_shared::hidden::is_hidden;
    use serde_json::Value;
    use tracing::subscriber::with_default;

    use super::*;

    /// What is logged of values that together hold every character there is, in either format.
    fn logged(format: LogFormat, values: &[String]) -> String {
        let path = std::env::temp_dir().join(format!("kami-log-{}-{format:?}", std::process::id()));
        let file = Arc::new(File::create(&path).unwrap());
        let lines = tracing_subscriber::fmt().with_target(false).with_ansi(false).with_writer(file);
        let log = || values.iter().for_each(|value| error!(error = %value, "{value}"));
        match format {
            LogFormat::Text => with_default(lines.fmt_fields(FieldsOfRequest).finish(), log),
            LogFormat::Json => {
                let lines = lines.json().flatten_event(true).with_span_list(false);
                with_default(lines.map_event_format(JsonOfRequest).finish(), log);
            }
        }
        let logged = std::fs::read_to_string(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        logged
    }

    #[test]
    fn a_line_hides_nothing_whatever_is_logged() {
        let all: Vec<char> = ('\0'..=char::MAX).collect();
        let values: Vec<String> = all.chunks(1_000).map(|chunk| chunk.iter().collect()).collect();
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
