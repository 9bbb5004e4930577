//! Secrets that can be replaced while those who read them run.

use argo_events_core::{Result, Secret, SecretSource, secret::KeySelector};
use async_trait::async_trait;
use std::{
    fmt,
    sync::{Arc, PoisonError, RwLock},
};

/// Where secrets are found right now. What runs reads through this, so that values of manifests that
/// changed take effect without starting anything again.
pub(super) struct CurrentSecrets(RwLock<Arc<dyn SecretSource>>);

impl CurrentSecrets {
    pub(super) fn new(source: Arc<dyn SecretSource>) -> Self {
        Self(RwLock::new(source))
    }

    pub(super) fn replace(&self, source: Arc<dyn SecretSource>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = source;
    }

    fn now(&self) -> Arc<dyn SecretSource> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl fmt::Debug for CurrentSecrets {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_tuple("CurrentSecrets")
            .field(&self.now())
            .finish()
    }
}

#[async_trait]
impl SecretSource for CurrentSecrets {
    async fn secret(&self, selector: &KeySelector) -> Result<Secret<String>> {
        self.now().secret(selector).await
    }

    async fn secret_bytes(&self, selector: &KeySelector) -> Result<Secret<Vec<u8>>> {
        self.now().secret_bytes(selector).await
    }

    async fn config(&self, selector: &KeySelector) -> Result<String> {
        self.now().config(selector).await
    }
}
