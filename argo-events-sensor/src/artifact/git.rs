//! Files in git repositories.

use super::{GitArtifact, fetch::Fetcher};
use argo_events_core::{Error, ErrorKind, Result, SecretSource, Timestamp};
use bytes::Bytes;

/// A file in a repository.
#[derive(Debug)]
pub(super) struct Repository(GitArtifact);

impl Repository {
    pub(super) fn new(artifact: GitArtifact) -> Result<Self> {
        match artifact.mistake() {
            Some(mistake) => Err(Error::permanent(ErrorKind::ConfigInvalid, mistake)),
            None => Ok(Self(artifact)),
        }
    }

    pub(super) async fn read(
        &self,
        _: &Fetcher,
        _: &dyn SecretSource,
        _: Timestamp,
    ) -> Result<Bytes> {
        let message = "git is not read yet";
        Err(Error::permanent(ErrorKind::Unsupported, message).with("url", &self.0.url))
    }
}
