//! Kinds of triggers that manifests may name, but that this build cannot run yet.
//!
//! They are known, so that `validate` says what is missing instead of calling a name unknown.

use argo_events_core::{
    FieldPath, Problem, Problems,
    registry::{TriggerConfig, TriggerDescriptor},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Every kind, in the order in which one of several in a template is chosen.
const ORDER: [&str; 14] = [
    "k8s",
    "argoWorkflow",
    "http",
    "awsLambda",
    "azureEventHubs",
    "azureServiceBus",
    "kafka",
    "pulsar",
    "nats",
    "slack",
    "openWhisk",
    "custom",
    "log",
    "email",
];

/// Declares kinds whose configuration is kept as it is written.
macro_rules! unbuilt {
    ($($name:ident $kind:literal),* $(,)?) => {$(
        #[derive(Debug, Serialize, Deserialize, JsonSchema)]
        #[serde(transparent)]
        struct $name(Map<String, Value>);

        impl TriggerConfig for $name {
            const KIND: &'static str = $kind;

            fn validate(&self, path: &FieldPath, problems: &mut Problems) {
                warn($kind, path, problems);
            }
        }
    )*};
}

unbuilt! {
    AwsLambda "awsLambda",
    AzureEventHubs "azureEventHubs",
    AzureServiceBus "azureServiceBus",
    Kafka "kafka",
    Pulsar "pulsar",
    Nats "nats",
    Slack "slack",
    OpenWhisk "openWhisk",
    Custom "custom",
    Email "email",
}

fn warn(kind: &str, path: &FieldPath, problems: &mut Problems) {
    let message = format!("this build knows triggers of kind {kind}, but cannot run them yet");
    problems.push(
        Problem::warning(path.clone(), message).help("use http, or log to see what would fire"),
    );
}

/// Describes every kind, in the order in which one of several in a template is chosen; `built` are
/// those with a folder of their own.
pub(super) fn descriptors(built: Vec<TriggerDescriptor>) -> Vec<TriggerDescriptor> {
    let unbuilt = [
        TriggerDescriptor::config_only::<AwsLambda>(),
        TriggerDescriptor::config_only::<AzureEventHubs>(),
        TriggerDescriptor::config_only::<AzureServiceBus>(),
        TriggerDescriptor::config_only::<Kafka>(),
        TriggerDescriptor::config_only::<Pulsar>(),
        TriggerDescriptor::config_only::<Nats>(),
        TriggerDescriptor::config_only::<Slack>(),
        TriggerDescriptor::config_only::<OpenWhisk>(),
        TriggerDescriptor::config_only::<Custom>(),
        TriggerDescriptor::config_only::<Email>(),
    ];
    let place = |known: &TriggerDescriptor| ORDER.iter().position(|kind| *kind == known.kind);
    let mut all: Vec<_> = built.into_iter().chain(unbuilt).collect();
    all.sort_by_key(|known| place(known).unwrap_or(ORDER.len()));
    all
}
