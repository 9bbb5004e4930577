//! Renders a template: walks its nodes and writes what they give.

mod argument;
mod call;
mod evaluate;
mod field;
mod range;

use super::{
    error::{Place, RenderError},
    item::Item,
    limits::Limits,
    parse::Definitions,
    tree::{Action, Branch, Invocation, List, Node},
};
use crate::{
    gofmt,
    gostrconv::quote,
    govalue::{Failure, Run, Text, Value},
};
use std::{fmt::Display, sync::Arc};

/// What rendering needs of the compiled template.
#[derive(Clone, Copy, Debug)]
pub(super) struct Program<'p> {
    pub(super) name: &'p str,
    pub(super) text: &'p Text,
    pub(super) definitions: &'p Definitions,
    pub(super) limits: &'p Limits,
}

/// Why a node was not rendered to its end.
#[derive(Debug)]
enum Stop {
    Break,
    Continue,
    Error(Box<RenderError>),
}

type Result<T> = std::result::Result<T, Stop>;

/// The part that is evaluated, for messages.
#[derive(Clone, Copy)]
struct At<'p> {
    start: usize,
    shown: &'p dyn Display,
}

/// A rendering on its way.
struct State<'p, 'r> {
    program: Program<'p>,
    run: &'r mut Run,
    out: Vec<u8>,
    /// The name of the definition that is rendered.
    definition: &'p [u8],
    at: At<'p>,
    variables: Vec<(Arc<str>, Item)>,
    depth: usize,
    /// The value whose method is called next.
    bound: Option<Value>,
}

/// Renders the definition that has the template's own name.
pub(super) fn render(
    program: Program<'_>,
    input: Value,
    run: &mut Run,
) -> std::result::Result<Vec<u8>, RenderError> {
    let name = program.name.as_bytes();
    let Some(root) = program.definitions.get(name) else {
        return Ok(Vec::new());
    };
    let dot = Item::of(input);
    let mut state = State {
        program,
        run,
        out: Vec::new(),
        definition: name,
        at: At {
            start: 0,
            shown: root,
        },
        variables: vec![("$".into(), dot.clone())],
        depth: 0,
        bound: None,
    };
    match state.list(&dot, root) {
        Ok(()) | Err(Stop::Break | Stop::Continue) => Ok(state.out),
        Err(Stop::Error(error)) => Err(*error),
    }
}

impl<'p> State<'p, '_> {
    fn list(&mut self, dot: &Item, list: &'p List) -> Result<()> {
        self.look_at(list.start, list);
        self.deeper(|state| {
            for node in &list.nodes {
                state.node(dot, node)?;
            }
            Ok(())
        })
    }

    /// Does something that is enclosed, unless that is too deep.
    fn deeper<T>(&mut self, work: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        let limit = self.program.limits.depth;
        if self.depth >= limit {
            return Err(self.limit(format_args!("exceeded maximum template depth ({limit})")));
        }
        self.depth += 1;
        let done = work(self);
        self.depth -= 1;
        done
    }

    fn node(&mut self, dot: &Item, node: &'p Node) -> Result<()> {
        self.step()?;
        match node {
            Node::Text(text) => self.write(text),
            Node::Action(action) => self.action(dot, action),
            Node::If(branch) => self.conditional(dot, branch, false),
            Node::With(branch) => self.conditional(dot, branch, true),
            Node::Range(branch) => self.range(dot, branch),
            Node::Template(invocation) => self.invocation(dot, invocation),
            Node::Break => Err(Stop::Break),
            Node::Continue => Err(Stop::Continue),
        }
    }

    fn action(&mut self, dot: &Item, action: &'p Action) -> Result<()> {
        self.look_at(action.start, action);
        let value = self.pipeline(dot, &action.pipe)?;
        // What is declared is not written; it stays until the enclosing end.
        if !action.pipe.variables.is_empty() {
            return Ok(());
        }
        self.look_at(action.start, action);
        match value {
            Item::Absent => self.write(b"<no value>"),
            Item::Open(value) | Item::Known(value) => self.print(&value),
        }
    }

    fn print(&mut self, value: &Value) -> Result<()> {
        match value {
            Value::String(text) => self.write(text),
            Value::Function(_) => {
                let type_name = value.type_name();
                let shown = self.at.shown;
                Err(self.fail(format_args!("can't print {shown} of type {type_name}")))
            }
            _ => {
                let text = gofmt::sprint(std::slice::from_ref(value));
                let text = text.map_err(|error| self.failure(error.into()))?;
                self.write(&text)
            }
        }
    }

    fn conditional(&mut self, dot: &Item, branch: &'p Branch, sets_dot: bool) -> Result<()> {
        let mark = self.variables.len();
        let value = self.pipeline(dot, &branch.pipe)?;
        let done = match (value.is_true(), &branch.otherwise) {
            (true, _) => self.list(if sets_dot { &value } else { dot }, &branch.list),
            (false, Some(otherwise)) => self.list(dot, otherwise),
            (false, None) => Ok(()),
        };
        self.variables.truncate(mark);
        done
    }

    fn invocation(&mut self, dot: &Item, invocation: &'p Invocation) -> Result<()> {
        self.look_at(invocation.start, invocation);
        let Some((name, list)) = self.program.definitions.get_key_value(&invocation.name) else {
            let name = quote(&invocation.name);
            return Err(self.fail(format_args!("template {name} not defined")));
        };
        let dot = match &invocation.pipe {
            Some(pipe) => self.pipeline(dot, pipe)?,
            None => Item::Absent,
        };
        let variables = std::mem::replace(&mut self.variables, vec![("$".into(), dot.clone())]);
        let definition = std::mem::replace(&mut self.definition, name);
        self.list(&dot, list)?;
        self.definition = definition;
        self.variables = variables;
        Ok(())
    }

    fn write(&mut self, text: &[u8]) -> Result<()> {
        let limit = self.program.limits.output;
        if text.len() > limit.saturating_sub(self.out.len()) {
            return Err(self.limit(format!("output is longer than {limit} bytes")));
        }
        self.out.extend_from_slice(text);
        Ok(())
    }

    fn step(&mut self) -> Result<()> {
        let step = self.run.step(1);
        step.map_err(|failure| self.failure(failure))
    }

    fn look_at(&mut self, start: usize, shown: &'p dyn Display) {
        self.at = At { start, shown };
    }

    /// Gives an error at the part that is evaluated.
    fn fail(&self, message: impl Display) -> Stop {
        self.stop(message, false)
    }

    fn limit(&self, message: impl Display) -> Stop {
        self.stop(message, true)
    }

    fn failure(&self, failure: Failure) -> Stop {
        let is_limit = matches!(failure, Failure::Limit(_));
        self.stop(failure, is_limit)
    }

    fn stop(&self, message: impl Display, is_limit: bool) -> Stop {
        let Program { name, text, .. } = self.program;
        let place = Place::of(text, self.at.start);
        let (line, column) = (place.line, place.column - 1);
        let (definition, shown) = (quote(self.definition), self.at.shown);
        let place_of = format!("template: {name}:{line}:{column}: executing {definition}");
        Stop::Error(Box::new(RenderError {
            message: format!("{place_of} at <{shown}>: {message}"),
            place,
            is_limit,
        }))
    }
}
