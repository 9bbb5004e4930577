//! Numbers with a fraction. Sums and products are exact decimals before they become doubles again.

use super::{
    Outcome,
    arguments::{any, int},
    cast::to_float,
    decimal::Decimal,
};
use crate::govalue::{Failure, Function, Run, Type, Value};

const ANY: &[Type] = &[Type::Any];
const ANYS: &[Type] = &[Type::Any, Type::Any];

pub(super) const FUNCTIONS: &[Function] = &[
    Function::variadic("addf", ANY, addf),
    Function::new("add1f", ANY, add1f),
    Function::variadic("subf", ANYS, subf),
    Function::variadic("mulf", ANYS, mulf),
    Function::variadic("divf", ANYS, divf),
    Function::variadic("maxf", ANYS, maxf),
    Function::variadic("minf", ANYS, minf),
    Function::new("floor", ANY, floor),
    Function::new("ceil", ANY, ceil),
    Function::variadic("round", &[Type::Any, Type::Int, Type::Float64], round),
];

fn addf(run: &mut Run, arguments: &[Value]) -> Outcome {
    combine(run, Decimal::default(), arguments, |sum, next| {
        Ok(sum.add(&next))
    })
}

fn add1f(run: &mut Run, arguments: &[Value]) -> Outcome {
    let sum = decimal(any(arguments, 0))?;
    combine(run, sum, &[Value::Int(1)], |sum, next| Ok(sum.add(&next)))
}

fn subf(run: &mut Run, arguments: &[Value]) -> Outcome {
    from_first(run, arguments, |difference, next| {
        Ok(difference.subtract(&next))
    })
}

fn mulf(run: &mut Run, arguments: &[Value]) -> Outcome {
    from_first(run, arguments, |product, next| Ok(product.multiply(&next)))
}

fn divf(run: &mut Run, arguments: &[Value]) -> Outcome {
    from_first(run, arguments, |quotient, next| {
        let divided = quotient.divide(&next);
        divided.ok_or(Failure::Error("decimal division by 0".to_owned()))
    })
}

fn from_first(
    run: &mut Run,
    arguments: &[Value],
    operation: fn(Decimal, Decimal) -> Result<Decimal, Failure>,
) -> Outcome {
    let first = decimal(any(arguments, 0))?;
    combine(
        run,
        first,
        arguments.get(1..).unwrap_or_default(),
        operation,
    )
}

fn combine(
    run: &mut Run,
    mut result: Decimal,
    values: &[Value],
    operation: fn(Decimal, Decimal) -> Result<Decimal, Failure>,
) -> Outcome {
    for value in values {
        run.step(1 + result.digits() / 4)?;
        result = operation(result, decimal(value)?)?;
    }
    Ok(Value::Float(result.to_float()))
}

fn decimal(value: &Value) -> Result<Decimal, Failure> {
    let number = to_float(value);
    Decimal::from_float(number).ok_or_else(|| {
        let name = match number {
            _ if number.is_nan() => "NaN",
            _ if number > 0.0 => "+Inf",
            _ => "-Inf",
        };
        format!("Cannot create a Decimal from {name}").into()
    })
}

fn maxf(_: &mut Run, arguments: &[Value]) -> Outcome {
    extreme(arguments, |a, b| match () {
        () if a == f64::INFINITY || b == f64::INFINITY => f64::INFINITY,
        () if a.is_nan() || b.is_nan() => f64::NAN,
        // Of two zeros, the one without sign is larger.
        () if a == 0.0 && b == 0.0 => {
            if a.is_sign_negative() {
                b
            } else {
                a
            }
        }
        () => a.max(b),
    })
}

fn minf(_: &mut Run, arguments: &[Value]) -> Outcome {
    extreme(arguments, |a, b| match () {
        () if a == f64::NEG_INFINITY || b == f64::NEG_INFINITY => f64::NEG_INFINITY,
        () if a.is_nan() || b.is_nan() => f64::NAN,
        () if a == 0.0 && b == 0.0 => {
            if a.is_sign_negative() {
                a
            } else {
                b
            }
        }
        () => a.min(b),
    })
}

fn extreme(arguments: &[Value], choose: fn(f64, f64) -> f64) -> Outcome {
    let extreme = arguments.iter().map(to_float).reduce(choose);
    Ok(Value::Float(extreme.unwrap_or_default()))
}

fn floor(_: &mut Run, arguments: &[Value]) -> Outcome {
    Ok(Value::Float(to_float(any(arguments, 0)).floor()))
}

fn ceil(_: &mut Run, arguments: &[Value]) -> Outcome {
    Ok(Value::Float(to_float(any(arguments, 0)).ceil()))
}

/// Rounds to so many places; a fraction of one half, or of what is given, goes up.
fn round(_: &mut Run, arguments: &[Value]) -> Outcome {
    let upwards_from = match arguments.get(2) {
        Some(Value::Float(fraction)) => *fraction,
        _ => 0.5,
    };
    let power = power_of_ten(int(arguments, 1)? as f64);
    let digits = power * to_float(any(arguments, 0));
    let rounded = if fraction(digits) >= upwards_from {
        digits.ceil()
    } else {
        digits.floor()
    };
    Ok(Value::Float(rounded / power))
}

fn fraction(number: f64) -> f64 {
    // Infinity minus infinity is no number, which is never large enough.
    number - number.trunc()
}

/// Raises ten to a whole power bit by bit, so that the last digits are those of Go's `math.Pow`.
fn power_of_ten(exponent: f64) -> f64 {
    const TOO_LARGE: i32 = 1 << 12;
    if exponent.abs() >= 9_223_372_036_854_775_808.0 {
        return if exponent > 0.0 { f64::INFINITY } else { 0.0 };
    }
    // Ten is ten sixteenths times two to the fourth.
    let (mut base, mut base_exponent) = (0.625_f64, 4_i32);
    let (mut result, mut result_exponent) = (1.0_f64, 0_i32);
    let mut bits = exponent.abs() as i64;
    while bits != 0 {
        if !(-TOO_LARGE..=TOO_LARGE).contains(&base_exponent) {
            result_exponent += base_exponent;
            break;
        }
        if bits & 1 == 1 {
            result *= base;
            result_exponent += base_exponent;
        }
        base *= base;
        base_exponent *= 2;
        if base < 0.5 {
            base += base;
            base_exponent -= 1;
        }
        bits >>= 1;
    }
    if exponent < 0.0 {
        result = 1.0 / result;
        result_exponent = -result_exponent;
    }
    times_power_of_two(result, result_exponent)
}

/// Multiplies by a power of two in two steps, of which only the last may round.
fn times_power_of_two(number: f64, exponent: i32) -> f64 {
    const EXACT: i32 = 1_000;
    let first = exponent.clamp(-EXACT, EXACT);
    let second = (exponent - first).clamp(-EXACT, EXACT);
    number * two_to(first) * two_to(second)
}

fn two_to(exponent: i32) -> f64 {
    let biased = u64::try_from(exponent + 1_023).expect("at least minus 1000");
    f64::from_bits(biased << 52)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powers_of_ten_are_those_of_go() {
        assert_eq!(power_of_ten(0.0), 1.0);
        assert_eq!(power_of_ten(2.0), 100.0);
        assert_eq!(power_of_ten(-3.0), 0.001);
        assert_eq!(power_of_ten(-323.0), f64::from_bits(2));
        assert_eq!(power_of_ten(-310.0), 1e-310);
        assert_eq!(power_of_ten(308.0), 1.000_000_000_000_000_6e308);
        assert_eq!(power_of_ten(309.0), f64::INFINITY);
        assert_eq!(power_of_ten(-400.0), 0.0);
        assert_eq!(power_of_ten(i64::MIN as f64), 0.0);
    }
}
