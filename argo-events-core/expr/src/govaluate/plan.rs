//! Builds the compiled form from the pieces.
//!
//! What does not fit where it stands ends the expression and is passed over, as in `(1) 2`: the
//! library reads on only as far as it understands.

use super::{
    Limits, ParseError, Value,
    evaluate::Budget,
    operator,
    stage::{Access, Chain, Link, Stage},
    symbol::{Level, Symbol},
    token::{Part, Token},
};
use crate::re2::Regex;

/// Builds an expression and lists its variables.
pub(super) fn plan(tokens: &[Token], limits: Limits) -> Result<(Stage, Vec<String>), ParseError> {
    let mut planner = Planner {
        tokens,
        position: 0,
        depth: 0,
        limits,
        variables: Vec::new(),
    };
    check_patterns(tokens)?;
    let stage = planner.expression(Level::Separator)?;
    Ok((stage, planner.variables))
}

/// Finds mistakes in the patterns that are written out.
fn check_patterns(tokens: &[Token]) -> Result<(), ParseError> {
    for pair in tokens.windows(2) {
        if let Some(source) = written_pattern(&pair[0].part, &pair[1].part) {
            let (offset, length) = (pair[1].offset, pair[1].end - pair[1].offset);
            Regex::new(source).map_err(|error| {
                ParseError::new(error.to_string(), offset)
                    .over(length)
                    .expected("a regular expression of RE2")
            })?;
        }
    }
    Ok(())
}

fn written_pattern<'t>(operator: &Part, operand: &'t Part) -> Option<&'t str> {
    match (operator, operand) {
        (Part::Comparator(Symbol::Matches | Symbol::NotMatches), Part::Text(text)) => Some(text),
        _ => None,
    }
}

struct Planner<'t> {
    tokens: &'t [Token],
    position: usize,
    depth: usize,
    limits: Limits,
    variables: Vec<String>,
}

impl<'t> Planner<'t> {
    /// Reads operators that bind at least as tightly as `level`.
    fn expression(&mut self, level: Level) -> Result<Stage, ParseError> {
        let mut stage = self.operand()?;
        while let Some(symbol) = self.operator().filter(|symbol| symbol.level() >= level) {
            let links = self.links(symbol.level())?;
            stage = chain(stage, links);
        }
        Ok(stage)
    }

    /// Reads operators of one level with what stands to their right.
    fn links(&mut self, level: Level) -> Result<Vec<Link>, ParseError> {
        let mut links = Vec::new();
        while let Some(symbol) = self.operator().filter(|symbol| symbol.level() == level) {
            self.position += 1;
            let right = self.expression(level.tighter())?;
            links.push(Link {
                symbol,
                right: precompiled(symbol, right),
            });
        }
        Ok(links)
    }

    fn operator(&self) -> Option<Symbol> {
        self.tokens.get(self.position)?.part.infix()
    }

    fn operand(&mut self) -> Result<Stage, ParseError> {
        let tokens = self.tokens;
        let Some(token) = tokens.get(self.position) else {
            return Ok(Stage::NOTHING);
        };
        self.position += 1;
        Ok(match &token.part {
            Part::Number(number) => Stage::Literal(Value::Number(*number)),
            Part::Bool(value) => Stage::Literal(Value::Bool(*value)),
            Part::Text(text) => self.text(text),
            Part::Time(time) => Stage::Literal(Value::Number(time.unix_seconds() as f64)),
            Part::Variable(name) => Stage::Variable(self.variable(name)),
            Part::Accessor(names) => self.access(names)?,
            Part::Prefix(symbol) => {
                let symbol = *symbol;
                prefixed(symbol, self.operand()?)
            }
            Part::Open => self.group(token)?,
            Part::Close => {
                self.position -= 1;
                Stage::NOTHING
            }
            part => {
                let (kind, value) = (part.kind(), part.show());
                let message = format!("Unable to plan token kind: '{kind}', value: '{value}'");
                let error = ParseError::new(message, token.offset);
                return Err(error
                    .over(token.end - token.offset)
                    .expected("a value before it"));
            }
        })
    }

    /// Reads a text; after an operator that matches, a pattern.
    fn text(&self, text: &str) -> Stage {
        let before = self.position.checked_sub(2);
        let operator = before.and_then(|before| self.tokens.get(before));
        let is_pattern = |operator: &Token| {
            let text = Part::Text(String::new());
            written_pattern(&operator.part, &text).is_some()
        };
        match Regex::new(text) {
            Ok(regex) if operator.is_some_and(is_pattern) => Stage::Pattern(Box::new(regex)),
            _ => Stage::Literal(Value::from(text.to_owned())),
        }
    }

    fn group(&mut self, open: &Token) -> Result<Stage, ParseError> {
        self.deeper(open)?;
        let stage = self.expression(Level::Separator)?;
        self.depth -= 1;
        // Whatever ended the group counts as its end.
        self.position += 1;
        Ok(stage)
    }

    fn access(&mut self, names: &[String]) -> Result<Stage, ParseError> {
        let variable = self.variable(&names[0]);
        let next = self.tokens.get(self.position);
        let arguments = match next.filter(|token| matches!(token.part, Part::Open)) {
            Some(open) => {
                self.deeper(open)?;
                let stage = self.expression(Level::Separator)?;
                self.depth -= 1;
                Some(stage)
            }
            None => None,
        };
        Ok(Stage::Access(Box::new(Access {
            variable,
            names: [names[0].clone(), names[1].clone()],
            arguments,
        })))
    }

    fn deeper(&mut self, open: &Token) -> Result<(), ParseError> {
        self.depth += 1;
        if self.depth > self.limits.max_depth {
            let message = format!(
                "expression nests deeper than {} parentheses",
                self.limits.max_depth
            );
            return Err(ParseError::new(message, open.offset)
                .over(1)
                .expected("fewer parentheses"));
        }
        Ok(())
    }

    fn variable(&mut self, name: &str) -> usize {
        let known = self.variables.iter().position(|known| known == name);
        known.unwrap_or_else(|| {
            self.variables.push(name.to_owned());
            self.variables.len() - 1
        })
    }
}

/// Compiles a pattern in parentheses; one that is broken errs when it is used.
fn precompiled(symbol: Symbol, right: Stage) -> Stage {
    match (symbol, &right) {
        (Symbol::Matches | Symbol::NotMatches, Stage::Literal(Value::Text(text))) => {
            Regex::new(text).map_or(right, |regex| Stage::Pattern(Box::new(regex)))
        }
        _ => right,
    }
}

fn prefixed(symbol: Symbol, right: Stage) -> Stage {
    let folded = right
        .constant()
        .and_then(|value| operator::prefix(symbol, value).ok());
    match folded {
        Some(value) => Stage::Literal(value),
        None => Stage::Prefix(symbol, Box::new(right)),
    }
}

/// Puts a chain together and computes what needs no variables.
fn chain(first: Stage, links: Vec<Link>) -> Stage {
    let mut chain = Chain { first, links };
    let mut budget = Budget::of(Limits::default());
    let folded = chain.constant(&mut budget);
    if let Some((value, count)) = folded.map(|(value, count)| (value.into_owned(), count)) {
        chain.first = Stage::Literal(value);
        chain.links.drain(..count);
    }
    if chain.links.is_empty() {
        chain.first
    } else {
        Stage::Chain(Box::new(chain))
    }
}
