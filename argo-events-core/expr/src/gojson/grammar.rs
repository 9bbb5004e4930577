//! Tells whether a document keeps to the grammar of JSON, as fast as that can be told.
//!
//! Says nothing of what is wrong, and where: the scanner does. The text is eaten from its front, so
//! that no place is looked up twice; strings are passed over eight bytes at a time, and a bit for
//! each open container takes the place of recursion. Functions that are asked for every token are
//! inlined, without which this takes half as long again.

use super::lanes;

/// Tells whether a document is one JSON value that nests no deeper than a limit, with nothing but
/// blanks around it.
///
/// Grammar only: bytes that are not UTF-8, lone surrogates and repeated names are accepted.
pub(crate) fn is_json(document: &[u8], deepest: usize) -> bool {
    let mut open = Open::new(deepest);
    value(document, &mut open).is_some_and(|rest| next(rest).is_none())
}

/// What follows what was read; nothing if that is not JSON.
type Rest<'a> = Option<&'a [u8]>;

/// Reads a value with all that it holds.
fn value<'a>(document: &'a [u8], open: &mut Open) -> Rest<'a> {
    let mut rest = document;
    loop {
        let (first, after) = next(rest)?;
        if let b'{' | b'[' = first {
            open.push(first == b'{')?;
            match (first, next(after)?) {
                (b'{', (b'}', after)) | (b'[', (b']', after)) => {
                    open.pop();
                    rest = after;
                }
                (b'{', _) => {
                    rest = name(after)?;
                    continue;
                }
                _ => {
                    rest = after;
                    continue;
                }
            }
        } else {
            rest = scalar(first, after)?;
        }
        let (after, complete) = behind_value(rest, open)?;
        if complete {
            return Some(after);
        }
        rest = after;
    }
}

#[inline(always)]
fn scalar(first: u8, after: &[u8]) -> Rest<'_> {
    match first {
        b'"' => string(after),
        b'0' => fraction(after),
        b'1'..=b'9' => fraction(more_digits(after)),
        b'-' => match after {
            [b'0', after @ ..] => fraction(after),
            _ => fraction(digits(after)?),
        },
        b't' => after.strip_prefix(b"rue"),
        b'f' => after.strip_prefix(b"alse"),
        b'n' => after.strip_prefix(b"ull"),
        _ => None,
    }
}

/// Closes what ends here and passes what separates the next value; true if there is none.
#[inline(always)]
fn behind_value<'a>(mut rest: &'a [u8], open: &mut Open) -> Option<(&'a [u8], bool)> {
    loop {
        if open.is_empty() {
            return Some((rest, true));
        }
        let (first, after) = next(rest)?;
        let in_object = open.is_in_object();
        if first == b',' {
            let rest = if in_object { name(after)? } else { after };
            return Some((rest, false));
        }
        if first != (if in_object { b'}' } else { b']' }) {
            return None;
        }
        open.pop();
        rest = after;
    }
}

/// Reads a member's name and the colon.
#[inline(always)]
fn name(rest: &[u8]) -> Rest<'_> {
    let (b'"', after) = next(rest)? else {
        return None;
    };
    let (b':', after) = next(string(after)?)? else {
        return None;
    };
    Some(after)
}

/// Passes over blanks and takes the byte behind them.
#[inline(always)]
fn next(rest: &[u8]) -> Option<(u8, &[u8])> {
    let (first, after) = rest.split_first()?;
    if *first > b' ' {
        return Some((*first, after));
    }
    let (first, after) = without_blanks(rest).split_first()?;
    Some((*first, after))
}

fn without_blanks(mut rest: &[u8]) -> &[u8] {
    loop {
        rest = match rest {
            [b'\n' | b'\t' | b'\r', after @ ..] => after,
            [b' ', after @ ..] => match rest.first_chunk() {
                Some(chunk) => &rest[lanes::spaces(*chunk)..],
                None => after,
            },
            _ => return rest,
        };
    }
}

/// Reads a string behind its opening quote.
#[inline(always)]
fn string(mut rest: &[u8]) -> Rest<'_> {
    loop {
        if let Some((chunk, after)) = rest.split_first_chunk() {
            let Some(plain) = lanes::before_special(*chunk) else {
                rest = after;
                continue;
            };
            rest = &rest[plain..];
        }
        rest = match rest {
            [b'"', after @ ..] => return Some(after),
            [b'\\', after @ ..] => escape(after)?,
            [0..=0x1f, ..] | [] => return None,
            [_, after @ ..] => after,
        }
    }
}

/// Reads an escape behind its backslash.
fn escape(rest: &[u8]) -> Rest<'_> {
    match rest {
        [
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't',
            after @ ..,
        ] => Some(after),
        [b'u', after @ ..] => {
            let (digits, after) = after.split_first_chunk::<4>()?;
            digits.iter().all(u8::is_ascii_hexdigit).then_some(after)
        }
        _ => None,
    }
}

/// Reads what may follow the integer of a number.
#[inline(always)]
fn fraction(mut rest: &[u8]) -> Rest<'_> {
    if let [b'.', after @ ..] = rest {
        rest = digits(after)?;
    }
    match rest {
        [b'e' | b'E', b'+' | b'-', after @ ..] | [b'e' | b'E', after @ ..] => digits(after),
        _ => Some(rest),
    }
}

#[inline(always)]
fn digits(rest: &[u8]) -> Rest<'_> {
    match rest {
        [b'0'..=b'9', after @ ..] => Some(more_digits(after)),
        _ => None,
    }
}

#[inline(always)]
fn more_digits(mut rest: &[u8]) -> &[u8] {
    while let [b'0'..=b'9', after @ ..] = rest {
        rest = after;
    }
    rest
}

/// The open containers, a bit for each: whether it is an object, the innermost lowest.
struct Open {
    /// The innermost ones, below a bit that is always set.
    bits: u64,
    /// Full words of those around them.
    outer: Vec<u64>,
    /// How many more may be opened.
    left: usize,
}

impl Open {
    const NONE: u64 = 1;

    fn new(deepest: usize) -> Self {
        Self {
            bits: Self::NONE,
            outer: Vec::new(),
            left: deepest,
        }
    }

    #[inline(always)]
    fn push(&mut self, is_object: bool) -> Option<()> {
        self.left = self.left.checked_sub(1)?;
        if self.bits.leading_zeros() == 0 {
            self.outer.push(self.bits);
            self.bits = Self::NONE;
        }
        self.bits = self.bits << 1 | u64::from(is_object);
        Some(())
    }

    #[inline(always)]
    fn pop(&mut self) {
        self.left += 1;
        self.bits >>= 1;
        if self.bits == Self::NONE {
            self.bits = self.outer.pop().unwrap_or(Self::NONE);
        }
    }

    fn is_empty(&self) -> bool {
        self.bits == Self::NONE
    }

    fn is_in_object(&self) -> bool {
        self.bits & 1 == 1
    }
}

#[cfg(test)]
mod tests {
    use super::{super::scan::Scanner, *};
    use proptest::{prelude::*, sample::Index};

    /// The definition: the scanner, which says what is wrong, finds nothing.
    fn has_no_error(document: &[u8]) -> bool {
        let mut scanner = Scanner::new(document);
        loop {
            match scanner.next() {
                Ok(Some(_)) => {}
                Ok(None) => return true,
                Err(_) => return false,
            }
        }
    }

    #[test]
    fn kinds_are_kept_apart_at_any_depth() {
        for depth in [1, 62, 63, 64, 65, 126, 127, 128, 500] {
            let (opening, closing) = (r#"[{"a":"#.repeat(depth), "}]".repeat(depth));
            assert!(is_json(
                format!("{opening}1{closing}").as_bytes(),
                depth * 2
            ));
            assert!(!is_json(
                format!("{opening}1{closing}").as_bytes(),
                depth * 2 - 1
            ));
            assert!(!is_json(
                format!("{opening}1{closing}]").as_bytes(),
                depth * 2
            ));
            assert!(!is_json(
                format!("{opening}1]{closing}").as_bytes(),
                depth * 2
            ));
            let wrong = closing.replacen("}]", "]}", 1);
            assert!(!is_json(format!("{opening}1{wrong}").as_bytes(), depth * 2));
            let last = &closing[..closing.len() - 1];
            assert!(!is_json(format!("{opening}1{last}").as_bytes(), depth * 2));
            assert!(!is_json(
                format!("{opening}1{last}}}").as_bytes(),
                depth * 2
            ));
        }
    }

    #[test]
    fn an_empty_container_counts_as_a_level() {
        assert!(is_json(b"[{}]", 2) && !is_json(b"[{}]", 1) && !is_json(b"[]", 0));
        assert!(is_json(b"[[],[],{}]", 2) && is_json(b"1", 0));
    }

    proptest! {
        #[test]
        fn agrees_with_the_scanner_on_pieces(
            pieces in proptest::collection::vec(prop_oneof![
                Just("{"), Just("}"), Just("["), Just("]"), Just(","), Just(":"), Just("\"a\""), Just("\""),
                Just("\\"), Just("\\u00e9"), Just("-"), Just("0"), Just("12"), Just("."), Just("e"), Just("+"),
                Just("true"), Just("null"), Just("fals"), Just(" "), Just("\n          "), Just("\u{1}"),
            ], 0..9),
        ) {
            let document = pieces.concat();
            prop_assert_eq!(is_json(document.as_bytes(), 9), has_no_error(document.as_bytes()));
        }

        #[test]
        fn agrees_with_the_scanner_on_spoilt_documents(
            members in proptest::collection::vec(any::<(Option<bool>, f64, String, Vec<(i8, String)>)>(), 0..4),
            pretty: bool,
            changes in proptest::collection::vec((any::<Index>(), prop_oneof![
                Just(b'"'), Just(b'\\'), Just(b'['), Just(b'}'), Just(b','), Just(b'0'), any::<u8>(),
            ]), 0..3),
            cut: Option<Index>,
        ) {
            let written = if pretty { serde_json::to_vec_pretty(&members) } else { serde_json::to_vec(&members) };
            let mut document = written.expect("it has a form in JSON");
            for (place, byte) in changes {
                *place.get_mut(&mut document) = byte;
            }
            if let Some(cut) = cut {
                document.truncate(cut.index(document.len()));
            }
            prop_assert_eq!(is_json(&document, 9), has_no_error(&document));
        }
    }
}
