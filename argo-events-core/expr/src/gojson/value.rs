//! A decoded document as a tree, for those who walk one.

use super::{
    Error, Escaping, MAX_TREE_DEPTH, encode_f64_into, encode_string_with,
    tape::{Node, Tape},
};
use std::collections::BTreeMap;

/// A JSON value as Go decodes it: numbers are doubles, members are sorted.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Value {
    /// `null`.
    #[default]
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// Any number.
    Number(f64),
    /// A text; broken characters were replaced by U+FFFD.
    String(String),
    /// A list.
    Array(Vec<Value>),
    /// Members by name.
    Object(BTreeMap<String, Value>),
}

/// Decodes a document.
///
/// ```
/// use argo_events_expr::gojson::{Value, decode};
/// let Value::Object(members) = decode(br#"{"a":1,"a":2}"#)? else { panic!() };
/// assert_eq!(members["a"], Value::Number(2.0));
/// # Ok::<(), argo_events_expr::gojson::Error>(())
/// ```
///
/// # Errors
/// When the document is not JSON, has a number that no double can hold, or nests deeper than
/// [`MAX_TREE_DEPTH`].
pub fn decode(document: &[u8]) -> Result<Value, Error> {
    let tape = Tape::read(document)?.numbers_fit()?;
    if tape.depth > MAX_TREE_DEPTH {
        return Err(Error::TooDeep);
    }
    Ok(tree(&tape.nodes, &mut 0))
}

/// Takes the value at a place of the tape and moves the place behind it.
fn tree(nodes: &[Node<'_>], at: &mut usize) -> Value {
    let node = &nodes[*at];
    *at += 1;
    match node {
        Node::Null => Value::Null,
        Node::Boolean(truth) => Value::Bool(*truth),
        Node::Number(number) => Value::Number(*number),
        Node::String(text) | Node::Key(text) => Value::String(text.clone().into_owned()),
        Node::Array { end } => {
            let mut elements = Vec::new();
            while *at < *end {
                elements.push(tree(nodes, at));
            }
            Value::Array(elements)
        }
        Node::Object { end } => {
            let mut members = BTreeMap::new();
            while *at < *end {
                let Value::String(name) = tree(nodes, at) else {
                    continue;
                };
                members.insert(name, tree(nodes, at));
            }
            Value::Object(members)
        }
    }
}

/// Encodes a value.
///
/// # Errors
/// When a number is infinite or NaN, or the value nests deeper than [`MAX_TREE_DEPTH`].
pub fn encode(value: &Value) -> Result<Vec<u8>, Error> {
    let mut out = Vec::new();
    encode_into(&mut out, value, Escaping::Html)?;
    Ok(out)
}

/// Appends an encoded value, with a choice of escaping; after an error the rest may be incomplete.
///
/// # Errors
/// When a number is infinite or NaN, or the value nests deeper than [`MAX_TREE_DEPTH`].
pub fn encode_into(out: &mut Vec<u8>, value: &Value, escaping: Escaping) -> Result<(), Error> {
    push(out, value, escaping, 0)
}

fn push(out: &mut Vec<u8>, value: &Value, escaping: Escaping, depth: usize) -> Result<(), Error> {
    if depth > MAX_TREE_DEPTH {
        return Err(Error::TooDeep);
    }
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Bool(true) => out.extend_from_slice(b"true"),
        Value::Bool(false) => out.extend_from_slice(b"false"),
        Value::Number(number) => encode_f64_into(out, *number)?,
        Value::String(text) => encode_string_with(out, text, escaping),
        Value::Array(elements) => {
            out.push(b'[');
            for (place, element) in elements.iter().enumerate() {
                separate(out, place);
                push(out, element, escaping, depth + 1)?;
            }
            out.push(b']');
        }
        Value::Object(members) => {
            out.push(b'{');
            for (place, (name, member)) in members.iter().enumerate() {
                separate(out, place);
                encode_string_with(out, name, escaping);
                out.push(b':');
                push(out, member, escaping, depth + 1)?;
            }
            out.push(b'}');
        }
    }
    Ok(())
}

fn separate(out: &mut Vec<u8>, place: usize) {
    if place > 0 {
        out.push(b',');
    }
}

#[cfg(test)]
mod tests {
    use super::{super::recode, *};
    use proptest::prelude::*;

    #[test]
    fn trees_have_a_limit_of_their_own() {
        let nested = |depth: usize| [vec![b'['; depth], vec![b']'; depth]].concat();
        let deepest = decode(&nested(MAX_TREE_DEPTH)).expect("within the limit");
        assert_eq!(encode(&deepest), Ok(nested(MAX_TREE_DEPTH)));
        assert_eq!(decode(&nested(MAX_TREE_DEPTH + 1)), Err(Error::TooDeep));
    }

    proptest! {
        #[test]
        fn trees_and_tapes_agree(document in r#"[\[\]{}",:\\0-9a-eu. -]{0,12}"#) {
            let tree = decode(document.as_bytes()).and_then(|value| encode(&value));
            prop_assert_eq!(tree, recode(document.as_bytes()));
        }
    }
}
