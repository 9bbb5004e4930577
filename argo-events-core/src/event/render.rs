//! The forms of an event that parameters, templates and the log trigger see.

use super::{Event, mime, moment::Moment};
use argo_events_expr::gojson::{encode_bytes_into, encode_string_into};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use std::borrow::Cow;

impl Event {
    /// Returns the context as JSON: seven keys in the reference's order, empty ones included.
    ///
    /// The time is in UTC and cut to seconds, or null. Extensions are left out.
    ///
    /// ```
    /// use argo_events_core::Event;
    ///
    /// let event = Event::builder("1", "shop", "paid").event_type("webhook").build();
    /// assert_eq!(
    ///     event.context_json(),
    ///     br#"{"id":"1","source":"shop","specversion":"1.0","type":"webhook","datacontenttype":"application/json","subject":"paid","time":null}"#,
    /// );
    /// ```
    pub fn context_json(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(256);
        self.write_context(&mut out);
        out
    }

    /// Returns context and body as JSON: `{"context":…,"data":…}`, the body as base64 or null.
    pub fn internal_json(&self) -> Vec<u8> {
        let body = self.data().map_or(0, |data| data.len() / 3 * 4);
        let mut out = Vec::with_capacity(256 + body);
        out.extend_from_slice(br#"{"context":"#);
        self.write_context(&mut out);
        out.extend_from_slice(br#","data":"#);
        encode_bytes_into(&mut out, self.data().map(|data| &data[..]));
        out.push(b'}');
        out
    }

    /// Returns the body for people: as it is if it is JSON or plain text by its content type, else
    /// as base64; empty if there is none. Not always UTF-8, since a content type may be wrong.
    pub fn data_text(&self) -> Cow<'_, [u8]> {
        let Some(data) = self.data() else {
            return Cow::Borrowed(&[]);
        };
        match mime::media_type(self.data_content_type()).as_deref() {
            Some("application/json" | "text/plain") => Cow::Borrowed(data),
            _ => Cow::Owned(BASE64_STANDARD.encode(data).into_bytes()),
        }
    }

    fn write_context(&self, out: &mut Vec<u8>) {
        let members = [
            (&b"{\"id\":"[..], self.id()),
            (b",\"source\":", self.source()),
            (b",\"specversion\":", self.spec_version().as_str()),
            (b",\"type\":", self.event_type()),
            (b",\"datacontenttype\":", self.data_content_type()),
            (b",\"subject\":", self.subject()),
        ];
        for (name, value) in members {
            out.extend_from_slice(name);
            encode_string_into(out, value);
        }
        out.extend_from_slice(b",\"time\":");
        match self.moment().filter(|time| *time != Moment::ZERO) {
            None => out.extend_from_slice(b"null"),
            Some(time) => {
                out.push(b'"');
                time.whole_seconds().write(out);
                out.push(b'"');
            }
        }
        out.push(b'}');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn internal_json_cuts_the_time_and_encodes_the_body() {
        let event = Event::builder("1", "s", "e").time("2023-04-05T06:07:08.9Z".parse().unwrap());
        let text = String::from_utf8(event.data("{}").build().internal_json()).unwrap();
        assert!(
            text.ends_with(r#""time":"2023-04-05T06:07:08Z"},"data":"e30="}"#),
            "{text}"
        );
    }

    #[test]
    fn a_body_is_shown_as_text_only_if_its_type_says_so() {
        let event = |kind| {
            Event::builder("1", "s", "e")
                .data("hi")
                .data_content_type(kind)
                .build()
        };
        assert_eq!(&*event("text/plain; charset=utf-8").data_text(), b"hi");
        assert_eq!(&*event("APPLICATION/JSON").data_text(), b"hi");
        assert_eq!(&*event("application/octet-stream").data_text(), b"aGk=");
        assert_eq!(&*Event::builder("1", "s", "e").build().data_text(), b"");
    }
}
