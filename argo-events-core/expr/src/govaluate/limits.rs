//! What an expression may cost, whatever it says.

/// Bounds of what is read and of what an evaluation may do.
///
/// ```
/// use argo_events_expr::govaluate::{Expression, Limits};
/// let limits = Limits { max_depth: 2, ..Limits::default() };
/// assert!(Expression::parse_with("((1))", limits).is_ok());
/// assert!(Expression::parse_with("(((1)))", limits).is_err());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The longest expression, in bytes; 64 KiB by default.
    pub max_length: usize,
    /// How many parentheses may be open at once; 100 by default.
    pub max_depth: usize,
    /// How many operations and comparisons of elements one evaluation may do; 1 000 000 by default.
    pub max_steps: usize,
    /// How many bytes of text one evaluation may join; 16 MiB by default.
    pub max_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_length: 64 * 1024,
            max_depth: 100,
            max_steps: 1_000_000,
            max_bytes: 16 * 1024 * 1024,
        }
    }
}
