//! A workflow made of one that has run, perhaps with what succeeded in it.

use super::{
    change::{refused, remove},
    nodes::{self, Nodes, is_failure, text, texts},
    submit::override_parameters,
};
use argo_events_core::Result;
use serde_json::{Map, Value, json};

const PREVIOUS: &str = "workflows.argoproj.io/resubmitted-from-workflow";
/// Labels that say something about the run, not about the workflow.
const OF_THE_RUN: [&str; 6] = [
    "workflows.argoproj.io/creator",
    "workflows.argoproj.io/creator-email",
    "workflows.argoproj.io/creator-preferred-username",
    "workflows.argoproj.io/phase",
    "workflows.argoproj.io/completed",
    "workflows.argoproj.io/workflow-archiving-status",
];

/// Makes a workflow that does again what one did. It has no name yet, but `generateName`.
pub(super) fn again(workflow: &Value, parameters: &[(String, String)]) -> Value {
    let metadata = &workflow["metadata"];
    let name = text(metadata, "name");
    let generate_name = match text(metadata, "generateName") {
        "" => format!("{name}-"),
        given => given.to_owned(),
    };
    let mut labels = metadata["labels"].as_object().cloned().unwrap_or_default();
    labels.retain(|label, _| !OF_THE_RUN.contains(&label.as_str()));
    labels.insert(PREVIOUS.to_owned(), name.into());
    let mut made = json!({
        "apiVersion": workflow["apiVersion"],
        "kind": workflow["kind"],
        "metadata": {"generateName": generate_name, "labels": labels},
        "spec": workflow["spec"],
    });
    for part in ["annotations", "ownerReferences"] {
        if !metadata[part].is_null() {
            made["metadata"][part] = metadata[part].clone();
        }
    }
    unend(&mut made["spec"]);
    override_parameters(&mut made, parameters);
    made
}

/// Removes from a specification what ended the workflow.
pub(super) fn unend(spec: &mut Value) {
    if spec["activeDeadlineSeconds"] == 0 {
        remove(spec, "activeDeadlineSeconds");
    }
    remove(spec, "shutdown");
}

/// Puts what succeeded before into a workflow of [`again`] that has got its name.
///
/// # Errors
/// When the workflow did not fail.
pub(super) fn memoize(made: &mut Value, workflow: &Value, now: &str) -> Result<()> {
    if !is_failure(text(&workflow["status"], "phase")) {
        return Err(refused(
            "only a workflow that failed can be resubmitted with --memoized",
        ));
    }
    let before = nodes::take(&mut workflow.clone())?;
    let renaming = Renaming {
        from: text(&workflow["metadata"], "name"),
        to: text(&made["metadata"], "name").to_owned(),
        nodes: &before,
    };
    let exit = format!("{}.onExit", renaming.from);
    let mut after = Map::new();
    for node in before
        .values()
        .filter(|node| !text(node, "name").starts_with(&exit))
    {
        if let Some(node) = renaming.node(node, now) {
            after.insert(text(&node, "id").to_owned(), node);
        }
    }
    made["status"] = json!({"conditions": [{"type": "Completed", "status": "False"}]});
    if workflow["status"]["storedTemplates"].is_object() {
        made["status"]["storedTemplates"] = workflow["status"]["storedTemplates"].clone();
    }
    nodes::put(made, after)
}

/// How nodes of one workflow become those of another.
struct Renaming<'a> {
    from: &'a str,
    to: String,
    nodes: &'a Nodes,
}

impl Renaming<'_> {
    fn name(&self, node: &Value) -> String {
        let name = text(node, "name");
        match name.strip_prefix(self.from) {
            Some(rest) => format!("{}{rest}", self.to),
            None => name.to_owned(),
        }
    }

    fn id(&self, id: &str) -> String {
        let node = self.nodes.get(id).unwrap_or(&Value::Null);
        nodes::id(&self.to, &self.name(node))
    }

    /// Returns the node as it is at the beginning of the new workflow; `None` if it is not.
    fn node(&self, old: &Value, now: &str) -> Option<Value> {
        let mut node = old.clone();
        let name = self.name(old);
        node["id"] = nodes::id(&self.to, &name).into();
        node["name"] = name.into();
        if !text(old, "boundaryID").is_empty() {
            node["boundaryID"] = self.id(text(old, "boundaryID")).into();
        }
        for list in ["children", "outboundNodes"] {
            let ids: Vec<_> = texts(old, list).map(|id| self.id(id)).collect();
            if !ids.is_empty() {
                node[list] = ids.into();
            }
        }
        let (is_pod, has_failed) = (text(old, "type") == "Pod", is_failure(text(old, "phase")));
        let time = if is_pod && has_failed {
            Value::Null
        } else {
            now.into()
        };
        node["startedAt"] = time.clone();
        node["finishedAt"] = time;
        remove(&mut node, "message");
        if is_pod && !has_failed {
            node["phase"] = "Skipped".into();
            node["type"] = "Skipped".into();
            node["message"] = format!("original pod: {}", text(old, "id")).into();
        } else if text(old, "type") == "Skipped" && !has_success_below(self.nodes, old) {
            return None;
        } else {
            node["phase"] = "Pending".into();
        }
        Some(node)
    }
}

/// Tells whether something that a node led to succeeded.
fn has_success_below(nodes: &Nodes, node: &Value) -> bool {
    super::retry::has_success_below(nodes, node, &Default::default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn workflow() -> Value {
        json!({
            "apiVersion": "argoproj.io/v1alpha1",
            "kind": "Workflow",
            "metadata": {
                "name": "w", "namespace": "ns", "uid": "u", "resourceVersion": "7",
                "labels": {"a": "b", "workflows.argoproj.io/completed": "true", "workflows.argoproj.io/phase": "Failed"},
                "annotations": {"n": "m"},
            },
            "spec": {"entrypoint": "main", "shutdown": "Stop", "activeDeadlineSeconds": 0},
            "status": {"phase": "Failed", "nodes": {
                "w": {"id": "w", "name": "w", "type": "Steps", "phase": "Failed", "children": ["w-1", "w-2"]},
                "w-1": {"id": "w-1", "name": "w.a", "type": "Pod", "phase": "Succeeded", "boundaryID": "w"},
                "w-2": {"id": "w-2", "name": "w.b", "type": "Pod", "phase": "Failed", "message": "no"},
                "w-3": {"id": "w-3", "name": "w.c", "type": "Skipped", "phase": "Skipped"},
                "w-4": {"id": "w-4", "name": "w.onExit", "type": "Pod", "phase": "Succeeded"},
            }},
        })
    }

    #[test]
    fn what_belongs_to_the_run_is_left_behind() {
        let made = again(&workflow(), &[("p".to_owned(), "1".to_owned())]);
        let wanted = json!({
            "apiVersion": "argoproj.io/v1alpha1",
            "kind": "Workflow",
            "metadata": {
                "generateName": "w-", "labels": {"a": "b", (PREVIOUS): "w"}, "annotations": {"n": "m"},
            },
            "spec": {"entrypoint": "main", "arguments": {"parameters": [{"name": "p", "value": "1"}]}},
        });
        assert_eq!(made, wanted);
    }

    #[test]
    fn memoized_nodes_skip_what_succeeded() {
        let mut made = again(&workflow(), &[]);
        made["metadata"]["name"] = "w-x".into();
        memoize(&mut made, &workflow(), "now").unwrap();
        let nodes = made["status"]["nodes"].as_object().unwrap();
        assert_eq!(nodes.len(), 3);
        let first = &nodes[&nodes::id("w-x", "w-x.a")];
        assert_eq!(
            (text(first, "phase"), text(first, "type")),
            ("Skipped", "Skipped")
        );
        assert_eq!(
            (text(first, "message"), text(first, "boundaryID")),
            ("original pod: w-1", "w-x")
        );
        let second = &nodes[&nodes::id("w-x", "w-x.b")];
        assert_eq!(
            (text(second, "phase"), &second["startedAt"]),
            ("Pending", &Value::Null)
        );
        let children: Vec<_> = texts(&nodes["w-x"], "children").collect();
        assert_eq!(
            children,
            [nodes::id("w-x", "w-x.a"), nodes::id("w-x", "w-x.b")]
        );
    }

    #[test]
    fn only_failures_are_memoized() {
        let mut workflow = workflow();
        workflow["status"]["phase"] = "Running".into();
        assert!(memoize(&mut json!({}), &workflow, "now").is_err());
    }
}
