//! What manifests say about watched objects.

use super::selection::{EVENT_TYPES, FIELD_OPERATIONS, LABEL_OPERATIONS, LabelFault};
use argo_events_core::{
    FieldPath, Problem, Problems,
    registry::{Placement, SourceConfig},
};
use argo_events_expr::{gjson, re2};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Configures the watching of Kubernetes objects.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct ResourceConfig {
    /// Where the objects live; all namespaces if absent.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub namespace: String,
    /// API group, such as `apps`; the core group if absent.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub group: String,
    /// API version, such as `v1`.
    pub version: String,
    /// Plural name of the resource, such as `deployments`; its kind or a short name does as well.
    pub resource: String,
    /// What is reported: `ADD`, `UPDATE` and `DELETE`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_types: Option<Vec<String>>,
    /// Which objects are reported; all if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter: Option<ResourceFilter>,
    /// Added to every event as `metadata`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<String, String>,
}

/// Chooses objects; what is given must all hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct ResourceFilter {
    /// How the object's name begins.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub prefix: String,
    /// Labels of the object, compared by the API server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub labels: Option<Vec<Selector>>,
    /// Fields of the object: paths such as `status.phase`, and patterns for what is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fields: Option<Vec<Selector>>,
    /// Drops objects that were created later, as `2026-01-02T15:04:05Z`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_by: Option<String>,
    /// Whether objects that are there before the source begins to watch are left out. It begins
    /// once: what happens while nothing runs is reported afterwards.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub after_start: bool,
}

/// Compares a label or a field.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Selector {
    /// Name of the label, or path of the field.
    pub key: String,
    /// `==` if absent; `=` is the same, `!=` the opposite. Labels also know `in`, `notin`, `exists`,
    /// `!`, `gt` and `lt`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub operation: String,
    /// What it is compared with: a text, several separated by commas for `in` and `notin`, and a
    /// pattern for fields.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub value: String,
}

impl ResourceConfig {
    fn validate_types(&self, path: &FieldPath, problems: &mut Problems) {
        let Some(types) = &self.event_types else {
            let problem = Problem::error(path.clone(), "event types must be specified");
            return problems.push(problem.help("list ADD, UPDATE, DELETE or some of them"));
        };
        if types.is_empty() {
            problems.warning(path.clone(), "is empty, so nothing is ever reported");
        }
        for (index, text) in types.iter().enumerate() {
            problems.one_of(path.index(index), text, &EVENT_TYPES);
        }
    }
}

impl ResourceFilter {
    fn validate(&self, path: &FieldPath, problems: &mut Problems) {
        for (index, selector) in self.labels.iter().flatten().enumerate() {
            selector.validate_label(&path.field("labels").index(index), problems);
        }
        for (index, selector) in self.fields.iter().flatten().enumerate() {
            selector.validate_field(&path.field("fields").index(index), problems);
        }
        let created_by = self.created_by.as_ref();
        if let Some(Err(error)) = created_by.map(|text| text.parse::<jiff::Timestamp>()) {
            let problem = Problem::error(path.field("createdBy"), error.to_string());
            problems.push(problem.help("write a time such as 2026-01-02T15:04:05Z"));
        }
    }
}

impl Selector {
    fn validate_label(&self, path: &FieldPath, problems: &mut Problems) {
        self.validate_operation(&LABEL_OPERATIONS, path, problems);
        match self.label_fault() {
            Some(LabelFault::Key) => problems.error(
                path.field("key"),
                format!("no label can be named {:?}", self.key),
            ),
            Some(LabelFault::Value) => problems.error(
                path.field("value"),
                format!("no label can have the value {:?}", self.value),
            ),
            Some(LabelFault::Number) => problems.error(
                path.field("value"),
                format!("{:?} is not a whole number", self.value),
            ),
            None => {}
        }
        if self.needs_no_value() && !self.value.is_empty() {
            problems.warning(path.field("value"), "is not looked at by this operation");
        }
    }

    fn validate_field(&self, path: &FieldPath, problems: &mut Problems) {
        self.validate_operation(&FIELD_OPERATIONS, path, problems);
        if let Err(error) = gjson::Path::parse(&self.key) {
            problems.error(path.field("key"), error.to_string());
        }
        if let Err(error) = re2::Regex::new(&self.value) {
            problems.error(path.field("value"), error.to_string());
        }
    }

    fn validate_operation(&self, allowed: &[&str], path: &FieldPath, problems: &mut Problems) {
        if self.key.is_empty() {
            problems.error(path.field("key"), "key can't be empty for selector");
        }
        if !self.operation.is_empty() {
            problems.one_of(path.field("operation"), &self.operation, allowed);
        }
    }
}

impl SourceConfig for ResourceConfig {
    const KIND: &'static str = "resource";
    const PLACEMENT: Placement = Placement::Single;
    const EXAMPLE: &'static str = include_str!("example.yaml");

    fn validate(&self, path: &FieldPath, problems: &mut Problems) {
        if self.version.is_empty() {
            let problem = Problem::error(path.field("version"), "version must be specified");
            problems.push(problem.help("write the API version, such as v1"));
        }
        if self.resource.is_empty() {
            let problem = Problem::error(path.field("resource"), "resource must be specified");
            problems.push(problem.help("write the plural name, such as deployments"));
        }
        self.validate_types(&path.field("eventTypes"), problems);
        if let Some(filter) = &self.filter {
            filter.validate(&path.field("filter"), problems);
        }
    }
}
