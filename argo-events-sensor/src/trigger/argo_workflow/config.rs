//! What the argoWorkflow trigger is configured with.

use super::verb::Verb;
use crate::{
    artifact::ArtifactLocation,
    param::{Parameters, Purpose},
};
use argo_events_core::{FieldPath, Problem, Problems, api::Parameter, registry::TriggerConfig};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Does something with an Argo workflow.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct ArgoWorkflowConfig {
    /// Where the workflow comes from; for `submit-from` a WorkflowTemplate or a CronWorkflow. Of a workflow that is
    /// there already only name and namespace matter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<ArtifactLocation>,
    /// `submit` (default), `submit-from`, `resubmit`, `resume`, `retry`, `suspend`, `terminate` or `stop`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub operation: String,
    /// Edit the object before it is used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parameters: Option<Vec<Parameter>>,
    /// Flags as the `argo` command takes them after the operation, such as `--serviceaccount`, `shipper`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub args: Option<Vec<String>>,
    /// Whether a workflow that is made with `generateName` gets a name that follows from the firing; it does if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub firing_name: Option<bool>,
}

impl TriggerConfig for ArgoWorkflowConfig {
    const KIND: &'static str = "argoWorkflow";
    const FEATURE: &'static str = "argo-workflow";
    const EXAMPLE: &'static str = include_str!("example.yaml");

    fn validate(&self, path: &FieldPath, problems: &mut Problems) {
        match &self.source {
            Some(source) => source.validate(&path.field("source"), problems),
            None => {
                let problem = Problem::error(path.field("source"), "is required");
                problems.push(problem.help("write source: {resource: …} with the workflow"));
            }
        }
        let operations = Verb::NAMES.map(|(name, _)| name);
        problems.one_of(path.field("operation"), &self.operation, &operations);
        let parameters = self.parameters.as_deref().unwrap_or_default();
        let place = path.field("parameters");
        if let Err(found) = Parameters::compile(parameters, Purpose::Edit, None, &place) {
            problems.extend(found);
        }
        #[cfg(feature = "argo-workflow")]
        self.warn(path, problems);
    }
}

#[cfg(feature = "argo-workflow")]
impl ArgoWorkflowConfig {
    /// Reports what the reference accepts although it cannot work.
    fn warn(&self, path: &FieldPath, problems: &mut Problems) {
        let args = self.args.as_deref().unwrap_or_default();
        if let Ok(verb) = Verb::read(&self.operation)
            && let Err(error) = super::arguments::Arguments::read(verb, args)
        {
            let message = format!("{}, so every firing fails", error.message());
            problems.warning(path.field("args"), message);
        }
    }
}
