//! The seam for `filter.expression`: who compiles expressions is told to the runtime.

use argo_events_core::{FieldPath, Problems, Result};
use bytes::Bytes;
use serde_json::Value;
use std::sync::Arc;

/// Decides which events are published.
pub trait EventFilter: Send + Sync + 'static {
    /// Tells whether an event with this data is published.
    ///
    /// # Errors
    /// `PayloadInvalid` when the expression cannot be answered for it; the event is then dropped,
    /// counted and reported, and upstream is told that all is well, as the reference does.
    fn keeps(&self, data: &Bytes) -> Result<bool>;
}

/// Compiles the expressions of manifests.
pub trait FilterCompiler: Send + Sync + 'static {
    /// Compiles an expression.
    ///
    /// # Errors
    /// `ConfigInvalid`, permanent, saying what is wrong with it.
    fn compile(&self, expression: &str) -> Result<Arc<dyn EventFilter>>;
}

/// Kinds whose `filter` is something else than an expression.
const OTHER_FILTERS: [&str; 4] = ["minio", "resource", "storageGrid", "stripe"];

/// Returns the filter expression of an entry, if it has one.
pub(super) fn expression<'a>(kind: &str, config: &'a Value) -> Option<&'a str> {
    if OTHER_FILTERS.contains(&kind) {
        return None;
    }
    config["filter"]["expression"].as_str()
}

/// Finds what is wrong with the filter expression of an entry at a path, whatever its kind.
///
/// ```
/// use argo_events_core::{FieldPath, Problems};
/// use argo_events_sources::runtime::validate_filter;
/// use serde_json::json;
/// let mut problems = Problems::default();
/// let config = json!({"filter": {"expression": "body.a = 1"}});
/// validate_filter("webhook", &config, &FieldPath::root(), &mut problems);
/// # #[cfg(feature = "expr")]
/// assert_eq!(problems.iter().next().unwrap().path.to_string(), "filter.expression");
/// ```
pub fn validate_filter(kind: &str, config: &Value, path: &FieldPath, problems: &mut Problems) {
    #[cfg(feature = "expr")]
    if let Some(expression) = expression(kind, config) {
        let path = path.field("filter").field("expression");
        problems.extend(super::expression::problem(expression, path));
    }
    #[cfg(not(feature = "expr"))]
    let _ = (kind, config, path, problems);
}
