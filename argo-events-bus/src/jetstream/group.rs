//! Who reads a group in strict order: a record in the bucket, so that a former reader finds out.
//!
//! Each reader of such a group has a consumer of its own, made behind what the reader has handled; the
//! record names it. A reader whose consumer is gone and named no more has been replaced.

use super::{
    bucket::{Bucket, expecting},
    link::Link,
    store::BUCKET,
};
use argo_events_core::{Error, ErrorKind, Result};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Below which part of the bucket the records lie; no scope is written like that.
const FOLDER: &str = "=groups";

/// The record of a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Record {
    /// Name of the consumer that reads it.
    pub(super) consumer: String,
    /// First sequence that was the group's own.
    pub(super) first: u64,
    /// Which stream that was.
    pub(super) partition: u32,
}

/// The record of a group, and where it lies.
#[derive(Debug)]
pub(super) struct Group {
    bucket: Bucket,
    subject: String,
}

impl Group {
    /// Describes the record of the group whose consumers begin with a name.
    pub(super) fn new(link: Arc<Link>, base: &str) -> Self {
        let bucket = Bucket::new(link, BUCKET);
        let subject = bucket.subject(&format!("{FOLDER}.{base}"));
        Self { bucket, subject }
    }

    /// Returns the record and its version, which is 0 if there is none.
    pub(super) async fn read(&self) -> Result<(Option<Record>, u64)> {
        self.bucket.ensure().await?;
        let last = || self.bucket.last(&self.subject);
        let Some(last) = self.bucket.retry("read the group", true, last).await? else {
            return Ok((None, 0));
        };
        let record = serde_json::from_slice(&last.versioned.value).map_err(|error| {
            Error::transient(ErrorKind::PayloadInvalid, error.to_string())
                .during("read the group")
                .with("subject", &self.subject)
        })?;
        Ok((Some(record), last.versioned.version))
    }

    /// Writes the record over a version; fails with `Conflict` if somebody else was faster.
    pub(super) async fn write(&self, record: &Record, version: u64) -> Result<()> {
        let value = serde_json::to_vec(record).map_err(|error| {
            Error::permanent(ErrorKind::Unexpected, error.to_string()).during("write the group")
        })?;
        let headers = expecting(version);
        let write = || {
            self.bucket
                .write(&self.subject, value.clone().into(), headers.clone())
        };
        self.bucket
            .retry("write the group", true, write)
            .await
            .map(drop)
    }
}

/// Makes the error of a reader that was replaced.
pub(super) fn replaced(consumer: &str) -> Error {
    let message = "another reader has taken the group over";
    Error::permanent(ErrorKind::Conflict, message).with("consumer", consumer)
}

/// Tells whether a refusal says that somebody else was faster.
pub(super) fn is_conflict(error: &Error) -> bool {
    error.kind() == ErrorKind::Conflict
}
