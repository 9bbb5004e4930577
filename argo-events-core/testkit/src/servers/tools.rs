//! Where the programs are, and what becomes of tests whose programs are missing.

use super::Server;
use argo_events_core::{Error, ErrorKind};
use libtest_mimic::Trial;
use std::{
    env, fmt,
    path::{Path, PathBuf},
};

/// Names the folder of the tools, if it is not `target/tools` of this workspace.
const FOLDER: &str = "ARGO_EVENTS_TOOLS";

/// A server that is not on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// Which it is.
    pub server: Server,
    /// Where it was looked for.
    pub place: PathBuf,
}

impl fmt::Display for Missing {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (program, version) = (self.server.program(), self.server.version());
        let place = self.place.display();
        write!(
            formatter,
            "{program} {version} is not at {place}: `cargo xtask servers` fetches it"
        )
    }
}

impl std::error::Error for Missing {}

impl From<Missing> for Error {
    fn from(missing: Missing) -> Self {
        Self::permanent(ErrorKind::NotFound, missing.to_string())
    }
}

/// Returns where a server is: a program, or the folder of Kafka's jars, or of the programs of Kubernetes.
///
/// # Errors
/// When it is not there; `cargo xtask servers` fetches it.
pub fn available(server: Server) -> Result<PathBuf, Missing> {
    let folder = env::var_os(FOLDER).map_or_else(tools, PathBuf::from);
    let mut place = folder.join(server.folder());
    if matches!(server, Server::Nats210 | Server::Nats) {
        place.push(server.program());
    }
    if place.exists() {
        Ok(place)
    } else {
        Err(Missing { server, place })
    }
}

fn tools() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = here.ancestors().nth(2).unwrap_or(here);
    root.join("target/tools")
}

/// Marks a trial as ignored, with the reason in its kind, if a server that it needs is missing.
///
/// ```
/// use argo_events_testkit::servers::{self, Server};
/// use libtest_mimic::Trial;
///
/// let trial = Trial::test("answers", || Ok(())).with_kind("jetstream");
/// let trial = servers::needing(&[Server::Nats210], trial);
/// assert_eq!(trial.has_ignored_flag(), servers::available(Server::Nats210).is_err());
/// ```
#[must_use]
pub fn needing(servers: &[Server], trial: Trial) -> Trial {
    let missing = servers.iter().find_map(|server| available(*server).err());
    let Some(missing) = missing else {
        return trial;
    };
    let kind = match trial.kind() {
        "" => missing.to_string(),
        kind => format!("{kind}: {missing}"),
    };
    trial.with_kind(kind).with_ignored_flag(true)
}
