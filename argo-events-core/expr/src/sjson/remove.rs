//! Cuts a member or an element out, with the comma that joined it to its neighbours.

use std::ops::Range;

/// Gives the document without a value, and without its name if it is a member.
pub(super) fn remove(json: &[u8], value: Range<usize>) -> Vec<u8> {
    let (kept, first) = before(&json[..value.start]);
    let mut rest = &json[value.end..];
    if first {
        rest = without_comma(rest);
    }
    [kept, rest].concat()
}

/// Cuts back to the bracket or comma before a value; tells whether it was a bracket.
fn before(head: &[u8]) -> (&[u8], bool) {
    let last = |head: &[u8], of: &[u8]| head.iter().rposition(|byte| of.contains(byte));
    let Some(at) = last(head, b"[,:") else {
        return (head, false);
    };
    match head[at] {
        b'[' => (head, true),
        b',' => (&head[..at], false),
        _ => name_start(&head[..at])
            .and_then(|name| last(&head[..name], b"{,"))
            .map_or((head, false), |at| {
                let bracket = head[at] == b'{';
                (&head[..at + usize::from(bracket)], bracket)
            }),
    }
}

/// Finds the opening quote of the name that stands before a colon.
fn name_start(head: &[u8]) -> Option<usize> {
    let mut at = head.iter().rposition(|byte| *byte == b'"')?;
    loop {
        at = head[..at].iter().rposition(|byte| *byte == b'"')?;
        match at.checked_sub(1) {
            Some(before) if head[before] == b'\\' => at = before,
            _ => return Some(at),
        }
    }
}

/// Drops the comma in front of the next value, with the blanks before it.
fn without_comma(rest: &[u8]) -> &[u8] {
    match rest.iter().position(|byte| *byte > b' ') {
        Some(at) if rest[at] == b',' => &rest[at + 1..],
        _ => rest,
    }
}
