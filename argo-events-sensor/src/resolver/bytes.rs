//! The few shapes of which checkpoint records are made: numbers, times, texts, events.
//!
//! Numbers are seven bits to a byte, lowest first; texts and events carry their length. Reading
//! never panics and never reserves more than what is there, whatever the bytes are.

use argo_events_core::{Error, ErrorKind, Event, Result, Timestamp, event::codec};
use bytes::{Buf as _, Bytes};
use std::sync::Arc;

/// The first byte of every record; another one means another layout.
const VERSION: u8 = 1;

/// No series gets this far: it would take a firing per nanosecond for a century.
const LAST_SERIAL: u64 = 1 << 62;

/// Appends what each resolver's record begins with.
pub(crate) fn put_head(out: &mut Vec<u8>, everything: bool) {
    out.extend([VERSION, u8::from(everything)]);
}

/// Appends a number.
pub(crate) fn put_number(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// Appends a count or a length.
pub(crate) fn put_count(out: &mut Vec<u8>, count: usize) {
    put_number(out, count as u64);
}

/// Appends a time.
pub(crate) fn put_time(out: &mut Vec<u8>, at: Timestamp) {
    out.extend_from_slice(&at.as_nanos().to_le_bytes());
}

/// Appends bytes after their length.
pub(crate) fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put_count(out, bytes.len());
    out.extend_from_slice(bytes);
}

/// Appends an event in its form on the wire.
pub(crate) fn put_event(out: &mut Vec<u8>, event: &Event) {
    put_bytes(out, &codec::encode(event));
}

/// Makes the error of a record that says something impossible.
pub(crate) fn invalid(what: &str) -> Error {
    Error::permanent(
        ErrorKind::PayloadInvalid,
        format!("not a checkpoint record: {what}"),
    )
    .during("restore")
}

/// Reads what the functions of this module wrote.
#[derive(Clone, Debug)]
pub(crate) struct Reader(Bytes);

impl Reader {
    pub(crate) fn new(record: &Bytes) -> Self {
        Self(record.clone())
    }

    /// Reads the head of a resolver's record: whether it replaces everything before.
    pub(crate) fn head(&mut self) -> Result<bool> {
        match self.byte()? {
            VERSION => self.flag(),
            other => Err(invalid(&format!("version {other} is unknown"))),
        }
    }

    pub(crate) fn flag(&mut self) -> Result<bool> {
        match self.byte()? {
            flag @ 0..=1 => Ok(flag == 1),
            _ => Err(invalid("a flag is neither 0 nor 1")),
        }
    }

    /// Reads eight bytes that are no number to count with.
    pub(crate) fn fixed(&mut self) -> Result<u64> {
        self.0
            .try_get_u64_le()
            .map_err(|_| invalid("it ends too early"))
    }

    pub(crate) fn byte(&mut self) -> Result<u8> {
        self.0
            .try_get_u8()
            .map_err(|_| invalid("it ends too early"))
    }

    pub(crate) fn number(&mut self) -> Result<u64> {
        let mut number = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            if bits << shift >> shift != bits {
                break;
            }
            number |= bits << shift;
            if byte < 0x80 {
                return Ok(number);
            }
        }
        Err(invalid("a number is too large"))
    }

    /// Reads a number of a series that goes on from there.
    pub(crate) fn serial(&mut self) -> Result<u64> {
        match self.number()? {
            number @ 0..LAST_SERIAL => Ok(number),
            _ => Err(invalid("a series has come to its end")),
        }
    }

    /// Reads a count of things of which each takes at least one byte.
    pub(crate) fn count(&mut self) -> Result<usize> {
        match usize::try_from(self.number()?) {
            Ok(count) if count <= self.0.len() => Ok(count),
            _ => Err(invalid("it ends too early")),
        }
    }

    /// Reads a number below a limit that fits a place.
    pub(crate) fn place(&mut self, limit: usize) -> Result<u16> {
        match u16::try_from(self.number()?) {
            Ok(place) if usize::from(place) < limit => Ok(place),
            _ => Err(invalid("a dependency is out of range")),
        }
    }

    pub(crate) fn time(&mut self) -> Result<Timestamp> {
        let nanos = self
            .0
            .try_get_i64_le()
            .map_err(|_| invalid("it ends too early"))?;
        Ok(Timestamp::from_nanos(nanos))
    }

    pub(crate) fn bytes(&mut self) -> Result<Bytes> {
        let length = self.count()?;
        Ok(self.0.split_to(length))
    }

    pub(crate) fn text(&mut self) -> Result<String> {
        String::from_utf8(self.bytes()?.into()).map_err(|_| invalid("a name is not UTF-8"))
    }

    pub(crate) fn event(&mut self) -> Result<Arc<Event>> {
        let bytes = self.bytes()?;
        let event = codec::decode(&bytes)
            .map_err(|error| invalid("it holds a broken event").caused_by(error))?;
        Ok(Arc::new(event))
    }

    /// Reads a count and then so many things.
    pub(crate) fn list<T>(&mut self, read: impl Fn(&mut Self) -> Result<T>) -> Result<Vec<T>> {
        let count = self.count()?;
        (0..count).map(|_| read(self)).collect()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Says that nothing may follow.
    pub(crate) fn end(&self) -> Result<()> {
        match self.0.is_empty() {
            true => Ok(()),
            false => Err(invalid("something follows its end")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn numbers_come_back(number: u64, text: String, nanos: i64) {
            let mut out = Vec::new();
            put_number(&mut out, number);
            put_bytes(&mut out, text.as_bytes());
            put_time(&mut out, Timestamp::from_nanos(nanos));
            let mut reader = Reader::new(&out.into());
            prop_assert_eq!(reader.number().unwrap(), number);
            prop_assert_eq!(reader.text().unwrap(), text);
            prop_assert_eq!(reader.time().unwrap().as_nanos(), nanos);
            reader.end().unwrap();
        }
    }

    #[test]
    fn a_length_beyond_the_end_is_an_error() {
        let mut out = Vec::new();
        put_number(&mut out, u64::MAX);
        assert!(Reader::new(&out.clone().into()).bytes().is_err());
        assert!(Reader::new(&vec![0xff; 11].into()).number().is_err());
        assert!(Reader::new(&Bytes::new()).time().is_err());
    }
}
