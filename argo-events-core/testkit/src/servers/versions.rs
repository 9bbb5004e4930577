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
}

impl Server {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Nats210, Self::Nats, Self::Kafka39, Self::Kafka];

    /// Returns the name of the program.
    pub fn program(self) -> &'static str {
        match self {
            Self::Nats210 | Self::Nats => "nats-server",
            Self::Kafka39 | Self::Kafka => "kafka",
        }
    }

    /// Returns the version.
    pub fn version(self) -> &'static str {
        match self {
            Self::Nats210 => "2.10.26",
            Self::Nats => "2.15.1",
            Self::Kafka39 => "3.9.2",
            Self::Kafka => "4.4.0",
        }
    }

    /// Returns the folder below the tools in which it lies.
    pub fn folder(self) -> String {
        format!("servers/{}-{}", self.program(), self.version())
    }
}
