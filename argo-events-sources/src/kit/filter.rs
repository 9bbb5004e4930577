//! The filter that most kinds of sources take.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Keeps events for which an expression holds; the runtime applies it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct ExpressionFilter {
    /// An expression over the event's data, such as `body.amount > 100`.
    pub expression: String,
}
