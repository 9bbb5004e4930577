//! What the k8s trigger is configured with.

use crate::{
    artifact::ArtifactLocation,
    param::{Parameters, Purpose},
};
use argo_events_core::{FieldPath, Problem, Problems, api::Parameter, registry::TriggerConfig};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What can be done with an object; nothing stands for the first.
const OPERATIONS: [&str; 4] = ["create", "update", "patch", "delete"];
/// Ways to patch, the usual one first.
pub(super) const MERGE_PATCH: &str = "application/merge-patch+json";
pub(super) const JSON_PATCH: &str = "application/json-patch+json";
pub(super) const APPLY_PATCH: &str = "application/apply-patch+yaml";
const STRATEGIES: [&str; 4] = [
    MERGE_PATCH,
    JSON_PATCH,
    "application/strategic-merge-patch+json",
    APPLY_PATCH,
];

/// Makes, changes or deletes an object in a cluster.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct K8sConfig {
    /// Where the object comes from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<ArtifactLocation>,
    /// `create` (default), `update`, `patch` or `delete`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub operation: String,
    /// Edit the object before it is used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parameters: Option<Vec<Parameter>>,
    /// Content type of a patch; `application/merge-patch+json` if absent. With `application/apply-patch+yaml` the
    /// server applies the object, whether it is there or not; with `application/json-patch+json` the member `patch`
    /// of the object lists what to do.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub patch_strategy: String,
    /// Whether `update` begins with the object in the cluster, so that parameters edit that one.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub live_object: bool,
    /// Whether an object with `generateName` gets a name that follows from the firing; it does if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub firing_name: Option<bool>,
}

impl TriggerConfig for K8sConfig {
    const KIND: &'static str = "k8s";
    const EXAMPLE: &'static str = include_str!("example.yaml");

    fn validate(&self, path: &FieldPath, problems: &mut Problems) {
        match &self.source {
            Some(source) => source.validate(&path.field("source"), problems),
            None => {
                let problem = Problem::error(path.field("source"), "is required");
                problems.push(problem.help("write source: {resource: …} with the object"));
            }
        }
        problems.one_of(path.field("operation"), &self.operation, &OPERATIONS);
        let parameters = self.parameters.as_deref().unwrap_or_default();
        let place = path.field("parameters");
        if let Err(found) = Parameters::compile(parameters, Purpose::Edit, None, &place) {
            problems.extend(found);
        }
        self.warn(path, problems);
    }
}

impl K8sConfig {
    /// Reports what the reference accepts although it cannot work, or does nothing.
    fn warn(&self, path: &FieldPath, problems: &mut Problems) {
        if self.live_object && self.operation != "update" {
            let message = "has an effect with operation update only";
            problems.warning(path.field("liveObject"), message);
        }
        let strategy = self.patch_strategy.as_str();
        if !strategy.is_empty() && !STRATEGIES.contains(&strategy) {
            let message = "is no way to patch that API servers know";
            let problem = Problem::warning(path.field("patchStrategy"), message);
            problems.push(problem.help(format!("use one of {}", STRATEGIES.join(", "))));
        }
        let resource = self
            .source
            .as_ref()
            .and_then(|source| source.resource.as_ref());
        let Some(resource) = resource else { return };
        let place = path.field("source").field("resource");
        for name in ["apiVersion", "kind"] {
            if resource[name].as_str().is_none_or(str::is_empty) {
                problems.warning(place.field(name), "is missing, so every firing fails");
            }
        }
        if self.operation == "patch" && strategy == JSON_PATCH && !resource["patch"].is_array() {
            let problem = Problem::warning(place.field("patch"), "is missing");
            problems.push(problem.help("write patch: [{op: replace, path: /spec/…, value: …}]"));
        }
    }
}
