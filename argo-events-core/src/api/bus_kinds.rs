//! What the buses of the reference are configured with.
//!
//! Read by validation and by the controller. The clients have types of their own, beside them.

use super::pod::{Container, PodSettings, Quantity};
use crate::secret::KeySelector;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// NATS Streaming, which its makers have given up; `native` or `exotic`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct NatsBus {
    /// A cluster that the controller sets up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub native: Option<NativeNats>,
    /// A cluster that exists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exotic: Option<ExoticNats>,
}

/// A NATS Streaming cluster that exists.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct ExoticNats {
    /// Address of the servers.
    pub url: String,
    /// Name of the cluster.
    #[serde(rename = "clusterID", skip_serializing_if = "Option::is_none")]
    pub cluster_id: Option<String>,
    /// How clients prove who they are: `none` or `token`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth: Option<String>,
    /// Secret of the clients.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_secret: Option<KeySelector>,
}

/// A NATS Streaming cluster that the controller sets up.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct NativeNats {
    /// Servers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replicas: Option<i32>,
    /// How clients prove who they are: `none` or `token`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth: Option<String>,
    /// How their volumes are made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub persistence: Option<Persistence>,
    /// Customises the server's container.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub container_template: Option<Container>,
    /// Customises the container for metrics.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metrics_container_template: Option<Container>,
    /// Customises their pods.
    #[serde(flatten)]
    pub pods: PodSettings,
    /// How long messages are kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_age: Option<String>,
    /// Most messages of a channel.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_msgs: Option<u64>,
    /// Most bytes of a channel.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_bytes: Option<String>,
    /// Most subscriptions of a channel.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_subs: Option<u64>,
    /// Largest message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_payload: Option<String>,
    /// Raft's heartbeat timeout.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub raft_heartbeat_timeout: Option<String>,
    /// Raft's election timeout.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub raft_election_timeout: Option<String>,
    /// Raft's lease timeout.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub raft_lease_timeout: Option<String>,
    /// Raft's commit timeout.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub raft_commit_timeout: Option<String>,
}

/// NATS JetStream that the controller sets up.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct JetStreamBus {
    /// Version of the server, such as `2.10.1` or `latest`.
    pub version: String,
    /// Servers, 1 or at least 3; 3 if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replicas: Option<i32>,
    /// Customises the server's container.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub container_template: Option<Container>,
    /// Customises the container that watches the configuration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reloader_container_template: Option<Container>,
    /// Customises the container for metrics.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metrics_container_template: Option<Container>,
    /// How their volumes are made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub persistence: Option<Persistence>,
    /// Customises their pods.
    #[serde(flatten)]
    pub pods: PodSettings,
    /// Settings of JetStream, as text of the server's configuration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub settings: Option<String>,
    /// Arguments of the server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_args: Option<Vec<String>>,
    /// Settings of the stream, as YAML text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stream_config: Option<String>,
    /// Largest message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_payload: Option<String>,
}

/// NATS JetStream that exists.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct JetStreamExoticBus {
    /// Address of the servers.
    pub url: String,
    /// Secret of the clients.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_secret: Option<KeySelector>,
    /// Settings of the stream, as YAML text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stream_config: Option<String>,
    /// How the connection is secured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls: Option<BusTls>,
}

/// Kafka that exists.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct KafkaBus {
    /// Brokers, separated by commas.
    pub url: String,
    /// Topic of the events; made of namespace and name if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub topic: Option<String>,
    /// Version of the brokers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// How the connection is secured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls: Option<BusTls>,
    /// How clients prove who they are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sasl: Option<BusSasl>,
    /// How sensors share the work.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub consumer_group: Option<ConsumerGroup>,
    /// How events are spread over partitions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub partitioner: Option<String>,
}

/// How sensors share the work of a Kafka bus.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct ConsumerGroup {
    /// Name of the group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group_name: Option<String>,
    /// Whether a new group begins with the oldest event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oldest: Option<bool>,
    /// How partitions are handed out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rebalance_strategy: Option<String>,
}

/// How volumes of a bus are made.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Persistence {
    /// Storage class.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub storage_class_name: Option<String>,
    /// Access mode.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_mode: Option<String>,
    /// Size of a volume.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub volume_size: Option<Quantity>,
}

/// How a connection to a bus is secured.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct BusTls {
    /// Certificates that the server's must lead to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca_cert_secret: Option<KeySelector>,
    /// The client's certificate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_cert_secret: Option<KeySelector>,
    /// The key of the client's certificate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_key_secret: Option<KeySelector>,
    /// Whether the server's certificate is not looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub insecure_skip_verify: Option<bool>,
    /// Whether TLS is used though no certificate is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
}

/// How clients of a Kafka bus prove who they are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct BusSasl {
    /// `PLAIN` if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mechanism: Option<String>,
    /// Name of the user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_secret: Option<KeySelector>,
    /// Password of the user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password_secret: Option<KeySelector>,
}
