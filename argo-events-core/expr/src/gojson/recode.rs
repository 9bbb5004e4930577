//! Decodes a document and encodes it again.

use super::{
    Error, encode_f64_into, encode_string_into,
    tape::{Node, Tape},
};

/// Decodes a document and encodes it as Go does: blanks gone, keys sorted by bytes, the last of
/// equal keys kept, numbers and strings in Go's form.
///
/// ```
/// use argo_events_expr::gojson::recode;
/// assert_eq!(recode(br#"{"b": 1e3, "a": "<"}"#)?, br#"{"a":"\u003c","b":1000}"#);
/// # Ok::<(), argo_events_expr::gojson::Error>(())
/// ```
///
/// # Errors
/// When the document is not JSON or has a number that no double can hold.
pub fn recode(document: &[u8]) -> Result<Vec<u8>, Error> {
    let tape = Tape::read(document)?.numbers_fit()?;
    write(&tape, document.len())
}

/// Does what [`recode`] does, but takes objects and `null` only.
///
/// # Errors
/// When the document is not JSON, is something else, or has a number that no double can hold.
pub fn recode_object(document: &[u8]) -> Result<Vec<u8>, Error> {
    let tape = Tape::read(document)?;
    let found = match tape.nodes.first() {
        Some(Node::Array { .. }) => "array",
        Some(Node::String(_)) => "string",
        Some(Node::Number(_)) => "number",
        Some(Node::Boolean(_)) => "bool",
        _ => return write(&tape.numbers_fit()?, document.len()),
    };
    Err(Error::NotAnObject(found))
}

/// What remains to be written of an open container.
enum Open {
    Array { next: usize, end: usize },
    Object { members: std::vec::IntoIter<usize> },
}

fn write(tape: &Tape<'_>, size: usize) -> Result<Vec<u8>, Error> {
    let mut out = Vec::with_capacity(size);
    let mut open = Vec::new();
    start(&mut out, tape, 0, &mut open)?;
    while let Some(container) = open.last_mut() {
        let value = match container {
            Open::Array { next, end } if *next < *end => {
                let value = *next;
                *next = tape.after(value);
                separate(&mut out, b'[');
                value
            }
            Open::Object { members } if members.len() > 0 => {
                let key = members.next().unwrap_or_default();
                separate(&mut out, b'{');
                encode_string_into(&mut out, tape.key(key));
                out.push(b':');
                key + 1
            }
            Open::Array { .. } => {
                out.push(b']');
                open.pop();
                continue;
            }
            Open::Object { .. } => {
                out.push(b'}');
                open.pop();
                continue;
            }
        };
        start(&mut out, tape, value, &mut open)?;
    }
    Ok(out)
}

/// Puts a comma unless the container has just been opened.
fn separate(out: &mut Vec<u8>, opening: u8) {
    // A value never ends in an opening bracket: strings end in a quote.
    if out.last() != Some(&opening) {
        out.push(b',');
    }
}

/// Writes a scalar, or opens a container.
fn start(out: &mut Vec<u8>, tape: &Tape<'_>, at: usize, open: &mut Vec<Open>) -> Result<(), Error> {
    match &tape.nodes[at] {
        Node::Null => out.extend_from_slice(b"null"),
        Node::Boolean(true) => out.extend_from_slice(b"true"),
        Node::Boolean(false) => out.extend_from_slice(b"false"),
        Node::Number(number) => encode_f64_into(out, *number)?,
        Node::String(text) | Node::Key(text) => encode_string_into(out, text.as_ref()),
        Node::Array { end } => {
            out.push(b'[');
            open.push(Open::Array {
                next: at + 1,
                end: *end,
            });
        }
        Node::Object { .. } => {
            out.push(b'{');
            open.push(Open::Object {
                members: tape.sorted_members(at).into_iter(),
            });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{super::MAX_DEPTH, *};
    use proptest::prelude::*;

    fn recoded(document: &str) -> String {
        match recode(document.as_bytes()) {
            Ok(out) => String::from_utf8(out).expect("encoded JSON is UTF-8"),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn keys_are_sorted_and_the_last_duplicate_wins() {
        for (document, out) in [
            (r#" { "b" : [ ] , "a" : { } } "#, r#"{"a":{},"b":[]}"#),
            (r#"{"a":{"x":1},"b":2,"\u0061":3}"#, r#"{"a":3,"b":2}"#),
            (r#"{"\ud800":1,"\ud801":2}"#, "{\"\u{fffd}\":2}"),
            (
                r#"[[1,[2,3]],{"k":[{}]},"["]"#,
                r#"[[1,[2,3]],{"k":[{}]},"["]"#,
            ),
            (
                r#"[1.50, -0, 1e400]"#,
                "json: cannot unmarshal number 1e400 into Go value of type float64",
            ),
            ("[1e400", "unexpected end of JSON input"),
        ] {
            assert_eq!(recoded(document), out);
        }
    }

    #[test]
    fn only_objects_and_null_are_objects() {
        assert_eq!(recode_object(b" null "), Ok(b"null".to_vec()));
        for document in ["[1e400]", "1e400", "true", "\"a\""] {
            assert!(matches!(
                recode_object(document.as_bytes()),
                Err(Error::NotAnObject(_))
            ));
        }
    }

    #[test]
    fn the_deepest_document_is_recoded_on_a_small_stack() {
        let document = [vec![b'['; MAX_DEPTH], vec![b']'; MAX_DEPTH]].concat();
        let recoded = std::thread::Builder::new()
            .stack_size(64 * 1024)
            .spawn({
                let document = document.clone();
                move || recode(&document)
            })
            .expect("a thread starts")
            .join();
        assert_eq!(recoded.ok(), Some(Ok(document)));
    }

    proptest! {
        #[test]
        fn recoding_twice_changes_nothing(document in r#"[\[\]{}",:\\0-9a-eu. -]{0,12}"#) {
            if let Ok(once) = recode(document.as_bytes()) {
                prop_assert_eq!(recode(&once), Ok(once));
            }
        }
    }
}
