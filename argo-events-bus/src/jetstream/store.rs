//! State of ours, in one bucket for all scopes of a bus.
//!
//! A key is a subject below the bucket, made so that a folder of keys is a subject filter. Versions
//! are sequences of the bucket's stream, and the server compares them. A deleted key leaves nothing
//! behind: it is purged up to its version, so that a newer one survives.

use super::{
    bucket::{Bucket, expecting},
    link::Link,
    names,
};
use argo_events_core::{Error, ErrorKind, Result, StateStore, Versioned};
use async_trait::async_trait;
use bytes::Bytes;
use std::sync::Arc;

/// The bucket of all scopes.
pub(super) const BUCKET: &str = "argo-events";

/// The state of one scope.
#[derive(Debug)]
pub(super) struct Store {
    bucket: Bucket,
    /// What subjects of this scope begin with.
    root: String,
}

impl Store {
    /// Opens the state of a scope; makes the bucket if there is none.
    pub(super) async fn open(link: Arc<Link>, scope: &str) -> Result<Self> {
        let bucket = Bucket::new(link, BUCKET);
        bucket.ensure().await?;
        let root = bucket.subject(&names::encode_scope(scope));
        Ok(Self { bucket, root })
    }

    fn subject(&self, key: &str) -> String {
        format!("{}.{}", self.root, names::encode_key(key))
    }

    async fn find(&self, operation: &'static str, subject: &str) -> Result<Option<Versioned>> {
        let last = || self.bucket.last(subject);
        let last = self.bucket.retry(operation, true, last).await?;
        Ok(last
            .filter(|last| !last.is_marker)
            .map(|last| last.versioned))
    }
}

/// Makes the error of a version that is there no more.
pub(super) fn moved(key: &str) -> Error {
    Error::permanent(ErrorKind::Conflict, "another version is there").with("key", key)
}

/// Refuses a value that is too large.
pub(super) fn check_size(value: &Bytes, most: usize) -> Result<()> {
    if value.len() <= most {
        return Ok(());
    }
    let message = format!(
        "a value of {} bytes is larger than {most} bytes",
        value.len()
    );
    Err(Error::permanent(ErrorKind::TooLarge, message).during("put"))
}

#[async_trait]
impl StateStore for Store {
    async fn get(&self, key: &str) -> Result<Option<Versioned>> {
        self.find("get", &self.subject(key)).await
    }

    async fn put(&self, key: &str, value: Bytes, expected: Option<u64>) -> Result<u64> {
        check_size(&value, self.max_value_bytes())?;
        let (subject, headers) = (self.subject(key), expecting(expected.unwrap_or(0)));
        let write = || self.bucket.write(&subject, value.clone(), headers.clone());
        let written = self.bucket.retry("put", true, write).await;
        written.map_err(|error| error.with("key", key))
    }

    async fn delete(&self, key: &str, expected: u64) -> Result<()> {
        let subject = self.subject(key);
        match self.find("delete", &subject).await? {
            None => return Ok(()),
            Some(found) if found.version != expected => return Err(moved(key).during("delete")),
            Some(_) => {}
        }
        let purge = || self.bucket.purge(&subject, expected);
        if self.bucket.retry("delete", true, purge).await? {
            return Ok(());
        }
        // Somebody else was faster: with a deletion, or with a newer version.
        match self.find("delete", &subject).await? {
            None => Ok(()),
            Some(_) => Err(moved(key).during("delete")),
        }
    }

    async fn keys(&self, prefix: &str) -> Result<Vec<String>> {
        let filter = names::filter_of_prefix(&self.root, prefix);
        let list = || self.bucket.subjects(&filter);
        let subjects = self.bucket.retry("keys", true, list).await?;
        let key = |subject: &String| names::decode_key(subject.get(self.root.len() + 1..)?);
        let mut keys: Vec<_> = subjects.iter().filter_map(key).collect();
        keys.retain(|key| key.starts_with(prefix));
        keys.sort();
        Ok(keys)
    }

    fn max_value_bytes(&self) -> usize {
        self.bucket.max_value_bytes()
    }
}
