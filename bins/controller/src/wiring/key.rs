//! What work is about: one object, or the pods that many objects share.

use crate::{cluster::Resource, packed::Group};
use std::fmt;

/// What one turn of work is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Key {
    /// An EventBus, an EventSource or a Sensor.
    Object(ObjectKey),
    /// The pods that many objects share.
    Group(Group),
}

/// An EventBus, an EventSource or a Sensor.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct ObjectKey {
    pub(crate) resource: Resource,
    pub(crate) namespace: String,
    pub(crate) name: String,
}

impl ObjectKey {
    /// Names an object.
    pub(crate) fn new(resource: Resource, namespace: &str, name: &str) -> Self {
        Self {
            resource,
            namespace: namespace.to_owned(),
            name: name.to_owned(),
        }
    }
}

impl Key {
    /// Tells whether others wait for this: buses, which pods cannot do without.
    pub(super) fn is_first(&self) -> bool {
        matches!(self, Self::Object(key) if key.resource == Resource::EventBuses)
    }

    /// Returns the reference's name for who works on this.
    pub(crate) fn controller(&self) -> &'static str {
        match self {
            Self::Object(key) => match key.resource {
                Resource::EventBuses => "eventbus-controller",
                Resource::EventSources => "eventsource-controller",
                _ => "sensor-controller",
            },
            Self::Group(_) => "packed-controller",
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Object(key) => {
                let kind = key.resource.kind();
                write!(formatter, "{kind} {}/{}", key.namespace, key.name)
            }
            Self::Group(group) => {
                let Group {
                    kind,
                    namespace,
                    bus,
                    class,
                    ..
                } = group;
                write!(formatter, "packed {kind}s {namespace}/{bus}/{class}")
            }
        }
    }
}
