//! The argoWorkflow trigger: what it makes of a firing, and how workflows are submitted.

mod existing;

use super::{
    ArgoWorkflowConfig,
    arguments::{Arguments, Wait, invalid},
    change,
    nodes::{is_failure, text},
    submit::{API_VERSION, Origin},
    verb::Verb,
};
use crate::{
    artifact::Artifact,
    kubernetes::{Cluster, Object, Resource, labels, naming},
    param::{Parameters, Purpose},
};
use argo_events_core::{
    Error, ErrorKind, Executed, FieldPath, Firing, FiringId, Rendered, Result, Trigger,
    TriggerContext,
    registry::{BuildTrigger, TriggerBuild},
};
use async_trait::async_trait;
use http::Method;
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};
use tokio::time::sleep;

/// How often a workflow is looked at that is waited for.
const LOOK: Duration = Duration::from_secs(2);

/// Does something with an Argo workflow. See the [module](super).
#[derive(Debug)]
pub struct ArgoWorkflowTrigger {
    sensor: String,
    namespace: String,
    name: String,
    verb: Verb,
    args: Vec<String>,
    artifact: Artifact,
    /// Edits of the object; `None` if the manifest has no list at all.
    parameters: Option<Parameters>,
    names_firing: bool,
    cluster: Arc<Cluster>,
}

/// What a firing does, worked out before anything is sent.
#[derive(Clone, Debug)]
struct Draft {
    verb: Verb,
    /// The workflow to submit, or an object with the name of what is there.
    object: Object,
    /// Where, if something says so.
    namespace: String,
    arguments: Arguments,
    firing: FiringId,
    /// Whether the object's name follows from the firing.
    is_named: bool,
}

/// Workflows in a namespace.
struct Place {
    workflows: Resource,
    namespace: String,
}

impl BuildTrigger for ArgoWorkflowConfig {
    fn build(self, build: &TriggerBuild) -> Result<Arc<dyn Trigger>> {
        let verb = Verb::read(&self.operation)?;
        let source = self.source.ok_or_else(|| invalid("source is required"))?;
        let compile = |list: Vec<_>| {
            let path = FieldPath::root().field("parameters");
            Parameters::compile(&list, Purpose::Edit, None, &path).map_err(|problems| {
                let first = problems.iter().next().map(ToString::to_string);
                invalid(first.unwrap_or_default())
            })
        };
        Ok(Arc::new(ArgoWorkflowTrigger {
            sensor: build.sensor.clone(),
            namespace: build.namespace.clone(),
            name: build.trigger.clone(),
            verb,
            args: self.args.unwrap_or_default(),
            artifact: Artifact::new(source, build),
            parameters: self.parameters.map(compile).transpose()?,
            names_firing: self.firing_name.unwrap_or(true),
            cluster: Cluster::shared(&build.clients),
        }))
    }
}

impl Draft {
    fn view(&self) -> Value {
        json!({ "operation": self.verb.name(), "object": self.object.clone().into_value() })
    }

    fn of(rendered: &Rendered) -> Result<&Self> {
        rendered.content().ok_or_else(|| {
            let message = "what was rendered is no operation on a workflow";
            Error::permanent(ErrorKind::Unexpected, message)
        })
    }

    /// Makes the object what is submitted.
    fn prepare(&mut self, names_firing: bool) -> Result<()> {
        let kind = self.object.kind();
        if kind != "Workflow" {
            return Err(invalid(format!(
                "kind {kind:?} cannot be submitted; use Workflow"
            )));
        }
        if self.object.name().is_empty() && self.object.generate_name().is_empty() {
            return Err(invalid(
                "a workflow needs metadata.name or metadata.generateName",
            ));
        }
        if [self.object.name(), self.object.generate_name()]
            .concat()
            .contains('/')
        {
            return Err(invalid("a workflow's name cannot contain /"));
        }
        self.finish(names_firing);
        Ok(())
    }

    /// Changes a workflow as the flags say, and gives it its name.
    fn finish(&mut self, names_firing: bool) {
        let mut workflow = std::mem::take(&mut self.object).into_value();
        self.arguments.submit.apply(&mut workflow);
        self.object = object(workflow);
        self.is_named = names_firing && naming::complete(&mut self.object, &self.firing, "");
    }
}

#[async_trait]
impl Trigger for ArgoWorkflowTrigger {
    fn kind(&self) -> &'static str {
        "argoWorkflow"
    }

    async fn render(&self, firing: &Firing) -> Result<Rendered> {
        let object = self.edited(self.artifact.read().await?, firing)?;
        let arguments = Arguments::read(self.verb, &self.args)?;
        let mut draft = Draft {
            verb: self.verb,
            namespace: self.namespace_of(&object, &arguments),
            object,
            arguments,
            firing: firing.id(),
            is_named: false,
        };
        match self.verb {
            Verb::Submit => draft.prepare(self.names_firing)?,
            _ if draft.object.name().is_empty() => {
                let message = format!("{} needs metadata.name in the source", self.verb.name());
                return Err(invalid(message));
            }
            Verb::SubmitFrom if draft.arguments.from.is_none() => {
                Origin::of_kind(draft.object.kind())?;
            }
            _ => {}
        }
        Ok(Rendered::of(firing, draft, Draft::view))
    }

    async fn execute(&self, rendered: &Rendered, context: &TriggerContext) -> Result<Executed> {
        let draft = Draft::of(rendered)?;
        let place = self.place(draft).await?;
        let done = match draft.verb {
            Verb::Submit => self.submit(&place, draft.clone(), context).await?,
            Verb::SubmitFrom => {
                let made = self.made_from(&place, draft, &time(context)).await?;
                self.submit(&place, made, context).await?
            }
            _ => self.act_on_all(&place, draft, context).await?,
        };
        Ok(Executed::with_object(done.into_value()))
    }

    async fn refresh(&self, rendered: &Rendered, executed: &Executed) -> Result<Executed> {
        let place = self.place(Draft::of(rendered)?).await?;
        let known = executed.object.as_ref().unwrap_or(&Value::Null);
        let found = self.get(&place, text(&known["metadata"], "name")).await?;
        Ok(Executed::with_object(found.into_value()))
    }
}

impl ArgoWorkflowTrigger {
    /// Edits an object with the events of a firing.
    fn edited(&self, object: Object, firing: &Firing) -> Result<Object> {
        match &self.parameters {
            Some(parameters) => object.edited(parameters, firing),
            None => Ok(object),
        }
    }

    /// Returns the namespace that counts, if there is one. A workflow that is submitted keeps its own;
    /// of those that are there already, the flag's is meant.
    fn namespace_of(&self, object: &Object, arguments: &Arguments) -> String {
        let (own, flag) = (object.namespace(), arguments.namespace.as_deref());
        let (first, second) = match self.verb {
            Verb::Submit => (own, flag.unwrap_or_default()),
            _ => (flag.unwrap_or_default(), own),
        };
        let mut named = [first, second, self.namespace.as_str()].into_iter();
        named
            .find(|it| !it.is_empty())
            .unwrap_or_default()
            .to_owned()
    }

    async fn place(&self, draft: &Draft) -> Result<Place> {
        let namespace = match draft.namespace.as_str() {
            "" => self.cluster.namespace().await?,
            named => named,
        };
        Ok(Place {
            workflows: Resource::new(API_VERSION, "workflows", true)?,
            namespace: namespace.to_owned(),
        })
    }

    async fn get(&self, place: &Place, name: &str) -> Result<Object> {
        self.cluster
            .get(&place.workflows, &place.namespace, name)
            .await
    }

    /// Works out the workflow that is made of a template.
    async fn made_from(&self, place: &Place, draft: &Draft, now: &str) -> Result<Draft> {
        let (origin, name) = match &draft.arguments.from {
            Some((kind, name)) => (Origin::of_flag(kind)?, name.as_str()),
            None => (Origin::of_kind(draft.object.kind())?, draft.object.name()),
        };
        let (plural, is_namespaced) = origin.resource();
        let resource = Resource::new(API_VERSION, plural, is_namespaced)?;
        let found = self.cluster.get(&resource, &place.namespace, name).await?;
        let mut made = Draft {
            object: object(origin.workflow(&found.into_value(), now)),
            ..draft.clone()
        };
        made.finish(self.names_firing);
        Ok(made)
    }

    async fn submit(
        &self,
        place: &Place,
        draft: Draft,
        context: &TriggerContext,
    ) -> Result<Object> {
        let (mut object, arguments) = (draft.object, &draft.arguments);
        object.set_namespace(Some(&place.namespace));
        self.label(&mut object, context);
        if arguments.dry_run {
            return Ok(object);
        }
        if arguments.server_dry_run {
            let path = place.workflows.path(&place.namespace, None)? + "?dryRun=All";
            let content = Some(("application/json", object.to_json()));
            let answer = self.cluster.request(Method::POST, &path, content).await?;
            return Object::read(&answer);
        }
        let made = self.create(place, &object, draft.is_named).await?;
        self.wait(place, made, arguments.wait, context).await
    }

    fn label(&self, object: &mut Object, context: &TriggerContext) {
        let now = context.clock.now().as_millis();
        object.add_labels(labels::of(&self.sensor, &self.name, now));
    }

    /// Makes a workflow, unless an earlier attempt for the same firing made it.
    async fn create(&self, place: &Place, object: &Object, is_named: bool) -> Result<Object> {
        let made = self
            .cluster
            .create(&place.workflows, &place.namespace, object)
            .await;
        let error = match made {
            Err(error) if is_named && error.context("reason") == Some("AlreadyExists") => error,
            made => return made,
        };
        let found = self.get(place, object.name()).await?;
        if labels::are_of(&found, &self.sensor, &self.name) {
            Ok(found)
        } else {
            Err(error)
        }
    }

    /// Waits for the end of a workflow, if that is asked for.
    async fn wait(
        &self,
        place: &Place,
        mut workflow: Object,
        wait: Wait,
        context: &TriggerContext,
    ) -> Result<Object> {
        if wait == Wait::No {
            return Ok(workflow);
        }
        loop {
            let status = workflow.members().get("status").unwrap_or(&Value::Null);
            if !text(status, "finishedAt").is_empty() {
                let is_wrong = wait == Wait::Succeed && is_failure(text(status, "phase"));
                let message = "the workflow that was waited for did not succeed";
                let error = change::refused(message).with("workflow", workflow.name());
                return if is_wrong { Err(error) } else { Ok(workflow) };
            }
            tokio::select! {
                () = context.stop.cancelled() => {
                    let message = "the workflow that was waited for still runs";
                    return Err(Error::transient(ErrorKind::Closed, message));
                }
                () = sleep(LOOK) => {}
            }
            workflow = self.get(place, workflow.name()).await?;
        }
    }
}

fn object(value: Value) -> Object {
    match value {
        Value::Object(members) => Object::new(members),
        _ => Object::default(),
    }
}

/// Returns the time as workflows have it.
fn time(context: &TriggerContext) -> String {
    context.clock.now().truncated_to_seconds().to_string()
}
