//! Pipes, commas, bindings and operators.

use super::{
    parser::{Parsed, Parser},
    token::{Keyword, Token},
    tree::{Body, Definition, Operator, Query, TermKind},
};

/// How operators group with others like them.
#[derive(Clone, Copy, PartialEq)]
enum Grouping {
    Left,
    Right,
    None,
}

impl Parser<'_> {
    pub(super) fn query(&mut self) -> Parsed<Query> {
        self.nested(|parser| {
            let mut definitions = Vec::new();
            while let Token::Keyword(Keyword::Def) = parser.peek() {
                definitions.push(parser.definition()?);
            }
            parser.query_after(definitions)
        })
    }

    /// Reads what definitions are for.
    pub(super) fn query_after(&mut self, definitions: Vec<Definition>) -> Parsed<Query> {
        let mut stages = Vec::new();
        loop {
            let stage = self.commas()?;
            stages.push(stage);
            if !self.accept(b'|') {
                break;
            }
            if let Token::Keyword(Keyword::Def) = self.peek() {
                stages.push(self.query()?);
                break;
            }
        }
        let body = match stages.pop() {
            Some(only) if stages.is_empty() && definitions.is_empty() => return Ok(only),
            Some(only) if stages.is_empty() && only.definitions.is_empty() => only.body,
            Some(last) => {
                stages.push(last);
                Body::Pipe(stages)
            }
            None => Body::Missing,
        };
        self.checked(Query::new(definitions, body))
    }

    fn commas(&mut self) -> Parsed<Query> {
        let first = self.item()?;
        if *self.peek() != Token::Sign(b',') {
            return Ok(first);
        }
        let mut items = vec![first];
        while self.accept(b',') {
            items.push(self.item()?);
        }
        self.checked(Query::new(Vec::new(), Body::Comma(items)))
    }

    /// Reads what stands between commas; definitions, labels and bindings reach to the end.
    fn item(&mut self) -> Parsed<Query> {
        match self.peek() {
            Token::Keyword(Keyword::Def) => self.query(),
            Token::Keyword(Keyword::Label) => {
                self.next();
                let name = self.variable()?;
                self.expect(b'|')?;
                let body = self.query()?;
                self.checked(Query::of(TermKind::Label(name, body)))
            }
            _ => {
                let source = self.expression()?;
                if !self.accept_keyword(Keyword::As) {
                    return Ok(source);
                }
                let patterns = self.patterns()?;
                self.expect(b'|')?;
                let body = self.query()?;
                let body = Body::Bind(Box::new(source), patterns, Box::new(body));
                self.checked(Query::new(Vec::new(), body))
            }
        }
    }

    pub(super) fn expression(&mut self) -> Parsed<Query> {
        self.nested(|parser| parser.operators(0))
    }

    /// Reads operators that bind at least so tightly.
    fn operators(&mut self, least: u8) -> Parsed<Query> {
        let mut left = Query::from(self.term()?);
        while let Some((operator, level, grouping)) = self.operator()
            && level >= least
        {
            self.next();
            let within = level + u8::from(grouping != Grouping::Right);
            let right = self.nested(|parser| parser.operators(within))?;
            left = self.checked(Query::binary(operator, left, right))?;
            let again = self.operator().is_some_and(|(_, next, _)| next == level);
            if again && grouping == Grouping::None {
                return Err(self.unexpected());
            }
        }
        Ok(left)
    }

    fn operator(&self) -> Option<(Operator, u8, Grouping)> {
        Some(match self.peek() {
            Token::Alternative => (Operator::Alternative, 1, Grouping::Right),
            Token::Update(operator) => (*operator, 2, Grouping::None),
            Token::Keyword(Keyword::Or) => (Operator::Or, 3, Grouping::Left),
            Token::Keyword(Keyword::And) => (Operator::And, 4, Grouping::Left),
            Token::Compare(operator) => (*operator, 5, Grouping::None),
            Token::Sign(b'+') => (Operator::Add, 6, Grouping::Left),
            Token::Sign(b'-') => (Operator::Subtract, 6, Grouping::Left),
            Token::Sign(b'*') => (Operator::Multiply, 7, Grouping::Left),
            Token::Sign(b'/') => (Operator::Divide, 7, Grouping::Left),
            Token::Sign(b'%') => (Operator::Modulo, 7, Grouping::Left),
            _ => return None,
        })
    }
}
