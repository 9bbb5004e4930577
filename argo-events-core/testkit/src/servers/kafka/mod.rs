//! A Kafka broker without ZooKeeper, alone or three of them as a cluster.

mod cluster;
mod options;
mod properties;
mod ready;

pub use cluster::KafkaCluster;
pub use options::{KafkaOptions, Listener};

use super::{
    Certificates, Server,
    port::Port,
    process::{Process, verbs},
};
use argo_events_core::Result;
use std::{net::SocketAddr, sync::Arc};
use tempfile::TempDir;

/// A Kafka broker; clones are handles of the same one, which ends with the last of them.
///
/// Ready means that it names itself to clients as a broker: after two to six seconds, and again after a crash
/// once its old session has expired, which is two seconds here.
///
/// ```no_run
/// use argo_events_testkit::servers::{KafkaServer, Listener, Server};
///
/// # fn main() -> argo_events_core::Result<()> {
/// let server = KafkaServer::options(Server::Kafka)
///     .listener(Listener::Sasl)
///     .scram_sha_256("bob", "bob-secret")
///     .start()?;
/// println!("open to everybody: {}", server.bootstrap());
/// println!("for bob: {}", server.at(Listener::Sasl));
/// server.kill()?;
/// server.start_again()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct KafkaServer {
    // First: the process ends before its folder goes.
    process: Process,
    _folder: Arc<TempDir>,
    ports: Arc<Ports>,
    certificates: Option<Certificates>,
}

#[derive(Debug)]
struct Ports {
    controller: Port,
    listeners: Vec<(Listener, Port)>,
}

impl Ports {
    fn reserve(listeners: &[Listener]) -> Result<Self> {
        let reserve = |listener: &Listener| Ok((*listener, Port::reserve()?));
        Ok(Self {
            controller: Port::reserve()?,
            listeners: listeners.iter().map(reserve).collect::<Result<_>>()?,
        })
    }

    fn address(&self, listener: Listener) -> Option<SocketAddr> {
        let mut listeners = self.listeners.iter();
        let (_, port) = listeners.find(|(other, _)| *other == listener)?;
        Some(port.address())
    }
}

impl KafkaServer {
    /// Starts a broker that is open to everybody.
    ///
    /// # Errors
    /// As [`KafkaOptions::start`].
    pub fn start(server: Server) -> Result<Self> {
        Self::options(server).start()
    }

    /// Begins to say what a broker shall be like.
    pub fn options(server: Server) -> KafkaOptions {
        KafkaOptions::new(server)
    }

    /// Returns where everybody may come in, as `127.0.0.1:port`; it stays the same.
    pub fn bootstrap(&self) -> String {
        self.at(Listener::Plain)
    }

    /// Returns where a listener is, as `127.0.0.1:port`; it stays the same.
    ///
    /// # Panics
    /// When it was not asked for by [`KafkaOptions::listener`].
    pub fn at(&self, listener: Listener) -> String {
        let address = self.ports.address(listener);
        address.expect("a listener that was asked for").to_string()
    }

    /// Returns its certificates and those of its clients, if a listener speaks TLS.
    pub fn certificates(&self) -> Option<&Certificates> {
        self.certificates.as_ref()
    }

    verbs!();
}
