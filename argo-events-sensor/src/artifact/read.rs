//! Reads one object for each attempt, and reads again what may come after all.

use super::{
    ArtifactLocation, FileArtifact, config, document,
    fetch::{Fetcher, Target},
    s3::Bucket,
};
use crate::kubernetes::Object;
use argo_events_core::{
    Clock, Error, ErrorKind, Result, SecretSource,
    backoff::Schedule,
    registry::{Clients, TriggerBuild},
    secret::KeySelector,
};
use bytes::Bytes;
use std::{fmt, sync::Arc};

/// Largest document of a web server.
const MOST_OF_URL: usize = 512 * 1024;
/// Largest file.
const MOST_OF_FILE: u64 = 8 * 1024 * 1024;

/// What readers of artifacts share: connections, what was read before, and when to try again.
#[derive(Debug, Default)]
pub struct Readers {
    pub(super) fetcher: Fetcher,
    schedule: Schedule,
}

impl Readers {
    /// Makes readers that try again by a schedule of their own; five attempts, one or two seconds apart, otherwise.
    #[must_use]
    pub fn with_schedule(schedule: Schedule) -> Self {
        Self {
            schedule,
            ..Self::default()
        }
    }

    /// Returns the readers that all triggers share; the first one makes them.
    pub fn shared(clients: &Clients) -> Arc<Self> {
        clients.get_or_make("", Self::default)
    }
}

/// Where an object comes from, ready to be read.
#[derive(Clone)]
pub struct Artifact {
    place: Place,
    readers: Arc<Readers>,
    secrets: Arc<dyn SecretSource>,
    clock: Arc<dyn Clock>,
}

/// A place, with what needs no second look already read.
#[derive(Clone, Debug)]
enum Place {
    /// There cannot be an object, for the reason given.
    Nowhere(ErrorKind, String),
    Known(Box<Object>),
    File(FileArtifact),
    Url(Target),
    Bucket(Arc<Bucket>),
    #[cfg(feature = "git")]
    Git(Arc<super::git::Repository>),
    ConfigMap(KeySelector),
}

impl Artifact {
    /// Prepares a place for reading; what stands in the manifest itself is read here.
    ///
    /// A place where there cannot be an object fails each reading, and not the sensor, as in the reference;
    /// [`ArtifactLocation::validate`] tells before.
    pub fn new(location: ArtifactLocation, build: &TriggerBuild) -> Self {
        let nowhere = |error: Error| Place::Nowhere(error.kind(), error.to_string());
        Self {
            place: Place::new(location).unwrap_or_else(nowhere),
            readers: Readers::shared(&build.clients),
            secrets: Arc::clone(&build.secrets),
            clock: Arc::clone(&build.clock),
        }
    }

    /// Reads the object. What may come after all is waited for, by the schedule of [`Readers`].
    ///
    /// # Errors
    /// `NotFound`, `Unauthorized`, `TooLarge` or `PayloadInvalid`, permanent; what time can heal, transient.
    ///
    /// # Cancel safety
    /// Dropping the future has no effect.
    pub async fn read(&self) -> Result<Object> {
        if let Place::Known(object) = &self.place {
            return Ok(Object::clone(object));
        }
        let mut pauses = self.readers.schedule.pauses(crate::policy::fraction);
        let text = loop {
            let error = match self.text().await {
                Ok(text) => break text,
                Err(error) => error,
            };
            match pauses.next() {
                Some(pause) if error.is_transient() => {
                    tracing::debug!(%error, ?pause, "an artifact cannot be read yet");
                    tokio::time::sleep(pause).await;
                }
                _ => return Err(error.during("artifact")),
            }
        };
        Ok(object(document::read(&text)?))
    }

    async fn text(&self) -> Result<Bytes> {
        let fetcher = &self.readers.fetcher;
        match &self.place {
            Place::Nowhere(kind, reason) => Err(Error::permanent(*kind, reason.as_str())),
            Place::Known(object) => Ok(object.to_json().into()),
            Place::File(file) => read_file(file.clone()).await,
            Place::Url(target) => fetcher.get(target, MOST_OF_URL).await,
            Place::Bucket(bucket) => {
                let now = self.clock.now();
                bucket.get(fetcher, self.secrets.as_ref(), now).await
            }
            #[cfg(feature = "git")]
            Place::Git(repository) => {
                let secrets = self.secrets.as_ref();
                repository.read(fetcher, secrets, self.clock.now()).await
            }
            Place::ConfigMap(selector) => Ok(self.secrets.config(selector).await?.into()),
        }
    }
}

impl fmt::Debug for Artifact {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Artifact")
            .field("place", &self.place)
            .finish_non_exhaustive()
    }
}

impl Place {
    fn new(location: ArtifactLocation) -> Result<Self> {
        if let Some(s3) = location.s3 {
            Ok(Self::Bucket(Arc::new(Bucket::new(s3)?)))
        } else if let Some(inline) = location.inline {
            let members = document::read(inline.as_bytes())?;
            Ok(Self::Known(Box::new(object(members))))
        } else if let Some(file) = location.file {
            Ok(Self::File(file))
        } else if let Some(url) = location.url {
            Ok(Self::Url(Target::new(&url.path, url.verify_cert)?))
        } else if let Some(git) = location.git {
            Self::git(git)
        } else if let Some(selector) = location.configmap {
            Ok(Self::ConfigMap(selector))
        } else if let Some(members) = location.resource.and_then(config::members) {
            Ok(Self::Known(Box::new(object(members))))
        } else {
            let message = "the source names no place; write resource: with the object, or one of s3, inline, file, url, git, configmap";
            Err(Error::permanent(ErrorKind::ConfigInvalid, message))
        }
    }

    #[cfg(feature = "git")]
    fn git(git: config::GitArtifact) -> Result<Self> {
        super::git::Repository::new(git).map(|repository| Self::Git(Arc::new(repository)))
    }

    #[cfg(not(feature = "git"))]
    fn git(_: config::GitArtifact) -> Result<Self> {
        let message = "this build reads nothing from git; build with the feature git";
        Err(Error::permanent(ErrorKind::Unsupported, message))
    }
}

fn object(members: serde_json::Map<String, serde_json::Value>) -> Object {
    Object::new(members).with_doubles()
}

async fn read_file(file: FileArtifact) -> Result<Bytes> {
    let path = file.path.clone();
    let read = tokio::task::spawn_blocking(move || {
        use std::io::Read as _;
        let mut text = Vec::new();
        let opened = std::fs::File::open(file.path)?;
        opened.take(MOST_OF_FILE + 1).read_to_end(&mut text)?;
        Ok(text)
    });
    let failed = |error: std::io::Error| {
        let missing = error.kind() == std::io::ErrorKind::NotFound;
        let message = format!("the artifact's file cannot be read: {error}");
        if missing {
            Error::permanent(ErrorKind::NotFound, message)
        } else {
            Error::transient(ErrorKind::Unavailable, message)
        }
    };
    let text = match read.await {
        Ok(read) => read.map_err(|error| failed(error).with("path", &path))?,
        Err(panic) => return Err(failed(std::io::Error::other(panic)).with("path", &path)),
    };
    if text.len() as u64 > MOST_OF_FILE {
        return Err(too_large(MOST_OF_FILE).with("path", &path));
    }
    Ok(text.into())
}

/// Makes the error of an artifact beyond a limit.
pub(super) fn too_large(most: u64) -> Error {
    let message = format!("the artifact has more than {most} bytes");
    Error::permanent(ErrorKind::TooLarge, message)
}
