//! One JSON object per line, with the members and markers of the reference: `level`, `ts`, `logger`,
//! `caller`, `msg`, then the fields of the line and of the spans around it.
//!
//! Lines are written straight into the buffer of the subscriber, message first: a sensor that logs
//! each event writes hundreds of thousands of them per second.

use argo_events::{Clock as _, SystemClock};
use serde_json::{Map, Value};
use std::fmt::{self, Write as _};
use tracing::{
    Event, Level, Metadata, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{
    fmt::{FmtContext, FormatEvent, FormatFields, FormattedFields, format::Writer},
    registry::LookupSpan,
};

/// Members that every line has; a field of such a name gets an underscore.
const TAKEN: [&str; 5] = ["level", "ts", "logger", "caller", "msg"];

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
        head(&mut writer, event.metadata())?;
        writer.write_str(",\"msg\":")?;
        let mut message = Message::new(&mut writer);
        event.record(&mut message);
        message.end()?;
        let mut fields = Fields::new(&mut writer);
        event.record(&mut fields);
        fields.outcome?;
        let mut around = Around::default();
        for span in context.event_scope().into_iter().flatten() {
            let extensions = span.extensions();
            if let Some(formatted) = extensions.get::<FormattedFields<N>>() {
                around.add(
                    &mut writer,
                    [event.metadata(), span.metadata()],
                    &formatted.fields,
                )?;
            }
        }
        around.end(&mut writer)?;
        writer.write_str("}\n")
    }
}

fn head(writer: &mut Writer<'_>, metadata: &Metadata<'_>) -> fmt::Result {
    writer.write_str("{\"level\":\"")?;
    writer.write_str(level(*metadata.level()))?;
    // Neither a time nor a place in the program needs escaping.
    write!(writer, "\",\"ts\":\"{}\",\"logger\":\"", SystemClock.now())?;
    writer.write_str(logger(metadata.target()))?;
    writer.write_str("\",\"caller\":\"")?;
    writer.write_str(caller(metadata.file().unwrap_or_default()))?;
    write!(writer, ":{}\"", metadata.line().unwrap_or_default())
}

fn level(level: Level) -> &'static str {
    match level {
        Level::ERROR => "error",
        Level::WARN => "warn",
        Level::INFO => "info",
        Level::DEBUG => "debug",
        Level::TRACE => "trace",
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

/// Returns the last two parts of a path, which are what one looks for; what is before them is the
/// builder's machine.
fn caller(file: &str) -> &str {
    let start = file.rmatch_indices('/').nth(1).map_or(0, |(at, _)| at + 1);
    &file[start..]
}

/// Writes the message, and leaves the other fields out.
struct Message<'a, 'w> {
    writer: &'a mut Writer<'w>,
    is_there: bool,
    outcome: fmt::Result,
}

impl<'a, 'w> Message<'a, 'w> {
    fn new(writer: &'a mut Writer<'w>) -> Self {
        Self {
            writer,
            is_there: false,
            outcome: Ok(()),
        }
    }

    fn put(&mut self, field: &Field, write: impl FnOnce(&mut Escaped<'_, 'w>) -> fmt::Result) {
        if field.name() == "message" && !self.is_there {
            self.is_there = true;
            self.outcome = quoted(self.writer, write);
        }
    }

    fn end(self) -> fmt::Result {
        match self.is_there {
            true => self.outcome,
            false => self.writer.write_str("\"\""),
        }
    }
}

impl Visit for Message<'_, '_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, |out| out.write_str(value));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put(field, |out| write!(out, "{value:?}"));
    }
}

/// Writes the fields beside the message, as they come.
struct Fields<'a, 'w> {
    writer: &'a mut Writer<'w>,
    outcome: fmt::Result,
}

impl<'a, 'w> Fields<'a, 'w> {
    fn new(writer: &'a mut Writer<'w>) -> Self {
        let outcome = Ok(());
        Self { writer, outcome }
    }

    fn put(&mut self, field: &Field, write: impl FnOnce(&mut Writer<'w>) -> fmt::Result) {
        if field.name() != "message" && self.outcome.is_ok() {
            let named = member(self.writer, field.name());
            self.outcome = named.and_then(|()| write(self.writer));
        }
    }
}

impl Visit for Fields<'_, '_> {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, |writer| write!(writer, "{}", Value::from(value)));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, |writer| write!(writer, "{value}"));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, |writer| write!(writer, "{value}"));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, |writer| write!(writer, "{value}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, |writer| quoted(writer, |out| out.write_str(value)));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let text = format!("{value:?}");
        self.put(field, |writer| {
            // A list is written as one, as the reference does.
            if let Some(names) = plain_names(&text) {
                for (at, name) in names.split(", ").enumerate() {
                    writer.write_str(if at == 0 { "[" } else { "," })?;
                    writer.write_str(name)?;
                }
                return writer.write_char(']');
            }
            let list = text.starts_with('[').then(|| serde_json::from_str(&text));
            match list {
                Some(Ok::<Value, _>(list)) => write!(writer, "{list}"),
                _ => quoted(writer, |out| out.write_str(&text)),
            }
        });
    }
}

/// Returns what is within a list of texts in which nothing is escaped, so that it is JSON as it is.
fn plain_names(text: &str) -> Option<&str> {
    let inner = text.strip_prefix('[')?.strip_suffix(']')?;
    let is_plain = |name: &str| {
        let name = name.strip_prefix('"').and_then(|it| it.strip_suffix('"'));
        name.is_some_and(|name| !name.contains(['"', '\\']))
    };
    inner.split(", ").all(is_plain).then_some(inner)
}

/// The fields of the spans around a line, of which the innermost count, and less than the line's.
#[derive(Default)]
struct Around {
    /// Of the other spans, what nobody said before.
    others: Map<String, Value>,
    /// What was written as it is.
    written: String,
}

impl Around {
    /// Adds a span's fields, which are a JSON object. Most lines have one span and share no name with
    /// it, so that its text can be taken as it is.
    fn add(
        &mut self,
        writer: &mut Writer<'_>,
        [line, span]: [&Metadata<'_>; 2],
        json: &str,
    ) -> fmt::Result {
        let inner = json.strip_prefix('{').and_then(|it| it.strip_suffix('}'));
        let Some(inner) = inner.filter(|inner| !inner.is_empty()) else {
            return Ok(());
        };
        let mut names = span.fields().iter().map(|field| field.name());
        let is_free = |name| !TAKEN.contains(&name) && line.fields().field(name).is_none();
        if self.written.is_empty() && self.others.is_empty() && names.all(is_free) {
            self.written.push_str(inner);
            writer.write_char(',')?;
            return writer.write_str(inner);
        }
        let fields: Map<String, Value> = serde_json::from_str(json).unwrap_or_default();
        for (name, value) in fields {
            if line.fields().field(&name).is_none() && !has_member(&self.written, &name) {
                self.others.entry(name).or_insert(value);
            }
        }
        Ok(())
    }

    fn end(self, writer: &mut Writer<'_>) -> fmt::Result {
        for (name, value) in &self.others {
            member(writer, name)?;
            write!(writer, "{value}")?;
        }
        Ok(())
    }
}

/// Tells whether the members of an object have one of that name.
fn has_member(members: &str, name: &str) -> bool {
    let found = members.match_indices(name);
    found.into_iter().any(|(at, _)| {
        members[..at].ends_with('"') && members[at + name.len()..].starts_with("\":")
    })
}

/// Writes a comma and the name of a member.
fn member(writer: &mut Writer<'_>, name: &str) -> fmt::Result {
    writer.write_char(',')?;
    let suffix = if TAKEN.contains(&name) { "_" } else { "" };
    quoted(writer, |out| {
        out.write_str(name)?;
        out.write_str(suffix)
    })?;
    writer.write_char(':')
}

/// Writes what is written within as a JSON string.
fn quoted<'w>(
    writer: &mut Writer<'w>,
    write: impl FnOnce(&mut Escaped<'_, 'w>) -> fmt::Result,
) -> fmt::Result {
    writer.write_char('"')?;
    write(&mut Escaped(writer))?;
    writer.write_char('"')
}

/// Escapes what is written through it.
struct Escaped<'a, 'w>(&'a mut Writer<'w>);

impl fmt::Write for Escaped<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let mut done = 0;
        while let Some(found) = special(&text.as_bytes()[done..]) {
            let at = done + found;
            self.0.write_str(&text[done..at])?;
            self.escape(text.as_bytes()[at])?;
            done = at + 1;
        }
        self.0.write_str(&text[done..])
    }
}

/// Finds the first byte that needs escaping. Whole pieces without any are passed over at once, which
/// compilers turn into a few instructions.
fn special(text: &[u8]) -> Option<usize> {
    const PIECE: usize = 32;
    let is_special = |byte: u8| byte < b' ' || byte == b'"' || byte == b'\\';
    let has_none = |piece: &&[u8]| {
        let any = |found, byte: &u8| found | is_special(*byte);
        piece.len() == PIECE && !piece.iter().fold(false, any)
    };
    let passed = text.chunks(PIECE).take_while(has_none).count() * PIECE;
    let rest = text[passed..].iter();
    rest.copied().position(is_special).map(|at| passed + at)
}

impl Escaped<'_, '_> {
    fn escape(&mut self, byte: u8) -> fmt::Result {
        match byte {
            b'"' => self.0.write_str("\\\""),
            b'\\' => self.0.write_str("\\\\"),
            b'\n' => self.0.write_str("\\n"),
            b'\r' => self.0.write_str("\\r"),
            b'\t' => self.0.write_str("\\t"),
            other => write!(self.0, "\\u{other:04x}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn escaped(text: &str) -> String {
        let mut out = String::new();
        let mut writer = Writer::new(&mut out);
        quoted(&mut writer, |out| out.write_str(text)).unwrap();
        out
    }

    proptest! {
        #[test]
        fn any_text_is_read_back_as_it_was(text in any::<String>()) {
            let read: String = serde_json::from_str(&escaped(&text)).unwrap();
            prop_assert_eq!(read, text);
        }
    }

    #[test]
    fn control_characters_are_escaped() {
        assert_eq!(escaped("a\u{0}\u{1f}\"\\\n"), r#""a\u0000\u001f\"\\\n""#);
    }

    #[test]
    fn only_lists_of_plain_texts_are_taken_as_they_are() {
        assert_eq!(plain_names(r#"["a", "b c"]"#), Some(r#""a", "b c""#));
        for other in [
            "[]",
            "[1, 2]",
            r#"["a\"b"]"#,
            r#"["a, b"]"#,
            r#"["a" "b"]"#,
            "a",
        ] {
            assert_eq!(plain_names(other), None, "{other}");
        }
    }

    #[test]
    fn a_member_is_found_by_its_whole_name() {
        let members = r#""trigger":"a","lane":"trigger_name""#;
        assert!(has_member(members, "trigger") && has_member(members, "lane"));
        assert!(!has_member(members, "trigger_name") && !has_member(members, "tri"));
    }

    #[test]
    fn a_path_is_cut_to_its_last_two_parts() {
        assert_eq!(caller("a/b/src/c.rs"), "src/c.rs");
        assert_eq!(caller("c.rs"), "c.rs");
    }
}
