//! One event on disk: a header of fixed size, and a body.
//!
//! The body is a form of our own, not the envelope of the wire: it keeps every attribute exactly as
//! it was published, and says at its beginning which subject it belongs to. Publishers write the
//! body and sum it up; the one thread that knows the place completes the header.

use argo_events_core::{Error, ErrorKind, Event, Result, Timestamp};
use bytes::{Buf as _, Bytes};

/// Length of a header.
pub(crate) const HEADER: usize = 32;

/// The largest event that is accepted, in bytes of its frame.
pub(crate) const MAX_EVENT_BYTES: usize = 64 * 1024 * 1024;

/// What is known of an event before its body is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    /// Length of the body.
    pub(crate) length: u32,
    /// The place of the event.
    pub(crate) sequence: u64,
    /// When the bus accepted it.
    pub(crate) arrived_at: Timestamp,
    /// Sum over the body.
    sum: u32,
}

impl Header {
    /// Reads a header, unless it is damaged or belongs to another segment.
    pub(crate) fn parse(bytes: &[u8; HEADER], mark: u32) -> Option<Self> {
        let (fields, sum) = bytes.split_at(HEADER - 4);
        let (mut fields, expected) = (fields, crc32fast::hash(fields));
        let intact =
            fields.get_u32_le() == mark && u32::from_le_bytes(sum.try_into().ok()?) == expected;
        let header = Self {
            length: fields.get_u32_le(),
            sequence: fields.get_u64_le(),
            arrived_at: Timestamp::from_nanos(fields.get_i64_le()),
            sum: fields.get_u32_le(),
        };
        intact.then_some(header)
    }

    fn write(&self, mark: u32, out: &mut [u8]) {
        out[..4].copy_from_slice(&mark.to_le_bytes());
        out[4..8].copy_from_slice(&self.length.to_le_bytes());
        out[8..16].copy_from_slice(&self.sequence.to_le_bytes());
        out[16..24].copy_from_slice(&self.arrived_at.as_nanos().to_le_bytes());
        out[24..28].copy_from_slice(&self.sum.to_le_bytes());
        let sum = crc32fast::hash(&out[..HEADER - 4]);
        out[HEADER - 4..HEADER].copy_from_slice(&sum.to_le_bytes());
    }

    /// Tells whether this is the body that was written.
    pub(crate) fn fits(&self, body: &[u8]) -> bool {
        crc32fast::hash(body) == self.sum
    }

    /// Returns the length of header and body.
    pub(crate) fn frame_length(&self) -> u64 {
        u64::from(self.length) + HEADER as u64
    }
}

/// An event in the form it has on disk, but for its place.
#[derive(Debug)]
pub(crate) struct Frame(Vec<u8>);

impl Frame {
    /// Writes an event.
    pub(crate) fn of(event: &Event) -> Result<Self> {
        let size = event.data().map_or(0, Bytes::len);
        if size > MAX_EVENT_BYTES {
            return Err(too_large(event, size));
        }
        let mut bytes = Vec::with_capacity(HEADER + 256 + size);
        bytes.resize(HEADER, 0);
        write_body(&mut bytes, event);
        let length = u32::try_from(bytes.len() - HEADER).ok();
        let Some(length) = length.filter(|_| bytes.len() <= MAX_EVENT_BYTES) else {
            return Err(too_large(event, bytes.len()));
        };
        let sum = crc32fast::hash(&bytes[HEADER..]);
        let (sequence, arrived_at) = (0, Timestamp::EPOCH);
        Header {
            length,
            sequence,
            arrived_at,
            sum,
        }
        .write(0, &mut bytes[..HEADER]);
        Ok(Self(bytes))
    }

    /// Returns how many bytes it will take.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Appends the frame of an event that has found its place.
    pub(crate) fn append_to(
        &self,
        out: &mut Vec<u8>,
        mark: u32,
        sequence: u64,
        arrived_at: Timestamp,
    ) {
        let start = out.len();
        out.extend_from_slice(&self.0);
        let read = |at: usize| {
            u32::from_le_bytes([self.0[at], self.0[at + 1], self.0[at + 2], self.0[at + 3]])
        };
        let header = Header {
            length: read(4),
            sequence,
            arrived_at,
            sum: read(24),
        };
        header.write(mark, &mut out[start..start + HEADER]);
    }
}

fn too_large(event: &Event, size: usize) -> Error {
    let message = format!("the event has {size} bytes, the bus takes {MAX_EVENT_BYTES}");
    Error::permanent(ErrorKind::TooLarge, message)
        .during("publish")
        .with("event", event.id())
}

fn write_body(out: &mut Vec<u8>, event: &Event) {
    for text in [
        event.source(),
        event.subject(),
        event.id(),
        event.event_type(),
        event.data_content_type(),
        event.data_schema(),
    ] {
        write_bytes(out, text.as_bytes());
    }
    write_option(out, event.time(), |out, time| {
        out.extend(time.as_nanos().to_le_bytes())
    });
    write_option(out, event.data(), |out, data| write_bytes(out, data));
    write_length(out, event.extensions().len());
    for (name, value) in event.extensions() {
        write_bytes(out, name.as_bytes());
        write_bytes(out, value.as_bytes());
    }
}

fn write_option<T>(out: &mut Vec<u8>, value: Option<T>, write: impl FnOnce(&mut Vec<u8>, T)) {
    out.push(u8::from(value.is_some()));
    if let Some(value) = value {
        write(out, value);
    }
}

fn write_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    write_length(out, bytes.len());
    out.extend_from_slice(bytes);
}

/// Lengths above 4 GiB saturate; such an event is refused for its size before it is stored.
fn write_length(out: &mut Vec<u8>, length: usize) {
    out.extend(u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes());
}

/// The body of a frame, read from the front.
#[derive(Clone, Debug)]
pub(crate) struct Body(Bytes);

impl Body {
    pub(crate) fn new(bytes: Bytes) -> Self {
        Self(bytes)
    }

    /// Reads the event; `None` if this is not a body.
    pub(crate) fn event(mut self) -> Option<Event> {
        let (source, subject, id) = (self.text()?, self.text()?, self.text()?);
        let mut event = Event::builder(id, source, subject)
            .event_type(self.text()?)
            .data_content_type(self.text()?)
            .data_schema(self.text()?);
        if self.flag()? {
            event = event.time(Timestamp::from_nanos(self.0.try_get_i64_le().ok()?));
        }
        if self.flag()? {
            event = event.data(self.bytes()?);
        }
        for _ in 0..self.length()? {
            event = event.extension(self.text()?, self.text()?);
        }
        Some(event.build())
    }

    /// Reads source, name and id, by which an event is asked for and recognised.
    pub(crate) fn identity(&self) -> Option<(&str, &str, &str)> {
        let mut rest = &*self.0;
        let mut text = || {
            let (length, bytes) = rest.split_first_chunk()?;
            let (text, after) = bytes.split_at_checked(u32::from_le_bytes(*length) as usize)?;
            rest = after;
            std::str::from_utf8(text).ok()
        };
        Some((text()?, text()?, text()?))
    }

    fn text(&mut self) -> Option<String> {
        String::from_utf8(self.bytes()?.to_vec()).ok()
    }

    fn bytes(&mut self) -> Option<Bytes> {
        let length = self.length()?;
        (length <= self.0.len()).then(|| self.0.split_to(length))
    }

    fn length(&mut self) -> Option<usize> {
        usize::try_from(self.0.try_get_u32_le().ok()?).ok()
    }

    fn flag(&mut self) -> Option<bool> {
        Some(self.0.try_get_u8().ok()? == 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn event() -> impl Strategy<Value = Event> {
        let text = || any::<String>();
        let data = proptest::option::of(proptest::collection::vec(any::<u8>(), 0..300));
        let extensions = proptest::collection::btree_map("[a-z0-9]{1,20}", text(), 0..4);
        let attributes = (text(), text(), text(), text(), text(), text());
        (
            attributes,
            proptest::option::of(any::<i64>()),
            data,
            extensions,
        )
            .prop_map(
                |((id, source, subject, kind, content, schema), time, data, extensions)| {
                    let mut event = Event::builder(id, source, subject)
                        .event_type(kind)
                        .data_content_type(content)
                        .data_schema(schema);
                    if let Some(time) = time {
                        event = event.time(Timestamp::from_nanos(time));
                    }
                    if let Some(data) = data {
                        event = event.data(data);
                    }
                    for (name, value) in extensions {
                        event = event.extension(name, value);
                    }
                    event.build()
                },
            )
    }

    fn frame(event: &Event) -> Vec<u8> {
        let mut bytes = Vec::new();
        let frame = Frame::of(event).unwrap();
        frame.append_to(&mut bytes, 7, 42, Timestamp::from_nanos(-5));
        bytes
    }

    fn header(bytes: &[u8], mark: u32) -> Option<Header> {
        Header::parse(bytes[..HEADER].try_into().unwrap(), mark)
    }

    proptest! {
        #[test]
        fn an_event_is_read_as_it_was_written(event in event()) {
            let bytes = frame(&event);
            let header = header(&bytes, 7).unwrap();
            prop_assert_eq!((header.sequence, header.arrived_at.as_nanos()), (42, -5));
            prop_assert_eq!(header.frame_length(), bytes.len() as u64);
            prop_assert!(header.fits(&bytes[HEADER..]));
            let body = Body::new(bytes[HEADER..].to_vec().into());
            let identity = (event.source(), event.subject(), event.id());
            prop_assert_eq!(body.identity(), Some(identity));
            prop_assert_eq!(body.event(), Some(event));
        }

        #[test]
        fn any_bytes_are_read_without_harm(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let body = Body::new(bytes.into());
            let _ = (body.identity().is_some(), body.event());
        }

        #[test]
        fn a_changed_byte_is_noticed(event in event(), at in any::<prop::sample::Index>()) {
            let mut bytes = frame(&event);
            let at = at.index(bytes.len());
            bytes[at] ^= 0x10;
            let intact = header(&bytes, 7).is_some_and(|header| header.fits(&bytes[HEADER..]));
            prop_assert!(!intact);
        }
    }

    #[test]
    fn a_frame_of_another_segment_is_not_taken_for_one_of_this() {
        let bytes = frame(&Event::builder("1", "shop", "paid").build());
        assert!(header(&bytes, 8).is_none());
    }

    #[test]
    fn an_event_beyond_the_limit_is_refused_for_good() {
        let event = Event::builder("1", "shop", "paid")
            .data(vec![0; MAX_EVENT_BYTES + 1])
            .build();
        let error = Frame::of(&event).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TooLarge);
        assert!(!error.is_transient());
    }
}
