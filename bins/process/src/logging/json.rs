//! One JSON object per line, with the members and markers of the reference: `level`, `ts`, `logger`,
//! `caller`, `msg`, then the fields of the line and of the spans around it.

use argo_events::{Clock as _, SystemClock};
use serde_json::{Map, Value};
use std::fmt;
use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{
    fmt::{FmtContext, FormatEvent, FormatFields, FormattedFields, format::Writer},
    registry::LookupSpan,
};

/// Formats lines for programs.
#[derive(Clone, Copy, Debug, Default)]
pub struct Json;

impl<S, N> FormatEvent<S, N> for Json
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut fields = Fields::default();
        event.record(&mut fields);
        for span in context.event_scope().into_iter().flatten() {
            let extensions = span.extensions();
            let text = extensions
                .get::<FormattedFields<N>>()
                .map(|it| it.fields.as_str());
            fields.surround(text.unwrap_or_default());
        }
        let metadata = event.metadata();
        let members = [
            ("level", metadata.level().as_str().to_ascii_lowercase()),
            ("ts", SystemClock.now().to_string()),
            ("logger", logger(metadata.target()).to_owned()),
            ("caller", caller(metadata)),
            ("msg", fields.message),
        ];
        for (position, (name, text)) in members.into_iter().enumerate() {
            let sign = if position == 0 { '{' } else { ',' };
            write!(writer, "{sign}\"{name}\":{}", Value::from(text))?;
        }
        for (name, value) in &fields.others {
            write!(writer, ",{}:{value}", Value::from(name.as_str()))?;
        }
        writeln!(writer, "}}")
    }
}

/// Returns the reference's name for the part that speaks.
fn logger(target: &str) -> &str {
    const PARTS: [(&str, &str); 3] = [
        ("argo_events_sensor", "argo-events.sensor"),
        ("argo_events_sources", "argo-events.eventsource"),
        ("argo_events_bus", "argo-events.eventbus"),
    ];
    let part = PARTS.iter().find(|(module, _)| target.starts_with(module));
    part.map_or("argo-events", |(_, name)| name)
}

fn caller(metadata: &Metadata<'_>) -> String {
    let file = metadata.file().unwrap_or_default();
    // The last two parts are what one looks for; what is before them is the builder's machine.
    let start = file.rmatch_indices('/').nth(1).map_or(0, |(at, _)| at + 1);
    format!("{}:{}", &file[start..], metadata.line().unwrap_or_default())
}

#[derive(Default)]
struct Fields {
    message: String,
    others: Map<String, Value>,
}

impl Fields {
    fn put(&mut self, field: &Field, value: Value) {
        match (field.name(), value) {
            ("message", Value::String(text)) => self.message = text,
            ("message", other) => self.message = other.to_string(),
            (name, value) => self.keep(name, value),
        }
    }

    /// Keeps a field; the names that every line has are taken.
    fn keep(&mut self, name: &str, value: Value) {
        let taken = ["level", "ts", "logger", "caller", "msg"].contains(&name);
        let name = if taken {
            format!("{name}_")
        } else {
            name.to_owned()
        };
        self.others.entry(name).or_insert(value);
    }

    /// Adds the fields of a span, where the line does not say the same itself.
    fn surround(&mut self, json: &str) {
        let fields: Map<String, Value> = serde_json::from_str(json).unwrap_or_default();
        fields
            .into_iter()
            .for_each(|(name, value)| self.keep(&name, value));
    }
}

impl Visit for Fields {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value.into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, value.into());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let text = format!("{value:?}");
        // A list is written as one, as the reference does.
        let list = text
            .starts_with('[')
            .then(|| serde_json::from_str(&text).ok());
        self.put(field, list.flatten().unwrap_or(Value::String(text)));
    }
}
