//! Types, sizes, conversions, and ends of a program.

use super::{
    Host, Outcome,
    arithmetic::{absolute, add},
    fail::{because, not_for, not_for_1},
};
use crate::{
    gojson,
    jq::{
        Failure,
        syntax::is_number,
        value::{List, Text, Value, contains, decode_first, encode, parse_number, to_int},
    },
};

pub(super) fn length(host: &Host<'_>, value: Value) -> Outcome {
    let length = match &value {
        Value::Null => 0,
        Value::Text(text) => {
            host.meter.work(text.len() / 16)?;
            text.length()
        }
        Value::Array(list) => list.len(),
        Value::Object(object) => object.len(),
        _ => return absolute("length", value),
    };
    Ok(Value::Int(length as i64))
}

pub(super) fn byte_length(value: &Value) -> Outcome {
    match value {
        Value::Text(text) => Ok(Value::Int(text.len() as i64)),
        _ => Err(not_for("utf8bytelength", value)),
    }
}

pub(super) fn keys(host: &Host<'_>, value: &Value) -> Outcome {
    let keys: Vec<Value> = match value {
        Value::Array(list) => {
            host.meter.elements(list.len())?;
            (0..list.len() as i64).map(Value::Int).collect()
        }
        Value::Object(object) => {
            host.meter.elements(object.len())?;
            object.members().keys().cloned().map(Value::Text).collect()
        }
        _ => return Err(not_for("keys", value)),
    };
    Ok(Value::Array(List::new(keys)))
}

pub(super) fn has(value: &Value, key: &Value) -> Outcome {
    match (value, key) {
        (Value::Array(list), key) if key.is_number() => {
            let place = to_int(key).unwrap_or(-1);
            Ok(Value::Bool(0 <= place && place < list.len() as i64))
        }
        (Value::Object(object), Value::Text(name)) => Ok(Value::Bool(object.get(name).is_some())),
        (Value::Null, _) => Ok(Value::Bool(false)),
        _ => Err(not_for_1("has", value, key)),
    }
}

/// Gives the elements of a list or the members' values of an object.
pub(super) fn elements(value: &Value) -> Option<Vec<Value>> {
    match value {
        Value::Array(list) => Some(list.as_slice().to_vec()),
        Value::Object(object) => Some(object.members().values().cloned().collect()),
        _ => None,
    }
}

pub(super) fn sum(host: &Host<'_>, value: &Value) -> Outcome {
    let elements = elements(value).ok_or_else(|| not_for("add", value))?;
    host.meter.elements(elements.len())?;
    sum_of(host, elements)
}

/// Adds values up; texts and lists grow in place.
pub(super) fn sum_of(host: &Host<'_>, values: Vec<Value>) -> Outcome {
    let mut sum = Value::Null;
    let mut text: Option<Vec<u8>> = None;
    for value in values {
        match (&mut text, &mut sum, value) {
            (_, _, Value::Null) => {}
            (Some(text), _, Value::Text(more)) => {
                text.extend_from_slice(&more);
                host.meter.work(more.len() / 64)?;
                if text.len() > host.meter.room() {
                    return Err(host.meter.out_of_memory().into());
                }
            }
            (None, Value::Null, Value::Text(first)) => text = Some(first.to_vec()),
            (None, Value::Array(list), Value::Array(more)) => {
                let copied = if list.is_shared() { list.len() } else { 0 };
                host.meter.elements(copied + more.len())?;
                more.as_slice()
                    .iter()
                    .for_each(|value| list.push(value.clone()));
            }
            (_, _, value) => {
                if let Some(text) = text.take() {
                    sum = Value::Text(Text::from(text));
                }
                sum = add(host, std::mem::take(&mut sum), value)?;
            }
        }
    }
    if let Some(text) = text {
        host.meter.allocate(text.len())?;
        return Ok(Value::Text(Text::from(text)));
    }
    Ok(sum)
}

pub(super) fn to_boolean(value: Value) -> Outcome {
    match &value {
        Value::Bool(_) => Ok(value),
        Value::Text(text) => match &text[..] {
            b"true" => Ok(Value::Bool(true)),
            b"false" => Ok(Value::Bool(false)),
            _ => Err(because("toboolean", &value, "invalid boolean")),
        },
        _ => Err(not_for("toboolean", &value)),
    }
}

pub(super) fn to_number(host: &Host<'_>, value: Value) -> Outcome {
    match &value {
        Value::Text(text) => {
            host.meter.work(text.len() / 16)?;
            if !is_number(text) {
                return Err(because("tonumber", &value, "invalid number"));
            }
            Ok(parse_number(text))
        }
        _ if value.is_number() => Ok(value),
        _ => Err(not_for("tonumber", &value)),
    }
}

pub(super) fn to_text(host: &Host<'_>, value: Value) -> Result<Text, Failure> {
    match value {
        Value::Text(text) => Ok(text),
        value => Ok(Text::from(encode(&value, &host.meter)?)),
    }
}

pub(super) fn to_json(host: &Host<'_>, value: &Value) -> Outcome {
    Ok(Value::Text(Text::from(encode(value, &host.meter)?)))
}

pub(super) fn from_json(host: &Host<'_>, value: &Value) -> Outcome {
    let Value::Text(text) = value else {
        return Err(not_for("fromjson", value));
    };
    host.meter.work(text.len() / 4)?;
    host.meter.allocate(text.len().saturating_mul(2))?;
    let decoded = decode_first(text).map_err(|error| match error {
        gojson::Error::TooDeep => host.meter.trip(crate::jq::Limit::Nesting).into(),
        error => because("fromjson", value, stream_words(&error.to_string(), text)),
    })?;
    let is_blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r' | b'\n');
    if !decoded.rest.iter().all(is_blank) {
        return Err(not_for("fromjson", value));
    }
    Ok(decoded.value)
}

/// Gives Go's words for a text that ends too early, when it is read as a stream.
fn stream_words<'w>(words: &'w str, text: &[u8]) -> &'w str {
    match words {
        "unexpected end of JSON input" if text.iter().all(u8::is_ascii_whitespace) => "EOF",
        "unexpected end of JSON input" => "unexpected EOF",
        _ => words,
    }
}

pub(super) fn contains_value(host: &Host<'_>, value: &Value, part: &Value) -> Outcome {
    contains(value, part, &host.meter)
        .map(Value::Bool)
        .ok_or_else(|| not_for_1("contains", value, part))
}

pub(super) fn raise(value: Value, arguments: &mut [Value]) -> Outcome {
    let raised = arguments.first_mut().map_or(value, std::mem::take);
    Err(Failure::Raised(raised))
}

pub(super) fn halt(value: Value, code: Option<&Value>) -> Outcome {
    let code = match code {
        None => 5,
        Some(code) => to_int(code).ok_or_else(|| not_for("halt_error", code))?,
    };
    Err(Failure::Halted { value, code })
}

pub(super) fn builtins(host: &Host<'_>) -> Outcome {
    let names = crate::jq::compile::builtin_names();
    host.meter.elements(2 * names.len())?;
    let names = names
        .iter()
        .map(|(name, arity)| Value::text(format!("{name}/{arity}")));
    Ok(Value::Array(List::new(names.collect())))
}

pub(super) fn module_meta(value: &Value) -> Outcome {
    match value {
        Value::Text(name) => {
            let name = crate::gostrconv::quote(name);
            Err(format!("cannot load module: {name}").into())
        }
        _ => Err(not_for("modulemeta", value)),
    }
}
