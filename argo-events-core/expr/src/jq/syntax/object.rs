//! Objects that are made.

use super::{
    parser::{Parsed, Parser},
    token::Token,
    tree::{Body, Key, Member, Query, TermKind},
};

impl Parser<'_> {
    pub(super) fn object(&mut self) -> Parsed<TermKind> {
        self.expect(b'{')?;
        let mut members = Vec::new();
        while !self.accept(b'}') {
            members.push(self.member()?);
            if !self.accept(b',') {
                self.expect(b'}')?;
                break;
            }
        }
        Ok(TermKind::Object(members))
    }

    fn member(&mut self) -> Parsed<Member> {
        let key = self.key()?;
        let needs_value = matches!(key, Key::Query(_));
        if needs_value {
            self.expect(b':')?;
        } else if !self.accept(b':') {
            return Ok(Member { key, value: None });
        }
        let value = Some(self.nested(Self::member_value)?);
        Ok(Member { key, value })
    }

    /// Reads the name of a member; a computed one stands in parentheses.
    pub(super) fn key(&mut self) -> Parsed<Key> {
        let at = self.start();
        let key = match self.peek() {
            Token::Identifier(name) => Key::Name(name.clone()),
            Token::Variable(name) => Key::Variable(name.clone(), at),
            Token::Keyword(keyword) => Key::Name(keyword.word().to_owned()),
            Token::Text(_) | Token::TextStart => return Ok(Key::Text(self.template()?)),
            Token::Sign(b'(') => {
                self.next();
                let query = self.query()?;
                self.expect(b')')?;
                return Ok(Key::Query(query));
            }
            _ => return Err(self.unexpected()),
        };
        self.next();
        Ok(key)
    }

    fn member_value(&mut self) -> Parsed<Query> {
        let mut stages = vec![self.expression()?];
        while self.accept(b'|') {
            stages.push(self.expression()?);
        }
        match stages.pop() {
            Some(only) if stages.is_empty() => Ok(only),
            last => {
                stages.extend(last);
                self.checked(Query::new(Vec::new(), Body::Pipe(stages)))
            }
        }
    }
}
