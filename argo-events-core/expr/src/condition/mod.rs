//! Turns a condition such as `(a && b) || c` into bit masks and asks whether it holds.
//!
//! Knows names only; which events carry them is the resolver's business. The grammar is the
//! reference's: names, `&&`, `||`, parentheses, comments, and the odd forms that it lets through
//! (see `parse`). A condition that names no dependency, and a name that could be either of two,
//! are errors here, and no name is reserved. How masks are made is in `compile`.

mod bits;
mod compile;
mod error;
mod names;
mod parse;
mod token;

pub use bits::{BitSet, Places};
pub use error::{Error, ErrorKind};

use compile::Program;
use names::Names;
use std::fmt;

/// The most bytes that a condition's text may have.
pub const MAX_LENGTH: usize = 64 * 1024;
/// How deep parentheses may be nested.
pub const MAX_DEPTH: usize = 128;
/// The most dependencies that one condition may name.
pub const MAX_DEPENDENCIES: usize = 1 << 15;

/// A condition as a tree; there is no negation.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Tree {
    /// Holds when an event of the dependency at this place is there.
    Dependency(u16),
    /// Holds when every part does.
    All(Vec<Tree>),
    /// Holds when some part does.
    Any(Vec<Tree>),
}

/// A trigger's condition over its sensor's dependencies.
///
/// The dependencies that it names are numbered by first use; this number, its *place*, is the bit
/// in a [`BitSet`] that says that an event of the dependency is there.
///
/// ```
/// use argo_events_expr::condition::{BitSet, Condition};
///
/// let condition = Condition::parse("(push && approved) || manual", &["manual", "push", "approved"])?;
/// assert_eq!(condition.dependencies(), [1, 2, 0]);
/// assert!(condition.is_stateful());
///
/// let mut present = BitSet::new();
/// present.insert(0); // push
/// assert!(!condition.holds(&present));
/// present.insert(1); // approved
/// assert!(condition.holds(&present));
/// # Ok::<(), argo_events_expr::condition::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Condition {
    expression: String,
    dependencies: Vec<usize>,
    stateful: bool,
    tree: Tree,
    program: Program,
}

impl Condition {
    /// Reads a condition; the empty text means all dependencies, see [`Condition::all`].
    ///
    /// `dependencies` are the names of the sensor's dependencies in their order. In the text, `-`
    /// and `_` stand for each other. Of several dependencies of the same name the last one counts.
    ///
    /// # Errors
    /// When the text is no condition over these names; the message says where and what would be.
    ///
    /// ```
    /// use argo_events_expr::condition::Condition;
    ///
    /// let error = Condition::parse("build && tets", &["build", "test"]).unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "line 1, column 10: there is no dependency \"tets\", did you mean \"test\"?",
    /// );
    /// ```
    pub fn parse<N: AsRef<str>>(text: &str, dependencies: &[N]) -> Result<Self, Error> {
        if text.is_empty() {
            return Self::all(dependencies);
        }
        parse::parse(text, &Names::new(dependencies)).map(Self::compile)
    }

    /// Makes the condition that all dependencies are needed, which is the default.
    ///
    /// # Errors
    /// When there are no dependencies or too many, or a name cannot be used in conditions.
    pub fn all<N: AsRef<str>>(dependencies: &[N]) -> Result<Self, Error> {
        parse::all(&Names::new(dependencies)).map(Self::compile)
    }

    fn compile(parsed: parse::Parsed) -> Self {
        let program = Program::compile(&parsed.tree, parsed.dependencies.len());
        Self {
            expression: parsed.expression,
            dependencies: parsed.dependencies,
            stateful: parsed.stateful,
            tree: parsed.tree,
            program,
        }
    }

    /// Says whether the condition holds when events of these dependencies, by place, are there.
    ///
    /// Does not allocate.
    #[inline]
    #[must_use]
    pub fn holds(&self, present: &BitSet) -> bool {
        self.program.holds(present)
    }

    /// Returns the dependencies that the condition names, in order of first use, as indices into
    /// the sensor's list.
    #[must_use]
    pub fn dependencies(&self) -> &[usize] {
        &self.dependencies
    }

    /// Returns the condition as a tree of places, for those who ask it in their own way.
    #[must_use]
    pub fn tree(&self) -> &Tree {
        &self.tree
    }

    /// Returns the condition without blanks and comments and with the dependencies' own names.
    #[must_use]
    pub fn expression(&self) -> &str {
        &self.expression
    }

    /// Says whether events have to be kept for others, which is so if there is an `&&`.
    #[must_use]
    pub fn is_stateful(&self) -> bool {
        self.stateful
    }

    /// Says whether each event of a dependency makes the condition hold alone.
    #[must_use]
    pub fn is_one_and_done(&self) -> bool {
        !self.stateful
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.expression)
    }
}

#[cfg(test)]
mod tests;
