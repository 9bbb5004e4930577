//! Writes values into JSON by paths such as `spec.parameters.0.value`, as `tidwall/sjson` 1.2 does.
//!
//! What a path does not touch stays byte for byte, blanks and repeated names included. The document
//! is not checked: a broken one gives something, but perhaps no JSON ([`gjson::valid`] tells).
//! Reading by paths is [`gjson`](crate::gjson)'s business.
//!
//! On purpose different: an index far beyond an array's end is refused instead of filling memory
//! with nulls, and so are paths that are too long or too deep. A member whose name begins with a
//! quote is deleted as any other, where the library cuts too much or too little.
//!
//! [`gjson::valid`]: crate::gjson::valid

mod edit;
mod error;
mod insert;
mod matches;
mod path;
mod remove;
#[cfg(test)]
mod tests;

pub use error::Error;
pub use path::Path;

use crate::{
    gojson,
    gostrconv::{FloatFormat, format_float},
};

/// How many nulls may be written in front of an element whose index is beyond the end.
pub const MAX_PADDING: usize = 65_536;

/// Writes a value and gives the new document.
///
/// A number is written without an exponent, everything else as [`gojson::encode`] does, but a text
/// as [`set_string`] does.
///
/// ```
/// use argo_events_expr::{gojson::Value, sjson};
/// let json = sjson::set(r#"{"a": 1}"#, "b.0", &Value::Bool(true))?;
/// assert_eq!(json, br#"{"a": 1,"b":[true]}"#);
/// # Ok::<(), sjson::Error>(())
/// ```
///
/// # Errors
/// When the path is empty, too long or too deep, when it asks an array for a name or for an index
/// far beyond its end, and when the value has no JSON form.
pub fn set(
    json: impl AsRef<[u8]>,
    path: impl AsRef<[u8]>,
    value: &gojson::Value,
) -> Result<Vec<u8>, Error> {
    Path::parse(path)?.set(json, value)
}

/// Writes a text and gives the new document.
///
/// Only a text with control characters, quotes, backslashes or characters beyond ASCII is encoded
/// as Go does, where `<`, `>` and `&` are escaped too; any other is copied.
///
/// ```
/// use argo_events_expr::sjson;
/// assert_eq!(sjson::set_string("[1]", "-1", "<b>")?, br#"[1,"<b>"]"#);
/// assert_eq!(sjson::set_string("[1]", "0", "<é>")?, r#"["\u003cé\u003e"]"#.as_bytes());
/// # Ok::<(), sjson::Error>(())
/// ```
///
/// # Errors
/// As [`set`].
pub fn set_string(
    json: impl AsRef<[u8]>,
    path: impl AsRef<[u8]>,
    text: impl AsRef<[u8]>,
) -> Result<Vec<u8>, Error> {
    Path::parse(path)?.set_string(json, text)
}

/// Writes text that is JSON already, without checking it, and gives the new document.
///
/// ```
/// use argo_events_expr::sjson;
/// assert_eq!(sjson::set_raw(r#"{"a":{}}"#, "a.b", "[1,2]")?, br#"{"a":{"b":[1,2]}}"#);
/// # Ok::<(), sjson::Error>(())
/// ```
///
/// # Errors
/// As [`set`].
pub fn set_raw(
    json: impl AsRef<[u8]>,
    path: impl AsRef<[u8]>,
    raw: impl AsRef<[u8]>,
) -> Result<Vec<u8>, Error> {
    Path::parse(path)?.set_raw(json, raw)
}

/// Removes a value and gives the new document, which is the old one if there is no such value.
///
/// ```
/// use argo_events_expr::sjson;
/// assert_eq!(sjson::delete(r#"{"a":[1,2],"b":3}"#, "a.-1")?, br#"{"a":[1],"b":3}"#);
/// # Ok::<(), sjson::Error>(())
/// ```
///
/// # Errors
/// When the path is empty, too long or too deep, or has wildcards, queries or modifiers.
pub fn delete(json: impl AsRef<[u8]>, path: impl AsRef<[u8]>) -> Result<Vec<u8>, Error> {
    Path::parse(path)?.delete(json)
}

/// Encodes a value that is no text.
fn encode(value: &gojson::Value) -> Result<Vec<u8>, Error> {
    match value {
        gojson::Value::Number(number) => {
            Ok(format_float(*number, FloatFormat::Fixed, None).into_bytes())
        }
        other => gojson::encode(other).map_err(Error::Value),
    }
}

/// Appends a text as a JSON string.
fn push_string(out: &mut Vec<u8>, text: &[u8]) {
    let encodes = |byte: &u8| matches!(byte, 0..=0x1f | b'"' | b'\\' | 0x80..);
    if text.iter().any(encodes) {
        gojson::encode_string_into(out, text);
        return;
    }
    out.push(b'"');
    out.extend_from_slice(text);
    out.push(b'"');
}
