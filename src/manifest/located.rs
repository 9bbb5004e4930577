//! An object with the place that it was read from.

use super::{
    diagnostics::{Diagnostic, Excerpt},
    file::{File, Place},
    yaml::{Content, Node, Style},
};
use argo_events_core::{FieldPath, Problem, problem::Step};
use std::{fmt, ops::Deref, sync::Arc};

/// An object that knows where it was read.
#[derive(Clone)]
pub struct Located<T> {
    value: T,
    origin: Origin,
}

impl<T> Located<T> {
    pub(crate) fn new(value: T, origin: Origin) -> Self {
        Self { value, origin }
    }

    /// Returns the object alone.
    pub fn into_inner(self) -> T {
        self.value
    }

    /// Returns the name of the file.
    pub fn file(&self) -> &str {
        &self.origin.file.name
    }

    /// Returns where the object begins.
    pub fn place(&self) -> Place {
        self.place_of(&FieldPath::root())
    }

    /// Returns where a part of the object is; of what is absent, where it would belong.
    pub fn place_of(&self, path: &FieldPath) -> Place {
        self.origin.place(path)
    }

    /// Returns a problem with a part of the object together with its place.
    pub fn diagnostic(&self, problem: &Problem) -> Diagnostic {
        self.origin.diagnostic(problem)
    }
}

impl<T> Deref for Located<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: fmt::Debug> fmt::Debug for Located<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = self.place().to_string();
        formatter
            .debug_struct("Located")
            .field("place", &place)
            .field("value", &self.value)
            .finish()
    }
}

/// Where an object was read.
#[derive(Clone, Debug)]
pub(crate) struct Origin {
    pub(crate) file: Arc<File>,
    pub(crate) node: Arc<Node>,
    /// Kind and name, such as `Sensor/orders`.
    pub(crate) object: String,
}

impl Origin {
    pub(crate) fn place(&self, path: &FieldPath) -> Place {
        let (line, column) = self.file.position(self.offset(path));
        Place {
            file: self.file.name.clone(),
            line,
            column,
        }
    }

    /// Returns where a path leads: to a value, or to the key of an object or list.
    fn offset(&self, path: &FieldPath) -> usize {
        let found = self.node.follow(path.steps());
        let is_scalar = matches!(found.node.content, Content::Scalar { .. });
        match found.key_span {
            Some(key) if !is_scalar || found.node.span.is_empty() => key.start,
            _ => found.node.span.start,
        }
    }

    pub(crate) fn diagnostic(&self, problem: &Problem) -> Diagnostic {
        let place = self.place(&problem.path);
        let mut diagnostic = Diagnostic {
            severity: problem.severity,
            file: place.file,
            line: place.line,
            column: place.column,
            object: self.object.clone(),
            path: problem.path.clone(),
            message: problem.message.clone(),
            help: problem.help.clone(),
            excerpt: None,
        };
        if let Some(span) = problem.span {
            self.point(&mut diagnostic, problem.path.steps(), span);
        }
        diagnostic
    }

    /// Points at a part of a text, as exactly as its notation allows.
    fn point(&self, diagnostic: &mut Diagnostic, steps: &[Step], span: (usize, usize)) {
        let found = self.node.follow(steps);
        let Some(text) = found.node.text().filter(|_| found.complete) else {
            return;
        };
        diagnostic.excerpt = Some(Excerpt::of(text, span));
        if let Some(offset) = self.offset_within(found.node, text, span.0) {
            (diagnostic.line, diagnostic.column) = self.file.position(offset);
        }
    }

    /// Returns where a byte of a text stands in the file; `None` where its notation folds lines.
    fn offset_within(&self, node: &Node, text: &str, at: usize) -> Option<usize> {
        let Content::Scalar { style, .. } = &node.content else {
            return None;
        };
        let written = &self.file.text[node.span.clone()];
        match style {
            Style::Plain | Style::Quoted => {
                let shift = written.find(text)?;
                Some(node.span.start + shift + at)
            }
            Style::Literal => {
                let before = text.get(..at)?;
                let (line, column) = (
                    before.matches('\n').count(),
                    at - before.rfind('\n').map_or(0, |n| n + 1),
                );
                let wanted = text.lines().nth(line)?;
                let first = self.file.position(node.span.start).0;
                let lines = [first + line, first + line + 1].into_iter();
                lines
                    .filter_map(|number| self.line_with(number, wanted))
                    .next()
                    .map(|start| start + column)
            }
            Style::Folded => None,
        }
    }

    /// Returns where the text of a line begins behind its indentation, if the line is that text.
    fn line_with(&self, number: usize, wanted: &str) -> Option<usize> {
        let start = self.file.line_start(number)?;
        let line = self.file.text[start..].lines().next()?;
        let indent = line.len().checked_sub(wanted.len())?;
        (line.ends_with(wanted) && line[..indent].trim().is_empty()).then_some(start + indent)
    }
}
