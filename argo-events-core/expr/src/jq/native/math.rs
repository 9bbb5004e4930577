//! Functions of numbers, by Go's formulas where they show.

use super::{Host, Outcome, fail::not_for, special};
use crate::{
    jq::value::{List, Value, go_int, to_float},
    power::power,
};
use std::f64::consts::{LOG2_E, LOG10_2};

/// Computes with a number.
pub(super) fn apply_1(name: &str, value: &Value, function: fn(f64) -> f64) -> Outcome {
    let number = to_float(value).ok_or_else(|| not_for(name, value))?;
    Ok(Value::Float(function(number)))
}

/// Computes with two numbers.
pub(super) fn apply_2(
    name: &str,
    left: &Value,
    right: &Value,
    function: fn(f64, f64) -> f64,
) -> Outcome {
    let first = to_float(left).ok_or_else(|| not_for(name, left))?;
    let second = to_float(right).ok_or_else(|| not_for(name, right))?;
    Ok(Value::Float(function(first, second)))
}

pub(super) fn exp10(number: f64) -> f64 {
    power(10.0, number)
}

pub(super) fn significand(number: f64) -> f64 {
    fraction(number).0 * 2.0
}

pub(super) fn log10(number: f64) -> f64 {
    log2(number) * LOG10_2
}

pub(super) fn drem(left: f64, right: f64) -> f64 {
    let rest = remainder(left, right);
    if rest == 0.0 {
        rest.copysign(left)
    } else {
        rest
    }
}

pub(super) fn maximum(left: f64, right: f64) -> f64 {
    special::extreme(left, right, true)
}

pub(super) fn minimum(left: f64, right: f64) -> f64 {
    special::extreme(left, right, false)
}

pub(super) fn jn(order: f64, number: f64) -> f64 {
    special::jn(go_int(order), number)
}

pub(super) fn yn(order: f64, number: f64) -> f64 {
    special::yn(go_int(order), number)
}

pub(super) fn load_exponent(number: f64, exponent: f64) -> f64 {
    scale(number, go_int(exponent))
}

pub(super) fn multiply_add(arguments: &[Value]) -> Outcome {
    let number = |place: usize| {
        let value = arguments.get(place).unwrap_or(&Value::Null);
        to_float(value).ok_or_else(|| not_for("fma", value))
    };
    let (first, second, third) = (number(0)?, number(1)?, number(2)?);
    Ok(Value::Float(first.mul_add(second, third)))
}

fn float_pair(host: &Host<'_>, first: Value, second: Value) -> Outcome {
    host.meter.elements(2)?;
    Ok(Value::Array(List::new(vec![first, second])))
}

pub(super) fn frexp(host: &Host<'_>, value: &Value) -> Outcome {
    let number = to_float(value).ok_or_else(|| not_for("frexp", value))?;
    let (fraction, exponent) = fraction(number);
    float_pair(host, Value::Float(fraction), Value::Int(exponent.into()))
}

pub(super) fn modf(host: &Host<'_>, value: &Value) -> Outcome {
    let number = to_float(value).ok_or_else(|| not_for("modf", value))?;
    if number.is_infinite() {
        let zero = 0_f64.copysign(number);
        return float_pair(host, Value::Float(zero), Value::Float(number));
    }
    let whole = number.trunc();
    let rest = (number - whole).copysign(number);
    float_pair(host, Value::Float(rest), Value::Float(whole))
}

/// Splits a number into a fraction from 0.5 up to 1 and an exponent of two.
fn fraction(number: f64) -> (f64, i32) {
    if number == 0.0 || !number.is_finite() {
        return (number, 0);
    }
    libm::frexp(number)
}

fn scale(number: f64, exponent: i64) -> f64 {
    const FAR: i64 = 5_000;
    // Go adds the exponents, which wraps around for the least one.
    if exponent == i64::MIN && number.abs() < 1.0 && number != 0.0 {
        return f64::INFINITY.copysign(number);
    }
    libm::ldexp(number, exponent.clamp(-FAR, FAR) as i32)
}

pub(super) fn log2(number: f64) -> f64 {
    let (fraction, exponent) = fraction(number);
    // Powers of two are exact.
    if fraction == 0.5 {
        return f64::from(exponent - 1);
    }
    fraction.ln() * LOG2_E + f64::from(exponent)
}

pub(super) fn logb(number: f64) -> f64 {
    if number == 0.0 {
        f64::NEG_INFINITY
    } else if number.is_infinite() {
        f64::INFINITY
    } else if number.is_nan() {
        number
    } else {
        f64::from(fraction(number).1 - 1)
    }
}

pub(super) fn dimension(left: f64, right: f64) -> f64 {
    let difference = left - right;
    // Infinity minus itself is NaN, and NaN stays.
    if difference <= 0.0 { 0.0 } else { difference }
}

pub(super) fn hypotenuse(left: f64, right: f64) -> f64 {
    let (left, right) = (left.abs(), right.abs());
    if left.is_infinite() || right.is_infinite() {
        return f64::INFINITY;
    }
    if left.is_nan() || right.is_nan() {
        return f64::NAN;
    }
    let (large, small) = if left < right {
        (right, left)
    } else {
        (left, right)
    };
    if large == 0.0 {
        return 0.0;
    }
    let ratio = small / large;
    large * (1.0 + ratio * ratio).sqrt()
}

pub(super) fn next_after(from: f64, to: f64) -> f64 {
    if from.is_nan() || to.is_nan() {
        f64::NAN
    } else if from == to {
        from
    } else if from == 0.0 {
        f64::from_bits(1).copysign(to)
    } else if (to > from) == (from > 0.0) {
        f64::from_bits(from.to_bits() + 1)
    } else {
        f64::from_bits(from.to_bits() - 1)
    }
}

pub(super) fn remainder(left: f64, right: f64) -> f64 {
    libm::remainder(left, right)
}
