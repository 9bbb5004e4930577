//! Reads a script into a tree; errors show at the token at which gopher-lua's grammar gives up.

mod expression;
mod statement;

use super::{
    ast::{Block, Function},
    error::CompileError,
    lex::{Kind, Lexer, Token},
};

/// Reads a whole script as the body of a function.
pub(super) fn parse(source: &[u8], chunk: &str, depth: usize) -> Result<Function, CompileError> {
    let mut lexer = Lexer::new(source, chunk);
    let token = lexer.token()?;
    let mut parser = Parser {
        lexer,
        token,
        depth: 0,
        deepest: depth,
    };
    let body = parser.block()?;
    if parser.token.kind != Kind::End {
        return Err(parser.unexpected());
    }
    Ok(Function {
        parameters: Vec::new(),
        is_method: false,
        is_variadic: true,
        line: 0,
        last_line: body.last().map_or(0, |last| last.end() + 1),
        body,
    })
}

struct Parser<'a> {
    lexer: Lexer<'a>,
    /// The token that comes next.
    token: Token,
    depth: usize,
    deepest: usize,
}

type Parsed<T> = Result<T, CompileError>;

impl Parser<'_> {
    fn error(&self, message: &str) -> CompileError {
        self.lexer.error(&self.token.text, message)
    }

    fn unexpected(&self) -> CompileError {
        self.error("syntax error")
    }

    fn advance(&mut self) -> Parsed<Token> {
        let next = self.lexer.token()?;
        Ok(std::mem::replace(&mut self.token, next))
    }

    fn is(&self, sign: &str) -> bool {
        matches!(self.token.kind, Kind::Sign(own) if own == sign)
    }

    fn accept(&mut self, sign: &str) -> Parsed<bool> {
        let accepted = self.is(sign);
        if accepted {
            self.advance()?;
        }
        Ok(accepted)
    }

    fn expect(&mut self, sign: &str) -> Parsed<Token> {
        if self.is(sign) {
            self.advance()
        } else {
            Err(self.unexpected())
        }
    }

    fn name(&mut self) -> Parsed<Token> {
        if self.token.kind == Kind::Name {
            self.advance()
        } else {
            Err(self.unexpected())
        }
    }

    /// Reads something that nests, as long as it nests no deeper than allowed.
    fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.depth >= self.deepest {
            return Err(self.error("chunk has too many syntax levels"));
        }
        self.depth += 1;
        let result = read(self);
        self.depth -= 1;
        result
    }

    fn names(&mut self, first: Token) -> Parsed<Vec<Vec<u8>>> {
        let mut names = vec![first.text];
        while self.accept(",")? {
            names.push(self.name()?.text);
        }
        Ok(names)
    }

    fn block(&mut self) -> Parsed<Block> {
        self.nested(|parser| {
            let mut statements = Vec::new();
            loop {
                if parser.accept(";")? {
                    continue;
                }
                let is_last = parser.is("return") || parser.is("break");
                let Some(statement) = parser.statement()? else {
                    return Ok(statements);
                };
                statements.push(statement);
                if is_last {
                    parser.accept(";")?;
                    return Ok(statements);
                }
            }
        })
    }

    /// Reads parameters and body of a function whose first word stood on `line`.
    fn function(&mut self, line: u32, is_method: bool) -> Parsed<Box<Function>> {
        self.expect("(")?;
        let (parameters, is_variadic) = self.parameters()?;
        self.expect(")")?;
        let body = self.block()?;
        let last_line = self.expect("end")?.line;
        Ok(Box::new(Function {
            parameters,
            is_method,
            is_variadic,
            body,
            line,
            last_line,
        }))
    }

    fn parameters(&mut self) -> Parsed<(Vec<Vec<u8>>, bool)> {
        let mut names = Vec::new();
        if self.is(")") {
            return Ok((names, false));
        }
        loop {
            if self.accept("...")? {
                return Ok((names, true));
            }
            names.push(self.name()?.text);
            if !self.accept(",")? {
                return Ok((names, false));
            }
        }
    }
}
