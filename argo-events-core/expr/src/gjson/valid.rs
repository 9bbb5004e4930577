//! Checks whether a document is JSON, with a stack of its own instead of recursion.

use super::scan;

/// Tells whether a document is one JSON value with nothing but white space around it.
///
/// Grammar only: bytes that are not UTF-8, lone surrogates, repeated names and any depth of
/// nesting are accepted.
///
/// ```
/// use argo_events_expr::gjson::valid;
/// assert!(valid(r#"{"a": [1, 2e3]}"#));
/// assert!(!valid(r#"{"a": [1, 02]}"#));
/// assert!(!valid(""));
/// ```
#[must_use]
pub fn valid(json: impl AsRef<[u8]>) -> bool {
    let json = json.as_ref();
    let mut reader = Reader {
        json,
        at: 0,
        open: Vec::new(),
    };
    reader.document().is_some() && reader.at == json.len()
}

struct Reader<'a> {
    json: &'a [u8],
    at: usize,
    /// The brackets that await their counterpart.
    open: Vec<u8>,
}

/// What a step reads, or nothing if that is not JSON.
type Read = Option<()>;

impl Reader<'_> {
    fn document(&mut self) -> Read {
        loop {
            let complete = self.value()?;
            if complete && !self.after_value()? {
                return Some(());
            }
        }
    }

    /// Reads a scalar, an empty container or the beginning of a full one; true if it is complete.
    fn value(&mut self) -> Option<bool> {
        match self.peek()? {
            b'{' => return self.open(b'}'),
            b'[' => return self.open(b']'),
            b'"' => self.string()?,
            b'-' | b'0'..=b'9' => self.number()?,
            b't' => self.word(b"true")?,
            b'f' => self.word(b"false")?,
            b'n' => self.word(b"null")?,
            _ => return None,
        }
        Some(true)
    }

    fn open(&mut self, close: u8) -> Option<bool> {
        self.at += 1;
        if self.peek()? == close {
            self.at += 1;
            return Some(true);
        }
        self.open.push(close);
        if close == b'}' {
            self.name()?;
        }
        Some(false)
    }

    /// Closes what ends here; true if another value must follow.
    fn after_value(&mut self) -> Option<bool> {
        loop {
            let next = self.peek();
            let Some(close) = self.open.last() else {
                return Some(false);
            };
            self.at += 1;
            match next? {
                b',' => {
                    if *close == b'}' {
                        self.name()?;
                    }
                    return Some(true);
                }
                byte if byte == *close => self.open.pop(),
                _ => return None,
            };
        }
    }

    fn name(&mut self) -> Read {
        if self.peek()? != b'"' {
            return None;
        }
        self.string()?;
        (self.peek()? == b':').then(|| self.at += 1)
    }

    /// Passes white space and looks at the next byte.
    fn peek(&mut self) -> Option<u8> {
        while let Some(byte) = self.json.get(self.at) {
            if !matches!(byte, b' ' | b'\t' | b'\n' | b'\r') {
                return Some(*byte);
            }
            self.at += 1;
        }
        None
    }

    fn string(&mut self) -> Read {
        self.at += 1;
        loop {
            self.at = scan::plain_end(self.json, self.at)?;
            match &self.json[self.at..] {
                [b'"', ..] => self.at += 1,
                [b'\\', b'u', digits @ ..] if digits.len() >= 4 => {
                    if !digits[..4].iter().all(u8::is_ascii_hexdigit) {
                        return None;
                    }
                    self.at += 6;
                    continue;
                }
                [
                    b'\\',
                    b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't',
                    ..,
                ] => {
                    self.at += 2;
                    continue;
                }
                _ => return None,
            }
            return Some(());
        }
    }

    fn number(&mut self) -> Read {
        self.skip(|byte| byte == b'-');
        if self.json.get(self.at) == Some(&b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.skip(|byte| byte == b'.') {
            self.digits()?;
        }
        if self.skip(|byte| matches!(byte, b'e' | b'E')) {
            self.skip(|byte| matches!(byte, b'+' | b'-'));
            self.digits()?;
        }
        Some(())
    }

    fn digits(&mut self) -> Read {
        let rest = self.json.get(self.at..)?;
        let count = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        self.at += count;
        (count > 0).then_some(())
    }

    fn skip(&mut self, wanted: impl Fn(u8) -> bool) -> bool {
        let found = self.json.get(self.at).is_some_and(|byte| wanted(*byte));
        self.at += usize::from(found);
        found
    }

    fn word(&mut self, word: &[u8]) -> Read {
        let found = self.json[self.at..].starts_with(word);
        self.at += word.len();
        found.then_some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn grammar_decides() {
        for json in [
            "0",
            "-0.5e+1",
            " [ ] ",
            r#"{"a":{},"a":[null,true,false]}"#,
            r#""\u00E9\/""#,
        ] {
            assert!(valid(json), "{json}");
        }
        for json in [
            "-",
            "01",
            "1.",
            ".5",
            "1e",
            "+1",
            "[1,]",
            "[,1]",
            "{,}",
            r#"{"a"}"#,
            r#"{"a":1,}"#,
            "{1:2}",
            "[}",
            "tru",
            "nulls",
            "1 2",
            r#""\x""#,
            r#""\u12g4""#,
            "\"\t\"",
            "\"",
            "[",
            "[1",
            "nan",
        ] {
            assert!(!valid(json), "{json}");
        }
    }

    #[test]
    fn nesting_costs_no_stack() {
        let deep = 1 << 20;
        assert!(valid("[".repeat(deep) + &"]".repeat(deep)));
        assert!(!valid("[".repeat(deep)));
        assert!(!valid("{\"a\":".repeat(deep)));
    }

    proptest! {
        #[test]
        fn agrees_with_a_strict_parser(json in r#"[ \[\]{}:,"a0-2.eE+\-\\untrlf]{0,12}"#) {
            let strict = serde_json::from_str::<serde_json::Value>(&json);
            let differs = strict.is_err_and(|error| {
                let message = error.to_string();
                message.contains("out of range") || message.contains("hex escape") || message.contains("surrogate")
            });
            prop_assume!(!differs);
            prop_assert_eq!(valid(&json), serde_json::from_str::<serde_json::Value>(&json).is_ok());
        }
    }
}
