//! The configuration file: looked at while the controller runs, taken over when it is right.

use crate::{
    Config, Settings,
    cluster::Resource,
    metrics,
    wiring::{Cache, Key, ObjectKey, Queue},
};
use argo_events::core::telemetry::Metrics;
use std::{convert::Infallible, path::PathBuf, sync::Arc, time::Duration};
use tokio::{sync::watch, time::interval};
use tracing::{error, info};

/// How often the file is looked at.
const LOOK: Duration = Duration::from_secs(10);
/// How often in a row it cannot be read until that is told: a mount that is being replaced is not
/// there for a moment.
const MISSES: u32 = 2;

/// The configuration file, and what was read of it last.
pub(super) struct ConfigFile {
    path: PathBuf,
    text: Option<String>,
    /// How often in a row it could not be read.
    misses: u32,
}

impl ConfigFile {
    /// Begins with nothing read.
    pub(super) fn at(path: PathBuf) -> Self {
        Self {
            path,
            text: None,
            misses: 0,
        }
    }

    /// Looks at the file for ever, and takes over what is right in it.
    pub(super) async fn follow(
        mut self,
        settings: watch::Sender<Arc<Settings>>,
        cache: Arc<Cache>,
        queue: Queue,
        metrics: Metrics,
    ) -> Infallible {
        let mut ticks = interval(LOOK);
        loop {
            ticks.tick().await;
            let Some(text) = self.news(&metrics).await else {
                continue;
            };
            match Config::from_yaml(&text) {
                Ok(config) => adopt(config, &settings, &cache, &queue),
                Err(error) => {
                    metrics.count(metrics::CONFIG_FAILURES, &[], 1);
                    error!(path = %self.path.display(), %error, "the configuration stays as it was");
                }
            }
        }
    }

    /// Reads the file; returns its text if that is another than before.
    async fn news(&mut self, metrics: &Metrics) -> Option<String> {
        let path = self.path.clone();
        let read = tokio::task::spawn_blocking(move || std::fs::read_to_string(path)).await;
        // Of a reading that was given up, nothing is known.
        match read.ok()? {
            Ok(text) => {
                if std::mem::take(&mut self.misses) >= MISSES {
                    info!(path = %self.path.display(), "the configuration can be read again");
                }
                let is_new = self.text.as_ref() != Some(&text);
                is_new.then(|| self.text.insert(text).clone())
            }
            Err(error) => {
                self.misses = self.misses.saturating_add(1);
                // Once, for it may be so for days.
                if self.misses == MISSES {
                    metrics.count(metrics::CONFIG_FAILURES, &[], 1);
                    error!(
                        path = %self.path.display(), %error,
                        "the configuration cannot be read, and stays as it was"
                    );
                }
                None
            }
        }
    }
}

fn adopt(config: Config, settings: &watch::Sender<Arc<Settings>>, cache: &Cache, queue: &Queue) {
    let is_new = settings.send_if_modified(|settings| {
        let is_new = settings.config != config;
        if is_new {
            Arc::make_mut(settings).config = config;
        }
        is_new
    });
    if is_new {
        info!("the configuration has changed");
        let is_bus = |key: &Key| {
            matches!(
                key,
                Key::Object(ObjectKey {
                    resource: Resource::EventBuses,
                    ..
                })
            )
        };
        queue.extend(cache.keys().into_iter().filter(is_bus));
    }
}
