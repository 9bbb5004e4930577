//! The k8s trigger.

use super::{
    K8sConfig,
    draft::{Draft, Operation, Strategy},
};
use crate::{
    artifact::Artifact,
    kubernetes::{Attempts, Cluster, Object, Patch, Resource, labels, naming},
    param::{Parameters, Purpose},
};
use argo_events_core::{
    Error, ErrorKind, Executed, FieldPath, Firing, Problems, Rendered, Result, Trigger,
    TriggerContext,
    registry::{BuildTrigger, TriggerBuild},
};
use async_trait::async_trait;
use std::sync::Arc;

/// Makes, changes or deletes an object in a cluster. See the [module](super).
#[derive(Debug)]
pub struct K8sTrigger {
    sensor: String,
    namespace: String,
    name: String,
    operation: Operation,
    artifact: Artifact,
    /// Edits of the object; `None` if the manifest has no list at all.
    parameters: Option<Parameters>,
    names_firing: bool,
    cluster: Arc<Cluster>,
}

/// Where an object is.
struct Place {
    resource: Resource,
    namespace: String,
}

impl BuildTrigger for K8sConfig {
    fn build(self, build: &TriggerBuild) -> Result<Arc<dyn Trigger>> {
        let operation = Operation::read(&self)?;
        let Some(source) = self.source else {
            let message = "source is required";
            return Err(Error::permanent(ErrorKind::ConfigInvalid, message));
        };
        let compile = |list: Vec<_>| {
            let path = FieldPath::root().field("parameters");
            Parameters::compile(&list, Purpose::Edit, None, &path).map_err(invalid)
        };
        Ok(Arc::new(K8sTrigger {
            sensor: build.sensor.clone(),
            namespace: build.namespace.clone(),
            name: build.trigger.clone(),
            operation,
            artifact: Artifact::new(source, build),
            parameters: self.parameters.map(compile).transpose()?,
            names_firing: self.firing_name.unwrap_or(true),
            cluster: Cluster::shared(&build.clients),
        }))
    }
}

fn invalid(problems: Problems) -> Error {
    let first = problems.iter().next().map(ToString::to_string);
    Error::permanent(ErrorKind::ConfigInvalid, first.unwrap_or_default())
}

#[async_trait]
impl Trigger for K8sTrigger {
    fn kind(&self) -> &'static str {
        "k8s"
    }

    async fn render(&self, firing: &Firing) -> Result<Rendered> {
        let mut object = self.artifact.read().await?;
        if self.operation != (Operation::Update { is_live: true }) {
            object = self.edited(object, firing)?;
        }
        let is_named = self.operation == Operation::Create
            && self.names_firing
            && naming::complete(&mut object, &firing.id(), "");
        let draft = Draft {
            operation: self.operation.clone(),
            object,
            firing: firing.clone(),
            is_named,
        };
        Ok(Rendered::of(firing, draft, Draft::view))
    }

    async fn execute(&self, rendered: &Rendered, context: &TriggerContext) -> Result<Executed> {
        let draft = draft_of(rendered)?;
        tracing::info!(
            triggerName = self.name,
            triggerType = "Kubernetes",
            "{}",
            draft.operation.announcement()
        );
        let made = match &draft.operation {
            Operation::Create => {
                let now = context.clock.now().as_millis();
                self.create(draft, now).await?
            }
            Operation::Update { is_live } => self.update(draft, *is_live).await?,
            Operation::Patch(strategy) => self.patch(draft.object.clone(), strategy).await?,
            Operation::Delete => {
                self.delete(draft.object.clone()).await?;
                return Ok(Executed::default());
            }
        };
        Ok(Executed::with_object(made.into_value()))
    }

    async fn refresh(&self, rendered: &Rendered, executed: &Executed) -> Result<Executed> {
        let Some(serde_json::Value::Object(members)) = executed.object.clone() else {
            let message = "there is no object to look at";
            return Err(Error::permanent(ErrorKind::Unexpected, message));
        };
        let mut object = Object::new(members);
        if object.kind().is_empty() {
            object.merge(&draft_of(rendered)?.object);
        }
        let place = self.place(&mut object).await?;
        let found = self
            .cluster
            .get(&place.resource, &place.namespace, object.name());
        Ok(Executed::with_object(found.await?.into_value()))
    }
}

fn draft_of(rendered: &Rendered) -> Result<&Draft> {
    rendered.content().ok_or_else(|| {
        let message = "what was rendered is no operation on an object";
        Error::permanent(ErrorKind::Unexpected, message)
    })
}

impl K8sTrigger {
    /// Edits an object with the events of a firing.
    fn edited(&self, object: Object, firing: &Firing) -> Result<Object> {
        match &self.parameters {
            Some(parameters) => object.edited(parameters, firing),
            None => Ok(object),
        }
    }

    /// Finds out where an object belongs, and writes its namespace into it.
    async fn place(&self, object: &mut Object) -> Result<Place> {
        let found = self
            .cluster
            .resource(object.api_version(), object.kind())
            .await;
        let resource = found?;
        let namespace = if resource.is_namespaced {
            let namespace = match (object.namespace(), self.namespace.as_str()) {
                ("", "") => self.cluster.namespace().await?,
                ("", own) => own,
                (named, _) => named,
            };
            namespace.to_owned()
        } else {
            String::new()
        };
        object.set_namespace(resource.is_namespaced.then_some(namespace.as_str()));
        Ok(Place {
            resource,
            namespace,
        })
    }

    async fn create(&self, draft: &Draft, now: i64) -> Result<Object> {
        let mut object = draft.object.clone();
        let place = self.place(&mut object).await?;
        object.add_labels(labels::of(&self.sensor, &self.name, now));
        let made = self
            .cluster
            .create(&place.resource, &place.namespace, &object)
            .await;
        match made {
            Err(error) if draft.is_named && error.context("reason") == Some("AlreadyExists") => {
                self.earlier(&place, object.name(), error).await
            }
            made => made,
        }
    }

    /// Returns the object that an earlier attempt for the same firing made.
    async fn earlier(&self, place: &Place, name: &str, error: Error) -> Result<Object> {
        let found = self
            .cluster
            .get(&place.resource, &place.namespace, name)
            .await?;
        if labels::are_of(&found, &self.sensor, &self.name) {
            Ok(found)
        } else {
            Err(error)
        }
    }

    /// Reads the object in the cluster that the source stands for.
    async fn live(&self, source: &Object) -> Result<Object> {
        let missing = |what: &str| {
            let message = format!("liveObject needs metadata.{what} in the source");
            Error::permanent(ErrorKind::ConfigInvalid, message)
        };
        if source.name().is_empty() {
            return Err(missing("name"));
        }
        let found = self
            .cluster
            .resource(source.api_version(), source.kind())
            .await;
        let resource = found?;
        if resource.is_namespaced && source.namespace().is_empty() {
            return Err(missing("namespace"));
        }
        self.cluster
            .get(&resource, source.namespace(), source.name())
            .await
    }

    /// Updates an object; again when somebody else wrote it in between, unless a version was asked for.
    async fn update(&self, draft: &Draft, is_live: bool) -> Result<Object> {
        let mut attempts = Attempts::default();
        loop {
            let object = if is_live {
                self.edited(self.live(&draft.object).await?, &draft.firing)?
            } else {
                draft.object.clone()
            };
            let names_version = !is_live && object.names_version();
            let done = self.merge(object).await;
            if names_version || !attempts.go_on(&done).await {
                return done;
            }
        }
    }

    /// Merges the object into the one that is there, or makes it.
    async fn merge(&self, mut object: Object) -> Result<Object> {
        let place = self.place(&mut object).await?;
        let Place {
            resource,
            namespace,
        } = &place;
        let found = self
            .cluster
            .find(resource, namespace, object.name())
            .await?;
        let Some(mut merged) = found else {
            return self.cluster.create(resource, namespace, &object).await;
        };
        merged.merge(&object);
        self.cluster
            .replace(resource, namespace, object.name(), &merged)
            .await
    }

    async fn patch(&self, mut object: Object, strategy: &Strategy) -> Result<Object> {
        let place = self.place(&mut object).await?;
        match strategy {
            Strategy::Apply => self.apply(&place, &object).await,
            Strategy::Operations => self.patch_by_operations(&place, object).await,
            Strategy::Whole(content_type) => {
                let body = object.to_json();
                self.patch_or_create(&place, object, content_type, body)
                    .await
            }
        }
    }

    async fn apply(&self, place: &Place, object: &Object) -> Result<Object> {
        let manager = format!("argo-events/{}/{}", self.sensor, self.name);
        let patch = Patch {
            content_type: super::config::APPLY_PATCH,
            field_manager: Some(&manager),
        };
        let Place {
            resource,
            namespace,
        } = place;
        self.cluster
            .patch(resource, namespace, object.name(), patch, object.to_json())
            .await
    }

    async fn patch_by_operations(&self, place: &Place, object: Object) -> Result<Object> {
        let Some(operations) = object.members().get("patch").filter(|it| it.is_array()) else {
            let made = self.create_if_missing(place, &object).await?;
            return made.ok_or_else(needs_operations);
        };
        let patch = Patch {
            content_type: super::config::JSON_PATCH,
            field_manager: None,
        };
        let body = operations.to_string().into_bytes();
        self.cluster
            .patch(
                &place.resource,
                &place.namespace,
                object.name(),
                patch,
                body,
            )
            .await
    }

    /// Makes an object that is not there; `None` if it is.
    async fn create_if_missing(&self, place: &Place, object: &Object) -> Result<Option<Object>> {
        let Place {
            resource,
            namespace,
        } = place;
        let found = self.cluster.find(resource, namespace, object.name());
        if found.await?.is_some() {
            return Ok(None);
        }
        let made = self.cluster.create(resource, namespace, object).await;
        made.map(Some)
    }

    async fn patch_or_create(
        &self,
        place: &Place,
        object: Object,
        content_type: &str,
        body: Vec<u8>,
    ) -> Result<Object> {
        if let Some(made) = self.create_if_missing(place, &object).await? {
            return Ok(made);
        }
        let Place {
            resource,
            namespace,
        } = place;
        let patch = Patch {
            content_type,
            field_manager: None,
        };
        self.cluster
            .patch(resource, namespace, object.name(), patch, body)
            .await
    }

    /// Deletes the object; one that is not there is deleted already.
    async fn delete(&self, mut object: Object) -> Result<()> {
        let Place {
            resource,
            namespace,
        } = self.place(&mut object).await?;
        let found = self
            .cluster
            .find(&resource, &namespace, object.name())
            .await?;
        if found.is_none() {
            return Ok(());
        }
        match self
            .cluster
            .delete(&resource, &namespace, object.name())
            .await
        {
            Err(error) if error.kind() == ErrorKind::NotFound && !error.is_transient() => Ok(()),
            deleted => deleted,
        }
    }
}

fn needs_operations() -> Error {
    let message = "a patch with application/json-patch+json needs a list of operations as the member patch of the object";
    Error::permanent(ErrorKind::ConfigInvalid, message)
}
