//! A NATS server, with JetStream and with what guards it.

use super::{
    Certificates, Server, available,
    port::Port,
    process::{Launch, Process},
};
use argo_events_core::{Error, ErrorKind, Result};
use nkeys::KeyPair;
use std::{
    fmt::Write as _,
    fs,
    io::{self, BufRead, BufReader},
    net::{SocketAddr, TcpStream},
    path::{Path, PathBuf},
    sync::Arc,
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
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tls {
    None,
    Server,
    Mutual,
}

impl NatsOptions {
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
    /// When the program is [missing](super::Missing), or does not get ready; with what it printed.
    pub fn start(self) -> Result<NatsServer> {
        let program = available(self.server)?;
        let place = Arc::new(Place::new()?);
        let certificates = match self.tls {
            Tls::None => None,
            Tls::Server | Tls::Mutual => Some(Certificates::make(place.folder.path())?),
        };
        let key = match self.guard {
            Guard::Nkey => Some(KeyPair::new_user()),
            _ => None,
        };
        let file = place.folder.path().join("server.conf");
        let text = self.render(&place, certificates.as_ref(), key.as_ref());
        fs::write(&file, text).map_err(|error| unwritten(&file, error))?;
        let process = Process::new(launch(program, &file, &place));
        process.start()?;
        Ok(NatsServer {
            process,
            place,
            certificates,
            seed: key.and_then(|key| key.seed().ok()),
        })
    }

    fn render(
        &self,
        place: &Place,
        certificates: Option<&Certificates>,
        key: Option<&KeyPair>,
    ) -> String {
        let mut text = format!("listen: \"{}\"\n", place.port.address());
        if self.jetstream {
            let store = place.store();
            let _ = writeln!(text, "jetstream {{ store_dir: {store:?} }}");
        }
        text.push_str(&self.guard.render(key));
        if let Some(certificates) = certificates {
            text.push_str(&self.tls.render(certificates));
        }
        text.push_str(&self.text);
        text
    }
}

impl Guard {
    fn render(&self, key: Option<&KeyPair>) -> String {
        match (self, key) {
            (Self::None, _) | (Self::Nkey, None) => String::new(),
            (Self::User(name, password), _) => {
                format!("authorization {{ user: {name:?}, password: {password:?} }}\n")
            }
            (Self::Token(token), _) => format!("authorization {{ token: {token:?} }}\n"),
            (Self::Nkey, Some(key)) => {
                let key = key.public_key();
                format!("authorization {{ users: [ {{ nkey: {key:?} }} ] }}\n")
            }
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

/// A port and a folder that outlast the process.
#[derive(Debug)]
struct Place {
    port: Port,
    folder: TempDir,
}

impl Place {
    fn new() -> Result<Self> {
        let folder = TempDir::with_prefix("argo-events-nats-");
        let folder = folder.map_err(|error| unwritten(&std::env::temp_dir(), error))?;
        let port = Port::reserve()?;
        Ok(Self { port, folder })
    }

    fn store(&self) -> PathBuf {
        self.folder.path().join("store")
    }
}

/// A NATS server; clones are handles of the same one, which ends with the last of them.
///
/// Ready means that it greets. With TLS it greets as well, before the handshake.
///
/// ```no_run
/// use argo_events_testkit::servers::{NatsServer, Server};
///
/// # fn main() -> argo_events_core::Result<()> {
/// let server = NatsServer::start(Server::Nats)?;
/// server.pause()?;
/// // Connections are made, but nobody answers.
/// server.resume()?;
/// server.kill()?;
/// // Connections are refused.
/// server.start_again()?;
/// // The same port, the same data.
/// server.wipe()?;
/// // The same port, no data.
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct NatsServer {
    // First: the process ends before its folder goes.
    process: Process,
    place: Arc<Place>,
    certificates: Option<Certificates>,
    seed: Option<String>,
}

impl NatsServer {
    /// Starts a server with JetStream that is open to everybody.
    ///
    /// # Errors
    /// As [`NatsOptions::start`].
    pub fn start(server: Server) -> Result<Self> {
        Self::options(server).start()
    }

    /// Begins to say what a server shall be like.
    pub fn options(server: Server) -> NatsOptions {
        NatsOptions {
            server,
            guard: Guard::None,
            tls: Tls::None,
            jetstream: true,
            text: String::new(),
        }
    }

    /// Returns where it listens, as `nats://127.0.0.1:port`; it stays the same.
    pub fn url(&self) -> String {
        format!("nats://{}", self.address())
    }

    /// Returns where it listens.
    pub fn address(&self) -> SocketAddr {
        self.place.port.address()
    }

    /// Returns its certificates and those of its clients, if it speaks TLS.
    pub fn certificates(&self) -> Option<&Certificates> {
        self.certificates.as_ref()
    }

    /// Returns the secret key of its only user, if it was asked for one.
    pub fn seed(&self) -> Option<&str> {
        self.seed.as_deref()
    }

    /// Returns the id of its process while it runs.
    pub fn id(&self) -> Option<u32> {
        self.process.id()
    }

    /// Returns the end of what it has printed.
    pub fn log(&self) -> String {
        self.process.log()
    }

    /// Ends it at once, as a crash does; the data stay.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn kill(&self) -> Result<()> {
        self.process.kill()
    }

    /// Starts it on the same port with the same data, and waits until it greets; nothing happens if it runs.
    ///
    /// # Errors
    /// When it does not get ready; with what it printed.
    pub fn start_again(&self) -> Result<()> {
        self.process.start()
    }

    /// Lets it stand still: connections stay open and are still made, nothing is answered.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn pause(&self) -> Result<()> {
        self.process.pause()
    }

    /// Lets it go on after a pause.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn resume(&self) -> Result<()> {
        self.process.resume()
    }

    /// Asks it to end and waits until it has, also if it is paused; the data stay.
    ///
    /// # Errors
    /// When it does not; it is killed then.
    pub fn stop(&self) -> Result<()> {
        self.process.stop()
    }

    /// Kills it, deletes its data and starts it on the same port.
    ///
    /// # Errors
    /// When the data cannot be deleted, or it does not get ready.
    pub fn wipe(&self) -> Result<()> {
        self.kill()?;
        let store = self.place.store();
        match fs::remove_dir_all(&store) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(unwritten(&store, error)),
            _ => self.start_again(),
        }
    }
}

fn launch(program: PathBuf, file: &Path, place: &Place) -> Launch {
    let address = place.port.address();
    Launch {
        program,
        arguments: vec!["-c".into(), file.into()],
        log: place.folder.path().join("log"),
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

fn unwritten(path: &Path, error: io::Error) -> Error {
    Error::permanent(ErrorKind::Unavailable, "a server's files cannot be written")
        .with("path", path.display())
        .with("reason", &error)
        .caused_by(error)
}
