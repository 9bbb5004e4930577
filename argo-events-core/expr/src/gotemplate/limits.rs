//! What a template may use up.

use crate::govalue;

/// What compiling and rendering a template may use up.
///
/// ```
/// use argo_events_expr::gotemplate::Limits;
/// let limits = Limits { output: 64 << 10, ..Limits::default() };
/// assert_eq!(limits.depth, 500);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How long a template's text may be, in bytes.
    pub text: usize,
    /// How deep actions and parentheses may nest in each other.
    pub nesting: usize,
    /// How deep actions, parentheses and templates may run inside each other.
    pub depth: usize,
    /// How many bytes a template may write.
    pub output: usize,
    /// How many actions, commands and elements a rendering may go through.
    pub steps: u64,
    /// How many bytes of values a rendering may build, also if they are freed again.
    pub memory: u64,
}

impl Default for Limits {
    fn default() -> Self {
        let govalue::Limits { steps, memory } = govalue::Limits::default();
        Self {
            text: 1 << 20,
            nesting: 100,
            depth: 500,
            output: 4 << 20,
            steps,
            memory,
        }
    }
}

impl Limits {
    pub(super) fn of_run(&self) -> govalue::Limits {
        govalue::Limits {
            steps: self.steps,
            memory: self.memory,
        }
    }
}
