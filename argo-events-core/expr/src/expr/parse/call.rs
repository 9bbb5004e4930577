//! Calls of functions, and pipes into them.

use super::{
    super::{
        ast::{NodeId, NodeKind},
        builtin::{self, Builtin},
        error::Error,
        token::{Token, TokenKind},
    },
    Parser,
};

impl Parser {
    pub(super) fn name_or_call(&mut self, token: &Token) -> Result<NodeId, Error> {
        if !self.current.is_bracket("(") {
            let kind = NodeKind::Identifier(token.text().into());
            return self.tree.add(kind, token.location);
        }
        match builtin::find(token.text()) {
            Some(builtin) if builtin.is_predicate() => {
                self.expect_bracket("(")?;
                let collection = self.expression(0)?;
                self.expect_operator(",")?;
                self.predicate(builtin, collection, token)
            }
            Some(builtin) => {
                let arguments = self.arguments()?;
                self.builtin(builtin, arguments, token)
            }
            None => {
                let callee = self.name(token)?;
                let arguments = self.arguments()?;
                self.call(callee, arguments, token)
            }
        }
    }

    /// Parses what a value is piped into.
    pub(super) fn pipe(&mut self, first: NodeId) -> Result<NodeId, Error> {
        let token = self.current.clone();
        if token.kind != TokenKind::Identifier {
            return Err(self.unexpected("a function follows |, as in value | upper()"));
        }
        self.advance()?;
        match builtin::find(token.text()) {
            Some(builtin) if builtin.is_predicate() => {
                self.expect_bracket("(")?;
                self.predicate(builtin, first, &token)
            }
            found => {
                let mut arguments = vec![first];
                let callee = match found {
                    Some(_) => None,
                    None => Some(self.name(&token)?),
                };
                arguments.extend(self.arguments()?);
                match (found, callee) {
                    (_, Some(callee)) => self.call(callee, arguments, &token),
                    (Some(builtin), None) => self.builtin(builtin, arguments, &token),
                    (None, None) => Err(self.unexpected("")),
                }
            }
        }
    }

    /// Parses the closure of a call whose collection is known already.
    fn predicate(
        &mut self,
        builtin: &'static Builtin,
        collection: NodeId,
        token: &Token,
    ) -> Result<NodeId, Error> {
        let mut arguments = vec![collection, self.closure()?];
        if builtin.name == "reduce" && self.current.is_operator(",") {
            self.advance()?;
            arguments.push(self.expression(0)?);
        }
        self.expect_bracket(")")?;
        self.builtin(builtin, arguments, token)
    }

    fn closure(&mut self) -> Result<NodeId, Error> {
        let start = self.current.clone();
        let in_braces = start.is_bracket("{");
        if in_braces {
            self.advance()?;
        }
        self.closures += 1;
        let node = self.expression(0)?;
        self.closures -= 1;
        if in_braces {
            self.expect_bracket("}")?;
        }
        self.tree.add(NodeKind::Closure(node), start.location)
    }

    pub(super) fn arguments(&mut self) -> Result<Vec<NodeId>, Error> {
        self.expect_bracket("(")?;
        let mut arguments = Vec::new();
        while !self.current.is_bracket(")") {
            if !arguments.is_empty() {
                self.expect_operator(",")?;
            }
            arguments.push(self.expression(0)?);
        }
        self.expect_bracket(")")?;
        Ok(arguments)
    }

    fn name(&mut self, token: &Token) -> Result<NodeId, Error> {
        let kind = NodeKind::Identifier(token.text().into());
        self.tree.add(kind, token.location)
    }

    pub(super) fn call(
        &mut self,
        callee: NodeId,
        arguments: Vec<NodeId>,
        token: &Token,
    ) -> Result<NodeId, Error> {
        let kind = NodeKind::Call {
            callee,
            arguments,
            builtin: None,
        };
        self.tree.add(kind, token.location)
    }

    fn builtin(
        &mut self,
        builtin: &'static Builtin,
        arguments: Vec<NodeId>,
        token: &Token,
    ) -> Result<NodeId, Error> {
        let kind = NodeKind::Builtin {
            name: builtin.name,
            arguments,
            throws: false,
            map: None,
        };
        self.tree.add(kind, token.location)
    }
}
