//! `spec` of a Sensor: dependencies with their filters, triggers with their policies.

use super::{GoDuration, PodTemplate};
use crate::Backoff;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// What a sensor waits for and what it does then.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct SensorSpec {
    /// Events of interest.
    pub dependencies: Vec<Dependency>,
    /// Actions.
    pub triggers: Vec<Trigger>,
    /// Name of the EventBus in the same namespace; `default` if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_bus_name: Option<String>,
    /// Pods; 1 if absent or less.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replicas: Option<i32>,
    /// Old revisions to keep of the Deployment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revision_history_limit: Option<i32>,
    /// Accepted for compatibility; has no effect.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_on_failed_round: Option<bool>,
    /// Constant fields of every log line.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub logging_fields: BTreeMap<String, String>,
    /// Customises the pod.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<PodTemplate>")]
    pub template: Option<Value>,
}

/// An event of interest.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Dependency {
    /// Handle used in conditions and parameters.
    pub name: String,
    /// Name of the EventSource.
    pub event_source_name: String,
    /// Name of the event within it.
    pub event_name: String,
    /// Which of its events count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filters: Option<Filters>,
    /// Changes the body before filters see it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transform: Option<Transform>,
    /// How groups of filters combine: `and` (default) or `or`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub filters_logical_operator: String,
    /// Holds once this many of its events have come, in the same window and key; 1 if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_least: Option<u32>,
}

impl Dependency {
    /// Makes a dependency without filters.
    pub fn new(
        name: impl Into<String>,
        event_source_name: impl Into<String>,
        event_name: impl Into<String>,
    ) -> Self {
        Self {
            name: name.into(),
            event_source_name: event_source_name.into(),
            event_name: event_name.into(),
            ..Self::default()
        }
    }
}

/// Which events of a dependency count.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Filters {
    /// By the time of the event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time: Option<TimeFilter>,
    /// By attributes of the event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context: Option<ContextFilter>,
    /// By values in the body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<Vec<DataFilter>>,
    /// By expressions over values in the body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exprs: Option<Vec<ExprFilter>>,
    /// How entries of `data` combine: `and` (default) or `or`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub data_logical_operator: String,
    /// How entries of `exprs` combine: `and` (default) or `or`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub expr_logical_operator: String,
    /// By a Lua script.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub script: String,
}

/// A window of the day.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct TimeFilter {
    /// Begin, `HH:MM:SS`, inclusive.
    pub start: String,
    /// End, `HH:MM:SS`, exclusive.
    pub stop: String,
    /// IANA zone; UTC if absent.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub timezone: String,
}

/// Attributes that must be equal where they are not empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct ContextFilter {
    /// Type token of the source.
    #[serde(rename = "type", skip_serializing_if = "String::is_empty")]
    pub event_type: String,
    /// Name of the event.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub subject: String,
    /// Name of the EventSource.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub source: String,
    /// Content type of the body.
    #[serde(rename = "datacontenttype", skip_serializing_if = "String::is_empty")]
    pub data_content_type: String,
    /// Accepted for compatibility; has no effect.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub id: String,
    /// Accepted for compatibility; has no effect.
    #[serde(rename = "specversion", skip_serializing_if = "String::is_empty")]
    pub spec_version: String,
    /// Accepted for compatibility; has no effect.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time: Option<String>,
}

/// Compares one value of the body.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct DataFilter {
    /// Path in the gjson dialect.
    pub path: String,
    /// `bool`, `number` or `string`.
    #[serde(rename = "type")]
    pub value_type: String,
    /// Alternatives; for strings regular expressions.
    pub value: Vec<String>,
    /// `=` (default), `!=`, `>`, `>=`, `<`, `<=`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub comparator: String,
    /// Go template that makes the value to compare from `.Input`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub template: String,
}

/// An expression over values of the body.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct ExprFilter {
    /// The expression.
    pub expr: String,
    /// Names and the paths of their values.
    pub fields: Vec<PayloadField>,
}

/// Binds a name to the value at a path.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct PayloadField {
    /// Path in the gjson dialect.
    pub path: String,
    /// Name used in the expression.
    pub name: String,
}

/// Changes the body of an event; `jq` wins if both are there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Transform {
    /// A jq program.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub jq: String,
    /// A Lua script.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub script: String,
}

/// An action with its policies.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Trigger {
    /// Name, condition and kind of the action.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template: Option<TriggerTemplate>,
    /// Edit the template before it is used.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parameters: Vec<Parameter>,
    /// What counts as success.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<Policy>,
    /// How often to try.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_strategy: Option<Backoff>,
    /// How many attempts a unit of time allows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate_limit: Option<RateLimit>,
    /// `true`: one at a time, in order; `false`, written out: at most once; absent: at least once, concurrently.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_least_once: Option<bool>,
    /// What to do when every attempt failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dlq_trigger: Option<Box<Trigger>>,
}

impl Trigger {
    /// Makes a trigger without policies.
    pub fn new(template: TriggerTemplate) -> Self {
        Self {
            template: Some(template),
            ..Self::default()
        }
    }
}

/// Name, condition and kind of an action.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct TriggerTemplate {
    /// Name, unique within the sensor.
    pub name: String,
    /// When to act, such as `(a && b) || c`; all dependencies if absent.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub conditions: String,
    /// When to forget what waits.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub conditions_reset: Vec<ConditionsReset>,
    /// Pairs events that belong together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub join: Option<Join>,
    /// Kind of action with its configuration; of several the first in the registry's order counts.
    #[serde(flatten)]
    #[schemars(skip)]
    pub kinds: BTreeMap<String, Value>,
}

/// Pairs events that belong together: `A && B` fires per key and within a window.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Join {
    /// Path of the key in the body, for all dependencies or for each; absent: one window for all events.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<JoinKey>,
    /// How long events wait for each other, counted from the first of them; for ever if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub within: Option<GoDuration>,
    /// Which event of a dependency is kept while others are awaited.
    pub keep: JoinKeep,
    /// What happens when the window ends before the condition holds.
    pub on_expire: JoinOnExpire,
    /// Most keys that wait at a time; the oldest gives way, as if its window had ended. 100 000 if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_keys: Option<u32>,
}

/// Where the key of a join is found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum JoinKey {
    /// The same path in every event.
    All(String),
    /// A path per dependency name.
    Each(BTreeMap<String, String>),
}

/// Which event of a dependency a join keeps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum JoinKeep {
    /// The newest.
    #[default]
    Latest,
    /// The first.
    First,
    /// All, up to a stated number; a firing hands out every one.
    All,
}

/// What happens when a join's window ends before its condition holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum JoinOnExpire {
    /// The events are dropped and counted.
    #[default]
    Drop,
    /// The trigger fires with what is there.
    Fire,
}

/// When to forget what waits.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct ConditionsReset {
    /// At ticks of a schedule.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by_time: Option<ConditionsResetByTime>,
}

/// A schedule of resets.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct ConditionsResetByTime {
    /// Five fields of cron.
    pub cron: String,
    /// IANA zone; UTC if absent.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub timezone: String,
}

/// Writes a value taken from an event to a place in the action.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Parameter {
    /// Where the value comes from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub src: Option<ParameterSource>,
    /// Path to write at, in the sjson dialect.
    pub dest: String,
    /// `overwrite` (default), `append` or `prepend`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub operation: String,
}

/// Where a value comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct ParameterSource {
    /// Name of the dependency.
    pub dependency_name: String,
    /// Path in the attributes of the event.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub context_key: String,
    /// Go template over the attributes of the event.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub context_template: String,
    /// Path in the body.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub data_key: String,
    /// Go template over the body.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub data_template: String,
    /// Used when nothing else gives a value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// Writes what is no text as it is, instead of as text.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub use_raw_data: bool,
}

/// What counts as success.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Policy {
    /// By labels of the object made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub k8s: Option<K8sPolicy>,
    /// By status code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<StatusPolicy>,
}

/// Waits for labels on the object made.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct K8sPolicy {
    /// Labels that must all be there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub labels: Option<BTreeMap<String, String>>,
    /// How to poll.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backoff: Option<Backoff>,
    /// Whether running out of polls is a failure.
    pub error_on_backoff_timeout: bool,
}

/// Status codes that count as success.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct StatusPolicy {
    /// The codes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allow: Option<Vec<i32>>,
}

/// How many attempts a unit of time allows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct RateLimit {
    /// `Second` (default), `Minute` or `Hour`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub unit: String,
    /// Attempts per unit.
    pub requests_per_unit: i32,
}
