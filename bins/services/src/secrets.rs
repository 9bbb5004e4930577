//! Secrets and ConfigMaps as the controller mounts them into a pod.
//!
//! Files are read at each use, so that a value that was rotated takes effect.

use argo_events::{
    Result, Secret,
    core::{SecretSource, secret::KeySelector},
    manifest::LocalSecrets,
};
use async_trait::async_trait;
use std::path::Path;

/// Folders `NAME/KEY` of Secrets.
const SECRETS: &str = "argo-events/secrets";
/// Folders `NAME/KEY` of ConfigMaps.
const CONFIGS: &str = "argo-events/config";
/// The folder and the file of the bus's access secret, whatever it is called in the cluster.
const ACCESS: (&str, &str, &str) = ("etc/eventbus", "auth", "auth.yaml");

/// What is mounted.
#[derive(Debug)]
pub(crate) struct Mounted {
    secrets: LocalSecrets,
    configs: LocalSecrets,
    bus: LocalSecrets,
    access: Option<KeySelector>,
}

impl Mounted {
    /// Looks below a folder, which is `/` in a pod.
    pub(crate) fn below(root: &Path, access: Option<KeySelector>) -> Self {
        let folder = |path| LocalSecrets::default().with_directory(root.join(path));
        Self {
            secrets: folder(SECRETS),
            configs: folder(CONFIGS),
            bus: folder(ACCESS.0),
            access,
        }
    }

    /// Returns where a secret is mounted, and as what.
    fn place(&self, selector: &KeySelector) -> (&LocalSecrets, KeySelector) {
        let is_same = |it: &KeySelector| it.name == selector.name && it.key == selector.key;
        if self.access.as_ref().is_some_and(is_same) {
            return (&self.bus, KeySelector::new(ACCESS.1, ACCESS.2));
        }
        (&self.secrets, selector.clone())
    }
}

#[async_trait]
impl SecretSource for Mounted {
    async fn secret(&self, selector: &KeySelector) -> Result<Secret<String>> {
        let (place, selector) = self.place(selector);
        place.secret(&selector).await
    }

    async fn secret_bytes(&self, selector: &KeySelector) -> Result<Secret<Vec<u8>>> {
        let (place, selector) = self.place(selector);
        place.secret_bytes(&selector).await
    }

    async fn config(&self, selector: &KeySelector) -> Result<String> {
        self.configs.config(selector).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn write(root: &Path, path: &str, text: &str) {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    #[tokio::test]
    async fn values_are_where_the_controller_mounts_them_and_are_read_again() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path();
        write(root, "argo-events/secrets/hook/token", "hunter2\n\n");
        write(root, "argo-events/config/site/name", "shop\n");
        write(root, "etc/eventbus/auth/auth.yaml", "username: me\n");
        let mounted = Mounted::below(root, Some(KeySelector::new("bus-auth", "client-auth")));
        let secret = async |name, key| {
            let found = mounted.secret(&KeySelector::new(name, key)).await;
            found.map(|it| it.expose().clone())
        };
        assert_eq!(secret("hook", "token").await.unwrap(), "hunter2\n");
        assert_eq!(
            secret("bus-auth", "client-auth").await.unwrap(),
            "username: me"
        );
        assert!(
            secret("site", "name").await.is_err(),
            "a ConfigMap is no Secret"
        );
        let config = mounted.config(&KeySelector::new("site", "name")).await;
        assert_eq!(config.unwrap(), "shop");
        write(root, "argo-events/secrets/hook/token", "rotated");
        assert_eq!(secret("hook", "token").await.unwrap(), "rotated");
    }
}
