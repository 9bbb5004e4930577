//! Reads a document token by token, without recursion, and finds the errors that Go finds.

use super::{Error, MAX_DEPTH, grammar::is_json};
use crate::gostrconv::quote;

/// Tells whether a text is one JSON value.
///
/// ```
/// use argo_events_expr::gojson::valid;
/// assert!(valid(br#"{"a":[1,2]}"#) && !valid(b"{a:1}"));
/// ```
#[must_use]
pub fn valid(document: &[u8]) -> bool {
    is_json(document, MAX_DEPTH)
}

/// A piece of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Token<'a> {
    ObjectStart,
    ObjectEnd,
    ArrayStart,
    ArrayEnd,
    Comma,
    Colon,
    /// A member's name as written, with quotes.
    Key(&'a [u8]),
    /// A string as written, with quotes.
    String(&'a [u8]),
    /// A number as written.
    Number(&'a [u8]),
    True,
    False,
    Null,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Container {
    Array,
    Object,
}

#[derive(Clone, Copy)]
enum Expected {
    Value,
    ValueOrArrayEnd,
    Key,
    KeyOrObjectEnd,
    Colon,
    CommaOrEnd,
    End,
}

/// The bytes that stand for more than themselves within a string.
const ENDS_RUN: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 0x20 {
        table[byte] = true;
        byte += 1;
    }
    table[b'"' as usize] = true;
    table[b'\\' as usize] = true;
    table
};

/// Reads tokens from the front of a document.
pub(crate) struct Scanner<'a> {
    document: &'a [u8],
    at: usize,
    open: Vec<Container>,
    expected: Expected,
}

impl<'a> Scanner<'a> {
    pub(crate) fn new(document: &'a [u8]) -> Self {
        Self {
            document,
            at: 0,
            open: Vec::new(),
            expected: Expected::Value,
        }
    }

    /// Gives how many bytes end with the last token given.
    pub(crate) fn at(&self) -> usize {
        self.at
    }

    /// Gives what follows the last token given; after the last one, the blanks at the end.
    pub(crate) fn rest(&self) -> &'a [u8] {
        &self.document[self.at..]
    }

    /// Gives the next token, or nothing after the end of the value.
    pub(crate) fn next(&mut self) -> Result<Option<Token<'a>>, Error> {
        let before_blanks = self.at;
        self.skip_blanks();
        let Some(byte) = self.peek() else {
            return match self.expected {
                Expected::End => {
                    self.at = before_blanks;
                    Ok(None)
                }
                _ => Err(self.cut_off()),
            };
        };
        match (self.expected, byte) {
            (Expected::End, _) => Err(self.unexpected("after top-level value")),
            (Expected::ValueOrArrayEnd, b']') | (Expected::KeyOrObjectEnd, b'}') => {
                Ok(Some(self.close()))
            }
            (Expected::Value | Expected::ValueOrArrayEnd, _) => self.value(byte).map(Some),
            (Expected::Key | Expected::KeyOrObjectEnd, b'"') => {
                self.expected = Expected::Colon;
                self.string().map(|name| Some(Token::Key(name)))
            }
            (Expected::Key | Expected::KeyOrObjectEnd, _) => {
                Err(self.unexpected("looking for beginning of object key string"))
            }
            (Expected::Colon, b':') => Ok(Some(self.step(Token::Colon, Expected::Value))),
            (Expected::Colon, _) => Err(self.unexpected("after object key")),
            (Expected::CommaOrEnd, _) => self.comma_or_end(byte).map(Some),
        }
    }

    fn comma_or_end(&mut self, byte: u8) -> Result<Token<'a>, Error> {
        match (self.open.last(), byte) {
            (Some(Container::Array), b',') => Ok(self.step(Token::Comma, Expected::Value)),
            (Some(Container::Object), b',') => Ok(self.step(Token::Comma, Expected::Key)),
            (Some(Container::Array), b']') | (Some(Container::Object), b'}') => Ok(self.close()),
            (Some(Container::Array), _) => Err(self.unexpected("after array element")),
            _ => Err(self.unexpected("after object key:value pair")),
        }
    }

    fn value(&mut self, byte: u8) -> Result<Token<'a>, Error> {
        match byte {
            b'{' => self.open(Container::Object),
            b'[' => self.open(Container::Array),
            b'"' => {
                self.after_value();
                self.string().map(Token::String)
            }
            b'-' | b'0'..=b'9' => {
                self.after_value();
                self.number().map(Token::Number)
            }
            b't' => self.word("true", Token::True),
            b'f' => self.word("false", Token::False),
            b'n' => self.word("null", Token::Null),
            _ => Err(self.unexpected("looking for beginning of value")),
        }
    }

    fn open(&mut self, container: Container) -> Result<Token<'a>, Error> {
        if self.open.len() == MAX_DEPTH {
            return Err(self.unexpected("exceeded max depth"));
        }
        self.open.push(container);
        Ok(match container {
            Container::Array => self.step(Token::ArrayStart, Expected::ValueOrArrayEnd),
            Container::Object => self.step(Token::ObjectStart, Expected::KeyOrObjectEnd),
        })
    }

    fn close(&mut self) -> Token<'a> {
        let token = match self.open.pop() {
            Some(Container::Array) => Token::ArrayEnd,
            _ => Token::ObjectEnd,
        };
        self.at += 1;
        self.after_value();
        token
    }

    fn step(&mut self, token: Token<'a>, expected: Expected) -> Token<'a> {
        self.at += 1;
        self.expected = expected;
        token
    }

    fn after_value(&mut self) {
        self.expected = if self.open.is_empty() {
            Expected::End
        } else {
            Expected::CommaOrEnd
        };
    }

    fn string(&mut self) -> Result<&'a [u8], Error> {
        let start = self.at;
        self.at += 1;
        loop {
            let ordinary = |byte: &u8| !ENDS_RUN[usize::from(*byte)];
            self.at += self.rest().iter().take_while(|it| ordinary(it)).count();
            match self.peek() {
                None => return Err(self.cut_off()),
                Some(b'"') => break,
                Some(b'\\') => self.escape()?,
                Some(_) => return Err(self.unexpected("in string literal")),
            }
        }
        self.at += 1;
        Ok(&self.document[start..self.at])
    }

    fn escape(&mut self) -> Result<(), Error> {
        self.at += 1;
        match self.peek() {
            Some(b'b' | b'f' | b'n' | b'r' | b't' | b'\\' | b'/' | b'"') => self.at += 1,
            Some(b'u') => {
                self.at += 1;
                for _ in 0..4 {
                    match self.peek() {
                        Some(digit) if digit.is_ascii_hexdigit() => self.at += 1,
                        _ => {
                            return Err(self.unexpected("in \\u hexadecimal character escape"));
                        }
                    }
                }
            }
            _ => return Err(self.unexpected("in string escape code")),
        }
        Ok(())
    }

    fn number(&mut self) -> Result<&'a [u8], Error> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        if self.peek() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits("in numeric literal")?;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits("after decimal point in numeric literal")?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.at += 1;
            if let Some(b'+' | b'-') = self.peek() {
                self.at += 1;
            }
            self.digits("in exponent of numeric literal")?;
        }
        Ok(&self.document[start..self.at])
    }

    fn digits(&mut self, place: &str) -> Result<(), Error> {
        match self.peek() {
            Some(b'0'..=b'9') => {}
            _ => return Err(self.unexpected(place)),
        }
        while let Some(b'0'..=b'9') = self.peek() {
            self.at += 1;
        }
        Ok(())
    }

    fn word(&mut self, word: &'static str, token: Token<'a>) -> Result<Token<'a>, Error> {
        for letter in word.bytes() {
            match self.peek() {
                Some(byte) if byte == letter => self.at += 1,
                _ => {
                    let letter = char::from(letter);
                    let place = format!("in literal {word} (expecting '{letter}')");
                    return Err(self.unexpected(&place));
                }
            }
        }
        self.after_value();
        Ok(token)
    }

    fn skip_blanks(&mut self) {
        while let Some(b' ' | b'\t' | b'\r' | b'\n') = self.peek() {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.document.get(self.at).copied()
    }

    /// Complains about the next byte; Go takes the end for a blank, unless a blank may stand there.
    fn unexpected(&self, place: &str) -> Error {
        let found = quoted(self.peek().unwrap_or(b' '));
        let message = format!("invalid character {found} {place}");
        Error::Syntax {
            message,
            offset: (self.at + 1).min(self.document.len()),
        }
    }

    fn cut_off(&self) -> Error {
        let message = "unexpected end of JSON input".to_owned();
        Error::Syntax {
            message,
            offset: self.document.len(),
        }
    }
}

/// Shows a byte in single quotes; Go takes it for a character of Latin-1.
fn quoted(byte: u8) -> String {
    match byte {
        b'\'' => r"'\''".to_owned(),
        b'"' => "'\"'".to_owned(),
        _ => {
            let text = quote(char::from(byte).to_string());
            format!("'{}'", &text[1..text.len() - 1])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn error(document: &[u8]) -> String {
        let mut scanner = Scanner::new(document);
        loop {
            match scanner.next() {
                Ok(Some(_)) => {}
                Ok(None) => return "none".to_owned(),
                Err(error) => return error.to_string(),
            }
        }
    }

    #[test]
    fn errors_have_the_words_of_go() {
        for (document, message) in [
            (&b""[..], "unexpected end of JSON input"),
            (b"[1 2]", "invalid character '2' after array element"),
            (b"{\"a\" 1}", "invalid character '1' after object key"),
            (
                b"{\"a\":1 2}",
                "invalid character '2' after object key:value pair",
            ),
            (
                b"{a",
                "invalid character 'a' looking for beginning of object key string",
            ),
            (
                b"nul}",
                "invalid character '}' in literal null (expecting 'l')",
            ),
            (b"\"\\x\"", "invalid character 'x' in string escape code"),
            (
                b"\"\\u12\"",
                "invalid character '\"' in \\u hexadecimal character escape",
            ),
            (b"\"\x01\"", "invalid character '\\x01' in string literal"),
            (b"-a", "invalid character 'a' in numeric literal"),
            (
                b"1.]",
                "invalid character ']' after decimal point in numeric literal",
            ),
            (
                b"1e ",
                "invalid character ' ' in exponent of numeric literal",
            ),
            (
                b"1.",
                "invalid character ' ' after decimal point in numeric literal",
            ),
            (
                b"tru",
                "invalid character ' ' in literal true (expecting 'e')",
            ),
            (b"\"a", "unexpected end of JSON input"),
            (b"01", "invalid character '1' after top-level value"),
            (
                b"\xef\xbb\xbf1",
                "invalid character '\u{ef}' looking for beginning of value",
            ),
            (
                b"'",
                "invalid character '\\'' looking for beginning of value",
            ),
        ] {
            assert_eq!(error(document), message);
        }
    }

    #[test]
    fn nesting_ends_at_the_limit() {
        let nested = |depth: usize| [vec![b'['; depth], vec![b']'; depth]].concat();
        assert!(valid(&nested(MAX_DEPTH)));
        assert_eq!(
            error(&nested(MAX_DEPTH + 1)),
            "invalid character '[' exceeded max depth"
        );
    }

    proptest! {
        #[test]
        fn any_bytes_are_judged(document: Vec<u8>) {
            let _: bool = valid(&document);
        }

        #[test]
        fn near_documents_are_judged_as_by_another_reader(document in r#"[\[\]{}",:\\0-9a-eu. -]{0,12}"#) {
            let other = serde_json::from_str::<&serde_json::value::RawValue>(&document).is_ok();
            prop_assert_eq!(valid(document.as_bytes()), other);
        }
    }
}
