//! Finds where an opened bracket is closed; what is between brackets is not judged.
//!
//! The text is eaten from its front, so that no place is looked up twice; strings are passed over
//! eight bytes at a time.

use crate::gojson::lanes;

/// Passes over the brackets opened at `start` and says where reading goes on: one past the document
/// if that is cut off within a string.
pub(super) fn container_next(json: &[u8], start: usize) -> usize {
    let mut depth = 1_usize;
    let mut rest = &json[start + 1..];
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        match byte {
            b'"' => match behind_string(rest) {
                Some(after) => rest = after,
                None => return json.len() + 1,
            },
            b'{' | b'[' | b'(' => depth += 1,
            b'}' | b']' | b')' => {
                depth -= 1;
                if depth == 0 {
                    break;
                }
            }
            _ => {}
        }
    }
    json.len() - rest.len()
}

/// Passes over a string behind its opening quote; inlined, since most strings are short.
#[inline(always)]
fn behind_string(mut rest: &[u8]) -> Option<&[u8]> {
    loop {
        if let Some((chunk, after)) = rest.split_first_chunk() {
            let Some(plain) = lanes::before_quote_or_backslash(*chunk) else {
                rest = after;
                continue;
            };
            rest = &rest[plain..];
        }
        rest = match rest {
            [b'"', after @ ..] => return Some(after),
            [b'\\', _, after @ ..] | [_, after @ ..] => after,
            [] => return None,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::{super::scan, *};
    use proptest::prelude::*;

    /// The definition, byte by byte.
    fn byte_by_byte(json: &[u8], start: usize) -> usize {
        let (mut depth, mut at) = (1_usize, start + 1);
        while let Some(byte) = json.get(at) {
            match byte {
                b'"' => match scan::string_end(json, at) {
                    Some(end) => {
                        at = end;
                        continue;
                    }
                    None => return json.len() + 1,
                },
                b'{' | b'[' | b'(' => depth += 1,
                b'}' | b']' | b')' => depth -= 1,
                _ => {}
            }
            at += 1;
            if depth == 0 {
                return at;
            }
        }
        at
    }

    #[test]
    fn brackets_within_strings_do_not_count() {
        let json = br#"[{"]":"}"},1]!"#;
        assert_eq!(container_next(json, 0), json.len() - 1);
    }

    #[test]
    fn a_cut_string_is_told_from_a_cut_container() {
        assert_eq!(container_next(b"[", 0), 1);
        assert_eq!(container_next(b"[1,[2", 0), 5);
        assert_eq!(container_next(b"[1,\"2", 0), 6);
        assert_eq!(container_next(b"[1,\"2\\", 0), 7);
    }

    fn pieces(rare: u32) -> impl Strategy<Value = String> {
        let common = proptest::sample::select(
            &[
                "{",
                "}",
                "[",
                "]",
                "\"",
                "\"a\"",
                ";;",
                "é",
                "               ",
            ][..],
        );
        let others = proptest::sample::select(&["(", ")", "\\", "\\\"", "\0"][..]);
        proptest::collection::vec(prop_oneof![20 => common, rare => others], 0..300)
            .prop_map(|pieces| "[".repeat(20) + &pieces.concat())
    }

    proptest! {
        #[test]
        fn agrees_with_the_definition(json in prop_oneof![pieces(0), pieces(1), pieces(8)], start in 0_usize..20) {
            prop_assert_eq!(container_next(json.as_bytes(), start), byte_by_byte(json.as_bytes(), start));
        }
    }
}
