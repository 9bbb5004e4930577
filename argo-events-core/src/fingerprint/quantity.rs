//! The canonical form of a Kubernetes quantity: no fraction, the largest suffix that loses nothing.

use serde_json::Value;

/// Powers of 1000 from the smallest unit that counts, a billionth.
const DECIMAL: [&str; 10] = ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"];
const BINARY: [&str; 7] = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
const UNIT: i128 = 1_000_000_000;

/// Returns the canonical form of a quantity; `None` if it is none, or beyond what is counted here.
pub(super) fn canonical(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    let at = text
        .find(|c: char| !matches!(c, '0'..='9' | '.' | '+' | '-'))
        .unwrap_or(text.len());
    let (number, suffix) = text.split_at(at);
    if let Some(power) = BINARY.iter().skip(1).position(|known| *known == suffix) {
        return Some(binary(scaled(
            number,
            1024_i128.checked_pow(u32::try_from(power).ok()? + 1)?,
            0,
        )?));
    }
    if let Some(power) = DECIMAL.iter().position(|known| *known == suffix) {
        let exponent = i32::try_from(power).ok()? * 3 - 9;
        return Some(decimal(scaled(number, 1, exponent)?, &DECIMAL));
    }
    let exponent: i32 = suffix.strip_prefix(['e', 'E'])?.parse().ok()?;
    let names = [
        "e-9", "e-6", "e-3", "", "e3", "e6", "e9", "e12", "e15", "e18",
    ];
    Some(decimal(scaled(number, 1, exponent)?, &names))
}

/// Returns billionths, rounded up and away from zero, of a decimal number times a factor and a power of ten.
fn scaled(number: &str, factor: i128, exponent: i32) -> Option<i128> {
    let (is_negative, digits) = match number.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, number.strip_prefix('+').unwrap_or(number)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let digits: i128 = format!("{whole}{fraction}").parse().ok()?;
    let power = 9 + exponent - i32::try_from(fraction.len()).ok()?;
    let ten = 10_i128.checked_pow(power.unsigned_abs())?;
    let times = digits.checked_mul(factor)?;
    let billionths = if power >= 0 {
        times.checked_mul(ten)?
    } else {
        times / ten + i128::from(times % ten != 0)
    };
    Some(if is_negative { -billionths } else { billionths })
}

fn decimal(mut billionths: i128, names: &[&str; 10]) -> String {
    let mut at = 0;
    if billionths == 0 {
        return "0".to_owned();
    }
    while at + 1 < names.len() && billionths % 1000 == 0 {
        (billionths, at) = (billionths / 1000, at + 1);
    }
    format!("{billionths}{}", names[at])
}

/// Below 1024, and where there is a fraction, binary suffixes say nothing.
fn binary(billionths: i128) -> String {
    if billionths.abs() < 1024 * UNIT || billionths % UNIT != 0 {
        return decimal(billionths, &DECIMAL);
    }
    let (mut value, mut at) = (billionths / UNIT, 0);
    while at + 1 < BINARY.len() && value % 1024 == 0 {
        (value, at) = (value / 1024, at + 1);
    }
    format!("{value}{}", BINARY[at])
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn quantities_have_one_form() {
        for (written, wanted) in [
            ("0.5", "500m"),
            ("2000m", "2"),
            ("100m", "100m"),
            ("1024Mi", "1Gi"),
            ("1.5Gi", "1536Mi"),
            ("128974848", "128974848"),
            ("129000000", "129M"),
            ("1e3", "1e3"),
            ("0", "0"),
            ("0.5Ki", "512"),
            ("-1", "-1"),
        ] {
            assert_eq!(
                canonical(&json!(written)).as_deref(),
                Some(wanted),
                "{written}"
            );
        }
        assert_eq!(canonical(&json!(1)).as_deref(), Some("1"));
        assert_eq!(canonical(&json!("1 GB")), None);
    }
}
