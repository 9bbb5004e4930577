//! Lines of at most so many bytes.

use super::super::{
    Outcome,
    arguments::{int, text},
    text::find,
};
use crate::govalue::{Failure, Run, Text, Value};
use memchr::memrchr;

/// Breaks lines at blanks; longer words stay whole.
pub(super) fn wrap(run: &mut Run, arguments: &[Value]) -> Outcome {
    let whole = text(run, arguments, 1)?;
    Ok(wrapped(run, whole, int(arguments, 0)?, b"\n", false)?.into())
}

/// Breaks lines at blanks and inside longer words, with a text of one's own.
pub(super) fn wrap_with(run: &mut Run, arguments: &[Value]) -> Outcome {
    let (separator, whole) = (text(run, arguments, 1)?, text(run, arguments, 2)?);
    let separator = match separator.as_bytes() {
        b"" => b"\n",
        separator => separator,
    };
    Ok(wrapped(run, whole, int(arguments, 0)?, separator, true)?.into())
}

fn wrapped(
    run: &mut Run,
    whole: &Text,
    width: i64,
    separator: &[u8],
    breaks_words: bool,
) -> Result<Text, Failure> {
    let width = usize::try_from(width).unwrap_or(0).max(1);
    let mut rest = whole.as_bytes();
    let mut lines = Vec::new();
    run.charge(whole.len())?;
    while rest.len() > width {
        if rest[0] == b' ' {
            rest = &rest[1..];
            continue;
        }
        let (line, skipped) = match memrchr(b' ', &rest[..=width]) {
            Some(blank) => (blank, 1),
            None if breaks_words => (width, 0),
            None => match find(&rest[width..], b" ") {
                Some(blank) => (width + blank, 1),
                None => break,
            },
        };
        run.charge(separator.len())?;
        lines.extend_from_slice(&rest[..line]);
        lines.extend_from_slice(separator);
        rest = &rest[line + skipped..];
    }
    lines.extend_from_slice(rest);
    Ok(lines.into())
}
