//! Formats floating-point numbers.

use super::{flags::Flags, output::Output};
use crate::gostrconv::{FloatFormat, format_float};

/// Formats a number by a verb, or gives false if the verb is none for numbers.
pub(super) fn format(out: &mut Output, value: f64, verb: char, flags: &Flags) -> bool {
    let Some((format, default)) = layout(verb) else {
        return false;
    };
    let precision = flags.precision.or(default);
    let text = format_float(value.abs(), format, precision);
    let sign = match value.is_sign_negative() && !value.is_nan() {
        true => "-",
        false if flags.plus => "+",
        false if flags.space => " ",
        false => "",
    };
    if !value.is_finite() {
        special(out, value, sign, flags);
        return true;
    }
    let mut number = if matches!(verb, 'E' | 'G' | 'X') {
        text.to_uppercase()
    } else {
        text
    };
    if flags.sharp && format != FloatFormat::Binary {
        number = with_point(&number, verb, precision);
    }
    if flags.pads_with_zeros() && !sign.is_empty() {
        // The sign comes before the zeros.
        out.push(sign);
        let width = flags.width.map(|width| width.saturating_sub(sign.len()));
        out.pad(number, &Flags { width, ..*flags });
    } else {
        out.pad(format!("{sign}{number}"), flags);
    }
    true
}

/// Formats a real and an imaginary part, or gives false if the verb is none for numbers.
pub(super) fn format_complex(
    out: &mut Output,
    (real, imaginary): (f64, f64),
    verb: char,
    flags: &Flags,
) -> bool {
    if layout(verb).is_none() {
        return false;
    }
    out.push("(");
    format(out, real, verb, flags);
    let signed = Flags {
        plus: true,
        ..*flags
    };
    format(out, imaginary, verb, &signed);
    out.push("i)");
    true
}

/// Gives how a verb lays numbers out and to how many digits, if it is one for numbers.
fn layout(verb: char) -> Option<(FloatFormat, Option<usize>)> {
    Some(match verb {
        'v' | 'g' | 'G' => (FloatFormat::General, None),
        'e' | 'E' => (FloatFormat::Exponent, Some(6)),
        'f' | 'F' => (FloatFormat::Fixed, Some(6)),
        'x' | 'X' => (FloatFormat::Hexadecimal, None),
        'b' => (FloatFormat::Binary, None),
        _ => return None,
    })
}

/// Writes an infinity, which always has a sign, or NaN, which has one only if asked for.
fn special(out: &mut Output, value: f64, sign: &str, flags: &Flags) {
    let text = match sign {
        _ if value.is_nan() => format!("{sign}NaN"),
        "" => "+Inf".to_owned(),
        _ => format!("{sign}Inf"),
    };
    out.pad(text, &flags.without_zero());
}

/// Adds a decimal point where there is none, and for some verbs the zeros up to the precision.
fn with_point(number: &str, verb: char, precision: Option<usize>) -> String {
    const SHORTEST_COUNTS_AS: usize = 6;
    let marks = if matches!(verb, 'x' | 'X') {
        ['p', 'P']
    } else {
        ['e', 'E']
    };
    let (mantissa, exponent) = number.split_at(number.find(marks).unwrap_or(number.len()));
    let mut out = mantissa.to_owned();
    if !out.contains('.') {
        out.push('.');
    }
    // Go gives `%#x` its zeros and leaves `%#X` without them.
    if matches!(verb, 'v' | 'g' | 'G' | 'x') {
        let wanted = precision.unwrap_or(SHORTEST_COUNTS_AS);
        let missing = wanted.saturating_sub(significant(mantissa));
        out.push_str(&"0".repeat(missing));
    }
    out.push_str(exponent);
    out
}

/// Counts the digits from the first one that is not zero, the `x` of a prefix among them; a lone
/// zero counts once.
fn significant(mantissa: &str) -> usize {
    if mantissa == "0" {
        return 1;
    }
    let digits = mantissa.trim_start_matches(['0', '.']);
    digits.bytes().filter(|byte| *byte != b'.').count()
}
