//! What is done with workflows that are there.

use super::{ArgoWorkflowTrigger, Draft, Place, object, time};
use crate::{
    kubernetes::{Attempts, Object, Patch, Resource, naming},
    trigger::argo_workflow::{
        arguments::{Arguments, Wait},
        change,
        nodes::text,
        resubmit, retry,
        verb::Verb,
    },
};
use argo_events_core::{Error, ErrorKind, Result, TriggerContext};
use serde_json::Value;

/// Stands for the workflow that was created last.
const LATEST: &str = "@latest";

impl ArgoWorkflowTrigger {
    /// Does something with every workflow that is meant; returns the one that the manifest names.
    pub(super) async fn act_on_all(
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
        let mut attempts = Attempts::default();
        loop {
            let found = self.get(place, name).await?;
            let Some(changed) = change(found.clone().into_value())? else {
                return Ok(found);
            };
            let done = self.replace(place, name, changed).await;
            if !attempts.go_on(&done).await {
                return done;
            }
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
        let mut attempts = Attempts::default();
        loop {
            let found = self.get(place, name).await?;
            let retried = retry::retry(found.into_value(), arguments, now)?;
            for pod in &retried.pods {
                match self.cluster.delete(&pods, &place.namespace, pod).await {
                    Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
                    // A pod that is gone is not in the way.
                    _ => {}
                }
            }
            let done = self.replace(place, name, retried.workflow).await;
            if !attempts.go_on(&done).await {
                return done;
            }
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
