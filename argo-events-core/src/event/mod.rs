//! One occurrence on its way from a source to a trigger: attributes, extensions and a body of bytes.
//!
//! An event is made once, shared as `Arc<Event>` and never changed; its body is parsed as JSON at
//! most once, when somebody asks. The bytes on the wire are the business of [`codec`].

pub mod codec;
#[cfg(feature = "cloudevents")]
mod convert;
mod draft;

pub use draft::Draft;

use crate::{Error, ErrorKind, Result, Timestamp};
use bytes::Bytes;
use serde_json::Value;
use std::{collections::BTreeMap, fmt, sync::OnceLock};

/// The content type of JSON bodies, which is what sources of the reference always send.
pub const JSON: &str = "application/json";

/// A CloudEvents 1.0 event as it travels on the bus.
///
/// ```
/// use argo_events_core::Event;
///
/// let event = Event::builder("4f1c", "shop", "paid").data(r#"{"order":77}"#).build();
/// assert_eq!(event.json()?["order"], 77);
/// # Ok::<(), argo_events_core::Error>(())
/// ```
#[derive(Clone)]
pub struct Event {
    attributes: Attributes,
    data: Option<Bytes>,
    extensions: BTreeMap<String, String>,
    json: OnceLock<std::result::Result<Value, String>>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Attributes {
    id: String,
    source: String,
    subject: String,
    event_type: String,
    data_content_type: String,
    data_schema: String,
    time: Option<Timestamp>,
}

impl Event {
    /// Begins an event with the attributes that each must have.
    pub fn builder(
        id: impl Into<String>,
        source: impl Into<String>,
        subject: impl Into<String>,
    ) -> Builder {
        let attributes = Attributes {
            id: id.into(),
            source: source.into(),
            subject: subject.into(),
            data_content_type: JSON.to_owned(),
            ..Attributes::default()
        };
        let (data, extensions, json) = (None, BTreeMap::new(), OnceLock::new());
        Builder(Self { attributes, data, extensions, json })
    }

    /// Begins a changed copy, as a transform needs it.
    #[must_use]
    pub fn to_builder(&self) -> Builder {
        Builder(Self { json: OnceLock::new(), ..self.clone() })
    }

    /// Returns the id, unique within the source.
    pub fn id(&self) -> &str {
        &self.attributes.id
    }

    /// Returns the name of the EventSource.
    pub fn source(&self) -> &str {
        &self.attributes.source
    }

    /// Returns the name of the event within its source.
    pub fn subject(&self) -> &str {
        &self.attributes.subject
    }

    /// Returns the type token of the source, such as `webhook`.
    pub fn event_type(&self) -> &str {
        &self.attributes.event_type
    }

    /// Returns the content type of the body; empty if none was stated.
    pub fn data_content_type(&self) -> &str {
        &self.attributes.data_content_type
    }

    /// Returns the schema of the body; empty if none was stated.
    pub fn data_schema(&self) -> &str {
        &self.attributes.data_schema
    }

    /// Returns when the source emitted the event.
    pub fn time(&self) -> Option<Timestamp> {
        self.attributes.time
    }

    /// Returns the body; `None` differs from an empty body.
    pub fn data(&self) -> Option<&Bytes> {
        self.data.as_ref()
    }

    /// Returns the extension attributes by lower-case name.
    pub fn extensions(&self) -> &BTreeMap<String, String> {
        &self.extensions
    }

    /// Returns the body as JSON, parsed when first asked for and then kept.
    ///
    /// # Errors
    /// `PayloadInvalid`, permanent, when there is no body or it is not JSON.
    pub fn json(&self) -> Result<&Value> {
        let parsed = self.json.get_or_init(|| match &self.data {
            Some(data) => serde_json::from_slice(data).map_err(|error| error.to_string()),
            None => Err("the event has no body".to_owned()),
        });
        parsed.as_ref().map_err(|reason| {
            Error::permanent(ErrorKind::PayloadInvalid, format!("body is not JSON: {reason}"))
                .with("event", self.id())
        })
    }
}

impl PartialEq for Event {
    fn eq(&self, other: &Self) -> bool {
        self.attributes == other.attributes
            && self.data == other.data
            && self.extensions == other.extensions
    }
}

impl Eq for Event {}

/// Shows attributes and the size of the body, never the body.
impl fmt::Debug for Event {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Event")
            .field("attributes", &self.attributes)
            .field("bytes", &self.data.as_ref().map(Bytes::len))
            .field("extensions", &self.extensions.keys())
            .finish()
    }
}

/// Builds an [`Event`].
#[derive(Clone, Debug)]
#[must_use]
pub struct Builder(Event);

impl Builder {
    /// Sets the type token of the source.
    pub fn event_type(mut self, event_type: impl Into<String>) -> Self {
        self.0.attributes.event_type = event_type.into();
        self
    }

    /// Sets the body.
    pub fn data(mut self, data: impl Into<Bytes>) -> Self {
        self.0.data = Some(data.into());
        self
    }

    /// Sets the content type; `application/json` unless told otherwise.
    pub fn data_content_type(mut self, content_type: impl Into<String>) -> Self {
        self.0.attributes.data_content_type = content_type.into();
        self
    }

    /// Sets the schema of the body.
    pub fn data_schema(mut self, schema: impl Into<String>) -> Self {
        self.0.attributes.data_schema = schema.into();
        self
    }

    /// Sets when the source emitted the event.
    pub fn time(mut self, time: Timestamp) -> Self {
        self.0.attributes.time = Some(time);
        self
    }

    /// Sets an extension attribute; its name is lower-cased.
    pub fn extension(mut self, name: impl AsRef<str>, value: impl Into<String>) -> Self {
        self.0.extensions.insert(name.as_ref().to_ascii_lowercase(), value.into());
        self
    }

    /// Finishes the event.
    pub fn build(self) -> Event {
        self.0
    }
}

/// Makes an id the way the reference does: a random UUID as 32 hexadecimal digits.
pub fn random_id() -> String {
    uuid::Uuid::new_v4().simple().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_never_shown_by_debug() {
        let event = Event::builder("1", "s", "e").data("hunter2").build();
        assert!(!format!("{event:?}").contains("hunter2"));
    }

    #[test]
    fn a_changed_copy_parses_its_own_body() {
        let event = Event::builder("1", "s", "e").data("1").build();
        assert_eq!(event.json().unwrap(), 1);
        assert_eq!(event.to_builder().data("2").build().json().unwrap(), 2);
    }
}
