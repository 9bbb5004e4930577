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
    K8s "k8s",
    ArgoWorkflow "argoWorkflow",
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

/// Describes every kind, in the order in which one of several in a template is chosen.
pub(super) fn descriptors(
    http: TriggerDescriptor,
    log: TriggerDescriptor,
) -> Vec<TriggerDescriptor> {
    vec![
        TriggerDescriptor::config_only::<K8s>(),
        TriggerDescriptor::config_only::<ArgoWorkflow>(),
        http,
        TriggerDescriptor::config_only::<AwsLambda>(),
        TriggerDescriptor::config_only::<AzureEventHubs>(),
        TriggerDescriptor::config_only::<AzureServiceBus>(),
        TriggerDescriptor::config_only::<Kafka>(),
        TriggerDescriptor::config_only::<Pulsar>(),
        TriggerDescriptor::config_only::<Nats>(),
        TriggerDescriptor::config_only::<Slack>(),
        TriggerDescriptor::config_only::<OpenWhisk>(),
        TriggerDescriptor::config_only::<Custom>(),
        log,
        TriggerDescriptor::config_only::<Email>(),
    ]
}
