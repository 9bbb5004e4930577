//! Modules: read for their errors only, since none can be loaded.

use super::{
    parser::{Parsed, Parser},
    token::{Keyword, Token},
};

impl Parser<'_> {
    /// Reads imports and includes; gives the first one's module and where it is.
    pub(super) fn imports(&mut self) -> Parsed<Option<(String, usize)>> {
        let mut first = None;
        loop {
            let at = self.start();
            let is_import = self.accept_keyword(Keyword::Import);
            if !is_import && !self.accept_keyword(Keyword::Include) {
                return Ok(first);
            }
            let path = self.plain_text()?;
            if is_import {
                self.expect_keyword(Keyword::As)?;
                self.import_name()?;
            }
            if *self.peek() == Token::Sign(b'{') {
                self.constant_object()?;
            }
            self.expect(b';')?;
            first.get_or_insert((path, at));
        }
    }

    fn plain_text(&mut self) -> Parsed<String> {
        match self.peek() {
            Token::Text(text) => {
                let text = text.clone();
                self.next();
                Ok(text)
            }
            _ => Err(self.unexpected()),
        }
    }

    fn import_name(&mut self) -> Parsed<()> {
        match self.peek() {
            Token::Identifier(_) | Token::Variable(_) => {
                self.next();
                Ok(())
            }
            _ => Err(self.unexpected()),
        }
    }

    /// Reads an object without computations.
    pub(super) fn constant_object(&mut self) -> Parsed<()> {
        self.expect(b'{')?;
        while !self.accept(b'}') {
            match self.peek() {
                Token::Identifier(_) | Token::Keyword(_) | Token::Text(_) => self.next(),
                _ => return Err(self.unexpected()),
            };
            self.expect(b':')?;
            self.nested(Self::constant)?;
            if !self.accept(b',') {
                return self.expect(b'}');
            }
        }
        Ok(())
    }

    fn constant(&mut self) -> Parsed<()> {
        match self.peek() {
            Token::Sign(b'{') => return self.constant_object(),
            Token::Sign(b'[') => return self.constant_array(),
            Token::Number(_)
            | Token::Text(_)
            | Token::Keyword(Keyword::Null | Keyword::True | Keyword::False) => self.next(),
            _ => return Err(self.unexpected()),
        };
        Ok(())
    }

    fn constant_array(&mut self) -> Parsed<()> {
        self.expect(b'[')?;
        if self.accept(b']') {
            return Ok(());
        }
        self.nested(Self::constant)?;
        while self.accept(b',') {
            self.nested(Self::constant)?;
        }
        self.expect(b']')
    }
}
