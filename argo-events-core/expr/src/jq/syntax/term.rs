//! Terms: what operators stand between.

use super::{
    parser::{Parsed, Parser},
    token::{Keyword, Token},
    tree::{Call, FormatText, If, Index, Loop, Query, Suffix, Template, Term, TermKind},
};

impl Parser<'_> {
    pub(super) fn term(&mut self) -> Parsed<Term> {
        let mut term = self.bare_term()?;
        // A sign takes the suffixes for its operand.
        if let TermKind::Signed(..) = term.kind {
            return self.checked_term(term);
        }
        while let Some(suffix) = self.suffix()? {
            term.push(suffix);
        }
        self.checked_term(term)
    }

    fn bare_term(&mut self) -> Parsed<Term> {
        let at = self.start();
        let kind = match self.peek() {
            Token::Sign(b'.') => {
                self.next();
                return self.after_dot();
            }
            Token::Sign(sign @ (b'+' | b'-')) => {
                let negative = *sign == b'-';
                self.next();
                TermKind::Signed(negative, Box::new(self.nested(Self::term)?))
            }
            Token::Sign(b'(') => {
                self.next();
                let query = self.query()?;
                self.expect(b')')?;
                TermKind::Query(query)
            }
            Token::Sign(b'{') => self.object()?,
            Token::Sign(b'[') => self.array()?,
            Token::Text(_) | Token::TextStart => TermKind::Text(self.template()?),
            Token::Keyword(keyword) => {
                let keyword = *keyword;
                self.keyword_term(keyword)?
            }
            _ => self.word_term(at)?,
        };
        Ok(Term::of(kind))
    }

    /// Reads a term that is a word with its text in it.
    fn word_term(&mut self, at: usize) -> Parsed<TermKind> {
        Ok(match self.peek().clone() {
            Token::Recurse => self.plain(TermKind::Recurse),
            Token::Field(name) => self.plain(TermKind::Index(Index::Name(name))),
            Token::Number(spelling) => self.plain(TermKind::Number(spelling)),
            Token::Identifier(name) => {
                self.next();
                TermKind::Call(self.call(name, at)?)
            }
            Token::ModuleIdentifier => {
                let name = self.quoted();
                self.next();
                TermKind::Call(self.call(name, at)?)
            }
            Token::Variable(name) | Token::ModuleVariable(name) => {
                let arguments = Vec::new();
                self.plain(TermKind::Call(Call {
                    name,
                    arguments,
                    at,
                }))
            }
            Token::Format(name) => {
                self.next();
                let has_text = matches!(self.peek(), Token::Text(_) | Token::TextStart);
                let text = has_text.then(|| self.template()).transpose()?;
                TermKind::Format(FormatText { name, text, at })
            }
            _ => return Err(self.unexpected()),
        })
    }

    fn plain(&mut self, kind: TermKind) -> TermKind {
        self.next();
        kind
    }

    fn keyword_term(&mut self, keyword: Keyword) -> Parsed<TermKind> {
        let at = self.start();
        Ok(match keyword {
            Keyword::Null => self.plain(TermKind::Null),
            Keyword::True => self.plain(TermKind::True),
            Keyword::False => self.plain(TermKind::False),
            Keyword::If => self.condition()?,
            Keyword::Try => self.attempt()?,
            Keyword::Reduce => {
                self.next();
                let parts = self.loop_parts()?;
                self.expect(b')')?;
                TermKind::Reduce(Box::new(parts))
            }
            Keyword::Foreach => {
                self.next();
                let parts = self.loop_parts()?;
                let extract = self.accept(b';').then(|| self.query()).transpose()?;
                self.expect(b')')?;
                TermKind::Foreach(Box::new(parts), extract.map(Box::new))
            }
            Keyword::Break => {
                self.next();
                TermKind::Break(self.variable()?, at)
            }
            _ => return Err(self.unexpected()),
        })
    }

    /// Reads what may follow a dot that begins a term.
    fn after_dot(&mut self) -> Parsed<Term> {
        Ok(match self.peek() {
            Token::Sign(b'[') => match self.bracket()? {
                Suffix::Index(index) => Term::of(TermKind::Index(index)),
                suffix => {
                    let mut term = Term::of(TermKind::Identity);
                    term.push(suffix);
                    term
                }
            },
            Token::Text(_) | Token::TextStart => {
                Term::of(TermKind::Index(Index::Text(self.template()?)))
            }
            _ => Term::of(TermKind::Identity),
        })
    }

    fn suffix(&mut self) -> Parsed<Option<Suffix>> {
        Ok(Some(match self.peek() {
            Token::Field(name) => {
                let index = Index::Name(name.clone());
                self.next();
                Suffix::Index(index)
            }
            Token::Sign(b'[') => self.bracket()?,
            Token::Sign(b'?') => {
                self.next();
                Suffix::Optional
            }
            Token::Sign(b'.') => {
                self.next();
                match self.peek() {
                    Token::Sign(b'[') => self.bracket()?,
                    Token::Text(_) | Token::TextStart => {
                        Suffix::Index(Index::Text(self.template()?))
                    }
                    _ => return Err(self.unexpected()),
                }
            }
            _ => return Ok(None),
        }))
    }

    fn bracket(&mut self) -> Parsed<Suffix> {
        self.expect(b'[')?;
        if self.accept(b']') {
            return Ok(Suffix::Iterate);
        }
        if self.accept(b':') {
            let to = self.query()?;
            self.expect(b']')?;
            return Ok(Suffix::Index(slice(None, Some(to))));
        }
        let from = self.query()?;
        if self.accept(b']') {
            return Ok(Suffix::Index(Index::Query(from)));
        }
        self.expect(b':')?;
        if self.accept(b']') {
            return Ok(Suffix::Index(slice(Some(from), None)));
        }
        let to = self.query()?;
        self.expect(b']')?;
        Ok(Suffix::Index(slice(Some(from), Some(to))))
    }

    fn call(&mut self, name: String, at: usize) -> Parsed<Call> {
        let mut arguments = Vec::new();
        if self.accept(b'(') {
            arguments.push(self.query()?);
            while self.accept(b';') {
                arguments.push(self.query()?);
            }
            self.expect(b')')?;
        }
        Ok(Call {
            name,
            arguments,
            at,
        })
    }

    fn array(&mut self) -> Parsed<TermKind> {
        self.expect(b'[')?;
        if self.accept(b']') {
            return Ok(TermKind::Array(None));
        }
        let query = self.query()?;
        self.expect(b']')?;
        Ok(TermKind::Array(Some(query)))
    }

    /// Reads a string with its interpolations.
    pub(super) fn template(&mut self) -> Parsed<Template> {
        if let Token::Text(text) = self.peek() {
            let text = text.clone();
            self.next();
            return Ok(Template::Plain(text));
        }
        self.next();
        let mut pieces = Vec::new();
        loop {
            match self.peek() {
                Token::Text(text) => {
                    let text = Template::Plain(text.clone());
                    self.next();
                    pieces.push(Query::of(TermKind::Text(text)));
                }
                Token::TextQuery => {
                    self.next();
                    let query = self.query()?;
                    self.close_interpolation()?;
                    pieces.push(Query::of(TermKind::Query(query)));
                }
                Token::TextEnd => break,
                _ => return Err(self.unexpected()),
            }
        }
        self.next();
        Ok(Template::Pieces(pieces))
    }

    fn condition(&mut self) -> Parsed<TermKind> {
        let mut branches = Vec::new();
        self.expect_keyword(Keyword::If)?;
        loop {
            let condition = self.query()?;
            self.expect_keyword(Keyword::Then)?;
            branches.push((condition, self.query()?));
            if !self.accept_keyword(Keyword::Elif) {
                break;
            }
        }
        let has_alternative = self.accept_keyword(Keyword::Else);
        let alternative = has_alternative.then(|| self.query()).transpose()?;
        self.expect_keyword(Keyword::End)?;
        Ok(TermKind::If(If {
            branches,
            alternative,
        }))
    }

    /// Reads `try`, whose body and handler are terms without operators.
    fn attempt(&mut self) -> Parsed<TermKind> {
        self.expect_keyword(Keyword::Try)?;
        let body = self.nested(Self::term)?.into();
        let caught = self.accept_keyword(Keyword::Catch);
        let catch = caught.then(|| self.nested(Self::term)).transpose()?;
        Ok(TermKind::Try(Box::new((body, catch.map(Into::into)))))
    }

    fn loop_parts(&mut self) -> Parsed<Loop> {
        let source = self.expression()?;
        self.expect_keyword(Keyword::As)?;
        let pattern = self.pattern()?;
        self.expect(b'(')?;
        let start = self.query()?;
        self.expect(b';')?;
        let update = self.query()?;
        Ok(Loop {
            source,
            pattern,
            start,
            update,
        })
    }
}

fn slice(from: Option<Query>, to: Option<Query>) -> Index {
    Index::Slice(Box::new((from, to)))
}
