//! Writes values as JSON: as programs see it, and as Go writes the result.

use super::{MAX_NESTING, Value};
use crate::{
    gojson::{self, Escaping, encode_f64_into, encode_string_with},
    jq::{Limit, Meter},
};
use std::fmt::Write;

/// Says that a text grew to its limit.
pub(in crate::jq) struct Full;

/// Writes a value as `tojson` does: NaN is null, infinities are the largest doubles.
pub(in crate::jq) fn encode(value: &Value, meter: &Meter) -> Result<Vec<u8>, Limit> {
    let mut writer = Writer {
        out: Vec::new(),
        limit: meter.room(),
    };
    let written = writer.push(value);
    meter.work(writer.out.len() / 8)?;
    meter.allocate(writer.out.len())?;
    match written {
        Ok(()) => Ok(writer.out),
        Err(Full) => Err(meter.out_of_memory()),
    }
}

/// Writes the first bytes of a value.
pub(in crate::jq) fn encode_limited(value: &Value, limit: usize) -> Vec<u8> {
    let mut writer = Writer {
        out: Vec::new(),
        limit,
    };
    if writer.push(value).is_err() {
        writer.out.truncate(limit);
    }
    writer.out
}

struct Writer {
    out: Vec<u8>,
    limit: usize,
}

impl Writer {
    fn push(&mut self, value: &Value) -> Result<(), Full> {
        match value {
            Value::Null => self.raw(b"null"),
            Value::Bool(true) => self.raw(b"true"),
            Value::Bool(false) => self.raw(b"false"),
            Value::Int(number) => self.raw(number.to_string().as_bytes()),
            Value::Float(number) => self.float(*number),
            Value::Big(number) => self.raw(number.to_string().as_bytes()),
            // What is half deleted is shown up to there.
            _ if value.is_hole() => Err(Full),
            Value::Literal(spelling) => self.raw(spelling),
            Value::Text(text) => self.text(text),
            Value::Array(list) => {
                self.raw(b"[")?;
                for (place, element) in list.as_slice().iter().enumerate() {
                    self.separate(place)?;
                    self.push(element)?;
                }
                self.raw(b"]")
            }
            Value::Object(object) => {
                self.raw(b"{")?;
                for (place, (name, member)) in object.members().iter().enumerate() {
                    self.separate(place)?;
                    self.text(name)?;
                    self.raw(b":")?;
                    self.push(member)?;
                }
                self.raw(b"}")
            }
        }
    }

    fn raw(&mut self, bytes: &[u8]) -> Result<(), Full> {
        self.out.extend_from_slice(bytes);
        if self.out.len() < self.limit {
            Ok(())
        } else {
            Err(Full)
        }
    }

    fn separate(&mut self, place: usize) -> Result<(), Full> {
        if place > 0 { self.raw(b",") } else { Ok(()) }
    }

    fn float(&mut self, number: f64) -> Result<(), Full> {
        let number = number.clamp(-f64::MAX, f64::MAX);
        if encode_f64_into(&mut self.out, number).is_err() {
            return self.raw(b"null");
        }
        self.raw(b"")
    }

    fn text(&mut self, text: &[u8]) -> Result<(), Full> {
        self.raw(b"\"")?;
        let mut rest = text;
        while !rest.is_empty() {
            let plain = rest.iter().position(|byte| !is_plain(*byte));
            let (head, tail) = rest.split_at(plain.unwrap_or(rest.len()));
            // A text much longer than the limit is not copied whole.
            self.raw(&head[..head.len().min(self.limit)])?;
            rest = tail;
            let Some(byte) = rest.first() else { break };
            if byte.is_ascii() {
                self.escape(*byte)?;
                rest = &rest[1..];
            } else {
                rest = self.character(rest)?;
            }
        }
        self.raw(b"\"")
    }

    fn escape(&mut self, byte: u8) -> Result<(), Full> {
        let letter = match byte {
            b'"' | b'\\' => byte,
            0x08 => b'b',
            0x0c => b'f',
            b'\n' => b'n',
            b'\r' => b'r',
            b'\t' => b't',
            _ => {
                let mut escape = String::new();
                // Writing to a string cannot fail.
                let _ = write!(escape, "\\u{byte:04x}");
                return self.raw(escape.as_bytes());
            }
        };
        self.raw(&[b'\\', letter])
    }

    /// Writes a character that is not ASCII, or stands in for a byte that is none.
    fn character<'t>(&mut self, text: &'t [u8]) -> Result<&'t [u8], Full> {
        let Some(rune) = crate::gostrconv::decode_rune(text) else {
            return Ok(text);
        };
        let (character, rest) = text.split_at(rune.width);
        self.raw(if rune.valid { character } else { b"\\ufffd" })?;
        Ok(rest)
    }
}

fn is_plain(byte: u8) -> bool {
    matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\'
}

/// Appends a value as Go's encoder writes it: `<`, `>` and `&` escaped, NaN and infinities refused.
pub(in crate::jq) fn push_go(
    out: &mut Vec<u8>,
    value: &Value,
    limit: usize,
) -> Result<(), GoError> {
    if value.nesting() > MAX_NESTING {
        return Err(GoError::Value(gojson::Error::TooDeep));
    }
    if out.len() > limit {
        return Err(GoError::Full);
    }
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Object(object) if object.is_absent() => out.extend_from_slice(b"null"),
        Value::Bool(true) => out.extend_from_slice(b"true"),
        Value::Bool(false) => out.extend_from_slice(b"false"),
        Value::Int(number) => out.extend_from_slice(number.to_string().as_bytes()),
        Value::Float(number) => encode_f64_into(out, *number).map_err(GoError::Value)?,
        Value::Big(number) => out.extend_from_slice(number.to_string().as_bytes()),
        Value::Literal(spelling) => out.extend_from_slice(spelling),
        Value::Text(text) => encode_string_with(out, text, Escaping::Html),
        Value::Array(list) => {
            out.push(b'[');
            for (place, element) in list.as_slice().iter().enumerate() {
                if place > 0 {
                    out.push(b',');
                }
                push_go(out, element, limit)?;
            }
            out.push(b']');
        }
        Value::Object(object) => push_go_members(out, object, limit)?,
    }
    Ok(())
}

fn push_go_members(out: &mut Vec<u8>, object: &super::Object, limit: usize) -> Result<(), GoError> {
    out.push(b'{');
    for (place, (name, member)) in object.members().iter().enumerate() {
        if place > 0 {
            out.push(b',');
        }
        encode_string_with(out, name, Escaping::Html);
        out.push(b':');
        push_go(out, member, limit)?;
    }
    out.push(b'}');
    Ok(())
}

/// Says why a value was not written.
pub(in crate::jq) enum GoError {
    Value(gojson::Error),
    Full,
}
