//! Formats texts.

use super::{flags::Flags, output::Output};
use crate::gostrconv::{can_backquote, quote, quote_ascii, runes};

/// Formats a text by a verb, or gives false if the verb is none for texts.
pub(super) fn format(out: &mut Output, text: &[u8], verb: char, flags: &Flags) -> bool {
    match verb {
        'v' if flags.syntax => quoted(out, text, flags),
        'v' | 's' => plain(out, text, flags),
        'q' => quoted(out, text, flags),
        'x' => hexadecimal(out, text, b"0123456789abcdefx", flags),
        'X' => hexadecimal(out, text, b"0123456789ABCDEFX", flags),
        _ => return false,
    }
    true
}

/// Writes the text itself, cut to the precision and padded to the width.
pub(super) fn plain(out: &mut Output, text: &[u8], flags: &Flags) {
    out.pad(cut(text, flags), flags);
}

/// Cuts a text to the precision, counted in characters.
fn cut<'t>(text: &'t [u8], flags: &Flags) -> &'t [u8] {
    let Some(count) = flags.precision else {
        return text;
    };
    let length = runes(text).take(count).map(|rune| rune.width).sum();
    &text[..length]
}

fn quoted(out: &mut Output, text: &[u8], flags: &Flags) {
    let text = cut(text, flags);
    if flags.sharp && can_backquote(text) {
        out.pad([b"`", text, b"`"].concat(), flags);
    } else if flags.plus {
        out.pad(quote_ascii(text), flags);
    } else {
        out.pad(quote(text), flags);
    }
}

/// Writes two digits per byte; the last of the seventeen digits is the letter of the prefix.
fn hexadecimal(out: &mut Output, text: &[u8], digits: &[u8; 17], flags: &Flags) {
    let length = flags.precision.unwrap_or(text.len()).min(text.len());
    let mut encoded = Vec::with_capacity(length * 2);
    for (place, byte) in text[..length].iter().enumerate() {
        if flags.space && place > 0 {
            encoded.push(b' ');
        }
        if flags.sharp && (flags.space || place == 0) {
            encoded.extend([b'0', digits[16]]);
        }
        encoded.extend([
            digits[usize::from(byte >> 4)],
            digits[usize::from(byte & 15)],
        ]);
    }
    out.pad(encoded, flags);
}
