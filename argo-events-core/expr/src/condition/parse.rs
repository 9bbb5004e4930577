//! Reads a condition's text into a tree of places.
//!
//! Besides `&&`, `||`, parentheses and names it takes what the reference lets through, with the
//! meaning that it has there: `a ?? b` is `a`, the whole condition may be `[a]`, names may be in
//! quotes, and `let x = a; …` gives a dependency another name.

use super::{
    Error, ErrorKind, MAX_DEPENDENCIES, MAX_DEPTH, MAX_LENGTH, Tree,
    names::Names,
    token::{Located, Token, Tokens},
};
use std::collections::HashMap;

const NAME: &str = "the name of a dependency or (";
const OPERATOR: &str = "&& or ||";

/// A condition that was read.
#[derive(Debug)]
pub(super) struct Parsed {
    pub(super) tree: Tree,
    pub(super) dependencies: Vec<usize>,
    pub(super) expression: String,
    pub(super) stateful: bool,
}

/// Makes the condition that every dependency is needed.
pub(super) fn all(names: &Names<'_>) -> Result<Parsed, Error> {
    let whole = |kind| Error::new("", 0, kind);
    let all = names.all().map_err(whole)?;
    if all.is_empty() {
        return Err(whole(ErrorKind::NoDependencies));
    }
    let mut places = Places::default();
    let parts: Result<Vec<Tree>, ErrorKind> = all
        .iter()
        .map(|index| places.place(*index).map(Tree::Dependency))
        .collect();
    let expression: Vec<&str> = all.iter().map(|index| names.name(*index)).collect();
    Ok(Parsed {
        tree: Tree::All(parts.map_err(whole)?),
        dependencies: places.dependencies,
        expression: expression.join("&&"),
        stateful: all.len() > 1,
    })
}

/// Reads a condition.
pub(super) fn parse(text: &str, names: &Names<'_>) -> Result<Parsed, Error> {
    if text.len() > MAX_LENGTH {
        return Err(Error::new(text, 0, ErrorKind::TooLong));
    }
    let mut tokens = Tokens::new(text);
    let next = tokens.take()?;
    if next.token == Token::End {
        return Err(Error::new(text, 0, ErrorKind::Blank));
    }
    let mut parser = Parser {
        tokens,
        next,
        names,
        aliases: HashMap::new(),
        places: Places::default(),
        expression: String::with_capacity(text.len()),
        stateful: false,
    };
    let tree = parser.whole()?;
    Ok(Parsed {
        tree,
        dependencies: parser.places.dependencies,
        expression: parser.expression,
        stateful: parser.stateful,
    })
}

/// The places of dependencies, in order of first use.
#[derive(Debug, Default)]
struct Places {
    dependencies: Vec<usize>,
    by_dependency: HashMap<usize, u16>,
}

impl Places {
    fn place(&mut self, dependency: usize) -> Result<u16, ErrorKind> {
        if let Some(place) = self.by_dependency.get(&dependency) {
            return Ok(*place);
        }
        let new = self.dependencies.len();
        let place = u16::try_from(new).ok().filter(|_| new < MAX_DEPENDENCIES);
        let place = place.ok_or(ErrorKind::TooMany)?;
        self.dependencies.push(dependency);
        self.by_dependency.insert(dependency, place);
        Ok(place)
    }
}

struct Parser<'a> {
    tokens: Tokens<'a>,
    next: Located<'a>,
    names: &'a Names<'a>,
    /// Other names of dependencies, from `let`.
    aliases: HashMap<String, usize>,
    places: Places,
    expression: String,
    stateful: bool,
}

impl<'a> Parser<'a> {
    fn whole(&mut self) -> Result<Tree, Error> {
        while self.is_let()? {
            self.alias()?;
        }
        let tree = if self.next.token == Token::OpenBracket {
            self.bracketed()?
        } else {
            self.any(0)?
        };
        match self.next.token {
            Token::End => Ok(tree),
            Token::Close => Err(self.error(ErrorKind::Unopened)),
            _ => Err(self.unexpected(OPERATOR)),
        }
    }

    /// Reads `a || b`.
    fn any(&mut self, depth: usize) -> Result<Tree, Error> {
        let mut parts = vec![self.all(depth)?];
        while self.next.token == Token::Or {
            self.write_and_advance("||")?;
            parts.push(self.all(depth)?);
        }
        Ok(one_or(parts, Tree::Any))
    }

    /// Reads `a && b`.
    fn all(&mut self, depth: usize) -> Result<Tree, Error> {
        let mut parts = vec![self.operand(depth)?];
        while self.next.token == Token::And {
            self.stateful = true;
            self.write_and_advance("&&")?;
            parts.push(self.operand(depth)?);
        }
        Ok(one_or(parts, Tree::All))
    }

    /// Reads `a` or `(…)`, and what a `??` after it offers in vain.
    fn operand(&mut self, depth: usize) -> Result<Tree, Error> {
        let operand = if self.next.token == Token::Open {
            self.nested(depth)?
        } else {
            self.named()?
        };
        while self.next.token == Token::Coalesce {
            self.advance()?;
            self.dependency()?;
        }
        Ok(operand)
    }

    fn nested(&mut self, depth: usize) -> Result<Tree, Error> {
        if depth == MAX_DEPTH {
            return Err(self.error(ErrorKind::TooDeep));
        }
        let opened = self.next.offset;
        self.write_and_advance("(")?;
        let operand = self.any(depth + 1)?;
        match self.next.token {
            Token::Close => self.write_and_advance(")")?,
            Token::End => return Err(self.tokens.error(opened, ErrorKind::Unclosed)),
            _ => return Err(self.unexpected("&&, || or )")),
        }
        Ok(operand)
    }

    /// Reads `[a]`.
    fn bracketed(&mut self) -> Result<Tree, Error> {
        self.write_and_advance("[")?;
        let operand = self.named()?;
        if self.next.token != Token::CloseBracket {
            return Err(self.unexpected("]"));
        }
        self.write_and_advance("]")?;
        Ok(operand)
    }

    fn named(&mut self) -> Result<Tree, Error> {
        let offset = self.next.offset;
        let dependency = self.dependency()?;
        self.expression.push_str(self.names.name(dependency));
        let place = self.places.place(dependency);
        place
            .map(Tree::Dependency)
            .map_err(|kind| self.tokens.error(offset, kind))
    }

    /// Reads a name and returns the dependency that it means.
    fn dependency(&mut self) -> Result<usize, Error> {
        let found = match self.next.token {
            Token::Name(name) => match self.aliases.get(&alias_key(name)) {
                Some(dependency) => Ok(*dependency),
                None => self.names.find(name),
            },
            Token::Quoted(name) => self.names.find_quoted(name),
            _ => return Err(self.unexpected(NAME)),
        };
        let dependency = found.map_err(|kind| self.error(kind))?;
        self.advance()?;
        Ok(dependency)
    }

    /// Says whether `let x =` comes next; `let` alone may be a dependency.
    fn is_let(&self) -> Result<bool, Error> {
        if self.next.token != Token::Name("let") {
            return Ok(false);
        }
        let mut ahead = self.tokens.clone();
        let is_name = matches!(ahead.take()?.token, Token::Name(_));
        Ok(is_name && ahead.take()?.token == Token::Equals)
    }

    /// Reads `let x = a;`.
    fn alias(&mut self) -> Result<(), Error> {
        self.advance()?;
        let Token::Name(alias) = self.next.token else {
            return Err(self.unexpected("a name"));
        };
        if self.names.find(alias).is_ok() {
            return Err(self.unexpected("a name that no dependency has"));
        }
        self.advance()?;
        self.advance()?;
        let dependency = self.dependency()?;
        if self.next.token != Token::Semicolon {
            return Err(self.unexpected(";"));
        }
        self.advance()?;
        self.aliases.insert(alias_key(alias), dependency);
        Ok(())
    }

    fn advance(&mut self) -> Result<(), Error> {
        self.next = self.tokens.take()?;
        Ok(())
    }

    fn write_and_advance(&mut self, text: &str) -> Result<(), Error> {
        self.expression.push_str(text);
        self.advance()
    }

    fn error(&self, kind: ErrorKind) -> Error {
        self.tokens.error(self.next.offset, kind)
    }

    fn unexpected(&self, expected: &'static str) -> Error {
        self.error(match &self.next.token {
            Token::End => ErrorKind::End { expected },
            token => ErrorKind::Unexpected {
                found: token.to_string(),
                expected,
            },
        })
    }
}

fn one_or(mut parts: Vec<Tree>, many: impl FnOnce(Vec<Tree>) -> Tree) -> Tree {
    if parts.len() == 1 {
        parts.remove(0)
    } else {
        many(parts)
    }
}

fn alias_key(name: &str) -> String {
    name.replace('-', "_")
}
