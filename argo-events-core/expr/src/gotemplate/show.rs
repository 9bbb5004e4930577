//! Writes parts of a template as messages show them.

use super::tree::{Action, Branch, Command, Invocation, List, Node, Operand, OperandKind, Pipe};
use crate::gostrconv::quote;
use std::fmt::{self, Display, Formatter};

impl Display for List {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        self.nodes.iter().try_for_each(|node| node.fmt(out))
    }
}

impl Display for Node {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => text.fmt(out),
            Self::Action(action) => action.fmt(out),
            Self::If(branch) => branch.show("if", out),
            Self::With(branch) => branch.show("with", out),
            Self::Range(branch) => branch.show("range", out),
            Self::Template(invocation) => invocation.fmt(out),
            Self::Break => out.write_str("{{break}}"),
            Self::Continue => out.write_str("{{continue}}"),
        }
    }
}

impl Display for Action {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        write!(out, "{{{{{}}}}}", self.pipe)
    }
}

impl Branch {
    fn show(&self, word: &str, out: &mut Formatter<'_>) -> fmt::Result {
        write!(out, "{{{{{word} {}}}}}{}", self.pipe, self.list)?;
        if let Some(otherwise) = &self.otherwise {
            write!(out, "{{{{else}}}}{otherwise}")?;
        }
        out.write_str("{{end}}")
    }
}

impl Display for Invocation {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        write!(out, "{{{{template {}", quote(&self.name))?;
        if let Some(pipe) = &self.pipe {
            write!(out, " {pipe}")?;
        }
        out.write_str("}}")
    }
}

impl Display for Pipe {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        if !self.variables.is_empty() {
            out.write_str(&self.variables.join(", "))?;
            out.write_str(if self.assigns { " = " } else { " := " })?;
        }
        for (place, command) in self.commands.iter().enumerate() {
            let before = if place > 0 { " | " } else { "" };
            write!(out, "{before}{command}")?;
        }
        Ok(())
    }
}

impl Display for Command {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        for (place, operand) in self.operands.iter().enumerate() {
            let before = if place > 0 { " " } else { "" };
            out.write_str(before)?;
            enclosed(operand, out)?;
        }
        Ok(())
    }
}

/// Writes an operand, a pipeline in parentheses.
fn enclosed(operand: &Operand, out: &mut Formatter<'_>) -> fmt::Result {
    match &operand.kind {
        OperandKind::Pipe(pipe) => write!(out, "({pipe})"),
        _ => operand.fmt(out),
    }
}

impl Display for Operand {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        let (fields, dot) = match &self.kind {
            OperandKind::Truth(truth) => return truth.fmt(out),
            OperandKind::Dot => return out.write_str("."),
            OperandKind::Nil => return out.write_str("nil"),
            OperandKind::Number(number) => return out.write_str(&number.text),
            OperandKind::String { quoted, .. } => return quoted.fmt(out),
            OperandKind::Function(name, _) => return out.write_str(name),
            OperandKind::Pipe(pipe) => return pipe.fmt(out),
            OperandKind::Field(fields) => (fields, "."),
            OperandKind::Variable(name, fields) => {
                out.write_str(name)?;
                (fields, ".")
            }
            OperandKind::Chain(operand, fields) => {
                enclosed(operand, out)?;
                (fields, ".")
            }
        };
        for field in fields {
            write!(out, "{dot}{field}")?;
        }
        Ok(())
    }
}
