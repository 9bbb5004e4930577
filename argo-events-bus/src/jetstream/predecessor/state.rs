//! The reference's bucket, under its own keys.
//!
//! A key is a subject as it is. A deleted key keeps a marker, as the reference's client leaves one.

use super::super::{
    bucket::{Bucket, Last, deleting, expecting},
    store::{check_size, moved},
};
use argo_events_core::{Error, ErrorKind, Result, StateStore, Versioned};
use async_trait::async_trait;
use bytes::Bytes;
use std::sync::Arc;

/// State as the reference keeps it.
#[derive(Debug)]
pub(super) struct ReferenceState {
    bucket: Arc<Bucket>,
}

impl ReferenceState {
    pub(super) fn new(bucket: Arc<Bucket>) -> Self {
        Self { bucket }
    }

    async fn last(&self, operation: &'static str, key: &str) -> Result<Option<Last>> {
        let subject = self.bucket.subject(key);
        self.bucket
            .retry(operation, false, || self.bucket.last(&subject))
            .await
    }

    async fn write(
        &self,
        operation: &'static str,
        key: &str,
        value: Bytes,
        headers: async_nats::HeaderMap,
    ) -> Result<u64> {
        let subject = self.bucket.subject(key);
        let write = || self.bucket.write(&subject, value.clone(), headers.clone());
        let written = self.bucket.retry(operation, true, write).await;
        written.map_err(|error| error.with("key", key))
    }
}

/// Tells whether the reference's client takes a key.
fn is_key(key: &str) -> bool {
    let is_sign = |byte: u8| byte.is_ascii_alphanumeric() || b"-/_=.".contains(&byte);
    key.bytes().all(is_sign) && key.split('.').all(|token| !token.is_empty())
}

#[async_trait]
impl StateStore for ReferenceState {
    async fn get(&self, key: &str) -> Result<Option<Versioned>> {
        if !is_key(key) {
            return Ok(None);
        }
        let last = self.last("get", key).await?;
        Ok(last
            .filter(|last| !last.is_marker)
            .map(|last| last.versioned))
    }

    async fn put(&self, key: &str, value: Bytes, expected: Option<u64>) -> Result<u64> {
        if !is_key(key) {
            let message = format!(
                "{key:?} cannot be a key of the reference: dots stand between other signs only"
            );
            return Err(Error::permanent(ErrorKind::ConfigInvalid, message).during("put"));
        }
        check_size(&value, self.max_value_bytes())?;
        let expected = match expected {
            Some(version) => version,
            // A key that was deleted has a marker, which is expected then.
            None => match self.last("put", key).await? {
                Some(last) if !last.is_marker => return Err(moved(key).during("put")),
                last => last.map_or(0, |last| last.versioned.version),
            },
        };
        self.write("put", key, value, expecting(expected)).await
    }

    async fn delete(&self, key: &str, expected: u64) -> Result<()> {
        match self.last("delete", key).await? {
            Some(last) if last.is_marker => Ok(()),
            None => Ok(()),
            Some(last) if last.versioned.version != expected => Err(moved(key).during("delete")),
            Some(_) => self
                .write("delete", key, Bytes::new(), deleting(expected))
                .await
                .map(drop),
        }
    }

    async fn keys(&self, prefix: &str) -> Result<Vec<String>> {
        let (filter, root) = (self.bucket.subject(">"), self.bucket.subject(""));
        let list = || self.bucket.subjects(&filter);
        let subjects = self.bucket.retry("keys", false, list).await?;
        let mut keys = Vec::new();
        for key in subjects
            .iter()
            .filter_map(|subject| subject.strip_prefix(&root))
        {
            if key.starts_with(prefix) && self.get(key).await?.is_some() {
                keys.push(key.to_owned());
            }
        }
        keys.sort();
        Ok(keys)
    }

    fn max_value_bytes(&self) -> usize {
        self.bucket.max_value_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::is_key;

    #[test]
    fn keys_are_those_of_the_reference() {
        for (key, wanted) in [
            ("t.3/dep-1", true),
            ("T-4_x.y/Expression", true),
            ("a=b", true),
            (".a", false),
            ("a.", false),
            ("a..b", false),
            ("a b", false),
            ("", false),
        ] {
            assert_eq!(is_key(key), wanted, "{key:?}");
        }
    }
}
