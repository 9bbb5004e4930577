//! Whole numbers, and lists of them. Sums and products wrap around at 64 bits.

use super::{
    Outcome,
    arguments::{any, int},
    cast::to_integer,
};
use crate::govalue::{Failure, Function, List, Run, Type, Value};

const ANY: &[Type] = &[Type::Any];
const ANYS: &[Type] = &[Type::Any, Type::Any];

pub(super) const FUNCTIONS: &[Function] = &[
    Function::variadic("add", ANY, add),
    Function::new("add1", ANY, add1),
    Function::new("sub", ANYS, sub),
    Function::variadic("mul", ANYS, mul),
    Function::new("div", ANYS, div),
    Function::new("mod", ANYS, remainder),
    Function::variadic("max", ANYS, max),
    Function::variadic("biggest", ANYS, max),
    Function::variadic("min", ANYS, min),
    Function::new("until", &[Type::Int], until),
    Function::new("untilStep", &[Type::Int, Type::Int, Type::Int], until_step),
    Function::variadic("seq", &[Type::Int], seq),
];

/// How many bytes a printed number may have, with the blank after it.
const DIGITS: usize = 21;

fn fold(arguments: &[Value], combine: fn(i64, i64) -> i64) -> Option<i64> {
    arguments.iter().map(to_integer).reduce(combine)
}

fn add(_: &mut Run, arguments: &[Value]) -> Outcome {
    Ok(Value::Int64(
        fold(arguments, i64::wrapping_add).unwrap_or(0),
    ))
}

fn add1(_: &mut Run, arguments: &[Value]) -> Outcome {
    Ok(Value::Int64(to_integer(any(arguments, 0)).wrapping_add(1)))
}

fn sub(_: &mut Run, arguments: &[Value]) -> Outcome {
    Ok(Value::Int64(
        fold(arguments, i64::wrapping_sub).unwrap_or(0),
    ))
}

fn mul(_: &mut Run, arguments: &[Value]) -> Outcome {
    Ok(Value::Int64(
        fold(arguments, i64::wrapping_mul).unwrap_or(0),
    ))
}

fn max(_: &mut Run, arguments: &[Value]) -> Outcome {
    Ok(Value::Int64(fold(arguments, i64::max).unwrap_or(0)))
}

fn min(_: &mut Run, arguments: &[Value]) -> Outcome {
    Ok(Value::Int64(fold(arguments, i64::min).unwrap_or(0)))
}

fn div(_: &mut Run, arguments: &[Value]) -> Outcome {
    let (number, divisor) = division(arguments)?;
    Ok(Value::Int64(number.wrapping_div(divisor)))
}

fn remainder(_: &mut Run, arguments: &[Value]) -> Outcome {
    let (number, divisor) = division(arguments)?;
    Ok(Value::Int64(number.wrapping_rem(divisor)))
}

fn division(arguments: &[Value]) -> Result<(i64, i64), Failure> {
    let number = to_integer(any(arguments, 0));
    match to_integer(any(arguments, 1)) {
        0 => Err("runtime error: integer divide by zero".into()),
        divisor => Ok((number, divisor)),
    }
}

fn until(run: &mut Run, arguments: &[Value]) -> Outcome {
    let end = int(arguments, 0)?;
    let step = if end < 0 { -1 } else { 1 };
    range(run, 0, end, step)
}

fn until_step(run: &mut Run, arguments: &[Value]) -> Outcome {
    range(
        run,
        int(arguments, 0)?,
        int(arguments, 1)?,
        int(arguments, 2)?,
    )
}

fn range(run: &mut Run, start: i64, end: i64, step: i64) -> Outcome {
    let count = count(start, end, step);
    run.charge_elements(count)?;
    run.step(count / 16)?;
    let numbers = steps(start, step, count).map(Value::Int);
    Ok(List::typed(Type::Int, numbers.collect()).into())
}

/// Counts the numbers from a start up to but without an end; none if the step leads away from it.
fn count(start: i64, end: i64, step: i64) -> usize {
    let leads_away = if end < start { step >= 0 } else { step <= 0 };
    if leads_away {
        return 0;
    }
    let count = end.abs_diff(start).div_ceil(step.unsigned_abs());
    usize::try_from(count).unwrap_or(usize::MAX)
}

/// Gives so many numbers from a start on; none of those before the end overflows.
fn steps(start: i64, step: i64, count: usize) -> impl Iterator<Item = i64> {
    (0..count).map(move |place| start.wrapping_add(step.wrapping_mul(place as i64)))
}

/// Prints the numbers up to and with an end, with blanks between them.
fn seq(run: &mut Run, arguments: &[Value]) -> Outcome {
    let numbers = (0..arguments.len())
        .map(|place| int(arguments, place))
        .collect::<Result<Vec<_>, _>>()?;
    let (start, step, end) = match numbers[..] {
        [end] => (1, towards(1, end), end),
        [start, end] => (start, towards(start, end), end),
        [start, step, end] if end < start && step > 0 => (start, 0, start),
        [start, step, end] => (start, step, end),
        _ => return Ok("".into()),
    };
    let count = count(start, end.wrapping_add(towards(start, end)), step);
    run.charge(count.saturating_mul(DIGITS))?;
    run.step(count / 16)?;
    let mut text = String::new();
    for (place, number) in steps(start, step, count).enumerate() {
        if place > 0 {
            text.push(' ');
        }
        text.push_str(&number.to_string());
    }
    Ok(text.into())
}

fn towards(start: i64, end: i64) -> i64 {
    if end < start { -1 } else { 1 }
}
