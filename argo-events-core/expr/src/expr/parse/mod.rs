//! Makes a tree of the tokens, with the library's precedence, places and messages.

mod call;
mod literal;
mod postfix;
mod primary;

use super::{
    ast::{NodeId, NodeKind, Tree},
    error::Error,
    lexer::lex,
    limits::Limits,
    token::{Token, TokenKind},
};

/// What a syntax tree is handed on as: the nodes and the topmost one.
pub(super) struct Parsed {
    pub(super) tree: Tree,
    pub(super) root: NodeId,
}

/// Parses an expression.
pub(super) fn parse(source: &str, limits: &Limits) -> Result<Parsed, Error> {
    let tokens = lex(source)?;
    let mut parser = Parser {
        current: tokens[0].clone(),
        tokens,
        position: 0,
        tree: Tree::new(limits.depth),
        closures: 0,
        depth: 0,
        max_depth: limits.depth,
    };
    match parser.whole() {
        Ok(root) => Ok(Parsed {
            tree: parser.tree,
            root,
        }),
        Err(error) => Err(error.bind(source)),
    }
}

/// How tightly an operator binds, and whether it groups to the right.
struct Precedence {
    operator: &'static str,
    level: u16,
    groups_right: bool,
}

const fn left(operator: &'static str, level: u16) -> Precedence {
    Precedence {
        operator,
        level,
        groups_right: false,
    }
}

const fn right(operator: &'static str, level: u16) -> Precedence {
    Precedence {
        operator,
        level,
        groups_right: true,
    }
}

const BINARY: [Precedence; 24] = [
    left("|", 0),
    left("or", 10),
    left("||", 10),
    left("and", 15),
    left("&&", 15),
    left("==", 20),
    left("!=", 20),
    left("<", 20),
    left(">", 20),
    left(">=", 20),
    left("<=", 20),
    left("in", 20),
    left("matches", 20),
    left("contains", 20),
    left("startsWith", 20),
    left("endsWith", 20),
    left("..", 25),
    left("+", 30),
    left("-", 30),
    left("*", 60),
    left("/", 60),
    left("%", 60),
    right("**", 100),
    right("^", 100),
];

const COALESCE: Precedence = left("??", 500);

fn precedence(operator: &Token) -> Option<&'static Precedence> {
    let all = BINARY.iter().chain([&COALESCE]);
    all.into_iter()
        .find(|known| known.operator.as_bytes() == operator.value)
}

pub(super) struct Parser {
    tokens: Vec<Token>,
    current: Token,
    position: usize,
    tree: Tree,
    /// How many closures of calls are around.
    closures: usize,
    depth: usize,
    max_depth: usize,
}

impl Parser {
    fn whole(&mut self) -> Result<NodeId, Error> {
        let root = self.expression(0)?;
        match self.current.kind {
            TokenKind::End => Ok(root),
            _ => Err(self.unexpected(after_value(&self.current))),
        }
    }

    fn fail(&self, message: impl Into<String>) -> Error {
        Error::new(message).at(self.current.location)
    }

    fn unexpected(&self, hint: &'static str) -> Error {
        let error = self.fail(format!("unexpected token {}", self.current));
        match hint {
            "" => error,
            _ => error.with_hint(hint),
        }
    }

    fn advance(&mut self) -> Result<(), Error> {
        self.position += 1;
        match self.tokens.get(self.position) {
            Some(token) => self.current = token.clone(),
            None => return Err(self.fail("unexpected end of expression")),
        }
        Ok(())
    }

    fn expect(&mut self, kind: TokenKind, value: &str, hint: &'static str) -> Result<(), Error> {
        if self.current.is(kind, value) {
            return self.advance();
        }
        Err(self.unexpected(hint))
    }

    fn expect_bracket(&mut self, bracket: &'static str) -> Result<(), Error> {
        let hint = match bracket {
            ")" => "a ) is missing, or an operator or comma before this",
            "]" => "a ] is missing, or an operator or comma before this",
            "}" => "a } is missing, or an operator or comma before this",
            _ => "this function is called with parentheses",
        };
        self.expect(TokenKind::Bracket, bracket, hint)
    }

    fn expect_operator(&mut self, operator: &'static str) -> Result<(), Error> {
        let hint = match operator {
            "," => "a comma or a closing bracket is missing",
            ":" => "a : is missing",
            ";" => "a let needs a ; and an expression after its value",
            "=" => "a let needs a = and a value after its name",
            _ => "",
        };
        self.expect(TokenKind::Operator, operator, hint)
    }

    /// Parses an expression of operators that bind at least as tightly as `level`.
    fn expression(&mut self, level: u16) -> Result<NodeId, Error> {
        self.depth += 1;
        if self.depth > self.max_depth {
            let message = format!("the expression nests deeper than {} levels", self.max_depth);
            return Err(Error::limit(message).at(self.current.location));
        }
        let parsed = if level == 0 && self.current.is_operator("let") {
            self.declaration()
        } else {
            self.operators(level)
        };
        self.depth -= 1;
        parsed
    }

    fn operators(&mut self, level: u16) -> Result<NodeId, Error> {
        let mut left = self.primary()?;
        let mut previous = Vec::new();
        while self.current.kind == TokenKind::Operator {
            match self.operator(left, level, &previous)? {
                Some((node, operator)) => (left, previous) = (node, operator),
                None => break,
            }
        }
        match level {
            0 => self.conditional(left),
            _ => Ok(left),
        }
    }

    /// Parses one operator and what is right of it, unless it belongs to an outer level.
    fn operator(
        &mut self,
        left: NodeId,
        level: u16,
        previous: &[u8],
    ) -> Result<Option<(NodeId, Vec<u8>)>, Error> {
        let negated = self.current.is_operator("not");
        if negated {
            self.advance()?;
        }
        let operator = self.current.clone();
        let Some(known) = precedence(&operator).filter(|known| known.level >= level) else {
            return Ok(None);
        };
        self.advance()?;
        let node = match known.operator {
            "|" => self.pipe(left)?,
            _ => self.binary(left, known, &operator, previous)?,
        };
        let node = match negated && known.operator != "|" {
            true => self.negation(node, &operator)?,
            false => node,
        };
        Ok(Some((node, operator.value)))
    }

    fn negation(&mut self, operand: NodeId, token: &Token) -> Result<NodeId, Error> {
        let operator = "not";
        let kind = NodeKind::Unary { operator, operand };
        self.tree.add(kind, token.location)
    }

    fn binary(
        &mut self,
        left: NodeId,
        known: &'static Precedence,
        token: &Token,
        previous: &[u8],
    ) -> Result<NodeId, Error> {
        if previous == b"??" && known.operator != "??" {
            return Err(Error::new(format!(
                "Operator ({}) and coalesce expressions (??) cannot be mixed. \
                 Wrap either by parentheses.",
                known.operator
            ))
            .at(token.location));
        }
        let right = self.expression(known.level + u16::from(!known.groups_right))?;
        let kind = NodeKind::Binary {
            operator: known.operator,
            left,
            right,
            regex: None,
        };
        self.tree.add(kind, token.location)
    }

    fn declaration(&mut self) -> Result<NodeId, Error> {
        self.advance()?;
        let name = self.current.clone();
        if name.kind != TokenKind::Identifier {
            return Err(self.unexpected("a let needs a name"));
        }
        self.advance()?;
        self.expect_operator("=")?;
        let value = self.expression(0)?;
        self.expect_operator(";")?;
        let body = self.expression(0)?;
        let kind = NodeKind::Let {
            name: name.text().into(),
            value,
            body,
        };
        self.tree.add(kind, name.location)
    }

    fn conditional(&mut self, mut node: NodeId) -> Result<NodeId, Error> {
        while self.current.is_operator("?") {
            self.advance()?;
            let yes = if self.current.is_operator(":") {
                node
            } else {
                self.expression(0)?
            };
            self.expect_operator(":")?;
            let no = self.expression(0)?;
            let condition = node;
            let kind = NodeKind::Conditional { condition, yes, no };
            node = self.tree.add(kind, super::error::Location::default())?;
        }
        Ok(node)
    }
}

/// Says what may follow a complete value.
fn after_value(token: &Token) -> &'static str {
    match token.kind {
        _ if token.is_operator("=") => "equality is tested by ==",
        _ if token.is_operator("&") => "both conditions are required by && or and",
        TokenKind::Identifier | TokenKind::Number | TokenKind::Text => {
            "an operator such as ==, and, or, in is missing before this"
        }
        TokenKind::Bracket => "a bracket too many, or an operator is missing before it",
        _ => "an operator such as ==, and, or, in is expected here",
    }
}
