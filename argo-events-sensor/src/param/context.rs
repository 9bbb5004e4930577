//! The attributes of an event as parameters, templates and logs see them.

use argo_events_core::{Event, Timestamp};
use argo_events_expr::gojson::{encode_bytes_into, encode_string_into};

/// The version of the envelope; every event on the bus has this one.
const VERSION: &str = "1.0";

/// Writes the seven attributes as a JSON object, in the reference's order.
pub fn json(event: &Event) -> Vec<u8> {
    let mut out = Vec::with_capacity(256);
    write(&mut out, event);
    out
}

/// Writes the whole event as a JSON object: its attributes and, in Base64, its body.
pub fn event_json(event: &Event) -> Vec<u8> {
    let mut out = Vec::with_capacity(256 + event.data().map_or(0, |data| data.len() * 4 / 3));
    out.extend_from_slice(b"{\"context\":");
    write(&mut out, event);
    out.extend_from_slice(b",\"data\":");
    encode_bytes_into(&mut out, event.data().map(|data| data.as_ref()));
    out.push(b'}');
    out
}

/// Writes the attributes as the log shows them: one text, blanks after colons and commas.
pub fn log_text(event: &Event) -> String {
    let mut out = Vec::with_capacity(256);
    for (index, (name, value)) in attributes(event).into_iter().enumerate() {
        out.extend_from_slice(if index == 0 { b"{\"" } else { b", \"" });
        out.extend_from_slice(name.as_bytes());
        out.extend_from_slice(b"\": ");
        encode_string_into(&mut out, value);
    }
    out.extend_from_slice(b", \"time\": ");
    encode_string_into(&mut out, log_time(event.time()));
    out.push(b'}');
    String::from_utf8_lossy(&out).into_owned()
}

fn attributes(event: &Event) -> [(&'static str, &str); 6] {
    [
        ("id", event.id()),
        ("source", event.source()),
        ("specversion", VERSION),
        ("type", event.event_type()),
        ("datacontenttype", event.data_content_type()),
        ("subject", event.subject()),
    ]
}

fn write(out: &mut Vec<u8>, event: &Event) {
    for (index, (name, value)) in attributes(event).into_iter().enumerate() {
        out.extend_from_slice(if index == 0 { b"{\"" } else { b",\"" });
        out.extend_from_slice(name.as_bytes());
        out.extend_from_slice(b"\":");
        encode_string_into(out, value);
    }
    out.extend_from_slice(b",\"time\":");
    match event.time() {
        Some(time) => encode_string_into(out, time.truncated_to_seconds().to_string()),
        None => out.extend_from_slice(b"null"),
    }
    out.push(b'}');
}

/// Writes a time as the reference's log does, such as `2026-03-04 05:06:07 +0000 UTC`.
fn log_time(time: Option<Timestamp>) -> String {
    let Some(time) = time else {
        return "0001-01-01 00:00:00 +0000 UTC".to_owned();
    };
    let text = time.to_string().replacen('T', " ", 1);
    format!("{} +0000 UTC", text.trim_end_matches('Z'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event() -> Event {
        Event::builder("1", "shop", "a<b")
            .event_type("webhook")
            .time("2026-03-04T05:06:07.5Z".parse().unwrap())
            .data("{}")
            .build()
    }

    #[test]
    fn the_time_of_the_context_has_whole_seconds() {
        let json = String::from_utf8(json(&event())).unwrap();
        assert_eq!(
            json,
            r#"{"id":"1","source":"shop","specversion":"1.0","type":"webhook","datacontenttype":"application/json","subject":"a\u003cb","time":"2026-03-04T05:06:07Z"}"#
        );
    }

    #[test]
    fn an_event_without_a_body_has_null_data() {
        let json = event_json(&Event::builder("1", "s", "e").build());
        assert!(json.ends_with(br#""time":null},"data":null}"#));
    }

    #[test]
    fn the_log_shows_the_time_in_its_own_form() {
        assert!(log_text(&event()).ends_with(r#""time": "2026-03-04 05:06:07.5 +0000 UTC"}"#));
    }
}
