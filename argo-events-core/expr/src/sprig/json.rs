//! JSON of values, and values of JSON.

use super::{
    Outcome,
    arguments::{any, text},
};
use crate::{
    gojson::{self, Escaping, encode_bytes_into, encode_f64_into, encode_string_with},
    govalue::{Failure, Function, Kind, List, MAX_DEPTH, Object, Run, Type, Value},
};

const ANY: &[Type] = &[Type::Any];

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("toJson", ANY, to_json),
    Function::new("mustToJson", ANY, must_to_json),
    Function::new("toPrettyJson", ANY, to_pretty_json),
    Function::new("mustToPrettyJson", ANY, must_to_pretty_json),
    Function::new("toRawJson", ANY, to_raw_json),
    Function::new("mustToRawJson", ANY, to_raw_json),
    Function::new("fromJson", &[Type::String], from_json),
    Function::new("mustFromJson", &[Type::String], must_from_json),
];

/// How encoded values look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// On one line, `<`, `>` and `&` escaped.
    Compact,
    /// On one line, only escaped where JSON must be.
    Raw,
    /// Every member and element on a line of its own, two blanks further in per level.
    Pretty,
}

/// Encodes a value as Go's `encoding/json` does.
///
/// ```
/// use argo_events_expr::{govalue::{Run, Value}, sprig::{Style, encode_json}};
/// let value = Value::from_json(r#"{"b": 1e0, "a": "<"}"#);
/// let encoded = encode_json(&mut Run::default(), &value, Style::Raw)?;
/// assert_eq!(encoded, br#"{"a":"<","b":1}"#);
/// # Ok::<(), argo_events_expr::govalue::Failure>(())
/// ```
///
/// # Errors
/// When a number is infinite or NaN, a value nests too deep or has no form in JSON, or a limit of
/// the run is reached.
pub fn encode(run: &mut Run, value: &Value, style: Style) -> Result<Vec<u8>, Failure> {
    let escaping = match style {
        Style::Raw => Escaping::Plain,
        Style::Compact | Style::Pretty => Escaping::Html,
    };
    let mut encoder = Encoder {
        run,
        escaping,
        out: Vec::new(),
    };
    encoder.value(value, 0)?;
    let encoded = encoder.out;
    if style == Style::Pretty {
        // Blanks grow with the depth, so they are counted before they are written.
        run.charge(indented_length(&encoded))?;
        return gojson::indent(&encoded, "  ").map_err(|error| error.to_string().into());
    }
    Ok(encoded)
}

/// Gives at least the length of an indented document.
fn indented_length(document: &[u8]) -> usize {
    let (mut depth, mut length) = (0_usize, document.len());
    for byte in document {
        match byte {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            b',' => {}
            _ => continue,
        }
        length = length.saturating_add(2 * depth + 2);
    }
    length
}

struct Encoder<'a> {
    run: &'a mut Run,
    escaping: Escaping,
    out: Vec<u8>,
}

impl Encoder<'_> {
    fn value(&mut self, value: &Value, depth: usize) -> Result<(), Failure> {
        self.run.step(1)?;
        if depth > MAX_DEPTH {
            return Err("json: unsupported value: encountered a cycle, or nested too deep".into());
        }
        let before = self.out.len();
        match value {
            Value::Nil => self.out.extend_from_slice(b"null"),
            Value::Bool(truth) => self.out.extend_from_slice(truth.to_string().as_bytes()),
            Value::Float(number) => encode_f64_into(&mut self.out, *number)
                .map_err(|error| Failure::Error(error.to_string()))?,
            Value::String(text) => self.text(text)?,
            Value::List(list) => return self.list(list, depth),
            Value::Map(map) => return self.members(map.entries().into_iter(), depth),
            Value::Time(time) => {
                let text = time.to_json().map_err(marshal_error("time.Time"))?;
                self.text(text.as_bytes())?;
            }
            // Errors have no exported fields.
            Value::Error(_) => self.out.extend_from_slice(b"{}"),
            Value::Function(_) | Value::Complex(..) => {
                let name = value.type_name();
                return Err(format!("json: unsupported type: {name}").into());
            }
            Value::Object(object) => return self.object(&**object, depth),
            _ => {
                let number = value.as_integer().unwrap_or_default();
                self.out.extend_from_slice(number.to_string().as_bytes());
            }
        }
        self.run.charge(self.out.len() - before)
    }

    fn text(&mut self, text: &[u8]) -> Result<(), Failure> {
        self.run.step(text.len() / 256)?;
        encode_string_with(&mut self.out, text, self.escaping);
        Ok(())
    }

    fn list(&mut self, list: &List, depth: usize) -> Result<(), Failure> {
        if list.element() == Type::Uint8 {
            let byte = |value: &Value| super::to_integer(value) as u8;
            let bytes: Vec<u8> = list.values().iter().map(byte).collect();
            self.run.charge(bytes.len().saturating_mul(3))?;
            encode_bytes_into(&mut self.out, (!list.is_nil()).then_some(&bytes));
            return Ok(());
        }
        if list.is_nil() {
            self.out.extend_from_slice(b"null");
            return Ok(());
        }
        self.run.charge(2 + list.values().len())?;
        self.out.push(b'[');
        for (place, value) in list.values().iter().enumerate() {
            if place > 0 {
                self.out.push(b',');
            }
            self.value(value, depth + 1)?;
        }
        self.out.push(b']');
        Ok(())
    }

    fn members<N: AsRef<[u8]>>(
        &mut self,
        members: impl Iterator<Item = (N, Value)>,
        depth: usize,
    ) -> Result<(), Failure> {
        self.out.push(b'{');
        for (place, (name, value)) in members.enumerate() {
            self.run.charge(name.as_ref().len() + 4)?;
            if place > 0 {
                self.out.push(b',');
            }
            self.text(name.as_ref())?;
            self.out.push(b':');
            self.value(&value, depth + 1)?;
        }
        self.out.push(b'}');
        Ok(())
    }

    fn object(&mut self, object: &dyn Object, depth: usize) -> Result<(), Failure> {
        if object.is_nil() {
            return self.value(&Value::Nil, depth);
        }
        if let Some(value) = object.to_json().or_else(|| object.underlying()) {
            return self.value(&value, depth + 1);
        }
        match object.kind() {
            Kind::Func => Err(format!("json: unsupported type: {}", object.type_name()).into()),
            _ => self.members(object.fields().into_iter(), depth),
        }
    }
}

fn marshal_error<E: std::fmt::Display>(type_name: &str) -> impl Fn(E) -> Failure {
    move |error| {
        let method = "Time.MarshalJSON";
        format!("json: error calling MarshalJSON for type {type_name}: {method}: {error}").into()
    }
}

fn to_json(run: &mut Run, arguments: &[Value]) -> Outcome {
    or_nothing(must_to_json(run, arguments))
}

fn must_to_json(run: &mut Run, arguments: &[Value]) -> Outcome {
    Ok(encode(run, any(arguments, 0), Style::Compact)?.into())
}

fn to_pretty_json(run: &mut Run, arguments: &[Value]) -> Outcome {
    or_nothing(must_to_pretty_json(run, arguments))
}

fn must_to_pretty_json(run: &mut Run, arguments: &[Value]) -> Outcome {
    Ok(encode(run, any(arguments, 0), Style::Pretty)?.into())
}

fn to_raw_json(run: &mut Run, arguments: &[Value]) -> Outcome {
    Ok(encode(run, any(arguments, 0), Style::Raw)?.into())
}

/// Gives an empty text for what cannot be encoded, but keeps to the limits.
fn or_nothing(outcome: Outcome) -> Outcome {
    match outcome {
        Err(Failure::Error(_)) => Ok("".into()),
        other => other,
    }
}

fn from_json(run: &mut Run, arguments: &[Value]) -> Outcome {
    match must_from_json(run, arguments) {
        Err(Failure::Error(_)) => Ok(Value::Nil),
        other => other,
    }
}

fn must_from_json(run: &mut Run, arguments: &[Value]) -> Outcome {
    let document = text(run, arguments, 0)?;
    run.step(document.len() / 64)?;
    // A value takes at least two bytes of the document.
    run.charge(document.len().saturating_mul(size_of::<Value>() / 2))?;
    let decoded = gojson::decode(document);
    Ok(decoded.map_err(|error| error.to_string())?.into())
}
