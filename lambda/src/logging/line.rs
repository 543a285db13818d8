//! One line: what was logged, of which request, and how many like it were held back; never longer than is good.

use std::fmt::{self, Write as _};
use std::sync::Arc;
use std::time::Instant;

use kami_core::hidden;
use serde_json::{Map, Value};
use tracing::{Event, Subscriber};
use tracing_subscriber::field::RecordFields;
use tracing_subscriber::fmt::format::{DefaultFields, Writer};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

use super::cut::shortened;
use super::queue::Queue;
use super::throttle::{Admission, Throttle};
use crate::request_id::RequestId;
use crate::settings::LogFormat;

/// The longest that a line may be before its request and count are added, in bytes; what is over is cut off.
const MAX_LINE: usize = 4096;

/// Writes what `inner` makes of an event, if the throttle lets it through, as one line.
///
/// A span for each request would name the request too, but costs each 1.4 µs, and hardly any logs a line.
pub(super) struct Lines<F> {
    pub(super) inner: F,
    pub(super) format: LogFormat,
    /// What decides, and what is told once something is held back.
    pub(super) throttled: Option<(Arc<Throttle>, Arc<Queue>)>,
}

/// The fields of a line of text, in which nothing is hidden.
pub(super) struct Fields;

impl<'w> FormatFields<'w> for Fields {
    fn format_fields<R: RecordFields>(&self, mut writer: Writer<'w>, fields: R) -> fmt::Result {
        let mut line = String::new();
        DefaultFields::new().format_fields(Writer::new(&mut line), fields)?;
        writer.write_str(&hidden::log_line(&line))
    }
}

impl<F> Lines<F> {
    /// How many lines this one speaks for besides itself; `None` if it is held back.
    fn admit(&self, event: &Event<'_>) -> Option<u64> {
        let Some((throttle, queue)) = &self.throttled else { return Some(0) };
        match throttle.admit(event, Instant::now()) {
            Admission::Written { repeated } => Some(repeated),
            Admission::HeldBack { first } => {
                if first {
                    queue.wake();
                }
                None
            }
        }
    }
}

impl<S, N, F> FormatEvent<S, N> for Lines<F>
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
        let Some(repeated) = self.admit(event) else { return Ok(()) };
        let mut line = String::new();
        self.inner.format_event(context, Writer::new(&mut line), event)?;
        let id = RequestId::with_current(ToString::to_string);
        let finish = match self.format {
            LogFormat::Text => text,
            LogFormat::Json => json,
        };
        writer.write_str(&finish(line.trim_end(), id.as_deref(), repeated))
    }
}

/// A line of text, with what belongs to it at its end.
fn text(line: &str, id: Option<&str>, repeated: u64) -> String {
    let mut line = shortened(line, MAX_LINE);
    if let Some(id) = id {
        let _: fmt::Result = write!(line, " request_id={id}");
    }
    if repeated > 0 {
        let _: fmt::Result = write!(line, " repeated={repeated}");
    }
    line.push('\n');
    line
}

/// A line of JSON, with what belongs to it as its first members.
fn json(line: &str, id: Option<&str>, repeated: u64) -> String {
    let shorter = (line.len() > MAX_LINE).then(|| shortened_values(line));
    let members = hidden::json(shorter.as_deref().unwrap_or(line));
    let mut line = String::from("{");
    if let Some(id) = id {
        let _: fmt::Result = write!(line, "\"request_id\":{},", Value::from(id));
    }
    if repeated > 0 {
        let _: fmt::Result = write!(line, "\"repeated\":{repeated},");
    }
    line.push_str(members.strip_prefix('{').unwrap_or(&members));
    line.push('\n');
    line
}

/// The object of a line, each of its texts so short that all of them together fit.
fn shortened_values(line: &str) -> String {
    let mut members: Map<String, Value> = serde_json::from_str(line).unwrap_or_default();
    // Written out a byte may take six, as in \u0000.
    let room = MAX_LINE / 6 / members.len().max(1);
    for value in members.values_mut() {
        if let Value::String(text) = value {
            *text = shortened(text, room);
        }
    }
    Value::Object(members).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logging::cut::CUT;

    #[test]
    fn a_line_names_its_request_and_those_held_back() {
        assert_eq!(text("WARN away", None, 0), "WARN away\n");
        assert_eq!(text("WARN away", Some("a"), 7), "WARN away request_id=a repeated=7\n");
        assert_eq!(json(r#"{"message":"away"}"#, None, 0), "{\"message\":\"away\"}\n");
        assert_eq!(
            json(r#"{"message":"away"}"#, Some(r#"a"b"#), 7),
            "{\"request_id\":\"a\\\"b\",\"repeated\":7,\"message\":\"away\"}\n"
        );
    }

    #[test]
    fn a_line_is_cut_where_it_would_be_too_long() {
        for endless in ["季".repeat(64 * 1024), "\u{1}".repeat(64 * 1024)] {
            let line = text(&endless, Some("a"), 1);
            assert!(line.len() < MAX_LINE + 64 && line.ends_with("… request_id=a repeated=1\n"), "{line}");
            let members = Value::from_iter([("level", Value::from("WARN")), ("error", Value::from(endless))]);
            let line = json(&members.to_string(), Some("a"), 1);
            assert!(line.len() < MAX_LINE + 64, "{line}");
            let read: Value = serde_json::from_str(&line).unwrap();
            assert_eq!((&read["level"], &read["request_id"]), (&"WARN".into(), &"a".into()));
            assert!(read["error"].as_str().unwrap().ends_with(CUT), "{line}");
        }
    }
}
