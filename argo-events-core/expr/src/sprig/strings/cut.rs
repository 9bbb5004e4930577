//! Pieces of texts, counted in bytes: a character may be cut in two.

use super::super::{
    Outcome,
    arguments::{int, text},
};
use crate::govalue::{Failure, Run, Text, Value};

/// What stands for the part that was cut off.
const ELLIPSIS: &[u8] = b"...";
/// The least width of an abbreviation.
const LEAST_WIDTH: i64 = 4;
/// The least width of an abbreviation at both ends.
const LEAST_WIDTH_BOTH: i64 = 7;

pub(super) fn trunc(run: &mut Run, arguments: &[Value]) -> Outcome {
    let (count, whole) = (int(arguments, 0)?, text(run, arguments, 1)?);
    let length = length_of(whole);
    let kept = if count < 0 && length.wrapping_add(count) > 0 {
        &whole[index(length + count)..]
    } else if count >= 0 && length > count {
        &whole[..index(count)]
    } else {
        whole
    };
    Ok(whole.piece(kept).into())
}

/// Gives the bytes from a place to another one; a negative start is the beginning, a negative end
/// is the end.
pub(super) fn substr(run: &mut Run, arguments: &[Value]) -> Outcome {
    let (start, end) = (int(arguments, 0)?, int(arguments, 1)?);
    let whole = text(run, arguments, 2)?;
    let length = length_of(whole);
    let (start, end) = if start < 0 {
        (0, end)
    } else if end < 0 || end > length {
        (start, length)
    } else {
        (start, end)
    };
    check_bounds(start, end, length)?;
    Ok(whole.piece(&whole[index(start)..index(end)]).into())
}

fn check_bounds(start: i64, end: i64, length: i64) -> Result<(), Failure> {
    let range = if end < 0 {
        format!("[:{end}]")
    } else if end > length {
        format!("[:{end}] with length {length}")
    } else if start > end {
        format!("[{start}:{end}]")
    } else {
        return Ok(());
    };
    Err(format!("runtime error: slice bounds out of range {range}").into())
}

pub(super) fn abbrev(run: &mut Run, arguments: &[Value]) -> Outcome {
    let (width, whole) = (int(arguments, 0)?, text(run, arguments, 1)?);
    if width < LEAST_WIDTH {
        return Ok(whole.clone().into());
    }
    abbreviated(run, whole, 0, width)
}

pub(super) fn abbrevboth(run: &mut Run, arguments: &[Value]) -> Outcome {
    let (left, right) = (int(arguments, 0)?, int(arguments, 1)?);
    let whole = text(run, arguments, 2)?;
    if right < LEAST_WIDTH || left > 0 && right < LEAST_WIDTH_BOTH {
        return Ok(whole.clone().into());
    }
    abbreviated(run, whole, left, right)
}

/// Cuts a text to a width, at the left only if what is wanted lies far enough inside.
fn abbreviated(run: &mut Run, whole: &Text, offset: i64, width: i64) -> Outcome {
    let length = length_of(whole);
    if length <= width {
        return Ok(whole.clone().into());
    }
    run.charge(index(width))?;
    let shown = width - 3;
    let mut offset = offset.min(length);
    if length.wrapping_sub(offset) < shown {
        offset = length - shown;
    }
    if offset <= LEAST_WIDTH {
        return Ok([&whole[..index(shown)], ELLIPSIS].concat().into());
    }
    if width < LEAST_WIDTH_BOTH {
        return Ok("".into());
    }
    if offset + shown < length {
        let rest = whole.piece(&whole[index(offset)..]);
        let Value::String(end) = abbreviated(run, &rest, 0, shown)? else {
            return Ok("".into());
        };
        return Ok([ELLIPSIS, &end].concat().into());
    }
    Ok([ELLIPSIS, &whole[index(length - shown)..]].concat().into())
}

fn length_of(text: &[u8]) -> i64 {
    i64::try_from(text.len()).expect("memory is smaller")
}

fn index(place: i64) -> usize {
    usize::try_from(place).expect("checked to lie within the text")
}
