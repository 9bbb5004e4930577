//! The table `math`.
//!
//! Transcendental functions may differ from Go's in the last digit.

use super::{
    super::{
        heap::Fault,
        machine::{Arguments, Machine},
        number,
        value::Value,
    },
    Action, Module, Opening,
};
use crate::power::power;
use std::f64::consts;

pub(super) const FUNCTIONS: Module = &[
    ("abs", Action::Number(f64::abs)),
    ("acos", Action::Number(f64::acos)),
    ("asin", Action::Number(f64::asin)),
    ("atan", Action::Number(f64::atan)),
    ("atan2", Action::Numbers(f64::atan2)),
    ("ceil", Action::Number(f64::ceil)),
    ("cos", Action::Number(f64::cos)),
    ("cosh", Action::Number(f64::cosh)),
    ("deg", Action::Number(|angle| angle * 180.0 / consts::PI)),
    ("exp", Action::Number(f64::exp)),
    ("floor", Action::Number(f64::floor)),
    ("fmod", Action::Numbers(|left, right| left % right)),
    ("frexp", Action::Plain(frexp)),
    ("ldexp", Action::Plain(ldexp)),
    ("log", Action::Number(f64::ln)),
    ("log10", Action::Number(log10)),
    (
        "max",
        Action::Plain(|machine, arguments| extreme(machine, arguments, |new, old| new > old)),
    ),
    (
        "min",
        Action::Plain(|machine, arguments| extreme(machine, arguments, |new, old| new < old)),
    ),
    ("mod", Action::Numbers(number::modulo)),
    ("modf", Action::Plain(modf)),
    ("pow", Action::Numbers(power)),
    ("rad", Action::Number(|angle| angle * consts::PI / 180.0)),
    ("random", Action::Plain(random)),
    ("randomseed", Action::Plain(seed)),
    ("sin", Action::Number(f64::sin)),
    ("sinh", Action::Number(f64::sinh)),
    ("sqrt", Action::Number(f64::sqrt)),
    ("tan", Action::Number(f64::tan)),
    ("tanh", Action::Number(f64::tanh)),
];

/// Adds what is no function; the largest number is finite, as in the reference.
pub(super) fn constants(math: &mut Opening<'_>) {
    math.set("pi", Value::Number(consts::PI));
    math.set("huge", Value::Number(f64::MAX));
}

fn extreme(
    machine: &mut Machine,
    arguments: Arguments,
    wins: fn(f64, f64) -> bool,
) -> Result<(), Fault> {
    if arguments.count == 0 {
        return Err(machine.error("wrong number of arguments"));
    }
    let mut best = machine.number(arguments, 1)?;
    for place in 2..=arguments.count {
        let number = machine.number(arguments, place)?;
        if wins(number, best) {
            best = number;
        }
    }
    machine.returned.push(Value::Number(best));
    Ok(())
}

/// Splits a number into a part of at least one half and below one, and a power of two.
fn split(number: f64) -> (f64, i32) {
    if number == 0.0 || !number.is_finite() {
        return (number, 0);
    }
    let is_subnormal = number.abs() < f64::MIN_POSITIVE;
    let scaled = if is_subnormal {
        number * 2f64.powi(52)
    } else {
        number
    };
    let bits = scaled.to_bits();
    let exponent = (bits >> 52 & 0x7ff) as i32 - 1022 - if is_subnormal { 52 } else { 0 };
    (f64::from_bits(bits & !(0x7ff << 52) | 1022 << 52), exponent)
}

fn log10(number: f64) -> f64 {
    let (part, exponent) = split(number);
    let binary = if part == 0.5 {
        f64::from(exponent - 1)
    } else {
        part.ln() * consts::LOG2_E + f64::from(exponent)
    };
    binary * consts::LOG10_2
}

fn frexp(machine: &mut Machine, arguments: Arguments) -> Result<(), Fault> {
    let (part, exponent) = split(machine.number(arguments, 1)?);
    machine
        .returned
        .extend([Value::Number(part), Value::Number(f64::from(exponent))]);
    Ok(())
}

fn ldexp(machine: &mut Machine, arguments: Arguments) -> Result<(), Fault> {
    let number = machine.number(arguments, 1)?;
    let mut exponent = machine.integer(arguments, 2)?.clamp(-2200, 2200) as i32;
    let mut result = number;
    while exponent != 0 && result != 0.0 && result.is_finite() {
        let step = exponent.clamp(-1000, 1000);
        result *= 2f64.powi(step);
        exponent -= step;
    }
    machine.returned.push(Value::Number(result));
    Ok(())
}

fn modf(machine: &mut Machine, arguments: Arguments) -> Result<(), Fault> {
    let number = machine.number(arguments, 1)?;
    let fraction = if number.is_infinite() {
        f64::NAN
    } else {
        number - number.trunc()
    };
    let fraction = if fraction == 0.0 {
        0.0f64.copysign(number)
    } else {
        fraction
    };
    machine
        .returned
        .extend([Value::Number(number.trunc()), Value::Number(fraction)]);
    Ok(())
}

/// Gives the next of a sequence of numbers that look random.
fn draw(machine: &mut Machine) -> u64 {
    machine.random ^= machine.random << 13;
    machine.random ^= machine.random >> 7;
    machine.random ^= machine.random << 17;
    machine.random
}

fn random(machine: &mut Machine, arguments: Arguments) -> Result<(), Fault> {
    let drawn = draw(machine);
    if arguments.count == 0 {
        let unit = (drawn >> 11) as f64 / (1u64 << 53) as f64;
        machine.returned.push(Value::Number(unit));
        return Ok(());
    }
    let first = machine.integer(arguments, 1)?;
    let (least, most) = match arguments.count {
        1 => (1, first),
        _ => (first, machine.integer(arguments, 2)?),
    };
    let Some(span) = most
        .checked_sub(least)
        .filter(|span| *span >= 0 && *span < i64::MAX)
    else {
        return Err(machine.error("invalid argument to Intn"));
    };
    let offset = (u128::from(drawn) * (span as u128 + 1)) >> 64;
    machine
        .returned
        .push(Value::Number(least.wrapping_add(offset as i64) as f64));
    Ok(())
}

fn seed(machine: &mut Machine, arguments: Arguments) -> Result<(), Fault> {
    let seed = machine.integer(arguments, 1)?;
    machine.seed(seed as u64);
    Ok(())
}
