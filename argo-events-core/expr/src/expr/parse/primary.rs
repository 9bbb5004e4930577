//! Names, prefixes, parentheses and pointers.

use super::{
    super::{
        ast::{NodeId, NodeKind},
        error::Error,
        token::{Token, TokenKind},
    },
    Parser,
};

/// Returns a prefix with the level of what it takes.
fn prefix(token: &Token) -> Option<(&'static str, u16)> {
    if token.kind != TokenKind::Operator {
        return None;
    }
    match token.text() {
        "not" => Some(("not", 50)),
        "!" => Some(("!", 50)),
        "-" => Some(("-", 90)),
        "+" => Some(("+", 90)),
        _ => None,
    }
}

impl Parser {
    pub(super) fn primary(&mut self) -> Result<NodeId, Error> {
        let token = self.current.clone();
        if let Some((operator, level)) = prefix(&token) {
            self.advance()?;
            let operand = self.expression(level)?;
            let kind = NodeKind::Unary { operator, operand };
            let node = self.tree.add(kind, token.location)?;
            return self.postfix(node);
        }
        if token.is_bracket("(") {
            self.advance()?;
            let node = self.expression(0)?;
            self.expect_bracket(")")?;
            return self.postfix(node);
        }
        if token.is_operator("#") || token.is_operator(".") {
            return self.pointer(&token);
        }
        self.secondary(&token)
    }

    fn pointer(&mut self, token: &Token) -> Result<NodeId, Error> {
        if self.closures == 0 {
            return Err(self
                .fail("cannot use pointer accessor outside closure")
                .with_hint(
                    "# and .name stand for the element within map, filter, any and the like",
                ));
        }
        let mut name = "".into();
        if token.is_operator("#") {
            self.advance()?;
            if self.current.kind == TokenKind::Identifier {
                name = self.current.text().into();
                self.advance()?;
            }
        }
        let node = self.tree.add(NodeKind::Pointer(name), token.location)?;
        self.postfix(node)
    }

    fn secondary(&mut self, token: &Token) -> Result<NodeId, Error> {
        let node = match token.kind {
            TokenKind::Identifier => {
                self.advance()?;
                let word = match token.text() {
                    "true" => Some(NodeKind::Bool(true)),
                    "false" => Some(NodeKind::Bool(false)),
                    "nil" => Some(NodeKind::Nil),
                    _ => None,
                };
                match word {
                    Some(kind) => return self.tree.add(kind, token.location),
                    None => self.name_or_call(token)?,
                }
            }
            TokenKind::Number => return self.number(token),
            TokenKind::Text => {
                self.advance()?;
                let kind = NodeKind::Text(token.value.as_slice().into());
                return self.tree.add(kind, token.location);
            }
            _ if token.is_bracket("[") => self.array(token)?,
            _ if token.is_bracket("{") => self.map(token)?,
            _ => return Err(self.unexpected(before_value(token))),
        };
        self.postfix(node)
    }
}

/// Says what stands where a value is required.
fn before_value(token: &Token) -> &'static str {
    match token.kind {
        TokenKind::End => "a value is missing at the end",
        _ if token.is_operator("*") || token.is_operator("..") => "a value is missing before this",
        _ => "a value is expected here: a name, a number, a text in quotes, a list or a call",
    }
}
