//! The data of an object's events: `{"type": …, "body": …, "oldBody": …, "group": …, …}`.

use crate::kit::payload::ObjectWriter;
use argo_events_expr::gojson::Error;
use std::collections::BTreeMap;

/// What happened to an object.
#[derive(Clone, Debug)]
pub struct ResourceEventData<'a, V> {
    /// `ADD`, `UPDATE` or `DELETE`.
    pub event_type: &'a [u8],
    /// The object, as JSON.
    pub body: &'a [u8],
    /// What it was before an update, as JSON; null for everything else.
    pub old_body: Option<&'a [u8]>,
    /// API group as configured; empty for the core.
    pub group: &'a [u8],
    /// API version as configured.
    pub version: &'a [u8],
    /// Name of the resource as configured.
    pub resource: &'a [u8],
    /// Left out when empty.
    pub metadata: &'a BTreeMap<String, V>,
}

impl<V: AsRef<[u8]>> ResourceEventData<'_, V> {
    /// Writes it.
    ///
    /// # Errors
    /// When one of the bodies is not JSON.
    pub fn encode(&self) -> Result<Vec<u8>, Error> {
        let bodies = self.body.len() + self.old_body.map_or(4, <[u8]>::len);
        let mut object = ObjectWriter::with_capacity(bodies + 128);
        object.string("type", self.event_type);
        object.raw("body", self.body)?;
        object.raw("oldBody", self.old_body.unwrap_or(b"null"))?;
        object.string("group", self.group);
        object.string("version", self.version);
        object.string("resource", self.resource);
        object.metadata(self.metadata);
        Ok(object.finish())
    }
}
