//! The servers that tests use: which versions, and in which folder below the tools they lie.
//!
//! Shared with `cargo xtask servers`, which includes this file and fills those folders.

/// A server that tests start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Server {
    /// The oldest NATS server that is supported.
    Nats210,
    /// The newest NATS server.
    Nats,
    /// Kafka of the last line before 4.
    Kafka39,
    /// The newest Kafka.
    Kafka,
    /// The control plane of Kubernetes, etcd included, as one program with several names.
    Kube,
    /// The same, with what runs on a node. Not among those that tests need: for runs on real nodes.
    KubeNode,
}

impl Server {
    /// All that tests need.
    pub const ALL: [Self; 5] = [
        Self::Nats210,
        Self::Nats,
        Self::Kafka39,
        Self::Kafka,
        Self::Kube,
    ];

    /// Returns the name of the program.
    pub fn program(self) -> &'static str {
        match self {
            Self::Nats210 | Self::Nats => "nats-server",
            Self::Kafka39 | Self::Kafka => "kafka",
            Self::Kube => "kube",
            Self::KubeNode => "kube-node",
        }
    }

    /// Returns the version.
    pub fn version(self) -> &'static str {
        match self {
            Self::Nats210 => "2.10.26",
            Self::Nats => "2.15.1",
            Self::Kafka39 => "3.9.2",
            Self::Kafka => "4.4.0",
            // As `kube/go.mod` of the test kit says.
            Self::Kube | Self::KubeNode => "1.33.13",
        }
    }

    /// Returns the folder below the tools in which it lies.
    pub fn folder(self) -> String {
        format!("servers/{}-{}", self.program(), self.version())
    }
}
