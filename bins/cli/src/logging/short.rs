//! `14:02:11 warning  what happened  key=value`, for people.

use crate::paint::Paint;
use argo_events::{Clock as _, SystemClock};
use std::fmt::{self, Write as _};
use tracing::{
    Event, Level, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{
    fmt::{FmtContext, FormatEvent, FormatFields, format::Writer},
    registry::LookupSpan,
};

/// Formats lines for people.
#[derive(Debug)]
pub(crate) struct Short {
    paint: Paint,
}

impl Short {
    pub(crate) fn new() -> Self {
        Self {
            paint: Paint::stderr(),
        }
    }

    fn level(&self, level: Level) -> String {
        match level {
            Level::ERROR => self.paint.bad("error  "),
            Level::WARN => self.paint.warn("warning"),
            Level::INFO => "info   ".to_owned(),
            _ => self.paint.faint("debug  "),
        }
    }
}

impl<S, N> FormatEvent<S, N> for Short
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        _: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let time = self.paint.faint(clock_time());
        let level = self.level(*event.metadata().level());
        writeln!(
            writer,
            "{time} {level} {}{}",
            fields.message,
            self.paint.faint(fields.others)
        )
    }
}

/// The time of day in UTC, as every line begins.
pub(crate) fn clock_time() -> String {
    let now = SystemClock.now().truncated_to_seconds().to_string();
    now.get(11..19).unwrap_or_default().to_owned()
}

/// Fields that identify rather than explain; the log for programs has them.
const HIDDEN: [&str; 5] = [
    "firing",
    "sensor",
    "triggeredBy",
    "triggeredByEvents",
    "triggerType",
];

#[derive(Default)]
struct Fields {
    message: String,
    others: String,
}

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.record_debug(field, &format_args!("{value}"));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        // Writing to a string cannot fail.
        let _ = match field.name() {
            "message" => write!(self.message, "{value:?}"),
            name if HIDDEN.contains(&name) => Ok(()),
            name => write!(self.others, "  {name}={value:?}"),
        };
    }
}
