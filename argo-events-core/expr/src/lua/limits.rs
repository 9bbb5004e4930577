//! What a script may use.

use std::time::Duration;

/// Bounds for one run of a script; running into one ends the run, and the script cannot catch it.
///
/// ```
/// use argo_events_expr::lua::{Limits, Script};
/// let limits = Limits { steps: 10_000, ..Limits::default() };
/// let script = Script::compile_with("while true do end", limits)?;
/// let error = script.filter(b"{}").expect_err("endless");
/// assert_eq!(error.to_string(), "script stopped: it took more steps than its limit allows");
/// # Ok::<(), argo_events_expr::lua::CompileError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How many instructions it may run, estimated from above, with one for each step of a match.
    pub steps: u64,
    /// How many bytes its values may take, garbage that was not collected yet included.
    pub memory: usize,
    /// How long its result may be, in bytes.
    pub output: usize,
    /// How deep its functions may call each other; an error that the script may catch, as in the
    /// reference.
    pub calls: usize,
    /// How deep library functions may call functions that call library functions; likewise an error
    /// that the script may catch.
    pub nesting: usize,
    /// How deep its blocks and expressions may nest, checked when it is compiled.
    pub syntax: usize,
    /// How long it may run.
    pub time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            steps: 100_000_000,
            memory: 64 << 20,
            output: 16 << 20,
            calls: 256,
            nesting: 40,
            syntax: 100,
            time: Duration::from_secs(5),
        }
    }
}
