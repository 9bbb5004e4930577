//! The parser's footing: words one after the other, errors with their places, definitions.

use super::{
    lexer::Lexer,
    token::{Keyword, Token},
    tree::{Body, Definition, Query, Term},
};
use crate::jq::{CompileError, CompileErrorKind, value};

/// The longest text that is read.
pub(in crate::jq) const MAX_PROGRAM_BYTES: usize = 256 << 10;

/// How deep expressions may nest, so that neither reading nor compiling them ends a thread.
pub(in crate::jq) const MAX_DEPTH: u32 = 400;

/// A whole program.
pub(in crate::jq) struct Source {
    pub(in crate::jq) query: Query,
    /// The first module that is imported or included, and where.
    pub(in crate::jq) module: Option<(String, usize)>,
}

/// Reads a program.
pub(in crate::jq) fn parse(text: &str) -> Result<Source, CompileError> {
    if text.len() > MAX_PROGRAM_BYTES {
        let message = format!("program is longer than {MAX_PROGRAM_BYTES} bytes");
        return Err(CompileError::new(
            CompileErrorKind::TooLarge,
            message,
            text,
            0..0,
        ));
    }
    Parser::new(text).program()
}

pub(super) type Parsed<T> = Result<T, CompileError>;

/// Reads words and puts them together, looking at one word at a time.
#[derive(Debug)]
pub(super) struct Parser<'a> {
    text: &'a str,
    lexer: Lexer<'a>,
    token: Token,
    depth: u32,
}

impl<'a> Parser<'a> {
    fn new(text: &'a str) -> Self {
        let mut lexer = Lexer::new(text);
        let token = lexer.next();
        Self {
            text,
            lexer,
            token,
            depth: 0,
        }
    }

    pub(super) fn peek(&self) -> &Token {
        &self.token
    }

    /// Gives the current word as written.
    pub(super) fn quoted(&self) -> String {
        self.lexer.quoted().to_owned()
    }

    /// Gives where the current word begins.
    pub(super) fn start(&self) -> usize {
        self.lexer.start()
    }

    pub(super) fn next(&mut self) -> Token {
        std::mem::replace(&mut self.token, self.lexer.next())
    }

    /// Takes the parenthesis that ends an interpolation.
    pub(super) fn close_interpolation(&mut self) -> Parsed<()> {
        if self.token != Token::Sign(b')') {
            return Err(self.unexpected());
        }
        self.lexer.resume_string();
        self.next();
        Ok(())
    }

    pub(super) fn accept(&mut self, sign: u8) -> bool {
        let found = self.token == Token::Sign(sign);
        if found {
            self.next();
        }
        found
    }

    pub(super) fn expect(&mut self, sign: u8) -> Parsed<()> {
        if self.accept(sign) {
            Ok(())
        } else {
            Err(self.unexpected())
        }
    }

    pub(super) fn accept_keyword(&mut self, keyword: Keyword) -> bool {
        let found = self.token == Token::Keyword(keyword);
        if found {
            self.next();
        }
        found
    }

    pub(super) fn expect_keyword(&mut self, keyword: Keyword) -> Parsed<()> {
        if self.accept_keyword(keyword) {
            Ok(())
        } else {
            Err(self.unexpected())
        }
    }

    pub(super) fn variable(&mut self) -> Parsed<String> {
        match &mut self.token {
            Token::Variable(name) => {
                let name = std::mem::take(name);
                self.next();
                Ok(name)
            }
            _ => Err(self.unexpected()),
        }
    }

    /// Says that the current word cannot stand here.
    pub(super) fn unexpected(&self) -> CompileError {
        let json =
            |text: &str| String::from_utf8_lossy(&value::Value::from(text).to_json()).into_owned();
        let message = match &self.token {
            Token::End => "unexpected EOF".to_owned(),
            Token::Invalid => format!("invalid token {}", json(self.lexer.quoted())),
            Token::InvalidEscape => {
                let escape = self.lexer.quoted();
                format!("invalid escape sequence \"{escape}\" in string literal")
            }
            Token::Unterminated => "unterminated string literal".to_owned(),
            Token::Sign(sign) => {
                format!("unexpected token {}", json(&char::from(*sign).to_string()))
            }
            _ => format!("unexpected token {}", json(self.lexer.quoted())),
        };
        let place = self.start()..self.lexer.offset();
        CompileError::new(CompileErrorKind::Syntax, message, self.text, place)
    }

    fn too_deep(&self) -> CompileError {
        let message = format!("program nests deeper than {MAX_DEPTH} levels");
        let place = self.start()..self.lexer.offset();
        CompileError::new(CompileErrorKind::TooLarge, message, self.text, place)
    }

    /// Reads something that may contain itself.
    pub(super) fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.depth >= MAX_DEPTH {
            return Err(self.too_deep());
        }
        self.depth += 1;
        let result = read(self);
        self.depth -= 1;
        result
    }

    /// Refuses a tree that has become too high, which chains of operators make without nesting.
    pub(super) fn checked(&self, query: Query) -> Parsed<Query> {
        self.check_height(query.height).map(|()| query)
    }

    /// Refuses a term that has become too high, which suffixes and interpolations make.
    pub(super) fn checked_term(&self, term: Term) -> Parsed<Term> {
        self.check_height(term.height).map(|()| term)
    }

    fn check_height(&self, height: u32) -> Parsed<()> {
        if height > MAX_DEPTH {
            return Err(self.too_deep());
        }
        Ok(())
    }

    fn program(mut self) -> Parsed<Source> {
        if self.accept_keyword(Keyword::Module) {
            self.constant_object()?;
            self.expect(b';')?;
        }
        let module = self.imports()?;
        let query = self.main()?;
        if !self.is_at_end() {
            return Err(self.unexpected());
        }
        Ok(Source { query, module })
    }

    fn is_at_end(&self) -> bool {
        // A zero byte ends a program, whatever follows.
        matches!(self.token, Token::End | Token::Sign(0))
    }

    /// Reads the main query, which may consist of definitions only.
    fn main(&mut self) -> Parsed<Query> {
        let mut definitions = Vec::new();
        while let Token::Keyword(Keyword::Def) = self.token {
            definitions.push(self.definition()?);
        }
        if self.is_at_end() {
            return Ok(Query::new(definitions, Body::Missing));
        }
        self.query_after(definitions)
    }

    pub(super) fn definition(&mut self) -> Parsed<Definition> {
        self.expect_keyword(Keyword::Def)?;
        let Token::Identifier(name) = &mut self.token else {
            return Err(self.unexpected());
        };
        let name = std::mem::take(name);
        self.next();
        let mut parameters = Vec::new();
        if self.accept(b'(') {
            parameters.push(self.parameter()?);
            while self.accept(b';') {
                parameters.push(self.parameter()?);
            }
            self.expect(b')')?;
        }
        self.expect(b':')?;
        let body = self.query()?;
        self.expect(b';')?;
        Ok(Definition {
            name,
            parameters,
            body,
        })
    }

    fn parameter(&mut self) -> Parsed<String> {
        match &mut self.token {
            Token::Identifier(name) | Token::Variable(name) => {
                let name = std::mem::take(name);
                self.next();
                Ok(name)
            }
            _ => Err(self.unexpected()),
        }
    }
}
