//! Formats whole numbers.

use super::{flags::Flags, output::Output};
use crate::gostrconv::{is_printable, quote_rune, quote_rune_ascii};

/// Formats a number without a sign by a verb, or gives false if the verb is none for numbers.
pub(super) fn format_unsigned(out: &mut Output, value: u64, verb: char, flags: &Flags) -> bool {
    if verb == 'v' && flags.syntax {
        let flags = Flags {
            sharp: true,
            ..*flags
        };
        digits(out, value.into(), 16, verb, &flags);
        return true;
    }
    format(out, value, verb, flags)
}

/// Formats a number by a verb, or gives false if the verb is none for numbers.
pub(super) fn format(out: &mut Output, value: impl Into<i128>, verb: char, flags: &Flags) -> bool {
    let value = value.into();
    match verb {
        'v' | 'd' => digits(out, value, 10, verb, flags),
        'b' => digits(out, value, 2, verb, flags),
        'o' | 'O' => digits(out, value, 8, verb, flags),
        'x' | 'X' => digits(out, value, 16, verb, flags),
        'c' => out.pad(character(value).encode_utf8(&mut [0; 4]), flags),
        'q' if flags.plus => out.pad(quote_rune_ascii(character(value)), flags),
        'q' => out.pad(quote_rune(character(value)), flags),
        'U' => code_point(out, value, flags),
        _ => return false,
    }
    true
}

fn character(value: i128) -> char {
    let code = u32::try_from(value).ok();
    code.and_then(char::from_u32)
        .unwrap_or(char::REPLACEMENT_CHARACTER)
}

fn digits(out: &mut Output, value: i128, base: u32, verb: char, flags: &Flags) {
    if flags.precision == Some(0) && value == 0 {
        out.fill(flags.width.unwrap_or(0), &flags.without_zero());
        return;
    }
    let sign = match value {
        ..0 => "-",
        _ if flags.plus => "+",
        _ if flags.space => " ",
        _ => "",
    };
    let size = value.unsigned_abs();
    let mut digits = match base {
        2 => format!("{size:b}"),
        8 => format!("{size:o}"),
        16 if verb == 'X' => format!("{size:X}"),
        16 => format!("{size:x}"),
        _ => size.to_string(),
    };
    let least = match (flags.precision, flags.width) {
        (Some(precision), _) => precision,
        (None, Some(width)) if flags.pads_with_zeros() => width.saturating_sub(sign.len()),
        _ => 0,
    };
    digits.insert_str(0, &"0".repeat(least.saturating_sub(digits.len())));
    let prefix = match (base, verb) {
        (2, _) if flags.sharp => "0b",
        (8, 'O') if flags.sharp && !digits.starts_with('0') => "0o0",
        (8, 'O') => "0o",
        (8, _) if flags.sharp && !digits.starts_with('0') => "0",
        (16, 'X') if flags.sharp => "0X",
        (16, _) if flags.sharp => "0x",
        _ => "",
    };
    out.pad(format!("{sign}{prefix}{digits}"), &flags.without_zero());
}

/// Writes `U+0041`, or `U+0041 'A'` if asked for.
fn code_point(out: &mut Output, value: i128, flags: &Flags) {
    let least = flags.precision.unwrap_or(0).max(4);
    let digits = format!("{:X}", value as u64);
    let zeros = "0".repeat(least.saturating_sub(digits.len()));
    let shown = u32::try_from(value).ok().and_then(char::from_u32);
    let shown = match shown {
        Some(character) if flags.sharp && is_printable(character) => format!(" '{character}'"),
        _ => String::new(),
    };
    out.pad(format!("U+{zeros}{digits}{shown}"), &flags.without_zero());
}
