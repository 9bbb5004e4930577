//! The argoWorkflow trigger.

use super::{
    ArgoWorkflowConfig,
    arguments::{Arguments, Wait, invalid},
    change, naming,
    nodes::{is_failure, text},
    resubmit, retry,
    submit::{API_VERSION, Origin},
    verb::Verb,
};
use crate::{
    artifact::Artifact,
    kubernetes::{Cluster, Object, Patch, Resource, labels},
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
/// How often a change is tried that others get in the way of.
const CHANGES: u32 = 5;
/// How long to wait before a change is tried again.
const PAUSE: Duration = Duration::from_millis(50);
/// Stands for the workflow that was created last.
const LATEST: &str = "@latest";

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
        let Some(parameters) = &self.parameters else {
            return Ok(object);
        };
        let edited = Object::read(&parameters.apply(object.to_json(), firing)?)?;
        if edited.kind().is_empty() {
            let message = "the object has no kind after the parameters were applied";
            return Err(Error::permanent(ErrorKind::PayloadInvalid, message));
        }
        Ok(edited)
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
        let is_ours = naming::label(&found, labels::SENSOR) == self.sensor
            && naming::label(&found, labels::TRIGGER) == self.name;
        if is_ours { Ok(found) } else { Err(error) }
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

    /// Does something with every workflow that is meant; returns the one that the manifest names.
    async fn act_on_all(
        &self,
        place: &Place,
        draft: &Draft,
        context: &TriggerContext,
    ) -> Result<Object> {
        let mut named = None;
        let names = self.targets(place, draft).await?;
        for name in &names {
            let done = self.act(place, draft, name, context).await?;
            let waits = names.len() == 1 && draft.verb == Verb::Retry;
            let wait = if waits {
                draft.arguments.wait
            } else {
                Wait::No
            };
            let done = self.wait(place, done, wait, context).await?;
            if named.is_none() || name == draft.object.name() {
                named = Some(done);
            }
        }
        named.ok_or_else(|| {
            let message = "no workflow is chosen";
            Error::permanent(ErrorKind::NotFound, message)
        })
    }

    /// Lists the names of the workflows that are meant, each once.
    async fn targets(&self, place: &Place, draft: &Draft) -> Result<Vec<String>> {
        let (name, arguments) = (draft.object.name(), &draft.arguments);
        let mut names = Vec::new();
        let is_chosen = !arguments.targets.is_empty();
        if is_chosen {
            let query = [
                ("labelSelector", &arguments.targets.labels),
                ("fieldSelector", &arguments.targets.fields),
            ];
            let query = query.map(|(name, value)| format!("{name}={}", escaped(value)));
            let found = self.list(place, &query.join("&")).await?;
            names.extend(found.iter().map(|workflow| workflow.name().to_owned()));
        }
        if !(is_chosen && draft.verb == Verb::Terminate) {
            names.push(name.to_owned());
            names.extend(arguments.more.iter().cloned());
        }
        let mut all: Vec<String> = Vec::new();
        for name in names {
            let name = if name == LATEST {
                self.latest(place).await?
            } else {
                name
            };
            if !all.contains(&name) {
                all.push(name);
            }
        }
        Ok(all)
    }

    async fn list(&self, place: &Place, query: &str) -> Result<Vec<Object>> {
        self.cluster
            .list(&place.workflows, &place.namespace, query)
            .await
    }

    async fn latest(&self, place: &Place) -> Result<String> {
        let all = self.list(place, "").await?;
        let created = |workflow: &&Object| {
            let metadata = workflow.members().get("metadata").unwrap_or(&Value::Null);
            text(metadata, "creationTimestamp").to_owned()
        };
        let latest = all.iter().max_by_key(created);
        latest
            .map(|workflow| workflow.name().to_owned())
            .ok_or_else(|| {
                let message = "there is no workflow that could be the latest";
                Error::permanent(ErrorKind::NotFound, message).with("namespace", &place.namespace)
            })
    }

    async fn act(
        &self,
        place: &Place,
        draft: &Draft,
        name: &str,
        context: &TriggerContext,
    ) -> Result<Object> {
        let (arguments, now) = (&draft.arguments, time(context));
        let (nodes, message) = (&arguments.nodes, arguments.message.as_str());
        if arguments.dry_run {
            return self.get(place, name).await;
        }
        match draft.verb {
            Verb::Suspend => self.change(place, name, change::suspend).await,
            Verb::Resume if nodes.is_empty() => {
                self.change(place, name, |it| change::resume(it, &now))
                    .await
            }
            Verb::Resume => {
                let end = |it| change::end_waiting(it, nodes, "Succeeded", "", &now);
                self.change(place, name, end).await
            }
            Verb::Stop if nodes.is_empty() => self.shut_down(place, name, "Stop").await,
            Verb::Stop => {
                let end = |it| change::end_waiting(it, nodes, "Failed", message, &now);
                self.change(place, name, end).await
            }
            Verb::Terminate => self.shut_down(place, name, "Terminate").await,
            Verb::Retry => self.retry(place, name, arguments, &now).await,
            _ => self.resubmit(place, draft, name, context).await,
        }
    }

    /// Changes a workflow, anew if somebody else does at the same time.
    async fn change(
        &self,
        place: &Place,
        name: &str,
        change: impl Fn(Value) -> Result<Option<Value>>,
    ) -> Result<Object> {
        let mut tried = 1;
        loop {
            let found = self.get(place, name).await?;
            let Some(changed) = change(found.clone().into_value())? else {
                return Ok(found);
            };
            match self.replace(place, name, changed).await {
                Err(error) if is_conflict(&error) && tried < CHANGES => tried += 1,
                done => return done,
            }
            sleep(PAUSE * tried).await;
        }
    }

    async fn replace(&self, place: &Place, name: &str, by: Value) -> Result<Object> {
        let by = object(by);
        self.cluster
            .replace(&place.workflows, &place.namespace, name, &by)
            .await
    }

    async fn shut_down(&self, place: &Place, name: &str, strategy: &str) -> Result<Object> {
        let found = self.get(place, name).await?;
        let body = change::shutdown(&found.into_value(), strategy)?.to_string();
        let patch = Patch {
            content_type: "application/merge-patch+json",
            field_manager: None,
        };
        let Place {
            workflows,
            namespace,
        } = place;
        self.cluster
            .patch(workflows, namespace, name, patch, body.into_bytes())
            .await
    }

    /// Sets a workflow back to where it failed; the pods that are in the way go first.
    async fn retry(
        &self,
        place: &Place,
        name: &str,
        arguments: &Arguments,
        now: &str,
    ) -> Result<Object> {
        let pods = Resource::new("v1", "pods", true)?;
        let mut tried = 1;
        loop {
            let found = self.get(place, name).await?;
            let retried = retry::retry(found.into_value(), arguments, now)?;
            for pod in &retried.pods {
                match self.cluster.delete(&pods, &place.namespace, pod).await {
                    Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
                    _ => {}
                }
            }
            match self.replace(place, name, retried.workflow).await {
                Err(error) if is_conflict(&error) && tried < CHANGES => tried += 1,
                done => return done,
            }
            sleep(PAUSE * tried).await;
        }
    }

    /// Submits a workflow again; returns the one that there was.
    async fn resubmit(
        &self,
        place: &Place,
        draft: &Draft,
        name: &str,
        context: &TriggerContext,
    ) -> Result<Object> {
        let found = self.get(place, name).await?;
        let before = found.clone().into_value();
        let arguments = &draft.arguments;
        let mut made = object(resubmit::again(&before, &arguments.submit.parameters));
        let is_named = self.names_firing && naming::complete(&mut made, &draft.firing, name);
        if arguments.memoized && !is_named {
            // Nodes are named after the workflow, so it cannot wait for the server to name it.
            let salt = context.clock.now().as_nanos().to_string();
            naming::complete(&mut made, &draft.firing, &salt);
        }
        let mut made = made.into_value();
        if let Some(priority) = arguments.submit.priority {
            made["spec"]["priority"] = priority.into();
        }
        if arguments.memoized {
            resubmit::memoize(&mut made, &before, &time(context))?;
        }
        let mut made = object(made);
        made.set_namespace(Some(&place.namespace));
        self.label(&mut made, context);
        let made = self.create(place, &made, is_named).await?;
        self.wait(place, made, arguments.wait, context).await?;
        Ok(found)
    }
}

fn object(value: Value) -> Object {
    match value {
        Value::Object(members) => Object::new(members),
        _ => Object::default(),
    }
}

fn is_conflict(error: &Error) -> bool {
    error.kind() == ErrorKind::Conflict && error.is_transient()
}

/// Returns the time as workflows have it.
fn time(context: &TriggerContext) -> String {
    context.clock.now().truncated_to_seconds().to_string()
}

/// Escapes a text for the value of a query.
fn escaped(text: &str) -> String {
    let escape = |byte: u8| {
        let passes = byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
        if passes {
            char::from(byte).to_string()
        } else {
            format!("%{byte:02X}")
        }
    };
    text.bytes().map(escape).collect()
}
