//! Numbers, lists and maps.

use super::{
    super::{
        ast::{NodeId, NodeKind},
        error::Error,
        token::{Token, TokenKind},
    },
    Parser,
};
use crate::gostrconv;

impl Parser {
    pub(super) fn number(&mut self, token: &Token) -> Result<NodeId, Error> {
        self.advance()?;
        let text = token.text().replace('_', "");
        let kind = if text.contains('x') {
            NodeKind::Integer(self.integer(&text, 0, "hex")?)
        } else if text.contains(['.', 'e', 'E']) {
            NodeKind::Float(self.float(&text)?)
        } else {
            NodeKind::Integer(self.integer(&text, 10, "integer")?)
        };
        self.tree.add(kind, token.location)
    }

    fn integer(&self, text: &str, base: u32, name: &str) -> Result<i64, Error> {
        gostrconv::parse_int(text, base)
            .map_err(|error| self.fail(format!("invalid {name} literal: {error}")))
    }

    fn float(&self, text: &str) -> Result<f64, Error> {
        gostrconv::parse_float(text)
            .map_err(|error| self.fail(format!("invalid float literal: {error}")))
    }

    pub(super) fn array(&mut self, token: &Token) -> Result<NodeId, Error> {
        self.advance()?;
        let mut nodes = Vec::new();
        while !self.current.is_bracket("]") {
            if !nodes.is_empty() {
                self.expect_operator(",")?;
                if self.current.is_bracket("]") {
                    break;
                }
            }
            nodes.push(self.expression(0)?);
        }
        self.expect_bracket("]")?;
        self.tree.add(NodeKind::Array(nodes), token.location)
    }

    pub(super) fn map(&mut self, token: &Token) -> Result<NodeId, Error> {
        self.advance()?;
        let mut pairs = Vec::new();
        while !self.current.is_bracket("}") {
            if !pairs.is_empty() {
                self.expect_operator(",")?;
                if self.current.is_bracket("}") {
                    break;
                }
                if self.current.is_operator(",") {
                    return Err(self.unexpected("one comma is enough"));
                }
            }
            let name = self.map_name(token)?;
            self.expect_operator(":")?;
            let value = self.expression(0)?;
            pairs.push((name, value));
        }
        self.expect_bracket("}")?;
        self.tree.add(NodeKind::Map(pairs), token.location)
    }

    fn map_name(&mut self, map: &Token) -> Result<NodeId, Error> {
        match self.current.kind {
            TokenKind::Number | TokenKind::Text | TokenKind::Identifier => {
                let kind = NodeKind::Text(self.current.value.as_slice().into());
                self.advance()?;
                self.tree.add(kind, map.location)
            }
            _ if self.current.is_bracket("(") => self.expression(0),
            _ => Err(self.fail(format!(
                "a map key must be a quoted string, a number, a identifier, or an expression \
                 enclosed in parentheses (unexpected token {})",
                self.current
            ))),
        }
    }
}
