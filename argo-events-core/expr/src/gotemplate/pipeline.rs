//! Reads pipelines: declarations, commands and their operands.

use super::{
    builtin::Builtin,
    error::CompileError,
    number::Number,
    parse::Parser,
    token::{Keyword, Kind, Token},
    tree::{Callee, Command, Operand, OperandKind, Pipe},
};
use crate::{gostrconv::quote, suggest};
use std::sync::Arc;

/// What a pipeline is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Context {
    Command,
    If,
    With,
    Range,
    Block,
    Template,
    Parenthesized,
}

impl Context {
    pub(super) fn shown(self) -> &'static str {
        match self {
            Self::Command => "command",
            Self::If => "if",
            Self::With => "with",
            Self::Range => "range",
            Self::Block => "block clause",
            Self::Template => "template clause",
            Self::Parenthesized => "parenthesized pipeline",
        }
    }
}

/// The most commands of a pipeline.
const MAX_COMMANDS: usize = 10_000;

type Result<T> = std::result::Result<T, CompileError>;

impl<'t> Parser<'t> {
    /// Reads a pipeline and the piece that ends it.
    pub(super) fn pipeline(&mut self, context: Context, end: Kind) -> Result<Pipe> {
        let mut pipe = Pipe {
            start: self.peek_word().start,
            assigns: false,
            variables: Vec::new(),
            commands: Vec::new(),
        };
        while self.declaration(&mut pipe, context)? {}
        loop {
            let token = self.next_word();
            if token.is(end) {
                self.check(&pipe, context)?;
                return Ok(pipe);
            }
            if !begins_operand(token.kind) {
                return Err(self.unexpected(&token, context.shown()));
            }
            self.back();
            pipe.commands.push(self.command()?);
            if pipe.commands.len() > MAX_COMMANDS {
                return Err(self.error("pipeline too long"));
            }
        }
    }

    /// Reads a variable that is declared or set, and tells whether another one may follow.
    fn declaration(&mut self, pipe: &mut Pipe, context: Context) -> Result<bool> {
        let variable = self.peek_word();
        if !variable.is(Kind::Variable) {
            return Ok(false);
        }
        self.next();
        let after = self.peek().clone();
        let next = self.peek_word();
        match next.kind {
            Kind::Assign | Kind::Declare => {
                pipe.assigns = next.is(Kind::Assign);
                self.next_word();
                self.declare(pipe, &variable);
                Ok(false)
            }
            Kind::Comma => {
                self.next_word();
                self.declare(pipe, &variable);
                self.second_declaration(pipe, context)
            }
            _ if after.is(Kind::Space) => {
                self.back_three(variable, after);
                Ok(false)
            }
            _ => {
                self.back_two(variable);
                Ok(false)
            }
        }
    }

    fn declare(&mut self, pipe: &mut Pipe, variable: &Token<'_>) {
        let name: Arc<str> = String::from_utf8_lossy(variable.text).into();
        pipe.variables.push(name.clone());
        self.scope.variables.push(name);
    }

    fn second_declaration(&mut self, pipe: &Pipe, context: Context) -> Result<bool> {
        if context != Context::Range || pipe.variables.len() > 1 {
            let shown = context.shown();
            return Err(self.error(format!("too many declarations in {shown}")));
        }
        match self.peek_word().kind {
            Kind::Variable | Kind::RightDelimiter | Kind::RightParenthesis => Ok(true),
            _ => Err(self.error("range can only initialize variables")),
        }
    }

    fn check(&self, pipe: &Pipe, context: Context) -> Result<()> {
        if pipe.commands.is_empty() {
            return Err(self.error(format!("missing value for {}", context.shown())));
        }
        for (place, command) in pipe.commands.iter().enumerate().skip(1) {
            let first = &command.operands[0];
            if !can_execute(&first.kind) {
                let stage = place + 1;
                let message = format!("non executable command in pipeline stage {stage}");
                return Err(self.error_at(first.start, message));
            }
        }
        Ok(())
    }

    fn command(&mut self) -> Result<Command> {
        let mut operands = Vec::new();
        loop {
            self.peek_word();
            operands.extend(self.operand()?);
            let token = self.next();
            match token.kind {
                Kind::Space => {}
                Kind::RightDelimiter | Kind::RightParenthesis => {
                    self.back();
                    break;
                }
                Kind::Pipe => break,
                _ => return Err(self.unexpected(&token, "operand")),
            }
        }
        if operands.is_empty() {
            return Err(self.error("empty command"));
        }
        Ok(Command { operands })
    }

    /// Reads a term and the fields that follow it.
    fn operand(&mut self) -> Result<Option<Operand>> {
        let Some(operand) = self.term()? else {
            return Ok(None);
        };
        if !self.peek().is(Kind::Field) {
            return Ok(Some(operand));
        }
        let start = self.peek().start;
        let mut fields = Vec::new();
        while self.peek().is(Kind::Field) {
            fields.push(field(&self.next()));
        }
        let kind = match operand.kind {
            OperandKind::Field(names) => {
                OperandKind::Field(names.into_iter().chain(fields).collect())
            }
            OperandKind::Variable(name, names) => {
                OperandKind::Variable(name, names.into_iter().chain(fields).collect())
            }
            OperandKind::Function(..) | OperandKind::Pipe(_) | OperandKind::Chain(..) => {
                OperandKind::Chain(Box::new(operand), fields)
            }
            _ => {
                let shown = quote(operand.to_string());
                let message = format!("unexpected . after term {shown}");
                return Err(self.error_at(start, message));
            }
        };
        Ok(Some(Operand { start, kind }))
    }

    fn term(&mut self) -> Result<Option<Operand>> {
        let token = self.next_word();
        let kind = match token.kind {
            Kind::Identifier => self.function(&token)?,
            Kind::Keyword(Keyword::Dot) => OperandKind::Dot,
            Kind::Keyword(Keyword::Nil) => OperandKind::Nil,
            Kind::Variable => self.variable(&token)?,
            Kind::Field => OperandKind::Field(vec![field(&token)]),
            Kind::Truth => OperandKind::Truth(token.text == b"true"),
            Kind::CharacterConstant | Kind::Complex | Kind::Number => {
                let number = Number::read(token.text, token.kind);
                let number = number.map_err(|message| self.error_at(token.start, message))?;
                OperandKind::Number(number)
            }
            Kind::LeftParenthesis => self.parenthesized()?,
            Kind::String | Kind::RawString => OperandKind::String {
                quoted: self.text.piece(token.text),
                text: self.unquoted(&token)?,
            },
            _ => {
                self.back();
                return Ok(None);
            }
        };
        // A pipeline is where its first piece is, not where its parenthesis opens.
        let start = match &kind {
            OperandKind::Pipe(pipe) => pipe.start,
            _ => token.start,
        };
        Ok(Some(Operand { start, kind }))
    }

    fn parenthesized(&mut self) -> Result<OperandKind> {
        let pipe =
            self.deeper(|parser| parser.pipeline(Context::Parenthesized, Kind::RightParenthesis))?;
        Ok(OperandKind::Pipe(Box::new(pipe)))
    }

    fn function(&mut self, token: &Token<'_>) -> Result<OperandKind> {
        let name = String::from_utf8_lossy(token.text);
        let custom = self.functions.get(&name).copied().map(Callee::Function);
        let builtin = || Builtin::named(&name).map(Callee::Builtin);
        match custom.or_else(builtin) {
            Some(callee) => Ok(OperandKind::Function(name.into(), callee)),
            None => Err(self.unknown_function(token.start, &name)),
        }
    }

    fn unknown_function(&self, start: usize, name: &str) -> CompileError {
        let names: Vec<_> = self.functions.names().chain(Builtin::names()).collect();
        let nearest = suggest::nearest(name, &names);
        let message = format!("function {} not defined", quote(name));
        CompileError {
            hint: nearest.map(|nearest| format!("did you mean {nearest:?}?")),
            ..self.error_at(start, message)
        }
    }

    fn variable(&mut self, token: &Token<'_>) -> Result<OperandKind> {
        let name: Arc<str> = String::from_utf8_lossy(token.text).into();
        if self.scope.variables.contains(&name) {
            return Ok(OperandKind::Variable(name, Vec::new()));
        }
        let names: Vec<_> = self.scope.variables.iter().map(|name| &**name).collect();
        let nearest = suggest::nearest(&name, &names);
        let hint = nearest.filter(|nearest| nearest.len() > 1);
        let hint = hint.map(|nearest| format!("did you mean {nearest}?"));
        let message = format!("undefined variable {}", quote(&*name));
        Err(CompileError {
            hint,
            ..self.error_at(token.start, message)
        })
    }
}

fn field(token: &Token<'_>) -> Arc<str> {
    let name = token.text.get(1..).unwrap_or_default();
    String::from_utf8_lossy(name).into()
}

fn begins_operand(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Truth
            | Kind::CharacterConstant
            | Kind::Complex
            | Kind::Keyword(Keyword::Dot | Keyword::Nil)
            | Kind::Field
            | Kind::Identifier
            | Kind::Number
            | Kind::RawString
            | Kind::String
            | Kind::Variable
            | Kind::LeftParenthesis
    )
}

/// Tells whether a later command of a pipeline may begin so.
fn can_execute(kind: &OperandKind) -> bool {
    !matches!(
        kind,
        OperandKind::Truth(_)
            | OperandKind::Dot
            | OperandKind::Nil
            | OperandKind::Number(_)
            | OperandKind::String { .. }
    )
}
