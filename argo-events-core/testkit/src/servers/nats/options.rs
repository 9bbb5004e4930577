//! What a NATS server shall be like, and its start.

use super::{NatsServer, identity::Identity};
use crate::servers::{
    Certificates, Server, available, place,
    port::Port,
    process::{Launch, Process},
};
use argo_events_core::Result;
use std::{
    fmt::Write as _,
    io::{self, BufRead, BufReader},
    net::{SocketAddr, TcpStream},
    path::{Path, PathBuf},
    time::Duration,
};
use tempfile::TempDir;

/// How long a server may take to get ready or to stop.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long its greeting may take.
const GREETING: Duration = Duration::from_secs(1);

/// What a NATS server shall be like: with JetStream, open to everybody, unless told otherwise.
#[derive(Clone, Debug)]
#[must_use]
pub struct NatsOptions {
    server: Server,
    guard: Guard,
    tls: Tls,
    jetstream: bool,
    text: String,
}

#[derive(Clone, Debug)]
enum Guard {
    None,
    User(String, String),
    Token(String),
    Nkey,
    Operator,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tls {
    None,
    Server,
    Mutual,
}

impl NatsOptions {
    pub(super) fn new(server: Server) -> Self {
        Self {
            server,
            guard: Guard::None,
            tls: Tls::None,
            jetstream: true,
            text: String::new(),
        }
    }

    /// Leaves JetStream out.
    pub fn without_jetstream(mut self) -> Self {
        self.jetstream = false;
        self
    }

    /// Lets in who knows a name and a password.
    pub fn user(mut self, name: impl Into<String>, password: impl Into<String>) -> Self {
        self.guard = Guard::User(name.into(), password.into());
        self
    }

    /// Lets in who knows a token.
    pub fn token(mut self, token: impl Into<String>) -> Self {
        self.guard = Guard::Token(token.into());
        self
    }

    /// Lets in who has the key that [`NatsServer::seed`] returns.
    pub fn nkey(mut self) -> Self {
        self.guard = Guard::Nkey;
        self
    }

    /// Lets in who shows the file that [`NatsServer::credentials`] returns: the server trusts an operator.
    pub fn operator(mut self) -> Self {
        self.guard = Guard::Operator;
        self
    }

    /// Speaks TLS only, with a certificate of [`NatsServer::certificates`].
    pub fn tls(mut self) -> Self {
        self.tls = Tls::Server;
        self
    }

    /// Speaks TLS only, and only with clients that have a certificate of the authority.
    pub fn mutual_tls(mut self) -> Self {
        self.tls = Tls::Mutual;
        self
    }

    /// Takes no messages larger than that.
    pub fn max_payload(self, bytes: usize) -> Self {
        self.configuration(format!("max_payload: {bytes}"))
    }

    /// Adds lines to the server's configuration.
    pub fn configuration(mut self, text: impl AsRef<str>) -> Self {
        self.text.push_str(text.as_ref());
        self.text.push('\n');
        self
    }

    /// Starts the server and waits until it greets.
    ///
    /// # Errors
    /// When the program is [missing](crate::servers::Missing), or does not get ready; with what it printed.
    pub fn start(self) -> Result<NatsServer> {
        let server = self.launch(Port::reserve()?)?;
        server.process.wait_until_ready()?;
        Ok(server)
    }

    /// Starts the server on a port, without waiting.
    pub(super) fn launch(&self, port: Port) -> Result<NatsServer> {
        let program = available(self.server)?;
        let folder = place::folder("nats")?;
        let certificates = match self.tls {
            Tls::None => None,
            Tls::Server | Tls::Mutual => Some(Certificates::make(folder.path())?),
        };
        let identity = match self.guard {
            Guard::Nkey => Some(Identity::key()?),
            Guard::Operator => Some(Identity::operator()?),
            _ => None,
        };
        let credentials = folder.path().join("user.creds");
        if let Some(identity) = &identity {
            identity.write(&credentials)?;
        }
        let file = folder.path().join("server.conf");
        let text = self.render(&port, &folder, certificates.as_ref(), identity.as_ref());
        place::write(&file, &text)?;
        let process = Process::new(launch(program, &file, &folder, &port));
        process.launch()?;
        Ok(NatsServer {
            process,
            folder: folder.into(),
            port: port.into(),
            certificates,
            credentials: credentials.exists().then_some(credentials),
            seed: identity.map(|identity| identity.seed),
        })
    }

    fn render(
        &self,
        port: &Port,
        folder: &TempDir,
        certificates: Option<&Certificates>,
        identity: Option<&Identity>,
    ) -> String {
        let mut text = format!("listen: \"{}\"\n", port.address());
        if self.jetstream {
            let store = place::store(folder);
            let _ = writeln!(text, "jetstream {{ store_dir: {store:?} }}");
        }
        text.push_str(&self.guard.render());
        if let Some(identity) = identity {
            text.push_str(&identity.text);
        }
        if let Some(certificates) = certificates {
            text.push_str(&self.tls.render(certificates));
        }
        text.push_str(&self.text);
        text
    }
}

impl Guard {
    fn render(&self) -> String {
        match self {
            // Keys are rendered where they are made.
            Self::None | Self::Nkey | Self::Operator => String::new(),
            Self::User(name, password) => {
                format!("authorization {{ user: {name:?}, password: {password:?} }}\n")
            }
            Self::Token(token) => format!("authorization {{ token: {token:?} }}\n"),
        }
    }
}

impl Tls {
    fn render(self, certificates: &Certificates) -> String {
        let (certificate, key) = (certificates.server(), certificates.server_key());
        let mut text = format!("tls {{ cert_file: {certificate:?}, key_file: {key:?}, timeout: 5");
        if self == Self::Mutual {
            let authority = certificates.authority();
            let _ = write!(text, ", ca_file: {authority:?}, verify: true");
        }
        text.push_str(" }\n");
        text
    }
}

fn launch(program: PathBuf, file: &Path, folder: &TempDir, port: &Port) -> Launch {
    let address = port.address();
    Launch {
        program,
        arguments: vec!["-c".into(), file.into()],
        log: folder.path().join("log"),
        store: place::store(folder),
        prepare: None,
        ready: Box::new(move || greets(address)),
        patience: PATIENCE,
    }
}

/// Tells whether a NATS server greets at an address.
fn greets(address: SocketAddr) -> bool {
    let greeting = || {
        let stream = TcpStream::connect_timeout(&address, GREETING)?;
        stream.set_read_timeout(Some(GREETING))?;
        let mut line = String::new();
        BufReader::new(stream).read_line(&mut line)?;
        Ok::<_, io::Error>(line)
    };
    greeting().is_ok_and(|line| line.starts_with("INFO "))
}
