//! Powers to the last digit as Go's `math.Pow` works them out, which a library of C may miss.
//!
//! Not for other functions of numbers: those that languages have are with the language.

/// Raises a number to a power.
pub(crate) fn power(base: f64, exponent: f64) -> f64 {
    if let Some(known) = special(base, exponent) {
        return known;
    }
    let (mut whole, mut fraction) = (exponent.abs().trunc(), exponent.abs().fract());
    if fraction != 0.0 && base < 0.0 {
        return f64::NAN;
    }
    if whole >= 9_223_372_036_854_775_808.0 {
        return huge(base, exponent > 0.0);
    }
    let mut mantissa = 1.0;
    if fraction != 0.0 {
        if fraction > 0.5 {
            fraction -= 1.0;
            whole += 1.0;
        }
        mantissa = (fraction * base.ln()).exp();
    }
    #[expect(
        clippy::cast_possible_truncation,
        reason = "below 2**63, and without a fraction"
    )]
    let (mantissa, scale) = squared(base, whole as i64, mantissa);
    match exponent < 0.0 {
        true => scaled(1.0 / mantissa, -scale),
        false => scaled(mantissa, scale),
    }
}

fn is_odd(number: f64) -> bool {
    // Beyond 2**53 every double is even.
    number.abs() < 9_007_199_254_740_992.0 && number.trunc() == number && number % 2.0 != 0.0
}

fn special(base: f64, exponent: f64) -> Option<f64> {
    Some(match (base, exponent) {
        (_, 0.0) | (1.0, _) => 1.0,
        (_, 1.0) => base,
        _ if base.is_nan() || exponent.is_nan() => f64::NAN,
        (0.0, _) if exponent < 0.0 => match is_odd(exponent) {
            true => f64::INFINITY.copysign(base),
            false => f64::INFINITY,
        },
        (0.0, _) => match is_odd(exponent) {
            true => base,
            false => 0.0,
        },
        _ if exponent.is_infinite() => huge(base, exponent > 0.0),
        (f64::NEG_INFINITY, _) if exponent < 0.0 => match is_odd(exponent) {
            true => -0.0,
            false => 0.0,
        },
        (f64::NEG_INFINITY, _) => match is_odd(exponent) {
            true => f64::NEG_INFINITY,
            false => f64::INFINITY,
        },
        (f64::INFINITY, _) if exponent < 0.0 => 0.0,
        (f64::INFINITY, _) => f64::INFINITY,
        (_, 0.5) => base.sqrt(),
        (_, -0.5) => 1.0 / base.sqrt(),
        _ => return None,
    })
}

/// Raises to a power without bounds.
fn huge(base: f64, is_positive: bool) -> f64 {
    if base == -1.0 {
        1.0
    } else if (base.abs() < 1.0) == is_positive {
        0.0
    } else {
        f64::INFINITY
    }
}

/// Multiplies `mantissa` by a whole power, as a mantissa and a power of two.
fn squared(base: f64, mut whole: i64, mut mantissa: f64) -> (f64, i64) {
    let mut scale = 0;
    let (mut square, mut square_scale) = split(base);
    while whole != 0 {
        if !(-4096..=4096).contains(&square_scale) {
            scale += square_scale;
            break;
        }
        if whole & 1 == 1 {
            mantissa *= square;
            scale += square_scale;
        }
        square *= square;
        square_scale *= 2;
        if square < 0.5 {
            square += square;
            square_scale -= 1;
        }
        whole >>= 1;
    }
    (mantissa, scale)
}

/// Splits a finite number into a mantissa of at least a half and below one, and a power of two.
fn split(number: f64) -> (f64, i64) {
    const HIDDEN: u64 = 0x7ff << 52;
    if number == 0.0 {
        return (number, 0);
    }
    let (number, extra) = match number.is_normal() {
        true => (number, 0),
        false => (number * 18_014_398_509_481_984.0, -54),
    };
    let bits = number.to_bits();
    let exponent = i64::try_from((bits & HIDDEN) >> 52).unwrap_or(0) - 1022;
    (
        f64::from_bits(bits & !HIDDEN | 1022 << 52),
        exponent + extra,
    )
}

/// Multiplies by a power of two, rounding once.
fn scaled(mantissa: f64, scale: i64) -> f64 {
    let (mantissa, own) = split(mantissa);
    if mantissa == 0.0 || !mantissa.is_finite() {
        return mantissa;
    }
    match scale.saturating_add(own) {
        exponent if exponent > 1024 => f64::INFINITY.copysign(mantissa),
        exponent if exponent < -1075 => 0.0_f64.copysign(mantissa),
        exponent if exponent > -1000 => mantissa * 2.0 * two_to(exponent - 1),
        // The smallest numbers have fewer digits, which the last multiplication rounds to.
        exponent => mantissa * two_to(exponent + 100) * two_to(-100),
    }
}

/// Returns a power of two that is a normal number.
fn two_to(exponent: i64) -> f64 {
    let biased = u64::try_from(exponent + 1023).unwrap_or(0);
    f64::from_bits(biased << 52)
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
