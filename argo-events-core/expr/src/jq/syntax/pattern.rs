//! Patterns that take values apart.

use super::{
    parser::{Parsed, Parser},
    token::Token,
    tree::{Key, Pattern, PatternMember},
};

impl Parser<'_> {
    /// Reads patterns of which the first that fits is taken.
    pub(super) fn patterns(&mut self) -> Parsed<Vec<Pattern>> {
        let mut patterns = vec![self.pattern()?];
        while *self.peek() == Token::DestructuringAlternative {
            self.next();
            patterns.push(self.pattern()?);
        }
        Ok(patterns)
    }

    pub(super) fn pattern(&mut self) -> Parsed<Pattern> {
        self.nested(|parser| match parser.peek() {
            Token::Sign(b'[') => {
                parser.next();
                let mut patterns = vec![parser.pattern()?];
                while parser.accept(b',') {
                    patterns.push(parser.pattern()?);
                }
                parser.expect(b']')?;
                Ok(Pattern::Array(patterns))
            }
            Token::Sign(b'{') => {
                parser.next();
                let mut members = vec![parser.pattern_member()?];
                while parser.accept(b',') {
                    members.push(parser.pattern_member()?);
                }
                parser.expect(b'}')?;
                Ok(Pattern::Object(members))
            }
            _ => parser.variable().map(Pattern::Variable),
        })
    }

    fn pattern_member(&mut self) -> Parsed<PatternMember> {
        let key = self.key()?;
        if !matches!(key, Key::Variable(..)) {
            self.expect(b':')?;
        } else if !self.accept(b':') {
            return Ok(PatternMember { key, value: None });
        }
        let value = Some(self.pattern()?);
        Ok(PatternMember { key, value })
    }
}
