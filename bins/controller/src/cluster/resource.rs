//! The resources that are read and written, and where the API server has them.

/// A resource of the API server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Resource {
    /// EventBuses.
    EventBuses,
    /// EventSources.
    EventSources,
    /// Sensors.
    Sensors,
    /// Deployments.
    Deployments,
    /// StatefulSets.
    StatefulSets,
    /// Services.
    Services,
    /// ConfigMaps.
    ConfigMaps,
    /// Secrets.
    Secrets,
    /// PersistentVolumeClaims.
    VolumeClaims,
    /// Events of the core group: what people read with `kubectl describe`.
    Events,
    /// ClusterRoles.
    ClusterRoles,
    /// ValidatingWebhookConfigurations.
    Webhooks,
}

/// Every resource, for looking one up by its kind.
const ALL: [Resource; 12] = [
    Resource::EventBuses,
    Resource::EventSources,
    Resource::Sensors,
    Resource::Deployments,
    Resource::StatefulSets,
    Resource::Services,
    Resource::ConfigMaps,
    Resource::Secrets,
    Resource::VolumeClaims,
    Resource::Events,
    Resource::ClusterRoles,
    Resource::Webhooks,
];

impl Resource {
    /// Returns the resource whose objects are of a kind.
    pub(crate) fn of_kind(kind: &str) -> Option<Self> {
        ALL.into_iter().find(|resource| resource.kind() == kind)
    }

    /// Returns group and version, as objects state them.
    pub(crate) fn api_version(self) -> &'static str {
        self.names().0
    }

    /// Returns the kind of its objects.
    pub(crate) fn kind(self) -> &'static str {
        self.names().1
    }

    /// Returns its name in paths and roles.
    pub(crate) fn plural(self) -> &'static str {
        self.names().2
    }

    fn names(self) -> (&'static str, &'static str, &'static str) {
        const OURS: &str = "argoproj.io/v1alpha1";
        match self {
            Self::EventBuses => (OURS, "EventBus", "eventbus"),
            Self::EventSources => (OURS, "EventSource", "eventsources"),
            Self::Sensors => (OURS, "Sensor", "sensors"),
            Self::Deployments => ("apps/v1", "Deployment", "deployments"),
            Self::StatefulSets => ("apps/v1", "StatefulSet", "statefulsets"),
            Self::Services => ("v1", "Service", "services"),
            Self::ConfigMaps => ("v1", "ConfigMap", "configmaps"),
            Self::Secrets => ("v1", "Secret", "secrets"),
            Self::VolumeClaims => ("v1", "PersistentVolumeClaim", "persistentvolumeclaims"),
            Self::Events => ("v1", "Event", "events"),
            Self::ClusterRoles => (
                "rbac.authorization.k8s.io/v1",
                "ClusterRole",
                "clusterroles",
            ),
            Self::Webhooks => (
                "admissionregistration.k8s.io/v1",
                "ValidatingWebhookConfiguration",
                "validatingwebhookconfigurations",
            ),
        }
    }

    /// Returns the path of its objects: those of a namespace, or all.
    pub(super) fn path(self, namespace: Option<&str>) -> String {
        let version = self.api_version();
        let root = if version.contains('/') { "apis" } else { "api" };
        match namespace {
            Some(namespace) => {
                format!("/{root}/{version}/namespaces/{namespace}/{}", self.plural())
            }
            None => format!("/{root}/{version}/{}", self.plural()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_those_of_the_api_server() {
        let cases = [
            (Resource::Secrets, Some("a"), "/api/v1/namespaces/a/secrets"),
            (
                Resource::Sensors,
                None,
                "/apis/argoproj.io/v1alpha1/sensors",
            ),
            (
                Resource::EventBuses,
                Some("a"),
                "/apis/argoproj.io/v1alpha1/namespaces/a/eventbus",
            ),
        ];
        for (resource, namespace, path) in cases {
            assert_eq!(resource.path(namespace), path);
        }
        assert_eq!(
            Resource::of_kind("StatefulSet"),
            Some(Resource::StatefulSets)
        );
    }
}
