//! The data of a webhook's events: `{"header": …, "body": …, "metadata": …}`.

use crate::kit::payload::ObjectWriter;
use argo_events_expr::gojson;
use std::collections::BTreeMap;

#[cfg(feature = "webhook")]
use http::{HeaderMap, header};

/// What a webhook publishes.
#[derive(Clone, Debug)]
pub struct WebhookEventData<'a, K, V, M> {
    /// Values by name in its canonical form; `None` is null.
    pub header: Option<BTreeMap<K, Option<Vec<V>>>>,
    /// JSON.
    pub body: &'a [u8],
    /// Left out when empty.
    pub metadata: &'a BTreeMap<String, M>,
}

impl<K, V, M> WebhookEventData<'_, K, V, M>
where
    K: AsRef<[u8]> + Ord,
    V: AsRef<[u8]>,
    M: AsRef<[u8]>,
{
    /// Writes it.
    ///
    /// # Errors
    /// When the body is not JSON.
    pub fn encode(&self) -> Result<Vec<u8>, gojson::Error> {
        let mut object = ObjectWriter::with_capacity(512 + self.body.len());
        match &self.header {
            Some(header) => object.lists("header", header),
            None => object.null("header"),
        }
        object.raw("body", self.body)?;
        object.metadata(self.metadata);
        Ok(object.finish())
    }
}

/// Collects the headers that the reference publishes, under the names that it gives them.
#[cfg(feature = "webhook")]
pub(super) fn headers(headers: &HeaderMap) -> BTreeMap<Vec<u8>, Option<Vec<&[u8]>>> {
    let chunked = headers.contains_key(header::TRANSFER_ENCODING);
    let published = headers.keys().filter(|name| match **name {
        header::HOST | header::TRANSFER_ENCODING => false,
        header::CONTENT_LENGTH => !chunked,
        _ => true,
    });
    published
        .map(|name| {
            let values = headers
                .get_all(name)
                .iter()
                .map(http::HeaderValue::as_bytes);
            (canonical(name.as_str()), Some(values.collect()))
        })
        .collect()
}

/// Writes a header's name with capitals at the beginning and after each hyphen.
#[cfg(feature = "webhook")]
fn canonical(name: &str) -> Vec<u8> {
    let mut name = name.as_bytes().to_vec();
    let mut first = true;
    for byte in &mut name {
        if first {
            byte.make_ascii_uppercase();
        }
        first = *byte == b'-';
    }
    name
}
