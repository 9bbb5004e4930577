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
    read::event(bytes, |body| bytes.slice(body)).map_err(refused)
}

/// Reads an event as [`decode`] does, from bytes that somebody else keeps; a body is copied.
///
/// # Errors
/// As [`decode`].
pub fn decode_copied(bytes: &[u8]) -> Result<Event> {
    read::event(bytes, |body| Bytes::copy_from_slice(&bytes[body])).map_err(refused)
}

fn refused(reason: read::Reason) -> Error {
    Error::permanent(ErrorKind::PayloadInvalid, reason.to_string())
}

/// Tells whether the name of a source comes out of the codec as it went in.
///
/// Sources are URI references on the wire, so that a name with a blank, a colon or a sign beyond
/// ASCII is changed or refused by whoever reads it.
///
/// ```
/// use argo_events_core::event::codec;
/// assert!(codec::keeps_source("shop-eu") && !codec::keeps_source("shop eu"));
/// ```
#[must_use]
pub fn keeps_source(name: &str) -> bool {
    uri::normalized(name).is_some_and(|normalized| normalized == name)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Timestamp;

    /// Numbers that look random and are the same each time.
    struct Random(u32);

    impl Random {
        fn below(&mut self, end: usize) -> usize {
            self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (self.0 >> 8) as usize % end
        }

        fn text(&mut self) -> String {
            let signs: Vec<char> = "ab<>&\"\\\u{2028}é😀\n\u{1}{}[],: ".chars().collect();
            (0..self.below(12))
                .map(|_| signs[self.below(signs.len())])
                .collect()
        }

        fn event(&mut self) -> Event {
            let mut event = Event::builder(self.text(), "shop", self.text())
                .event_type(self.text())
                .data_content_type(self.text())
                .extension("trace", self.text())
                .integer_extension("attempt", self.0 as i32)
                .boolean_extension("sampled", self.below(2) == 0);
            if self.below(3) > 0 {
                event = event.time(Timestamp::from_nanos(i64::from(self.0) * 1_000_003));
            }
            if self.below(3) > 0 {
                event = event.data(
                    (0..self.below(40))
                        .map(|_| self.0 as u8)
                        .collect::<Vec<_>>(),
                );
            }
            event.build()
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        let mut random = Random(3);
        for _ in 0..2000 {
            let event = random.event();
            let bytes = Bytes::from(encode(&event));
            assert_eq!(
                decode(&bytes).unwrap(),
                event,
                "{}",
                String::from_utf8_lossy(&bytes)
            );
        }
    }

    #[test]
    fn no_bytes_make_reading_panic() {
        let mut random = Random(5);
        let signs = b"{}[]\",:\\u0\xc3 n";
        for _ in 0..5000 {
            let mut bytes = encode(&random.event());
            for _ in 0..=random.below(3) {
                let at = random.below(bytes.len());
                match random.below(3) {
                    0 => bytes[at] = signs[random.below(signs.len())],
                    1 => bytes.insert(at, signs[random.below(signs.len())]),
                    _ => bytes.truncate(at + 1),
                }
            }
            if let Ok(event) = decode(&Bytes::from(bytes)) {
                let again = Bytes::from(encode(&event));
                assert_eq!(
                    decode(&again).unwrap(),
                    event,
                    "{}",
                    String::from_utf8_lossy(&again)
                );
            }
        }
    }

    #[test]
    fn a_body_of_json_is_not_copied() {
        let text = r#"{"specversion":"1.0","id":"1","source":"s","type":"t","datacontenttype":"application/json","data":{"a": 1}}"#;
        let bytes = Bytes::from(text);
        let event = decode(&bytes).unwrap();
        assert_eq!(event.data().unwrap(), &r#"{"a": 1}"#);
        assert!(
            bytes
                .as_ptr_range()
                .contains(&event.data().unwrap().as_ptr())
        );
        assert_eq!(decode_copied(&bytes).unwrap(), event);
    }

    #[test]
    fn every_broken_byte_becomes_one_replacement_character() {
        let text = b"{\"specversion\":\"1.0\",\"id\":\"\xe6\x97\",\"source\":\"s\",\"type\":\"\\n\xe6\x97\"}";
        let event = decode(&Bytes::from_static(text)).unwrap();
        assert_eq!(event.id(), "\u{fffd}\u{fffd}");
        assert_eq!(event.event_type(), "\n\u{fffd}\u{fffd}");
    }

    #[test]
    fn errors_say_what_is_wrong_with_the_envelope() {
        for (text, wanted) in [
            ("{", "not JSON at byte 1"),
            ("null", "no member `specversion`"),
            (r#"{"specversion":"2.0"}"#, "known are"),
            (r#"{"specversion":"1.0","time":"now"}"#, "no RFC 3339 time"),
            (r#"{"specversion":"1.0","data_base64":"%"}"#, "not base64"),
        ] {
            let error = decode(&Bytes::from(text)).unwrap_err();
            assert_eq!(
                (error.kind(), error.is_transient()),
                (ErrorKind::PayloadInvalid, false)
            );
            assert!(error.message().contains(wanted), "{error}");
        }
    }
}
