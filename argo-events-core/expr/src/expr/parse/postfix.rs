//! What follows a value: members, calls of them, indexes and slices.

use super::{
    super::{
        ast::{NodeId, NodeKind},
        error::Error,
        token::{Token, TokenKind},
    },
    Parser,
};

impl Parser {
    pub(super) fn postfix(&mut self, mut node: NodeId) -> Result<NodeId, Error> {
        loop {
            let token = self.current.clone();
            node = match token.kind {
                TokenKind::Operator if token.is_operator(".") || token.is_operator("?.") => {
                    self.member(node, token.is_operator("?."))?
                }
                TokenKind::Bracket if token.is_bracket("[") => self.subscript(node, &token)?,
                _ => return Ok(node),
            };
        }
    }

    fn member(&mut self, node: NodeId, is_optional: bool) -> Result<NodeId, Error> {
        self.advance()?;
        let name = self.current.clone();
        self.advance()?;
        if !is_name(&name) {
            return Err(self
                .fail("expected name")
                .with_hint("a name follows the dot; other members are read by [\"name\"]"));
        }
        let property = NodeKind::Text(name.value.as_slice().into());
        let property = self.tree.add(property, name.location)?;
        let (base, in_chain) = match self.tree.kind(node) {
            NodeKind::Chain(inner) => (*inner, true),
            _ => (node, false),
        };
        let member = NodeKind::Member {
            base,
            property,
            is_optional,
            method: None,
        };
        let mut node = self.tree.add(member, name.location)?;
        if self.current.is_bracket("(") {
            let arguments = self.arguments()?;
            node = self.call(node, arguments, &name)?;
        }
        match in_chain || is_optional {
            true => self.tree.add(NodeKind::Chain(node), Default::default()),
            false => Ok(node),
        }
    }

    fn subscript(&mut self, base: NodeId, token: &Token) -> Result<NodeId, Error> {
        self.advance()?;
        let mut from = None;
        if !self.current.is_operator(":") {
            let index = self.expression(0)?;
            if !self.current.is_operator(":") {
                return self.index(base, index, token);
            }
            from = Some(index);
        }
        self.advance()?;
        let to = match self.current.is_bracket("]") {
            true => None,
            false => Some(self.expression(0)?),
        };
        let kind = NodeKind::Slice { base, from, to };
        let node = self.tree.add(kind, token.location)?;
        self.expect_bracket("]")?;
        Ok(node)
    }

    fn index(&mut self, base: NodeId, property: NodeId, token: &Token) -> Result<NodeId, Error> {
        let kind = NodeKind::Member {
            base,
            property,
            is_optional: false,
            method: None,
        };
        let node = self.tree.add(kind, token.location)?;
        self.expect_bracket("]")?;
        Ok(node)
    }
}

/// Tells whether a token may name a member; operators that are words may.
fn is_name(token: &Token) -> bool {
    match token.kind {
        TokenKind::Identifier => true,
        TokenKind::Operator => token.value.first().is_some_and(u8::is_ascii_alphabetic),
        _ => false,
    }
}
