//! What a Kafka broker shall be like, and its start.

use super::{
    KafkaServer, Ports,
    properties::{self, Node},
    ready,
};
use crate::servers::{
    Certificates, Server, available, place,
    process::{Launch, Process},
};
use argo_events_core::{Error, ErrorKind, Result};
use std::{
    ffi::OsString,
    fs,
    net::SocketAddr,
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};
use tempfile::TempDir;

/// How long a broker may take to get ready or to stop, on a busy machine.
pub(super) const PATIENCE: Duration = Duration::from_secs(120);
/// The same for the brokers of a cluster.
const CLUSTER: &str = "MkU3OEVBNTcwNTJENDM2Qg";
/// Small and quick to start; a broker of tests does not live long enough for more.
const JAVA: &[&str] = &[
    "-Xms32m",
    "-Xmx160m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-XX:MaxDirectMemorySize=64m",
    "-Djava.net.preferIPv4Stack=true",
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
];

/// A way into a broker, with a port of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Listener {
    /// For everybody. Always there.
    Plain,
    /// For the users that were added, without encryption.
    Sasl,
    /// Encrypted, for everybody.
    Tls,
    /// Encrypted, for clients with a certificate of the authority.
    MutualTls,
    /// Encrypted, for the users that were added.
    SaslTls,
    /// For everybody who comes through the proxy of this number; see [`KafkaOptions::proxied`].
    Proxied(usize),
}

/// What a Kafka broker shall be like: open to everybody, unless told otherwise.
#[derive(Clone, Debug)]
#[must_use]
pub struct KafkaOptions {
    server: Server,
    pub(super) listeners: Vec<Listener>,
    pub(super) users: Vec<User>,
    pub(super) settings: Vec<(String, String)>,
    /// Where clients of a listener shall come instead of its own address.
    advertised: Vec<(Listener, SocketAddr)>,
}

#[derive(Clone, Debug)]
pub(super) struct User {
    pub(super) mechanism: &'static str,
    pub(super) name: String,
    pub(super) password: String,
}

impl KafkaOptions {
    pub(super) fn new(server: Server) -> Self {
        Self {
            server,
            listeners: vec![Listener::Plain],
            users: Vec::new(),
            settings: Vec::new(),
            advertised: Vec::new(),
        }
    }

    /// Adds a way in.
    pub fn listener(mut self, listener: Listener) -> Self {
        if !self.listeners.contains(&listener) {
            self.listeners.push(listener);
        }
        self
    }

    /// Adds a user who sends a password.
    pub fn plain(self, name: impl Into<String>, password: impl Into<String>) -> Self {
        self.user("PLAIN", name.into(), password.into())
    }

    /// Adds a user who proves to know a password, by SCRAM-SHA-256.
    pub fn scram_sha_256(self, name: impl Into<String>, password: impl Into<String>) -> Self {
        self.user("SCRAM-SHA-256", name.into(), password.into())
    }

    /// Adds a user who proves to know a password, by SCRAM-SHA-512.
    pub fn scram_sha_512(self, name: impl Into<String>, password: impl Into<String>) -> Self {
        self.user("SCRAM-SHA-512", name.into(), password.into())
    }

    fn user(mut self, mechanism: &'static str, name: String, password: String) -> Self {
        self.users.push(User {
            mechanism,
            name,
            password,
        });
        self
    }

    /// Sets a property of the broker, such as `num.partitions`; the last one holds.
    pub fn setting(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.settings.push((name.into(), value.into()));
        self
    }

    /// Tells clients to come to another address than that of [`Listener::Plain`], such as that of a
    /// [`Proxy`](crate::servers::Proxy); a broker sends its clients to where it says it is. For a
    /// single broker.
    pub fn advertise(mut self, address: SocketAddr) -> Self {
        self.advertised.push((Listener::Plain, address));
        self
    }

    /// Adds a way in for clients that come through a proxy of their own at an address, and are told to come
    /// there: the first is [`Listener::Proxied`] with 0. For a single broker.
    pub fn proxied(mut self, address: SocketAddr) -> Self {
        let is_proxied = |listener: &&Listener| matches!(listener, Listener::Proxied(_));
        let listener = Listener::Proxied(self.listeners.iter().filter(is_proxied).count());
        self.advertised.push((listener, address));
        self.listener(listener)
    }

    /// Starts the broker and waits until it is ready.
    ///
    /// # Errors
    /// When the jars or Java are [missing](crate::servers::Missing), or it does not get ready; with what it printed.
    pub fn start(self) -> Result<KafkaServer> {
        let ports = Ports::reserve(&self.listeners)?;
        let controllers = [ports.controller.address()];
        let server = self.launch(0, ports, &controllers)?;
        server.process.wait_until_ready()?;
        Ok(server)
    }

    /// Starts a broker of so many as there are controllers, without waiting.
    pub(super) fn launch(
        &self,
        index: usize,
        ports: Ports,
        controllers: &[SocketAddr],
    ) -> Result<KafkaServer> {
        let jars = available(self.server)?;
        let folder = place::folder("kafka")?;
        let encrypts = |listener: &Listener| {
            use Listener::{MutualTls, SaslTls, Tls};
            matches!(listener, Tls | MutualTls | SaslTls)
        };
        let certificates = match self.listeners.iter().any(encrypts) {
            true => Some(Certificates::make(folder.path())?),
            false => None,
        };
        let node = Node {
            index,
            ports: &ports,
            controllers,
            advertised: &self.advertised,
            store: &place::store(&folder),
            certificates: certificates.as_ref(),
        };
        let file = folder.path().join("server.properties");
        place::write(&file, &properties::render(self, &node)?)?;
        let launch = self.process(&class_path(&jars)?, &file, &folder, &node);
        let process = Process::new(launch);
        process.launch()?;
        Ok(KafkaServer {
            process,
            _folder: folder.into(),
            ports: ports.into(),
            certificates,
        })
    }

    fn process(&self, jars: &OsString, file: &Path, folder: &TempDir, node: &Node<'_>) -> Launch {
        let mut arguments: Vec<OsString> = JAVA.iter().map(Into::into).collect();
        arguments.extend(["-cp".into(), jars.clone()]);
        let mut format = arguments.clone();
        arguments.extend(["kafka.Kafka".into(), file.into()]);
        format.extend(["kafka.tools.StorageTool".into(), "format".into()]);
        format.extend(["-t".into(), CLUSTER.into(), "-c".into(), file.into()]);
        for user in self.users.iter().filter(|user| user.mechanism != "PLAIN") {
            let User {
                mechanism,
                name,
                password,
            } = user;
            let scram = format!("{mechanism}=[name={name},password={password}]");
            format.extend(["--add-scram".into(), scram.into()]);
        }
        let address = node.ports.address(Listener::Plain);
        let known = node.advertised(Listener::Plain).or(address);
        let known = known.map(|address| address.port());
        Launch {
            program: "java".into(),
            arguments,
            log: folder.path().join("log"),
            store: place::store(folder),
            prepare: Some(Box::new(move || prepare(&format))),
            ready: Box::new(move || {
                let brokers = address.map(ready::brokers).unwrap_or_default();
                known.is_some_and(|known| brokers.contains(&known))
            }),
            patience: PATIENCE,
        }
    }
}

/// Formats the folder of the data, as a broker wants it before its first start.
fn prepare(arguments: &[OsString]) -> Result<()> {
    let mut command = Command::new("java");
    let output = command.args(arguments).stdin(Stdio::null()).output();
    let output = output.map_err(|error| {
        Error::permanent(ErrorKind::NotFound, "java, which Kafka needs, does not run")
            .with("reason", &error)
            .caused_by(error)
    })?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let message = format!("the folder of a broker cannot be formatted; it printed\n{said}");
    Err(Error::permanent(ErrorKind::Unavailable, message))
}

fn class_path(folder: &Path) -> Result<OsString> {
    let failed = |error: std::io::Error| {
        Error::permanent(ErrorKind::NotFound, "the jars cannot be listed")
            .with("folder", folder.display())
            .caused_by(error)
    };
    let entries = fs::read_dir(folder).map_err(failed)?;
    let mut jars: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    jars.sort();
    let joined = std::env::join_paths(jars);
    joined.map_err(|error| failed(std::io::Error::other(error)))
}
