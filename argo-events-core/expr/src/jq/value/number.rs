//! Conversions between the kinds of numbers, as Go on amd64 does them.

use super::{Big, Value};

/// Reads a number as programs and `fromjson` spell it: whole ones stay exact.
pub(in crate::jq) fn parse_number(spelling: &[u8]) -> Value {
    let text = std::str::from_utf8(spelling).unwrap_or_default();
    if let Ok(number) = text.parse() {
        return Value::Int(number);
    }
    if spelling.iter().any(|byte| b".eE".contains(byte))
        && let Ok(number) = text.parse::<f64>()
        && number.is_finite()
    {
        return Value::Float(number);
    }
    match Big::parse(spelling) {
        Some(number) => number.into_value(),
        None if spelling.first() == Some(&b'-') => Value::Float(f64::NEG_INFINITY),
        None => Value::Float(f64::INFINITY),
    }
}

/// Gives any number as a double, if one can hold it.
pub(in crate::jq) fn to_float(value: &Value) -> Option<f64> {
    match value {
        Value::Int(number) => Some(*number as f64),
        Value::Float(number) => Some(*number),
        Value::Big(number) => Some(number.to_f64()),
        Value::Literal(spelling) => {
            let number: f64 = std::str::from_utf8(spelling).ok()?.parse().ok()?;
            number.is_finite().then_some(number)
        }
        _ => None,
    }
}

/// Gives any number as a whole one, cut and saturated.
pub(in crate::jq) fn to_int(value: &Value) -> Option<i64> {
    match value {
        Value::Int(number) => Some(*number),
        Value::Float(number) => Some(float_to_int(*number)),
        Value::Big(number) if number.is_negative() => Some(i64::MIN),
        Value::Big(_) => Some(i64::MAX),
        Value::Literal(spelling) => to_int(&parse_number(spelling)),
        _ => None,
    }
}

/// Gives any number as a whole one, doubles rounded up.
pub(in crate::jq) fn to_int_ceil(value: &Value) -> Option<i64> {
    match value {
        Value::Float(number) => Some(float_to_int(number.ceil())),
        _ => to_int(value),
    }
}

/// Cuts a double, saturating; NaN counts as very small.
pub(in crate::jq) fn float_to_int(number: f64) -> i64 {
    if number.is_nan() {
        i64::MIN
    } else {
        number as i64
    }
}

/// Cuts a double as the processor does: what does not fit becomes the smallest number.
pub(in crate::jq) fn go_int(number: f64) -> i64 {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    if (-LIMIT..LIMIT).contains(&number) {
        number as i64
    } else {
        i64::MIN
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_literals_are_exact_and_others_doubles() {
        let shown = |text: &str| format!("{:?}", parse_number(text.as_bytes()));
        assert_eq!(shown("9007199254740993"), "Int(9007199254740993)");
        assert_eq!(shown("1e3"), "Float(1000.0)");
        assert_eq!(shown("-1e400"), "Float(-inf)");
        assert!(shown("100000000000000000000").starts_with("Big"));
    }
}
