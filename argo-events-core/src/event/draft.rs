//! What a source hands over before the runtime makes an event of it.

use bytes::Bytes;
use std::collections::BTreeMap;

/// A body with optional id and extensions; the runtime adds source, subject, type and time.
///
/// ```
/// use argo_events_core::Draft;
///
/// let draft = Draft::json(r#"{"order":77}"#).with_id("order-77");
/// assert_eq!(draft.id.as_deref(), Some("order-77"));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Draft {
    /// An id that is the same when the same occurrence is seen again; random if absent.
    pub id: Option<String>,
    /// The body.
    pub data: Bytes,
    /// Extension attributes, such as `traceparent`.
    pub extensions: BTreeMap<String, String>,
}

impl Draft {
    /// Makes a draft with a body of JSON text.
    pub fn json(data: impl Into<Bytes>) -> Self {
        Self {
            data: data.into(),
            ..Self::default()
        }
    }

    /// Sets an id, so that the bus recognises a repeat of the same occurrence.
    #[must_use]
    pub fn with_id(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
    }

    /// Adds an extension attribute.
    #[must_use]
    pub fn with_extension(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.extensions.insert(name.into(), value.into());
        self
    }
}
