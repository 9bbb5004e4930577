//! Writes event data byte for byte as the reference does: members in order, strings as Go escapes them.

use argo_events_expr::gojson::{self, encode_bytes_into, encode_string_into, raw_message_into};
use std::{collections::BTreeMap, fmt::Display, io::Write as _};

/// Writes an object member by member.
///
/// ```
/// use argo_events_sources::kit::payload::ObjectWriter;
///
/// let mut object = ObjectWriter::default();
/// object.string("name", "<a>");
/// object.raw("body", b"{ \"b\": 1 }")?;
/// assert_eq!(object.finish(), br#"{"name":"\u003ca\u003e","body":{"b":1}}"#);
/// # Ok::<(), argo_events_expr::gojson::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct ObjectWriter(Vec<u8>);

impl ObjectWriter {
    /// Begins an object that will be about this long.
    pub fn with_capacity(bytes: usize) -> Self {
        Self(Vec::with_capacity(bytes))
    }

    /// Begins a member; its value must be written to what is returned.
    pub(crate) fn member(&mut self, name: &str) -> &mut Vec<u8> {
        self.0.push(if self.0.is_empty() { b'{' } else { b',' });
        encode_string_into(&mut self.0, name);
        self.0.push(b':');
        &mut self.0
    }

    /// Adds a text; bytes that are not UTF-8 become U+FFFD.
    pub fn string(&mut self, name: &str, value: impl AsRef<[u8]>) {
        encode_string_into(self.member(name), value);
    }

    /// Adds a number.
    pub fn number(&mut self, name: &str, value: impl Display) {
        write!(self.member(name), "{value}").expect("writing to memory does not fail");
    }

    /// Adds bytes as base64 text; `None` is null.
    pub fn bytes(&mut self, name: &str, value: Option<&[u8]>) {
        encode_bytes_into(self.member(name), value);
    }

    /// Adds null.
    pub fn null(&mut self, name: &str) {
        self.member(name).extend_from_slice(b"null");
    }

    /// Adds JSON that came from elsewhere, without blanks.
    ///
    /// # Errors
    /// When it is not JSON; the object is of no use then.
    pub fn raw(&mut self, name: &str, json: &[u8]) -> Result<(), gojson::Error> {
        raw_message_into(self.member(name), json)
    }

    /// Adds texts by key, sorted.
    pub fn strings<V: AsRef<[u8]>>(&mut self, name: &str, values: &BTreeMap<String, V>) {
        let out = self.member(name);
        object(out, values, |out, value| encode_string_into(out, value));
    }

    /// Adds lists of texts by key, sorted; `None` is null.
    pub fn lists<K: AsRef<[u8]> + Ord, V: AsRef<[u8]>>(
        &mut self,
        name: &str,
        values: &BTreeMap<K, Option<Vec<V>>>,
    ) {
        lists_into(self.member(name), values);
    }

    /// Adds `metadata` unless it is empty, as nearly all kinds do.
    pub fn metadata<V: AsRef<[u8]>>(&mut self, metadata: &BTreeMap<String, V>) {
        if !metadata.is_empty() {
            self.strings("metadata", metadata);
        }
    }

    /// Ends the object and returns its bytes.
    pub fn finish(mut self) -> Vec<u8> {
        if self.0.is_empty() {
            self.0.push(b'{');
        }
        self.0.push(b'}');
        self.0
    }
}

/// Writes lists of texts by key, sorted; `None` is null.
pub fn lists<K, V>(values: &BTreeMap<K, Option<Vec<V>>>) -> Vec<u8>
where
    K: AsRef<[u8]> + Ord,
    V: AsRef<[u8]>,
{
    let mut out = Vec::new();
    lists_into(&mut out, values);
    out
}

fn lists_into<K, V>(out: &mut Vec<u8>, values: &BTreeMap<K, Option<Vec<V>>>)
where
    K: AsRef<[u8]>,
    V: AsRef<[u8]>,
{
    object(out, values, |out, list| {
        let Some(list) = list else {
            return out.extend_from_slice(b"null");
        };
        out.push(b'[');
        for (index, value) in list.iter().enumerate() {
            if index > 0 {
                out.push(b',');
            }
            encode_string_into(out, value);
        }
        out.push(b']');
    });
}

fn object<K: AsRef<[u8]>, V>(
    out: &mut Vec<u8>,
    members: &BTreeMap<K, V>,
    mut value: impl FnMut(&mut Vec<u8>, &V),
) {
    out.push(b'{');
    for (index, (key, member)) in members.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        encode_string_into(out, key);
        out.push(b':');
        value(out, member);
    }
    out.push(b'}');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_come_in_order_and_keys_sorted() {
        let mut object = ObjectWriter::default();
        object.lists(
            "header",
            &BTreeMap::from([("B", Some(vec!["2"])), ("A", Some(vec![])), ("C", None)]),
        );
        object.bytes("none", None);
        object.bytes("body", Some(b"hi"));
        object.number("op", 5);
        object.metadata(&BTreeMap::from([("k".to_owned(), "v")]));
        let wanted = r#"{"header":{"A":[],"B":["2"],"C":null},"none":null,"body":"aGk=","op":5,"metadata":{"k":"v"}}"#;
        assert_eq!(String::from_utf8(object.finish()).unwrap(), wanted);
    }

    #[test]
    fn an_object_without_members_is_an_object() {
        assert_eq!(ObjectWriter::default().finish(), b"{}");
    }
}
