//! Expressions.

use super::{
    super::{
        ast::{Arithmetic, Call, Comparison, Expression, Field, Node, Operator, Unary},
        lex::Kind,
        number,
    },
    Parsed, Parser,
};

/// How tightly the loosest operator binds; unary operators and `^` bind tighter than any rank.
const LOOSEST: u8 = 1;

impl Parser<'_> {
    pub(super) fn expressions(&mut self) -> Parsed<Vec<Expression>> {
        let mut expressions = vec![self.expression()?];
        while self.accept(",")? {
            expressions.push(self.expression()?);
        }
        Ok(expressions)
    }

    pub(super) fn expression(&mut self) -> Parsed<Expression> {
        self.climb(LOOSEST)
    }

    fn climb(&mut self, loosest: u8) -> Parsed<Expression> {
        self.nested(|parser| {
            let first = parser.operand()?;
            parser.chains(first, loosest)
        })
    }

    /// Reads the operators behind an operand, chain by chain from the tightest to the loosest.
    fn chains(&mut self, mut first: Expression, loosest: u8) -> Parsed<Expression> {
        while let Some((_, rank)) = self.operator().filter(|(_, rank)| *rank >= loosest) {
            let line = first.line;
            let mut rest = Vec::new();
            while let Some((operator, _)) = self.operator().filter(|(_, other)| *other == rank) {
                self.advance()?;
                rest.push((operator, self.climb(rank + 1)?));
            }
            first = Expression {
                node: Node::Chain(Box::new(first), rest),
                line,
            };
        }
        Ok(first)
    }

    fn operator(&self) -> Option<(Operator, u8)> {
        let Kind::Sign(sign) = self.token.kind else {
            return None;
        };
        Some(match sign {
            "or" => (Operator::Or, 1),
            "and" => (Operator::And, 2),
            "==" => (Operator::Compare(Comparison::Equal), 3),
            "~=" => (Operator::Compare(Comparison::Unequal), 3),
            "<" => (Operator::Compare(Comparison::Less), 3),
            "<=" => (Operator::Compare(Comparison::LessEqual), 3),
            ">" => (Operator::Compare(Comparison::Greater), 3),
            ">=" => (Operator::Compare(Comparison::GreaterEqual), 3),
            ".." => (Operator::Concatenate, 4),
            "+" => (Operator::Compute(Arithmetic::Add), 5),
            "-" => (Operator::Compute(Arithmetic::Subtract), 5),
            "*" => (Operator::Compute(Arithmetic::Multiply), 6),
            "/" => (Operator::Compute(Arithmetic::Divide), 6),
            "%" => (Operator::Compute(Arithmetic::Modulo), 6),
            _ => return None,
        })
    }

    /// Reads what stands between binary operators, with its signs and its power.
    fn operand(&mut self) -> Parsed<Expression> {
        let unary = match self.token.kind {
            Kind::Sign("-") => Unary::Negate,
            Kind::Sign("not") => Unary::Not,
            Kind::Sign("#") => Unary::Length,
            _ => {
                let base = self.simple()?;
                return self.power(base);
            }
        };
        self.advance()?;
        let operand = self.nested(Self::operand)?;
        let line = operand.line;
        let node = match (unary, operand.node) {
            (Unary::Negate, Node::Number(number)) => Node::Number(-number),
            (unary, node) => Node::Unary(unary, Box::new(Expression { node, line })),
        };
        Ok(Expression { node, line })
    }

    fn power(&mut self, base: Expression) -> Parsed<Expression> {
        if !self.accept("^")? {
            return Ok(base);
        }
        let exponent = self.nested(Self::operand)?;
        let line = base.line;
        let rest = vec![(Operator::Compute(Arithmetic::Power), exponent)];
        Ok(Expression {
            node: Node::Chain(Box::new(base), rest),
            line,
        })
    }

    fn simple(&mut self) -> Parsed<Expression> {
        let line = self.token.line;
        let node = match self.token.kind {
            Kind::Sign("nil") => Node::Nil,
            Kind::Sign("true") => Node::True,
            Kind::Sign("false") => Node::False,
            Kind::Sign("...") => Node::Rest { single: false },
            Kind::Number => Node::Number(number::parse(&self.token.text).unwrap_or(f64::NAN)),
            Kind::Text => Node::Text(std::mem::take(&mut self.token.text)),
            Kind::Sign("{") => return self.table(),
            Kind::Sign("function") => {
                self.advance()?;
                let function = self.function(line, false)?;
                let node = Node::Function(function);
                return Ok(Expression { node, line });
            }
            Kind::Name | Kind::Sign("(") => return self.prefixed(),
            _ => return Err(self.unexpected()),
        };
        self.advance()?;
        Ok(Expression { node, line })
    }

    /// Reads a name or something in brackets, with all that is indexed and called behind it.
    pub(super) fn prefixed(&mut self) -> Parsed<Expression> {
        let token = self.advance()?;
        let line = token.line;
        let prefix = if token.kind == Kind::Name {
            Expression {
                node: Node::Name(token.text),
                line,
            }
        } else {
            let inner = self.expression()?;
            self.expect(")")?;
            bracketed(inner, line)
        };
        self.suffixes(prefix)
    }

    fn suffixes(&mut self, mut prefix: Expression) -> Parsed<Expression> {
        loop {
            let line = prefix.line;
            let node = match self.token.kind {
                Kind::Sign(".") => {
                    self.advance()?;
                    let name = self.name()?;
                    let key = Expression {
                        node: Node::Text(name.text),
                        line: name.line,
                    };
                    Node::Index(Box::new((prefix, key)))
                }
                Kind::Sign("[") => {
                    self.advance()?;
                    let key = self.expression()?;
                    self.expect("]")?;
                    Node::Index(Box::new((prefix, key)))
                }
                Kind::Sign(":") => {
                    self.advance()?;
                    let method = Some(self.name()?.text);
                    self.call(prefix, method)?
                }
                Kind::Text | Kind::Sign("(" | "{") => self.call(prefix, None)?,
                _ => return Ok(prefix),
            };
            prefix = Expression { node, line };
        }
    }

    fn call(&mut self, function: Expression, method: Option<Vec<u8>>) -> Parsed<Node> {
        let arguments = match self.token.kind {
            Kind::Text | Kind::Sign("{") => vec![self.simple()?],
            _ => {
                self.expect("(")?;
                let arguments = if self.is(")") {
                    Vec::new()
                } else {
                    self.expressions()?
                };
                self.expect(")")?;
                arguments
            }
        };
        Ok(Node::Call(Box::new(Call {
            function,
            method,
            arguments,
            single: false,
        })))
    }

    fn table(&mut self) -> Parsed<Expression> {
        let line = self.advance()?.line;
        let mut fields = Vec::new();
        while !self.is("}") {
            fields.push(self.field()?);
            if !self.accept(",")? && !self.accept(";")? {
                break;
            }
        }
        self.expect("}")?;
        Ok(Expression {
            node: Node::Table(fields),
            line,
        })
    }

    fn field(&mut self) -> Parsed<Field> {
        let line = self.token.line;
        if self.accept("[")? {
            let key = Some(self.expression()?);
            self.expect("]")?;
            self.expect("=")?;
            let value = self.expression()?;
            return Ok(Field { key, value });
        }
        if self.token.kind != Kind::Name {
            let value = self.expression()?;
            return Ok(Field { key: None, value });
        }
        let name = self.advance()?.text;
        if self.accept("=")? {
            let node = Node::Text(name);
            let key = Some(Expression { node, line });
            let value = self.expression()?;
            return Ok(Field { key, value });
        }
        let value = self.nested(|parser| {
            let prefix = Expression {
                node: Node::Name(name),
                line,
            };
            let base = parser.suffixes(prefix)?;
            let first = parser.power(base)?;
            parser.chains(first, LOOSEST)
        })?;
        Ok(Field { key: None, value })
    }
}

/// Marks what brackets do: they cut a call or `...` to one value.
fn bracketed(mut inner: Expression, line: u32) -> Expression {
    match &mut inner.node {
        Node::Call(call) => call.single = true,
        Node::Rest { single } => {
            *single = true;
            inner.line = line;
        }
        _ => inner.line = line,
    }
    inner
}
