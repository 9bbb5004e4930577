//! The bytes of an event on the wire: structured CloudEvents JSON as the reference writes it.
//!
//! Written are `data_base64` and members in the reference's order; read is what its SDK reads, the
//! members in any order, `data` or `data_base64`, versions 1.0 and 0.3. One pass over the bytes; a
//! `data` member is not copied, a `data_base64` member is decoded straight into the body.
//! Headers of buses (binary mode) are the business of those buses.

mod json;
mod read;
mod uri;
mod write;

use super::Event;
use crate::{Error, ErrorKind, Result};
use bytes::Bytes;

/// Writes an event as the reference does: `data_base64`, members in its order.
///
/// ```
/// use argo_events_core::{Event, event::codec};
///
/// let event = Event::builder("4f1c", "shop", "paid").event_type("webhook").data("{}").build();
/// let bytes = codec::encode(&event);
/// assert_eq!(
///     bytes,
///     br#"{"specversion":"1.0","id":"4f1c","source":"shop","type":"webhook","subject":"paid","datacontenttype":"application/json","data_base64":"e30="}"#,
/// );
/// assert_eq!(codec::decode(&bytes.into())?, event);
/// # Ok::<(), argo_events_core::Error>(())
/// ```
#[must_use]
pub fn encode(event: &Event) -> Vec<u8> {
    let mut out = Vec::new();
    encode_into(&mut out, event);
    out
}

/// Appends an event written as by [`encode`].
pub fn encode_into(out: &mut Vec<u8>, event: &Event) {
    write::event(out, event);
}

/// Reads an event written by this project or by the reference, with `data` or `data_base64`.
///
/// # Errors
/// `PayloadInvalid`, permanent, for anything that is not a CloudEvent.
pub fn decode(bytes: &Bytes) -> Result<Event> {
    read::event(bytes)
        .map_err(|reason| Error::permanent(ErrorKind::PayloadInvalid, reason.to_string()))
}

/// Makes an attribute usable as the reference does: the source of an event as a URI reference.
pub(super) fn published_source(source: &str) -> String {
    uri::normalized(source).unwrap_or_default().into_owned()
}

/// Tells whether a body of this content type is embedded as JSON, not as text.
fn embeds_json(media_type: &str) -> bool {
    const BODIES: [&str; 5] = [
        "",
        "application/json",
        "text/json",
        "application/cloudevents+json",
        "application/cloudevents-batch+json",
    ];
    BODIES.contains(&media_type)
}
