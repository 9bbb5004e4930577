//! The properties of a broker: the small single one that tests want, or one of several.

use super::{KafkaOptions, Listener, Ports, options::User};
use crate::servers::{Certificates, place};
use argo_events_core::{Error, ErrorKind, Result};
use std::{borrow::Cow, fmt::Write as _, fs, net::SocketAddr, path::Path};

/// What differs between the brokers of a cluster.
pub(super) struct Node<'a> {
    pub(super) index: usize,
    pub(super) ports: &'a Ports,
    pub(super) controllers: &'a [SocketAddr],
    /// Where clients shall come instead of a listener.
    pub(super) advertised: &'a [(Listener, SocketAddr)],
    pub(super) store: &'a Path,
    pub(super) certificates: Option<&'a Certificates>,
}

impl Node<'_> {
    /// Returns where clients of a listener shall come instead.
    pub(super) fn advertised(&self, listener: Listener) -> Option<SocketAddr> {
        let mut advertised = self.advertised.iter();
        let (_, address) = advertised.find(|(other, _)| *other == listener)?;
        Some(*address)
    }
}

/// Small buffers and few threads, and sessions that expire soon: a broker that was killed may
/// register again only then.
const ALWAYS: &str = "\
process.roles=broker,controller
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAIN
num.partitions=1
offsets.topic.num.partitions=3
transaction.state.log.num.partitions=3
group.initial.rebalance.delay.ms=0
num.network.threads=2
num.io.threads=2
background.threads=2
log.cleaner.dedupe.buffer.size=4194304
auto.create.topics.enable=true
broker.heartbeat.interval.ms=500
controller.quorum.election.timeout.ms=500
controller.quorum.fetch.timeout.ms=1000
";

const MODULES: &str = "org.apache.kafka.common.security";

/// Writes the properties of a broker.
pub(super) fn render(options: &KafkaOptions, node: &Node<'_>) -> Result<String> {
    let mut text = ALWAYS.to_owned();
    text.push_str(&identity(node));
    text.push_str(&listeners(node));
    text.push_str(&copies(node.controllers.len()));
    text.push_str(&security(options));
    if let Some(certificates) = node.certificates {
        text.push_str(&stores(certificates)?);
    }
    for (name, value) in &options.settings {
        let _ = writeln!(text, "{name}={value}");
    }
    Ok(text)
}

fn identity(node: &Node<'_>) -> String {
    let voter = |(index, address): (usize, &SocketAddr)| format!("{}@{address}", index + 1);
    let voters: Vec<_> = node.controllers.iter().enumerate().map(voter).collect();
    format!(
        "node.id={}\ncontroller.quorum.voters={}\nlog.dirs={}\n",
        node.index + 1,
        voters.join(","),
        node.store.display()
    )
}

fn listeners(node: &Node<'_>) -> String {
    let all = |show: &dyn Fn(Listener, SocketAddr) -> String| {
        let listeners = node.ports.listeners.iter();
        let shown = listeners.map(|(listener, port)| show(*listener, port.address()));
        shown.collect::<Vec<_>>().join(",")
    };
    let address = |listener: Listener, address| format!("{}://{address}", listener.name());
    let advertised =
        |listener: Listener, own| address(listener, node.advertised(listener).unwrap_or(own));
    let protocol = |listener: Listener, _| format!("{}:{}", listener.name(), listener.protocol());
    format!(
        "listeners={},CONTROLLER://{}\nadvertised.listeners={}\n\
         listener.security.protocol.map=CONTROLLER:PLAINTEXT,{}\n",
        all(&address),
        node.ports.controller.address(),
        all(&advertised),
        all(&protocol)
    )
}

/// As many copies as there are brokers; most of them suffice for writing.
fn copies(brokers: usize) -> String {
    let (most, session) = if brokers == 1 { (1, 2000) } else { (2, 3000) };
    format!(
        "default.replication.factor={brokers}\nmin.insync.replicas={most}\n\
         offsets.topic.replication.factor={brokers}\n\
         transaction.state.log.replication.factor={brokers}\n\
         transaction.state.log.min.isr={most}\n\
         share.coordinator.state.topic.replication.factor={brokers}\n\
         share.coordinator.state.topic.min.isr={most}\n\
         broker.session.timeout.ms={session}\n"
    )
}

fn security(options: &KafkaOptions) -> String {
    let mut text = String::new();
    let mechanisms = "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER";
    let users = plain_users(&options.users);
    for listener in [Listener::Sasl, Listener::SaslTls] {
        if !options.listeners.contains(&listener) {
            continue;
        }
        let prefix = format!("listener.name.{}", listener.name().to_lowercase());
        let _ = writeln!(text, "{prefix}.sasl.enabled.mechanisms={mechanisms}");
        let mut login = |mechanism: &str, module: &str| {
            let _ = writeln!(
                text,
                "{prefix}.{mechanism}.sasl.jaas.config={MODULES}.{module};"
            );
        };
        login("plain", &format!("plain.PlainLoginModule required{users}"));
        login("scram-sha-256", "scram.ScramLoginModule required");
        login("scram-sha-512", "scram.ScramLoginModule required");
        login(
            "oauthbearer",
            "oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub=\"broker\"",
        );
    }
    if options.listeners.contains(&Listener::MutualTls) {
        text.push_str("listener.name.mutual.ssl.client.auth=required\n");
    }
    text
}

fn plain_users(users: &[User]) -> String {
    let plain = users.iter().filter(|user| user.mechanism == "PLAIN");
    let shown = plain.map(|user| format!(" user_{}=\"{}\"", user.name, user.password));
    shown.collect()
}

/// Kafka wants key and certificate in one file.
fn stores(certificates: &Certificates) -> Result<String> {
    let read = |path: &Path| {
        fs::read_to_string(path).map_err(|error| {
            Error::permanent(ErrorKind::Unavailable, "a certificate cannot be read")
                .with("file", path.display())
                .caused_by(error)
        })
    };
    let both = read(&certificates.server_key())? + &read(&certificates.server())?;
    let store = certificates.server().with_file_name("store.pem");
    place::write(&store, &both)?;
    Ok(format!(
        "ssl.keystore.type=PEM\nssl.keystore.location={}\n\
         ssl.truststore.type=PEM\nssl.truststore.location={}\n",
        store.display(),
        certificates.authority().display()
    ))
}

impl Listener {
    fn name(self) -> Cow<'static, str> {
        let name = match self {
            Self::Plain => "PLAIN",
            Self::Sasl => "SASL",
            Self::Tls => "TLS",
            Self::MutualTls => "MUTUAL",
            Self::SaslTls => "SASLTLS",
            Self::Proxied(number) => return format!("PROXIED{number}").into(),
        };
        name.into()
    }

    fn protocol(self) -> &'static str {
        match self {
            Self::Plain | Self::Proxied(_) => "PLAINTEXT",
            Self::Sasl => "SASL_PLAINTEXT",
            Self::Tls | Self::MutualTls => "SSL",
            Self::SaslTls => "SASL_SSL",
        }
    }
}
