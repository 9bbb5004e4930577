//! Writes an envelope.

use super::embeds_json;
use crate::event::{Event, Extension, SpecVersion, media_type, moment::Moment};
use argo_events_expr::gojson;
use base64_simd::STANDARD;
use bytes::Bytes;

/// More than the names of all members, quotes and colons take.
const NAMES: usize = 160;

pub(super) fn event(out: &mut Vec<u8>, event: &Event) {
    let body = event.data().map_or(0, Bytes::len);
    out.reserve(NAMES + 128 + body / 3 * 4);
    let version = event.spec_version();
    out.extend_from_slice(br#"{"specversion":""#);
    out.extend_from_slice(version.as_str().as_bytes());
    out.push(b'"');
    member(out, "id", event.id());
    member(out, "source", event.source());
    member(out, "type", event.event_type());
    optional_member(out, "subject", event.subject());
    if version == SpecVersion::V03 && event.data.is_some() && !event.inline {
        member(out, "datacontentencoding", "base64");
    }
    optional_member(out, "datacontenttype", event.data_content_type());
    let schema = if version == SpecVersion::V03 {
        "schemaurl"
    } else {
        "dataschema"
    };
    optional_member(out, schema, event.data_schema());
    if let Some(time) = event.moment() {
        time_member(out, time);
    }
    data(out, event);
    for (name, value) in event
        .extensions
        .keys()
        .filter_map(|name| Some((name, event.extension(name)?)))
    {
        extension(out, name, value);
    }
    out.push(b'}');
}

fn name(out: &mut Vec<u8>, name: &str) {
    out.push(b',');
    string(out, name.as_bytes());
    out.push(b':');
}

fn member(out: &mut Vec<u8>, key: &str, value: &str) {
    name(out, key);
    string(out, value.as_bytes());
}

fn optional_member(out: &mut Vec<u8>, key: &str, value: &str) {
    if !value.is_empty() {
        member(out, key, value);
    }
}

fn time_member(out: &mut Vec<u8>, time: Moment) {
    name(out, "time");
    out.push(b'"');
    time.write(out);
    out.push(b'"');
}

fn extension(out: &mut Vec<u8>, key: &str, value: Extension<'_>) {
    name(out, key);
    match value {
        Extension::Text(text) => string(out, text.as_bytes()),
        Extension::Boolean(value) => out.extend_from_slice(value.to_string().as_bytes()),
        Extension::Integer(value) => out.extend_from_slice(value.to_string().as_bytes()),
    }
}

fn data(out: &mut Vec<u8>, event: &Event) {
    let Some(data) = event.data() else { return };
    if event.inline && inline_data(out, event, data) {
        return;
    }
    name(
        out,
        if event.spec_version() == SpecVersion::V03 {
            "data"
        } else {
            "data_base64"
        },
    );
    out.push(b'"');
    STANDARD.encode_append(data, out);
    out.push(b'"');
}

/// Writes the body as it came, as JSON or as text; writes nothing if it can be neither.
fn inline_data(out: &mut Vec<u8>, event: &Event, data: &[u8]) -> bool {
    let before = out.len();
    name(out, "data");
    let written = if embeds_json(&media_type(event.data_content_type()).to_ascii_lowercase()) {
        gojson::raw_message_into(out, data).is_ok()
    } else {
        let is_text = std::str::from_utf8(data).is_ok();
        if is_text {
            string(out, data);
        }
        is_text
    };
    if !written {
        out.truncate(before);
    }
    written
}

/// Writes a string with the escapes of the reference's encoder.
fn string(out: &mut Vec<u8>, text: &[u8]) {
    out.push(b'"');
    if text.iter().all(|byte| is_plain(*byte)) {
        out.extend_from_slice(text);
    } else {
        escaped(out, text);
    }
    out.push(b'"');
}

/// Bytes written as they are; `0xe2` begins the two line separators that Go escapes.
fn is_plain(byte: u8) -> bool {
    byte >= b' ' && !matches!(byte, b'"' | b'\\' | b'<' | b'>' | b'&' | 0xe2)
}

fn escaped(out: &mut Vec<u8>, text: &[u8]) {
    for (at, byte) in text.iter().enumerate() {
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', *byte]),
            b'\n' => out.extend_from_slice(br"\n"),
            b'\r' => out.extend_from_slice(br"\r"),
            b'\t' => out.extend_from_slice(br"\t"),
            0xa8 | 0xa9 if text[..at].ends_with(b"\xe2\x80") => {
                out.truncate(out.len() - 2);
                out.extend_from_slice(if *byte == 0xa8 {
                    br"\u2028"
                } else {
                    br"\u2029"
                });
            }
            0xe2 => out.push(*byte),
            _ if is_plain(*byte) => out.push(*byte),
            _ => out.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(value: &str) -> String {
        let mut out = Vec::new();
        string(&mut out, value.as_bytes());
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn marks_and_separators_are_escaped_as_in_go() {
        assert_eq!(text("<x>&\"\\"), r#""\u003cx\u003e\u0026\"\\""#);
        assert_eq!(
            text("a\u{2028}b\u{2029}–\n\u{1}"),
            r#""a\u2028b\u2029–\n\u0001""#
        );
    }

    #[test]
    fn a_body_that_cannot_stand_as_it_came_travels_as_base64() {
        let event = crate::event::codec::decode(
            &br#"{"specversion":"1.0","id":"1","source":"s","type":"t","datacontenttype":"TEXT/JSON","data":"{"}"#[..].into(),
        );
        let written = crate::event::codec::encode(&event.unwrap());
        assert!(written.ends_with(br#""data_base64":"ew=="}"#));
    }
}
