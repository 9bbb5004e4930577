//! W3C trace contexts: the trace that an event belongs to, from its source to what it fires.
//!
//! A trace that a caller began travels with the event as the extension `traceparent`. Any other is
//! told by the event's id, on every side of every bus alike, so that nothing is added to what lies on
//! the bus. Exporting spans is the business of whoever subscribes to `tracing`: the fields [`TRACE_ID`],
//! [`SPAN_ID`] and [`PARENT_ID`] of the spans with the target [`TARGET`] say which they are.

use crate::{Event, Firing};
use sha2::{Digest as _, Sha256};
use std::fmt;

/// The target of the spans of events on their way. A subscriber that leaves it out costs nothing.
pub const TARGET: &str = "argo_events::trace";
/// The field of a span with the id of its trace.
pub const TRACE_ID: &str = "trace_id";
/// The field of a span with its own id.
pub const SPAN_ID: &str = "span_id";
/// The field of a span with the id of the span that caused it; empty where a trace begins.
pub const PARENT_ID: &str = "parent_id";

/// The name under which a trace context travels, in events and in requests.
pub const TRACE_PARENT: &str = "traceparent";
/// The name under which the notes of tracing systems travel beside it.
pub const TRACE_STATE: &str = "tracestate";

/// The flag of a trace that is recorded.
const SAMPLED: u8 = 1;

/// A place in a trace.
///
/// ```
/// use argo_events_core::telemetry::trace::TraceParent;
///
/// let text = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
/// let parent = TraceParent::parse(text).expect("is one");
/// assert_eq!(parent.trace_id(), "4bf92f3577b34da6a3ce929d0e0e4736");
/// assert_eq!(parent.to_string(), text);
/// assert_eq!(TraceParent::parse("00-0-0-01"), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceParent {
    trace: u128,
    span: u64,
    flags: u8,
}

/// A span of an event's way, and what caused it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// Where the span is.
    pub here: TraceParent,
    /// The id of the span before; `None` where the trace begins.
    pub before: Option<u64>,
}

/// Tells whether anybody subscribes to the spans of events on their way.
pub fn is_followed() -> bool {
    tracing::enabled!(target: TARGET, tracing::Level::INFO)
}

impl TraceParent {
    /// Reads a context as it travels; `None` if it is none, or names nothing.
    ///
    /// Of later versions what version 00 has is taken, as the specification asks.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.trim().split('-');
        let (version, trace) = (hexadecimal(parts.next()?, 2)?, parts.next()?);
        let (span, flags) = (parts.next()?, parts.next()?);
        if version == 0xff || (version == 0 && parts.next().is_some()) {
            return None;
        }
        let trace = hexadecimal(trace, 32).filter(|&id| id != 0)?;
        let span = hexadecimal(span, 16).filter(|&id| id != 0)?;
        Some(Self {
            trace,
            span: u64::try_from(span).ok()?,
            flags: u8::try_from(hexadecimal(flags, 2)?).ok()?,
        })
    }

    /// Returns the trace that an event brought along.
    pub fn brought(event: &Event) -> Option<Self> {
        Self::parse(event.extensions().get(TRACE_PARENT)?)
    }

    /// Returns the id of the trace, as it is written.
    pub fn trace_id(&self) -> String {
        format!("{:032x}", self.trace)
    }

    /// Returns the id of the span, as it is written.
    pub fn span_id(&self) -> String {
        format!("{:016x}", self.span)
    }
}

impl Step {
    /// Returns the span in which an event is published: in the trace it brought, or in its own.
    pub fn of_event(event: &Event) -> Self {
        let digest = Sha256::digest(event.id());
        let own = || hexadecimal(event.id(), 32).filter(|&id| id != 0);
        let begun = || own().unwrap_or_else(|| u128::from_be_bytes(first(&digest)).max(1));
        let brought = TraceParent::brought(event);
        let here = TraceParent {
            trace: brought.map_or_else(begun, |it| it.trace),
            span: u64::from_be_bytes(first(&digest[16..])).max(1),
            flags: brought.map_or(SAMPLED, |it| it.flags),
        };
        let before = brought.map(|it| it.span);
        Self { here, before }
    }

    /// Returns the span in which a trigger acts: after that of the newest of its events.
    ///
    /// `None` for a firing without events.
    pub fn of_firing(firing: &Firing) -> Option<Self> {
        let before = Self::of_event(newest(firing)?).here;
        let id = hexadecimal(firing.id().as_str(), 32).unwrap_or_default();
        let span = u64::try_from(id >> 64).unwrap_or_default().max(1);
        let here = TraceParent { span, ..before };
        Some(Self {
            here,
            before: Some(before.span),
        })
    }

    /// Returns the id of the span before, as it is written; empty where the trace begins.
    pub fn parent_id(&self) -> String {
        self.before
            .map_or_else(String::new, |id| format!("{id:016x}"))
    }
}

/// Returns what a request of a firing says about its trace: `traceparent`, then `tracestate`.
///
/// While nobody follows, we are no part of the trace: what the newest event brought goes on as it
/// is, and where it brought nothing, nothing is said.
pub fn outgoing(firing: &Firing) -> Option<(String, Option<&str>)> {
    let event = newest(firing)?;
    let brought = TraceParent::brought(event);
    let parent = if is_followed() {
        Step::of_firing(firing).map(|step| step.here)
    } else {
        brought
    };
    let state = event.extensions().get(TRACE_STATE);
    let state = state.filter(|_| brought.is_some()).map(String::as_str);
    Some((parent?.to_string(), state))
}

fn newest(firing: &Firing) -> Option<&Event> {
    let events = firing.held().iter().map(|held| &*held.event);
    events.max_by_key(|event| event.time())
}

/// Reads lower-case hexadecimal digits, exactly so many.
fn hexadecimal(text: &str, digits: usize) -> Option<u128> {
    let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    let fits = text.len() == digits && text.bytes().all(is_digit);
    fits.then(|| u128::from_str_radix(text, 16).ok()).flatten()
}

fn first<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let mut taken = [0; N];
    taken.copy_from_slice(&bytes[..N]);
    taken
}

impl fmt::Display for TraceParent {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "00-{:032x}-{:016x}-{:02x}",
            self.trace, self.span, self.flags
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resolver::{Held, Shape};
    use std::sync::Arc;

    const CALLER: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00";

    fn event(id: &str, trace: &str) -> Event {
        let event = Event::builder(id, "shop", "paid").extension(TRACE_PARENT, trace);
        event.build()
    }

    fn firing(event: Event) -> Firing {
        let shape = Shape {
            sensor: "orders".to_owned(),
            trigger: "ship".to_owned(),
            dependencies: vec!["paid".to_owned()],
        };
        let event = Arc::new(event);
        Firing::new(
            Arc::new(shape),
            [Held {
                dependency: 0,
                event,
            }],
        )
    }

    #[test]
    fn what_is_no_context_is_refused() {
        for text in [
            "",
            "00",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e473é-00f067aa0ba902b7-01",
        ] {
            assert_eq!(TraceParent::parse(text), None, "{text}");
        }
        let later = "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more";
        assert!(TraceParent::parse(later).is_some());
    }

    #[test]
    fn a_trace_goes_on_from_caller_to_event_to_firing() {
        let event = event("1", CALLER);
        let caller = TraceParent::parse(CALLER).unwrap();
        let published = Step::of_event(&event);
        let fired = Step::of_firing(&firing(event)).unwrap();
        assert_eq!(published.before, Some(caller.span));
        assert_eq!(fired.before, Some(published.here.span));
        let traces = [published.here.trace, fired.here.trace];
        assert_eq!(traces, [caller.trace; 2]);
        assert_eq!(fired.here.flags, 0, "the caller decided what is recorded");
    }

    #[test]
    fn an_event_without_a_trace_begins_one_that_its_id_tells() {
        let id = "0af7651916cd43dd8448eb211c80319c";
        let step = Step::of_event(&event(id, "no context"));
        assert_eq!((step.here.trace_id().as_str(), step.before), (id, None));
        assert!(step.here.to_string().ends_with("-01"));
        let (one, same) = (event("order 77", ""), event("order 77", ""));
        assert_eq!(Step::of_event(&one), Step::of_event(&same));
        assert_ne!(Step::of_event(&one), Step::of_event(&event("order 78", "")));
    }

    #[test]
    fn while_nobody_follows_what_was_brought_goes_on_as_it_is() {
        let brought = firing(event("1", CALLER));
        assert_eq!(outgoing(&brought), Some((CALLER.to_owned(), None)));
        assert_eq!(outgoing(&firing(event("1", "no context"))), None);
    }
}
