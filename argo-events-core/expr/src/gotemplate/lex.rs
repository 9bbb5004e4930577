//! Cuts a template into pieces, as `text/template/parse` does.

use super::token::{Keyword, Kind, Token};
use crate::{
    gofmt::{self, sprintf},
    gostrconv::{decode_rune, quote},
};

const LEFT: &[u8] = b"{{";
const RIGHT: &[u8] = b"}}";
const LEFT_COMMENT: &[u8] = b"/*";
const RIGHT_COMMENT: &[u8] = b"*/";
/// The length of the minus and the blank that ask for trimming.
const MARKER: usize = 2;

/// Reads one piece after the other; after a mistake there is nothing left to read.
#[derive(Debug)]
pub(super) struct Lexer<'t> {
    text: &'t [u8],
    /// Where the next piece begins.
    start: usize,
    /// How far reading came.
    at: usize,
    is_inside: bool,
    /// How many parentheses are open.
    parentheses: usize,
    /// Where a mistake was, to which all that follows it belongs.
    mistaken: usize,
}

impl<'t> Lexer<'t> {
    pub(super) fn new(text: &'t [u8]) -> Self {
        Self {
            text,
            start: 0,
            at: 0,
            is_inside: false,
            parentheses: 0,
            mistaken: 0,
        }
    }

    pub(super) fn next(&mut self) -> Token<'t> {
        loop {
            let token = if self.is_inside {
                Some(self.inside())
            } else {
                self.outside()
            };
            if let Some(token) = token {
                return token;
            }
        }
    }

    /// Reads text up to an action, or goes on into the action.
    fn outside(&mut self) -> Option<Token<'t>> {
        let rest = self.rest();
        let Some(length) = find(rest, LEFT) else {
            self.at = self.text.len();
            let is_empty = rest.is_empty();
            return Some(self.emit(if is_empty { Kind::End } else { Kind::Text }));
        };
        if length == 0 {
            return self.left_delimiter();
        }
        let is_trimmed = has_left_marker(&rest[length + LEFT.len()..]);
        let kept = if is_trimmed {
            length - trailing_blanks(&rest[..length])
        } else {
            length
        };
        self.at += kept;
        let token = self.emit(Kind::Text);
        self.at += length - kept;
        self.start = self.at;
        (kept > 0).then_some(token)
    }

    /// Reads the opening of an action, or a whole comment.
    fn left_delimiter(&mut self) -> Option<Token<'t>> {
        self.at += LEFT.len();
        let marker = if has_left_marker(self.rest()) {
            MARKER
        } else {
            0
        };
        if self.rest()[marker..].starts_with(LEFT_COMMENT) {
            self.at += marker;
            self.start = self.at;
            return self.comment();
        }
        let token = self.emit(Kind::LeftDelimiter);
        self.is_inside = true;
        self.at += marker;
        self.start = self.at;
        self.parentheses = 0;
        Some(token)
    }

    fn comment(&mut self) -> Option<Token<'t>> {
        self.at += LEFT_COMMENT.len();
        let Some(length) = find(self.rest(), RIGHT_COMMENT) else {
            return Some(self.mistake("unclosed comment"));
        };
        self.at += length + RIGHT_COMMENT.len();
        let Some(is_trimmed) = self.at_right_delimiter() else {
            return Some(self.mistake("comment ends before closing delimiter"));
        };
        self.at += RIGHT.len() + if is_trimmed { MARKER } else { 0 };
        if is_trimmed {
            self.at += leading_blanks(self.rest());
        }
        self.start = self.at;
        None
    }

    fn right_delimiter(&mut self) -> Token<'t> {
        let is_trimmed = has_right_marker(self.rest());
        if is_trimmed {
            self.at += MARKER;
            self.start = self.at;
        }
        self.at += RIGHT.len();
        let token = self.emit(Kind::RightDelimiter);
        if is_trimmed {
            self.at += leading_blanks(self.rest());
            self.start = self.at;
        }
        self.is_inside = false;
        token
    }

    /// Reads a piece of an action.
    fn inside(&mut self) -> Token<'t> {
        if self.at_right_delimiter().is_some() {
            return match self.parentheses {
                0 => self.right_delimiter(),
                _ => self.mistake("unclosed left paren"),
            };
        }
        let Some(character) = self.bump() else {
            return self.mistake("unclosed action");
        };
        match character {
            ' ' | '\t' | '\r' | '\n' => self.space(),
            '=' => self.emit(Kind::Assign),
            ':' => match self.bump() {
                Some('=') => self.emit(Kind::Declare),
                _ => self.mistake("expected :="),
            },
            '|' => self.emit(Kind::Pipe),
            '"' => self.quoted('"', Kind::String, "unterminated quoted string"),
            '\'' => self.quoted(
                '\'',
                Kind::CharacterConstant,
                "unterminated character constant",
            ),
            '`' => self.raw_string(),
            '$' => self.name(Kind::Variable),
            '.' if !self.rest().first().is_some_and(u8::is_ascii_digit) && self.has_more() => {
                self.name(Kind::Field)
            }
            '.' | '+' | '-' | '0'..='9' => self.number(),
            '(' => {
                self.parentheses += 1;
                self.emit(Kind::LeftParenthesis)
            }
            ')' => match self.parentheses.checked_sub(1) {
                Some(left) => {
                    self.parentheses = left;
                    self.emit(Kind::RightParenthesis)
                }
                None => self.mistake("unexpected right paren"),
            },
            ',' => self.emit(Kind::Comma),
            _ if is_alphanumeric(character) => self.identifier(),
            '!'..='~' => self.emit(Kind::Character),
            _ => {
                let shown = code_point(character);
                self.mistake(format!("unrecognized character in action: {shown}"))
            }
        }
    }

    /// Reads blanks; the last of them may belong to the closing of the action.
    fn space(&mut self) -> Token<'t> {
        self.at += leading_blanks(self.rest());
        let last = &self.text[self.at - 1..];
        if has_right_marker(last) && last[MARKER..].starts_with(RIGHT) {
            self.at -= 1;
        }
        self.emit(Kind::Space)
    }

    fn quoted(&mut self, end: char, kind: Kind, unterminated: &str) -> Token<'t> {
        loop {
            match self.bump() {
                Some('\\') => match self.bump() {
                    None | Some('\n') => return self.mistake(unterminated),
                    Some(_) => {}
                },
                None | Some('\n') => return self.mistake(unterminated),
                Some(character) if character == end => return self.emit(kind),
                Some(_) => {}
            }
        }
    }

    fn raw_string(&mut self) -> Token<'t> {
        match find(self.rest(), b"`") {
            Some(length) => {
                self.at += length + 1;
                self.emit(Kind::RawString)
            }
            None => self.mistake("unterminated raw quoted string"),
        }
    }

    fn identifier(&mut self) -> Token<'t> {
        self.skip_alphanumeric();
        if let Some(mistake) = self.bad_end() {
            return mistake;
        }
        let word = &self.text[self.start..self.at];
        match (Keyword::of(word), word) {
            (Some(keyword), _) => self.emit(Kind::Keyword(keyword)),
            (None, b"true" | b"false") => self.emit(Kind::Truth),
            (None, _) => self.emit(Kind::Identifier),
        }
    }

    /// Reads a field or a variable, of which the first character is behind.
    fn name(&mut self, kind: Kind) -> Token<'t> {
        if self.at_terminator() {
            return match kind {
                Kind::Variable => self.emit(Kind::Variable),
                _ => self.emit(Kind::Keyword(Keyword::Dot)),
            };
        }
        self.skip_alphanumeric();
        self.bad_end().unwrap_or_else(|| self.emit(kind))
    }

    fn skip_alphanumeric(&mut self) {
        while self.peek().is_some_and(is_alphanumeric) {
            self.bump();
        }
    }

    /// Gives a mistake if a name is followed by something that cannot follow a name.
    fn bad_end(&mut self) -> Option<Token<'t>> {
        if self.at_terminator() {
            return None;
        }
        let shown = self.peek().map(code_point).unwrap_or_default();
        Some(self.mistake(format!("bad character {shown}")))
    }

    fn at_terminator(&self) -> bool {
        match self.peek() {
            None | Some(' ' | '\t' | '\r' | '\n' | '.' | ',' | '|' | ':' | ')' | '(') => true,
            Some(_) => self.rest().starts_with(RIGHT),
        }
    }

    /// Reads a number leniently; whether it is one is found out when it is decoded.
    fn number(&mut self) -> Token<'t> {
        self.at = self.start;
        let is_good = self.scan_number();
        if is_good && !matches!(self.peek(), Some('+' | '-')) {
            return self.emit(Kind::Number);
        }
        if is_good && self.scan_number() && self.text[self.at - 1] == b'i' {
            return self.emit(Kind::Complex);
        }
        let shown = quote(&self.text[self.start..self.at]);
        self.mistake(format!("bad number syntax: {shown}"))
    }

    fn scan_number(&mut self) -> bool {
        self.accept(b"+-");
        let mut digits: &[u8] = b"0123456789_";
        let mut exponent: &[u8] = b"eE";
        if self.accept(b"0") {
            if self.accept(b"xX") {
                digits = b"0123456789abcdefABCDEF_";
                exponent = b"pP";
            } else if self.accept(b"oO") {
                digits = b"01234567_";
                exponent = b"";
            } else if self.accept(b"bB") {
                digits = b"01_";
                exponent = b"";
            }
        }
        self.accept_all(digits);
        if self.accept(b".") {
            self.accept_all(digits);
        }
        if self.accept(exponent) {
            self.accept(b"+-");
            self.accept_all(b"0123456789_");
        }
        self.accept(b"i");
        let is_followed = self.peek().is_some_and(is_alphanumeric);
        if is_followed {
            self.bump();
        }
        !is_followed
    }

    fn accept(&mut self, valid: &[u8]) -> bool {
        let accepted = (self.rest().first()).is_some_and(|byte| valid.contains(byte));
        self.at += usize::from(accepted);
        accepted
    }

    fn accept_all(&mut self, valid: &[u8]) {
        while self.accept(valid) {}
    }

    /// Tells whether an action ends here, and if so, whether the blanks behind it go.
    fn at_right_delimiter(&self) -> Option<bool> {
        let rest = self.rest();
        if has_right_marker(rest) && rest[MARKER..].starts_with(RIGHT) {
            return Some(true);
        }
        rest.starts_with(RIGHT).then_some(false)
    }

    fn rest(&self) -> &'t [u8] {
        &self.text[self.at..]
    }

    fn has_more(&self) -> bool {
        self.at < self.text.len()
    }

    fn peek(&self) -> Option<char> {
        decode_rune(self.rest()).map(|rune| rune.character)
    }

    fn bump(&mut self) -> Option<char> {
        let rune = decode_rune(self.rest())?;
        self.at += rune.width;
        Some(rune.character)
    }

    fn emit(&mut self, kind: Kind) -> Token<'t> {
        let start = std::mem::replace(&mut self.start, self.at);
        Token {
            kind,
            start: self.mistaken + start,
            text: &self.text[start..self.at],
            mistake: String::new(),
        }
    }

    /// Gives a mistake; nothing is read after it.
    fn mistake(&mut self, mistake: impl Into<String>) -> Token<'t> {
        self.mistaken += self.start;
        self.text = &[];
        self.start = 0;
        self.at = 0;
        Token {
            kind: Kind::Mistake,
            start: self.mistaken,
            text: b"",
            mistake: mistake.into(),
        }
    }
}

pub(super) fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

fn has_left_marker(text: &[u8]) -> bool {
    matches!(text, [b'-', blank, ..] if is_blank(*blank))
}

fn has_right_marker(text: &[u8]) -> bool {
    matches!(text, [blank, b'-', ..] if is_blank(*blank))
}

fn leading_blanks(text: &[u8]) -> usize {
    text.iter().take_while(|byte| is_blank(**byte)).count()
}

fn trailing_blanks(text: &[u8]) -> usize {
    text.iter()
        .rev()
        .take_while(|byte| is_blank(**byte))
        .count()
}

fn is_alphanumeric(character: char) -> bool {
    character == '_' || character.is_alphabetic() || character.is_numeric()
}

fn code_point(character: char) -> String {
    let value = gofmt::Value::Int(i64::from(u32::from(character)));
    let shown = sprintf("%#U", &[value]).unwrap_or_default();
    String::from_utf8_lossy(&shown).into_owned()
}

fn find(text: &[u8], piece: &[u8]) -> Option<usize> {
    text.windows(piece.len()).position(|window| window == piece)
}
