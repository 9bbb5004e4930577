//! The seam for `filter.expression`: who compiles expressions is told to the runtime.

use argo_events_core::Result;
use std::sync::Arc;

/// Decides which events are published.
pub trait EventFilter: Send + Sync + 'static {
    /// Tells whether an event with this data is published.
    ///
    /// # Errors
    /// `PayloadInvalid` when the expression cannot be answered for it; the event is then dropped,
    /// counted and reported, and upstream is told that all is well, as the reference does.
    fn keeps(&self, data: &[u8]) -> Result<bool>;
}

/// Compiles the expressions of manifests.
pub trait FilterCompiler: Send + Sync + 'static {
    /// Compiles an expression.
    ///
    /// # Errors
    /// `ConfigInvalid`, permanent, saying what is wrong with it.
    fn compile(&self, expression: &str) -> Result<Arc<dyn EventFilter>>;
}
