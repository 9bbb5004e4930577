//! Rounds a hexadecimal mantissa and a binary exponent to the nearest number.

/// Digits kept exactly; what follows only decides ties.
const MOST_DIGITS: u32 = 16;
/// Beyond this every exponent gives zero or infinity.
const MOST_EXPONENT: i64 = 1 << 40;

/// Converts a well-formed text such as `-0x1.8p-3`, without underscores.
pub(super) fn from_hexadecimal(text: &[u8]) -> f64 {
    let (negative, text) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    };
    let Mantissa {
        value,
        exponent,
        sticky,
        length,
    } = Mantissa::read(&text[2..]);
    let written = read_exponent(&text[2 + length..]);
    let bits = round(value, exponent.saturating_add(written), sticky);
    f64::from_bits(bits | u64::from(negative) << 63)
}

/// The number before the `p`: `value` times two to the `exponent`, and a bit more if `sticky`.
#[derive(Default)]
struct Mantissa {
    value: u64,
    exponent: i64,
    sticky: bool,
    length: usize,
}

impl Mantissa {
    fn read(text: &[u8]) -> Self {
        let mut mantissa = Self::default();
        let (mut kept, mut after_point) = (0, false);
        for &byte in text {
            let Some(digit) = char::from(byte).to_digit(16) else {
                if byte != b'.' {
                    break;
                }
                after_point = true;
                mantissa.length += 1;
                continue;
            };
            mantissa.length += 1;
            if kept < MOST_DIGITS {
                mantissa.value = mantissa.value << 4 | u64::from(digit);
                kept += u32::from(mantissa.value != 0);
                mantissa.exponent -= if after_point { 4 } else { 0 };
            } else {
                mantissa.sticky |= digit != 0;
                mantissa.exponent += if after_point { 0 } else { 4 };
            }
        }
        mantissa
    }
}

fn read_exponent(text: &[u8]) -> i64 {
    let (negative, digits) = match text {
        [b'p' | b'P', b'-', digits @ ..] => (true, digits),
        [b'p' | b'P', b'+', digits @ ..] | [b'p' | b'P', digits @ ..] => (false, digits),
        _ => (false, text),
    };
    let size = digits.iter().fold(0, |size, digit| {
        (size * 10 + i64::from(digit - b'0')).min(MOST_EXPONENT)
    });
    if negative { -size } else { size }
}

/// Gives the bits of the number nearest to `value` times two to the `exponent`, ties to even.
fn round(value: u64, exponent: i64, sticky: bool) -> u64 {
    const FRACTION: u32 = 52;
    const INFINITY: u64 = 0x7ff << FRACTION;
    if value == 0 {
        return 0;
    }
    let shift = value.leading_zeros();
    let value = value << shift;
    // The leading bit now weighs two to the `top`; below -1022 bits are lost to the left too.
    let top = exponent.saturating_add(63 - i64::from(shift));
    if top > 1023 {
        return INFINITY;
    }
    let lost = 11 + (-1022 - top).max(0);
    if lost > 64 {
        return 0;
    }
    let wide = u128::from(value) << 1 | u128::from(sticky);
    let kept = (wide >> (lost + 1)) as u64;
    let rest = wide & ((1u128 << (lost + 1)) - 1);
    let half = 1u128 << lost;
    let up = rest > half || rest == half && kept % 2 == 1;
    // A normal number brings its leading bit, which adds one to the exponent below it.
    let biased = u64::try_from(top + 1022).unwrap_or(0);
    let bits = (biased << FRACTION) + kept + u64::from(up);
    bits.min(INFINITY)
}

#[cfg(test)]
mod tests {
    use super::from_hexadecimal;

    #[test]
    fn ties_go_to_even_and_digits_beyond_decide_them() {
        for (text, value) in [
            ("0x1.00000000000008p0", 1.0),
            ("0x1.00000000000018p0", 1.0 + 2.0 * f64::EPSILON),
            ("0x1.0000000000000800001p0", 1.0 + f64::EPSILON),
            ("0x1.fffffffffffff7p1023", f64::MAX),
            ("0x1.fffffffffffff8p1023", f64::INFINITY),
            ("0x1p-1074", 5e-324),
            ("0x1p-1075", 0.0),
            ("0x1.8p-1075", 5e-324),
            ("0x0.fffffffffffff8p-1022", f64::MIN_POSITIVE),
            ("0x0000000000000000000010p-4", 1.0),
            ("0x10000000000000000000p-76", 1.0),
            ("-0x0p0", 0.0),
        ] {
            assert_eq!(from_hexadecimal(text.as_bytes()), value, "{text}");
        }
    }
}
