//! One occurrence on its way from a source to a trigger: attributes, extensions and a body of bytes.
//!
//! An event is made once, shared as `Arc<Event>` and never changed; its body is parsed as JSON at
//! most once, when somebody asks. The bytes on the wire are the business of [`codec`].

mod builder;
pub mod codec;
#[cfg(feature = "cloudevents")]
mod convert;
mod draft;
mod id;
mod mime;
mod moment;
mod render;

pub use builder::Builder;
pub use draft::Draft;
pub use id::random_id;

use moment::Moment;

use crate::{Error, ErrorKind, Result, Timestamp};
use bytes::Bytes;
use serde_json::Value;
use std::{
    any::Any,
    collections::BTreeMap,
    fmt,
    sync::{Arc, OnceLock},
};

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
    /// Whether the body came as a member `data` and leaves as one.
    inline: bool,
    extensions: BTreeMap<String, String>,
    /// Types of the extensions that are no texts.
    primitives: BTreeMap<String, Primitive>,
    json: OnceLock<std::result::Result<Value, String>>,
    derived: OnceLock<Arc<dyn Any + Send + Sync>>,
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
    /// A time that [`Timestamp`] has no place for.
    distant_time: Option<Moment>,
    spec_version: SpecVersion,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Primitive {
    Boolean(bool),
    Integer(i32),
}

/// The version of the CloudEvents specification that an envelope follows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum SpecVersion {
    /// Version 1.0, which is what everybody writes.
    #[default]
    V1,
    /// Version 0.3, which is only read.
    V03,
}

impl SpecVersion {
    /// Returns the version as envelopes name it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::V1 => "1.0",
            Self::V03 => "0.3",
        }
    }
}

/// The value of an extension attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extension<'a> {
    /// A text, also for times, bytes and references.
    Text(&'a str),
    /// A truth value.
    Boolean(bool),
    /// An integer of 32 bits.
    Integer(i32),
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
        Builder(Self {
            attributes,
            data: None,
            inline: false,
            extensions: BTreeMap::new(),
            primitives: BTreeMap::new(),
            json: OnceLock::new(),
            derived: OnceLock::new(),
        })
    }

    /// Begins a changed copy, as a transform needs it.
    pub fn to_builder(&self) -> Builder {
        Builder(Self {
            json: OnceLock::new(),
            derived: OnceLock::new(),
            ..self.clone()
        })
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

    fn moment(&self) -> Option<Moment> {
        self.attributes
            .time
            .map(Moment::from)
            .or(self.attributes.distant_time)
    }

    fn set_moment(&mut self, moment: Option<Moment>) {
        self.attributes.time = moment.and_then(Moment::timestamp);
        self.attributes.distant_time = moment.filter(|_| self.attributes.time.is_none());
    }

    /// Returns the version of the envelope that the event came in.
    pub fn spec_version(&self) -> SpecVersion {
        self.attributes.spec_version
    }

    /// Returns the body; `None` differs from an empty body.
    pub fn data(&self) -> Option<&Bytes> {
        self.data.as_ref()
    }

    /// Returns the extension attributes as texts, by lower-case name.
    pub fn extensions(&self) -> &BTreeMap<String, String> {
        &self.extensions
    }

    /// Returns an extension attribute with its type.
    pub fn extension(&self, name: &str) -> Option<Extension<'_>> {
        let text = self.extensions.get(name)?;
        Some(match self.primitives.get(name) {
            None => Extension::Text(text),
            Some(Primitive::Boolean(value)) => Extension::Boolean(*value),
            Some(Primitive::Integer(value)) => Extension::Integer(*value),
        })
    }

    fn set_extension(&mut self, name: String, value: impl Into<String>) {
        self.primitives.remove(&name);
        self.extensions.insert(name, value.into());
    }

    fn set_boolean(&mut self, name: String, value: bool) {
        self.extensions.insert(name.clone(), value.to_string());
        self.primitives.insert(name, Primitive::Boolean(value));
    }

    fn set_integer(&mut self, name: String, value: i32) {
        self.extensions.insert(name.clone(), value.to_string());
        self.primitives.insert(name, Primitive::Integer(value));
    }

    fn drop_extension(&mut self, name: &str) {
        self.extensions.remove(name);
        self.primitives.remove(name);
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
            Error::permanent(
                ErrorKind::PayloadInvalid,
                format!("body is not JSON: {reason}"),
            )
            .with("event", self.id())
        })
    }

    /// Returns something that follows from the event alone, worked out when first asked for and then
    /// kept, for whoever asks the same of one event many times. One type of thing is kept; others are
    /// made each time.
    ///
    /// ```
    /// use argo_events_core::Event;
    ///
    /// struct Length(usize);
    /// let event = Event::builder("1", "shop", "paid").data("{}").build();
    /// let length = event.derived(|event| Length(event.data().map_or(0, |data| data.len())));
    /// assert_eq!(length.0, 2);
    /// ```
    pub fn derived<T: Any + Send + Sync>(&self, make: impl Fn(&Self) -> T) -> Arc<T> {
        let kept = self.derived.get_or_init(|| Arc::new(make(self)));
        let kept = Arc::clone(kept).downcast();
        kept.unwrap_or_else(|_| Arc::new(make(self)))
    }
}

impl PartialEq for Event {
    fn eq(&self, other: &Self) -> bool {
        self.attributes == other.attributes
            && self.data == other.data
            && self.extensions == other.extensions
            && self.primitives == other.primitives
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

/// Returns the part of a content type before its parameters.
fn media_type(content_type: &str) -> &str {
    match content_type.split_once(';') {
        Some((media_type, _)) => media_type.trim(),
        None => content_type,
    }
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
