//! What operators do with values, and which they refuse.

use super::{
    EvaluateError, Value, convert,
    evaluate::Budget,
    symbol::{Level, Symbol},
};
use crate::{power::power, re2::Regex};

type Evaluated<'v> = Result<Value<'v>, EvaluateError>;

/// Applies an operator that stands before its operand.
pub(super) fn prefix(symbol: Symbol, right: Value<'_>) -> Evaluated<'static> {
    Ok(match (symbol, right) {
        (Symbol::Negate, Value::Number(number)) => Value::Number(-number),
        (Symbol::BitNot, Value::Number(number)) => Value::Number(!signed(number) as f64),
        (Symbol::Not, Value::Bool(value)) => Value::Bool(!value),
        (_, right) => {
            let (value, symbol) = (convert::show(&right), symbol.as_str());
            let message = format!("Value '{value}' cannot be used with the prefix '{symbol}'");
            return Err(EvaluateError::new(message));
        }
    })
}

/// Applies an operator that stands between its operands; `pattern` is the right one, compiled.
pub(super) fn infix<'v>(
    symbol: Symbol,
    left: Value<'v>,
    right: Value<'v>,
    pattern: Option<&Regex>,
    budget: &mut Budget,
) -> Evaluated<'v> {
    use Symbol as S;
    match symbol {
        S::Equal | S::NotEqual => {
            budget.pay_for_comparing(&left, &right)?;
            Ok(Value::Bool((left == right) == (symbol == S::Equal)))
        }
        S::Greater | S::GreaterOrEqual | S::Less | S::LessOrEqual => compare(symbol, &left, &right),
        S::Matches | S::NotMatches => matches(symbol, &left, &right, pattern),
        S::In => contains(&left, &right, budget),
        S::And | S::Or => logical(symbol, &left, &right),
        S::Add => add(left, right, budget),
        S::Then => then(left, right),
        S::Else | S::Coalesce if left == Value::Null => Ok(right),
        S::Else | S::Coalesce => Ok(left),
        S::Separate => Ok(separate(left, right)),
        _ => arithmetic(symbol, &left, &right),
    }
}

/// Says that an operator refuses a value.
fn refused(symbol: Symbol, value: &Value<'_>) -> EvaluateError {
    let (what, wants) = match symbol.level() {
        Level::And | Level::Or => ("logical operator", "bool"),
        Level::Ternary => ("ternary operator", "bool"),
        Level::Comparator => ("comparator", "number"),
        _ => ("modifier", "number"),
    };
    let (value, symbol) = (convert::show(value), symbol.as_str());
    EvaluateError::new(format!(
        "Value '{value}' cannot be used with the {what} '{symbol}', it is not a {wants}"
    ))
}

fn arithmetic<'v>(symbol: Symbol, left: &Value<'v>, right: &Value<'v>) -> Evaluated<'v> {
    let number = |value: &Value<'v>| match value {
        Value::Number(number) => Ok(*number),
        other => Err(refused(symbol, other)),
    };
    let (left, right) = (number(left)?, number(right)?);
    Ok(Value::Number(match symbol {
        Symbol::Subtract => left - right,
        Symbol::Multiply => left * right,
        Symbol::Divide => left / right,
        Symbol::Modulus => left % right,
        Symbol::Power => power(left, right),
        Symbol::BitAnd => (signed(left) & signed(right)) as f64,
        Symbol::BitOr => (signed(left) | signed(right)) as f64,
        Symbol::BitXor => (signed(left) ^ signed(right)) as f64,
        Symbol::ShiftLeft => shifted(left, right, u64::checked_shl),
        Symbol::ShiftRight => shifted(left, right, u64::checked_shr),
        _ => left + right,
    }))
}

fn compare<'v>(symbol: Symbol, left: &Value<'v>, right: &Value<'v>) -> Evaluated<'v> {
    let order = match (left, right) {
        (Value::Number(left), Value::Number(right)) => left.partial_cmp(right),
        (Value::Text(left), Value::Text(right)) => Some(left.cmp(right)),
        _ => return Err(refused(symbol, left)),
    };
    Ok(Value::Bool(order.is_some_and(|order| match symbol {
        Symbol::Greater => order.is_gt(),
        Symbol::GreaterOrEqual => order.is_ge(),
        Symbol::Less => order.is_lt(),
        _ => order.is_le(),
    })))
}

fn matches<'v>(
    symbol: Symbol,
    left: &Value<'v>,
    right: &Value<'v>,
    pattern: Option<&Regex>,
) -> Evaluated<'v> {
    let Value::Text(text) = left else {
        return Err(refused(symbol, left));
    };
    let is_match = match (pattern, right) {
        (Some(pattern), _) => pattern.is_match(text),
        (None, Value::Text(source) | Value::Pattern(source)) => {
            let compiled = Regex::new(source).map_err(|error| {
                let source = String::from_utf8_lossy(source);
                let message = format!("Unable to compile regexp pattern '{source}': {error}");
                EvaluateError::new(message)
            });
            compiled?.is_match(text)
        }
        (None, other) => return Err(refused(symbol, other)),
    };
    Ok(Value::Bool(is_match == (symbol == Symbol::Matches)))
}

fn contains<'v>(left: &Value<'v>, right: &Value<'v>, budget: &mut Budget) -> Evaluated<'v> {
    let Value::List(elements) = right else {
        return Err(refused(Symbol::In, right));
    };
    for element in elements.iter() {
        budget.pay_for_comparing(left, element)?;
        if left == element {
            return Ok(Value::Bool(true));
        }
    }
    Ok(Value::Bool(false))
}

fn logical<'v>(symbol: Symbol, left: &Value<'v>, right: &Value<'v>) -> Evaluated<'v> {
    let truth = |value: &Value<'v>| match value {
        Value::Bool(value) => Ok(*value),
        other => Err(refused(symbol, other)),
    };
    let (left, right) = (truth(left)?, truth(right)?);
    let is_and = symbol == Symbol::And;
    Ok(Value::Bool(if is_and {
        left && right
    } else {
        left || right
    }))
}

/// Adds numbers, or joins what is a text with whatever the other is.
fn add<'v>(left: Value<'v>, right: Value<'v>, budget: &mut Budget) -> Evaluated<'v> {
    if let (Value::Number(left), Value::Number(right)) = (&left, &right) {
        return Ok(Value::Number(left + right));
    }
    if !left.is_text() && !right.is_text() {
        return Err(refused(Symbol::Add, &left));
    }
    let mut joined = Vec::new();
    for side in [&left, &right] {
        match side {
            Value::Text(text) | Value::Pattern(text) => {
                budget.pay_for_bytes(text.len())?;
                joined.extend_from_slice(text);
            }
            other => {
                let shown = convert::show(other);
                budget.pay_for_bytes(shown.len())?;
                joined.extend_from_slice(shown.as_bytes());
            }
        }
    }
    Ok(Value::Text(joined.into()))
}

fn then<'v>(left: Value<'v>, right: Value<'v>) -> Evaluated<'v> {
    match left {
        Value::Bool(true) => Ok(right),
        Value::Bool(false) => Ok(Value::Null),
        other => Err(refused(Symbol::Then, &other)),
    }
}

/// Adds an element to a list, or begins one.
fn separate<'v>(left: Value<'v>, right: Value<'v>) -> Value<'v> {
    match left {
        Value::List(elements) => elements.iter().cloned().chain([right]).collect::<Vec<_>>(),
        left => vec![left, right],
    }
    .into()
}

/// The first number that 64 bits with a sign do not hold.
const TOO_GREAT: f64 = 9_223_372_036_854_775_808.0;

/// Cuts a number to an integer; one beyond the range is the smallest, as on amd64.
fn signed(number: f64) -> i64 {
    if (-TOO_GREAT..TOO_GREAT).contains(&number) {
        number as i64
    } else {
        i64::MIN
    }
}

/// Cuts a number to an integer without a sign, as amd64 does.
fn unsigned(number: f64) -> u64 {
    if number < TOO_GREAT {
        signed(number).cast_unsigned()
    } else {
        signed(number - TOO_GREAT).cast_unsigned() ^ (1 << 63)
    }
}

fn shifted(left: f64, right: f64, shift: fn(u64, u32) -> Option<u64>) -> f64 {
    let places = u32::try_from(unsigned(right)).ok();
    let shifted = places.and_then(|places| shift(unsigned(left), places));
    shifted.unwrap_or(0) as f64
}
