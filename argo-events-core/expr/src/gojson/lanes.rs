//! Looks at eight bytes of text at once, in the lanes of a word.
//!
//! A mark is the top bit of a lane. Marks above the lowest one may be wrong, so that only the
//! lowest counts: it tells how many bytes come before.

const ONES: u64 = u64::from_ne_bytes([1; 8]);
const TOPS: u64 = ONES << 7;
const SPACES: u64 = ONES * 0x20;

/// Marks lanes that are zero.
const fn zeros(word: u64) -> u64 {
    word.wrapping_sub(ONES) & !word & TOPS
}

/// Marks lanes that hold a byte.
const fn equal(word: u64, byte: u8) -> u64 {
    zeros(word ^ (ONES * byte as u64))
}

/// Counts the bytes before the first quote or backslash; nothing if there is none.
#[cfg(feature = "gjson")]
pub(crate) fn before_quote_or_backslash(chunk: [u8; 8]) -> Option<usize> {
    let word = u64::from_le_bytes(chunk);
    first(equal(word, b'"') | equal(word, b'\\'))
}

/// Counts the bytes before the first that cannot stand for itself in a string.
pub(crate) fn before_special(chunk: [u8; 8]) -> Option<usize> {
    let word = u64::from_le_bytes(chunk);
    let controls = word.wrapping_sub(SPACES) & !word & TOPS;
    first(equal(word, b'"') | equal(word, b'\\') | controls)
}

/// Counts the spaces at the beginning.
pub(crate) fn spaces(chunk: [u8; 8]) -> usize {
    (u64::from_le_bytes(chunk) ^ SPACES).trailing_zeros() as usize / 8
}

/// Turns marks into the number of lanes before the first.
fn first(marks: u64) -> Option<usize> {
    (marks != 0).then(|| marks.trailing_zeros() as usize / 8)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn eight_bytes_at_once_find_what_one_at_a_time_finds(
            bytes in proptest::collection::vec(
                prop_oneof![Just(b'"'), Just(b'\\'), Just(b' '), Just(0x1f), any::<u8>()], 8,
            ),
        ) {
            let chunk = *bytes.first_chunk::<8>().expect("eight are made");
            let place = |wanted: fn(&u8) -> bool| bytes.iter().position(wanted);
            prop_assert_eq!(before_special(chunk), place(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1f)));
            prop_assert_eq!(spaces(chunk), place(|byte| *byte != b' ').unwrap_or(8));
            #[cfg(feature = "gjson")]
            prop_assert_eq!(before_quote_or_backslash(chunk), place(|byte| matches!(byte, b'"' | b'\\')));
        }
    }
}
