//! Recognises abbreviations of time zones.

/// The most hours that an offset in an abbreviation may have.
const MAX_HOURS: u64 = 23;

/// Returns how many bytes of a text are an abbreviation, if it begins with one.
///
/// Those are three capitals, or four or five that end in `T`; `WITA`, `ChST`, `MeST`; `GMT` with
/// or without hours; and hours alone, such as `+03`.
pub(super) fn zone_name_length(text: &[u8]) -> Option<usize> {
    if text.len() < 3 {
        return None;
    }
    if text.starts_with(b"ChST") || text.starts_with(b"MeST") {
        return Some(4);
    }
    if let Some(hours) = text.strip_prefix(b"GMT") {
        return Some(3 + signed_hours_length(hours));
    }
    if is_offset_sign(text[0]) {
        return Some(signed_hours_length(text)).filter(|length| *length > 0);
    }
    let capitals = text
        .iter()
        .take(6)
        .take_while(|byte| byte.is_ascii_uppercase());
    match capitals.count() {
        5 if text[4] == b'T' => Some(5),
        4 if text[3] == b'T' || text.starts_with(b"WITA") => Some(4),
        3 => Some(3),
        _ => None,
    }
}

/// Returns how many bytes of a text are a sign and hours, zero if it begins with none.
fn signed_hours_length(text: &[u8]) -> usize {
    let Some((_, digits)) = text
        .split_first()
        .filter(|(sign, _)| is_offset_sign(**sign))
    else {
        return 0;
    };
    let count = super::digits(digits);
    let hours = digits[..count].iter().try_fold(0_u64, |value, digit| {
        value.checked_mul(10)?.checked_add(u64::from(digit - b'0'))
    });
    match hours {
        Some(0..=MAX_HOURS) if count > 0 => 1 + count,
        _ => 0,
    }
}

pub(super) fn is_offset_sign(byte: u8) -> bool {
    matches!(byte, b'+' | b'-')
}
