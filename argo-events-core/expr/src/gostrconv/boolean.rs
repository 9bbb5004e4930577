//! The twelve words that are booleans.

use super::Error;

/// Reads a boolean: `1`, `t`, `T`, `true`, `TRUE`, `True` and the same six for false.
///
/// ```
/// use argo_events_expr::gostrconv::parse_bool;
/// assert_eq!(parse_bool("T"), Ok(true));
/// assert!(parse_bool("yes").is_err());
/// ```
///
/// # Errors
/// When the text is any other word.
pub fn parse_bool(text: impl AsRef<[u8]>) -> Result<bool, Error> {
    match text.as_ref() {
        b"1" | b"t" | b"T" | b"true" | b"TRUE" | b"True" => Ok(true),
        b"0" | b"f" | b"F" | b"false" | b"FALSE" | b"False" => Ok(false),
        other => Err(Error::syntax("ParseBool", other)),
    }
}
