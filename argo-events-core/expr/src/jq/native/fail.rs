//! What builtins say when they fail, in gojq's words.

use crate::jq::{
    Failure,
    value::{Value, preview, typed_preview},
};
use std::fmt::Display;

pub(in crate::jq) fn not_for(name: &str, value: &Value) -> Failure {
    format!("{name} cannot be applied to: {}", typed_preview(value)).into()
}

pub(super) fn not_for_1(name: &str, value: &Value, argument: &Value) -> Failure {
    let (argument, value) = (preview(argument), typed_preview(value));
    format!("{name}({argument}) cannot be applied to: {value}").into()
}

pub(super) fn not_for_2(name: &str, value: &Value, first: &Value, second: &Value) -> Failure {
    let (first, second, value) = (preview(first), preview(second), typed_preview(value));
    format!("{name}({first}; {second}) cannot be applied to: {value}").into()
}

pub(super) fn because(name: &str, value: &Value, reason: impl Display) -> Failure {
    format!("{name} cannot be applied to {}: {reason}", preview(value)).into()
}

pub(super) fn because_1(
    name: &str,
    value: &Value,
    argument: &Value,
    reason: impl Display,
) -> Failure {
    let (argument, value) = (preview(argument), preview(value));
    format!("{name}({argument}) cannot be applied to {value}: {reason}").into()
}

pub(super) fn because_2(
    name: &str,
    value: &Value,
    arguments: [&Value; 2],
    reason: impl Display,
) -> Failure {
    let [first, second] = arguments.map(preview);
    let value = preview(value);
    format!("{name}({first}; {second}) cannot be applied to {value}: {reason}").into()
}

pub(in crate::jq) fn expected_array(value: &Value) -> Failure {
    format!("expected an array but got: {}", typed_preview(value)).into()
}

pub(super) fn expected_object(value: &Value) -> Failure {
    format!("expected an object but got: {}", typed_preview(value)).into()
}

pub(super) fn expected_start_and_end(value: &Value) -> Failure {
    let shown = typed_preview(value);
    format!("expected \"start\" and \"end\" for slicing but got: {shown}").into()
}

pub(super) fn array_index_not_number(key: &Value) -> Failure {
    let shown = typed_preview(key);
    format!("expected a number for indexing an array but got: {shown}").into()
}

pub(super) fn string_index_not_number(key: &Value) -> Failure {
    let shown = typed_preview(key);
    format!("expected a number for indexing a string but got: {shown}").into()
}

pub(in crate::jq) fn object_key_not_string(key: &Value) -> Failure {
    let shown = typed_preview(key);
    format!("expected a string for object key but got: {shown}").into()
}

pub(super) fn cannot(verb: &str, left: &Value, right: &Value) -> Failure {
    let (left, right) = (typed_preview(left), typed_preview(right));
    format!("cannot {verb}: {left} and {right}").into()
}

/// Gives the words of a failure that another one quotes.
pub(super) fn reason(failure: Failure) -> Result<String, Failure> {
    match failure {
        Failure::Message(message) => Ok(message),
        other => Err(other),
    }
}
