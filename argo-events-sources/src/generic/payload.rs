//! The data of events that come over gRPC: `{"body": …, "metadata": …}`.

use crate::kit::payload::ObjectWriter;
use argo_events_expr::gojson;
use std::collections::BTreeMap;

/// What such a source publishes.
#[derive(Clone, Debug)]
pub struct GenericEventData<'a, V> {
    /// What the server sent.
    pub body: Body<'a>,
    /// Left out when empty.
    pub metadata: &'a BTreeMap<String, V>,
}

/// What a server sent.
#[derive(Clone, Copy, Debug)]
pub enum Body<'a> {
    /// Anything, written as base64; `None` is null.
    Bytes(Option<&'a [u8]>),
    /// JSON, written as it is.
    Json(&'a [u8]),
}

impl<V: AsRef<[u8]>> GenericEventData<'_, V> {
    /// Writes it.
    ///
    /// # Errors
    /// When the body is said to be JSON and is not.
    pub fn encode(&self) -> Result<Vec<u8>, gojson::Error> {
        let mut object = ObjectWriter::default();
        match self.body {
            Body::Bytes(bytes) => object.bytes("body", bytes),
            Body::Json(json) => object.raw("body", json)?,
        }
        object.metadata(self.metadata);
        Ok(object.finish())
    }
}
