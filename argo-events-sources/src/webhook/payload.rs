//! The data of a webhook's events: `{"header": …, "body": …, "metadata": …}`.

use crate::kit::payload::ObjectWriter;
use argo_events_expr::gojson;
use std::collections::BTreeMap;

#[cfg(feature = "webhook")]
use http::{HeaderMap, HeaderName, header};

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

/// Writes the data of a request.
///
/// # Errors
/// When the body is not JSON.
#[cfg(feature = "webhook")]
pub(super) fn of_request<M: AsRef<[u8]>>(
    headers: &HeaderMap,
    body: &[u8],
    metadata: &BTreeMap<String, M>,
) -> Result<Vec<u8>, gojson::Error> {
    let mut object = ObjectWriter::with_capacity(512 + body.len());
    write_headers(object.member("header"), headers);
    object.raw("body", body)?;
    object.metadata(metadata);
    Ok(object.finish())
}

/// Writes the headers that the reference publishes, under the names that it gives them.
#[cfg(feature = "webhook")]
fn write_headers(out: &mut Vec<u8>, headers: &HeaderMap) {
    let chunked = headers.contains_key(header::TRANSFER_ENCODING);
    let published = headers.keys().filter(|name| match **name {
        header::HOST | header::TRANSFER_ENCODING => false,
        header::CONTENT_LENGTH => !chunked,
        _ => true,
    });
    let mut names: Vec<_> = published.collect();
    names.sort_unstable_by(|a, b| canonical(a).cmp(canonical(b)));
    out.push(b'{');
    for (place, name) in names.into_iter().enumerate() {
        out.extend_from_slice(if place == 0 { b"\"" } else { b",\"" });
        for byte in canonical(name) {
            match byte {
                // The only character of names that is written otherwise.
                b'&' => out.extend_from_slice(b"\\u0026"),
                _ => out.push(byte),
            }
        }
        out.extend_from_slice(b"\":[");
        for (place, value) in headers.get_all(name).iter().enumerate() {
            if place > 0 {
                out.push(b',');
            }
            gojson::encode_string_into(out, value);
        }
        out.push(b']');
    }
    out.push(b'}');
}

/// Gives a header's name with capitals at the beginning and after each hyphen.
#[cfg(feature = "webhook")]
fn canonical(name: &HeaderName) -> impl Iterator<Item = u8> {
    let mut first = true;
    name.as_str().bytes().map(move |byte| {
        let capital = std::mem::replace(&mut first, byte == b'-');
        if capital {
            byte.to_ascii_uppercase()
        } else {
            byte
        }
    })
}

#[cfg(test)]
#[cfg(feature = "webhook")]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn written(pairs: &[(&str, &str)]) -> String {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            let name = name.parse::<HeaderName>().unwrap();
            headers.append(name, HeaderValue::from_str(value).unwrap());
        }
        let metadata = BTreeMap::<String, String>::new();
        String::from_utf8(of_request(&headers, b"1", &metadata).unwrap()).unwrap()
    }

    #[test]
    fn headers_are_sorted_by_the_names_they_are_given() {
        let pairs = [
            ("x_b", "1"),
            ("x-b", "2"),
            ("X-A", "3"),
            ("accept", "<4>"),
            ("host", "5"),
            ("x_B-c", "6"),
            ("xa", "7"),
        ];
        let wanted = concat!(
            r#"{"header":{"Accept":["\u003c4\u003e"],"X-A":["3"],"X-B":["2"],"#,
            r#""X_b":["1"],"X_b-C":["6"],"Xa":["7"]},"body":1}"#
        );
        assert_eq!(written(&pairs), wanted);
    }

    #[test]
    fn values_of_one_name_stay_together() {
        let pairs = [("a&b", "1"), ("accept", "2"), ("a&b", "3")];
        let wanted = r#"{"header":{"A\u0026b":["1","3"],"Accept":["2"]},"body":1}"#;
        assert_eq!(written(&pairs), wanted);
    }

    #[test]
    fn the_length_of_chunks_is_not_published() {
        let pairs = [("content-length", "1"), ("transfer-encoding", "chunked")];
        assert_eq!(written(&pairs), r#"{"header":{},"body":1}"#);
        assert_eq!(
            written(&pairs[..1]),
            r#"{"header":{"Content-Length":["1"]},"body":1}"#
        );
    }
}
