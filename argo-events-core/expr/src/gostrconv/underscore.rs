//! Where underscores may stand in a number.

/// Tells whether every underscore stands between two digits, a base prefix counting as a digit.
pub(super) fn underscores_fit(text: &[u8]) -> bool {
    let unsigned = text
        .strip_prefix(b"-")
        .or(text.strip_prefix(b"+"))
        .unwrap_or(text);
    let (digits, hexadecimal, mut after_digit) = match unsigned {
        [b'0', b'x' | b'X', digits @ ..] => (digits, true, true),
        [b'0', b'b' | b'B' | b'o' | b'O', digits @ ..] => (digits, false, true),
        digits => (digits, false, false),
    };
    let mut after_underscore = false;
    for byte in digits {
        let is_digit = byte.is_ascii_digit() || hexadecimal && byte.is_ascii_hexdigit();
        let is_underscore = *byte == b'_';
        if is_underscore && !after_digit || after_underscore && !is_digit {
            return false;
        }
        (after_digit, after_underscore) = (is_digit, is_underscore);
    }
    !after_underscore
}

/// Removes the underscores of a text in which they fit.
pub(super) fn without_underscores(text: &[u8]) -> Vec<u8> {
    text.iter().copied().filter(|byte| *byte != b'_').collect()
}
