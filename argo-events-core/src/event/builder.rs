//! Makes events.

use super::{Event, Moment};
use crate::Timestamp;
use bytes::Bytes;

/// Builds an [`Event`].
#[derive(Clone, Debug)]
#[must_use]
pub struct Builder(pub(super) Event);

impl Builder {
    /// Sets the type token of the source.
    pub fn event_type(mut self, event_type: impl Into<String>) -> Self {
        self.0.attributes.event_type = event_type.into();
        self
    }

    /// Sets the body.
    pub fn data(mut self, data: impl Into<Bytes>) -> Self {
        self.0.data = Some(data.into());
        self.0.inline = false;
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
        self.0.set_moment(Some(Moment::from(time)));
        self
    }

    /// Sets an extension attribute; its name is lower-cased.
    pub fn extension(mut self, name: impl AsRef<str>, value: impl Into<String>) -> Self {
        self.0
            .set_extension(name.as_ref().to_ascii_lowercase(), value);
        self
    }

    /// Sets an extension attribute that is a truth value.
    pub fn boolean_extension(mut self, name: impl AsRef<str>, value: bool) -> Self {
        self.0
            .set_boolean(name.as_ref().to_ascii_lowercase(), value);
        self
    }

    /// Sets an extension attribute that is an integer.
    pub fn integer_extension(mut self, name: impl AsRef<str>, value: i32) -> Self {
        self.0
            .set_integer(name.as_ref().to_ascii_lowercase(), value);
        self
    }

    /// Makes attributes fit for the bus as the reference does before it publishes.
    ///
    /// Blanks around id, type and subject go; the source becomes a URI reference, so that `a b` is
    /// `a%20b`, or empty if it cannot become one. Readers refuse an event without a source.
    pub fn normalize(mut self) -> Self {
        let attributes = &mut self.0.attributes;
        attributes.source = super::codec::published_source(&attributes.source);
        for text in [
            &mut attributes.id,
            &mut attributes.event_type,
            &mut attributes.subject,
        ] {
            if text.trim().len() != text.len() {
                *text = text.trim().to_owned();
            }
        }
        self
    }

    /// Finishes the event.
    pub fn build(self) -> Event {
        self.0
    }
}
