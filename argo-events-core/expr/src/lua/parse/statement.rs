//! Statements.

use super::{
    super::{
        ast::{Action, Count, Expression, Node, Statement},
        lex::Kind,
    },
    Parsed, Parser,
};

impl Parser<'_> {
    /// Reads a statement, or nothing where a block ends.
    pub(super) fn statement(&mut self) -> Parsed<Option<Statement>> {
        let line = self.token.line;
        let (node, last_line) = match self.token.kind {
            Kind::Name | Kind::Sign("(") => return self.expression_statement().map(Some),
            Kind::Sign("do") => self.plain_block()?,
            Kind::Sign("while") => self.while_loop()?,
            Kind::Sign("repeat") => self.repeat_loop()?,
            Kind::Sign("if") => self.condition()?,
            Kind::Sign("for") => self.for_loop()?,
            Kind::Sign("function") => self.function_statement()?,
            Kind::Sign("local") => self.local()?,
            Kind::Sign("return") => (self.result()?, 0),
            Kind::Sign("break") => {
                self.advance()?;
                (Action::Break, 0)
            }
            Kind::Sign("::") => {
                self.advance()?;
                let name = self.name()?.text;
                self.expect("::")?;
                (Action::Label(name), 0)
            }
            Kind::Sign("goto") => {
                self.advance()?;
                (Action::Goto(self.name()?.text), 0)
            }
            _ => return Ok(None),
        };
        Ok(Some(Statement {
            node,
            line,
            last_line,
        }))
    }

    fn expression_statement(&mut self) -> Parsed<Statement> {
        let bare = self.token.kind == Kind::Name;
        let first = self.prefixed()?;
        let line = first.line;
        let assignable = is_variable(&first, bare);
        let node = if assignable && (self.is("=") || self.is(",")) {
            self.assignment(first)?
        } else if matches!(first.node, Node::Call(_)) {
            Action::Call(Box::new(first))
        } else {
            return Err(self.error("parse error"));
        };
        Ok(Statement {
            node,
            line,
            last_line: 0,
        })
    }

    fn assignment(&mut self, first: Expression) -> Parsed<Action> {
        let mut targets = vec![first];
        while self.accept(",")? {
            let bare = self.token.kind == Kind::Name;
            if !bare && !self.is("(") {
                return Err(self.unexpected());
            }
            let target = self.prefixed()?;
            if !is_variable(&target, bare) {
                return Err(self.unexpected());
            }
            targets.push(target);
        }
        self.expect("=")?;
        Ok(Action::Assign(targets, self.expressions()?))
    }

    fn plain_block(&mut self) -> Parsed<(Action, u32)> {
        self.advance()?;
        let body = self.block()?;
        Ok((Action::Do(body), self.expect("end")?.line))
    }

    fn while_loop(&mut self) -> Parsed<(Action, u32)> {
        self.advance()?;
        let condition = Box::new(self.expression()?);
        self.expect("do")?;
        let body = self.block()?;
        Ok((Action::While(condition, body), self.expect("end")?.line))
    }

    fn repeat_loop(&mut self) -> Parsed<(Action, u32)> {
        self.advance()?;
        let body = self.block()?;
        self.expect("until")?;
        let condition = Box::new(self.expression()?);
        let line = condition.line;
        Ok((Action::Repeat(body, condition), line))
    }

    fn condition(&mut self) -> Parsed<(Action, u32)> {
        let mut arms = Vec::new();
        loop {
            self.advance()?;
            let condition = self.expression()?;
            self.expect("then")?;
            arms.push((condition, self.block()?));
            if !self.is("elseif") {
                break;
            }
        }
        let otherwise = if self.accept("else")? {
            Some(self.block()?)
        } else {
            None
        };
        Ok((Action::If(arms, otherwise), self.expect("end")?.line))
    }

    fn for_loop(&mut self) -> Parsed<(Action, u32)> {
        self.advance()?;
        let name = self.name()?;
        if self.accept("=")? {
            return self.count(name.text);
        }
        let names = self.names(name)?;
        self.expect("in")?;
        let values = self.expressions()?;
        self.expect("do")?;
        let body = self.block()?;
        let last_line = self.expect("end")?.line;
        Ok((Action::Each(names, values, body), last_line))
    }

    fn count(&mut self, name: Vec<u8>) -> Parsed<(Action, u32)> {
        let from = self.expression()?;
        self.expect(",")?;
        let limit = self.expression()?;
        let step = if self.accept(",")? {
            Some(self.expression()?)
        } else {
            None
        };
        self.expect("do")?;
        let body = self.block()?;
        let count = Count {
            name,
            from,
            limit,
            step,
            body,
        };
        Ok((Action::Count(Box::new(count)), self.expect("end")?.line))
    }

    fn function_statement(&mut self) -> Parsed<(Action, u32)> {
        self.advance()?;
        let first = self.name()?;
        let mut target = Expression {
            line: first.line,
            node: Node::Name(first.text),
        };
        while self.accept(".")? {
            target = member(target, self.name()?, None);
        }
        let is_method = self.accept(":")?;
        if is_method {
            let line = target.line;
            target = member(target, self.name()?, Some(line));
        }
        let line = self.token.line;
        let function = self.function(line, is_method)?;
        let last_line = function.last_line;
        Ok((Action::Function(Box::new(target), function), last_line))
    }

    fn local(&mut self) -> Parsed<(Action, u32)> {
        self.advance()?;
        if self.accept("function")? {
            let name = self.name()?.text;
            let line = self.token.line;
            let function = self.function(line, false)?;
            let last_line = function.last_line;
            return Ok((Action::LocalFunction(name, function), last_line));
        }
        let first = self.name()?;
        let names = self.names(first)?;
        let values = if self.accept("=")? {
            self.expressions()?
        } else {
            Vec::new()
        };
        Ok((Action::Local(names, values), 0))
    }

    fn result(&mut self) -> Parsed<Action> {
        self.advance()?;
        let ends = matches!(
            self.token.kind,
            Kind::End | Kind::Sign("end" | "else" | "elseif" | "until" | ";")
        );
        let values = if ends {
            Vec::new()
        } else {
            self.expressions()?
        };
        Ok(Action::Return(values))
    }
}

/// Tells whether an expression can be assigned to; one in brackets cannot.
fn is_variable(expression: &Expression, bare: bool) -> bool {
    match expression.node {
        Node::Name(_) => bare,
        Node::Index(_) => true,
        _ => false,
    }
}

fn member(object: Expression, name: super::Token, line: Option<u32>) -> Expression {
    let line = line.unwrap_or(name.line);
    let key = Expression {
        node: Node::Text(name.text),
        line,
    };
    Expression {
        node: Node::Index(Box::new((object, key))),
        line,
    }
}
