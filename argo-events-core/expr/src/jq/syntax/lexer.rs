//! Cuts a program's text into words.

use super::{
    token::{Keyword, Token},
    tree::Operator,
};
use crate::gojson::unquote;

/// Cuts a text into words; the parser tells when an interpolation ends.
#[derive(Debug)]
pub(super) struct Lexer<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    /// Where the last word begins.
    start: usize,
    /// What an error about the last word quotes; signs and string marks leave it as it was.
    quoted: String,
    in_string: bool,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self {
            text,
            bytes: text.as_bytes(),
            at: 0,
            start: 0,
            quoted: String::new(),
            in_string: false,
        }
    }

    /// Gives how many bytes were read.
    pub(super) fn offset(&self) -> usize {
        self.at
    }

    /// Gives where the last word begins.
    pub(super) fn start(&self) -> usize {
        self.start
    }

    pub(super) fn quoted(&self) -> &str {
        &self.quoted
    }

    /// Goes on with the string around an interpolation.
    pub(super) fn resume_string(&mut self) {
        self.in_string = true;
    }

    /// Gives the next word.
    pub(super) fn next(&mut self) -> Token {
        self.start = self.at;
        if self.at == self.bytes.len() {
            return self.end();
        }
        if self.in_string {
            return self.string(self.at);
        }
        let Some(byte) = self.next_byte() else {
            return self.end();
        };
        let start = self.at - 1;
        self.start = start;
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => self.word(start),
            b'0'..=b'9' => self.number(start, State::Lead),
            b'.' => self.dot(start),
            b'$' if is_letter(self.peek()) => self.variable(start),
            b'@' if is_name(self.peek()) => {
                self.name();
                Token::Format(self.quote(start).to_owned())
            }
            b'"' => self.string(start),
            0x80.. => self.stray(start),
            _ => self.sign(byte, start),
        }
    }

    fn end(&mut self) -> Token {
        self.start = self.at;
        self.quoted.clear();
        Token::End
    }

    fn quote(&mut self, start: usize) -> &str {
        self.quoted = self.text.get(start..self.at).unwrap_or_default().to_owned();
        &self.quoted
    }

    fn peek(&self) -> u8 {
        self.bytes.get(self.at).copied().unwrap_or(0)
    }

    /// Skips blanks and comments and takes a byte, unless the text ends there.
    fn next_byte(&mut self) -> Option<u8> {
        loop {
            let byte = *self.bytes.get(self.at)?;
            self.at += 1;
            match byte {
                b'#' => {
                    if self.skip_comment() {
                        return None;
                    }
                }
                b'\t' | b'\n' | b'\r' | b' ' if self.at == self.bytes.len() => return None,
                b'\t' | b'\n' | b'\r' | b' ' => {}
                _ => return Some(byte),
            }
        }
    }

    /// Skips a comment, with lines that a backslash joins; tells whether the text ended with it.
    fn skip_comment(&mut self) -> bool {
        loop {
            match self.peek() {
                0 => return true,
                b'\\' => self.skip_escaped(),
                b'\n' | b'\r' => return false,
                _ => self.at += 1,
            }
        }
    }

    fn skip_escaped(&mut self) {
        self.at += 1;
        match self.peek() {
            b'\\' | b'\n' => self.at += 1,
            b'\r' => {
                self.at += 1;
                if self.peek() == b'\n' {
                    self.at += 1;
                }
            }
            _ => {}
        }
    }

    fn name(&mut self) {
        while is_name(self.peek()) {
            self.at += 1;
        }
    }

    /// Reads a name, perhaps with a module's before it; tells which.
    fn module_name(&mut self) -> bool {
        self.name();
        let rest = &self.bytes[self.at..];
        let is_module = rest.starts_with(b"::") && rest.get(2).copied().is_some_and(is_letter);
        if is_module {
            self.at += 3;
            self.name();
        }
        is_module
    }

    fn word(&mut self, start: usize) -> Token {
        let is_module = self.module_name();
        let word = self.quote(start).to_owned();
        if is_module {
            return Token::ModuleIdentifier;
        }
        match Keyword::named(&word) {
            Some(keyword) => Token::Keyword(keyword),
            None => Token::Identifier(word),
        }
    }

    fn variable(&mut self, start: usize) -> Token {
        let is_module = self.module_name();
        let name = self.quote(start).to_owned();
        if is_module {
            Token::ModuleVariable(name)
        } else {
            Token::Variable(name)
        }
    }

    fn dot(&mut self, start: usize) -> Token {
        match self.peek() {
            b'.' => {
                self.at += 1;
                self.quote(start);
                Token::Recurse
            }
            b'0'..=b'9' => self.number(start, State::Fraction),
            byte if is_letter(byte) => {
                self.name();
                Token::Field(self.quote(start)[1..].to_owned())
            }
            _ => Token::Sign(b'.'),
        }
    }

    fn number(&mut self, start: usize, state: State) -> Token {
        let valid = scan_number(self.bytes, &mut self.at, state);
        let spelling = self.quote(start).to_owned();
        if valid {
            Token::Number(spelling)
        } else {
            Token::Invalid
        }
    }

    fn stray(&mut self, start: usize) -> Token {
        let width = self.text[start..].chars().next().map_or(1, char::len_utf8);
        self.at = start + width;
        self.quote(start);
        Token::Stray
    }

    fn sign(&mut self, byte: u8, start: usize) -> Token {
        for (sign, token) in &SIGNS {
            if self.bytes[start..].starts_with(sign.as_bytes()) {
                self.at = start + sign.len();
                self.quote(start);
                return token.clone();
            }
        }
        Token::Sign(byte)
    }

    /// Reads a string up to its end or its next interpolation.
    fn string(&mut self, start: usize) -> Token {
        let mut decode = false;
        let mut at = self.at;
        while let Some(byte) = self.bytes.get(at).copied() {
            match byte {
                b'\\' if self.bytes.get(at + 1) == Some(&b'(') => {
                    return self.interpolation(start, at, decode);
                }
                b'\\' => match self.escape(at) {
                    Ok(after) => {
                        at = after;
                        decode = true;
                    }
                    Err(None) => break,
                    Err(Some(end)) => return self.invalid_escape(at, end),
                },
                b'"' => return self.string_end(start, at, decode),
                _ => {
                    decode |= byte > b'~';
                    at += 1;
                }
            }
        }
        self.at = self.bytes.len();
        self.quoted.clear();
        Token::Unterminated
    }

    /// Gives where an escape ends, or where a wrong one does; nothing if the text ends in it.
    fn escape(&self, at: usize) -> Result<usize, Option<usize>> {
        match self.bytes.get(at + 1) {
            None => Err(None),
            Some(b'u') => {
                let digits = at + 2;
                let valid = (digits..digits + 4)
                    .find(|place| !self.bytes.get(*place).is_some_and(u8::is_ascii_hexdigit));
                valid.map_or(Ok(digits + 4), |wrong| Err(Some(wrong)))
            }
            Some(b'"' | b'/' | b'\\' | b'b' | b'f' | b'n' | b'r' | b't') => Ok(at + 2),
            Some(_) => Err(Some(at + 2)),
        }
    }

    fn invalid_escape(&mut self, start: usize, end: usize) -> Token {
        self.at = end.min(self.bytes.len());
        self.quoted = String::from_utf8_lossy(&self.bytes[start..self.at]).into_owned();
        Token::InvalidEscape
    }

    fn interpolation(&mut self, start: usize, at: usize, decode: bool) -> Token {
        if !self.in_string {
            self.in_string = true;
            return Token::TextStart;
        }
        if at == self.at {
            self.at += 2;
            self.in_string = false;
            return Token::TextQuery;
        }
        self.at = at;
        Token::Text(self.piece(start, decode))
    }

    fn string_end(&mut self, start: usize, at: usize, decode: bool) -> Token {
        if !self.in_string {
            self.at = at + 1;
            let literal = self.quote(start).to_owned();
            let inner = &literal[1..literal.len() - 1];
            return Token::Text(unescape(inner, decode));
        }
        if at > self.at {
            self.at = at;
            return Token::Text(self.piece(start, decode));
        }
        self.in_string = false;
        self.at = at + 1;
        Token::TextEnd
    }

    fn piece(&mut self, start: usize, decode: bool) -> String {
        let piece = self.quote(start).to_owned();
        unescape(&piece, decode)
    }
}

fn unescape(inner: &str, decode: bool) -> String {
    if !decode {
        return inner.to_owned();
    }
    let literal = format!("\"{inner}\"");
    unquote(literal.as_bytes()).into_owned()
}

/// Signs of more than one character, and those that mean an operator; longer ones first.
const SIGNS: [(&str, Token); 16] = [
    ("?//", Token::DestructuringAlternative),
    ("//=", Token::Update(Operator::UpdateAlternative)),
    ("//", Token::Alternative),
    ("|=", Token::Update(Operator::Modify)),
    ("+=", Token::Update(Operator::UpdateAdd)),
    ("-=", Token::Update(Operator::UpdateSubtract)),
    ("*=", Token::Update(Operator::UpdateMultiply)),
    ("/=", Token::Update(Operator::UpdateDivide)),
    ("%=", Token::Update(Operator::UpdateModulo)),
    ("==", Token::Compare(Operator::Equal)),
    ("=", Token::Update(Operator::Assign)),
    ("!=", Token::Compare(Operator::NotEqual)),
    (">=", Token::Compare(Operator::GreaterOrEqual)),
    (">", Token::Compare(Operator::Greater)),
    ("<=", Token::Compare(Operator::LessOrEqual)),
    ("<", Token::Compare(Operator::Less)),
];

#[derive(Clone, Copy, PartialEq)]
enum State {
    Lead,
    Fraction,
    ExponentLead,
    Exponent,
}

/// Reads the rest of a number; where it is wrong, the place is behind the wrong character.
fn scan_number(bytes: &[u8], at: &mut usize, mut state: State) -> bool {
    loop {
        let byte = bytes.get(*at).copied().unwrap_or(0);
        let in_exponent = matches!(state, State::ExponentLead | State::Exponent);
        match byte {
            b'0'..=b'9' => {
                *at += 1;
                if in_exponent {
                    state = State::Exponent;
                }
            }
            b'.' if !in_exponent => {
                *at += 1;
                if state == State::Fraction {
                    return false;
                }
                state = State::Fraction;
            }
            b'e' | b'E' if !in_exponent => {
                *at += 1;
                if let Some(b'-' | b'+') = bytes.get(*at) {
                    *at += 1;
                }
                state = State::ExponentLead;
            }
            _ if is_letter(byte) => {
                *at += 1;
                return false;
            }
            _ => return state != State::ExponentLead,
        }
    }
}

/// Tells whether a whole text is a number as `tonumber` takes it.
pub(in crate::jq) fn is_number(text: &[u8]) -> bool {
    let mut at = usize::from(matches!(text.first(), Some(b'+' | b'-')));
    let mut state = State::Lead;
    if text.get(at) == Some(&b'.') {
        at += 1;
        state = State::Fraction;
    }
    let starts = text.get(at).is_some_and(u8::is_ascii_digit);
    starts && scan_number(text, &mut at, state) && at == text.len()
}

fn is_letter(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_'
}

fn is_name(byte: u8) -> bool {
    is_letter(byte) || byte.is_ascii_digit()
}
