//! What an expression may cost.

/// Bounds what compiling and evaluating an expression may take.
///
/// ```
/// use argo_events_expr::expr::{Limits, Program};
///
/// let limits = Limits { depth: 3, ..Limits::default() };
/// assert!(Program::with_limits("((((true))))", limits).is_err());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How long an expression may be, in bytes.
    pub length: usize,
    /// How deep parentheses, calls and the like may nest.
    pub depth: usize,
    /// How many operations one evaluation may take.
    pub steps: u64,
    /// How many elements the lists and maps of one evaluation may have together; the library's
    /// own budget.
    pub elements: usize,
    /// How many bytes of text and list one evaluation may build.
    pub bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            length: 256 * 1024,
            depth: 100,
            steps: 5_000_000,
            elements: 1_000_000,
            bytes: 64 * 1024 * 1024,
        }
    }
}
