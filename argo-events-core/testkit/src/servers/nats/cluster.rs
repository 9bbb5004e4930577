//! Three NATS servers that replicate streams among themselves.

use super::{NatsOptions, NatsServer};
use crate::servers::{Server, port::Port, process};
use argo_events_core::{Error, ErrorKind, Result};
use std::{
    io::{self, Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

const SIZE: usize = 3;
/// How long the servers may take to find a leader.
const PATIENCE: Duration = Duration::from_secs(90);

/// Three NATS servers with JetStream; each can be broken by itself.
///
/// Ready means that they have a leader that sees the others, so that streams with three replicas can be made:
/// that takes between half a second and ten.
///
/// ```no_run
/// use argo_events_testkit::servers::{NatsCluster, Server};
///
/// # fn main() -> argo_events_core::Result<()> {
/// let cluster = NatsCluster::start(Server::Nats)?;
/// let [first, ..] = cluster.nodes();
/// first.kill()?;
/// first.start_again()?;
/// cluster.wait_until_whole()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct NatsCluster {
    nodes: [NatsServer; SIZE],
    // Reserved for as long as the cluster may start nodes again.
    _routes: std::sync::Arc<[Port; SIZE]>,
    monitors: std::sync::Arc<[Port; SIZE]>,
}

impl NatsCluster {
    /// Starts three servers and waits until they are a cluster.
    ///
    /// # Errors
    /// When the program is [missing](crate::servers::Missing), or a server does not get ready.
    pub fn start(server: Server) -> Result<Self> {
        Self::start_with(NatsServer::options(server))
    }

    /// Starts three servers that are like that, and waits until they are a cluster.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn start_with(options: NatsOptions) -> Result<Self> {
        let (routes, monitors) = (ports()?, ports()?);
        let launch = |index: usize| {
            let text = render(index, &routes, &monitors);
            options.clone().configuration(text).launch(Port::reserve()?)
        };
        let nodes = [launch(0)?, launch(1)?, launch(2)?];
        let cluster = Self {
            nodes,
            _routes: routes.into(),
            monitors: monitors.into(),
        };
        cluster.wait_until_whole()?;
        Ok(cluster)
    }

    /// Returns the servers.
    pub fn nodes(&self) -> &[NatsServer; SIZE] {
        &self.nodes
    }

    /// Returns where they listen, for clients that take several addresses, separated by commas.
    pub fn url(&self) -> String {
        self.nodes.each_ref().map(NatsServer::url).join(",")
    }

    /// Waits until every server runs and their leader sees the others up to date.
    ///
    /// # Errors
    /// When that does not come about.
    pub fn wait_until_whole(&self) -> Result<()> {
        for node in &self.nodes {
            node.process.wait_until_ready()?;
        }
        let whole = || self.monitors.iter().any(|port| leads(port.address()));
        process::within(PATIENCE, || whole().then_some(())).ok_or_else(|| {
            Error::permanent(
                ErrorKind::Timeout,
                "the servers found no leader that sees all of them",
            )
            .during("start of a NATS cluster")
        })
    }
}

fn ports() -> Result<[Port; SIZE]> {
    Ok([Port::reserve()?, Port::reserve()?, Port::reserve()?])
}

fn render(index: usize, routes: &[Port; SIZE], monitors: &[Port; SIZE]) -> String {
    let listen = routes[index].address();
    let others = routes
        .each_ref()
        .map(|port| format!("\"nats://{}\"", port.address()));
    format!(
        "server_name: node{index}\nhttp: \"{}\"\ncluster {{ name: tests, listen: \"{listen}\", \
         routes: [{}] }}\n",
        monitors[index].address(),
        others.join(", ")
    )
}

/// Tells whether a server is the leader and all others follow it.
fn leads(monitor: SocketAddr) -> bool {
    let Ok(said) = jetstream(monitor) else {
        return false;
    };
    let follows =
        |replica: &serde_json::Value| replica["current"] == true && replica["offline"] != true;
    // Only the leader lists the others.
    let replicas = said["meta_cluster"]["replicas"].as_array();
    replicas.is_some_and(|all| all.len() == SIZE - 1 && all.iter().all(follows))
}

fn jetstream(monitor: SocketAddr) -> io::Result<serde_json::Value> {
    const ANSWER: Duration = Duration::from_secs(1);
    let mut stream = TcpStream::connect_timeout(&monitor, ANSWER)?;
    stream.set_read_timeout(Some(ANSWER))?;
    stream.write_all(b"GET /jsz HTTP/1.0\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    Ok(serde_json::from_str(body)?)
}
