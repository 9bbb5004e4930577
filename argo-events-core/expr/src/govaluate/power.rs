//! Powers, computed in the steps of Go's `math.Pow`, whose last digit a library of C may miss.

const MANTISSA_BITS: u32 = 52;
const EXPONENT_MASK: u64 = 0x7ff;
const EXPONENT_BIAS: i64 = 1022;

/// Raises a number to a power.
pub(super) fn power(base: f64, exponent: f64) -> f64 {
    if let Some(known) = special(base, exponent) {
        return known;
    }
    let (mut whole, mut fraction) = (exponent.abs().trunc(), exponent.abs().fract());
    if fraction != 0.0 && base < 0.0 {
        return f64::NAN;
    }
    if whole >= 9_223_372_036_854_775_808.0 {
        return match base {
            -1.0 => 1.0,
            _ if (base.abs() < 1.0) == (exponent > 0.0) => 0.0,
            _ => f64::INFINITY,
        };
    }
    let mut mantissa = 1.0;
    if fraction != 0.0 {
        if fraction > 0.5 {
            fraction -= 1.0;
            whole += 1.0;
        }
        mantissa = (fraction * base.ln()).exp();
    }
    let (mantissa, scale) = multiplied(mantissa, base, whole as i64);
    if exponent < 0.0 {
        scaled(1.0 / mantissa, -scale)
    } else {
        scaled(mantissa, scale)
    }
}

/// Knows the results that no multiplication gives.
fn special(base: f64, exponent: f64) -> Option<f64> {
    Some(match (base, exponent) {
        (_, 0.0) | (1.0, _) => 1.0,
        (base, 1.0) => base,
        _ if base.is_nan() || exponent.is_nan() => f64::NAN,
        (0.0, _) | (_, f64::INFINITY | f64::NEG_INFINITY) => base.powf(exponent),
        (f64::INFINITY | f64::NEG_INFINITY, _) => base.powf(exponent),
        (_, 0.5) => base.sqrt(),
        (_, -0.5) => 1.0 / base.sqrt(),
        _ => return None,
    })
}

/// Multiplies `mantissa` by a whole power of `base`; the result has a power of 2 beside it.
fn multiplied(mut mantissa: f64, base: f64, mut count: i64) -> (f64, i64) {
    const FAR: i64 = 1 << 12;
    let (mut factor, mut factor_scale) = split(base);
    let mut scale = 0_i64;
    while count != 0 {
        if !(-FAR..=FAR).contains(&factor_scale) {
            scale += factor_scale;
            break;
        }
        if count & 1 == 1 {
            mantissa *= factor;
            scale += factor_scale;
        }
        factor *= factor;
        factor_scale <<= 1;
        if factor < 0.5 {
            factor += factor;
            factor_scale -= 1;
        }
        count >>= 1;
    }
    (mantissa, scale)
}

/// Splits a number into one between a half and one, and a power of 2.
fn split(number: f64) -> (f64, i64) {
    if number == 0.0 || !number.is_finite() {
        return (number, 0);
    }
    let (number, shift) = if number.abs() < f64::MIN_POSITIVE {
        (
            number * (1_u64 << MANTISSA_BITS) as f64,
            -i64::from(MANTISSA_BITS),
        )
    } else {
        (number, 0)
    };
    let bits = number.to_bits();
    let exponent = ((bits >> MANTISSA_BITS) & EXPONENT_MASK) as i64;
    let cleared = bits & !(EXPONENT_MASK << MANTISSA_BITS);
    let half = cleared | ((EXPONENT_BIAS as u64) << MANTISSA_BITS);
    (f64::from_bits(half), exponent - EXPONENT_BIAS + shift)
}

/// Multiplies a number by a power of 2, rounding once.
fn scaled(number: f64, scale: i64) -> f64 {
    const SMALLEST: i64 = -1075;
    const GREATEST: i64 = 1023;
    const SUBNORMAL_SHIFT: i64 = 53;
    if number == 0.0 || !number.is_finite() {
        return number;
    }
    let (half, own) = split(number);
    // In Go's reckoning the number lies between one and two.
    let exponent = own.saturating_add(scale) - 1;
    if exponent < SMALLEST {
        return 0.0_f64.copysign(number);
    }
    if exponent > GREATEST {
        return f64::INFINITY.copysign(number);
    }
    let (exponent, factor) = if exponent < -GREATEST + 1 {
        let factor = 1.0 / (1_u64 << SUBNORMAL_SHIFT) as f64;
        (exponent + SUBNORMAL_SHIFT, factor)
    } else {
        (exponent, 1.0)
    };
    let cleared = half.to_bits() & !(EXPONENT_MASK << MANTISSA_BITS);
    let biased = (exponent + EXPONENT_BIAS + 1) as u64;
    factor * f64::from_bits(cleared | (biased << MANTISSA_BITS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_powers_are_exact_where_doubles_can_be() {
        let cases = [
            (2.0, 10.0, 1024.0),
            (-3.0, 3.0, -27.0),
            (2.0, -1.0, 0.5),
            (10.0, 22.0, 1e22),
            (4.0, 0.5, 2.0),
            (2.0, -1074.0, 5e-324),
            (2.0, 1024.0, f64::INFINITY),
            (-1.0, 1e300, 1.0),
        ];
        for (base, exponent, wanted) in cases {
            assert_eq!(power(base, exponent), wanted, "{base} ** {exponent}");
        }
        assert!(power(-8.0, 1.0 / 3.0).is_nan());
    }

    #[test]
    fn other_powers_are_near_those_of_the_platform() {
        for (base, exponent) in [(1.1, 10.0), (2.5, 3.7), (1e-5, -2.5), (123.456, 12.0)] {
            let (ours, theirs) = (power(base, exponent), f64::powf(base, exponent));
            assert!(
                (ours - theirs).abs() <= theirs.abs() * 1e-12,
                "{base} ** {exponent}"
            );
        }
    }
}
