//! The operators `+ - * / %`, and signs.

use super::{
    Host, Outcome,
    fail::{cannot, not_for},
};
use crate::jq::{
    Failure,
    value::{
        Big, List, Object, Text, Value, compare, float_to_int, less, parse_number, preview,
        to_float, typed_preview,
    },
};

/// Two numbers of the same kind.
enum Pair {
    Ints(i64, i64),
    Floats(f64, f64),
    Bigs(Big, Big),
}

fn literal(value: &Value) -> Option<Value> {
    match value {
        Value::Literal(spelling) => Some(parse_number(spelling)),
        _ => None,
    }
}

fn big(value: &Value) -> Option<Big> {
    match value {
        Value::Int(number) => Some(Big::from(*number)),
        Value::Big(number) => Some((**number).clone()),
        _ => None,
    }
}

fn pair(left: &Value, right: &Value) -> Option<Pair> {
    let (left_literal, right_literal) = (literal(left), literal(right));
    let left = left_literal.as_ref().unwrap_or(left);
    let right = right_literal.as_ref().unwrap_or(right);
    match (left, right) {
        (Value::Int(left), Value::Int(right)) => Some(Pair::Ints(*left, *right)),
        (Value::Int(_) | Value::Big(_), Value::Int(_) | Value::Big(_)) => {
            Some(Pair::Bigs(big(left)?, big(right)?))
        }
        _ => Some(Pair::Floats(to_float(left)?, to_float(right)?)),
    }
}

/// Adds two values.
pub(in crate::jq) fn add(host: &Host<'_>, left: Value, right: Value) -> Outcome {
    match (left, right) {
        (Value::Null, other) | (other, Value::Null) => Ok(other),
        (Value::Text(left), Value::Text(right)) => {
            host.meter.allocate(left.len() + right.len())?;
            host.meter.work((left.len() + right.len()) / 64)?;
            Ok(Value::Text(Text::from([&left[..], &right].concat())))
        }
        (Value::Array(left), Value::Array(right)) => {
            if left.is_empty() {
                return Ok(Value::Array(right));
            }
            if right.is_empty() {
                return Ok(Value::Array(left));
            }
            host.meter.elements(left.len() + right.len())?;
            let joined = [left.as_slice(), right.as_slice()].concat();
            Ok(Value::Array(List::new(joined)))
        }
        (Value::Object(left), Value::Object(right)) => merge(host, left, right),
        (left, right) => match pair(&left, &right) {
            Some(Pair::Ints(left, right)) => Ok(match left.checked_add(right) {
                Some(sum) => Value::Int(sum),
                None => Big::from(left).add(&Big::from(right)).into_value(),
            }),
            Some(Pair::Floats(left, right)) => Ok(Value::Float(left + right)),
            Some(Pair::Bigs(left, right)) => {
                host.meter.allocate(4 * (left.limbs() + right.limbs()))?;
                host.meter.work((left.limbs() + right.limbs()) / 8)?;
                Ok(left.add(&right).into_value())
            }
            None => Err(cannot("add", &left, &right)),
        },
    }
}

/// Puts the members of the right object into the left one.
fn merge(host: &Host<'_>, mut left: Object, right: Object) -> Outcome {
    if left.is_empty() {
        return Ok(Value::Object(right));
    }
    if left.is_shared() {
        host.meter.elements(3 * left.len())?;
    }
    host.meter.elements(3 * right.len())?;
    for (name, value) in right.members() {
        left.insert(name.clone(), value.clone());
    }
    Ok(Value::Object(left))
}

pub(super) fn subtract(host: &Host<'_>, left: Value, right: Value) -> Outcome {
    if let (Value::Array(left), Value::Array(right)) = (&left, &right) {
        let stays = |value: &&Value| {
            let mut others = right.as_slice().iter();
            others.all(|other| compare(value, other, &host.meter).is_ne())
        };
        host.meter.elements(left.len())?;
        let rest = left.as_slice().iter().filter(stays).cloned().collect();
        return Ok(Value::Array(List::new(rest)));
    }
    match pair(&left, &right) {
        Some(Pair::Ints(left, right)) => Ok(match left.checked_sub(right) {
            Some(difference) => Value::Int(difference),
            None => Big::from(left).subtract(&Big::from(right)).into_value(),
        }),
        Some(Pair::Floats(left, right)) => Ok(Value::Float(left - right)),
        Some(Pair::Bigs(left, right)) => {
            host.meter.allocate(4 * (left.limbs() + right.limbs()))?;
            host.meter.work((left.limbs() + right.limbs()) / 8)?;
            Ok(left.subtract(&right).into_value())
        }
        None => Err(cannot("subtract", &left, &right)),
    }
}

pub(super) fn multiply(host: &Host<'_>, left: Value, right: Value) -> Outcome {
    match (left, right) {
        (Value::Object(left), Value::Object(right)) => merge_deep(host, left, &right),
        (Value::Text(text), number) | (number, Value::Text(text)) if number.is_number() => {
            match to_float(&number) {
                Some(times) => repeat(host, &text, times),
                None => Err(cannot("multiply", &Value::Text(text), &number)),
            }
        }
        (left, right) => match pair(&left, &right) {
            Some(Pair::Ints(left, right)) => Ok(match left.checked_mul(right) {
                Some(product) => Value::Int(product),
                None => Big::from(left).multiply(&Big::from(right)).into_value(),
            }),
            Some(Pair::Floats(left, right)) => Ok(Value::Float(left * right)),
            Some(Pair::Bigs(left, right)) => {
                host.meter
                    .work(left.limbs().saturating_mul(right.limbs()) / 4)?;
                host.meter.allocate(4 * (left.limbs() + right.limbs()))?;
                Ok(left.multiply(&right).into_value())
            }
            None => Err(cannot("multiply", &left, &right)),
        },
    }
}

/// Merges objects, and the objects that both have under a name.
fn merge_deep(host: &Host<'_>, mut left: Object, right: &Object) -> Outcome {
    host.meter.elements(3 * (left.len() + right.len()))?;
    for (name, value) in right.members() {
        let merged = match (left.get(name), value) {
            (Some(Value::Object(inner)), Value::Object(value)) => {
                merge_deep(host, inner.clone(), value)?
            }
            _ => value.clone(),
        };
        left.insert(name.clone(), merged);
    }
    if left.is_absent() {
        left = Object::default();
    }
    Ok(Value::Object(left))
}

fn repeat(host: &Host<'_>, text: &Text, times: f64) -> Outcome {
    const MOST: f64 = i32::MAX as f64;
    if less(times, 0.0) {
        return Ok(Value::Null);
    }
    let count = times.min(MOST) as usize;
    let length = text.len().saturating_mul(count);
    if length >= MOST as usize {
        let (text, times) = (
            preview(&Value::Text(text.clone())),
            preview(&Value::Float(times)),
        );
        return Err(format!("repeat string result too large: {text} * {times}").into());
    }
    host.meter.allocate(length)?;
    host.meter.work(length / 64)?;
    Ok(Value::Text(Text::from(text.repeat(count))))
}

pub(super) fn divide(host: &Host<'_>, left: Value, right: Value) -> Outcome {
    if let (Value::Text(left), Value::Text(right)) = (&left, &right) {
        return match left.is_empty() {
            true => Ok(Value::Array(List::default())),
            false => super::text::split_text(host, left, right),
        };
    }
    let by_zero = || {
        let (left, right) = (zero_preview(&left), zero_preview(&right));
        Failure::from(format!("cannot divide {left} by: {right}"))
    };
    match pair(&left, &right) {
        Some(Pair::Ints(_, 0)) => Err(by_zero()),
        Some(Pair::Ints(left, right)) => Ok(match left.checked_rem(right) {
            None => Big::from(left).negate().into_value(),
            Some(0) => Value::Int(left / right),
            Some(_) => Value::Float(left as f64 / right as f64),
        }),
        Some(Pair::Floats(_, 0.0)) => Err(by_zero_floats(&left, &right, "divide")),
        Some(Pair::Floats(left, right)) => Ok(Value::Float(left / right)),
        Some(Pair::Bigs(_, right)) if right.is_zero() => Err(by_zero()),
        Some(Pair::Bigs(left, right)) => {
            host.meter
                .work(left.limbs().saturating_mul(right.limbs()) / 4)?;
            let (quotient, rest) = left.divide(&right);
            Ok(if rest.is_zero() {
                quotient.into_value()
            } else {
                Value::Float(left.to_f64() / right.to_f64())
            })
        }
        None => Err(cannot("divide", &left, &right)),
    }
}

/// Shows an operand after the conversion that division makes: a literal as the number it is.
fn zero_preview(value: &Value) -> String {
    typed_preview(&literal(value).unwrap_or_else(|| value.clone()))
}

/// Says that a double was divided by zero; both sides are shown as doubles.
fn by_zero_floats(left: &Value, right: &Value, verb: &str) -> Failure {
    let shown = |value| typed_preview(&Value::Float(to_float(value).unwrap_or_default()));
    format!("cannot {verb} {} by: {}", shown(left), shown(right)).into()
}

pub(super) fn modulo(host: &Host<'_>, left: Value, right: Value) -> Outcome {
    let by_zero = || {
        let (left, right) = (zero_preview(&left), zero_preview(&right));
        Failure::from(format!("cannot modulo {left} by: {right}"))
    };
    match pair(&left, &right) {
        Some(Pair::Ints(_, 0)) => Err(by_zero()),
        Some(Pair::Ints(left, right)) => Ok(Value::Int(left.wrapping_rem(right))),
        Some(Pair::Floats(left, right)) if left.is_nan() || right.is_nan() => {
            Ok(Value::Float(f64::NAN))
        }
        Some(Pair::Floats(cut_left, cut_right)) => match float_to_int(cut_right) {
            0 => Err(by_zero_floats(&left, &right, "modulo")),
            cut_right => Ok(Value::Int(float_to_int(cut_left).wrapping_rem(cut_right))),
        },
        Some(Pair::Bigs(_, right)) if right.is_zero() => Err(by_zero()),
        Some(Pair::Bigs(left, right)) => {
            host.meter
                .work(left.limbs().saturating_mul(right.limbs()) / 4)?;
            Ok(left.divide(&right).1.into_value())
        }
        None => Err(cannot("modulo", &left, &right)),
    }
}

/// Negates a number; nothing for anything else.
pub(in crate::jq) fn negate(value: &Value) -> Option<Value> {
    Some(match value {
        Value::Int(number) => match number.checked_neg() {
            Some(number) => Value::Int(number),
            None => Big::from(*number).negate().into_value(),
        },
        Value::Float(number) => Value::Float(-number),
        Value::Big(number) => number.negate().into_value(),
        Value::Literal(spelling) => match spelling.strip_prefix(b"-") {
            Some(positive) => Value::Literal(Text::from(positive)),
            None => Value::Literal(Text::from([b"-", &spelling[..]].concat())),
        },
        _ => return None,
    })
}

pub(super) fn negated(value: Value) -> Outcome {
    negate(&value).ok_or_else(|| format!("cannot negate: {}", typed_preview(&value)).into())
}

pub(super) fn plus(value: Value) -> Outcome {
    if value.is_number() {
        return Ok(value);
    }
    Err(format!("cannot plus: {}", typed_preview(&value)).into())
}

/// Gives the size of a number without its sign.
pub(super) fn absolute(name: &str, value: Value) -> Outcome {
    let is_negative = match &value {
        Value::Int(number) => *number < 0,
        Value::Float(number) => return Ok(Value::Float(number.abs())),
        Value::Big(number) => number.is_negative(),
        Value::Literal(spelling) => spelling.starts_with(b"-"),
        _ => return Err(not_for(name, &value)),
    };
    match is_negative {
        true => negate(&value).ok_or_else(|| not_for(name, &value)),
        false => Ok(value),
    }
}
