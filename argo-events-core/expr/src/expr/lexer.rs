//! Cuts an expression into tokens, with the library's states, places and messages.

use super::{
    error::{Error, Location},
    token::{Token, TokenKind},
    unescape::unescape,
};
use crate::{
    gostrconv::{is_printable, quote},
    re2::Regex,
};
use std::sync::LazyLock;

/// A letter or digit beyond ASCII, as names may have them.
static WORD: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\A[\pL\p{Nd}]\z").ok());

/// Cuts `source` into tokens, the last of which is the end.
pub(super) fn lex(source: &str) -> Result<Vec<Token>, Error> {
    let mut lexer = Lexer::new(source);
    while lexer.token() {}
    match lexer.error {
        Some(error) => Err(error.bind(source)),
        None => Ok(lexer.tokens),
    }
}

pub(super) fn is_alphanumeric(character: char) -> bool {
    match character {
        '_' | '$' => true,
        _ if character.is_ascii() => character.is_ascii_alphanumeric(),
        _ => WORD.as_ref().is_some_and(|word| {
            let mut buffer = [0; 4];
            word.is_match(character.encode_utf8(&mut buffer).as_bytes())
        }),
    }
}

struct Lexer<'s> {
    source: &'s str,
    tokens: Vec<Token>,
    start: usize,
    end: usize,
    width: usize,
    start_location: Location,
    previous: Location,
    location: Location,
    error: Option<Error>,
}

impl<'s> Lexer<'s> {
    fn new(source: &'s str) -> Self {
        let location = Location { line: 1, column: 0 };
        Self {
            source,
            tokens: Vec::new(),
            start: 0,
            end: 0,
            width: 0,
            start_location: location,
            previous: location,
            location,
            error: None,
        }
    }

    fn next(&mut self) -> Option<char> {
        let Some(character) = self.source[self.end..].chars().next() else {
            self.width = 0;
            return None;
        };
        self.width = character.len_utf8();
        self.end += self.width;
        self.previous = self.location;
        if character == '\n' {
            self.location.line += 1;
            self.location.column = 0;
        } else {
            self.location.column += 1;
        }
        Some(character)
    }

    /// Goes one character back; at the end it only moves the place, as the library does.
    fn backup(&mut self) {
        self.end -= self.width;
        self.location = self.previous;
    }

    fn peek(&mut self) -> Option<char> {
        let character = self.next();
        self.backup();
        character
    }

    fn accept(&mut self, valid: &str) -> bool {
        if self.next().is_some_and(|next| valid.contains(next)) {
            return true;
        }
        self.backup();
        false
    }

    fn accept_run(&mut self, valid: &str) {
        while self.next().is_some_and(|next| valid.contains(next)) {}
        self.backup();
    }

    fn accept_word(&mut self) {
        while self.next().is_some_and(is_alphanumeric) {}
        self.backup();
    }

    fn word(&self) -> &'s str {
        &self.source[self.start..self.end]
    }

    fn emit(&mut self, kind: TokenKind) {
        let value = self.word().as_bytes().to_vec();
        self.emit_value(kind, value, self.start_location);
    }

    fn emit_value(&mut self, kind: TokenKind, value: Vec<u8>, location: Location) {
        self.tokens.push(Token {
            kind,
            value,
            location,
        });
        self.skip();
    }

    fn skip(&mut self) {
        self.start = self.end;
        self.start_location = self.location;
    }

    /// Notes the first error; reading goes on.
    fn fail(&mut self, message: impl Into<String>, hint: &'static str) {
        if self.error.is_none() {
            let error = Error::new(message).at(self.location);
            self.error = Some(match hint {
                "" => error,
                _ => error.with_hint(hint),
            });
        }
    }

    /// Reads one token and tells whether more may follow.
    fn token(&mut self) -> bool {
        let Some(character) = self.next() else {
            self.emit_value(TokenKind::End, Vec::new(), self.previous);
            return false;
        };
        match character {
            _ if character.is_whitespace() => self.skip(),
            '\'' | '"' => self.text(character),
            '0'..='9' => {
                self.backup();
                return self.number();
            }
            '?' => self.operator(".?"),
            '/' => return self.slash(),
            '#' => self.pointer(),
            '|' => self.operator("|"),
            '(' | '[' | '{' | ')' | ']' | '}' => self.emit(TokenKind::Bracket),
            ',' | ':' | ';' | '%' | '+' | '-' | '^' => self.emit(TokenKind::Operator),
            '&' | '!' | '=' | '*' | '<' | '>' => self.operator("&=*"),
            '.' => return self.dot(),
            _ if is_alphanumeric(character) => self.identifier(),
            _ => return self.unrecognized(character),
        }
        true
    }

    fn operator(&mut self, second: &str) {
        self.accept(second);
        self.emit(TokenKind::Operator);
    }

    fn unrecognized(&mut self, character: char) -> bool {
        let code = u32::from(character);
        let mut message = format!("unrecognized character: U+{code:04X}");
        if is_printable(character) {
            message.push_str(&format!(" '{character}'"));
        }
        let hint = match character {
            '`' => "texts stand in single or double quotes",
            '@' | '\\' | '~' => "names are letters, digits, _ and $",
            _ => "",
        };
        self.fail(message, hint);
        false
    }

    fn text(&mut self, quote: char) {
        self.scan_text(quote);
        let value = unescape(self.word()).unwrap_or_else(|message| {
            self.fail(message, "");
            Vec::new()
        });
        self.emit_value(TokenKind::Text, value, self.start_location);
    }

    fn scan_text(&mut self, quote: char) {
        let mut character = self.next();
        while character != Some(quote) {
            character = match character {
                None | Some('\n') => {
                    return self.fail("literal not terminated", "the closing quote is missing");
                }
                Some('\\') => self.scan_escape(quote),
                Some(_) => self.next(),
            };
        }
    }

    fn scan_escape(&mut self, quote: char) -> Option<char> {
        let character = self.next();
        match character {
            Some('a' | 'b' | 'f' | 'n' | 'r' | 't' | 'v' | '\\') => self.next(),
            Some(other) if other == quote => self.next(),
            Some('0'..='7') => self.scan_digits(character, 8, 3),
            Some('x') => self.scan_first_digits(2),
            Some('u') => self.scan_first_digits(4),
            Some('U') => self.scan_first_digits(8),
            _ => {
                self.fail(
                    "invalid char escape",
                    r#"escapes are \n, \t, \\, \x41, \u00e9 and the quote itself"#,
                );
                character
            }
        }
    }

    fn scan_first_digits(&mut self, count: usize) -> Option<char> {
        let first = self.next();
        self.scan_digits(first, 16, count)
    }

    fn scan_digits(&mut self, first: Option<char>, base: u32, mut count: usize) -> Option<char> {
        let mut character = first;
        while count > 0 && character.is_some_and(|next| next.is_digit(base)) {
            character = self.next();
            count -= 1;
        }
        if count > 0 {
            self.fail("invalid char escape", "");
        }
        character
    }

    fn number(&mut self) -> bool {
        if !self.scan_number() {
            let message = format!("bad number syntax: {}", quote(self.word()));
            self.fail(message, "");
            return false;
        }
        self.emit(TokenKind::Number);
        true
    }

    fn scan_number(&mut self) -> bool {
        let digits = self.number_digits();
        self.accept_run(digits);
        let before = (self.location, self.previous, self.end);
        if self.accept(".") {
            // Two dots are a range, so the number ended before the first.
            if self.peek() == Some('.') {
                (self.location, self.previous, self.end) = before;
                return true;
            }
            self.accept_run(digits);
        }
        if self.accept("eE") {
            self.accept("+-");
            self.accept_run(digits);
        }
        if self.peek().is_some_and(is_alphanumeric) {
            self.next();
            return false;
        }
        true
    }

    fn number_digits(&mut self) -> &'static str {
        if self.accept("0") {
            if self.accept("xX") {
                return "0123456789abcdefABCDEF_";
            } else if self.accept("oO") {
                return "01234567_";
            } else if self.accept("bB") {
                return "01_";
            }
        }
        "0123456789_"
    }

    fn dot(&mut self) -> bool {
        if self.accept("0123456789") {
            self.backup();
            return self.number();
        }
        self.operator(".");
        true
    }

    fn identifier(&mut self) {
        self.accept_word();
        match self.word() {
            "not" => self.not(),
            "in" | "or" | "and" | "matches" | "contains" | "startsWith" | "endsWith" | "let" => {
                self.emit(TokenKind::Operator);
            }
            _ => self.emit(TokenKind::Identifier),
        }
    }

    fn not(&mut self) {
        self.emit(TokenKind::Operator);
        while self.peek() == Some(' ') {
            self.next();
        }
        self.skip();
        let before = (self.location, self.previous, self.end);
        self.accept_word();
        match self.word() {
            "in" | "matches" | "contains" | "startsWith" | "endsWith" => {
                self.emit(TokenKind::Operator);
            }
            _ => (self.location, self.previous, self.end) = before,
        }
    }

    fn slash(&mut self) -> bool {
        if self.accept("/") {
            while self.next().is_some_and(|next| next != '\n') {}
            self.skip();
        } else if self.accept("*") {
            return self.comment();
        } else {
            self.emit(TokenKind::Operator);
        }
        true
    }

    fn comment(&mut self) -> bool {
        loop {
            match self.next() {
                None => {
                    self.fail("unclosed comment", "the closing */ is missing");
                    return false;
                }
                Some('*') if self.accept("/") => break,
                Some(_) => {}
            }
        }
        self.skip();
        true
    }

    fn pointer(&mut self) {
        self.operator("#");
        self.accept_word();
        if !self.word().is_empty() {
            self.emit(TokenKind::Identifier);
        }
    }
}
