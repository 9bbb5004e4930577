//! What manifests say about a webhook.

use crate::kit::{ExpressionFilter, webhook::WebhookContext};
use argo_events_core::{
    FieldPath, Problem, Problems,
    registry::{Placement, SourceConfig},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Configures a webhook.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct WebhookConfig {
    /// Where it listens, and whom it lets in.
    #[serde(flatten)]
    pub context: WebhookContext,
    /// Drops events for which the expression does not hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter: Option<ExpressionFilter>,
}

impl SourceConfig for WebhookConfig {
    const KIND: &'static str = "webhook";
    const PLACEMENT: Placement = Placement::Replicated;
    const EXAMPLE: &'static str = include_str!("example.yaml");

    fn validate(&self, path: &FieldPath, problems: &mut Problems) {
        self.context.validate(path, problems);
        if !matches!(self.context.method.as_str(), "GET" | "POST") {
            let message = format!(
                "{:?} is never served: every request is refused",
                self.context.method
            );
            let problem = Problem::warning(path.field("method"), message);
            problems.push(problem.help("write GET or POST"));
        }
    }
}
