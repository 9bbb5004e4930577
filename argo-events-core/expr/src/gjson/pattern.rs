//! Matches names and texts against patterns with `*` and `?`.

use crate::gostrconv::decode_rune;

/// A pattern: `*` is any text, `?` any character, `\` takes the next character as it is.
#[derive(Clone, Debug)]
pub(super) struct Pattern(Box<[u8]>);

/// How many steps a match may take for each byte of text and pattern.
///
/// Only a pattern that repeats itself over hundreds of characters, on a text that does too, needs
/// more; such a text does not match.
const STEPS: usize = 256;

impl Pattern {
    /// Reads a pattern; a backslash at its very end is itself behind a star, and matches nothing
    /// elsewhere.
    pub(super) fn of(text: &[u8]) -> Self {
        let mut pattern = text.to_vec();
        let (mut star, mut bytes) = (false, text.iter());
        while let Some(byte) = bytes.next() {
            star |= *byte == b'*';
            if *byte == b'\\' && bytes.next().is_none() && star {
                pattern.push(b'\\');
            }
        }
        Self(pattern.into())
    }

    /// Tells whether a whole text matches.
    pub(super) fn matches(&self, text: &[u8]) -> bool {
        let mut state = Progress {
            text,
            pattern: &self.0,
        };
        let mut retry: Option<Progress<'_>> = None;
        for _ in 0..(text.len() + self.0.len() + 1).saturating_mul(STEPS) {
            if let [b'*', pattern @ ..] = state.pattern {
                if pattern.is_empty() {
                    return true;
                }
                state.pattern = pattern;
                retry = Some(state);
            } else if state.text.is_empty() && state.pattern.is_empty() {
                return true;
            } else if !state.advance() {
                // Let the last star take one more character and try again from there.
                let Some(last) = retry.as_mut() else {
                    return false;
                };
                let Some(rune) = decode_rune(last.text) else {
                    return false;
                };
                last.text = &last.text[rune.width..];
                state = *last;
            }
        }
        false
    }
}

/// What is left to match.
#[derive(Clone, Copy)]
struct Progress<'a> {
    text: &'a [u8],
    pattern: &'a [u8],
}

impl Progress<'_> {
    /// Matches one character.
    fn advance(&mut self) -> bool {
        let (Some(given), Some(mut wanted)) = (decode_rune(self.text), decode_rune(self.pattern))
        else {
            return false;
        };
        let any = wanted.character == '?';
        if wanted.character == '\\' {
            self.pattern = &self.pattern[1..];
            match decode_rune(self.pattern) {
                Some(escaped) => wanted = escaped,
                None => return false,
            }
        }
        self.text = &self.text[given.width..];
        self.pattern = &self.pattern[wanted.width..];
        any || given.character == wanted.character
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn stars_and_question_marks_match() {
        for (pattern, text, matches) in [
            ("*", "", true),
            ("a*c", "abbc", true),
            ("a*c", "abcb", false),
            ("*b*", "abc", true),
            ("?", "é", true),
            ("?", "", false),
            ("a??", "ab", false),
            (r"a\*c", "a*c", true),
            (r"a\*c", "abc", false),
            (r"*\", r"a\", true),
            (r"a\", r"a\", false),
            ("", "", true),
            ("**a", "a", true),
        ] {
            let result = Pattern::of(pattern.as_bytes()).matches(text.as_bytes());
            assert_eq!(result, matches, "{pattern} {text}");
        }
    }

    #[test]
    fn no_pattern_is_dear() {
        let text = [b"a".repeat(1 << 16), b"b".to_vec()].concat();
        for (pattern, matches) in [
            ("*a".repeat(100), false),
            ("*a".repeat(100) + "b", true),
            ("*".to_owned() + &"a".repeat(1 << 13) + "c", false),
        ] {
            assert_eq!(Pattern::of(pattern.as_bytes()).matches(&text), matches);
        }
    }

    /// The plain definition.
    fn model(text: &[char], pattern: &[char]) -> bool {
        match (text, pattern) {
            (_, ['*', rest @ ..]) => (0..=text.len()).any(|taken| model(&text[taken..], rest)),
            ([_, text @ ..], ['?', rest @ ..]) => model(text, rest),
            ([given, text @ ..], [wanted, rest @ ..]) => given == wanted && model(text, rest),
            (text, pattern) => text.is_empty() && pattern.is_empty(),
        }
    }

    proptest! {
        #[test]
        fn agrees_with_the_definition(text in "[abé]{0,8}", pattern in "[ab*?é]{0,6}") {
            let characters = |text: &str| text.chars().collect::<Vec<_>>();
            let wanted = model(&characters(&text), &characters(&pattern));
            prop_assert_eq!(Pattern::of(pattern.as_bytes()).matches(text.as_bytes()), wanted);
        }
    }
}
