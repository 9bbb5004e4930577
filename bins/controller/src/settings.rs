//! What every plan is made with, beside the objects.

use crate::Config;
use argo_events::{BuiltinKinds as _, Registry};

/// What the controller was started with.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Settings {
    /// The configuration file.
    pub config: Config,
    /// Image of the pods of EventSources and Sensors.
    pub image: String,
    /// When that image is pulled.
    pub image_pull_policy: String,
    /// Kinds that objects are checked against; best one that
    /// [keeps](Registry::keeping) its schemas.
    pub registry: Registry,
    /// Whether EventSources and Sensors that do not say share pods.
    pub packed: bool,
}

impl Settings {
    /// Makes settings with the kinds of this build, `Always` for pulling, and a pod for each object.
    pub fn new(config: Config, image: impl Into<String>) -> Self {
        Self {
            config,
            image: image.into(),
            image_pull_policy: "Always".to_owned(),
            registry: Registry::builtin().keeping(),
            packed: false,
        }
    }
}
