//! Cuts a script into tokens, with gopher-lua's positions and its words for what is wrong.
//!
//! Works on bytes: a column counts bytes, and a string may hold any of them.

use super::error::{CompileError, Near};

/// What a token is; words and marks carry their own text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    End,
    Name,
    Number,
    Text,
    /// A reserved word, or a mark such as `(` or `..`.
    Sign(&'static str),
}

#[derive(Clone, Debug)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) text: Vec<u8>,
    pub(super) line: u32,
}

const WORDS: [&str; 22] = [
    "and", "break", "do", "else", "elseif", "end", "false", "for", "function", "goto", "if", "in",
    "local", "nil", "not", "or", "repeat", "return", "then", "true", "until", "while",
];

/// Marks, the longer ones before their beginnings.
const MARKS: [&str; 25] = [
    "...", "..", "==", "~=", "<=", ">=", "::", "=", "<", ">", ".", ":", "+", "-", "*", "/", "%",
    "^", "#", "(", ")", "{", "}", "]", ";",
];

#[derive(Debug)]
pub(super) struct Lexer<'a> {
    source: &'a [u8],
    chunk: &'a str,
    at: usize,
    line: u32,
    column: u32,
    /// Whether the end was read, after which there is no line any more.
    ended: bool,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(source: &'a [u8], chunk: &'a str) -> Self {
        Self {
            source,
            chunk,
            at: 0,
            line: 1,
            column: 0,
            ended: false,
        }
    }

    /// Makes the error for what was read last.
    pub(super) fn error(&self, near: &[u8], message: &str) -> CompileError {
        let position = Near {
            line: self.line,
            column: self.column,
            ended: self.ended,
            offset: self.at.saturating_sub(usize::from(!self.ended)),
        };
        CompileError::syntax(self.chunk, &position, near, message)
    }

    fn peek(&self) -> Option<u8> {
        self.source.get(self.at).copied()
    }

    /// Reads a byte; both bytes of a line break count as one.
    fn next(&mut self) -> Option<u8> {
        let Some(byte) = self.peek() else {
            self.ended = true;
            return None;
        };
        self.at += 1;
        if byte == b'\n' || byte == b'\r' {
            self.break_line(byte);
            return Some(b'\n');
        }
        self.column += 1;
        Some(byte)
    }

    fn break_line(&mut self, byte: u8) {
        self.line += 1;
        self.column = 0;
        let other = if byte == b'\n' { b'\r' } else { b'\n' };
        if self.peek() == Some(other) {
            self.at += 1;
        }
    }

    pub(super) fn token(&mut self) -> Result<Token, CompileError> {
        loop {
            while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
                self.next();
            }
            if self.source[self.at..].starts_with(b"--") {
                self.skip_comment()?;
            } else {
                return self.scan();
            }
        }
    }

    fn skip_comment(&mut self) -> Result<(), CompileError> {
        self.next();
        self.next();
        if self.peek() == Some(b'[') {
            self.next();
            if matches!(self.peek(), Some(b'[' | b'=')) {
                let mut text = Vec::new();
                return match self.long_text(&mut text) {
                    Ok(()) => Ok(()),
                    Err(_) => Err(self.error(&text, "invalid multiline comment")),
                };
            }
        }
        while !matches!(self.next(), Some(b'\n') | None) {}
        Ok(())
    }

    fn scan(&mut self) -> Result<Token, CompileError> {
        let offset = self.at;
        let first = self.next();
        let line = self.line;
        let mut text = Vec::new();
        let kind = match first {
            None => Kind::End,
            Some(byte) if byte.is_ascii_alphabetic() || byte == b'_' => self.word(byte, &mut text),
            Some(byte) if byte.is_ascii_digit() => self.number(byte, &mut text)?,
            Some(b'.') if self.peek().is_some_and(|byte| byte.is_ascii_digit()) => {
                self.number(b'.', &mut text)?
            }
            Some(quote @ (b'"' | b'\'')) => {
                self.quoted(quote, &mut text)?;
                Kind::Text
            }
            Some(b'[') if matches!(self.peek(), Some(b'[' | b'=')) => {
                self.long_text(&mut text)?;
                Kind::Text
            }
            Some(byte) => self.mark(byte, offset)?,
        };
        if let Kind::Sign(sign) = kind {
            // A lone point has no text in the reference's errors.
            text = if sign == "." { "" } else { sign }.into();
        }
        Ok(Token { kind, text, line })
    }

    fn word(&mut self, first: u8, text: &mut Vec<u8>) -> Kind {
        text.push(first);
        while let Some(byte) = self.peek() {
            if !byte.is_ascii_alphanumeric() && byte != b'_' {
                break;
            }
            text.push(byte);
            self.next();
        }
        let word = WORDS.into_iter().find(|word| word.as_bytes() == *text);
        word.map_or(Kind::Name, Kind::Sign)
    }

    fn mark(&mut self, first: u8, offset: usize) -> Result<Kind, CompileError> {
        if first == b'[' {
            return Ok(Kind::Sign("["));
        }
        if first == b',' {
            return Ok(Kind::Sign(","));
        }
        let rest = &self.source[offset..];
        if let Some(mark) = MARKS
            .into_iter()
            .find(|mark| rest.starts_with(mark.as_bytes()))
        {
            for _ in 1..mark.len() {
                self.next();
            }
            return Ok(Kind::Sign(mark));
        }
        let message = if first == b'~' {
            "Invalid '~' token"
        } else {
            "Invalid token"
        };
        Err(self.error(&[first], message))
    }

    fn number(&mut self, first: u8, text: &mut Vec<u8>) -> Result<Kind, CompileError> {
        let mut first = Some(first);
        if first == Some(b'0') {
            if matches!(self.peek(), Some(b'x' | b'X')) {
                return self.hexadecimal(text);
            }
            if self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
                first = self.next();
            }
        }
        self.digits(first, text);
        if self.peek() == Some(b'.') {
            let point = self.next();
            self.digits(point, text);
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            text.extend(self.next());
            if matches!(self.peek(), Some(b'+' | b'-')) {
                text.extend(self.next());
            }
            // Whatever follows belongs to the number, which then has no value.
            let digit = self.next();
            self.digits(digit.or(Some(0xff)), text);
        }
        Ok(Kind::Number)
    }

    fn digits(&mut self, first: Option<u8>, text: &mut Vec<u8>) {
        text.extend(first);
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            text.extend(self.next());
        }
    }

    fn hexadecimal(&mut self, text: &mut Vec<u8>) -> Result<Kind, CompileError> {
        text.push(b'0');
        text.extend(self.next());
        while self.peek().is_some_and(|byte| byte.is_ascii_hexdigit()) {
            text.extend(self.next());
        }
        if text.len() == 2 {
            return Err(self.error(text, "illegal hexadecimal number"));
        }
        Ok(Kind::Number)
    }

    fn quoted(&mut self, quote: u8, text: &mut Vec<u8>) -> Result<(), CompileError> {
        loop {
            match self.next() {
                None | Some(b'\n') => return Err(self.error(text, "unterminated string")),
                Some(b'\\') => self.escape(text),
                Some(byte) if byte == quote => return Ok(()),
                Some(byte) => text.push(byte),
            }
        }
    }

    fn escape(&mut self, text: &mut Vec<u8>) {
        text.push(match self.next() {
            Some(b'a') => 0x07,
            Some(b'b') => 0x08,
            Some(b'f') => 0x0c,
            Some(b'n') => b'\n',
            Some(b'r') => b'\r',
            Some(b't') => b'\t',
            Some(b'v') => 0x0b,
            Some(digit @ b'0'..=b'9') => self.decimal_escape(digit),
            Some(byte) => byte,
            None => 0xff,
        });
    }

    /// Reads up to three digits; what is too large for a byte wraps.
    fn decimal_escape(&mut self, first: u8) -> u8 {
        let mut code = u32::from(first - b'0');
        for _ in 0..2 {
            let Some(digit @ b'0'..=b'9') = self.peek() else {
                break;
            };
            self.next();
            code = code * 10 + u32::from(digit - b'0');
        }
        (code % 256) as u8
    }

    /// Reads `[==[text]==]` after its first bracket.
    fn long_text(&mut self, text: &mut Vec<u8>) -> Result<(), CompileError> {
        let mut byte = self.next();
        let mut level = 0;
        while byte == Some(b'=') {
            level += 1;
            byte = self.next();
        }
        if byte != Some(b'[') {
            let near = byte.map_or("\u{fffd}".into(), |byte| char::from(byte).to_string());
            return Err(self.error(near.as_bytes(), "invalid multiline string"));
        }
        byte = self.next();
        if byte == Some(b'\n') {
            byte = self.next();
        }
        loop {
            match byte {
                None => return Err(self.error(text, "unterminated multiline string")),
                Some(b']') => {
                    let mut found = 0;
                    byte = self.next();
                    while byte == Some(b'=') {
                        found += 1;
                        byte = self.next();
                    }
                    if found == level && byte == Some(b']') {
                        return Ok(());
                    }
                    text.push(b']');
                    text.resize(text.len() + found, b'=');
                }
                Some(other) => {
                    text.push(other);
                    byte = self.next();
                }
            }
        }
    }
}
