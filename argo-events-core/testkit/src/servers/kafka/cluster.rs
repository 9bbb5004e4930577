//! Three Kafka brokers that keep copies for each other.

use super::{KafkaOptions, KafkaServer, Listener, Ports, options::PATIENCE, ready};
use crate::servers::{Server, process};
use argo_events_core::{Error, ErrorKind, Result};

const SIZE: usize = 3;

/// Three Kafka brokers, which are controllers as well; each can be broken by itself.
///
/// Topics have three copies, of which two must be written; one broker can be missing. Ready means that every
/// broker knows all three: after eight to fourteen seconds.
///
/// ```no_run
/// use argo_events_testkit::servers::{KafkaCluster, Server};
///
/// # fn main() -> argo_events_core::Result<()> {
/// let cluster = KafkaCluster::start(Server::Kafka)?;
/// let [first, ..] = cluster.nodes();
/// first.kill()?;
/// first.start_again()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct KafkaCluster {
    nodes: [KafkaServer; SIZE],
}

impl KafkaCluster {
    /// Starts three brokers and waits until each knows the others.
    ///
    /// # Errors
    /// When the jars or Java are [missing](crate::servers::Missing), or a broker does not get ready.
    pub fn start(server: Server) -> Result<Self> {
        Self::start_with(KafkaServer::options(server))
    }

    /// Starts three brokers that are like that, and waits until each knows the others.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn start_with(options: KafkaOptions) -> Result<Self> {
        let reserve = || Ports::reserve(&options.listeners);
        let ports = [reserve()?, reserve()?, reserve()?];
        let controllers = ports.each_ref().map(|ports| ports.controller.address());
        let [first, second, third] = ports;
        let launch = |index, ports| options.launch(index, ports, &controllers);
        let nodes = [launch(0, first)?, launch(1, second)?, launch(2, third)?];
        let cluster = Self { nodes };
        cluster.wait_until_whole()?;
        Ok(cluster)
    }

    /// Returns the brokers.
    pub fn nodes(&self) -> &[KafkaServer; SIZE] {
        &self.nodes
    }

    /// Returns where everybody may come in, separated by commas.
    pub fn bootstrap(&self) -> String {
        self.at(Listener::Plain)
    }

    /// Returns where a listener of each broker is, separated by commas.
    ///
    /// # Panics
    /// When it was not asked for by [`KafkaOptions::listener`].
    pub fn at(&self, listener: Listener) -> String {
        self.nodes
            .each_ref()
            .map(|node| node.at(listener))
            .join(",")
    }

    /// Waits until every broker runs and knows the others.
    ///
    /// # Errors
    /// When that does not come about.
    pub fn wait_until_whole(&self) -> Result<()> {
        for node in &self.nodes {
            node.process.wait_until_ready()?;
        }
        let whole = || self.nodes.iter().all(knows_all);
        process::within(PATIENCE, || whole().then_some(())).ok_or_else(|| {
            Error::permanent(ErrorKind::Timeout, "the brokers do not know each other")
                .during("start of a Kafka cluster")
        })
    }
}

fn knows_all(node: &KafkaServer) -> bool {
    let address = node.ports.address(Listener::Plain);
    address.is_some_and(|address| ready::brokers(address).len() == SIZE)
}
